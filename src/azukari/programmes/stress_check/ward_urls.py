"""Addresses of the programme on the ward's surface."""

from __future__ import annotations

from django.urls import path

from .views import ward, ward_labour, ward_people, ward_report

urlpatterns = [
    path("", ward.years, name="stress_ward"),
    path("hand-over/", ward.hand_over, name="stress_ward_hand_over"),
    path("authority/", ward.authority, name="stress_ward_authority"),
    path("authority/new/", ward.record_authority, name="stress_ward_authority_new"),
    path("authority/<int:number>/end/", ward.end_authority, name="stress_ward_authority_end"),
    path("establishments/", ward_labour.establishments, name="stress_ward_establishments"),
    path("establishments/new/", ward_labour.new_establishment, name="stress_ward_establishment_new"),
    path("establishments/<int:number>/", ward_labour.establishment, name="stress_ward_establishment"),
    path("<int:year>/", ward.year, name="stress_ward_year"),
    path("<int:year>/report/", ward_report.report, name="stress_ward_report"),
    path("<int:year>/report/<int:number>/", ward_report.document, name="stress_ward_document"),
    path("<int:year>/confirm/", ward_report.confirm, name="stress_ward_confirm"),
    path("<int:year>/groups/", ward_report.groups, name="stress_ward_groups"),
    path("<int:year>/consents/", ward_people.consents, name="stress_ward_consents"),
    path("<int:year>/consents/<str:token>/", ward_people.consent_list, name="stress_ward_consent_list"),
    path("<int:year>/consents/<str:token>/<int:number>/", ward_people.given, name="stress_ward_given"),
    path("<int:year>/interviews/", ward_people.interviews, name="stress_ward_interviews"),
    path("<int:year>/interviews/<int:number>/", ward_people.measures, name="stress_ward_measures"),
    path("<int:year>/labour/", ward_labour.labour, name="stress_ward_labour"),
    path("<int:year>/labour/<int:number>/", ward_labour.labour_of, name="stress_ward_labour_of"),
]
