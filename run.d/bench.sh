# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# ./run bench. Sourced by ../run.

: "${here:?the clone}" "${scratch:?a temporary folder, removed at the end}"

run_bench() {
	case $#:${1-} in
	0: | 1:--quick) ;;
	*) wrong_usage ;;
	esac
	run_install build bench
	dir=$here/build-bench
	if [ ! -f "$dir/build.ninja" ]; then
		say "setting up $dir"
		set_up setup "$dir" "$here" --buildtype=release -Dtests=false -Dbench=true
	fi
	build "$dir" false
	TMPDIR=$scratch PYTHONDONTWRITEBYTECODE=1 python3 "$here/tests/bench/bench.py" "$dir" "$@" </dev/null
}
