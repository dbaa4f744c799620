#!/usr/bin/env bash
# Searches for inputs that break a law: fuzzes one target of tests/fuzz, or all of them one after another, each for so
# many seconds. It begins with the repository's own models and with what it has come upon before. Installs cargo-fuzz and
# a nightly Rust where they are missing.
#
# Under target/fuzz: `seeds` and `corpus` have what the search begins with and what it has come upon, `found/TARGET` the
# inputs that break a law. What is found is made small with
#   target/fuzz/HOST/release/TARGET -minimize_crash=1 -max_total_time=60 FILE
# mended, and kept under tests/fuzz/found/TARGET, which the tests replay.
# Exit status: 0 nothing was found, 1 something was, 2 wrong arguments, 3 a tool is missing or the build failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

targets=(models expressions dialect templates)

usage() {
  echo "usage: scripts/fuzz.sh [all|models|expressions|dialect|templates] [SECONDS]   (all, 3600)" >&2
  exit 2
}

(($# <= 2)) || usage
wanted=("${targets[@]}")
if [[ ${1-all} != all ]]; then
  [[ " ${targets[*]} " == *" $1 "* ]] || usage
  wanted=("$1")
fi
seconds=${2-3600}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || usage

need_tools() {
  scripts/need.sh cc gcc libc6-dev # zstd and blake3 are partly C
  scripts/need.sh c++ g++          # so is libFuzzer, all of it
  if ! command -v rustup >/dev/null; then
    echo "error: \`rustup\` is missing" >&2
    echo "  hint: install Rust from https://rustup.rs" >&2
    exit 3
  fi
  cargo +nightly --version >/dev/null 2>&1 || rustup toolchain install nightly --profile minimal || exit 3
  cargo fuzz --version >/dev/null 2>&1 || cargo install --locked cargo-fuzz || exit 3
}

# Our own code has no `unsafe`: a sanitizer would find only what others watch, at half the speed.
build() { CARGO_TARGET_DIR=$PWD/target/fuzz cargo +nightly fuzz build --fuzz-dir tests/fuzz --sanitizer none "$@"; }

# One target, for so many seconds. What needs more time or memory than any model may is found too.
search() {
  local target=$1 corpus=target/fuzz/corpus/$1 found=target/fuzz/found/$1
  mkdir -p "$corpus" "$found"
  "target/fuzz/$host/release/$target" "$corpus" "target/fuzz/seeds/$target" \
    -artifact_prefix="$found/" -dict="tests/fuzz/words/$target.dict" -max_total_time="$seconds" -max_len=20000 \
    -timeout=30 -rss_limit_mb=3072 -malloc_limit_mb=1024 -fork=1 -ignore_crashes=1 -ignore_timeouts=1 -ignore_ooms=1 \
    -print_final_stats=1
  [[ -z $(find "$found" -type f -newer "$mark") ]]
}

need_tools
mkdir -p target/fuzz
mark=target/fuzz/began-$$
touch "$mark"
trap 'rm -f "$mark"' EXIT
SEEDMILL_FUZZ_SEEDS=$PWD/target/fuzz/seeds \
  cargo test --locked --quiet --test fuzzing -- --exact seeds::every_seed_is_a_file_for_the_fuzzers >/dev/null || exit 3
host=$(rustc -vV | sed -n 's/^host: //p')
if ((${#wanted[@]} == 1)); then build "${wanted[0]}" || exit 3; else build || exit 3; fi
status=0
for target in "${wanted[@]}"; do
  echo "== $target, $seconds s"
  search "$target" || status=1
done
if ((status)); then echo "found: see target/fuzz/found"; fi
exit "$status"
