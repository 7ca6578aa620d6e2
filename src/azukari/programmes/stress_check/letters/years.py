"""How a fiscal year is called on paper."""

from __future__ import annotations

from azukari.vocabulary.fiscal import fiscal_year_start
from azukari.vocabulary.wareki import to_wareki


def year_words(fiscal_year: int) -> str:
    """令和8年度: the era of its first day."""
    return to_wareki(fiscal_year_start(fiscal_year)).split("年")[0] + "年度"
