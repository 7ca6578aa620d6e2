"""``states.md`` and ``roles.md``: the tables that decide what may follow what, and who may do what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from importlib import import_module
from typing import TypeVar

from azukari.custody import models as custody
from azukari.dossier import approval
from azukari.parties.models import Handler
from azukari.parties.roles import ACT_NAMES, ACTS
from azukari.people import changeset
from azukari.people.models import ChangesetState
from azukari.programmes import WITH_CODE

from .tables import page, table

S = TypeVar("S", bound=str)


@dataclass(frozen=True)
class Arrow:
    source: str
    target: str
    act: str = ""


def _arrows(transitions: Mapping[S, Set[S]]) -> list[Arrow]:
    return [Arrow(str(a), str(b)) for a, following in transitions.items() for b in sorted(following)]


def _section(title: str, source: str, names: Mapping[str, str], arrows: Iterable[Arrow]) -> str:
    arrows = list(arrows)
    lines = ["stateDiagram-v2", *(f"    {key} : {name}" for key, name in names.items())]
    first = next(iter(names))
    lines.append(f"    [*] --> {first}")
    lines += [f"    {a.source} --> {a.target}" + (f" : {a.act}" if a.act else "") for a in arrows]
    lines += [f"    {key} --> [*]" for key in names if not any(a.source == key for a in arrows)]
    rows = [
        (
            f"`{key}`",
            name,
            "、".join(names[a.target] + (f"（{a.act}）" if a.act else "") for a in arrows if a.source == key)
            or "終わり",
        )
        for key, name in names.items()
    ]
    picture = "```mermaid\n" + "\n".join(lines) + "\n```"
    return "\n\n".join([f"## {title}", f"もとになる表: `{source}`", picture, table(["状態", "名前", "次の状態"], rows)])


def states_page() -> str:
    sections = [
        _section(
            "付議書の版",
            "dossier.approval.TRANSITIONS",
            {str(s): name for s, name in approval.STATE_NAMES.items()},
            _arrows(approval.TRANSITIONS),
        ),
        _section(
            "名簿の取込み",
            "people.changeset.TRANSITIONS",
            {str(s.value): str(s.label) for s in ChangesetState},
            [
                Arrow(str(state.value), str(after.value), changeset.ACTS[act])
                for (state, act), after in changeset.TRANSITIONS.items()
            ],
        ),
        _section(
            "受渡し",
            "custody.models.TRANSITIONS",
            {str(s.value): str(s.label) for s in custody.Handover.State},
            _arrows(custody.TRANSITIONS),
        ),
    ]
    for programme in WITH_CODE:
        models = import_module(f"azukari.programmes.{programme}.models")
        sections.append(
            _section(
                f"年次処理（{programme}）",
                f"programmes.{programme}.models.TRANSITIONS",
                {str(s.value): str(s.label) for s in models.YEARLY.State},
                _arrows(models.TRANSITIONS),
            )
        )
    return page(
        "状態と遷移",
        "表にない遷移は拒否される。同じものを二人が同時に進めたときは、先の一人だけが通る。",
        *sections,
        source="下の各表",
    )


def roles_page() -> str:
    roles = list(Handler.Role)
    rows = [
        (f"`{act}`", ACT_NAMES[act], *("○" if role in allowed else "" for role in roles))
        for act, allowed in ACTS.items()
    ]
    return page(
        "役割とできること",
        "どの操作も、その日に報告されていて解除されていない取扱者だけができる。区職員・情報保護担当・監査は、所属が区であること。\n"
        "二人の目が要る操作（承認、放出、差の確認、再発行の承認など）は、役割に加えて、準備した本人でないことを求める。",
        table(["操作", "名前", *(str(role.label) for role in roles)], rows),
        source="`parties.roles.ACTS`",
    )
