#!/bin/sh
# SPDX-License-Identifier: MIT
# Packs what the virtual machine runs: busybox, modules, a broker and the programs to be tested, each
# with the libraries that it asks for.
# usage: initramfs.sh BASE OUTPUT PROGRAM...     BASE is the folder of base.sh
set -eu

here=$(cd "$(dirname "$0")" && pwd)
base=$1
output=$2
shift 2
PATH=$PATH:/usr/sbin:/sbin
root=$(mktemp -d "${TMPDIR:-/tmp}/tos-root.XXXXXX")
trap 'rm -rf "$root"' EXIT

chmod 755 "$root"
mkdir -p "$root/bin" "$root/sbin" "$root/dev" "$root/proc" "$root/sys" "$root/tmp" "$root/etc" \
	"$root/root" "$root/var/lib/tos"
cp "$(command -v busybox)" "$root/bin/busybox"
install -m 755 "$here/init" "$root/init"
install -m 755 "$here/devices" "$root/bin/devices"
cp -a "$base/modules/lib" "$root/lib"

cat >"$root/etc/passwd" <<'END'
root:x:0:0::/root:/bin/sh
tos:x:900:900::/:/bin/sh
END
echo '127.0.0.1 localhost' >"$root/etc/hosts"
printf '%s\n' root:x:0: gpio:x:901: i2c:x:902: tos:x:900: >"$root/etc/group"
printf '%s\n' 'user root' 'listener 1883' 'allow_anonymous true' 'set_tcp_nodelay true' \
	>"$root/etc/mosquitto.conf"

for program in "$(command -v mosquitto)" "$@"; do
	cp "$program" "$root/bin"
	ldd "$program" | grep -o '/[^ ]*'
done | sort -u | while read -r library; do
	mkdir -p "$root${library%/*}"
	cp -L "$library" "$root$library"
done

(cd "$root" && find . | cpio --quiet -o -H newc -R 0:0 | gzip -1) >"$output"
