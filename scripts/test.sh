#!/usr/bin/env bash
# Runs every check of the repository: format, lints, documentation, the release build, all tests and the doc
# tests. With --quick only format, lints and unit tests.
#
# What the tests need is installed first: an own Python in target/test-venv (scripts/test-requirements.txt),
# a throw-away Postgres (scripts/postgres.sh), zstd, jq, Chromium and Java for Spark. What cannot be had is skipped, and the skipped are counted. Once
# all is installed, no network is needed. The tests get:
#   SEEDMILL_TEST_PYTHON    that Python; unset without one
#   SEEDMILL_TEST_POSTGRES  the server's URL; unset without one. Where it is set already, that server is used
#   SEEDMILL_TEST_CHROMIUM  the browser that shows pages; unset without one. Where it is set already, that one is used
#   SEEDMILL_TEST_JAVA      the home of the Java that Spark runs on; unset without one. Where it is set already, that one is used
#   SEEDMILL_TEST_RELEASE   the release binary
# The last line is the test runner's own; cargo-nextest runs the tests where it is installed, else cargo test.
# Exit status: 0 all is well, 1 or the tool's own if not, 2 wrong arguments, 3 a tool is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

quick=
case "$*" in
  "") ;;
  --quick) quick=1 ;;
  *)
    echo "usage: scripts/test.sh [--quick]" >&2
    exit 2
    ;;
esac

log=target/test.log
venv=target/test-venv
oldest_python=3.11 # of the pinned packages
oldest_java=17     # of the pinned Spark
skipped=()

step() { printf '\n== %s\n' "$*"; }

skip() {
  skipped+=("$1")
  echo "skipped: $1"
}

need_rust() {
  scripts/need.sh cc gcc libc6-dev # zstd and blake3 are partly C
  if ! command -v cargo >/dev/null; then
    echo "error: \`cargo\` is missing" >&2
    echo "  hint: install Rust from https://rustup.rs" >&2
    exit 3
  fi
  cargo fmt --version >/dev/null 2>&1 || rustup component add rustfmt
  cargo clippy --version >/dev/null 2>&1 || rustup component add clippy
}

# Prints a Python that is new enough and can make a venv, if there is one.
find_python() {
  local candidate
  for candidate in python3 /usr/bin/python3; do
    if "$candidate" -c "import ensurepip, sys, venv; sys.exit(sys.version_info < (${oldest_python/./, }))" 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  return 1
}

# The requirements are copied beside what was installed, so that a change of them installs again.
install_python() {
  local requirements=scripts/test-requirements.txt python
  if cmp -s "$requirements" "$venv/installed.txt" && "$venv/bin/python" -c "" 2>/dev/null; then return 0; fi
  python=$(find_python) || {
    scripts/need.sh "Python $oldest_python with venv" python3 python3-venv || return
    python=$(find_python) || return
  }
  rm -rf "$venv"
  "$python" -m venv "$venv" || return
  # Spark is published as sources alone; nothing of it is compiled.
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: --no-binary pyspark \
    -r "$requirements" || return
  cp "$requirements" "$venv/installed.txt"
}

prepare_python() {
  step "Python for the tests"
  unset SEEDMILL_TEST_PYTHON
  if install_python; then
    export SEEDMILL_TEST_PYTHON=$PWD/$venv/bin/python
  else
    skip "tests that read with DuckDB, pyarrow, polars, Spark or scipy: no Python $oldest_python with them"
  fi
}

prepare_postgres() {
  step "Postgres for the tests"
  [[ -z ${SEEDMILL_TEST_POSTGRES-} ]] || return 0
  unset SEEDMILL_TEST_POSTGRES
  # Of this run alone: two runs at once do not stop each other's.
  export SEEDMILL_POSTGRES_DIR=${TMPDIR:-/tmp}/seedmill-test-$$
  trap 'scripts/postgres.sh stop' EXIT
  if scripts/postgres.sh start; then
    SEEDMILL_TEST_POSTGRES=$(scripts/postgres.sh url)
    export SEEDMILL_TEST_POSTGRES
  else
    skip "tests that load into Postgres: no server"
  fi
}

