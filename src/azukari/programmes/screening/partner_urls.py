"""Addresses of the voucher run on the contractors' surface: each begins with a handover that one received."""

from __future__ import annotations

from django.urls import path

from .views import partner

urlpatterns = [
    path("<str:number>/", partner.work, name="screening_work"),
    path("<str:number>/print/", partner.print_sheets, name="screening_print"),
    path("<str:number>/files/<int:file>.pdf", partner.sheets_file, name="screening_sheets_file"),
    path("<str:number>/reprints/ask/", partner.ask_reprint, name="screening_ask_reprint"),
    path("<str:number>/reprints/<slug:code>/", partner.draw_reprint, name="screening_draw_reprint"),
    path("<str:number>/reprints/<slug:code>.pdf", partner.reprint_file, name="screening_reprint_file"),
    path("<str:number>/pass-on/", partner.pass_on, name="screening_pass_on"),
    path("<str:number>/bring-back/", partner.bring_back, name="screening_bring_back"),
    path("<str:number>/blank-forms/", partner.return_forms, name="screening_blank_forms"),
    path("<str:number>/read-back/", partner.read_back, name="screening_read_back"),
]
