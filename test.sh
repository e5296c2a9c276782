#!/usr/bin/env bash
# Everything that must hold before a change goes in, on a machine that has Rust and Node.
#
#   ./test.sh
#     installs what is missing (a browser and a font with Chinese glyphs, nginx, HAProxy, Python,
#     tshark and valgrind, by apt-get; the npm packages of tests/interop) and says so
#     cargo fmt, clippy, doc, test, build --release
#     the instructions that a message takes in the release build, beside those that were recorded
#     node --test: official clients old and new, our own client, a browser and two proxies against
#     the release build
#
# Its last line is `N passed, N failed`, summed over cargo and Node. A check without tests of its
# own (formatting, lints, documentation, a build) counts only when it fails, and then as one.
# The exit code is 0 only if something ran and nothing failed.
set -euo pipefail
cd "$(dirname "$0")"

readonly CARGO_JOBS="${CARGO_JOBS:-2}"
readonly NODE_AT_ONCE="${NODE_AT_ONCE:-2}"
readonly NODE_TIME_LIMIT=600
passed=0
failed=0

# Output is read back for its counts, so it is kept; colours would be in the way.
logs="$(mktemp -d)"
trap 'rm -rf "$logs"' EXIT
export CARGO_TERM_COLOR=never

# What makes the next build faster fills two thirds of the disk that all this needs. On a fresh
# checkout there may never be a next one.
[[ -d target ]] || export CARGO_INCREMENTAL=0

say() { printf '\n== %s\n' "$*"; }

missing() {
  printf 'test.sh: %s\n' "$*" >&2
  exit 1
}

# Runs a command whose success is all we want to know.
check() {
  say "$*"
  if ! "$@"; then
    printf 'test.sh: failed: %s\n' "$*" >&2
    failed=$((failed + 1))
  fi
}

# Adds up the numbers that a sed expression finds in a log.
sum() { sed -nE "$1" "$2" | awk '{ total += $1 } END { print total + 0 }'; }

# Adds a run's counts; a run that failed without a failed test (it did not compile, it was cut
# off, it found no tests) is one failure.
count() {
  local what="$1" status="$2" good="$3" bad="$4"
  passed=$((passed + good))
  failed=$((failed + bad))
  if [[ $bad -eq 0 && ( $status -ne 0 || $good -eq 0 ) ]]; then
    printf 'test.sh: failed: %s (exit code %s, %s tests passed)\n' "$what" "$status" "$good" >&2
    failed=$((failed + 1))
  fi
}

# Puts the path of the first program that is there into the variable of that name. Whoever has set
# the variable has chosen. Debian's servers are in /usr/sbin, which is in root's PATH only.
find_program() {
  local variable="$1" name path
  shift
  if [[ -n "${!variable:-}" ]]; then
    [[ -x "${!variable}" ]] || missing "$variable=${!variable} is not a program"
    return 0
  fi
  for name in "$@"; do
    if path="$(PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v "$name")"; then
      export "$variable=$path"
      return 0
    fi
  done
  return 1
}

find_browser() { find_program CHROMIUM chromium chromium-browser google-chrome; }
find_nginx() { find_program NGINX_BIN nginx; }
find_haproxy() { find_program HAPROXY_BIN haproxy; }
find_valgrind() { find_program VALGRIND valgrind; }
find_tshark() { find_program TSHARK tshark; }

# Runs a command, while packages may not start what they install as a service of this machine:
# the tests start their own. `policy-rc.d` is how Debian says so; one that is there stays.
without_services() {
  local policy=/usr/sbin/policy-rc.d status=0
  [[ -e $policy ]] && { "$@"; return; }
  trap 'rm -rf "$logs" /usr/sbin/policy-rc.d' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
  "$@" || status=$?
  rm "$policy"
  trap 'rm -rf "$logs"' EXIT
  return "$status"
}

install_packages() {
  if ! command -v apt-get >/dev/null || [[ $EUID -ne 0 ]]; then
    missing "not found, and not to be installed without apt-get and root: $*." \
      "Install them, or name the programs in CHROMIUM, NGINX_BIN, HAPROXY_BIN, TSHARK, VALGRIND."
  fi
  say "installing by apt-get: $*"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  without_services apt-get install -y -qq --no-install-recommends "$@" >"$logs/apt.log" 2>&1 || {
    tail -n 20 "$logs/apt.log" >&2
    missing "apt-get could not install $*"
  }
}

