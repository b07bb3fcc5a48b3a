#!/usr/bin/env bash
# Builds the native kernels and their driver with the address and undefined-behaviour sanitizers (leaks included) and
# runs them. SANITIZE_SECONDS says how long they get random input (default 15), SANITIZE_SEED repeats one run.
set -euo pipefail
cd "$(dirname "$0")/.."

# Every kernel has a binding.cc beside it, which needs Node, as gpio's edge-watch.cc does; guard-main.cc is a program of its
# own; engine-build needs ONNX Runtime's headers and has a test that builds it so; crop-resize has a path for each kind of processor.
mapfile -t sources < <(find native -name '*.cc' ! -path 'native/engine-build/*' ! -name binding.cc ! -name addon.cc ! -name edge-watch.cc \
  ! -name guard-main.cc ! -name 'path-*.cc' ! -name crop-only-test.cc | LC_ALL=C sort)
sources+=(native/crop-resize/path-scalar.cc)
driver=build/sanitize/kernels-test
mkdir -p build/sanitize
read -ra turbojpeg < <(pkg-config --cflags --libs libturbojpeg)

# No exceptions, as in the addon. Every undefined behaviour ends the run.
flags=(-std=c++17 -g -O1 -fno-exceptions -fno-omit-frame-pointer -Wall -Wextra -Werror
  -fsanitize=address,undefined -fno-sanitize-recover=all)
if [ ! -x $driver ] || [ -n "$(find native scripts/sanitize.sh -newer $driver -type f -print -quit)" ]; then
  case $(uname -m) in
    x86_64)
      g++ "${flags[@]}" -mavx2 -mfma -mf16c -c native/crop-resize/path-avx2.cc -o build/sanitize/path.o
      sources+=(build/sanitize/path.o)
      ;;
    aarch64) sources+=(native/crop-resize/path-neon.cc) ;;
  esac
  g++ "${flags[@]}" "${sources[@]}" "${turbojpeg[@]}" -o $driver.new
  mv $driver.new $driver
fi

# A kernel may place memory where gcc 12's sanitizer cannot map its shadow; a fixed layout always works.
run=(setarch "$(uname -m)" -R)
"${run[@]}" true 2>/dev/null || run=()

ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1 \
  "${run[@]}" $driver "${SANITIZE_SECONDS:-15}" ${SANITIZE_SEED:+"$SANITIZE_SEED"} | sed 's/^/sanitizers: /'
