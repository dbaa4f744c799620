#!/usr/bin/env bash
# A throw-away Postgres server (15 or newer) in a folder of its own, for tests and experiments:
#   start   makes and starts it, unless it runs; installs Debian's `postgresql` where it is missing (root only)
#   url     prints the connection URL of its superuser
#   status  says whether it runs (exit status 0 or 1)
#   stop    stops it and removes the folder with everything in it
# The folder is $SEEDMILL_POSTGRES_DIR, or seedmill-postgres-$UID in $TMPDIR or /tmp. The server listens on
# localhost and on a socket in the folder, trusts who connects there, and does not survive a power cut (no fsync).
# $SEEDMILL_POSTGRES_SETTINGS are lines that are added to its postgresql.conf when it is made.
# Postgres refuses to run as root; then it runs as user `postgres`.
# Exit status: 2 wrong arguments, 3 the server or its installation failed.
set -euo pipefail

home=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=${SEEDMILL_POSTGRES_DIR:-${TMPDIR:-/tmp}/seedmill-postgres-$UID}
folder=$(realpath -m "$folder")
marker=$folder/made-by-seedmill
data=$folder/data
oldest=15
server_user=postgres
if ((EUID != 0)); then server_user=$(id -un); fi
cd / # the server's user may not be allowed to enter the current folder

fail() {
  echo "error: $1" >&2
  if (($# > 1)); then echo "  hint: $2" >&2; fi
  exit 3
}

# Prints the folder of the newest server programs, if there are any that are new enough.
find_programs() {
  local candidate version
  for candidate in $(printf '%s\n' /usr/lib/postgresql/*/bin /usr/pgsql-*/bin | sort -rV) \
    "$(dirname "$(command -v pg_ctl || true)")"; do
    [[ -x $candidate/pg_ctl && -x $candidate/initdb && -x $candidate/postgres ]] || continue
    version=$("$candidate/postgres" --version | grep -oE '[0-9]+' | head -n 1)
    if ((version >= oldest)); then
      echo "$candidate"
      return
    fi
  done
  return 1
}

# Debian starts a cluster of its own when the server is installed; its configuration is told not to, before.
install_programs() {
  local settings=/etc/postgresql-common/createcluster.conf
  if ((EUID == 0)); then
    "$home/need.sh" pg_lsclusters postgresql-common
    grep -qE '^ *create_main_cluster *= *false' "$settings" || echo 'create_main_cluster = false' >>"$settings"
  fi
  "$home/need.sh" "Postgres $oldest or newer" postgresql
}

# Sets `programs`.
need_programs() {
  programs=$(find_programs) && return
  install_programs
  programs=$(find_programs) || fail "apt-get installed no Postgres $oldest or newer"
}

need_user() {
  id "$server_user" >/dev/null 2>&1 || useradd --system --user-group --no-create-home --shell /usr/sbin/nologin "$server_user"
}

as_server() {
  if [[ $server_user == "$(id -un)" ]]; then
    "$@"
  elif command -v runuser >/dev/null; then
    runuser -u "$server_user" -- "$@"
  else
    setpriv --reuid="$server_user" --regid="$(id -g "$server_user")" --init-groups "$@"
  fi
}

# Only a folder that this script made, and that nobody else could have put there, is used or removed.
is_ours() { [[ ! -L $folder && -f $marker && $(stat -c %U "$folder") == "$server_user" ]]; }

# The port stands in the fourth line of the server's lock file.
port() { as_server sed -n 4p "$data/postmaster.pid" 2>/dev/null; }

is_running() { "$programs/pg_isready" --quiet --host="$folder" --port="$(port)"; }

url() { echo "postgresql://postgres@127.0.0.1:$(port)/postgres"; }

make_cluster() {
  # A socket's path has at most 107 bytes and ends with /.s.PGSQL.12345; its folder is written into a setting.
  [[ $folder =~ ^[[:alnum:]/._\ -]{1,80}$ ]] ||
    fail "the path $folder is too long for a socket, or has unusual characters" "set SEEDMILL_POSTGRES_DIR to another one"
  mkdir -p "$(dirname "$folder")"
  mkdir -m 700 "$folder" || fail "$folder cannot be made"
  echo "Everything in this folder is removed by: scripts/postgres.sh stop" >"$marker"
  if ((EUID == 0)); then chown "$server_user" "$folder"; fi
  if ! as_server test -w "$folder"; then
    remove_folder
    fail "user $server_user cannot reach $folder" "set SEEDMILL_POSTGRES_DIR to a folder under /tmp"
  fi
  as_server "$programs/initdb" -D "$data" --username=postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync \
    >"$folder/initdb.log" 2>&1 || { cat "$folder/initdb.log" >&2; fail "initdb failed"; }
  as_server tee -a "$data/postgresql.conf" >/dev/null <<SETTINGS
listen_addresses = '127.0.0.1'
shared_preload_libraries = 'pg_stat_statements'
unix_socket_directories = '$folder'
fsync = off
synchronous_commit = off
full_page_writes = off
max_wal_size = 4GB
timezone = 'UTC'
log_timezone = 'UTC'
${SEEDMILL_POSTGRES_SETTINGS-}
SETTINGS
}

is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Another program may take a port between the look and the start, hence the tries.
start_server() {
  local candidate
  for _ in {1..20}; do
    candidate=$((20000 + RANDOM % 12000)) # below the ports that the kernel gives to clients
    is_taken "$candidate" && continue
    as_server "$programs/pg_ctl" start -w -t 60 -D "$data" -l "$folder/server.log" -o "-p $candidate" >/dev/null 2>&1 && return
    grep -q 'could not bind' "$folder/server.log" || break
  done
  tail -n 20 "$folder/server.log" >&2 || true
  fail "the server did not start"
}

# Whether the server is there. Sets `programs` and installs nothing.
look() {
  is_ours && programs=$(find_programs) && is_running
}

# A folder without a running server is left from a crash; without fsync its data cannot be trusted.
start() {
  need_programs
  need_user
  if ! look; then
    remove_folder
    make_cluster
    start_server
  fi
  echo "Postgres runs in $folder" >&2
}

remove_folder() {
  if is_ours; then
    rm -rf "$folder"
  elif [[ -e $folder || -L $folder ]]; then
    fail "$folder was not made by scripts/postgres.sh for this user" "set SEEDMILL_POSTGRES_DIR to another folder"
  fi
}

stop() {
  if look; then
    as_server "$programs/pg_ctl" stop -w -m fast -D "$data" >/dev/null || fail "the server in $folder did not stop"
  fi
  remove_folder
}

case "${1-} $#" in
  "start 1") start ;;
  "stop 1") stop ;;
  "url 1")
    look || fail "no server runs in $folder" "scripts/postgres.sh start"
    url
    ;;
  "status 1")
    if look; then
      echo "running in $folder: $(url)"
    else
      echo "no server runs in $folder"
      exit 1
    fi
    ;;
  *)
    echo "usage: scripts/postgres.sh start|stop|url|status" >&2
    exit 2
    ;;
esac
