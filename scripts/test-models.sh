#!/usr/bin/env bash
# The tests of models/: the generator, the splits, the calibration, and a tiny training of each network that fails where a
# loss stops learning. Installs Debian's Python packages where they are missing. Its last line is the tests' totals:
# "models: N passed, N failed, N skipped".
set -uo pipefail
cd "$(dirname "$0")/../models"

modules=(torch onnx cv2 sklearn scipy PIL)
packages=(python3-torch python3-onnx python3-opencv python3-sklearn python3-scipy python3-pil fonts-dejavu-core)
missing() { for module in "${modules[@]}"; do /usr/bin/python3 -c "import $module" 2>/dev/null || echo "$module"; done; }

lacking=$(missing | tr '\n' ' ')
if [ -n "$lacking" ]; then
  root=()
  [ "$(id -u)" -eq 0 ] || root=(sudo)
  if ! command -v apt-get >/dev/null || ! command -v "${root[0]:-apt-get}" >/dev/null; then
    echo "skipped: models: Python has no ${lacking}and there is no way to install ${packages[*]}"
    echo 'models: 0 passed, 0 failed, 1 skipped'
    exit 0
  fi
  echo "models: installing ${packages[*]}, since Python has no $lacking"
  "${root[@]}" apt-get update -qq
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
OMP_WAIT_POLICY=PASSIVE /usr/bin/python3 -m unittest discover -v -s tests -t . 2>&1 | tee "$log" | grep -vE ' \.\.\. ok$'
status=${PIPESTATUS[0]}
# "Ran 120 tests in 60.1s", then "OK (skipped=3)" or "FAILED (failures=1, errors=2, skipped=3)".
count() { sed -n "s/^\(OK\|FAILED\) (.*\b$1=\([0-9]*\).*/\2/p" "$log" | tail -n 1; }
ran=$(sed -n 's/^Ran \([0-9]*\) tests\? in .*/\1/p' "$log" | tail -n 1)
failures=$(count failures) errors=$(count errors) skipped=$(count skipped)
failed=$((${failures:-0} + ${errors:-0}))
if [ -z "$ran" ] || { [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; }; then
  failed=$((failed + 1)) # it ended before it could count
fi
printf 'models: %s passed, %s failed, %s skipped\n' "$((${ran:-0} - failed - ${skipped:-0}))" "$failed" "${skipped:-0}"
[ "$failed" -eq 0 ]
