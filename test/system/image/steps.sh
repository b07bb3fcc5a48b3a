# What the images of both guests are built by; sourced. The caller has set `image_name`, which stands before each line that is said.

say() { printf '%s: %s\n' "$image_name" "$*" >&2; }
cannot() { say "cannot be built here: $*"; exit 77; }

# need_root_and_apt: the images are owned by root, and come from Debian's packages.
need_root_and_apt() {
  [ "$(id -u)" = 0 ] || cannot 'it needs root, for the owners of the files in the guest'
  command -v apt-get >/dev/null || cannot 'it needs apt-get'
  export PATH="$PATH:/usr/sbin:/sbin"
}

# install_tools PACKAGE…: what is missing of them.
install_tools() {
  local package missing=() log
  for package in "$@"; do
    dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing ${missing[*]}"
  apt-get update -qq >&2 || say 'apt-get update failed; trying with the lists that are there'
  log=$(mktemp)
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >"$log" 2>&1 ||
    cannot "apt-get could not install ${missing[*]}: $(tail -n 1 "$log")"
  rm -f "$log"
}

# begin_image DIGEST: ends with the image of that digest where $cache has it; else $work is where it is made, gone at the end, and
# $image what it becomes.
begin_image() {
  image=$cache/$1
  mkdir -p "$cache"
  exec 9>"$cache/lock"
  flock 9
  if [ -e "$image/root.ext4" ]; then
    printf '%s\n' "$image"
    exit 0
  fi
  work=$(mktemp -d "$cache/building.XXXXXX")
  trap 'rm -rf "$work"' EXIT
}

# step NAME COMMAND…: its output is of interest only where it fails. Logs to $work/log.
step() {
  local name=$1 began=$SECONDS
  shift
  "$@" >"$work/log" 2>&1 || { tail -n 30 "$work/log" >&2; say "$name failed"; exit 1; }
  say "$name: $((SECONDS - began)) s"
}

# make_debian ARCH ROOT PACKAGE…: Debian 12, its smallest system and these packages, without what only people read.
make_debian() {
  local arch=$1 root=$2
  shift 2
  mmdebstrap --arch="$arch" --variant=minbase --mode=root --aptopt='APT::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --include="$(IFS=,; echo "$*")" bookworm "$root"
  # What is installed in the guest later is installed whole.
  rm -f "$root/etc/dpkg/dpkg.cfg.d/99mmdebstrap"
}

# insmod_order MODULE…: their files below $modules_from, for the kernel $kernel, in the order in which they are loaded.
insmod_order() {
  local module
  for module in "$@"; do modprobe -d "$modules_from" -S "$kernel" --show-depends "$module"; done |
    awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

# install_modules ROOT MODULE…: with what depmod wants to know.
install_modules() {
  local to=$1/usr/lib/modules/$kernel from=$modules_from/lib/modules/$kernel file
  shift
  insmod_order "$@" | while read -r file; do install -D -m 644 "$file" "$to/${file#"$from"/}"; done
  cp "$from"/modules.{order,builtin,builtin.modinfo} "$to/"
}

# name_guest ROOT OUT: who it is, whose key it trusts (OUT/guest-key), and what it mounts.
name_guest() {
  ssh-keygen -q -t ed25519 -N '' -C cupcheck-system-test -f "$2/guest-key"
  install -D -m 600 "$2/guest-key.pub" "$1/root/.ssh/authorized_keys"
  echo cupcheck-guest >"$1/etc/hostname"
  printf '127.0.0.1 localhost cupcheck-guest\n' >"$1/etc/hosts"
  printf '/dev/vda / ext4 noatime 0 0\nshare /host 9p trans=virtio,version=9p2000.L,msize=262144,cache=none,ro,nofail 0 0\n' >"$1/etc/fstab"
  mkdir -p "$1/host"
  # A machine id of its own, so that its first boot is like any other.
  head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$1/etc/machine-id"
}

# make_initrd FILE INIT BUSYBOX MODULE…: a busybox that loads the modules, in the order of `insmod_order`, and runs INIT.
make_initrd() {
  local to=$1 init=$2 busybox=$3 tree file
  shift 3
  tree=$(mktemp -d "$work/initrd.XXXXXX")
  mkdir -p "$tree"/{bin,dev,proc,sys,newroot,modules}
  cp "$busybox" "$tree/bin/busybox"
  ln -s busybox "$tree/bin/sh"
  insmod_order "$@" | while read -r file; do
    cp "$file" "$tree/modules/"
    echo "${file##*/}" >>"$tree/modules/order"
  done
  install -m 755 "$init" "$tree/init"
  (cd "$tree" && find . | cpio --create --format=newc --quiet --owner=0:0 | zstd --quiet -3) >"$to"
}

# make_disk FILE ROOT: room for the station's package, and for what a station keeps.
make_disk() {
  truncate --size 4G "$1"
  mkfs.ext4 -q -F -m 0 -E lazy_itable_init=1 -d "$2" "$1"
}

# keep_image OUT: it becomes $image; older ones in the cache are of no use any more.
keep_image() {
  mv "$1" "$image"
  find "$cache" -mindepth 1 -maxdepth 1 -type d ! -path "$image" ! -path "$work" -exec rm -rf {} +
}
