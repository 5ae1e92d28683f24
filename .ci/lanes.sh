# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2030,SC2031 # a lane's name is its own
# Lanes that run side by side, checks that come one after the other in a lane, and what they took.
# Sourced by run and nightly.

: "${out:?the folder of builds, logs and results}"
export LC_ALL=C.UTF-8 PATH=/usr/bin:/bin:/usr/sbin:/sbin:$PATH
# The longest wait for an event in a test. It costs nothing if the event comes.
export TOS_TEST_TIMEOUT=60
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1

lane=gate
limit_s=3000
declare -A lanes=()

# only "$@": where the script called itself to run one of its functions, with a limit of time.
only() {
	[ "${1-}" = --only ] || return 0
	shift
	"$@"
	exit
}

begin() {
	rm -rf "$out"
	mkdir -p "$out/running"
	trap 'stop_lanes; exit 143' INT TERM HUP
}

# start LANE: a function of that name, in the background.
start() {
	(
		trap - INT TERM HUP
		lane=${1#lane_}
		"$1"
		touch "$out/$1.ended"
	) </dev/null &
	lanes[$!]=$1
}

join() {
	wait
	lanes=()
}

# The lanes first, so that they begin nothing more. timeout passes the signal on to all that it runs.
stop_lanes() {
	local file
	[ ${#lanes[@]} -eq 0 ] || kill "${!lanes[@]}" 2>/dev/null
	for file in "$out"/running/*; do
		[ ! -e "$file" ] || kill "${file##*/}" 2>/dev/null
	done
	wait
	# A check that was stopped has no verdict.
	for file in "$out"/*-tests.log; do
		grep -q "^[a-z]* $(basename "$file" .log)\$" "$out/checks.txt" || rm -f "$file"
	done
}

# await_file FILE LANE: waits until the lane has made the file. Fails if the lane ends without it.
await_file() {
	while [ ! -e "$1" ]; do
		[ ! -e "$out/$2.ended" ] || return 1
		sleep 1
	done
}

minutes() {
	printf '%d:%02d' $(($1 / 60)) $(($1 % 60))
}

# check NAME COMMAND...: its output is shown when it fails, and kept in build-ci/NAME.log. One that
# could not get what it needs from the package archive is no verdict about the change, and says so.
check() {
	local name=$1 log=$out/$1.log start=$SECONDS verdict=passed remark='' took
	shift
	run_limited "$@" >"$log" 2>&1 </dev/null || verdict=failed
	[ "$verdict" = passed ] || {
		sed 's/^/  | /' "$log"
		! grep -q 'the package archive' "$log" ||
			remark='  (could not get packages: not the fault of the change)'
	}
	took=$((SECONDS - start))
	printf '%s %s\n' "$verdict" "$name" >>"$out/checks.txt"
	printf '%s\t%s\t%d\t%d\t%s\n' "$lane" "$name" "$start" "$took" "$verdict$remark" >>"$out/took.txt"
	printf '%7s  %-7s %-8s %-14s %6s%s\n' "$(minutes $SECONDS)" "$verdict" "$lane" "$name" \
		"$(minutes $took)" "$remark"
	[ "$verdict" = passed ]
}

run_limited() {
	local code=0 pid
	timeout -k 30 "$limit_s" "$PWD/.ci/${0##*/}" --only "$@" &
	pid=$!
	touch "$out/running/$pid"
	wait "$pid" || code=$?
	rm -f "$out/running/$pid"
	[ "$code" -ne 124 ] || echo "ended after $limit_s s"
	return "$code"
}

# suite NAME COMMAND...: a check whose last line, N passed, N failed, N skipped, counts as well.
suite() {
	local name=$1-tests
	shift
	check "$name" "$@"
}

# whole NAME COMMAND...: a suite that elsewhere may be skipped, with the reason. Here it must run.
whole() {
	suite "$@"
	check "$1-is-whole" no_skip "$out/$1-tests.log"
}

no_skip() {
	tail -n 1 "$1" | grep ' passed, .* failed, 0 skipped$' || {
		grep -i skipped "$1"
		return 1
	}
}

# The time of each lane, and the sum of all.
finish() {
	local code=0
	printf '\n%-8s %-22s %8s %8s\n' lane check began took
	sort -s -t "$(printf '\t')" -k 1,1 "$out/took.txt" |
		while IFS=$(printf '\t') read -r lane name start took verdict; do
			case $name in *-is-whole) continue ;; esac
			printf '%-8s %-22s %8s %8s  %s\n' "$lane" "$name" "$(minutes "$start")" \
				"$(minutes "$took")" "${verdict#passed}"
		done
	printf '%-8s %-22s %8s %8s\n\n' all '' '' "$(minutes $SECONDS)"
	python3 tests/tally.py "$out/checks.txt" "$out"/*-tests.log || code=1
	exit "$code"
}

# set_up FOLDER COMPILER OPTION...: sets the folder up and builds it.
set_up() {
	local dir=$out/$1 compiler=$2
	shift 2
	CC=$compiler meson setup "$dir" -Dwerror=true -Dtests=enabled "$@" &&
		ninja -C "$dir" --quiet
}

# Some kernels place memory where the thread sanitizer cannot have it.
without_aslr() {
	if setarch -R true 2>/dev/null; then
		setarch -R "$@"
	else
		"$@"
	fi
}

unit_tests() {
	meson test -C "$out/$1" --no-rebuild --print-errorlogs
	python3 tests/tally.py "$out/$1/meson-logs/testlog.json"
}

check_tidy() {
	# Leaves out its colours, the command lines and the count of hidden warnings.
	nice run-clang-tidy -quiet -j2 -p "$out/clang" "^$PWD/(hal|config|daemon|tosctl|tests)/" 2>&1 |
		sed -e 's/\x1b\[[0-9;]*m//g' -e '/^clang-tidy-/d' -e '/ warnings\{0,1\} generated\.$/d'
}

# The unit as it is installed, with the program in its place.
check_units() {
	local unit=$out/stage/lib/systemd/system/tosd.service complaints
	meson install -C "$out/clang" --no-rebuild --quiet || return 1
	# Not every complaint changes its exit code.
	complaints=$(systemd-analyze verify --man=no --recursive-errors=no "$unit" 2>&1)
	[ -z "$complaints" ] || {
		echo "$complaints"
		return 1
	}
	systemd-analyze security --offline=true --threshold=15 --no-pager "$unit" &&
		systemd-sysusers --dry-run "$out/stage/lib/sysusers.d/tosd.conf"
}
