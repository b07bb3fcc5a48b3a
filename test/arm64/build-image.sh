#!/usr/bin/env bash
# Builds the arm64 guest: Debian 12 for arm64, which QEMU boots and in which the arm64 package is tried. There is no board in
# it: no camera and no lines. Everything comes from Debian's packages. The last line on stdout is the folder that holds
# vmlinuz, initrd, root.ext4 and guest-key. It is cached by a digest of what it is made from.
# Ends with 77, after a line that says why, where this machine cannot build it.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
board=$here/../system/image
cache=${CUPCHECK_ARM64_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/cupcheck/arm64}

say() { printf 'arm64 image: %s\n' "$*" >&2; }
cannot() { say "cannot be built here: $*"; exit 77; }

# What the guest has beside Debian's smallest system. The last line: what the package of the station depends on.
packages=(
  systemd-sysv udev dbus kmod procps iproute2 openssh-server
  adduser libstdc++6 libturbojpeg0 fontconfig fonts-dejavu-core
)
root_modules=(virtio_pci virtio_blk ext4)
modules=("${root_modules[@]}" virtio_net virtio_rng 9p 9pnet_virtio)

[ "$(id -u)" = 0 ] || cannot 'it needs root, for the owners of the files in the guest'
command -v apt-get >/dev/null || cannot 'it needs apt-get'
export PATH="$PATH:/usr/sbin:/sbin"

tools=(debootstrap e2fsprogs cpio zstd kmod openssh-client qemu-system-arm qemu-utils)
missing=()
for package in "${tools[@]}"; do
  dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  say "installing ${missing[*]}"
  apt-get update -qq >&2 || say 'apt-get update failed; trying with the lists that are there'
  log=$(mktemp)
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >"$log" 2>&1 ||
    cannot "apt-get could not install ${missing[*]}: $(tail -n 1 "$log")"
fi
# Where this machine gets its own Debian from.
mirror=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Created-By: Packages' | awk '$1 == "bookworm" { print $2; exit }')
[ -n "$mirror" ] || cannot 'apt knows no archive of Debian 12 (bookworm)'

digest=$({
  printf '%s\n' "${packages[@]}"
  find "$here" "$board/init" "$board/guest" -type f ! -name '*.ts' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sed "s# .*/test/##"
} | sha256sum | cut -c 1-16)
image=$cache/$digest
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
if [ -e "$image/root.ext4" ]; then
  printf '%s\n' "$image"
  exit 0
fi

