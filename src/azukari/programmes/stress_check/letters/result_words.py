"""The words of the result sheet, in Japanese and English: tables only. ``{…}`` is filled in by ``result``.

Facts: 労働安全衛生法第66条の10, 労働安全衛生規則第52条の9〜21 (interview on application, no detriment, consent after
the notification); five years and one month are those of the guideline.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from azukari.engine.parameters import Mark

LANGUAGES = ("ja", "en")


@dataclass(frozen=True, slots=True)
class Helpline:
    """Where anybody at work can get advice. ``source`` and ``mark``: whence the number is known, and how surely."""

    name: Mapping[str, str]
    telephone: str
    web: str
    source: str
    mark: Mark


#: Opening hours change and are left to its site.
KOKORO_NO_MIMI = Helpline(
    name={
        "ja": "こころの耳（厚生労働省、働く人のメンタルヘルス・ポータルサイト）電話・メール・SNS相談。無料、匿名可",
        "en": "Kokoro no Mimi (Ministry of Health, Labour and Welfare; free, anonymous, in Japanese)",
    },
    telephone="0120-565-455",
    web="https://kokoro.mhlw.go.jp/",
    source="厚生労働省「こころの耳」",
    mark="memory",
)

#: Key of what the person is told first → (headline, what it means, what to do).
SUMMARIES: Mapping[str, Mapping[str, tuple[str, str, str]]] = {
    "interview": {
        "ja": (
            "高ストレスの状態に当てはまります。医師の面接指導を受けることをお勧めします。",
            "回答からは、心や体に疲れやつらさが強く出ている、又は、仕事の負担や周りの支えに気がかりな点があります。病気と決まったわけではありません。",
            "裏面の「医師による面接指導」を読み、{until}申し出てください。つらいときは、待たずに裏面の相談先か医療機関へ。",
        ),
        "en": (
            "You are under high stress. We recommend an interview with a doctor.",
            "Your answers show marked mental or physical strain, or a heavy load together with little support. "
            "This does not mean that you are ill.",
            'Please read "Interview with a doctor" overleaf and apply {until}. If you feel unwell, do not wait: '
            "turn to the advice services overleaf or see a doctor.",
        ),
    },
    "high": {
        "ja": (
            "高ストレスの状態に当てはまります。実施者が確かめた結果、面接指導の対象とはしていません。",
            "回答からは、心や体に疲れやつらさが出ている、又は、仕事の負担や周りの支えに気がかりな点があります。病気と決まったわけではありません。",
            "下の図で、どこに負担があるかを見てください。つらさが続くときは、裏面の相談先に相談してください。",
        ),
        "en": (
            "You are under high stress. On review, the implementer did not find an interview necessary.",
            "Your answers show mental or physical strain, or a load together with little support. "
            "This does not mean that you are ill.",
            "The charts below show where the strain lies. If you keep feeling unwell, turn to the services overleaf.",
        ),
    },
    "interview_only": {
        "ja": (
            "高ストレスには当てはまりませんが、実施者が医師の面接指導を受けることをお勧めします。",
            "合計点は基準に達していませんが、実施者（医師・保健師等）が回答の内容から必要と判断しました。",
            "裏面の「医師による面接指導」を読み、{until}申し出てください。つらいときは、待たずに裏面の相談先へ。",
        ),
        "en": (
            "You are not under high stress by the totals, but the implementer recommends an interview with a doctor.",
            "Your totals are below the threshold; the implementer judged an interview necessary from your answers.",
            'Please read "Interview with a doctor" overleaf and apply {until}.',
        ),
    },
    "not_high": {
        "ja": (
            "高ストレスの状態には当てはまりません。",
            "答えたときの状態で判定したものです。これから先も心配がないという意味ではありません。",
            "下の図で、点の低い所（灰色の中）があれば、裏面の「自分でできること」を試してください。気になることは相談できます。",
        ),
        "en": (
            "You are not under high stress.",
            "This is how things stood when you answered; it does not say that there is nothing to look after.",
            'Where a score lies in the grey part of a chart, try "What you can do" overleaf. You can always seek '
            "advice.",
        ),
    },
    "missing": {
        "ja": (
            "判定していません（{areas}に、答えのない質問があります）。",
            "答えのない所を推し量って判定することはしません。判定がないことは、問題がないという意味ではありません。",
            "計算できた尺度だけを下に示します。つらさがあるときは、裏面の相談先に相談してください。",
        ),
        "en": (
            "No verdict (questions of {areas} were left open).",
            "Missing answers are not guessed. No verdict does not mean that there is nothing to look after.",
            "Below are the scales that could be computed. If you feel unwell, turn to the advice services overleaf.",
        ),
    },
    "sex_unknown": {
        "ja": (
            "判定していません（判定に使う換算表は男女別で、性別の登録がありません）。",
            "判定がないことは、問題がないという意味ではありません。",
            "性別によらない方法での判定を希望するときは、下の問い合わせ先に相談してください。つらさがあるときは、裏面の相談先へ。",
        ),
        "en": (
            "No verdict (the table used for it is by sex, and none is recorded for you).",
            "No verdict does not mean that there is nothing to look after.",
            "If you would like a verdict by a method that needs no sex, ask the contact below.",
        ),
    },
    "unknown": {
        "ja": (
            "判定していません。",
            "判定がないことは、問題がないという意味ではありません。",
            "わけは、問い合わせ先に聞いてください。つらさがあるときは、裏面の相談先に相談してください。",
        ),
        "en": (
            "No verdict.",
            "No verdict does not mean that there is nothing to look after.",
            "Please ask the contact for the reason. If you feel unwell, turn to the advice services overleaf.",
        ),
    },
}

AREAS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "a": {
        "ja": (
            "A 仕事の負担（ストレスの原因）",
            "仕事の量や難しさ、進め方の自由、職場の人間関係など、ストレスのもとになるものです。",
        ),
        "en": ("A Causes of stress", "Amount and difficulty of work, freedom in doing it, relations at work."),
    },
    "b": {
        "ja": ("B 心と体の反応", "この1か月に、ストレスが心や体に出た様子です。続くときは、休養や相談が必要です。"),
        "en": ("B Reactions", "How stress showed in mind and body during the past month."),
    },
    "c": {
        "ja": ("C 周りの支え・満足度", "上司、同僚、家族や友人の支えです。支えがあると、ストレスは和らぎます。"),
        "en": ("C Support and satisfaction", "Support from supervisors, colleagues, family; it softens stress."),
    },
}  # fmt: skip

#: What the totals count: satisfaction is shown with support, but belongs to no total.
TOTALS: Mapping[str, Mapping[str, str]] = {
    "a": {"ja": "A 仕事の負担", "en": "A Causes of stress"},
    "b": {"ja": "B 心と体の反応", "en": "B Reactions"},
    "c": {"ja": "C 周りの支え", "en": "C Support"},
}

#: Points 1 to 5 in words, not by colour alone.
LEVELS: Mapping[str, tuple[str, ...]] = {
    "ja": ("注意", "やや注意", "ふつう", "やや良い", "良い"),
    "en": ("needs care", "some care", "average", "fairly good", "good"),
}

METHODS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "conversion": {
        "ja": ("素点換算表を用いる方法", "点が低いほど、ストレスが高い"),
        "en": ("conversion table", "the lower, the more stress"),
    },
    "simple_sum": {
        "ja": ("合計点数を用いる方法（単純合計判定法）", "点が高いほど、ストレスが高い"),
        "en": ("simple sum", "the higher, the more stress"),
    },
}

WORDS: Mapping[str, Mapping[str, str]] = {
    "ja": {
        "title": "ストレスチェックの結果",
        "outside": "大切なお知らせです",
        "personal": "親展（ご本人が開けてお読みください）",
        "ending": "様",
        "number_word": "職員番号",
        "sheet": "通知番号",
        "year": "{year}",
        "answered": "回答日 {day}",
        "until": "{day}までに",
        "soon": "この通知を受け取ってからおおむね1か月以内に",
        "note": "実施者から",
        "totals": "合計点",
        "total": "あなたの点",
        "range": "とりうる点",
        "read": "図の見方：外側ほど良い状態です（1〜5点）。灰色の中（1〜2点）は、注意したい所です。"
        "「―」は、計算できなかった尺度です。",
        "note_overleaf": "裏面に、実施者からの言葉があります。",
        "charts_short": "短い調査票のため、図をかくための質問がそろいません。裏面に、計算できる尺度の結果があります。",
        "charts_none": "尺度ごとの点を計算できないため、図はありません"
        "（点の表は男女別で性別の登録が要ります。又は、答えのない質問があります）。",
        "scales": "尺度ごとの結果",
        "scale": "尺度",
        "points": "点",
        "level": "言葉でいうと",
        "not_computed": "計算できず",
        "interview": "医師による面接指導",
        "consent": "結果はだれに知らされるか",
        "advice": "相談できるところ",
        "self_care": "自分でできること",
        "keeping": "結果の保存と判定の方法",
        "contact": "問い合わせ・申出先",
        "telephone": "電話",
        "page": "裏面もお読みください",
    },
    "en": {
        "title": "Your stress check result",
        "outside": "大切なお知らせです",
        "personal": "親展（Personal: to be opened by the addressee）",
        "ending": "様",
        "number_word": "職員番号",
        "sheet": "Letter no.",
        "year": "fiscal year {year}",
        "answered": "Answered on {day}",
        "until": "by {day}",
        "soon": "within about one month of receiving this letter",
        "note": "From the implementer",
        "totals": "Totals",
        "total": "Yours",
        "range": "Possible",
        "read": "How to read the charts: further out is better (1 to 5). Points in the grey part (1 to 2) call for "
        "care. "
        '"―" marks a scale that could not be computed.',
        "note_overleaf": "There is a message from the implementer overleaf.",
        "charts_short": "The short questionnaire does not ask all that the charts need. Overleaf are the scales that "
        "it measures.",
        "charts_none": "There are no charts, because no scale could be computed (the table of scores is by sex, and "
        "none is recorded; or questions were left open).",
        "scales": "Results by scale",
        "scale": "Scale",
        "points": "Score",
        "level": "In words",
        "not_computed": "not computed",
        "interview": "Interview with a doctor",
        "consent": "Who gets to know your result",
        "advice": "Where to get advice",
        "self_care": "What you can do",
        "keeping": "Keeping and method",
        "contact": "Contact and application",
        "telephone": "Tel.",
        "page": "Please read overleaf, too",
    },
}

INTERVIEW: Mapping[str, Mapping[bool, tuple[str, ...]]] = {
    "ja": {
        True: (
            "あなたは、医師による面接指導の対象です。費用はかかりません。希望するときは、{until}、下の申出先に申し出てください。",
            "申し出たこと（面接指導の対象であること）は、事業者（区）に伝わります。結果は伝わりません。"
            "医師は、必要なときは働き方への意見を事業者に伝えます。",
            "申し出たこと、申し出ないこと、結果を理由に、解雇などの不利益な扱いをすることは、法律で禁じられています。",
        ),
        False: (
            "医師による面接指導は、高ストレスで、実施者が必要と認めた方が対象です。あなたは、今回の対象ではありません。",
            "対象でない方も、下の相談先に相談できます。相談したことが、職場に知らされることはありません。",
        ),
    },
    "en": {
        True: (
            "You are eligible for an interview with a doctor, free of charge. To have one, apply {until} to the "
            "contact below.",
            "The employer learns that you applied (and so that you are eligible), not your result. Where needed, the "
            "doctor advises the employer on your working conditions.",
            "The law forbids any detriment because of applying, of not applying, or of the result.",
        ),
        False: (
            "The interview is for those under high stress for whom the implementer finds it necessary. You are not "
            "among them this time.",
            "You can still turn to the services below; your workplace is not told.",
        ),
    },
}

CONSENT: Mapping[str, tuple[str, ...]] = {
    "ja": (
        "結果を見るのは、あなたと、守秘義務のある実施者・実施事務従事者だけです。",
        "事業者（区）に結果を渡すのは、あなたがこの結果を読んだ後に同意したときだけです。同意しなくても、不利益な扱いを受けることはありません。",
        "職場ごとの集計は、10人以上の集まりについてだけ行い、だれの結果か分からない形で事業者に渡します。",
    ),
    "en": (
        "Only you, and the implementer and clerks who are bound to secrecy, see your result.",
        "The employer gets it only if you consent after having read it. Not consenting has no detriment.",
        "The employer is given figures for groups of ten or more, in which nobody can be recognised.",
    ),
}

SELF_CARE: Mapping[str, tuple[str, ...]] = {
    "ja": (
        "眠る：寝る時刻と起きる時刻をそろえ、寝る前のスマートフォンと酒を控える。",
        "休む：昼休みと休日は仕事から離れる。休暇を先に予定に入れる。",
        "動く：1日10分でも歩く、体を伸ばす、ゆっくり息を吐く。",
        "話す：抱えこまず、家族、友人、同僚、上司、相談先のだれかに話す。",
        "受診する：眠れない、食べられない、気分の落ち込みが2週間ほど続くときや、消えてしまいたいと思うときは、早めに医療機関へ。",
    ),
    "en": (
        "Sleep: keep regular hours; no phone and no alcohol before bed.",
        "Rest: leave work behind at lunch and on days off; plan your leave ahead.",
        "Move: walk or stretch ten minutes a day; breathe out slowly.",
        "Talk: to family, friends, colleagues, a supervisor, or an advice service.",
        "See a doctor soon if you cannot sleep or eat, feel low for about two weeks, or wish you were not there.",
    ),
}

KEEPING: Mapping[str, str] = {
    "ja": "結果の記録は、実施者が5年間保存し、その後消去します。"
    "判定の方法：{method}。調査票：{instrument}。採点の基準：{scoring}",
    "en": "The implementer keeps the record for five years, then erases it. Method: {method}. Questionnaire: "
    "{instrument}. Scoring set: {scoring}",
}

#: The words that the radar charts have in Japanese, in English.
CHART_WORDS: Mapping[str, str] = {
    "ストレスの原因と考えられる因子": "Causes of stress",
    "ストレスによっておこる心身の反応": "Reactions of mind and body",
    "ストレス反応に影響を与える他の因子": "Other influences",
    "仕事の負担（量）": "Load (quantity)",
    "仕事の負担（質）": "Load (quality)",
    "身体的負担": "Physical demands",
    "対人関係": "Relations",
    "職場環境": "Environment",
    "コントロール度": "Control",
    "技能の活用": "Use of skills",
    "仕事の適性": "Suitability",
    "働きがい": "Meaningfulness",
    "活気": "Vigour",
    "イライラ感": "Irritability",
    "疲労感": "Fatigue",
    "不安感": "Anxiety",
    "抑うつ感": "Depression",
    "身体愁訴": "Complaints",
    "上司の支援": "Supervisors",
    "同僚の支援": "Colleagues",
    "家族・友人の支援": "Family, friends",
    "仕事や生活の満足度": "Satisfaction",
    "外側ほど良い状態（5点満点）。灰色の中は注意": "further out is better (5 at most)",
    "1から5の点（5が良い）。": "Scores 1 to 5 (5 is good). ",
    "計算できません": "not computed",
    "点、": ", ",
    "点。": ".",
    "、": ", ",
    "。": ".",
}