prepare() {
  command -v cargo >/dev/null || missing "cargo is missing: install Rust (https://rustup.rs)"
  command -v npm >/dev/null || missing "node and npm are missing: install Node.js 20.10 or newer"
  node --eval 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 10) ? 0 : 1)' ||
    missing "Node.js $(node --version) is too old: 20.10 or newer is needed"
  local packages=()
  find_browser || packages+=(chromium fonts-noto-cjk)
  find_nginx || packages+=(nginx-light)
  find_haproxy || packages+=(haproxy)
  find_valgrind || packages+=(valgrind)
  find_tshark || packages+=(tshark)
  # What a client in Python needs is installed by its test, into a folder of its own.
  python3 -c 'import ensurepip, venv' 2>/dev/null || packages+=(python3 python3-venv)
  if [[ ${#packages[@]} -gt 0 ]]; then
    install_packages "${packages[@]}"
    find_browser && find_nginx && find_haproxy && find_valgrind && find_tshark ||
      missing "not there after installing: ${packages[*]}"
  fi
  say "installing the packages of tests/interop/package-lock.json by npm ci"
  npm ci --prefix tests/interop --no-audit --no-fund
}

cargo_tests() {
  say "cargo test"
  local status=0
  cargo test --all-features --no-fail-fast --jobs "$CARGO_JOBS" 2>&1 | tee "$logs/cargo.log" || status=$?
  count "cargo test" "$status" \
    "$(sum 's/^test result: .* ([0-9]+) passed;.*/\1/p' "$logs/cargo.log")" \
    "$(sum 's/^test result: .* ([0-9]+) failed;.*/\1/p' "$logs/cargo.log")"
}

# With the features of the release build, which is used again.
instruction_counts() {
  say "cargo bench --bench instructions"
  local status=0
  cargo bench --features tower --bench instructions --jobs "$CARGO_JOBS" 2>&1 |
    tee "$logs/instructions.log" || status=$?
  count "instruction counts" "$status" \
    "$(sum 's/^([0-9]+) passed, [0-9]+ failed$/\1/p' "$logs/instructions.log")" \
    "$(sum 's/^[0-9]+ passed, ([0-9]+) failed$/\1/p' "$logs/instructions.log")"
}

node_tests() {
  say "node --test tests/interop/*.test.mjs"
  local status=0
  (
    cd tests/interop
    timeout --kill-after=10 "$NODE_TIME_LIMIT" node --test \
      --test-concurrency="$NODE_AT_ONCE" \
      --test-reporter=spec --test-reporter-destination=stdout \
      --test-reporter=tap --test-reporter-destination="$logs/node.tap" \
      ./*.test.mjs
  ) || status=$?
  touch "$logs/node.tap"
  # A test that was cancelled (its file ended, its suite failed) has not passed.
  count "node --test" "$status" \
    "$(sum 's/^# pass ([0-9]+)$/\1/p' "$logs/node.tap")" \
    "$(sum 's/^# (fail|cancelled) ([0-9]+)$/\2/p' "$logs/node.tap")"
}

prepare
check cargo fmt --check
check cargo fmt --check --manifest-path benches/compare/Cargo.toml
check cargo clippy --all-targets --all-features --jobs "$CARGO_JOBS" -- -D warnings
RUSTDOCFLAGS=-Dwarnings check cargo doc --no-deps --jobs "$CARGO_JOBS"
if command -v cargo-deny >/dev/null; then
  check cargo deny --offline check licenses bans sources
fi
cargo_tests
say "cargo build --release"
# What Node's tests talk to: without it each of them would fail, and none would say why.
cargo build --release --bins --examples --features tower --jobs "$CARGO_JOBS" ||
  missing "the release build failed; free disk: $(df -h --output=avail . | tail -n 1)"
instruction_counts
node_tests

printf '\n%s passed, %s failed\n' "$passed" "$failed"
[[ $passed -gt 0 && $failed -eq 0 ]]
