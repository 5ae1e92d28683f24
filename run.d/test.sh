# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# ./run test. Sourced by ../run.

: "${here:?the clone}" "${scratch:?a temporary folder, removed at the end}"
# shellcheck source=run.d/vm.sh
. "$here/run.d/vm.sh"

run_test() {
	parse_options "$@"
	shift "$options"
	[ -z "$install" ] || run_install build test ${vm:+vm}
	build "$dir" true
	results=$dir/meson-logs
	rm -f "$results/testlog.json" "$results/integration.xml"
	status=0
	meson test -C "$dir" --no-rebuild --print-errorlogs </dev/null || status=1
	TOSD=$dir/daemon/tosd TMPDIR=$scratch PYTHONDONTWRITEBYTECODE=1 python3 -m pytest \
		-q -ra -p no:cacheprovider --basetemp="$scratch/pytest" \
		--junitxml="$results/integration.xml" "$here/tests/integration" "$@" </dev/null ||
		status=1
	set -- "$results/testlog.json" "$results/integration.xml"
	[ -z "$vm" ] || {
		# The fast part of it: the kernel's own drivers are for ./run vm.
		test_vm --ignore-glob="*/test_kernel_*" || status=1
		set -- "$@" "$results/vm.xml"
	}
	python3 "$here/tests/tally.py" "$@" || status=1
	return "$status"
}
