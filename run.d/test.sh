# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# ./run test. Sourced by ../run.

: "${dir?the build folder}" "${passes?all or some}" "${here:?the clone}" "${scratch:?a temporary folder, removed at the end}"
# shellcheck source=run.d/vm.sh
. "$here/run.d/vm.sh"

# The tests of tests/integration mostly wait, so many of them run side by side.
workers=12

run_test() {
	with_options test_all "$@"
}

test_all() {
	[ -z "$install" ] || run_install build man test ${vm:+vm}
	check_arguments "$@"
	build "$dir" enabled
	status=0
	log=testlog-$$
	units=$dir/meson-logs/$log.json
	if [ "$passes" = alone ]; then
		units=
	else
		# Two of ./run test may work in one folder.
		meson test -C "$dir" --no-rebuild --print-errorlogs --logbase "$log" </dev/null || status=1
	fi
	integration "$@"
	set -- ${units:+"$units"}
	for suite in $suites; do
		set -- "$@" "$scratch/$suite.xml"
	done
	[ -z "$vm" ] || {
		# The fast part of it: the kernel's own drivers are for ./run vm.
		test_vm --ignore-glob="*/test_kernel_*" || status=1
		set -- "$@" "$scratch/vm.xml"
	}
	python3 "$here/tests/tally.py" "$@" || status=1
	rm -f "$dir/meson-logs/$log".*
	return "$status"
}

# A mistyped option is reported now, and not after minutes of building and testing.
check_arguments() {
	code=0
	PYTHONDONTWRITEBYTECODE=1 python3 -m pytest -q -p no:cacheprovider --collect-only \
		"$here/tests/integration/conftest.py" "$@" </dev/null >"$scratch/arguments" 2>&1 || code=$?
	[ "$code" -ne 4 ] || {
		grep -i 'error: ' "$scratch/arguments" | grep -v usage: >&2
		wrong_usage "pytest does not understand: $*"
	}
}

# integration PYTEST-ARGUMENT...: in two passes. Tests that measure time have the machine to
# themselves, except under a sanitizer, where nobody looks at the clock.
integration() {
	suites=
	where=$here/tests/integration
	for argument in "$@"; do
		[ ! -e "${argument%%::*}" ] || where=
	done
	for pass in ${passes:-together alone}; do
		pytest_pass "$@"
	done
	[ -n "$suites" ] || {
		say "no test of tests/integration is selected by: $*"
		status=1
	}
}

# Runs $pass. A pass in which no test was asked for does not count.
pytest_pass() {
	code=0
	side_by_side=
	[ "$pass" = alone ] || ! python3 -c 'import xdist' 2>/dev/null || side_by_side="-n $workers"
	# shellcheck disable=SC2086 # two words or none
	TOS_TESTS=$pass TOSD=$dir/daemon/tosd TMPDIR=$scratch PYTHONDONTWRITEBYTECODE=1 python3 -m pytest \
		-q -ra -p no:cacheprovider --basetemp="$scratch/pytest-$pass" $side_by_side \
		--junitxml="$scratch/$pass.xml" ${where:+"$where"} "$@" </dev/null || code=$?
	case $code in
	0) ;;
	4) die "pytest does not understand: $*" ;;
	5) return 0 ;;
	*) status=1 ;;
	esac
	suites="$suites $pass"
}
