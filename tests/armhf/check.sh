#!/bin/sh
# SPDX-License-Identifier: MIT
# Checks that the build runs, and that it runs on an ARMv6.
# usage: check.sh BUILD     of each case a line 'passed NAME' or 'failed NAME' in BUILD/check.txt
set -u

build=$1
tools=arm-linux-gnueabihf
results=$build/check.txt
# shellcheck source=tests/verdicts.sh
. tests/verdicts.sh

own_objects() {
	find "$build/hal" "$build/config" "$build/daemon" "$build/tosctl" -name '*.o'
}

# Each object names the processor that it needs.
all_for_armv6() {
	[ -n "$(own_objects)" ] || return 1
	for object in $(own_objects); do
		$tools-readelf -A "$object" | grep -q 'Tag_CPU_arch: v6$' || {
			echo "$object is not for ARMv6:"
			$tools-readelf -A "$object" | grep Tag_CPU
			return 1
		}
	done
}

# It has no lock-free 64-bit atomics; the compiler calls a library for them, which nobody links.
no_atomics_of_64_bits() {
	# shellcheck disable=SC2046 # names without spaces
	$tools-nm -uA $(own_objects) >"$build/undefined.txt" || return 1
	! grep '__atomic_.*_8\|__sync_.*_8' "$build/undefined.txt"
}

emulated() {
	qemu-arm "$build/daemon/tosd" "$@"
}

# Linked with Debian's libraries, which are for ARMv7: these two.
both_run() {
	emulated --version && qemu-arm "$build/tosctl/tosctl" --version
}

example_maps_are_good() {
	for map in config/maps/*.yaml; do
		emulated --check --config "$map" || return 1
	done
}

all_for_armv6
verdict $? armhf-all-is-for-armv6
no_atomics_of_64_bits
verdict $? armhf-no-64-bit-atomics
both_run
verdict $? armhf-both-programs-run
example_maps_are_good
verdict $? armhf-it-reads-the-example-maps
exit "$status"
