# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# ./run arm64. Sourced by ../run.

: "${here:?the clone}"
# shellcheck source=run.d/cross.sh
. "$here/run.d/cross.sh"

# The modules' own tests in qemu-user, then the gateway on the simulated Raspberry Pi 3 of QEMU.
run_arm64() {
	cross_install arm64 "$@"
	if [ -n "$package_only" ]; then
		cross_package arm64
		return
	fi
	cross_build arm64 aarch64-linux-gnu-gcc cpio gcc-aarch64-linux-gnu kmod qemu-system-arm \
		xz-utils busybox-static:arm64 mosquitto:arm64 mosquitto-clients:arm64
	status=0
	cross_test || status=1
	in_root tests/arm64/smoke.sh build || status=1
	in_root python3 tests/tally.py build/meson-logs/testlog.json build/smoke.txt || status=1
	return "$status"
}
