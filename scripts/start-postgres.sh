#!/bin/sh
# A PostgreSQL server of your own, in one folder, on one port of loopback: for trying Moltbot on it, never for others to reach.
#   sh scripts/start-postgres.sh start FOLDER [PORT]    makes it when it is not there yet, and prints how to reach it
#   sh scripts/start-postgres.sh stop FOLDER
set -eu

fail() {
  echo "postgres: $1" >&2
  echo "  next: $2" >&2
  exit "$3"
}

what=${1:-}
folder=${2:-}
port=${3:-54329}
case $what in start | stop) ;; *) fail 'POSTGRES_USAGE: say start or stop.' 'sh scripts/start-postgres.sh start ./postgres' 2 ;; esac
[ -n "$folder" ] || fail 'POSTGRES_USAGE: name a folder.' 'sh scripts/start-postgres.sh start ./postgres' 2

bin=
for found in /usr/lib/postgresql/*/bin; do [ -x "$found/initdb" ] && bin=$found; done
if [ -z "$bin" ] && command -v initdb >/dev/null 2>&1; then bin=$(dirname "$(command -v initdb)"); fi
[ -n "$bin" ] || fail 'POSTGRES_MISSING: PostgreSQL is not installed.' 'sh scripts/install-postgres.sh' 7

mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
# The server refuses to run as root.
as_user() { "$@"; }
if [ "$(id -u)" -eq 0 ]; then
  chown postgres "$folder"
  as_user() { runuser -u postgres -- "$@"; }
fi
chmod 700 "$folder"
as_user test -x "$folder" 2>/dev/null ||
  fail "POSTGRES_FOLDER: the user postgres cannot enter $folder." 'name a folder whose parents everybody may enter' 4
cd "$folder"

if [ "$what" = stop ]; then
  as_user "$bin/pg_ctl" -D "$folder/data" -m fast -w stop
  exit 0
fi

if [ ! -d "$folder/data" ]; then
  umask 077
  od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$folder/password"
  [ "$(id -u)" -ne 0 ] || chown postgres "$folder/password"
  as_user "$bin/initdb" -D "$folder/data" -U moltbot -A scram-sha-256 --pwfile="$folder/password" \
    --encoding=UTF8 --locale=C.UTF-8 --data-checksums >"$folder/initdb.log"
  printf '127.0.0.1:*:*:moltbot:%s\n%s:*:*:moltbot:%s\n' \
    "$(cat "$folder/password")" "$folder" "$(cat "$folder/password")" >"$folder/passfile"
  fresh=yes
fi
as_user "$bin/pg_ctl" -D "$folder/data" -w -l "$folder/server.log" \
  -o "-k '$folder' -p $port -c listen_addresses=127.0.0.1 -c unix_socket_permissions=0700" start >/dev/null
if [ "${fresh:-}" = yes ]; then
  PGPASSFILE="$folder/passfile" "$bin/createdb" -h 127.0.0.1 -p "$port" -U moltbot moltbot
fi
cat <<END
postgres: running in $folder
  ./moltbot config set database.engine postgres
  ./moltbot config set database.host 127.0.0.1
  ./moltbot config set database.port $port
  PGPASSFILE=$folder/passfile ./moltbot start
  stop it: sh scripts/start-postgres.sh stop $folder
END
