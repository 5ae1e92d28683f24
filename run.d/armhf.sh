# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# ./run armhf. Sourced by ../run.

: "${here:?the clone}"
# shellcheck source=run.d/cross.sh
. "$here/run.d/cross.sh"

# The 32-bit Raspberry Pi OS runs on the first Raspberry Pi, too, and is built for its processor,
# which knows less than Debian's armhf asks for. So our own code is built as for that one.
run_armhf() {
	cross_install armhf "$@"
	if [ -n "$package_only" ]; then
		cross_package armhf
		return
	fi
	cross_build armhf arm-linux-gnueabihf-gcc gcc-arm-linux-gnueabihf
	status=0
	in_root tests/armhf/check.sh build || status=1
	cross_test || status=1
	in_root python3 tests/tally.py build/meson-logs/testlog.json build/check.txt || status=1
	return "$status"
}
