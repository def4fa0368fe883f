#!/bin/sh
# Installs PostgreSQL (Debian and Ubuntu) for the tests of the second engine, or for a gateway that keeps its data there.
# It installs programs only: no server is made or started by it.
set -eu

find_initdb() {
  for found in /usr/lib/postgresql/*/bin/initdb; do
    if [ -x "$found" ]; then
      echo "$found"
      return
    fi
  done
  command -v initdb || true
}

there=$(find_initdb)
if [ -n "$there" ]; then
  echo "postgres: $(dirname "$there") is installed"
  exit 0
fi

if ! command -v apt-get >/dev/null 2>&1; then
  echo 'postgres: POSTGRES_MISSING: no apt-get on this machine.' >&2
  echo '  next: install PostgreSQL 15 or later by hand so that `initdb` is on PATH' >&2
  exit 7
fi

as_root=
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo 'postgres: POSTGRES_NEEDS_ROOT: installing a package needs root and there is no sudo.' >&2
    echo '  next: as root, apt-get install postgresql' >&2
    exit 4
  fi
  as_root=sudo
fi

export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq </dev/null
# Without this the package would make a server of its own, listening for everybody on this machine.
$as_root apt-get install -y -qq --no-install-recommends postgresql-common </dev/null
if [ -d /etc/postgresql-common ]; then
  printf 'create_main_cluster = false\n' | $as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
fi
$as_root apt-get install -y -qq --no-install-recommends postgresql </dev/null
echo "postgres: $(dirname "$(find_initdb)") is installed"
