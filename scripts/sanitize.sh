#!/usr/bin/env bash
# Builds the native kernels and their driver with the address and undefined-behaviour sanitizers (leaks included) and
# runs them. SANITIZE_SECONDS says how long JPEGs are damaged at random (default 5), SANITIZE_SEED repeats one run.
set -euo pipefail
cd "$(dirname "$0")/.."

sources=(native/test/{kernels-test,harness,frame-ring-test,jpeg-test,crop-resize-test}.cc native/pixels.cc native/frame-ring/frame-ring.cc native/jpeg/jpeg.cc
  native/crop-resize/axis.cc native/crop-resize/crop-resize.cc)
driver=build/sanitize/kernels-test
mkdir -p build/sanitize
read -ra turbojpeg < <(pkg-config --cflags --libs libturbojpeg)

# No exceptions, as in the addon. Every undefined behaviour ends the run.
if [ ! -x $driver ] || [ -n "$(find native scripts/sanitize.sh -newer $driver -type f -print -quit)" ]; then
  g++ -std=c++17 -g -O1 -fno-exceptions -fno-omit-frame-pointer -Wall -Wextra -Werror \
    -fsanitize=address,undefined -fno-sanitize-recover=all "${sources[@]}" "${turbojpeg[@]}" -o $driver.new
  mv $driver.new $driver
fi

# A kernel may place memory where gcc 12's sanitizer cannot map its shadow; a fixed layout always works.
run=(setarch "$(uname -m)" -R)
"${run[@]}" true 2>/dev/null || run=()

ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1 \
  "${run[@]}" $driver "${SANITIZE_SECONDS:-5}" ${SANITIZE_SEED:+"$SANITIZE_SEED"} | sed 's/^/sanitizers: /'
