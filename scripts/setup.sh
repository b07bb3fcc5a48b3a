#!/usr/bin/env bash
# Makes a fresh checkout ready to run on Debian 12 or Ubuntu 22.04 with Node 20 or newer, amd64 or arm64:
# system packages, npm packages, the native addon, the compiled TypeScript. Each step leaves a stamp beside what it
# made, so that a second run finds nothing to do, and deleting the thing deletes its stamp.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

# Two set-ups at once (a test run and a demo) would build over each other.
exec 9<scripts/setup.sh
flock --nonblock 9 || { say 'another set-up is running here; waiting for it'; flock 9; }

command -v node >/dev/null || die 'node is missing. Install Node.js 20 or newer with npm.'
command -v npm >/dev/null || die 'npm is missing. Install Node.js 20 or newer with npm.'
read -r node_major node_target node_prefix < <(node -p '
  const { arch, platform, versions, execPath } = process;
  [versions.node.split(".")[0], `${platform}-${arch}-abi${versions.modules}`, require("path").resolve(execPath, "../..")].join(" ")')
[ "$node_major" -ge 20 ] || die "node $(node --version) is too old. Install Node.js 20 or newer."

# --- system packages --------------------------------------------------------------------------------------------------

has() { PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null; }

# Looks for the thing itself, not for the package, so that other ways to install it count too.
missing_packages() {
  { has g++ && has make; } || echo build-essential
  has python3 || echo python3
  # Its parser reads our metrics in a test. Debian's Python, because that is where the package goes.
  /usr/bin/python3 -c 'import prometheus_client' 2>/dev/null || echo python3-prometheus-client
  has pkg-config || echo pkg-config
  { has pkg-config && pkg-config --exists libturbojpeg; } || echo libturbojpeg0-dev
  has mosquitto || echo mosquitto
  has mosquitto_sub || echo mosquitto-clients
  # The tests emulate the processor of the board.
  [ "$(uname -m)" = aarch64 ] || has aarch64-linux-gnu-g++ || echo g++-aarch64-linux-gnu
  [ "$(uname -m)" = aarch64 ] || has qemu-aarch64-static || echo qemu-user-static
  [ -e /etc/fonts/fonts.conf ] || echo fontconfig
  [ -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ] || echo fonts-dejavu-core
}

install_packages() {
  local packages=("$@") root=()
  say "missing system packages: ${packages[*]}"
  has apt-get || die "there is no apt-get here. Install what these Debian packages hold: ${packages[*]}"
  if [ "$(id -u)" -ne 0 ]; then
    has sudo || die "neither root nor sudo. Run as root: apt-get install ${packages[*]}"
    root=(sudo)
  fi
  "${root[@]}" apt-get update -qq || say 'apt-get update failed; trying with the lists that are there'
  local i
  for i in "${!packages[@]}"; do
    if [ "${packages[$i]}" = libturbojpeg0-dev ] && ! apt-cache show libturbojpeg0-dev >/dev/null 2>&1; then
      packages[i]=libturbojpeg-dev
    fi
  done
  say "installing ${packages[*]}"
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" ||
    die "apt-get could not install ${packages[*]}"
  # The package starts a broker of its own on port 1883. Ours are started by the demo and the tests, on free ports.
  if [[ " ${packages[*]} " == *' mosquitto '* ]] && [ -d /run/systemd/system ]; then
    "${root[@]}" systemctl disable --now --quiet mosquitto.service && say 'stopped the broker service that mosquitto brings'
  fi
  mapfile -t packages < <(missing_packages)
  [ ${#packages[@]} -eq 0 ] || die "still missing after the installation: ${packages[*]}"
}

mapfile -t missing < <(missing_packages)
[ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}"

# --- stamped steps ----------------------------------------------------------------------------------------------------

# One digest over names and contents of files and folders, and over this machine's kind of Node.
digest() {
  { echo "$node_target"; find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum; } | sha256sum | cut -d ' ' -f 1
}

fresh() { [ -e "$1" ] && [ "$(<"$1")" = "$2" ]; }

# Node's own headers, where they lie beside it and belong to it; without them node-gyp has to download some.
gyp=(node node_modules/node-gyp/bin/node-gyp.js)
gyp_build() {
  local version_header="$node_prefix/include/node/node_version.h" options=(--release --jobs=max --loglevel=warn)
  if grep -qsE "define NODE_MAJOR_VERSION $node_major\$" "$version_header"; then
    options+=("--nodedir=$node_prefix")
  else
    say "no headers of Node $node_major in $node_prefix/include/node: node-gyp downloads them from nodejs.org"
  fi
  local log
  log=$(mktemp)
  if ! "${gyp[@]}" "$@" "${options[@]}" >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    die "node-gyp $* failed; its output is above"
  fi
  rm -f "$log"
}

stamp=node_modules/.cupcheck-packages
wanted=$(digest package-lock.json)
if ! fresh $stamp "$wanted"; then
  say 'installing the npm packages of package-lock.json'
  # No package's own script runs: onnxruntime-node's would fetch CUDA files, better-sqlite3's a prebuilt binary.
  ONNXRUNTIME_NODE_INSTALL=skip npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
  echo "$wanted" >$stamp
fi

stamp=node_modules/.cupcheck-better-sqlite3
wanted=$(digest node_modules/better-sqlite3/{package.json,binding.gyp,src,deps})
if ! fresh $stamp "$wanted"; then
  say 'building better-sqlite3 from its source (a minute or two)'
  gyp_build rebuild --directory=node_modules/better-sqlite3
  echo "$wanted" >$stamp
fi

stamp=node_modules/.cupcheck-epoll
wanted=$(digest node_modules/epoll/{package.json,binding.gyp,src} node_modules/nan/package.json)
if ! fresh $stamp "$wanted"; then
  say 'building epoll from its source'
  gyp_build rebuild --directory=node_modules/epoll
  echo "$wanted" >$stamp
fi

stamp=build/.cupcheck-addon
wanted=$(digest binding.gyp native node_modules/node-addon-api/package.json)
if ! fresh $stamp "$wanted"; then
  say 'building the native addon'
  gyp_build configure
  gyp_build build
  echo "$wanted" >$stamp
fi

stamp=dist/.cupcheck-sources
wanted=$(digest src tsconfig.json tsconfig.build.json node_modules/typescript/package.json)
if ! fresh $stamp "$wanted"; then
  say 'compiling the TypeScript'
  node node_modules/typescript/bin/tsc -p tsconfig.build.json || die 'the TypeScript does not compile; see above'
  # A module whose source is gone must not stay importable.
  while IFS= read -r compiled; do
    source=${compiled#dist/}
    [ -e "src/${source%.js}.ts" ] || rm -f "$compiled" "$compiled.map"
  done < <(find dist -name '*.js')
  echo "$wanted" >$stamp
fi
