# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# ./run arm64. Sourced by ../run.

: "${here:?the clone}"
# shellcheck source=run.d/root.sh
. "$here/run.d/root.sh"

# The modules' own tests in qemu-user, then the gateway on the simulated Raspberry Pi 3 of QEMU.
run_arm64() {
	if [ "${1-}" = --no-install ]; then
		shift
	else
		run_install chroot
	fi
	no_arguments arm64 "$@"
	[ "$(dpkg --print-architecture)" = amd64 ] || skip "this machine is no amd64"
	make_root "$here/build-arm64/root" trixie "$(arm64_packages)" --architectures=amd64,arm64
	copy_tree
	status=0
	set_up_in_root aarch64-linux-gnu-gcc build --cross-file tests/arm64/cross.ini
	in_root ninja -C build --quiet || die "the build failed"
	# Emulation is slow, and so is every time limit.
	in_root meson test -C build --no-rebuild --print-errorlogs -t 5 || status=1
	in_root tests/arm64/smoke.sh build || status=1
	in_root python3 tests/tally.py build/meson-logs/testlog.json build/smoke.txt || status=1
	return "$status"
}

# Libraries and what runs on the Raspberry Pi for arm64, tools for this machine.
arm64_packages() {
	packages_of build test | tr , '\n' | sed -n '/^lib/s/$/:arm64/p' | paste -s -d ,
	printf ',%s' ca-certificates cpio gcc-aarch64-linux-gnu kmod meson ninja-build pkgconf \
		qemu-system-arm qemu-user xz-utils
	printf ',%s:arm64' busybox-static mosquitto mosquitto-clients
}
