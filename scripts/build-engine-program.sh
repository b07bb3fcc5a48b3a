#!/usr/bin/env bash
# Compiles native/engine-build, the program that writes TensorRT's engines, against an ONNX Runtime that is built already:
#   build-engine-program.sh HEADERS LIBRARY TARGET [FLAG…]
# HEADERS holds onnxruntime_c_api.h; LIBRARY is libonnxruntime.so.1 as seen from TARGET's folder, or absolute: it is found there when the
# program runs. The flags go to the compiler.
set -euo pipefail

[ $# -ge 3 ] || { printf 'usage: build-engine-program.sh HEADERS LIBRARY TARGET [FLAG…]\n' >&2; exit 2; }
headers=$1 library=$2 target=$3
shift 3
sources=$(cd "$(dirname "$0")/../native/engine-build" && pwd)
die() { printf 'engine program: %s\n' "$*" >&2; exit 1; }

[ -e "$headers/onnxruntime_c_api.h" ] || die "there is no onnxruntime_c_api.h in $headers: give the folder of ONNX Runtime's headers"
folder=$(dirname "$target")
mkdir -p "$folder"
case $library in
  /*) found=$library run_path=$(dirname "$library") ;;
  *) found=$folder/$library run_path="\$ORIGIN/$(dirname "$library")" ;;
esac
[ -e "$found" ] || die "there is no $found: give the path of libonnxruntime.so.1"

# Its headers are of others: they are not held to our warnings.
"${CXX:-g++}" -std=c++17 -O2 -fno-exceptions -Wall -Wextra -Werror "$@" -isystem "$headers" "$sources"/*.cc "$found" -ldl \
  "-Wl,-rpath,$run_path" -o "$target.new"
chmod 0755 "$target.new"
mv "$target.new" "$target"
