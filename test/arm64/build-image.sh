#!/usr/bin/env bash
# Builds the arm64 guest: Debian 12 for arm64, which QEMU boots and in which the arm64 package is tried. There is no camera in
# it, and nothing is wired to its lines. Everything comes from Debian's packages. The last line on stdout is the folder that holds
# vmlinuz, initrd, root.ext4 and guest-key. It is cached by a digest of what it is made from.
# Ends with 77, after a line that says why, where this machine cannot build it.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
board=$here/../system/image
cache=${CUPCHECK_ARM64_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/cupcheck/arm64}

image_name='arm64 image'
. "$board/steps.sh"

# What the guest has beside Debian's smallest system. The last line: what the package of the station depends on.
packages=(
  systemd-sysv udev dbus kmod procps iproute2 openssh-server
  adduser libstdc++6 libturbojpeg0 fontconfig fonts-dejavu-core
)
root_modules=(virtio_pci virtio_blk ext4)
modules=("${root_modules[@]}" virtio_net virtio_rng 9p 9pnet_virtio)

need_root_and_apt
tools=(mmdebstrap arch-test qemu-user-static e2fsprogs cpio zstd kmod openssh-client qemu-system-arm qemu-utils)
install_tools "${tools[@]}"
# Debian's own scripts run by QEMU's user emulation, which the kernel is told of meanwhile.
emulation=/proc/sys/fs/binfmt_misc/qemu-aarch64
emulate() {
  [ -e "$emulation" ] && return 0
  mountpoint -q "${emulation%/*}" || mount -t binfmt_misc binfmt_misc "${emulation%/*}" || return
  cat /usr/lib/binfmt.d/qemu-aarch64.conf >"${emulation%/*}/register" || return
  trap 'echo -1 >"$emulation"; rm -rf "$work"' EXIT
}

begin_image "$({
  printf '%s\n' "${packages[@]}"
  find "$here" "$board/init" "$board/steps.sh" "$board/guest" -type f ! -name '*.ts' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sed "s# .*/test/##"
} | sha256sum | cut -c 1-16)"
emulate || cannot 'this kernel runs no programs of another processor (binfmt_misc)'
say 'building (some minutes)'
root=$work/root out=$work/image modules_from=$work/kernel
mkdir -p "$out"

# arm64's own lists, without touching those of this machine. It goes on in the folder of the lists.
arm64_apt() {
  local apt=$work/apt
  mkdir -p "$apt"/{lists/partial,cache/archives/partial}
  touch "$apt/status"
  cd "$apt"
  "$1" -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o "Dir::State::status=$apt/status" \
    -o "Dir::State::lists=$apt/lists" -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root "${@:2}"
}

# The kernel, and Debian's static busybox, which is not among the guest's packages.
fetch_kernel() {
  local package
  arm64_apt apt-get update
  package=$(arm64_apt apt-cache depends linux-image-arm64 | awk '/Depends: linux-image-/ { print $2; exit }')
  arm64_apt apt-get download "$package" busybox-static
  dpkg-deb --extract "$package"_*.deb "$modules_from"
  dpkg-deb --extract busybox-static_*.deb "$work/busybox"
  depmod -b "$modules_from" "${package#linux-image-}"
}

fill_root() {
  install_modules "$root" "${modules[@]}"
  depmod -b "$root" "$kernel"
  cp -r "$board/guest/etc" "$root/"
  # No board: only the network, and the word that it is up, on this machine's serial line.
  rm "$root/etc/systemd/system/guest-board.service"
  sed -i 's/ttyS0/ttyAMA0/; s/ guest-board.service//' "$root/etc/systemd/system/guest-up.service"
  name_guest "$root" "$out"
  local wants=$root/etc/systemd/system/multi-user.target.wants unit
  mkdir -p "$wants"
  for unit in guest-network guest-up; do ln -s "../$unit.service" "$wants/$unit.service"; done
}

step 'kernel' fetch_kernel
kernel=$(basename "$modules_from"/lib/modules/*)
step 'Debian' make_debian arm64 "$root" "${packages[@]}"
step 'guest' fill_root
step 'initrd' make_initrd "$out/initrd" "$board/init" "$work/busybox/bin/busybox" "${root_modules[@]}"
step 'disk' make_disk "$out/root.ext4" "$root"
cp "$modules_from/boot/vmlinuz-$kernel" "$out/vmlinuz"
keep_image "$out"
printf '%s\n' "$image"
