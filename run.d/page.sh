# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# ./run page. Sourced by ../run.

: "${dir?the build folder}" "${here:?the clone}" "${scratch:?a temporary folder, removed at the end}"

run_page() {
	with_options page_all "$@"
}

page_all() {
	[ -z "$install" ] || run_install build page browser
	# shellcheck disable=SC2034 # for build
	page=1
	build "$dir" disabled
	results=$scratch/page.xml
	status=0
	# Most of it is waiting: two browsers at a time.
	side_by_side=
	! python3 -c 'import xdist' 2>/dev/null || side_by_side="-n 2 --dist loadfile"
	# shellcheck disable=SC2086 # words or none
	TOSD=$dir/daemon/tosd TOS_PAGE=$dir/page TMPDIR=$scratch PYTHONDONTWRITEBYTECODE=1 \
		python3 -m pytest -q -ra -p no:cacheprovider --basetemp="$scratch/pytest" $side_by_side \
		--junitxml="$results" "$here/tests/page" "$@" </dev/null || status=1
	python3 "$here/tests/tally.py" "$results" || status=1
	return "$status"
}
