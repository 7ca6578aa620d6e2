"""Why the run does not go on: each says what happened, to which list, and what to do next."""

from __future__ import annotations

from datetime import date

from azukari.vocabulary.refusal import Changed, Refusal


class RunRefused(Refusal, RuntimeError):
    """Base: the act was refused and has changed nothing."""


class NoRoster(RunRefused):
    def __init__(self) -> None:
        super().__init__("確定済みの住民名簿がありません。名簿を取り込み、確認し、確定してから始めてください。")


class LastYearsList(RunRefused):
    def __init__(self, stated_on: date, fiscal_year: int, earliest: date) -> None:
        super().__init__(
            f"最新の名簿の基準日は {stated_on} です。{fiscal_year}年度の処理には {earliest} 以降の名簿が必要です"
            "（前年度の名簿で送らないための確認です）。新しい名簿を取り込んでください。"
        )


class StaleRoster(RunRefused):
    def __init__(self, stated_on: date, days: int, limit: int) -> None:
        super().__init__(
            f"名簿の基準日 {stated_on} から{days}日たっています（上限{limit}日）。新しい名簿を取り込んでください。"
        )


class AlreadyStarted(RunRefused):
    def __init__(self, fiscal_year: int, by: str) -> None:
        super().__init__(f"{fiscal_year}年度の処理は、取扱者 {by} がすでに始めています。続きから進めてください。")


class NotNow(Changed, RunRefused):
    """The step does not fit the run's state."""

    def __init__(self, state: str, wanted: str) -> None:
        super().__init__(f"処理は「{state}」の段階です。「{wanted}」は今はできません。")


class Halted(RunRefused):
    def __init__(self, reason: str) -> None:
        super().__init__(f"処理は停止しています：{reason} 原因を確かめ、停止の解除を記録してから続けてください。")


class DoesNotBalance(RunRefused):
    """Shortage or surplus: the run is halted until the ward has settled it."""

    def __init__(self, stage: str, expected: int, counted: int, problems: list[str]) -> None:
        self.problems = problems
        super().__init__(
            f"{stage}の数が合いません（予定 {expected}・実数 {counted}）。処理を停止しました。"
            + "".join(f"\n・{p}" for p in problems[:10])
        )


class GlyphsUndecided(RunRefused):
    def __init__(self, count: int) -> None:
        super().__init__(f"字形の確認が{count}件残っています。一件ずつ判断してから進めてください。")


class NoVolumeNotice(RunRefused):
    def __init__(self) -> None:
        super().__init__("件数予告をまだ送っていません。先に件数と引渡し予定日を委託先へ予告してください。")


class NewlyStopped(RunRefused):
    """Somebody on the list died, moved out, or came under protection since the numbers were given."""

    def __init__(self, count: int) -> None:
        super().__init__(
            f"番号を付けた後に、死亡・転出・支援措置等で送れなくなった人が{count}人います。"
            "送れなくなった人の除外を記録し、件数予告を送り直してから準備してください。"
        )
