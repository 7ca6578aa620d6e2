-- PostgreSQL（15 以上）の役割とデータベースを作る。superuser で一度だけ実行する。
-- パスワードは環境変数で渡す（命令行に書くと、ほかの利用者から見える）:
--   AZUKARI_OWNER_PASSWORD=… AZUKARI_APP_PASSWORD=… psql -v ON_ERROR_STOP=1 -f roles.sql
--
-- azukari_owner  表の所有者。azukari init（移行）のときだけ使う
-- azukari_app    ふだんの接続。表を作れず、アクセスログには追記と閲覧だけができる

\getenv owner_password AZUKARI_OWNER_PASSWORD
\getenv app_password AZUKARI_APP_PASSWORD

CREATE ROLE azukari_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'owner_password';
CREATE ROLE azukari_app   LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'app_password';

CREATE DATABASE azukari OWNER azukari_owner ENCODING 'UTF8' TEMPLATE template0 LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8';
REVOKE ALL ON DATABASE azukari FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE azukari TO azukari_app;

\connect azukari

REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO azukari_owner;
GRANT USAGE ON SCHEMA public TO azukari_app;
ALTER DEFAULT PRIVILEGES FOR ROLE azukari_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO azukari_app;
ALTER DEFAULT PRIVILEGES FOR ROLE azukari_owner IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO azukari_app;

-- このあと、表の所有者の接続で:
--   azukari init
--   azukari witness grants --role azukari_app --apply
-- ふだんの接続（azukari_app）に戻し:
--   azukari check --deploy
