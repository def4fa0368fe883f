#!/bin/sh
# Installs bubblewrap, behind which the assistant runs programs (Debian and Ubuntu). Without it those tools refuse.
set -eu

# Bubblewrap is worth nothing where the kernel lets nobody make namespaces.
try() {
  echo "sandbox: $(command -v bwrap) is installed"
  user=
  [ "$(id -u)" -eq 0 ] || user=--unshare-user
  bwrap $user --unshare-pid --unshare-net --ro-bind / / true && return
  echo 'sandbox: SANDBOX_NO_NAMESPACES: this machine does not let bubblewrap make namespaces.' >&2
  echo '  next: start the gateway and run ./moltbot doctor, which says which switch it is' >&2
  exit 7
}

if command -v bwrap >/dev/null 2>&1; then
  try
  exit 0
fi

if ! command -v apt-get >/dev/null 2>&1; then
  echo 'sandbox: SANDBOX_MISSING: no apt-get on this machine.' >&2
  echo '  next: install bubblewrap by hand so that `bwrap` is on PATH' >&2
  exit 7
fi

as_root=
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo 'sandbox: SANDBOX_NEEDS_ROOT: installing a package needs root and there is no sudo.' >&2
    echo '  next: as root, apt-get install bubblewrap' >&2
    exit 4
  fi
  as_root=sudo
fi

export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq </dev/null
$as_root apt-get install -y -qq --no-install-recommends bubblewrap </dev/null
try
