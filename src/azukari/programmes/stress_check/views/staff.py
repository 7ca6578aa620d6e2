"""The people of a round, for its implementers and clerks: the list, one person, codes, reminders. Every look is logged.

Addresses carry the number of a row, never a name or the number of the staff; a person is looked up by POST.
"""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from azukari.web import exports
from azukari.web.acts import Act, act_page
from azukari.web.exports import download
from azukari.web.locking import Seen
from azukari.web.screens import screen
from azukari.web.tables import Cell, Column, Table

from ..models import AnswerSheet, Respondent, Round
from ..steps import answering, glyphs, kept_files, people, printing
from ..steps import paper as papers
from ..steps import progress as figures
from ..steps.state import IMPLEMENTERS, PROGRAMME
from .common import Trail, duties_of, heading, person_of, round_url, seen, trail, working
from .forms import FindPerson, Issue, Left, PaperReason, Reason, Site, StaffFilter

ACT = "stress_check/round/act.html"
_SITE = "stress_check_site"


def staff_trail(round_: Round, person: Respondent | None = None) -> Trail:
    found = trail(round_, (_("対象者の一覧"), reverse("stress_staff", args=[round_.fiscal_year])))
    if person is None:
        return found
    return [*found, (f"No.{person.pk}", reverse("stress_person", args=[round_.fiscal_year, person.pk]))]


def situation(person: Any) -> tuple[str, str]:
    """(where somebody stands in a word, colour of its chip); ``person`` as ``people.asked`` gives it."""
    found = [
        (person.left_on is not None, _("退職"), "gray"),
        (person.answered_at is not None, _("回答済"), "green"),
        (person.by_paper and person.has_form, _("調査票を渡した"), "blue"),
        (person.by_paper, _("調査票がまだ"), "yellow"),
        (person.came_in, _("回答の途中"), "blue"),
        (person.invited, _("案内済・未入場"), "yellow"),
        (True, _("案内がまだ"), "yellow"),
    ]
    return next((word, colour) for holds, word, colour in found if holds)


@require_GET
@screen("stress.work")
def staff(request: Any, year: int) -> HttpResponse:
    """Everybody of the round by section: what stands in the rows shown is disclosed, and so in the log."""
    round_ = working(request, year)
    known: dict[int, Respondent] = {}

    def cell(name: str) -> Any:
        def value(row: Any) -> str:
            if row.pk not in known:
                asked = table.chosen if request.GET.get("format") else table.page.object_list
                known.update(_listed(request, round_, [one.pk for one in asked]))
            return str(getattr(known[row.pk], name))

        return value

    def opened(row: Any) -> Cell:
        return Cell(_("開く"), href=reverse("stress_person", args=[year, row.pk]))

    table = Table(
        request, name="stress-staff", caption=_("対象者の一覧"), rows=people.asked(round_),
        columns=[
            Column("number", _("職員番号"), cell("employee_number"), sort="employee_number", header=True),
            Column("name", _("氏名"), cell("name")),
            Column("section", _("所属"), cell("section"), sort="section"),
            Column("way", _("方法"), lambda row: _("紙") if row.by_paper else _("ウェブ"), sort="by_paper"),
            Column("state", _("状況"), _chip),
            Column("act", _("処理"), opened),
        ],
        filters=StaffFilter, form_kwargs={"divisions": people.divisions(round_)}, act="stress.work",
        programme=PROGRAMME, empty=_("あてはまる人はいません。対象者情報を取り込むと、ここに並びます。"),
    )  # fmt: skip
    return table.response("stress_check/round/table.html", {
        "title": heading(round_, _("対象者の一覧")),
        "trail": trail(round_),
        "told": _("表示と書き出しは、アクセスログに残ります。職場の管理職には、だれが答えたかを伝えないでください。"),
        "links": [
            (_("職員番号で探す"), reverse("stress_find_person", args=[year])),
            (_("氏名と所属の字形を確かめる"), reverse("stress_glyphs", args=[year])),
        ],
    })  # fmt: skip


