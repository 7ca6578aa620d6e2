"""Dossiers, parties, refusals, access log."""

from __future__ import annotations

from django.urls import path

from . import dossier_acts, dossiers, log, matrix, parties, party_acts, rulings, verification

VERSION = "dossiers/<slug:programme>/<int:pk>/"

urlpatterns = [
    path("dossiers/", dossiers.dossiers, name="dossiers"),
    path("dossiers/draft/", dossier_acts.draft, name="dossier_draft"),
    path("dossiers/<slug:programme>/", dossiers.dossier, name="dossier"),
    path("dossiers/<slug:programme>/renewal/", dossiers.dossier, {"page": "dossier_renew"}, name="dossier_renewal"),
    path("dossiers/<slug:programme>/ask/", matrix.ask, name="dossier_ask"),
    path("dossiers/<slug:programme>/findings/<str:finding>/rule/", rulings.rule, name="dossier_rule"),
    path("dossiers/<slug:programme>/rulings/<str:key>/withdraw/", rulings.withdraw, name="ruling_withdraw"),
    path(VERSION, dossiers.paper, name="dossier_paper"),
    path(f"{VERSION}flow/", dossiers.flow_page, name="dossier_flow"),
    path(f"{VERSION}flow.svg", dossiers.flow_picture, name="dossier_flow_picture"),
    path(f"{VERSION}matrix/", matrix.matrix, name="dossier_matrix"),
    path(f"{VERSION}matrix/<str:item>/", matrix.reasons, name="dossier_reasons"),
    path(f"{VERSION}findings/", rulings.findings, name="dossier_findings"),
    path(f"{VERSION}changes/", dossiers.changes, name="dossier_changes"),
    path(f"{VERSION}history/", dossiers.history, name="dossier_history"),
    path(f"{VERSION}submit/", dossier_acts.submit, name="dossier_submit"),
    path(f"{VERSION}approve/", dossier_acts.approve, name="dossier_approve"),
    path(f"{VERSION}expire/", dossier_acts.expire, name="dossier_expire"),
    path(f"{VERSION}renew/", dossier_acts.renew, name="dossier_renew"),
    path("parties/", parties.parties, name="parties"),
    path("parties/add/", party_acts.add, name="party_add"),
    path("parties/appointments/<int:pk>/end/", party_acts.end_appointment, name="appointment_end"),
    path("parties/handlers/<str:key>/remove/", party_acts.remove, name="handler_remove"),
    path("parties/handlers/<str:key>/training/", party_acts.training, name="handler_training"),
    path("parties/of/<slug:key>/", parties.party, name="party"),
    path("parties/of/<slug:key>/keys/", party_acts.keys, name="party_keys"),
    path("parties/of/<slug:key>/certification/", party_acts.certification, name="party_certification"),
    path("parties/of/<slug:key>/appoint/", party_acts.appoint, name="party_appoint"),
    path("parties/of/<slug:key>/report/", party_acts.report, name="handler_report"),
    path("refusals/", log.refusals, name="refusals"),
    path("log/", log.log, name="log"),
    path("log/state/", verification.state, name="log_state"),
    path("log/state/verify/", verification.verify, name="log_verify"),
    path("log/state/sign/", verification.sign, name="log_sign"),
    path("log/state/export/", verification.export, name="log_export"),
    path("log/state/exports/<str:name>/", verification.export_file, name="log_export_file"),
    path("log/checkpoints/<int:size>/", verification.checkpoint_file, name="log_checkpoint"),
    path("log/<int:seq>/", log.entry, name="log_entry"),
    path("log/<int:seq>/proof/", log.entry_proof, name="log_proof"),
]
