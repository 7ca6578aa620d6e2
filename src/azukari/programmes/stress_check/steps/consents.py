"""Who lets the employer see the own result, as it stands now: the gate asks before anything of a person reaches it."""

from __future__ import annotations

from ..models import Result

MOST_AT_ONCE = 500


def standing(references: set[str], fiscal_year: int) -> set[str]:
    """Of these references, those whose consent of that year's check stands. A consent is never carried over."""
    wanted, found = sorted(references), set()
    for start in range(0, len(wanted), MOST_AT_ONCE):
        part = wanted[start : start + MOST_AT_ONCE]
        results = Result.objects.filter(
            respondent__reference__in=part, respondent__round__fiscal_year=fiscal_year,
            consented_at__isnull=False, withdrawn_at=None,
        )  # fmt: skip
        found |= set(results.values_list("respondent__reference", flat=True))
    return found
