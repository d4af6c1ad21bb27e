# What quickstart, test and check share. Sourced by bash from the programs
# beside it; goes to the root of the source tree.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Debian packages: to build everything, to test it as well, with the programs of
# others that tests talk to, and to check it.
BUILD_PACKAGES=(
  bazel-bootstrap pkg-config python3
  clang-19 lld-19 g++
  libabsl-dev libgtest-dev libgmock-dev libbenchmark-dev nlohmann-json3-dev
  liburing-dev libssl-dev libcurl4-openssl-dev
  libboost-dev libuv1-dev gdb
)
TEST_PACKAGES=("${BUILD_PACKAGES[@]}"
  redis-server nginx wrk apache2-utils curl openssl
)
CHECK_PACKAGES=("${TEST_PACKAGES[@]}"
  clang-format-19 libclang-rt-19-dev llvm-19
)

say() { printf '\n==> %s\n' "$*"; }

# Prints each argument on standard error and exits with 3: no set-up.
give_up() {
  printf '%s\n' "$@" >&2
  exit 3
}

# Prints the header comment of the program that calls, without its `# `.
usage() { sed -n '2,/^[^#]/ { s/^# \{0,1\}//p }' "$0"; }

is_installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# as_root COMMAND...: as root, or through sudo.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# apt_get COMMAND...: no package starts a server meanwhile. Debian's packages
# ask policy-rc.d before they do, with and without systemd; if the machine has
# one of its own, that decides.
apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive bash -c '
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
      trap "rm -f $policy" EXIT
      trap "exit 1" HUP INT TERM
      printf "#!/bin/sh\nexit 101\n" >"$policy"
      chmod 755 "$policy"
    fi
    apt-get -qq -o Dpkg::Use-Pty=0 "$@"' apt_get "$@"
}

# leave_off PACKAGE...: those that are servers, and are installed by now, do not
# start with the machine either. The tests start their own.
leave_off() {
  local package
  for package; do
    case $package in
      nginx | redis-server) as_root update-rc.d "$package" disable || true ;;
    esac
  done
}

# set_up PACKAGE...: installs those that are missing, and says so first.
set_up() {
  local missing=() package
  if ! command -v dpkg-query apt-get >/dev/null; then
    command -v bazel >/dev/null ||
      give_up "This is not Debian, and there is no bazel here." \
        "Needed: Bazel 7 or later, clang 19 (as clang-19), g++ and python3."
    return
  fi
  for package; do is_installed "$package" || missing+=("$package"); done
  [ ${#missing[@]} -gt 0 ] || return 0

  local command="apt-get install --no-install-recommends ${missing[*]}"
  say "Missing Debian packages: ${missing[*]}"
  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    give_up "Installing them takes root, and there is no sudo. As root, run:" \
      "  apt-get update && $command"
  fi
  echo "Installing them now: $command"
  # A fresh container has no package lists; those of an old one may be stale.
  ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1 || apt_get update
  apt_get install -y --no-install-recommends "${missing[@]}" ||
    { apt_get update &&
      apt_get install -y --no-install-recommends "${missing[@]}"; } ||
    give_up "These packages could not be installed. As root, try:" \
      "  apt-get update && $command"
  leave_off "${missing[@]}"
}

# run_tests [BAZEL_ARGUMENT...]: builds and tests everything, names what
# failed, and ends with the line `N passed, N failed`.
run_tests() {
  local events status=0
  events=$(mktemp)
  bazel test --keep_going --build_event_json_file="$events" "$@" //... ||
    status=$?
  echo
  tools/count_tests.py "$events" || status=$((status ? status : 1))
  rm -f "$events"
  return "$status"
}