@require_GET
@screen("stress.work")
def glyphs_of_names(request: Any, year: int) -> HttpResponse:
    """Whose name or section would be printed otherwise than meant, before anything is printed."""
    round_ = working(request, year)
    found = glyphs.not_as_meant(round_=round_, by=request.handler, now=request.now)
    return render(request, "stress_check/round/glyphs.html", {
        "title": heading(round_, _("氏名と所属の字形")),
        "trail": staff_trail(round_),
        "round": round_,
        "rows": [(one.person, each) for one in found for each in one.exceptions],
        "people": len(found),
    })  # fmt: skip


def _chip(row: Any) -> Cell:
    word, colour = situation(row)
    return Cell(word, chip=colour)


def _listed(request: Any, round_: Round, rows: list[int]) -> dict[int, Respondent]:
    purpose = "対象者の氏名と所属の書き出し" if request.GET.get("format") else "対象者の一覧の表示"
    return people.listed(round_=round_, people=rows, purpose=purpose, by=request.handler, now=request.now)


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@screen("stress.work")
def find(request: Any, year: int) -> HttpResponse:
    """Somebody telephones: found by the number of the staff, which stays out of the address."""
    round_ = working(request, year)
    return act_page(request, Act(
        title=_("職員番号で探す"),
        form=FindPerson,
        do=lambda form: people.find(round_=round_, by=request.handler, now=request.now, **form.cleaned_data),
        then=lambda found: reverse("stress_person", args=[year, found.pk]),
        back=reverse("stress_staff", args=[year]),
        submit=_("探す"),
        template=ACT,
        context={"trail": staff_trail(round_)},
    ))  # fmt: skip


# --- one person


@require_GET
@screen("stress.work")
def person(request: Any, year: int, person: int) -> HttpResponse:
    """Where one person stands, and what can be done: never what was answered."""
    round_ = working(request, year)
    row: Any = people.asked(round_).filter(pk=person).first()
    if row is None:
        raise Http404
    shown = people.listed(
        round_=round_, people=[person], purpose="対象者の表示", by=request.handler, now=request.now
    )[person]  # fmt: skip
    word, colour = situation(row)
    return render(request, "stress_check/round/person.html", {
        "title": _("対象者 No.%(number)s") % {"number": person},
        "trail": staff_trail(round_),
        "person": shown,
        "state": word,
        "colour": colour,
        "form": shown.forms.filter(voided_at=None).first(),
        "acts": [(label, reverse(name, args=[year, person])) for label, name in _possible(request, round_, row)],
    })  # fmt: skip


def _possible(request: Any, round_: Round, row: Any) -> list[tuple[str, str]]:
    """(label, page) of what the states of round and person allow, and of this person's duty."""
    going = round_.state in {Round.State.PREPARING, Round.State.OPEN}
    waiting = row.answered_at is None and row.left_on is None
    implementer = bool(duties_of(request, round_) & {str(kind) for kind in IMPLEMENTERS})
    found = [
        (going and waiting and not row.by_paper, _("新しい招待コードの案内を印刷する"), "stress_new_code"),
        (going and waiting and not row.by_paper, _("紙の調査票で回答してもらう"), "stress_person_paper"),
        (row.left_on is None, _("退職を記録する"), "stress_left"),
        (row.left_on is not None, _("退職の記録を取り消す"), "stress_undo_left"),
        (row.answered_at is not None and going and implementer, _("回答の訂正を認める"), "stress_reopen"),
    ]
    return [(label, page) for holds, label, page in found if holds]


def _person_act(request: Any, round_: Round, one: Respondent, **more: Any) -> HttpResponse:
    """The page of an act on one person, who is named by the number of the row alone."""
    mark = (round_.state, one.by_paper, one.answered_at, one.left_on)
    return act_page(request, Act(
        then=reverse("stress_person", args=[round_.fiscal_year, one.pk]),
        facts=[(_("対象者"), f"No.{one.pk}")],
        seen=Seen(("respondent", str(one.pk)), "|".join(map(str, mark))),
        template=ACT,
        context={"trail": staff_trail(round_, one)},
        **more,
    ))  # fmt: skip


def entrance_of(request: Any) -> dict[str, str]:
    """The address of the entrance that was typed last in this session."""
    return {"site": request.session.get(_SITE, "")}


