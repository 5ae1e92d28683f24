# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# ./run editor. Sourced by ../run.

: "${dir?the build folder}" "${here:?the clone}" "${scratch:?a temporary folder, removed at the end}"

# The device map in an editor: yaml-language-server, of npm, with the schema that tosctl makes.
run_editor() {
	with_options editor_all "$@"
}

editor_all() {
	[ -z "$install" ] || run_install build editor
	modules=$dir/editor
	bring_modules
	build "$dir" disabled
	results=$scratch/editor.xml
	status=0
	TOSD=$dir/daemon/tosd TOS_NODE_MODULES=$modules/node_modules TMPDIR=$scratch \
		PYTHONDONTWRITEBYTECODE=1 python3 -m pytest -q -ra -p no:cacheprovider \
		--basetemp="$scratch/pytest" --junitxml="$results" "$here/tests/editor" "$@" \
		</dev/null || status=1
	python3 "$here/tests/tally.py" "$results" || status=1
	return "$status"
}

# The packages of the lockfile, with their checksums. They are kept until the lockfile changes.
bring_modules() {
	mkdir -p "$dir"
	lock_folder x "$modules"
	! cmp -s "$here/tests/editor/package-lock.json" "$modules/complete" || return 0
	say "bringing in yaml-language-server"
	cp "$here/tests/editor/package.json" "$here/tests/editor/package-lock.json" "$modules"
	persist npm_ci || {
		cat "$scratch/npm.log" >&2
		die "the package archive of npm does not give all that is needed, see above"
	}
	cp "$modules/package-lock.json" "$modules/complete"
}

npm_ci() {
	npm ci --prefix "$modules" --cache "$scratch/npm" --ignore-scripts --no-audit --no-fund \
		--no-update-notifier >"$scratch/npm.log" 2>&1 </dev/null
}
