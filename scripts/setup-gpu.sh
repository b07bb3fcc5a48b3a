#!/usr/bin/env bash
# Builds onnxruntime-node with CUDA and TensorRT on a Jetson, and puts it in the place of npm's build for the processor; then the program
# that writes TensorRT's engines (native/engine-build), against the same sources:
#   npm run setup:gpu -- --check | --source FOLDER | --program FOLDER | --undo
# docs/install-jetson.md says what it needs and why. CUDA_HOME, CUDNN_HOME, TENSORRT_HOME name other places than JetPack's;
# CUPCHECK_GPU_ARCH another GPU than Orin's (87); CUPCHECK_GPU_JOBS how many compilers run at once.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'setup:gpu: %s\n' "$*"; }
die() { printf 'setup:gpu: %s\n' "$*" >&2; exit 1; }

cuda=${CUDA_HOME:-/usr/local/cuda}
cudnn=${CUDNN_HOME:-/usr/lib/aarch64-linux-gnu}
tensorrt=${TENSORRT_HOME:-/usr/lib/aarch64-linux-gnu}
gpu=${CUPCHECK_GPU_ARCH:-87}
jobs=${CUPCHECK_GPU_JOBS:-$(nproc)}
root=${CUPCHECK_ROOT:-}

# The package where it is installed, else this checkout.
program=$root/usr/lib/cupcheck
[ -d "$program" ] || program=$PWD
runtime=$program/node_modules/onnxruntime-node
bin=$runtime/bin/napi-v6/linux/arm64
[ -e "$runtime/package.json" ] || die "there is no onnxruntime-node in $program: install the package, or run npm run setup"
engine_program=$program/build/engine/cupcheck-engine-build
version=$(sed -n 's/^ *"version": "\([^"]*\)".*/\1/p' "$runtime/package.json" | head -n 1)
files=(onnxruntime_binding.node libonnxruntime.so.1)

missing() {
  [ "$(uname -m)" = aarch64 ] || echo "an arm64 processor (this is $(uname -m))"
  [ -e "$root/etc/nv_tegra_release" ] || echo 'Jetson Linux (/etc/nv_tegra_release)'
  [ -x "$cuda/bin/nvcc" ] || echo "CUDA's compiler ($cuda/bin/nvcc; apt install nvidia-jetpack)"
  compgen -G "$root/usr/include/*/cudnn*.h" >/dev/null || [ -e "$cudnn/include/cudnn.h" ] || echo "cuDNN's headers"
  compgen -G "$root/usr/include/*/NvInfer.h" >/dev/null || [ -e "$tensorrt/include/NvInfer.h" ] || echo "TensorRT's headers (NvInfer.h)"
  local tool
  for tool in git cmake g++ python3 node npm; do command -v $tool >/dev/null || echo "$tool"; done
}

