# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# ./run bench. Sourced by ../run.

: "${here:?the clone}" "${scratch:?a temporary folder, removed at the end}"

run_bench() {
	case $#:${1-} in
	0: | 1:--quick) ;;
	*) wrong_usage "bench knows --quick alone, not '$*'" ;;
	esac
	run_install build bench
	dir=$here/build-bench
	if [ ! -f "$dir/build.ninja" ]; then
		say "setting up $dir"
		set_up setup "$dir" "$here" --buildtype=release -Dtests=disabled -Dbench=true
	fi
	build "$dir" disabled
	TMPDIR=$scratch PYTHONDONTWRITEBYTECODE=1 python3 "$here/tests/bench/bench.py" "$dir" "$@" </dev/null
}
