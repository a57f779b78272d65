#!/bin/sh
# Makes the roles and the database, and sets their passwords; PostgreSQL's container runs it when its volume is new. It may
# be run again at any time, which is how a password is changed:
#     docker compose exec -u postgres postgres sh /docker-entrypoint-initdb.d/roles.sh
set -eu
psql --set ON_ERROR_STOP=1 --no-psqlrc --quiet --username postgres --dbname postgres <<'SQL'
\set chorus `cat /run/secrets/database_password`
\set reader `cat /run/secrets/database_reader_password`
\set exporter `cat /run/secrets/database_exporter_password`
\set postgres `cat /run/secrets/postgres_password`

SELECT format('CREATE ROLE %I LOGIN', name)
FROM unnest(ARRAY['chorus', 'reader', 'exporter']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec
ALTER ROLE chorus PASSWORD :'chorus';
ALTER ROLE reader PASSWORD :'reader';
ALTER ROLE exporter PASSWORD :'exporter';
ALTER ROLE postgres PASSWORD :'postgres';

-- Dashboards: they must not hold the service up, whatever somebody types into a panel.
ALTER ROLE reader SET default_transaction_read_only = on;
ALTER ROLE reader SET statement_timeout = '30s';
ALTER ROLE reader CONNECTION LIMIT 20;

-- The exporter.
GRANT pg_monitor TO exporter;
ALTER ROLE exporter CONNECTION LIMIT 5;

SELECT 'CREATE DATABASE chorus OWNER chorus'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'chorus')
\gexec
REVOKE ALL ON DATABASE chorus FROM PUBLIC;
GRANT CONNECT ON DATABASE chorus TO reader, exporter;
SQL
