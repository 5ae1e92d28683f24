#!/bin/sh
# SPDX-License-Identifier: MIT
# Boots QEMU's Raspberry Pi 3 with Debian's kernel and the gateway, where ./init runs the cases.
# usage: smoke.sh BUILD     of each case a line 'passed NAME' or 'failed NAME' in BUILD/smoke.txt
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
kernel=$build/kernel
root=$build/initramfs
libraries=/usr/lib/aarch64-linux-gnu
boot_timeout_s=300 # 5 s on an idle machine

die() {
	echo "arm64: $*" >&2
	exit 1
}

# Downloaded and unpacked, not installed; kept for the next run.
fetch_kernel() {
	[ ! -e "$kernel/ready" ] || return 0
	rm -rf "$kernel"
	mkdir -p "$kernel"
	image=$(apt-cache depends --important linux-image-arm64:arm64 |
		sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
	[ -n "$image" ] || die "apt does not know Debian's kernel for arm64"
	echo "arm64: fetching $image"
	(cd "$kernel" && apt-get download -q=2 -o APT::Sandbox::User=root "$image") ||
		die "cannot download $image"
	dpkg-deb -x "$kernel"/linux-image-*.deb "$kernel"
	rm "$kernel"/linux-image-*.deb
	ln -s usr/lib "$kernel/lib"
	touch "$kernel/ready"
}

# The programs, each with the libraries that it asks for.
add_programs() {
	cp /usr/bin/busybox "$root/bin"
	cp /lib/ld-linux-aarch64.so.1 "$root/lib"
	for program in "$build/daemon/tosd" /usr/sbin/mosquitto /usr/bin/mosquitto_rr; do
		cp "$program" "$root/bin"
		qemu-aarch64 /lib/ld-linux-aarch64.so.1 --list "$program"
	done | sed -n 's|.*=> \(/[^ ]*\) .*|\1|p' | sort -u | while read -r library; do
		cp -L "$library" "$root$libraries"
	done
}

# In the order in which they are to be loaded. Busybox cannot unpack them.
add_modules() {
	release=$(basename "$kernel"/lib/modules/*)
	depmod -b "$kernel" "$release"
	for module in i2c-bcm2835 i2c-dev pwm-bcm2835 bcm2835_wdt bcm2835_thermal lm75; do
		modprobe -d "$kernel" -S "$release" --show-depends "$module"
	done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | while read -r file; do
		name=$(basename "$file" .xz)
		[ ! -e "$root/modules/$name" ] || continue
		xz -dc "$file" >"$root/modules/$name"
		echo "/modules/$name" >>"$root/modules/order"
	done
}

pack() {
	rm -rf "$root"
	mkdir -p "$root/bin" "$root/dev" "$root/etc" "$root/lib" "$root/modules" "$root/proc" \
		"$root/sys" "$root/tmp" "$root$libraries"
	install -m 755 "$here/init" "$root/init"
	cp "$here"/*.yaml "$root/etc"
	echo root:x:0:0::/:/bin/sh >"$root/etc/passwd"
	printf '%s\n' 'user root' 'listener 1883 127.0.0.1' 'allow_anonymous true' \
		>"$root/etc/mosquitto.conf"
	add_programs
	add_modules
	(cd "$root" && find . | cpio --quiet -o -H newc -R 0:0 | gzip -1) >"$build/initramfs.gz"
}

# With more than one thread that board's timers go wrong. The first serial port belongs to Bluetooth.
# One temperature sensor is at the address of a BME280, and another one is for the kernel. Both show 0 °C.
boot() {
	timeout "$boot_timeout_s" qemu-system-aarch64 -M raspi3b -accel tcg,thread=single \
		-kernel "$kernel"/boot/vmlinuz-* \
		-dtb "$kernel"/usr/lib/linux-image-*/broadcom/bcm2837-rpi-3-b.dtb \
		-initrd "$build/initramfs.gz" \
		-append "console=ttyS1,115200 quiet panic=-1" \
		-device tmp105,bus=i2c-bus.1,address=0x76 \
		-device tmp105,bus=i2c-bus.1,address=0x48 \
		-display none -monitor none -no-reboot -serial null -serial stdio </dev/null
}

fetch_kernel
pack
boot | tr -d '\r' >"$build/console.log" || :
sed -n 's/^case: //p' "$build/console.log" >"$build/smoke.txt"
grep -qx end "$build/smoke.txt" || echo "failed arm64-comes-to-the-end" >>"$build/smoke.txt"
sed -i '/^end$/d' "$build/smoke.txt"
cat "$build/smoke.txt"
! grep -q ^failed "$build/smoke.txt" || {
	cat "$build/console.log" >&2
	exit 1
}
