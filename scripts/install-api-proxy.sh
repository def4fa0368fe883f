#!/bin/sh
# Installs prism for the tests that hold our API's answers against its document. It is no part of the program, nothing of it is
# shipped, and no script of any package runs here.
set -eu
cd "$(dirname "$0")/../tests/openapi/proxy"

if ! command -v npm >/dev/null 2>&1; then
  echo 'prism: NPM_MISSING: there is no npm on this machine.' >&2
  echo '  next: install Node 20 or later, which brings it' >&2
  exit 7
fi

wanted=$(node -p 'require("./package.json").dependencies["@stoplight/prism-cli"]')
there=$(node -p 'require("./node_modules/@stoplight/prism-cli/package.json").version' 2>/dev/null || true)
if [ "$there" = "$wanted" ] && [ node_modules/.package-lock.json -nt package-lock.json ]; then
  echo "prism: $there is installed"
  exit 0
fi
npm ci --ignore-scripts --no-audit --no-fund --no-progress --loglevel=error
echo "prism: $wanted is installed"
