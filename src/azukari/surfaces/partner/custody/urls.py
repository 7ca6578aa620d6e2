"""What the organisation received, passed on, and has to give back."""

from __future__ import annotations

from django.urls import path

from . import inbox, outbox, own

urlpatterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/<str:number>/", inbox.received, name="received"),
    path("inbox/<str:number>/open/", inbox.open_package, name="received_open"),
    path("inbox/<str:number>/acknowledge/", inbox.acknowledge, name="received_acknowledge"),
    path("inbox/<str:number>/return/", inbox.give_back, name="received_return"),
    path("inbox/<str:number>/erase/", inbox.erase, name="received_erase"),
    path("inbox/<str:number>/certify/", inbox.certify, name="received_certify"),
    path("inbox/<str:number>/package/", inbox.package, name="received_package"),
    path("inbox/<str:number>/slip.pdf", inbox.paper, {"kind": "slip"}, name="received_slip"),
    path("inbox/<str:number>/certificate.pdf", inbox.paper, {"kind": "certificate"}, name="received_certificate"),
    path("sent/", outbox.sent, name="sent"),
    path("sent/<str:number>/", outbox.sent_one, name="sent_one"),
    path("sent/<str:number>/seal/", outbox.seal, name="sent_seal"),
    path("sent/<str:number>/release/", outbox.release, name="sent_release"),
    path("sent/<str:number>/deliver/", outbox.deliver, name="sent_deliver"),
    path("sent/<str:number>/password/", outbox.password, name="sent_password"),
    path("sent/<str:number>/withdraw/", outbox.withdraw, name="sent_withdraw"),
    path("sent/<str:number>/slip.pdf", outbox.slip, name="sent_slip"),
    path("register/", own.register, name="register"),
    path("handlers/", own.handlers, name="handlers"),
    path("handlers/report/", own.report, name="handler_report"),
    path("handlers/<str:key>/remove/", own.remove, name="handler_remove"),
]
