# Sourced by every script here: where things lie, and how they end.
# shellcheck shell=bash disable=SC2034
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# What is installed; and the processes of one run, their logs and what they store.
installed=${CALLBOARD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/callboard}/backstage
scratch=${CALLBOARD_E2E_BACKSTAGE:-}
url=http://10.244.0.1:27007
start_seconds=90

die() {
  echo "tests/e2e/backstage: $1" >&2
  exit 1
}

# The folder of PostgreSQL's programs, which Debian keeps out of the PATH.
postgres_programs() {
  local initdb
  initdb=$(command -v initdb || printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)
  [ ! -x "$initdb" ] || dirname "$(readlink -f "$initdb")"
}

# PostgreSQL refuses to be root.
unprivileged=(setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups)

# wait_for SECONDS PIDFILE COMMAND...: polls until the command succeeds; sooner an error if the process ends.
wait_for() {
  local deadline=$((SECONDS + $1)) pid
  pid=$(cat "$2")
  shift 2
  until "$@" >/dev/null 2>&1; do
    kill -0 "$pid" 2>/dev/null || return 1
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.1
  done
}

# end NAME: ends the process whose pid was kept under this name, if it is there.
end() {
  local pid
  [ -f "$scratch/$1.pid" ] || return 0
  pid=$(cat "$scratch/$1.pid")
  kill -"${2:-TERM}" "$pid" 2>/dev/null || true
  for _ in {1..100}; do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL "$pid" 2>/dev/null || true
  rm -f "$scratch/$1.pid"
}
