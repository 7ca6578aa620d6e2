"""Why a roster, or an act on one, is refused. Each carries its data and says in Japanese what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from azukari.vocabulary.refusal import Changed, Refusal


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong. row: 1-based line of the file, None for the whole file. Never holds a cell's value."""

    row: int | None
    field: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        place = "ファイル" if self.row is None else f"{self.row}行目"
        return f"{place}{f'「{self.field}」' if self.field else ''}: {self.problem}。{self.remedy}。"


class RosterRefused(Refusal, ValueError):
    """The file as a whole is not taken in; nothing has been stored. `problems` holds all that were found."""

    told = "名簿を取り込みませんでした（登録は変わっていません）。"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(len(self.problems))

    def __str__(self) -> str:
        lines = "\n".join(f"  {problem}" for problem in self.problems)
        return f"{self.told}\n{lines}"


class DoesNotMatchDeliveryNote(RosterRefused):
    """The file is not the one that the delivery note describes."""


class AlreadyRead(RosterRefused):
    """The same file is in the register, or waits to be committed. `changeset` is that one's id."""

    def __init__(self, problem: Problem, changeset: int) -> None:
        self.changeset = changeset
        super().__init__([problem])


class StaleRoster(RosterRefused):
    """The roster is older than the one the register stands on."""


class NotInThisState(Changed, RuntimeError):
    """The act is not possible in the changeset's present state."""

    def __init__(self, changeset: int, state: str, act: str, remedy: str) -> None:
        self.changeset, self.state, self.act, self.remedy = changeset, state, act, remedy
        super().__init__(changeset, state, act)

    def __str__(self) -> str:
        return f"名簿の取込み No.{self.changeset} は「{self.state}」のため「{self.act}」はできません。{self.remedy}。"


class RegisterMoved(Changed, RuntimeError):
    """Another roster was committed after this one was compared with the register."""

    def __init__(self, changeset: int) -> None:
        self.changeset = changeset
        super().__init__(changeset)

    def __str__(self) -> str:
        return (
            f"名簿の取込み No.{self.changeset} を読み込んだ後に、別の名簿が確定しています。"
            "この取込みを破棄し、同じファイルをもう一度読み込んでください。登録は変わっていません。"
        )


class ActorMissing(ValueError):
    """An act without the person who does it."""

    def __str__(self) -> str:
        return "だれが行うのかが指定されていません。取扱者のキーを指定してください。"


class NotInRegister(Refusal, LookupError):
    """Numbers that the register of residents does not know; whether they are protected cannot be said."""

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(count)

    def __str__(self) -> str:
        return (
            f"登録にない宛名番号が {self.count} 件あり、支援措置の対象かどうか確かめられません。"
            "最新の住民名簿を取り込むか、その人を一覧から除いてください。"
        )
