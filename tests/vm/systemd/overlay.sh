#!/bin/sh
# SPDX-License-Identifier: MIT
# Packs what comes on top of root.cpio: tosd as meson installs it, the kernel's modules, the parts
# behind the I2C buses and the test's own way in. With packages, these instead of an installed tosd.
# usage: overlay.sh BASE BUILD OUTPUT [PACKAGE...]     BASE is the folder of base.sh and root.sh
set -eu

here=$(cd "$(dirname "$0")" && pwd)
base=$1
build=$2
output=$3
shift 3
root=$(mktemp -d "${TMPDIR:-/tmp}/tos-root.XXXXXX")
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"

# It is installed as for a user: below /usr/local, which systemd and udev know as well.
[ $# -gt 0 ] || meson install -C "$build" --no-rebuild --quiet --destdir "$root" >/dev/null
for package in "$@"; do
	install -D -m 644 "$package" "$root/srv/${package##*/}"
done
for program in i2c_server control; do
	install -D "$build/tests/vm/$program" "$root/usr/local/bin/$program"
done
install -D "$here/../devices" "$root/usr/local/sbin/devices"
install -D -m 644 "$here/vm.service" "$root/etc/systemd/system/vm.service"
mkdir -p "$root/usr/lib" "$root/etc/systemd/system/multi-user.target.wants" \
	"$root/etc/mosquitto/conf.d" "$root/var"
[ $# -gt 0 ] || mkdir "$root/etc/tos"
cp -a "$base/modules/lib/modules" "$root/usr/lib/modules"
ln -s ../vm.service "$root/etc/systemd/system/multi-user.target.wants/vm.service"

# In a merged /usr, /lib is a link; unpacking must not replace it.
for program in "$build/daemon/tosd" "$build/tests/vm/i2c_server"; do
	ldd "$program" | grep -o '/[^ ]*'
done | sed 's|^/usr||' | sort -u | while read -r library; do
	case $library in
	/lib64/*) ;; # the loader is there
	*) install -D "$library" "$root/usr$library" ;;
	esac
done

# The machine was booted before: of the work after an update it has only the users to make.
sysusers=$root/etc/systemd/system/systemd-sysusers.service.d
mkdir -p "$sysusers"
printf '%s\n' '[Unit]' 'ConditionNeedsUpdate=' >"$sysusers/vm.conf"
echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
touch "$root/etc/.updated" "$root/var/.updated"
printf '%s\n' 'listener 1883' 'allow_anonymous true' >"$root/etc/mosquitto/conf.d/vm.conf"
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
	e2scrub_reap.service fstrim.timer getty@tty1.service serial-getty@ttyS0.service \
	systemd-firstboot.service systemd-update-utmp.service; do
	ln -s /dev/null "$root/etc/systemd/system/$unit"
done

(cd "$root" && find . | cpio --quiet -o -H newc -R 0:0 | gzip -1) >"$output"
