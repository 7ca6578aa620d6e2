#!/bin/sh
# バックアップを一回とる。データベース、鍵、消去の台帳を、三つの別の場所に置く。
# 設定: azukari.env（AZUKARI_DATABASE_URL、AZUKARI_KEYS）と backup.env。
# 表をすべて読める接続が要る。表の所有者の接続で実行するときは、AZUKARI_DATABASE_URL をその接続にする。
set -eu
umask 077
: "${AZUKARI_DATABASE_URL:?}" "${AZUKARI_KEYS:?}"
: "${BACKUP_DATABASE_TO:?}" "${BACKUP_KEYS_TO:?}" "${BACKUP_LEDGER_TO:?}" "${BACKUP_KEYS_RECIPIENT:?}"
days=${BACKUP_DAYS:-14}
stamp=$(date +%Y%m%dT%H%M%S)

# 台帳が先。番号と日時だけで、秘密はない。何がもう消えているかは、どの写しよりも新しくなければならない。
cp "$AZUKARI_KEYS/erased.jsonl" "$BACKUP_LEDGER_TO/.erased.part" 2>/dev/null || : > "$BACKUP_LEDGER_TO/.erased.part"
mv "$BACKUP_LEDGER_TO/.erased.part" "$BACKUP_LEDGER_TO/erased.jsonl"

vault=${AZUKARI_VAULT:-$AZUKARI_KEYS/vault}
[ -r "$vault/erased.jsonl" ] && cp "$vault/erased.jsonl" "$BACKUP_LEDGER_TO/.records.part" \
    && mv "$BACKUP_LEDGER_TO/.records.part" "$BACKUP_LEDGER_TO/erased-records.jsonl"

pg_dump --format=custom --no-owner --file="$BACKUP_DATABASE_TO/.part" "$AZUKARI_DATABASE_URL"
mv "$BACKUP_DATABASE_TO/.part" "$BACKUP_DATABASE_TO/azukari-$stamp.dump"

tar -C "$AZUKARI_KEYS" -cf - . | age -r "$BACKUP_KEYS_RECIPIENT" -o "$BACKUP_KEYS_TO/.part"
mv "$BACKUP_KEYS_TO/.part" "$BACKUP_KEYS_TO/keys-$stamp.tar.age"

find "$BACKUP_DATABASE_TO" -name 'azukari-*.dump' -mtime "+$days" -delete
find "$BACKUP_KEYS_TO" -name 'keys-*.tar.age' -mtime "+$days" -delete
echo "バックアップを取りました（$stamp）。"
