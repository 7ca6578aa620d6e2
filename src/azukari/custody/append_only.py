"""The register (管理簿) and its postings are append-only in the database itself: corrections are entries (law 5)."""

from __future__ import annotations

from azukari.witness.append_only import Guard

REGISTER = Guard(
    tables={"custody_registerentry": "id", "custody_posting": "id"},
    refusal="管理簿は追記専用です。記録の変更と削除はできません。訂正は、新しい記録として追加してください。",
    function="custody_refuse_change",
)