# psql reads compressed CSV through it.
prepare_zstd() {
  step "zstd for the tests"
  scripts/need.sh zstd zstd || skip "tests that load CSV.zst with psql: no zstd"
}

# The documents' own lines read run records with it.
prepare_jq() {
  step "jq for the tests"
  scripts/need.sh jq jq || skip "tests that read run records with the documents' lines: no jq"
}

# Without its recommended packages Chromium has no letters.
prepare_chromium() {
  step "Chromium for the tests"
  [[ -z ${SEEDMILL_TEST_CHROMIUM-} ]] || return 0
  unset SEEDMILL_TEST_CHROMIUM
  if scripts/need.sh chromium chromium fonts-dejavu-core; then
    SEEDMILL_TEST_CHROMIUM=$(command -v chromium)
    export SEEDMILL_TEST_CHROMIUM
  else
    skip "tests that look at pages: no Chromium"
  fi
}

# Prints the home of the Java on the path, if there is one that is new enough.
find_java() {
  java -XshowSettings:properties -version 2>&1 | awk -v oldest="$oldest_java" '
    $1 == "java.home" { home = substr($0, index($0, "=") + 2) }
    $1 == "java.specification.version" { version = $3 }
    END { if (home == "" || version + 0 < oldest) exit 1; print home }'
}

# Spark runs on it.
prepare_java() {
  step "Java for the tests"
  [[ -z ${SEEDMILL_TEST_JAVA-} ]] || return 0
  unset SEEDMILL_TEST_JAVA
  local home
  if scripts/need.sh java default-jre-headless && home=$(find_java); then
    export SEEDMILL_TEST_JAVA=$home
  else
    skip "tests that read with Spark: no Java $oldest_java or newer"
  fi
}

# Runs the tests, shows and keeps what the runner prints.
run_tests() {
  step "tests"
  if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --locked --no-fail-fast --final-status-level skip "$@" 2>&1 | tee "$log"
  else
    cargo test --locked --no-fail-fast "$@" 2>&1 | tee "$log"
  fi
}

# The tests that are marked #[ignore], as either runner names them.
ignored_tests() { sed -nE 's/^ +SKIP \[[^]]*\] (\([^)]*\) )?(.*)/\2/p; s/^test (.*) \.\.\. ignored.*/\1/p' "$log"; }

# cargo test closes every test program with a line; they are added up into one of the same form.
closing_line() {
  awk '
    /^ +Summary \[/ { summary = $0 }
    /^test result: / {
      for (i = 1; i < NF; i++) if ($i ~ /^[0-9]+$/) count[$(i + 1)] += $i
      programs++
    }
    END {
      if (summary) print summary
      else if (programs)
        printf "test result: %s. %d passed; %d failed; %d ignored; %d measured; %d filtered out\n",
          count["failed;"] ? "FAILED" : "ok",
          count["passed;"], count["failed;"], count["ignored;"], count["measured;"], count["filtered"]
      else print "no test ran"
    }' "$log"
}

# Prints what was skipped and the runner's closing line, and leaves with the status of the tests.
finish() {
  local status=$1 test
  while IFS= read -r test; do skipped+=("$test: marked as ignored"); done < <(ignored_tests)
  printf '\nSkipped: %d\n' "${#skipped[@]}"
  if ((${#skipped[@]})); then printf '  %s\n' "${skipped[@]}"; fi
  closing_line
  exit "$status"
}

need_rust
mkdir -p target
if [[ -z $quick ]]; then
  prepare_python
  prepare_postgres
  prepare_zstd
  prepare_jq
  prepare_chromium
  prepare_java
fi

step "cargo fmt"
cargo fmt --check
step "cargo clippy"
cargo clippy --locked --all-targets -- -D warnings
if [[ -n $quick ]]; then
  run_tests --lib --bins && finish 0
  finish $?
fi

step "cargo doc"
RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps
step "cargo build --release"
cargo build --locked --release
export SEEDMILL_TEST_RELEASE=$PWD/${CARGO_TARGET_DIR:-target}/release/seedmill
step "doc tests"
cargo test --locked --doc
run_tests && finish 0
finish $?