say 'building (a quarter of an hour: Debian sets itself up in emulation)'
work=$(mktemp -d "$cache/building.XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/root out=$work/image
mkdir -p "$out"

# The step's output is of interest only where it fails.
step() {
  local name=$1 began=$SECONDS
  shift
  "$@" >"$work/log" 2>&1 || { tail -n 30 "$work/log" >&2; say "$name failed"; exit 1; }
  say "$name: $((SECONDS - began)) s"
}

# arm64's own lists, without touching those of this machine.
fetch_kernel() {
  local apt=$work/apt image_package
  mkdir -p "$apt"/{lists/partial,cache/archives/partial}
  touch "$apt/status"
  local options=(-o APT::Architecture=arm64 -o APT::Architectures=arm64 -o "Dir::State::status=$apt/status"
    -o "Dir::State::lists=$apt/lists" -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root)
  apt-get "${options[@]}" update
  image_package=$(apt-cache "${options[@]}" depends linux-image-arm64 | awk '/Depends: linux-image-/ { print $2; exit }')
  (cd "$apt" && apt-get "${options[@]}" download "$image_package")
  dpkg-deb --extract "$apt/$image_package"_*.deb "$work/kernel"
  depmod -b "$work/kernel" "${image_package#linux-image-}"
}

unpack_debian() {
  debootstrap --foreign --arch=arm64 --variant=minbase "--include=$(IFS=,; echo "${packages[*]}")" bookworm "$root" "$mirror"
}

insmod_order() {
  local module
  for module in "$@"; do modprobe -d "$work/kernel" -S "$kernel" --show-depends "$module"; done |
    awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

# Debian's static busybox for arm64 is not among the guest's packages.
fetch_busybox() {
  local apt=$work/apt
  (cd "$apt" && apt-get -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o "Dir::State::status=$apt/status" \
    -o "Dir::State::lists=$apt/lists" -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root download busybox-static)
  dpkg-deb --extract "$apt"/busybox-static_*.deb "$work/busybox"
}

# initrd NAME INIT: a busybox that loads what the root disk needs and runs INIT.
make_initrd() {
  local tree=$work/initrd.$1 file
  mkdir -p "$tree"/{bin,dev,proc,sys,newroot,modules}
  cp "$work/busybox/bin/busybox" "$tree/bin/busybox"
  ln -s busybox "$tree/bin/sh"
  insmod_order "${root_modules[@]}" | while read -r file; do
    cp "$file" "$tree/modules/"
    echo "${file##*/}" >>"$tree/modules/order"
  done
  install -m 755 "$2" "$tree/init"
  (cd "$tree" && find . | cpio --create --format=newc --quiet --owner=0:0 | zstd --quiet -3) >"$work/$1"
}

make_disk() {
  truncate --size 4G "$work/root.ext4"
  mkfs.ext4 -q -F -m 0 -E lazy_itable_init=1 -d "$root" "$work/root.ext4"
}

# The second half of Debian's installation has to run on the processor that it is for.
set_up_debian() {
  make_initrd setup "$here/setup-init"
  timeout 3600 qemu-system-aarch64 -machine virt,gic-version=3 -accel tcg,thread=multi -cpu cortex-a72 -smp 2 -m 2048 \
    -nodefaults -display none -no-reboot -kernel "$work/kernel/boot/vmlinuz-$kernel" -initrd "$work/setup" \
    -append 'console=ttyAMA0 quiet loglevel=4 panic=-1' -serial "file:$work/console" \
    -drive "if=none,id=root,file=$work/root.ext4,format=raw,cache=unsafe" -device virtio-blk-pci,drive=root </dev/null
  cat "$work/console"
  grep -q '^setup: done' "$work/console"
}

fill_root() {
  local to=$root/usr/lib/modules/$kernel from=$work/kernel/lib/modules/$kernel file
  insmod_order "${modules[@]}" | while read -r file; do install -D -m 644 "$file" "$to/${file#"$from"/}"; done
  cp "$from"/modules.{order,builtin,builtin.modinfo} "$to/"
  depmod -b "$root" "$kernel"
  cp -r "$board/guest/etc" "$root/"
  # No board: only the network, and the word that it is up, on this machine's serial line.
  rm "$root/etc/systemd/system/guest-board.service"
  sed -i 's/ttyS0/ttyAMA0/; s/ guest-board.service//' "$root/etc/systemd/system/guest-up.service"
  ssh-keygen -q -t ed25519 -N '' -C cupcheck-arm64-test -f "$out/guest-key"
  install -D -m 600 "$out/guest-key.pub" "$root/root/.ssh/authorized_keys"
  echo cupcheck-guest >"$root/etc/hostname"
  printf '127.0.0.1 localhost cupcheck-guest\n' >"$root/etc/hosts"
  printf '/dev/vda / ext4 noatime 0 0\nshare /host 9p trans=virtio,version=9p2000.L,msize=262144,cache=none,ro,nofail 0 0\n' >"$root/etc/fstab"
  mkdir -p "$root/host"
  head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$root/etc/machine-id"
  local wants=$root/etc/systemd/system/multi-user.target.wants unit
  mkdir -p "$wants"
  for unit in guest-network guest-up; do ln -s "../$unit.service" "$wants/$unit.service"; done
}

step 'kernel' fetch_kernel
kernel=$(basename "$work"/kernel/lib/modules/*)
step 'Debian unpacked' unpack_debian
step 'busybox' fetch_busybox
step 'guest' fill_root
step 'disk' make_disk
step 'Debian set up' set_up_debian
make_initrd boot "$board/init"
mv "$work/root.ext4" "$out/root.ext4"
mv "$work/boot" "$out/initrd"
# QEMU boots the kernel itself, not its compressed form.
cp "$work/kernel/boot/vmlinuz-$kernel" "$out/vmlinuz"
mv "$out" "$image"
find "$cache" -mindepth 1 -maxdepth 1 -type d ! -name "$digest" ! -path "$work" -exec rm -rf {} +
printf '%s\n' "$image"