check() {
  say "onnxruntime-node $version in $program"
  local lacks
  mapfile -t lacks < <(missing)
  [ ${#lacks[@]} -eq 0 ] || { printf 'setup:gpu: missing: %s\n' "${lacks[@]}" >&2; exit 1; }
  say "CUDA: $("$cuda/bin/nvcc" --version | sed -n 's/.*release \([^,]*\),.*/\1/p'); all is there"
}

same_version() { # source
  [ -e "$1/VERSION_NUMBER" ] || die "there are no sources of ONNX Runtime in $1"
  local has
  has=$(<"$1/VERSION_NUMBER")
  [ "$has" = "$version" ] || die "$1 has version $has; onnxruntime-node here is $version, and the two must be the same"
}

build() { # source
  [ -d "$1/.git" ] || git clone --recursive --branch "v$version" https://github.com/microsoft/onnxruntime "$1"
  same_version "$1"
  # CMake finds nvcc by the path alone.
  PATH="$cuda/bin:$PATH" "$1/build.sh" --config Release --update --build --parallel "$jobs" --skip_tests --build_shared_lib --build_nodejs \
    --use_cuda --cuda_home "$cuda" --cudnn_home "$cudnn" --use_tensorrt --tensorrt_home "$tensorrt" \
    --cmake_extra_defines "CMAKE_CUDA_ARCHITECTURES=$gpu" onnxruntime_BUILD_UNIT_TESTS=OFF
}

# Files of the package are diverted: an upgrade then writes npm's build aside and not over ours.
divert() { # add|remove
  [ "$program" = "$root/usr/lib/cupcheck" ] || return 0
  local file
  for file in "${files[@]}"; do
    if [ "$1" = add ]; then dpkg-divert --local --rename --divert "$bin/$file.npm" --add "$bin/$file"
    else dpkg-divert --local --rename --remove "$bin/$file"; fi
  done
}

put_in_place() { # built
  local file
  for file in "${files[@]}" libonnxruntime_providers_{shared,cuda,tensorrt}.so; do
    [ -e "$1/$file" ] || [ -e "$2/$file" ] || die "the build left no $file in $1 or $2"
  done
  divert add
  # In a checkout there is no dpkg that keeps npm's files.
  [ -e "$bin/${files[0]}.npm" ] || for file in "${files[@]}"; do cp --remove-destination "$bin/$file" "$bin/$file.npm"; done
  for file in "${files[@]}" libonnxruntime_providers_{shared,cuda,tensorrt}.so; do
    local from=$1/$file
    [ -e "$from" ] || from=$2/$file
    install -m 0644 "$from" "$bin/.new" && mv "$bin/.new" "$bin/$file"
  done
}

# Beside the station's own programs; it finds the library from there, wherever that is.
build_engine_program() { # source
  bash scripts/build-engine-program.sh "$1/include/onnxruntime/core/session" \
    ../../node_modules/onnxruntime-node/bin/napi-v6/linux/arm64/libonnxruntime.so.1 "$engine_program" ||
    die 'the program that writes engines does not compile. The GPU can be used without it; each start then takes minutes on TensorRT'
  local has
  has=$("$engine_program" --about) || die "$engine_program does not start"
  say "$engine_program: $has"
  [[ "$has " == *' TensorrtExecutionProvider '* ]] || die "its ONNX Runtime has no TensorRT: npm run setup:gpu -- --source FOLDER first"
}

backends() {
  local node=$program/bin/node
  [ -x "$node" ] || node=node
  ORT_DISABLE_TELEMETRY=1 "$node" -e "
    console.log(require('$runtime').listSupportedBackends().map(({ name }) => name).join(' '))"
}

undo() {
  [ -e "$bin/${files[0]}.npm" ] || { say "npm's build is in place; there is nothing to do"; return; }
  local file
  # Without TensorRT's library it has nothing to do.
  rm -f "$engine_program"
  rm -f "${files[@]/#/$bin/}" "$bin"/libonnxruntime_providers_{shared,cuda,tensorrt}.so
  if [ "$program" = "$root/usr/lib/cupcheck" ]; then divert remove
  else for file in "${files[@]}"; do mv "$bin/$file.npm" "$bin/$file"; done; fi
  say "npm's build is back"
}

case "${1:-}" in
  --check) check ;;
  --undo) undo ;;
  --source)
    [ $# -eq 2 ] || die 'usage: npm run setup:gpu -- --source FOLDER'
    check
    build "$2"
    put_in_place "$2/js/node/bin/napi-v6/linux/arm64" "$2/build/Linux/Release"
    have=$(backends)
    say "this build has: $have"
    [[ " $have " == *' tensorrt '* ]] || die 'the new build does not know tensorrt; npm run setup:gpu -- --undo puts the old one back'
    build_engine_program "$2"
    say 'done. Next: providers.order and the drop-in of docs/install-jetson.md, cupcheck doctor, cupcheck engine build'
    ;;
  --program)
    [ $# -eq 2 ] || die 'usage: npm run setup:gpu -- --program FOLDER'
    same_version "$2"
    build_engine_program "$2"
    ;;
  *) die 'usage: npm run setup:gpu -- --check | --source FOLDER | --program FOLDER | --undo' ;;
esac
