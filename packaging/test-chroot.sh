#!/usr/bin/env bash
# Installs, upgrades, removes and purges the package in a fresh Debian 12 below a temporary folder, as root:
#   packaging/test-chroot.sh OLD.deb NEWER.deb
# It needs debootstrap and this machine's own Debian mirror. No service runs there: that is for a machine that boots.
set -euo pipefail

[ $# -eq 2 ] || { echo 'usage: packaging/test-chroot.sh OLD.deb NEWER.deb' >&2; exit 2; }
[ "$(id -u)" -eq 0 ] || { echo 'run it as root: it makes a chroot' >&2; exit 2; }
old=$(realpath "$1") newer=$(realpath "$2")
picture=$(dirname "$(realpath "$0")")/../models/demo/03-impostor.jpg

passed=0 failed=0
check() {
  local name=$1
  shift
  if "$@" >/tmp/cupcheck-chroot.log 2>&1; then passed=$((passed + 1)); printf 'ok: %s\n' "$name"
  else failed=$((failed + 1)); printf 'FAILED: %s (%s)\n' "$name" "$*"; tail -n 20 /tmp/cupcheck-chroot.log; fi
}

# CHROOT names one that is kept between runs.
root=${CHROOT:-}
if [ -z "$root" ]; then
  root=$(mktemp -d /var/tmp/cupcheck-chroot.XXXXXX)
  trap 'umount "$root/proc" 2>/dev/null; rm -rf --one-file-system "$root"' EXIT
else
  trap 'umount "$root/proc" 2>/dev/null' EXIT
fi
if [ ! -e "$root/etc/debian_version" ]; then
  mirror=$(apt-get indextargets --format '$(SITE)' 'Codename: bookworm' | head -n 1)
  debootstrap --variant=minbase bookworm "$root" "$mirror" >/tmp/cupcheck-debootstrap.log || { tail /tmp/cupcheck-debootstrap.log; exit 1; }
fi
cp /etc/resolv.conf "$root/etc/resolv.conf"
mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"

inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
apt() { inside apt-get -y -qq -o Dpkg::Use-Pty=0 --no-install-recommends "$@"; }
exists() { [ -e "$root$1" ]; }
absent() { [ ! -e "$root$1" ] && [ ! -L "$root$1" ]; }
owner() { [ "$(inside stat -c '%U:%G %a' "$1")" = "$2" ]; }
enabled() { [ -L "$root/etc/systemd/system/cupcheck.target.wants/$1" ]; }
disabled() { ! enabled "$1"; }
state() { [ "$(inside dpkg-query -W -f '${db:Status-Status} ${Version}' cupcheck)" = "$1" ]; }
user() { inside getent passwd "$1"; }
no_user() { ! inside getent passwd "$1"; }
# Both end with 1 here: an impostor is amber, and a chroot has no broker.
judges() {
  cp "$picture" "$root/tmp/cup.jpg"
  local said
  said=$(inside cupcheck judge /tmp/cup.jpg --expect harbour-2021 --count 5 --px-per-mm 8 --json) || [ $? -eq 1 ]
  grep -q '"verdict":"amber"' <<<"$said"
}
says_version() { [ "$(inside cupcheck --version)" = "$(inside sed -n 's/.*"version": "\(.*\)".*/\1/p' /usr/lib/cupcheck/package.json)" ]; }
own_node() {
  local said
  said=$(inside cupcheck doctor --json) || [ $? -eq 1 ]
  grep -q '"Node 24\.' <<<"$said"
}
same_config() { [ "$(tail -n 1 "$root/etc/cupcheck/config.yaml")" = 'station: { name: line-7 }' ]; }
installed_version() { dpkg-deb -f "$1" Version; }

apt update
cp "$old" "$root/tmp/old.deb"
cp "$newer" "$root/tmp/newer.deb"

check 'installs' apt install /tmp/old.deb
check 'is configured' state "installed $(installed_version "$old")"
check 'the command runs' says_version
check 'with the Node of the package' own_node
check 'and judges a picture' judges
check 'the users are there' eval 'user cupcheck && user cupcheck-light'
check 'the config is there' exists /etc/cupcheck/config.yaml
check 'passwords are for the station alone' owner /etc/cupcheck/secrets 'root:cupcheck 750'
check 'the light is enabled' enabled cupcheck-light.service
check 'the station is enabled' enabled cupcheck.service
check 'the target is enabled' test -L "$root/etc/systemd/system/multi-user.target.wants/cupcheck.target"
check 'the man page is there' exists /usr/share/man/man1/cupcheck.1.gz
check 'the units hold' inside systemd-analyze verify --man=no /lib/systemd/system/cupcheck.service /lib/systemd/system/cupcheck-light.service /lib/systemd/system/cupcheck.target

echo 'station: { name: line-7 }' >>"$root/etc/cupcheck/config.yaml"
inside systemctl disable cupcheck.service 2>/dev/null
inside install -d -o cupcheck -g cupcheck /var/lib/cupcheck
inside touch /var/lib/cupcheck/journal.db
check 'upgrades' apt install /tmp/newer.deb
check 'to the newer version' state "installed $(installed_version "$newer")"
check 'leaves the config alone' same_config
check 'leaves disabled what was disabled' disabled cupcheck.service
check 'leaves enabled what was enabled' enabled cupcheck-light.service

rm "$root/etc/cupcheck/config.yaml"
check 'installs again' apt install --reinstall /tmp/newer.deb
check 'makes no config where it was taken away' absent /etc/cupcheck/config.yaml
echo 'station: { name: line-7 }' >>"$root/etc/cupcheck/config.yaml"

check 'removes' apt remove cupcheck
check 'takes the program away' absent /usr/lib/cupcheck
check 'keeps the config' same_config
check 'keeps the results' exists /var/lib/cupcheck/journal.db
check 'keeps the users' user cupcheck
check 'installs after a removal' apt install /tmp/newer.deb
check 'with the config as it was' same_config

check 'purges' apt purge cupcheck
for path in /etc/cupcheck /var/lib/cupcheck /usr/lib/cupcheck /usr/bin/cupcheck /etc/systemd/system/cupcheck.target.wants \
  /etc/systemd/system/cupcheck.service /lib/udev/rules.d/60-cupcheck.rules; do
  check "leaves no $path" absent "$path"
done
check 'leaves no user' eval 'no_user cupcheck && no_user cupcheck-light'

printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
