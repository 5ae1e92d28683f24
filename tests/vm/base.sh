#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes what every boot of the virtual machine needs: Debian's kernel with some of its modules and
# ours. Nothing is installed; the packages are unpacked below the folder.
# usage: base.sh FOLDER     the folder gets vmlinux and modules/
set -eu

here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
folder=$(cd "$1" && pwd)
PATH=$PATH:/usr/sbin:/sbin
# One at a time.
exec 8>"$folder.lock"
flock 8

# Those that the tests load, with what they depend on.
modules='configfs virtio_pci virtio_net i2c-dev i2c-stub ti-ads1015 bmp280-i2c lm75 tmp102 jc42
	tsl2563 vl53l0x-i2c inv-mpu6050-i2c'

say() {
	echo "vm: $*"
}

die() {
	echo "vm: $*" >&2
	exit 1
}

# Again after a pause, twice: an archive may be in the middle of an update.
fetch() {
	say "fetching $*"
	for pause in 15 60 end; do
		! (cd "$folder/packages" && apt-get download -q=2 -o APT::Sandbox::User=root \
			-o Acquire::Retries=1 -o Acquire::http::Timeout=20 "$@" >&2) || return 0
		[ "$pause" = end ] || sleep "$pause"
	done
	die "the package archive does not give $*"
}

unpack() {
	for package in "$@"; do
		dpkg-deb -x "$folder/packages/$package"_*.deb "$folder/root"
	done
}

# A signed kernel has the version of the source that it was built from, and the archive keeps that
# source. Of kbuild it keeps the newest alone, which for some days at each update is of the source
# that is still to be signed: any of the series serves, as the headers' dependency says.
# 1: all is there already.
fetch_kernel() {
	image=$(apt-cache depends --important linux-image-amd64 |
		sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
	[ -n "$image" ] || die "apt does not know Debian's kernel (linux-image-amd64)"
	release=${image#linux-image-}
	version=$(apt-cache show --no-all-versions "$image" | sed -n 's/^Version: //p')
	series=$(echo "$release" | cut -d . -f 1,2)
	# Of the series in Debian 12, of the release in Debian 13.
	kbuild=$(apt-cache depends --important "linux-headers-$release" |
		sed -n 's/.*Depends: \(linux-kbuild-.*\)/\1/p' | head -n 1)
	stamp="$release $version $(cat "$here/base.sh" "$here"/module/* | cksum)"
	[ "$(cat "$folder/stamp" 2>/dev/null)" != "$stamp" ] || return 1
	rm -rf "${folder:?}"/*
	mkdir "$folder/packages" "$folder/root"
	fetch "$image=$version" "linux-headers-$release=$version" \
		"linux-headers-${release%-*}-common=$version" "$kbuild" \
		"linux-source-$series=$version"
	unpack "$image" "linux-headers-$release" "linux-headers-${release%-*}-common" \
		"$kbuild" "linux-source-$series"
}

# From the source only what is missing in the kernel and its headers.
unpack_source() {
	say "unpacking the kernel's source"
	mkdir "$folder/source"
	tar -xJf "$folder/root/usr/src/linux-source-$series.tar.xz" -C "$folder/source" \
		--strip-components=1 --wildcards '*/drivers/gpio/gpio-sim.c' \
		'*/drivers/gpio/gpiolib.h' '*/kernel/irq/irq_sim.c' '*/drivers/leds/uleds.c' \
		'*/drivers/gpio/gpio-pcf857x.c' '*/drivers/pinctrl/pinctrl-mcp23s08*' \
		'*/drivers/hwmon/ina2xx.c' '*/drivers/iio/humidity/hdc100x.c' \
		'*/drivers/iio/chemical/bme680*' '*/scripts/extract-vmlinux'
}

# Outside the tree irq_sim cannot reach an interrupt's descriptor, and need not. A released line of
# gpio-sim falls back to its pull; those of a Raspberry Pi keep their level, and so do these.
build_modules() {
	say "building the modules"
	mkdir "$folder/module"
	cp "$here"/module/* "$folder/source/drivers/gpio/gpio-sim.c" \
		"$folder/source/drivers/gpio/gpiolib.h" "$folder/source/kernel/irq/irq_sim.c" \
		"$folder/source/drivers/leds/uleds.c" "$folder/source/drivers/gpio/gpio-pcf857x.c" \
		"$folder/source/drivers/pinctrl/"pinctrl-mcp23s08* \
		"$folder/source/drivers/hwmon/ina2xx.c" \
		"$folder/source/drivers/iio/humidity/hdc100x.c" \
		"$folder/source/drivers/iio/chemical/"bme680* "$folder/module"
	sed -i -e 's/handle_simple_irq(irq_to_desc(irqnum))/generic_handle_irq(irqnum)/' \
		-e '/^EXPORT_SYMBOL/d' "$folder/module/irq_sim.c"
	sed -i 's/gc->free = gpio_sim_free;/(void)gpio_sim_free;/' "$folder/module/gpio-sim.c"
	headers=$folder/root/usr/src/linux-headers-$release
	# It names the place where it would have been installed.
	sed -i "s|[^ ]*/usr/src/|$folder/root/usr/src/|" "$headers/Makefile"
	# Type information for BPF would need pahole.
	make -C "$headers" M="$folder/module" CONFIG_DEBUG_INFO_BTF_MODULES= modules \
		>"$folder/module/log" 2>&1 || {
		cat "$folder/module/log" >&2
		die "the modules cannot be built"
	}
	! grep -A 3 'warning:' "$folder/module/log" >&2 || die "warnings"
}

collect_modules() {
	tree=$folder/modules/lib/modules/$release
	[ -d "$folder/root/lib/modules" ] || ln -s usr/lib "$folder/root/lib"
	mkdir -p "$tree/extra"
	depmod -b "$folder/root" "$release"
	for module in $modules; do
		modprobe -d "$folder/root" -S "$release" --show-depends "$module"
	done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | sort -u | while read -r file; do
		cp "$file" "$tree/extra"
	done
	cp "$folder"/module/*.ko "$tree/extra"
	strip -g "$tree"/extra/*.ko
	cp "$folder/root/lib/modules/$release"/modules.builtin* \
		"$folder/root/lib/modules/$release/modules.order" "$tree"
	depmod -b "$folder/modules" "$release"
}

[ "$(dpkg --print-architecture)" = amd64 ] || die "this machine is no amd64"
fetch_kernel || exit 0
unpack_source
build_modules
collect_modules
sh "$folder/source/scripts/extract-vmlinux" "$folder/root/boot/vmlinuz-$release" >"$folder/vmlinux"
[ -s "$folder/vmlinux" ] || die "the kernel cannot be unpacked"
rm -rf "$folder/packages" "$folder/root" "$folder/source"
echo "$stamp" >"$folder/stamp"
say "$release is ready"
