#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes a Debian root with systemd as an initramfs, from the sources and for the release of the
# machine that it runs on.
# usage: root.sh FOLDER     the folder gets root.cpio
set -eu

here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
folder=$(cd "$1" && pwd)
# One at a time.
exec 8>"$folder.lock"
flock 8

# shellcheck source=/dev/null
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
stamp="$release $(cksum <"$here/root.sh")"
[ "$(cat "$folder/root.stamp" 2>/dev/null)" != "$stamp" ] || exit 0
rm -f "$folder/root.stamp"

# Third parties' sources are not wanted.
sources=
for file in /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources; do
	[ ! -s "$file" ] || sources="$sources $file"
done

# The package of tosd is installed without an archive in reach. nginx is for the page, openssl for its
# certificate, and for busybox: what that knows of TLS itself is too old for nginx.
case $release in
bookworm) libgpiod=libgpiod2 ;;
*) libgpiod=libgpiod3 ;;
esac

echo "vm: making a root of Debian $release"
# Without the files that are open here: mmdebstrap hands the numbers of its own to dash, which takes
# none above 9.
make() {
	# shellcheck disable=SC2016,SC2086 # $1 is the hook's; the sources are words
	mmdebstrap --variant=minbase --format=null \
		--include=systemd,systemd-sysv,udev,kmod,mosquitto,busybox-static,nginx,openssl \
		--include=libcjson1,"$libgpiod",libi2c0,libpaho-mqtt1.3,libsqlite3-0,libyaml-0-2 \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--customize-hook='chroot "$1" systemctl --quiet disable nginx' \
		--customize-hook='cd "$1" && rm -rf var/cache/apt/* var/lib/apt/lists/* && find . -xdev |
			cpio --quiet -o -H newc >'"$folder/root.cpio" \
		'' /dev/null $sources >"$folder/root.log" 2>&1 </dev/null 8>&- 9>&-
}

# Again after a pause, twice: an archive may be in the middle of an update.
for pause in 15 60 end; do
	! make || break
	[ "$pause" != end ] || {
		cat "$folder/root.log" >&2
		echo "vm: the package archive gives no root of Debian $release" >&2
		exit 1
	}
	sleep "$pause"
done
echo "$stamp" >"$folder/root.stamp"
