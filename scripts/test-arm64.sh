#!/usr/bin/env bash
# The arm64 package in an arm64 machine that QEMU emulates: installed, examined by its doctor, and its verdicts compared
# with this machine's. Run by npm run test:arm64; some ten minutes, and once a quarter of an hour for the guest. Each part of
# the last line is a test; ends with 125 where only the rig had trouble, as scripts/test-system.sh does.
set -uo pipefail
cd "$(dirname "$0")/.."

totals() { printf 'arm64: %s passed, %s failed, %s skipped\n' "$1" "$2" "$3"; }

ARM64_IMAGE=$(bash test/arm64/build-image.sh)
case $? in
  0) export ARM64_IMAGE ;;
  77) totals 0 0 1; exit 0 ;;
  *) echo 'arm64: trouble of the rig: the image was not built' >&2; totals 0 1 0; exit 125 ;;
esac

export ARM64_PACKAGE=$PWD/build/package/cupcheck_$(node -p 'require("./package.json").version')_arm64.deb
DPKG_DEB_COMPRESSOR_TYPE=none bash packaging/build.sh arm64 || { totals 0 1 0; exit 1; }

export SYSTEM_TOTALS=build/arm64-totals
rm -f "$SYSTEM_TOTALS"
node node_modules/vitest/vitest.mjs run --root . --config test/arm64/vitest.config.ts
read -r passed failed skipped rig <"$SYSTEM_TOTALS" || { totals 0 1 0; exit 1; }
totals "$passed" $((failed + rig)) "$skipped"
[ "$failed" -eq 0 ] || exit 1
[ "$rig" -eq 0 ] || exit 125
