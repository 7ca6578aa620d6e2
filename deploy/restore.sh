#!/bin/sh
# バックアップから戻す。空のデータベースと空の鍵フォルダに対して、表の所有者の接続で実行する。
# 使い方: restore.sh データベース.dump 鍵.tar.age age秘密鍵ファイル 消去の台帳 [一人ずつの記録の消去の台帳]
# 最後に、写しの後に消去されたものを、もう一度消す。これを終えるまで、利用を再開しない。
set -eu
umask 077
dump=$1 keys=$2 identity=$3 ledger=$4 records=${5:-}
: "${AZUKARI_DATABASE_URL:?}" "${AZUKARI_KEYS:?}"
if [ -n "$(ls -A "$AZUKARI_KEYS" 2>/dev/null)" ]; then
    echo "鍵フォルダ $AZUKARI_KEYS が空ではありません。退避してから実行してください。" >&2
    exit 1
fi
# 台帳が読めないうちは、何も戻さない。
[ -r "$ledger" ] || { echo "消去の台帳 $ledger が読めません。消去済みの鍵が戻るため、中止しました。" >&2; exit 1; }

mkdir -p "$AZUKARI_KEYS"
chmod 700 "$AZUKARI_KEYS"
archive=$(mktemp "$AZUKARI_KEYS/.restore.XXXXXX")
age -d -i "$identity" -o "$archive" "$keys"
tar -C "$AZUKARI_KEYS" -xpf "$archive"
rm -f "$archive"
cp "$ledger" "$AZUKARI_KEYS/erased.jsonl"
chmod 600 "$AZUKARI_KEYS/erased.jsonl"
if [ -d "$AZUKARI_KEYS/vault" ]; then
    [ -r "$records" ] || { echo "一人ずつの記録の消去の台帳（erased-records.jsonl）が読めません。中止しました。" >&2; exit 1; }
    cp "$records" "$AZUKARI_KEYS/vault/erased.jsonl"
    chmod 600 "$AZUKARI_KEYS/vault/erased.jsonl"
fi

pg_restore --exit-on-error --no-owner --dbname="$AZUKARI_DATABASE_URL" "$dump"
azukari init
azukari witness guard
azukari custody reapply-erasures
azukari witness verify
echo "戻しました。azukari witness grants で権限を確かめてから、利用を再開してください。"
