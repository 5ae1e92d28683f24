# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# ./run check: what needs no build. Sourced by ../run.

: "${here:?the clone}" "${scratch:?a temporary folder, removed at the end}"

columns=100

# All of it side by side, each with an output of its own.
run_check() {
	if [ "${1-}" = --no-install ]; then
		shift
	else
		run_install build test check
	fi
	no_arguments check "$@"
	cd "$here" || exit
	checks='format width spdx shell syntax_gcc syntax_clang'
	for check in $checks; do
		{
			begin=$(date +%s%N)
			verdict=passed
			"check_$check" >"$scratch/$check.log" 2>&1 9>&- </dev/null || verdict=failed
			echo "$verdict $check $((($(date +%s%N) - begin) / 1000000)) ms" >"$scratch/$check.txt"
		} &
		children="$! $children"
	done
	for child in $children; do
		wait "$child" || :
	done
	children=
	for check in $checks; do
		[ -s "$scratch/$check.txt" ] || echo "failed $check" >"$scratch/$check.txt"
		cat "$scratch/$check.txt"
		grep -q '^passed ' "$scratch/$check.txt" || sed 's/^/  | /' "$scratch/$check.log"
	done
	cat "$scratch"/*.txt >"$scratch/all.lines"
	python3 tests/tally.py "$scratch/all.lines"
}

# The clone may belong to another user. A file that was deleted and not yet committed is left out.
own_files() {
	git -c safe.directory="$here" ls-files --cached --others --exclude-standard -- "$@" |
		while read -r file; do
			[ ! -f "$file" ] || echo "$file"
		done
}

check_format() {
	own_files '*.c' '*.h' | xargs -P 2 -n 50 clang-format --dry-run --Werror
}

check_width() {
	own_files '*.c' '*.h' | LC_ALL=C xargs awk -v columns="$columns" -f run.d/width.awk
}

check_spdx() {
	missing=$(own_files | grep -vxE 'LICENSE|debian/(changelog|copyright|source/format)|tests/fuzz/corpus/.*|.*\.(json|patch|png)' | xargs awk '
		FNR == 1 { all[FILENAME] }
		FNR <= 3 && /SPDX-License-Identifier/ { has[FILENAME] }
		END { for (name in all) if (!(name in has)) print name }')
	[ -z "$missing" ] || {
		printf "no SPDX line in:\n%s\n" "$missing"
		return 1
	}
}

check_shell() {
	own_files | while read -r file; do
		case $file in
		*.sh) echo "$file" ;;
		*.[a-z]*[!/] | tests/fuzz/corpus/*) ;;
		*)
			read -r first <"$file" || :
			case $first in '#!/bin/sh' | '#!/bin/bash') echo "$file" ;; esac
			;;
		esac
	done | xargs -P 2 -n 12 shellcheck -x
}

# Every file as the build would compile it, with all warnings, but without code.
syntax() {
	folder=$here/build-check/$1
	[ -f "$folder/compile_commands.json" ] ||
		CC=$1 set_up setup "$folder" -Dwerror=true -Dtests=enabled -Dman=disabled -Dbench=true
	ninja -C "$folder" --quiet build.ninja || return 1
	python3 run.d/syntax.py "$folder/compile_commands.json"
}

check_syntax_gcc() {
	syntax gcc
}

check_syntax_clang() {
	syntax clang
}
