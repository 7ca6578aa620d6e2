#!/bin/sh
# PostgreSQL コンテナの最初の起動で、役割とデータベースを作る。
set -eu
AZUKARI_OWNER_PASSWORD=$(cat /run/secrets/owner_password)
AZUKARI_APP_PASSWORD=$(cat /run/secrets/app_password)
export AZUKARI_OWNER_PASSWORD AZUKARI_APP_PASSWORD
psql -v ON_ERROR_STOP=1 -U postgres -f /etc/azukari/roles.sql
