#!/usr/bin/env bash
# Generates true datasets under many seeds and lets GATE 1 judge each, at the tolerances normal and strict: a judge
# that finds fault with them is wrong. Prints a table of the verdicts and one of the checks that did not simply pass,
# with the worst figures of all seeds. Each dataset is deleted once it is judged.
# Exit status: 0 every dataset is GO at normal, 1 one is not, 2 wrong arguments, 3 a tool is missing or
# something failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  cat >&2 <<'USAGE'
usage: scripts/seeds.sh [--seeds N] [--band BAND] [MODEL...]
  --seeds N    how many seeds (20)
  --band BAND  which band (dev)
  MODEL        models (configs/chat configs/shop)
USAGE
  exit 2
}

seeds=20
band=dev
models=()
while (($# > 0)); do
  case "$1" in
    --seeds)
      [[ ${2-} =~ ^[1-9][0-9]*$ ]] || usage
      seeds=$2
      shift
      ;;
    --band)
      [[ -n ${2-} ]] || usage
      band=$2
      shift
      ;;
    -*) usage ;;
    *) models+=("$1") ;;
  esac
  shift
done
((${#models[@]})) || models=(configs/chat configs/shop)

scripts/need.sh jq jq
scripts/need.sh cc gcc libc6-dev # zstd and blake3 are partly C
if ! command -v cargo >/dev/null; then
  echo "error: \`cargo\` is missing" >&2
  echo "  hint: install Rust from https://rustup.rs" >&2
  exit 3
fi
cargo build --release --locked --quiet || exit 3
seedmill=${CARGO_TARGET_DIR:-target}/release/seedmill

# For one report: how far each check is off, in its threshold. What may not be off at all has none.
ratio='def ratio: if .threshold > 0 then .effect / .threshold else 0 end;'
# shellcheck disable=SC2016 # the variables are jq's
row=$ratio'
  (.checks | max_by(ratio)) as $worst
  | [
      .verdict,
      ([.checks[] | select(.state == "WARN")] | length),
      ([.checks[] | select(.low_power)] | length),
      ([.checks[] | select(.state == "FAIL")] | length),
      ([.counters[] | select(.violations > 0)] | length),
      ($worst | ratio * 100 | round / 100),
      ($worst | .subject + " " + .measure)
    ] | @tsv'
# For all reports of one model and tolerance: the checks that did not simply pass, and those close to it.
# shellcheck disable=SC2016 # the variables are jq's
told=$ratio'
  length as $all
  | [.[].checks[]] | group_by([.subject, .measure])
  | map({
      name: (.[0] | .subject + " " + .measure),
      critical: (if .[0].critical then "critical" else "-" end),
      warn: ([.[] | select(.state == "WARN")] | length),
      low: ([.[] | select(.low_power)] | length),
      fail: ([.[] | select(.state == "FAIL")] | length),
      off: (map(ratio) | max),
      noise: (map(if .threshold > 0 then .noise / .threshold else 0 end) | max)
    })
  | map(select(.warn + .low + .fail > 0 or .off > 0.7)) | sort_by(-.fail, -.warn, -.off)[]
  | [.fail, .warn, .low, $all, .off, .noise, .critical, .name]
  | map(if type == "number" then . * 100 | round / 100 else . end) | @tsv'

work=$(mktemp -d "${TMPDIR:-/tmp}/seedmill-seeds-XXXXXX")
trap 'rm -rf "$work"' EXIT
status=0

# Judges a dataset; its report goes to stdout. NO-GO is an answer, not an error.
judge() {
  local answer=0
  "$seedmill" assess "$1" --tolerance "$2" --json --out "$work/out" || answer=$?
  ((answer < 2)) || exit 3
}

printf 'model\ttolerance\tseed\tverdict\twarn\tlow\tfail\tbroken\toff\tworst\n'
for model in "${models[@]}"; do
  name=$(basename "$model")
  for ((number = 1; number <= seeds; number++)); do
    seed=seed-$number
    dataset=$("$seedmill" generate "$model" --band "$band" --seed "$seed" --out "$work/out" --quiet | tail -n 1) || exit 3
    for tolerance in normal strict; do
      report=$work/$name-$tolerance-$number.json
      judge "$dataset" "$tolerance" | jq 'del(.portraits)' >"$report"
      printf '%s\t%s\t%s\t%s\n' "$name" "$tolerance" "$seed" "$(jq -r "$row" "$report")"
      if [[ $tolerance == normal && $(jq -r .verdict "$report") != GO ]]; then status=1; fi
    done
    rm -rf "$work/out"
  done
done

for model in "${models[@]}"; do
  name=$(basename "$model")
  for tolerance in normal strict; do
    printf '\n%s at %s: checks that warned, failed, were of low power, or came within 70 %% of their threshold\n' \
      "$name" "$tolerance"
    printf 'fail\twarn\tlow\tseeds\toff\tnoise\tcritical\tcheck\n'
    jq -rs "$told" "$work/$name-$tolerance"-*.json
  done
done
exit "$status"
