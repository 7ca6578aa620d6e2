"""Who may do what kind of act. What is allowed in which state stands with each model; this is about people."""

from __future__ import annotations

from datetime import date

from azukari.vocabulary.refusal import Refusal

from .models import Handler, Organisation

R = Handler.Role
WARD = {R.OFFICER, R.PRIVACY_OFFICER}
COMPANY = {R.HANDLER, R.RESPONSIBLE}

ACTS: dict[str, set[Handler.Role]] = {
    "dossier.draft": {R.PRIVACY_OFFICER, R.OFFICER},
    "dossier.submit": {R.PRIVACY_OFFICER, R.OFFICER},
    "dossier.approve": {R.PRIVACY_OFFICER},
    "dossier.rule": {R.PRIVACY_OFFICER},
    "dossier.renew": {R.PRIVACY_OFFICER},
    "party.appoint": {R.PRIVACY_OFFICER},
    "party.report_handler": {R.PRIVACY_OFFICER, R.OFFICER, R.RESPONSIBLE},
    "party.remove_handler": {R.PRIVACY_OFFICER, R.OFFICER, R.RESPONSIBLE},
    "people.import": {R.OFFICER},
    "people.commit": {R.OFFICER},
    "people.look_up": {R.OFFICER},
    "people.release_protected": {R.OFFICER},
    "run.prepare": {R.OFFICER},
    "run.confirm": {R.OFFICER},
    "run.work": COMPANY,
    "handover.prepare": {R.OFFICER, *COMPANY},
    "handover.seal": {R.OFFICER, *COMPANY},
    "handover.release": {R.OFFICER, R.RESPONSIBLE},
    "handover.password": {R.OFFICER, R.RESPONSIBLE},
    "handover.acknowledge": {R.OFFICER, *COMPANY},
    "handover.admit": {R.OFFICER, *COMPANY},
    "handover.return": {R.OFFICER, *COMPANY},
    "handover.erase": {R.OFFICER, *COMPANY},
    "handover.certify": {R.RESPONSIBLE},
    "handover.confirm_certificate": WARD,
    "custody.settle": WARD,
    "custody.close": {R.PRIVACY_OFFICER},
    "custody.read": {R.OFFICER, R.PRIVACY_OFFICER, R.AUDITOR},
    "data.read": {R.OFFICER, *COMPANY},
    "data.enter": {R.OFFICER, *COMPANY},
    "home.read": {*WARD, R.AUDITOR, *COMPANY},
    "dossier.read": {*WARD, R.AUDITOR},
    "log.read": {R.PRIVACY_OFFICER, R.AUDITOR},
    "log.verify": {R.PRIVACY_OFFICER},
    "log.checkpoint": {R.PRIVACY_OFFICER},
    "log.export": {R.PRIVACY_OFFICER},
    "party.read": {*WARD, R.AUDITOR},
    "run.read": {*WARD, R.AUDITOR},
    "roster.read": {*WARD, R.AUDITOR},
    "own.read": COMPANY,
    "visit.record": COMPANY,
    "result.take": {R.OFFICER},
    "result.settle": {R.OFFICER},
    "result.read": {R.OFFICER},
    "follow_up.record": {R.OFFICER},
    "follow_up.release": {R.OFFICER},
    "rates.read": {*WARD, R.AUDITOR},
    "rates.release": {R.OFFICER},
    "billing.prepare": {R.OFFICER},
    "billing.approve": {R.OFFICER},
    "billing.read": {*WARD, R.AUDITOR},
    "stress.work": COMPANY,
    "stress.read": {*WARD, R.AUDITOR},
    "stress.hand_over": {R.OFFICER},
    "stress.interview": {R.OFFICER},
    "stress.authority": {R.OFFICER, R.PRIVACY_OFFICER},
}

