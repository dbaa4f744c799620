#!/usr/bin/env bash
# Builds seedmill and generates the chat dataset of one band into output/. Everything it prints is also
# appended to output/generation.log; the last line of stdout is the dataset's path.
# Paths among the extra arguments are read from the repository's root.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  cat >&2 <<'USAGE'
usage: scripts/quick-gen.sh BAND [SEED] [-- ARGUMENTS]
  BAND       a band of configs/chat: dev, staging or perf
  SEED       any string; the same band and seed give the same bytes (without it a new one is made)
  ARGUMENTS  passed on to `seedmill generate`, such as: -- --format csv --threads 4
USAGE
  exit 2
}

words=()
while (($# > 0)) && [[ $1 != -- ]]; do
  [[ -n $1 && $1 != -* ]] || usage
  words+=("$1")
  shift
done
if (($# > 0)); then shift; fi
((${#words[@]} == 1 || ${#words[@]} == 2)) || usage
band=${words[0]}
request=(generate configs/chat --band "$band")
seed="a new one, named below"
if ((${#words[@]} == 2)); then
  seed=${words[1]}
  request+=("--seed=$seed")
fi
request+=("$@")

scripts/need.sh cc gcc libc6-dev # zstd and blake3 are partly C
if ! command -v cargo >/dev/null; then
  echo "error: \`cargo\` is missing" >&2
  echo "  hint: install Rust from https://rustup.rs" >&2
  exit 3
fi

echo "Building seedmill (the first time takes some minutes) ..." >&2
cargo build --release --locked --quiet || exit 3

run() {
  cat <<HEADER
=== Quick Dataset Generation ===
Band: $band
Seed: $seed
Log:  $log

HEADER
  "${CARGO_TARGET_DIR:-target}/release/seedmill" "${request[@]}"
}

log=output/generation.log
mkdir -p output
# Each stream goes through a tee of its own, so that stdout stays apart from stderr; pipefail keeps the
# exit status of `seedmill`.
{ run 2>&1 >&3 3>&- | tee -a "$log" >&2; } 3>&1 | tee -a "$log"
