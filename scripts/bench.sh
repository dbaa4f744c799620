#!/usr/bin/env bash
# Measures the release build against other tools on this machine, in one run: ratios, not promises.
# Exit status: 0 measured, 2 wrong arguments, 3 a tool is missing or something failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  cat >&2 <<'USAGE'
usage: scripts/bench.sh generate [THREADS] | assess [THREADS] | load
  generate rows a second of the shards of the chat model against a bare Parquet writer of the same arrays, and of the
           whole command against DuckDB's SQL, numpy with pyarrow, and a Node script, with so many threads (2). Shards
           in nine rounds, commands best of three; takes about ten minutes and 6 GB of $TMPDIR
  assess   rows a second of `seedmill assess` on the chat model's dev band in Parquet, against DuckDB computing
           equivalent aggregates over the same files with as many threads (2). Best of three, files in the cache
  load     rows a second of `seedmill load` against psql's \copy (CSV, BINARY) and ADBC, and the phases of a whole
           load, on a server of its own (scripts/postgres.sh). Best of two; takes about ten minutes
USAGE
  exit 2
}

# The Python of the tests (scripts/test.sh installs it), or the one that SEEDMILL_TEST_PYTHON names.
find_python() {
  local python=${SEEDMILL_TEST_PYTHON:-$PWD/target/test-venv/bin/python}
  if ! "$python" -c "import adbc_driver_postgresql, duckdb" 2>/dev/null; then
    echo "error: no Python with DuckDB and ADBC" >&2
    echo "  hint: run scripts/test.sh once, or set SEEDMILL_TEST_PYTHON" >&2
    exit 3
  fi
  echo "$python"
}

build() {
  scripts/need.sh cc gcc libc6-dev # zstd and blake3 are partly C
  if ! command -v cargo >/dev/null; then
    echo "error: \`cargo\` is missing" >&2
    echo "  hint: install Rust from https://rustup.rs" >&2
    exit 3
  fi
  cargo build --release --locked --quiet || exit 3
}

bench_generate() {
  local threads=$1 python shards node=()
  python=$(find_python)
  build
  shards=$(cargo bench --locked --no-run --bench generate 2>&1 | sed -n 's/^ *Executable .*(\(.*\))$/\1/p')
  work=$(mktemp -d "${TMPDIR:-/tmp}/seedmill-bench-XXXXXX")
  trap 'rm -rf "$work"' EXIT
  if command -v node >/dev/null && npm install --silent --prefix "$work/node" csv-writer@1.6.0 js-yaml@4.1.0 uuid@9.0.1 >&2; then
    node=("$work/node")
  fi
  "$python" scripts/bench_generate.py "$seedmill" "$shards" "$threads" "$work" "${node[@]}" || exit 3
}

bench_assess() {
  local threads=$1 python dataset
  python=$(find_python)
  build
  work=$(mktemp -d "${TMPDIR:-/tmp}/seedmill-bench-XXXXXX")
  trap 'rm -rf "$work"' EXIT
  dataset=$("$seedmill" generate configs/chat --band dev --seed bench --out "$work" --quiet | tail -n 1) || exit 3
  "$python" scripts/bench_assess.py "$seedmill" "$dataset" "$threads" || exit 3
}

bench_load() {
  local python parquet csv
  python=$(find_python)
  build
  work=$(mktemp -d "${TMPDIR:-/tmp}/seedmill-bench-XXXXXX")
  export SEEDMILL_POSTGRES_DIR=$work/postgres
  chmod 755 "$work" # the server's own user must get to its folder
  trap 'scripts/postgres.sh stop; rm -rf "$work"' EXIT
  # Without replicas and archives, as servers for performance tests are, tables that a transaction makes need no log.
  SEEDMILL_POSTGRES_SETTINGS=$'wal_level = minimal\nmax_wal_senders = 0' scripts/postgres.sh start || exit 3
  SEEDMILL_BENCH_URL=$(scripts/postgres.sh url)
  export SEEDMILL_BENCH_URL
  "$seedmill" provision --env dev --url-from-env SEEDMILL_BENCH_URL --secrets "$work/secrets" --quiet >/dev/null || exit 3
  parquet=$("$seedmill" generate configs/chat --band dev --seed bench --out "$work/parquet" --quiet | tail -n 1) || exit 3
  csv=$("$seedmill" generate configs/chat --band dev --seed bench --format csv --out "$work/csv" --quiet | tail -n 1) || exit 3
  "$python" scripts/bench_load.py "$seedmill" "$parquet" "$csv" "$work/secrets" || exit 3
}

seedmill=${CARGO_TARGET_DIR:-target}/release/seedmill
case "${1-}" in
  generate)
    (($# <= 2)) || usage
    [[ ${2-2} =~ ^[1-9][0-9]*$ ]] || usage
    bench_generate "${2-2}"
    ;;
  assess)
    (($# <= 2)) || usage
    [[ ${2-2} =~ ^[1-9][0-9]*$ ]] || usage
    bench_assess "${2-2}"
    ;;
  load)
    (($# == 1)) || usage
    bench_load
    ;;
  *) usage ;;
esac
