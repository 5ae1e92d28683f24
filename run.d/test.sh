# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# ./run test. Sourced by ../run.

: "${here:?the clone}" "${scratch:?a temporary folder, removed at the end}"

run_test() {
	install=1
	dir=$here/build
	while [ $# -gt 0 ]; do
		case $1 in
		--no-install) install= ;;
		--build)
			[ $# -ge 2 ] || die "--build needs a folder"
			dir=$(realpath -m "$2")
			shift
			;;
		*) break ;;
		esac
		shift
	done
	[ -z "$install" ] || run_install build test
	build "$dir" true
	results=$dir/meson-logs
	rm -f "$results/testlog.json" "$results/integration.xml"
	status=0
	meson test -C "$dir" --no-rebuild --print-errorlogs </dev/null || status=1
	TOSD=$dir/daemon/tosd TMPDIR=$scratch PYTHONDONTWRITEBYTECODE=1 python3 -m pytest \
		-q -ra -p no:cacheprovider --basetemp="$scratch/pytest" \
		--junitxml="$results/integration.xml" "$here/tests/integration" "$@" </dev/null ||
		status=1
	python3 "$here/tests/tally.py" "$results/testlog.json" "$results/integration.xml" || status=1
	return "$status"
}
