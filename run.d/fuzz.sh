# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# ./run fuzz. Sourced by ../run.

: "${here:?the clone}" "${scratch:?a temporary folder, removed at the end}"

run_fuzz() {
	install=1
	[ "${1-}" != --no-install ] || {
		install=
		shift
	}
	seconds=60
	case ${1-} in
	'' | *[!0-9]*) ;;
	*)
		seconds=$1
		shift
		;;
	esac
	targets=$(cd "$here/tests/fuzz/corpus" && echo *)
	for target in "$@"; do
		case " $targets " in
		*" $target "*) ;;
		*) wrong_usage "fuzz knows no '$target', but $targets" ;;
		esac
	done
	[ -z "$install" ] || run_install build fuzz
	dir=$here/build-fuzz
	# Only who sets it up is alone: several may fuzz at the same time.
	[ -f "$dir/build.ninja" ] || {
		lock_folder x "$dir"
		[ -f "$dir/build.ninja" ] ||
			CC=clang set_up setup "$dir" "$here" -Dfuzz=true -Dtests=disabled \
				-Dman=disabled -Db_sanitize=address,undefined -Db_lundef=false
	}
	build "$dir" disabled
	# The names are words.
	# shellcheck disable=SC2086
	[ $# -gt 0 ] || set -- $targets
	for target in "$@"; do
		fuzz_target "$target"
	done
}

# New inputs are kept in the build folder for the next time. An input that fails is kept there, too.
# It belongs into tests/fuzz/corpus, together with the cure.
fuzz_target() {
	kept=$dir/corpus/$1
	mkdir -p "$kept"
	set -- "$1" "$kept" "$here/tests/fuzz/corpus/$1"
	[ "$1" != map ] || set -- "$@" "$here/tests/config/good" "$here/tests/config/bad" \
		"$here/tests/config/warn"
	target=$1
	shift
	[ ! -f "$here/tests/fuzz/$target.dict" ] || set -- -dict="$here/tests/fuzz/$target.dict" "$@"
	say "fuzzing $target for $seconds s"
	"$dir/tests/fuzz/fuzz_$target" -max_total_time="$seconds" -timeout=20 -max_len=20000 \
		-use_value_profile=1 -print_final_stats=1 -artifact_prefix="$dir/$target-" "$@" \
		>"$scratch/fuzz.log" 2>&1 </dev/null || {
		grep -v '^#' "$scratch/fuzz.log" >&2
		die "$target: the input is in $dir/$target-*"
	}
	say "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$scratch/fuzz.log") inputs"
}
