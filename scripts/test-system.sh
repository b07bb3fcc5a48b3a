#!/usr/bin/env bash
# The station as a service in a virtual machine with the kernel's own V4L2 and GPIO interfaces: scripts/test-system.sh
# part|all, after scripts/setup.sh. The last line is always "system: N passed, N failed, N skipped".
# Ends with 0; with 1 where a test failed; with 125 where only the rig had trouble (no boot, no answer), which says nothing
# about the station, good or bad: it counts as failed. Where the machine cannot be built or booted here it says why, and all is one skipped test.
set -uo pipefail
cd "$(dirname "$0")/.."

export SYSTEM_TEST=${1:-all}
case $SYSTEM_TEST in part | all) ;; *) echo "usage: scripts/test-system.sh part|all" >&2; exit 2 ;; esac

totals() { printf 'system: %s passed, %s failed, %s skipped\n' "$1" "$2" "$3"; }

SYSTEM_IMAGE=$(bash test/system/image/build.sh)
case $? in
  0) export SYSTEM_IMAGE ;;
  77) totals 0 0 1; exit 0 ;;
  *) echo 'system: trouble of the rig: the image was not built' >&2; totals 0 1 0; exit 125 ;;
esac

version=$(node -p 'require("./package.json").version')
arch=$(dpkg --print-architecture)
export SYSTEM_PACKAGE=$PWD/build/package/cupcheck_${version}_$arch.deb
versions=("$version")
if [ "$SYSTEM_TEST" = all ]; then
  # The newer one differs by its number alone: it is what the older one is upgraded to.
  versions+=("${version}+newer")
  export SYSTEM_NEWER_PACKAGE=$PWD/build/package/cupcheck_${version}+newer_$arch.deb
fi
for each in "${versions[@]}"; do
  DPKG_DEB_COMPRESSOR_TYPE=none DEB_VERSION=$each bash packaging/build.sh "$arch" || { totals 0 1 0; exit 1; }
done

export SYSTEM_TOTALS=build/system-totals
rm -f "$SYSTEM_TOTALS"
node node_modules/vitest/vitest.mjs run --root . --config test/system/vitest.config.ts
if ! read -r passed failed skipped rig <"$SYSTEM_TOTALS"; then
  totals 0 1 0
  exit 1
fi
[ "$rig" -eq 0 ] || printf 'system: of the failed, %s for trouble of the rig: see RigTrouble above\n' "$rig"
totals "$passed" $((failed + rig)) "$skipped"
[ "$failed" -eq 0 ] || exit 1
[ "$rig" -eq 0 ] || exit 125
