#!/usr/bin/env bash
# Holds the crops' NEON path to their definition and to the scalar path: on arm64 itself, elsewhere cross-compiled and
# emulated (g++-aarch64-linux-gnu, qemu-user-static; scripts/setup.sh installs both). NEON_SECONDS says how long random
# crops go on (default 3), NEON_SEED repeats one run.
set -euo pipefail
cd "$(dirname "$0")/.."

driver=build/neon/crop-test
mkdir -p build/neon
if [ "$(uname -m)" = aarch64 ]; then
  compiler=g++ run=()
else
  compiler=aarch64-linux-gnu-g++ run=(qemu-aarch64-static)
  for tool in "$compiler" "${run[@]}"; do
    command -v "$tool" >/dev/null || { printf 'neon: %s is missing; run npm run setup\n' "$tool" >&2; exit 1; }
  done
fi

sources=(native/test/{crop-only-test,crop-resize-test,harness,reference-crop}.cc native/pixels.cc)
mapfile -t -O "${#sources[@]}" sources < <(find native/crop-resize -name '*.cc' ! -name binding.cc ! -name path-avx2.cc |
  LC_ALL=C sort)
if [ ! -x $driver ] || [ -n "$(find native scripts/neon.sh -newer $driver -type f -print -quit)" ]; then
  # Static, so that the emulator needs no arm64 libraries. Optimized as the addon is.
  "$compiler" -std=c++17 -O3 -static -fno-exceptions -Wall -Wextra -Werror "${sources[@]}" -o $driver.new
  mv $driver.new $driver
fi

"${run[@]}" $driver "${NEON_SECONDS:-3}" ${NEON_SEED:+"$NEON_SEED"} | sed 's/^/neon: /'
