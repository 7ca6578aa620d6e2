"""Filled-in papers for the tests: every party, number and digest is invented."""

from __future__ import annotations

from typing import Any

DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
ITEMS = "郵便番号、住所、氏名、受診番号、受診券整理番号、被保険者証等記号番号、生年月日、性別、生活保護等受給の有無、電話番号、肝炎受診歴、自己負担金額"
CHECKPOINT = [["発行元", "ward.example/azukari/log"], ["件数", "48213"], ["ルートハッシュ", DIGEST]]

CERTIFICATE: dict[str, Any] = {
    "number": "消証 R7-0003", "date": "令和7年6月30日", "to": "見本区", "issuer": "株式会社見本印刷",
    "programme": "健康診査・がん検診・肝炎ウイルス検診", "fiscal_year": "令和7年度", "handover": "受 R7-0012",
    "clause": "別紙2 印字封入封かん業務の委託", "received_at": "令和7年4月21日", "medium": "LGWAN ファイル転送",
    "persons": 148213, "rows": 148213, "sheets": None, "items": ITEMS,
    "hashes": [["受け取ったパッケージ（SHA-256）", DIGEST], ["データファイル（SHA-256）", DIGEST[::-1]]],
    "method": "パッケージごとの暗号鍵を破棄し、データの行を消去した（暗号化消去）。", "erased_at": "令和7年6月30日 16時05分",
    "key_destroyed_at": "令和7年6月30日 16時05分",
    "unreachable": [
        "投函した受診券（紙）", "区のバックアップ（鍵が別に保管されているため、復元しても読めない）",
        "機械の外に写されたもの（写していないことを取扱責任者が確認した）",
    ],
    "by": "見本 太郎", "responsible": "見本 花子", "confirmed_by": "区 確認者", "confirmed_at": "令和7年7月1日",
    "checkpoint": CHECKPOINT,
}  # fmt: skip


def register(rows: int = 60) -> dict[str, Any]:
    return {
        "title": "個人情報の受渡し管理簿", "scope": "健康診査・がん検診等　令和7年度",
        "printed": "出力：職員0012　令和7年7月1日 9時30分",
        "rows": [
            {
                "number": n, "at": f"令和7年5月{n % 28 + 1}日 10時{n % 60:02d}分", "act": "訂正" if n == 7 else "受渡し",
                "handover": f"受 R7-{n:04d}", "giver": "見本区 健康部健康づくり課", "giver_person": "職員0012",
                "taker": "株式会社見本印刷", "taker_person": "取扱者03", "items": ITEMS if n % 9 == 0 else "氏名、生年月日、性別",
                "medium": "DVD-R", "quantity": f"{n * 1031:,}人", "corrects": "6" if n == 7 else "",
            }
            for n in range(1, rows + 1)
        ],
    }  # fmt: skip


PASSWORD_NOTICE: dict[str, Any] = {
    "number": "通知 R7-0012", "date": "令和7年4月22日", "to": "株式会社見本印刷", "to_person": "取扱責任者　見本 花子",
    "issuer": "見本区 健康部健康づくり課", "issuer_person": "職員0012", "package": "受 R7-0012",
    "password": "Kf7#wQ2x-9Lm$Vt4r-*Zp8_Hn3b-`Yc6\\Td5", "opens_with": "7-Zip 等で ZIP ファイルを開き、下のパスワードを入力",
    "contact": "健康づくり課　電話 03-0000-0000",
}  # fmt: skip

DISC_LABEL: dict[str, Any] = {
    "package": "受 R7-0012", "medium": "DVD-R", "serial": "1 / 2", "from": "見本区 健康づくり課", "to": "株式会社見本印刷",
    "date": "令和7年4月21日", "return_by": "令和7年6月30日", "contact": "健康づくり課 03-0000-0000", "code": "N382TNGCSCK6D0SG",
}  # fmt: skip

VOLUME_NOTICE: dict[str, Any] = {
    "number": "予告 R7-0001", "date": "令和7年4月7日", "to": "株式会社見本印刷", "issuer": "見本区 健康部健康づくり課",
    "issuer_person": "職員0012", "programme": "健康診査・がん検診・肝炎ウイルス検診", "fiscal_year": "令和7年度",
    "handover_on": "令和7年4月21日", "post_on": "令和7年5月26日", "sheets": 148213, "forms": 151000,
    "lines": [["窓付き封筒で送るもの", 148213], ["うち 75歳以上", 32011], ["うち 74歳まで", 116202]],
    "remarks": ["封入は用紙番号の順に行い、1通に1枚だけ入れてください。", "残った用紙は枚数を数えて返納してください。"],
    "contact": "電話 03-0000-0000",
}  # fmt: skip

HANDOVER_SLIP: dict[str, Any] = {
    "number": "受 R7-0012", "date": "令和7年4月21日", "programme": "健康診査・がん検診・肝炎ウイルス検診",
    "fiscal_year": "令和7年度", "clause": "別紙2 印字封入封かん業務の委託", "step": "流れ③", "giver": "見本区 健康部健康づくり課",
    "giver_person": "職員0012", "released_by": "職員0034", "taker": "株式会社見本印刷", "taker_person": "取扱者03",
    "medium": "DVD-R 2枚", "persons": 148213, "rows": 148213, "sheets": None, "items": ITEMS,
    "hashes": [["パッケージ（SHA-256）", DIGEST]], "return_by": "令和7年6月30日", "checkpoint": CHECKPOINT,
}  # fmt: skip

RUN_SUMMARY: dict[str, Any] = {
    "title": "受診券 発送結果表", "programme": "健康診査・がん検診・肝炎ウイルス検診", "fiscal_year": "令和7年度",
    "roster": "住民名簿　令和7年4月1日現在　349,385人", "printed": "出力：職員0012　令和7年6月2日 9時30分", "closed": False,
    "totals": [
        ["データの行", 148213, 0], ["印刷したページ", 148213, 0], ["用紙（読取り）", 148213, 0], ["封入", 148212, -1],
        ["投函", 148212, 0],
    ],
    "stops": [["死亡", 312], ["転出", 1840], ["返戻により保留", 96], ["送付を希望しない", 25], ["支援措置（区が直接発送）", 41]],
    "tests": [["健康診査", 98120], ["胃がん検診（内視鏡）", 61200], ["大腸がん検診", 88310], ["肝炎ウイルス検診", 40211]],
    "reprints": [["N382-TNGC-SCK6-D0SG", "封入機で用紙が破れた", "取扱者03", "取扱責任者01"]],
    "remarks": ["封入の不足1件は、用紙の破れによる。再印刷の記録を参照。"],
}  # fmt: skip

BALANCES: dict[str, Any] = {
    "title": "個人情報の預け先残高表", "as_of": "令和7年7月1日", "printed": "出力：職員0012　令和7年7月1日 9時30分", "zero": False,
    "rows": [
        {
            "party": "株式会社見本印刷", "programme": "健康診査・がん検診等", "items": "連絡先・識別番号・自己負担金額", "medium": "電磁的媒体",
            "handed": 148213, "returned": 0, "erased": 148213, "balance": 0, "unit": "人", "due": "", "overdue": False,
        },
        {
            "party": "株式会社見本封入（再委託先）", "programme": "健康診査・がん検診等", "items": "受診券", "medium": "紙",
            "handed": 148213, "returned": 148172, "erased": 0, "balance": 41, "unit": "枚", "due": "令和7年6月30日", "overdue": True,
        },
    ],
}  # fmt: skip
