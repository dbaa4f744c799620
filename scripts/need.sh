#!/usr/bin/env bash
# need.sh COMMAND PACKAGE...: does nothing where COMMAND is there; else installs the Debian packages
# with apt-get as root, and otherwise says what to install.
# Exit status: 0 it is there, 2 wrong arguments, 3 it is not there.
set -euo pipefail

if (($# < 2)); then
  echo "usage: scripts/need.sh COMMAND PACKAGE..." >&2
  exit 2
fi
wanted=$1
shift

command -v "$wanted" >/dev/null && exit 0

if ((EUID != 0)) || ! command -v apt-get >/dev/null; then
  echo "error: \`$wanted\` is missing" >&2
  echo "  hint: install it, on Debian with: sudo apt-get install $*" >&2
  exit 3
fi

echo "Installing $* ..." >&2
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update -qq && apt-get install -qq -y --no-install-recommends "$@"; } </dev/null >&2; then
  echo "error: apt-get could not install $*" >&2
  exit 3
fi
