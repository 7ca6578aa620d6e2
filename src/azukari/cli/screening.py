"""``azukari screening``, up to the proof: history, judging, difference, numbers, glyphs, and how the run stands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import base, given, screening_follow_up, screening_mailing, screening_person, screening_results

if TYPE_CHECKING:
    from azukari.parties.models import Handler
    from azukari.programmes.screening.models import Run


@click.group(cls=base.Group, help="検診: 判定から発送まで、受診と結果、精密検査の追跡、指標、支払。")
def screening() -> None:
    pass


@screening.command(help="前年度までの受診歴（CSV: 宛名番号・年度・検診・判定）を取り込みます。全部か、無しか。")
@click.argument("path", type=given.FILE, metavar="ファイル")
@click.option("--note", type=given.FILE, metavar="ファイル", help="送付票（TOML: rows と sha256）")
@click.option("--sha256", metavar="ハッシュ値", help="送付票の SHA-256（--note の代わり）")
@base.by
def history(path: Path, note: Path | None, sha256: str | None, by: Handler) -> None:
    from azukari.people.guard import DeliveryNote
    from azukari.programmes.screening.steps.history import import_history

    if (note is None) == (sha256 is None):
        raise click.UsageError("送付票を --note で、又は --sha256 で指定してください。")
    digest = DeliveryNote.from_file(note).sha256 if note else sha256 or ""
    taken = import_history(path=path, sha256=digest.strip().lower(), by=by, now=base.now())
    click.echo(f"受診歴を新しく{taken:,}件取り込みました。")


@screening.command("open", help="確定済みの最新の名簿で、全員を判定します。年度の処理は一つだけです。")
@click.option("--year", type=int, metavar="年度", help="西暦。省くと今年度")
@base.by
def open_(year: int | None, by: Handler) -> None:
    from azukari.programmes.screening.steps.assess import open_run
    from azukari.vocabulary.fiscal import fiscal_year

    run = open_run(fiscal_year=year or fiscal_year(base.today()), by=by, now=base.now())
    click.echo(f"{run.fiscal_year}年度の対象者を判定しました（名簿の基準日 {run.roster.stated_on}）。")
    click.echo("次は: azukari screening difference（前年度との差を、別の人が確かめる）")


@screening.command(help="前年度との差（検診・年齢階級・理由ごとの人数）。")
@given.RUN
@click.option("--all", "everything", is_flag=True, help="差のない行も出す")
def difference(run: Run, everything: bool) -> None:
    from azukari.programmes.screening.reasons import REASONS, Reason
    from azukari.programmes.screening.rules import screening_parameters

    parameters = screening_parameters().for_fiscal_year(run.fiscal_year)
    rows: list[list[object]] = [
        [
            parameters.text(f"tests.{row['test']}.name"),
            "不明" if row["age_band"] is None else f"{row['age_band']}〜{row['age_band'] + 4}歳",
            REASONS[Reason(row["reason"])], f"{row['last_year']:,}", f"{row['this_year']:,}", f"{row['difference']:+,}",
        ]
        for row in run.difference
        if everything or row["difference"]
    ]  # fmt: skip
    headers = ["検診", "年度末年齢", "判定の理由", "前年度", "今年度", "差"]
    click.echo(base.table(rows, headers) if rows else "差はありません。")


@screening.command(help="前年度との差を確認したことを記録します（判定した人とは別の人）。")
@given.RUN
@base.by
def confirm(run: Run, by: Handler) -> None:
    from azukari.programmes.screening.steps.assess import confirm_difference

    confirm_difference(run=run, by=by, now=base.now())
    click.echo("前年度との差の確認を記録しました。")


@screening.command(help="受診番号、受診券整理番号、帳票番号を付けます。")
@given.RUN
@base.by
def number(run: Run, by: Handler) -> None:
    from azukari.programmes.screening.steps.assess import assign_numbers

    click.echo(f"{assign_numbers(run=run, by=by, now=base.now()):,}人に番号を付けました。")


@screening.command(help="氏名と住所が意図した字形で印字できるかを確かめ、判断の要るものを並べます。")
@given.RUN
@base.by
def proof(run: Run, by: Handler) -> None:
    from azukari.programmes.screening.steps.assess import prove_glyphs

    left = prove_glyphs(run=run, by=by, now=base.now())
    some = f"判断の要る字が{left:,}件あります（screening glyphs、screening decide）。"
    click.echo(some if left else "判断の要る字はありません。")


@screening.command(help="判断の要る字の一覧（宛名番号と符号位置）。見たことはログに残ります。")
@given.RUN
@click.option("--purpose", default="字形の判断", show_default=True, metavar="目的")
@click.option("--all", "everything", is_flag=True, help="判断済も含める")
@base.by
def glyphs(run: Run, purpose: str, everything: bool, by: Handler) -> None:
    from azukari.programmes.screening.steps.listing import list_glyph_questions

    found = list_glyph_questions(run=run, purpose=purpose, decided=everything, by=by, now=base.now())
    rows: list[list[object]] = [[q.pk, q.number, q.field, q.characters, q.problem, q.decision] for q in found]
    headers = ["番号", "宛名番号", "項目", "文字", "問題", "判断"]
    click.echo(base.table(rows, headers) if rows else "判断の要る字はありません。")


@screening.command(
    short_help="字一つの判断を記録します。",
    help="字一つの判断を記録します: そのままでよい（accept）、又は一括の印字から外して個別に作る（individual）。",
)
@click.argument("question", type=int, metavar="番号")
@click.argument("decision", type=click.Choice(["accept", "individual"]), metavar="accept|individual")
@base.by
def decide(question: int, decision: str, by: Handler) -> None:
    from azukari.programmes.screening.models import GlyphQuestion
    from azukari.programmes.screening.steps.assess import decide_glyph

    found = GlyphQuestion.objects.select_related("run", "person").filter(pk=question).first()
    if found is None:
        raise click.BadParameter(f"番号 {question} の字はありません。screening glyphs で確かめてください。")
    decide_glyph(question=found, decision=decision, by=by, now=base.now())
    click.echo(f"番号 {question} の判断を記録しました。")


@screening.command("finish-proof", help="字形の確認を終えます（すべての判断の後）。")
@given.RUN
@base.by
def finish_proof(run: Run, by: Handler) -> None:
    from azukari.programmes.screening.steps.assess import finish_proof as act

    act(run=run, by=by, now=base.now())
    click.echo("字形の確認を終えました。")


@screening.command(help="処理の状態と、各段階の数（件数＝ページ数＝枚数＝封入数＝発送数）。")
@given.RUN
@click.option("--pdf", type=given.NEW_FILE, metavar="ファイル", help="発送結果表の PDF（--by も要る）")
@click.option("--by", "printed_by", metavar="取扱者番号", help="発送結果表を作る人")
def status(run: Run, pdf: Path | None, printed_by: str | None) -> None:
    from azukari.programmes.screening.papers import run_summary
    from azukari.programmes.screening.steps.assess import counts_of

    counts = counts_of(run)
    click.echo(f"{run.fiscal_year}年度: {run.get_state_display()}" + (f"【停止中】{run.halted}" if run.halted else ""))
    click.echo(f"対象 {counts['eligible']:,}人 = 受診券 {counts['vouchers']:,}枚 + 送らない人 {counts['stopped']:,}人")
    rows: list[list[object]] = [
        [total.stage, f"{total.expected:,}", f"{total.counted:,}", f"{total.counted - total.expected:+,}", total.by.key]
        for total in run.totals.select_related("by").order_by("pk")
    ]
    if rows:
        click.echo(base.table(rows, ["段階", "予定", "実数", "差", "数えた人"]))
    if pdf:
        if not printed_by:
            raise click.UsageError("--pdf には --by も指定してください。")
        given.not_yet_there(pdf)
        given.write_new(pdf, run_summary(run=run, by=base.handler(printed_by), now=base.now()))
        click.echo(f"{pdf} に書きました。")


@screening.command(help="送らない人の数（理由ごと）。--list は宛名番号の一覧で、見たことはログに残ります。")
@given.RUN
@click.option("--list", "listed", is_flag=True, help="一人ずつ並べる（--by と --purpose が要る）")
@click.option("--reason", default="", metavar="理由", help="この理由だけ（dead、moved_out、protected など）")
@click.option("--purpose", default="", metavar="目的")
@click.option("--by", "seen_by", metavar="取扱者番号")
def stops(run: Run, listed: bool, reason: str, purpose: str, seen_by: str | None) -> None:
    from azukari.programmes.screening.models import Stop
    from azukari.programmes.screening.steps.listing import list_stopped

    if reason and reason not in Stop.Reason.values:
        raise click.BadParameter(f"理由は次から選んでください: {' '.join(Stop.Reason.values)}")
    if not listed:
        found = Stop.objects.filter(run=run)
        counted: list[list[object]] = [
            [key, label, f"{found.filter(reason=key).count():,}"] for key, label in Stop.Reason.choices
        ]
        click.echo(base.table(counted, ["理由", "", "人数"]))
        return
    if not (seen_by and purpose):
        raise click.UsageError("--list には --by と --purpose も指定してください。")
    people = list_stopped(run=run, purpose=purpose, reason=reason, by=base.handler(seen_by), now=base.now())
    rows: list[list[object]] = [[p.number, p.reason, p.settlement] for p in people]
    click.echo(base.table(rows, ["宛名番号", "理由", "処理"]) if rows else "該当する人はいません。")


for _part in (screening_mailing, screening_person, screening_results, screening_follow_up):
    for _command in _part.COMMANDS:
        screening.add_command(_command)
