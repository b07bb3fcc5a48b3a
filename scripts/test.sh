#!/usr/bin/env bash
# Every check of the repository, after scripts/setup.sh. Goes on after a failure, so that one run tells everything; each
# check outside vitest counts as one test. The last line is always "N passed, N failed, N skipped"; what failed stands above it.
set -uo pipefail
cd "$(dirname "$0")/.."

passed=0 failed=0 skipped=0
# Lines of what failed; vitest's reporters add theirs.
export FAILURES_FILE=$PWD/build/failures
mkdir -p build
: >"$FAILURES_FILE"

say_failed() { printf 'FAILED: %s\n' "$1" | tee -a "$FAILURES_FILE"; }

check() {
  local name=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
    printf 'ok: %s\n' "$name"
  else
    failed=$((failed + 1))
    say_failed "$name ($*)"
  fi
}

check 'types' node node_modules/typescript/bin/tsc -p tsconfig.json
check 'format, lint, import directions' npm run --silent lint
check 'native kernels under the sanitizers' bash scripts/sanitize.sh
check 'crops with NEON' bash scripts/neon.sh

models_totals=$(bash scripts/test-models.sh | tee >(cat >&2) | tail -n 1)
if [[ $models_totals =~ ^models:\ ([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped$ ]]; then
  passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2])) skipped=$((skipped + BASH_REMATCH[3]))
  [ "${BASH_REMATCH[2]}" -eq 0 ] || say_failed "$models_totals"
else
  failed=$((failed + 1))
  say_failed "the tests of models/ ended without totals: $models_totals"
fi

export TOTALS_FILE=build/test-totals
rm -f "$TOTALS_FILE"
node node_modules/vitest/vitest.mjs run --reporter=default --reporter=./scripts/totals-reporter.mjs
vitest_status=$?
if read -r test_passed test_failed test_skipped <"$TOTALS_FILE"; then
  passed=$((passed + test_passed)) failed=$((failed + test_failed)) skipped=$((skipped + test_skipped))
  # vitest can also fail without a failing test: what it says outranks our count.
  if [ "$vitest_status" -ne 0 ] && [ "$test_failed" -eq 0 ]; then
    failed=$((failed + 1))
    say_failed "vitest ended with status $vitest_status though no test failed"
  fi
else
  failed=$((failed + 1))
  say_failed "vitest ended with status $vitest_status and no totals"
fi

# Last, because it takes longest. Trouble of the rig alone says nothing about the station: what it kept from running is
# counted as skipped, and said.
system_totals=$(bash scripts/test-system.sh part | tee >(cat >&2) | tail -n 1; exit "${PIPESTATUS[0]}")
system_status=$?
if [[ $system_totals =~ ^system:\ ([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped$ ]]; then
  passed=$((passed + BASH_REMATCH[1])) skipped=$((skipped + BASH_REMATCH[3]))
  if [ "$system_status" -eq 125 ]; then
    skipped=$((skipped + BASH_REMATCH[2]))
    printf 'skipped: the system test: %s for trouble of the rig, told above\n' "${BASH_REMATCH[2]}"
  else
    failed=$((failed + BASH_REMATCH[2]))
  fi
else
  failed=$((failed + 1))
  say_failed "the system test ended without totals: $system_totals"
fi

cat "$FAILURES_FILE"
printf '%s passed, %s failed, %s skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
