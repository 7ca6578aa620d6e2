"""Section and name in the window of an envelope for the internal mail, as large as both together may be.

The sheet is folded in three (99 mm) for 長形3号 (235 × 120 mm; window 90 × 45 mm, 20 mm from the left, 13 mm from the
top), as the letters to residents are; there is no postal address, for staff get it handed over at their place of work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from azukari.letters.fitting import Advances, Box, Fitted, TextDoesNotFit, advances, fit
from azukari.vocabulary.refusal import Refusal

Fonts = Sequence[Path | str]

MM = 72 / 25.4
#: Sizes in points with the lines that each allows.
_SECTION = Box("所属", 64 * MM, ((11, 2), (10, 2), (9, 3), (8, 3), (7, 4)))
_NAME = Box("氏名", 54 * MM, ((15, 1), (13, 1), (11, 1), (9.5, 2), (8, 2), (7, 3)))
_PITCH = 1.25
_WINDOW_HEIGHT = 20 * MM


class Addressed(Protocol):
    """Whoever gets a sheet."""

    @property
    def name(self) -> str: ...
    @property
    def section(self) -> str: ...
    @property
    def employee_number(self) -> str: ...


Sheet = TypeVar("Sheet", bound=Addressed)


class SheetsDoNotFit(Refusal, ValueError):
    """Section and name of some sheets fit no window; nothing was printed. ``rows``: (row from 1, field, characters)."""

    def __init__(self, rows: Sequence[tuple[int, str, int]]) -> None:
        super().__init__(tuple(rows))
        self.rows = tuple(rows)

    def __str__(self) -> str:
        told = "、".join(f"{row}行目の「{name}」（{length}文字）" for row, name, length in self.rows[:10])
        more = f"ほか{len(self.rows) - 10}件" if len(self.rows) > 10 else ""
        return (
            f"封筒の窓に入りきらない文字列が{len(self.rows)}件あります：{told}{more}。1枚も作成していません。"
            "所属の表記を短くできるか確かめるか、その方を個別に作成してから、もう一度実行してください。"
        )


def window(sheet: Addressed, em: Advances) -> dict[str, Any]:
    """What stands in the window: ``section``, ``name`` ([size, line, …]), ``wide`` (mm to 様), ``number``.

    :raises TextDoesNotFit: not even the smallest readable size is small enough.
    """
    for smaller_name in range(len(_NAME.steps)):
        for smaller_section in range(len(_SECTION.steps)):
            above = fit(sheet.section or "―", _from(_SECTION, smaller_section), em)
            below = fit(sheet.name, _from(_NAME, smaller_name), em)
            if _height(above) + _height(below) <= _WINDOW_HEIGHT:
                return {
                    "section": [above.size, *above.lines],
                    "name": [below.size, *below.lines],
                    "wide": round(max(map(em.of, below.lines)) * below.size / MM + 2.5, 2),
                    "number": sheet.employee_number,
                }
    raise TextDoesNotFit("所属と氏名", len(sheet.section) + len(sheet.name))


def addressed(
    sheets: Iterable[Sheet], inside: Callable[[Sheet, Advances], dict[str, Any]], fonts: Fonts = ()
) -> list[dict[str, Any]]:
    """For each sheet its ``window`` and what ``inside`` says.

    :raises SheetsDoNotFit: all rows that do not fit, at once.
    """
    em = advances(fonts)
    drawn: list[dict[str, Any]] = []
    misfits: list[tuple[int, str, int]] = []
    for row, sheet in enumerate(sheets, 1):
        try:
            drawn.append({"window": window(sheet, em), **inside(sheet, em)})
        except TextDoesNotFit as misfit:
            misfits.append((row, misfit.field, misfit.length))
    if misfits:
        raise SheetsDoNotFit(misfits)
    return drawn


def printed_names(sheets: Iterable[Addressed]) -> Iterator[tuple[str, str, str]]:
    """(employee number, field, text) of the window, for :class:`azukari.letters.glyphs.GlyphProof`."""
    for sheet in sheets:
        yield sheet.employee_number, "氏名", sheet.name
        yield sheet.employee_number, "所属", sheet.section


def _from(box: Box, step: int) -> Box:
    return Box(box.field, box.width, box.steps[step:])


def _height(fitted: Fitted) -> float:
    return fitted.size * _PITCH * len(fitted.lines)
