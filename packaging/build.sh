#!/usr/bin/env bash
# Builds the Debian package from this checkout after scripts/setup.sh: npm run package [-- amd64|arm64 …]; default: this
# machine's architecture. The packages lie in build/package/. The same sources give the same bytes (SOURCE_DATE_EPOCH;
# default: the last commit's time). DEB_VERSION names another version than package.json's; DPKG_DEB_COMPRESSOR_TYPE=none
# is quick, for tests. CUPCHECK_BUNDLE_KEY=FILE signs the bundle in the package by that private key and trusts FILE.pub there;
# without it the bundle is as it is in the checkout, unsigned.
set -euo pipefail
cd "$(dirname "$0")/.."
umask 022
export LC_ALL=C

say() { printf 'package: %s\n' "$*"; }
die() { printf 'package: %s\n' "$*" >&2; exit 1; }

version=${DEB_VERSION:-$(node -p 'require("./package.json").version')}
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
out=$PWD/build/package

digest() { find "$@" -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -d ' ' -f 1; }
fresh() { [ -e "$1" ] && [ "$(<"$1")" = "$2" ]; }

# Runs a noisy command; what it said is shown where it fails.
quietly() {
  local log
  log=$(mktemp)
  "$@" >"$log" 2>&1 || { cat "$log" >&2; rm -f "$log"; die "$1 failed; its output is above"; }
  rm -f "$log"
}

# --- parts: each in a folder of its own, made again when what it is made of has changed -----------------------------------

fetch_node() { # work cpu
  local stamp=$1/node/.cupcheck wanted
  wanted=$(digest packaging/node.json packaging/fetch-node.mjs)
  fresh "$stamp" "$wanted" && return
  say "fetching Node $(node -p 'require("./packaging/node.json").version') for $2"
  node packaging/fetch-node.mjs "$2" "$1/node"
  echo "$wanted" >"$stamp"
}

install_modules() { # work cpu
  local stamp=$1/modules/.cupcheck wanted
  wanted=$(digest package-lock.json packaging/prune-modules.mjs)
  fresh "$stamp" "$wanted" && return
  say "installing the npm packages for $2"
  rm -rf "$1/modules" && mkdir -p "$1/modules"
  cp package.json package-lock.json .npmrc "$1/modules/"
  # The other platforms' optional packages have no digests in the lock file; none of them is installed.
  (cd "$1/modules" && ONNXRUNTIME_NODE_INSTALL=skip quietly npm ci --omit=dev --ignore-scripts --os=linux "--cpu=$2" --libc=glibc)
  cp -a "$1/modules/node_modules/better-sqlite3" "$1/modules/sqlite-sources"
  cp -a "$1/modules/node_modules/epoll" "$1/modules/epoll-sources"
  mkdir -p "$1/modules/epoll-sources/node_modules"
  cp -a "$1/modules/node_modules/nan" "$1/modules/epoll-sources/node_modules/"
  node packaging/prune-modules.mjs "$1/modules" "$2"
  echo "$wanted" >"$stamp"
}