ACT_NAMES = {
    "dossier.draft": "付議書の作成",
    "dossier.submit": "付議",
    "dossier.approve": "付議書の承認の記録",
    "dossier.rule": "疑義の裁定",
    "dossier.renew": "更新の記録",
    "party.appoint": "事業者の選定の記録",
    "party.report_handler": "取扱者の報告",
    "party.remove_handler": "取扱者の解除",
    "people.import": "名簿の取込み",
    "people.commit": "名簿の確定",
    "people.look_up": "住民の照会",
    "people.release_protected": "支援措置対象者の例外の承認",
    "run.prepare": "年次処理の準備",
    "run.confirm": "年次処理の確認",
    "run.work": "印字・封入封かんの作業",
    "handover.prepare": "受渡しの準備",
    "handover.seal": "封をする",
    "handover.release": "放出（引渡し）",
    "handover.password": "パスワードの通知",
    "handover.acknowledge": "受領の確認",
    "handover.admit": "窓口での受付",
    "handover.return": "返却",
    "handover.erase": "消去",
    "handover.certify": "消去証明書の発行",
    "handover.confirm_certificate": "消去証明書の確認",
    "custody.settle": "不一致の解決",
    "custody.close": "年度の締め",
    "custody.read": "管理簿の閲覧",
    "data.read": "データの閲覧",
    "data.enter": "データの入力",
    "home.read": "ホームの閲覧",
    "dossier.read": "付議書の閲覧",
    "log.read": "アクセスログの閲覧",
    "log.verify": "アクセスログの検証",
    "log.checkpoint": "アクセスログの時点への署名",
    "log.export": "アクセスログの書き出し",
    "party.read": "組織と取扱者の閲覧",
    "run.read": "年次処理の閲覧",
    "roster.read": "名簿の取込状況の閲覧",
    "own.read": "自社の受渡しの閲覧",
    "visit.record": "受診の記録",
    "result.take": "結果の受入れ",
    "result.settle": "結果の確認",
    "result.read": "結果の閲覧",
    "follow_up.record": "精密検査の追跡",
    "follow_up.release": "受診勧奨の発送",
    "rates.read": "指標の閲覧",
    "rates.release": "指標の公表",
    "billing.prepare": "支払明細の作成",
    "billing.approve": "支払明細の承認",
    "billing.read": "支払明細の閲覧",
    "stress.work": "ストレスチェックの実施",
    "stress.read": "ストレスチェックの進み具合と集団の結果の閲覧",
    "stress.hand_over": "ストレスチェックの対象者情報の引渡し",
    "stress.interview": "面接指導の申出・意見・措置の記録",
    "stress.authority": "人事権を持つ人の記録",
    "person.enter": "本人の入場",
    "person.answer": "本人の回答",
    "person.read": "本人の結果の閲覧",
    "person.consent": "本人の同意・撤回",
    "person.apply": "本人の面接指導の申出",
    "session.begin": "サインイン",
    "session.refused": "サインインの失敗",
    "session.end": "サインアウト",
}


class MayNotAct(Refusal, PermissionError):
    """The person may not do this act (today)."""


def require(by: Handler, act: str, on: date) -> None:
    """Raise MayNotAct unless this handler's role does this act and the handler is reported and not removed that day."""
    if not isinstance(by, Handler):
        raise TypeError("by= には取扱者を指定してください。")
    name = ACT_NAMES[act]
    if on < by.reported_on:
        raise MayNotAct(f"取扱者 {by.key} は {by.reported_on} から取り扱えます。それより前に「{name}」はできません。")
    if by.removed_on and on >= by.removed_on:
        raise MayNotAct(
            f"取扱者 {by.key} は {by.removed_on} に解除されているため、「{name}」はできません。"
            "取扱責任者に、取扱者の報告を確かめてもらってください。"
        )
    if by.role not in ACTS[act]:
        raise MayNotAct(
            f"{Handler.Role(by.role).label}は「{name}」ができません。この操作ができる役割の人に頼んでください。"
        )
    if by.role in WARD | {R.AUDITOR} and by.organisation.type != Organisation.Type.WARD:
        raise MayNotAct(
            f"取扱者 {by.key} は区の職員として登録されていますが、所属が区ではありません。登録を確かめてください。"
        )
