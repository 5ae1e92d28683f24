# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# ./run debian13. Sourced by ../run.

: "${here:?the clone}"
# shellcheck source=run.d/root.sh
. "$here/run.d/root.sh"

# What differs from Debian 12: libgpiod 2 instead of 1.6, gcc 14, clang 19, newer versions of all
# the rest. Both compilers' warnings are errors; clang's build runs the modules' own tests only.
run_debian13() {
	if [ "${1-}" = --no-install ]; then
		shift
	else
		run_install chroot
	fi
	make_root "$here/build-debian13/root" trixie "$(packages_of build test vm),clang"
	copy_tree
	status=0
	set_up_in_root gcc build
	in_root ./run test --no-install "$@" || status=1
	set_up_in_root clang build-clang
	in_root ninja -C build-clang --quiet || die "the build with clang failed"
	in_root meson test -C build-clang --no-rebuild --print-errorlogs || status=1
	in_root python3 tests/tally.py build/meson-logs/testlog.json build/meson-logs/integration.xml \
		build/meson-logs/vm.xml build-clang/meson-logs/testlog.json || status=1
	return "$status"
}