@require_http_methods(["GET", "POST"])
@screen("stress.work")
def new_code(request: Any, year: int, person: int) -> HttpResponse:
    """A fresh code on a slip: the PDF is the answer, and is kept nowhere."""
    round_ = working(request, year)
    one = person_of(round_, person)
    made: list[bytes] = []

    def do(form: Any) -> None:
        request.session[_SITE] = form.cleaned_data["site"]
        entrance = printing.Entrance(form.cleaned_data["site"])
        made.append(printing.issue_one(person=one, entrance=entrance, by=request.handler, now=request.now))

    answer = _person_act(
        request, round_, one, title=_("新しい招待コードの案内を印刷する"), form=Site, do=do,
        initial=entrance_of(request), submit=_("案内を作る（PDF）"),
        warnings=[
            _("前の招待コードは使えなくなります。"),
            _("PDF は一度だけ届きます。印刷し、封をして本人に渡してください。"),
        ],
    )  # fmt: skip
    return download(made[0], f"stress-slip-{year}.pdf") if made else answer


@require_http_methods(["GET", "POST"])
@screen("stress.work")
def on_paper(request: Any, year: int, person: int) -> HttpResponse:
    """This person cannot answer on the web."""
    round_ = working(request, year)
    one = person_of(round_, person)
    return _person_act(
        request, round_, one, title=_("紙の調査票で回答してもらう"), form=PaperReason,
        do=lambda form: papers.ask_on_paper(
            round_=round_, respondents=[one], by=request.handler, now=request.now, **form.cleaned_data
        ),
        done=lambda count: _("紙で回答する人にしました。調査票は、紙の調査票の画面でまとめて渡します。")
        if count else _("すでに回答しているため、変えていません。"),
        submit=_("紙にする"),
        warnings=[_("招待コードは使えなくなります。ウェブに戻すことはできません。")],
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("stress.work")
def left(request: Any, year: int, person: int) -> HttpResponse:
    """退職: reminded no more."""
    round_ = working(request, year)
    one = person_of(round_, person)
    return _person_act(
        request, round_, one, title=_("退職を記録する"), form=Left,
        do=lambda form: people.record_leaving(person=one, by=request.handler, now=request.now, **form.cleaned_data),
        done=_("退職を記録しました。"), submit=_("記録する"),
        warnings=[_("招待コードは使えなくなり、未回答者への案内に入らなくなります。すでにある回答は残ります。")],
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("stress.work")
def undo_left(request: Any, year: int, person: int) -> HttpResponse:
    round_ = working(request, year)
    one = person_of(round_, person)
    return _person_act(
        request, round_, one, title=_("退職の記録を取り消す"), form=Reason,
        do=lambda form: people.undo_leaving(person=one, by=request.handler, now=request.now, **form.cleaned_data),
        done=_("退職の記録を取り消しました。回答してもらうには、招待コードを出し直してください。"),
        submit=_("取り消す"), danger=True,
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("stress.work")
def reopen(request: Any, year: int, person: int) -> HttpResponse:
    """An implementer lets the answers be corrected, at the person's own wish."""
    round_ = working(request, year, IMPLEMENTERS)
    one = person_of(round_, person)
    sheet = AnswerSheet.objects.filter(respondent=one).first()
    if sheet is None:
        raise Http404
    sheet.respondent = one
    return _person_act(
        request, round_, one, title=_("回答の訂正を認める"), form=Reason,
        do=lambda form: answering.reopen(sheet=sheet, by=request.handler, now=request.now, **form.cleaned_data),
        done=_("訂正を認めました。本人が専用サイトに入り、直して送信し直します。"), submit=_("訂正を認める"),
        warnings=[_("本人の申出があったときだけ認めます。送信し直すまで、この人は未回答に数えます。")],
    )  # fmt: skip


# --- invitations and reminders


@require_GET
@screen("stress.work")
def invitations(request: Any, year: int) -> HttpResponse:
    """Who has a code and who came in, in counts; and the files with codes that this person had made."""
    round_ = working(request, year)
    standing = people.standing(round_)
    return render(request, "stress_check/round/invitations.html", {
        "title": heading(round_, _("回答の案内")),
        "trail": trail(round_),
        "round": round_,
        "standing": standing,
        "files": files_of(request, round_, kept_files.SLIPS, kept_files.LINKS),
        "going": round_.state in {Round.State.PREPARING, Round.State.OPEN},
    })  # fmt: skip


def files_of(request: Any, round_: Round, *kinds: str) -> list[tuple[str, kept_files.Kept]]:
    """(what it is, the file) of those that this person had made and can take."""
    found = kept_files.waiting(round_=round_, by=request.handler, now=request.now)
    words = {
        kept_files.SLIPS: _("案内（PDF）"),
        kept_files.LINKS: _("差込み用（CSV）"),
        kept_files.FORMS: _("調査票（PDF）"),
    }
    return [(words[one.kind], one) for one in found if one.kind in kinds]


@require_http_methods(["GET", "POST"])
@screen("stress.work")
def issue(request: Any, year: int) -> HttpResponse:
    """Codes for all who have none (or never came in), in a job; the file waits for who started it."""
    round_ = working(request, year)
    standing = people.standing(round_)

    def arguments(form: Any) -> dict[str, Any]:
        request.session[_SITE] = form.cleaned_data["site"]
        return {"year": year, **form.cleaned_data}

    return act_page(request, Act(
        title=_("招待コードを出す"),
        form=Issue,
        initial={**entrance_of(request), "whom": request.GET.get("whom", printing.WITHOUT)},
        do=arguments,
        then=reverse("stress_invitations", args=[year]),
        submit=_("作成する"),
        facts=[
            (_("まだ案内のない人"), _("%(count)s人") % {"count": f"{standing.uninvited:,}"}),
            (_("案内したが未入場の人"), _("%(count)s人") % {"count": f"{standing.not_in:,}"}),
        ],
        warnings=[
            _("コードは、できたファイルの中にしかありません。作成した本人だけが、24時間以内に受け取れます。"),
        ],
        seen=seen(round_, standing.uninvited, standing.not_in),
        template=ACT,
        context={"trail": invitations_trail(round_)},
        job="stress.invite",
    ))  # fmt: skip


def invitations_trail(round_: Round) -> Trail:
    return trail(round_, (_("回答の案内"), reverse("stress_invitations", args=[round_.fiscal_year])))


@require_POST
@screen("stress.work")
def take_file(request: Any, year: int, token: str) -> HttpResponse:
    """The file with the codes, for who had it made."""
    round_ = working(request, year)
    one, content = kept_files.take(round_=round_, token=token, by=request.handler, now=request.now)
    return download(content, f"stress-{one.kind}-{year}.{kept_files.TYPES[one.kind]}")


@require_http_methods(["GET", "POST"])
@screen("stress.work")
def discard_file(request: Any, year: int, token: str) -> HttpResponse:
    """The file was printed or sent: it need not wait any longer."""
    round_ = working(request, year)
    return act_page(request, Act(
        title=_("作成したファイルを消去する"),
        do=lambda form: kept_files.discard(round_=round_, token=token, by=request.handler, now=request.now),
        then=round_url(round_),
        done=_("ファイルを消去しました。"),
        submit=_("消去する"),
        danger=True,
        warnings=[_("消去したファイルのコードを、もう一度取り出すことはできません。")],
        template=ACT,
        context={"trail": trail(round_)},
    ))  # fmt: skip


@require_GET
@screen("stress.work")
def reminders(request: Any, year: int) -> HttpResponse:
    """How many have not answered, and the ways to tell them. The page itself names nobody."""
    round_ = working(request, year)
    return render(request, "stress_check/round/reminders.html", {
        "title": heading(round_, _("未回答者への案内")),
        "trail": trail(round_),
        "round": round_,
        "standing": people.standing(round_),
        "sections": figures.progress(round_).sections,
    })  # fmt: skip


@require_POST
@screen("stress.work")
def unanswered(request: Any, year: int) -> HttpResponse:
    """The list of who has not answered, as a file for who reminds them; logged with everybody on it."""
    round_ = working(request, year)
    found = figures.unanswered(round_=round_, by=request.handler, now=request.now)
    kind = request.POST.get("format", "")
    return exports.response(
        request, kind if kind in exports.KINDS else "csv", name="stress-reminder", title=_("未回答者の一覧"),
        act="stress.work", programme=PROGRAMME, heads=[_("職員番号"), _("氏名"), _("所属"), _("方法")],
        rows=[(one.employee_number, one.name, one.section, _("紙") if one.by_paper else _("ウェブ")) for one in found],
    )  # fmt: skip