# The arm64 library that the addon is linked with, from Debian, without touching this machine's own list of packages.
fetch_turbojpeg() { # work arch
  [ -e "$1/sysroot/lib/libturbojpeg.so" ] && return
  say "fetching Debian's libturbojpeg0 for $2"
  local apt=$1/apt
  rm -rf "$apt" "$1/sysroot" && mkdir -p "$apt"/{lists/partial,cache/archives/partial} "$1/sysroot/lib"
  touch "$apt/status"
  local options=(-o "APT::Architecture=$2" -o "APT::Architectures=$2" -o "Dir::State::status=$apt/status"
    -o "Dir::State::lists=$apt/lists" -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root)
  quietly apt-get "${options[@]}" update
  (cd "$apt" && quietly apt-get "${options[@]}" download libturbojpeg0)
  dpkg-deb -x "$apt"/libturbojpeg0_*.deb "$apt/root"
  cp "$apt"/root/usr/lib/*/libturbojpeg.so.0 "$1/sysroot/lib/libturbojpeg.so"
}

# node-gyp in a folder, against the headers of the Node that the package brings.
gyp() { # work cpu folder
  local tools=()
  if [ "$2" != "$(node -p process.arch)" ]; then
    tools=(CC=aarch64-linux-gnu-gcc CXX=aarch64-linux-gnu-g++ AR=aarch64-linux-gnu-ar LINK=aarch64-linux-gnu-g++
      "LDFLAGS=-L$1/sysroot/lib")
    [ "$2" = arm64 ] || die "no cross-compiler for $2 is set up here"
  fi
  # npm's own setting, where this runs under npm, would outrank the option.
  quietly env "${tools[@]}" "npm_config_nodedir=$1/node" "CFLAGS=-ffile-prefix-map=$3=." "CXXFLAGS=-ffile-prefix-map=$3=." \
    node node_modules/node-gyp/bin/node-gyp.js rebuild --release --jobs=max --loglevel=warn "--directory=$3" "--nodedir=$1/node" "--arch=$2"
}

# An addon of another package: sqlite, epoll.
build_foreign() { # work cpu name
  local sources=$1/modules/$3-sources stamp=$1/$3/.cupcheck wanted
  local parts=("$sources"/{package.json,binding.gyp,src})
  [ ! -d "$sources/deps" ] || parts+=("$sources/deps")
  wanted=$(digest "${parts[@]}" packaging/node.json)
  fresh "$stamp" "$wanted" && return
  say "compiling $3 for $2"
  rm -rf "${1:?}/$3" && cp -a "$sources" "$1/$3"
  gyp "$1" "$2" "$1/$3"
  echo "$wanted" >"$stamp"
}

build_addon() { # work cpu
  local stamp=$1/addon/.cupcheck wanted
  wanted=$(digest binding.gyp native packaging/node.json node_modules/node-addon-api/package.json)
  fresh "$stamp" "$wanted" && return
  say "compiling the addon for $2"
  rm -rf "$1/addon" && mkdir -p "$1/addon/node_modules"
  cp -a binding.gyp package.json native "$1/addon/"
  cp -a node_modules/node-addon-api "$1/addon/node_modules/"
  gyp "$1" "$2" "$1/addon"
  echo "$wanted" >"$stamp"
}

# --- the package ----------------------------------------------------------------------------------------------------------

lay_program() { # work cpu tree
  local lib=$3/usr/lib/cupcheck
  mkdir -p "$lib/bin" "$lib/build/Release" "$lib/models/bundles" "$3/usr/bin"
  install -m 0755 bin/cupcheck "$lib/bin/cupcheck"
  install -m 0755 "$1/node/bin/node" "$lib/bin/node"
  ln -s ../lib/cupcheck/bin/cupcheck "$3/usr/bin/cupcheck"
  (cd dist && find . -name '*.js' -print0 | cpio --quiet -0 -pdm "$lib/dist")
  cp package.json "$lib/"
  cp -r schemas "$lib/"
  cp -r models/bundles/first "$lib/models/bundles/"
  cp -r models/demo "$lib/models/"
  sign_bundle "$lib/models/bundles/first" "$3"
  cp -r "$1/modules/node_modules" "$lib/"
  # Nothing in there is started as a program.
  find "$lib/node_modules" -type f -exec chmod a-x {} +
  install -D -m 0644 "$1/sqlite/build/Release/better_sqlite3.node" "$lib/node_modules/better-sqlite3/build/Release/better_sqlite3.node"
  install -D -m 0644 "$1/epoll/build/Release/epoll.node" "$lib/node_modules/epoll/build/Release/epoll.node"
  # The addon, and the programs that are built with it.
  find "$1/addon/build/Release" -maxdepth 1 -type f '(' -name '*.node' -o -perm -u+x ')' ! -name '*fake*' -exec cp -t "$lib/build/Release" {} +
  chmod 0644 "$lib"/build/Release/*.node
  # A module for another Node would be found out on the board, by a station in fault.
  if [ "$2" = "$(node -p process.arch)" ]; then
    local module
    for module in "$lib"/node_modules/{better-sqlite3,epoll}/build/Release/*.node "$lib"/build/Release/cupcheck.node; do
      quietly "$lib/bin/node" -e 'process.dlopen({ exports: {} }, process.argv[1])' "$module"
    done
    quietly "$lib/bin/node" --expose-gc packaging/collect-statements.cjs "$PWD/${lib#"$PWD"/}/node_modules/better-sqlite3"
  fi
  local strip=strip
  [ "$2" = "$(node -p process.arch)" ] || strip=aarch64-linux-gnu-strip
  "$strip" --strip-unneeded --remove-section=.comment --remove-section=.note "$lib/bin/node" "$lib"/build/Release/* \
    "$lib"/node_modules/{better-sqlite3,epoll}/build/Release/*.node
}

sign_bundle() { # folder tree
  [ -n "${CUPCHECK_BUNDLE_KEY:-}" ] || return 0
  quietly node dist/cli/main.js bundle sign "$1" --key "$CUPCHECK_BUNDLE_KEY"
  install -D -m 0644 -t "$2/etc/cupcheck/trusted.d" "$CUPCHECK_BUNDLE_KEY.pub"
  quietly node dist/cli/main.js bundle verify "$1" --key "$CUPCHECK_BUNDLE_KEY.pub"
}

lay_system() { # tree
  install -D -m 0644 -t "$1/lib/systemd/system" systemd/*.service systemd/*.target
  install -D -m 0644 -t "$1/lib/udev/rules.d" systemd/*.rules
  install -D -m 0644 systemd/cupcheck.sysusers.conf "$1/usr/lib/sysusers.d/cupcheck.conf"
  install -D -m 0644 systemd/cupcheck.tmpfiles.conf "$1/usr/lib/tmpfiles.d/cupcheck.conf"
  node scripts/generate-share.mjs "$1/usr/share"
  find "$1/usr/share/man" -type f -exec gzip -9n {} +
}

lay_documents() { # work tree
  local doc=$2/usr/share/doc/cupcheck
  install -D -m 0644 -t "$doc/examples" packaging/config.yaml systemd/examples/*
  node packaging/copyright.mjs "$2/usr/lib/cupcheck/node_modules" "$1/node/LICENSE" >"$doc/copyright"
  printf 'cupcheck (%s) stable; urgency=medium\n\n  * The state of the sources at that time.\n\n -- %s  %s\n' "$version" \
    "$(sed -n 's/^Maintainer: //p' packaging/debian/control)" "$(date -uRd "@$SOURCE_DATE_EPOCH")" | gzip -9n >"$doc/changelog.gz"
  install -D -m 0644 packaging/debian/lintian-overrides "$2/usr/share/lintian/overrides/cupcheck"
}

lay_control() { # arch tree
  mkdir -p "$2/DEBIAN"
  install -m 0755 -t "$2/DEBIAN" packaging/debian/{postinst,prerm,postrm}
  (cd "$2" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | sort -z | xargs -0 md5sum) >"$2/DEBIAN/md5sums"
  # A key that an administrator takes away stays away.
  [ ! -d "$2/etc" ] || (cd "$2" && find etc -type f -printf '/%p\n' | sort) >"$2/DEBIAN/conffiles"
  local depends size
  depends=$(node packaging/depends.mjs "$2/usr/lib/cupcheck")
  size=$(du -sk --apparent-size --exclude=DEBIAN "$2" | cut -f 1)
  sed -e "s/@VERSION@/$version/; s/@ARCH@/$1/; s/@SIZE@/$size/; s/@DEPENDS@/$depends/" packaging/debian/control >"$2/DEBIAN/control"
}

package() { # arch
  local arch=$1 cpu
  case $arch in
    amd64) cpu=x64 ;;
    arm64) cpu=arm64 ;;
    *) die "no such architecture: $arch; there are amd64 and arm64" ;;
  esac
  local work=$out/$arch tree=$out/$arch/tree deb=$out/cupcheck_${version}_$arch.deb
  mkdir -p "$work"
  fetch_node "$work" "$cpu"
  install_modules "$work" "$cpu"
  [ "$cpu" = "$(node -p process.arch)" ] || fetch_turbojpeg "$work" "$arch"
  build_foreign "$work" "$cpu" sqlite
  build_foreign "$work" "$cpu" epoll
  build_addon "$work" "$cpu"
  say "laying out and packing $arch"
  rm -rf "$tree" && mkdir -p "$tree"
  lay_program "$work" "$cpu" "$tree"
  lay_system "$tree"
  lay_documents "$work" "$tree"
  chmod -R u=rwX,go=rX "$tree"
  lay_control "$arch" "$tree"
  find "$tree" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
  dpkg-deb --root-owner-group --build "$tree" "$deb" >/dev/null
  say "${deb#"$PWD"/}: $(du -m --apparent-size "$deb" | cut -f 1) MB, installed $(du -sm --apparent-size "$tree" | cut -f 1) MB"
}

[ $# -gt 0 ] || set -- "$(dpkg --print-architecture)"
for arch in "$@"; do package "$arch"; done
