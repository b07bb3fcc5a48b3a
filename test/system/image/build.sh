#!/usr/bin/env bash
# Builds the guest of the system test: a Debian 12 that QEMU boots, with the kernel's own V4L2 and GPIO interfaces and no
# real device behind them. Everything comes from Debian's packages. The last line on stdout is the folder that holds
# vmlinuz, initrd, root.ext4 and guest-key. It is cached by a digest of what it is made from.
# Ends with 77, after a line that says why, where this machine cannot build it.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
cache=${CUPCHECK_SYSTEM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/cupcheck/system}

image_name=image
. "$here/steps.sh"

# What the guest has beside Debian's smallest system. The last line: what the package of the station depends on.
packages=(
  systemd-sysv udev dbus kmod procps iproute2 openssh-server
  v4l-utils gpiod e2fsprogs
  adduser libstdc++6 libturbojpeg0 fontconfig fonts-dejavu-core
)
# Modules of the guest's kernel, those for its root disk first.
root_modules=(virtio_pci virtio_blk ext4)
modules=("${root_modules[@]}" virtio_net virtio_rng 9p 9pnet_virtio configfs vivid autofs4)

[ "$(uname -m)" = x86_64 ] || cannot "this is a $(uname -m); the guest is built on x86_64"
need_root_and_apt
tools=(mmdebstrap e2fsprogs cpio zstd kmod busybox-static gcc libc6-dev make openssh-client
  qemu-system-x86 qemu-utils linux-headers-amd64 linux-source-6.1)
install_tools "${tools[@]}"
headers=$(dpkg-query --show --showformat '${Depends}' linux-headers-amd64 | grep -o 'linux-headers-6\.1[^ ,]*' | head -n 1) ||
  cannot 'the headers of linux-headers-amd64 are not those of a 6.1 kernel (Debian 12)'
kernel=${headers#linux-headers-}

begin_image "$({
  printf '%s\n' "$kernel" "${packages[@]}"
  find "$here" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sed "s#$here##"
} | sha256sum | cut -c 1-16)"
say "building for kernel $kernel (some minutes)"
root=$work/root out=$work/image modules_from=$work/kernel
mkdir -p "$out" "$modules_from"

fetch_packages() {
  cd "$work"
  apt-get download -qq "linux-image-$kernel" v4l2loopback-dkms
  dpkg-deb --extract "linux-image-$kernel"_*.deb "$modules_from"
  dpkg-deb --extract v4l2loopback-dkms_*.deb "$work/v4l2loopback"
}

# Debian's kernel has no gpio-sim, nor the simulated interrupts that it needs: both are built from the kernel's own source.
# irq_to_desc is not exported, and generic_handle_irq does the same.
build_modules() {
  local tree=$work/gpio-sim build=/usr/src/linux-headers-$kernel
  mkdir -p "$tree"
  # The first of each is the only one: tar need not read to the end.
  tar --extract --xz --file /usr/src/linux-source-6.1.tar.xz --directory "$tree" --strip-components=1 --occurrence=1 \
    linux-source-6.1/drivers/gpio/gpio-sim.c linux-source-6.1/drivers/gpio/gpiolib.h linux-source-6.1/kernel/irq/irq_sim.c
  mv "$tree/drivers/gpio/gpio-sim.c" "$tree/simulator.c"
  mv "$tree/drivers/gpio/gpiolib.h" "$tree/kernel/irq/irq_sim.c" "$tree/"
  rm -r "$tree/drivers" "$tree/kernel"
  sed -i -e 's/handle_simple_irq(irq_to_desc(irqnum));/generic_handle_irq(irqnum);/' -e '/^EXPORT_SYMBOL/d' "$tree/irq_sim.c"
  printf 'obj-m := gpio-sim.o\ngpio-sim-y := simulator.o irq_sim.o\n' >"$tree/Makefile"
  make -C "$build" "M=$tree" modules

  # v4l2loopback stamps by CLOCK_MONOTONIC without saying so, and does not number what is queued; cameras do both.
  local loopback
  loopback=$(echo "$work"/v4l2loopback/usr/src/v4l2loopback-*)
  sed -i -e 's/^\t\tb->flags = 0;$/\t\tb->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;/' \
    -e 's/^\t\tb->buffer.bytesused = buf->bytesused;$/&\n\t\tb->buffer.sequence = dev->write_position;/' "$loopback/v4l2loopback.c"
  [ "$(grep -cE 'b->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC|b->buffer.sequence = dev' "$loopback/v4l2loopback.c")" = 2 ]
  make -C "$build" "M=$loopback" modules
}

fill_root() {
  local to=$root/usr/lib/modules/$kernel file unit
  depmod -b "$modules_from" "$kernel"
  install_modules "$root" "${modules[@]}"
  mkdir -p "$to/extra"
  for file in "$work/gpio-sim/gpio-sim.ko" "$work"/v4l2loopback/usr/src/v4l2loopback-*/v4l2loopback.ko; do
    install -m 644 "$file" "$to/extra/"
    strip --strip-debug "$to/extra/${file##*/}"
  done
  depmod -b "$root" "$kernel"

  cp -r "$here/guest/." "$root/"
  chmod 755 "$root"/usr/local/sbin/*
  name_guest "$root" "$out"
  # Nothing here needs them, and in emulation each of them costs a second of every boot.
  for unit in getty@tty1.service serial-getty@ttyS0.service systemd-logind.service systemd-binfmt.service \
    proc-sys-fs-binfmt_misc.automount modprobe@{drm,efi_pstore,fuse,loop,dm_mod}.service dev-hugepages.mount dev-mqueue.mount \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer \
    systemd-timesyncd.service systemd-networkd.service systemd-pstore.service ssh.socket; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
  done
  chroot "$root" systemctl set-default --quiet multi-user.target
  chroot "$root" systemctl enable --quiet ssh.service guest-board.service guest-network.service guest-up.service
}

step 'kernel and v4l2loopback' fetch_packages
step 'modules' build_modules
step 'Debian' make_debian amd64 "$root" "${packages[@]}"
step 'guest' fill_root
step 'initrd' make_initrd "$out/initrd" "$here/init" /usr/bin/busybox "${root_modules[@]}"
step 'disk' make_disk "$out/root.ext4" "$root"
cp "$modules_from/boot/vmlinuz-$kernel" "$out/vmlinuz"
keep_image "$out"
printf '%s\n' "$image"
