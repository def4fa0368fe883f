#!/bin/sh
# Installs Chromium for the browser tests (Debian and Ubuntu). Nothing else in this repository needs it.
set -eu

for name in chromium chromium-browser google-chrome; do
  if command -v "$name" >/dev/null 2>&1; then
    echo "browser: $(command -v "$name") is installed"
    exit 0
  fi
done

if ! command -v apt-get >/dev/null 2>&1; then
  echo 'browser: BROWSER_MISSING: no apt-get on this machine.' >&2
  echo '  next: install Chromium by hand so that `chromium` is on PATH' >&2
  exit 7
fi

as_root=
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo 'browser: BROWSER_NEEDS_ROOT: installing a package needs root and there is no sudo.' >&2
    echo '  next: as root, apt-get install chromium' >&2
    exit 4
  fi
  as_root=sudo
fi

export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq </dev/null
$as_root apt-get install -y -qq --no-install-recommends chromium </dev/null
echo "browser: $(command -v chromium) is installed"
