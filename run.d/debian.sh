# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# ./run debian12 and ./run debian13. Sourced by ../run.

: "${here:?the clone}" "${command:?the first argument}"
# shellcheck source=run.d/root.sh
. "$here/run.d/root.sh"

# What differs between the two: libgpiod 1.6 and 2.2, gcc 12 and 14, clang 14 and 19, newer versions
# of all the rest. Both compilers' warnings are errors; clang's build runs the modules' own tests
# only. --test, --vm, --brokers, --fleet and --package: nothing but that, with the release's kernel and
# its RabbitMQ.
run_debian() {
	install=1
	only=
	sanitizers=
	while :; do
		case ${1-} in
		--no-install) install= ;;
		--test | --vm | --brokers | --fleet | --package) only=${1#--} ;;
		--sanitize)
			sanitizers=${2-}
			[ -n "$sanitizers" ] || wrong_usage "--sanitize needs the names of sanitizers"
			shift
			;;
		*) break ;;
		esac
		shift
	done
	[ -z "$install" ] || run_install chroot
	case $command in
	debian12) release=bookworm ;;
	debian13) release=trixie ;;
	esac
	if [ "$only" = package ]; then
		no_arguments "$command --package" "$@"
		package_in_root
		return
	fi
	make_root "$here/build-$command/root" "$release" \
		"$(packages_of build man test package brokers vm vm-systemd),clang,valgrind,ca-certificates"
	# As any machine has it that was booted.
	[ -s "$root/etc/machine-id" ] ||
		tr -d - </proc/sys/kernel/random/uuid | as_root tee "$root/etc/machine-id" >/dev/null
	copy_tree
	if [ -n "$sanitizers" ]; then
		sanitized_tests "$@"
		return
	fi
	set_up_in_root gcc build
	if [ "$only" = test ]; then
		in_root ./run test --no-install --no-vm "$@"
		return
	fi
	if [ -n "$only" ]; then
		in_root ./run "$only" --no-install "$@"
		return
	fi
	in_root ./run test --no-install --no-vm "$@" | tee "$scratch/gcc.log"
	in_root ./run brokers --no-install | tee "$scratch/brokers.log"
	in_root ./run vm --no-install | tee "$scratch/kernel.log"
	set_up_in_root clang build-clang
	in_root ninja -C build-clang --quiet || die "the build with clang failed"
	in_root meson test -C build-clang --no-rebuild --print-errorlogs || :
	python3 "$here/tests/tally.py" "$scratch/gcc.log" "$scratch/brokers.log" "$scratch/kernel.log" \
		"$root/srv/tos-gateway/build-clang/meson-logs/testlog.json"
}

# With a sanitizer's own checks in the way, gcc suspects NULL where there is none: its warnings are
# errors in the other builds. Some kernels place memory where the thread sanitizer cannot have it:
# setarch prevents that.
sanitized_tests() {
	folder=build-$(echo "$sanitizers" | tr , -)
	set_up_in_root gcc "$folder" -Db_sanitize="$sanitizers" -Dwerror=false
	in_root env ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1 \
		UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
		TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1 \
		setarch -R ./run test --no-install --no-vm --build "$folder" "$@"
}

# In a root that has nothing but what a package is built from, and what looks at it.
package_in_root() {
	made=$here/build-$command-package
	make_root "$made/root" "$release" "$(packages_of build man test package lint),ca-certificates"
	# shellcheck disable=SC2119 # it takes options, and none here
	package_of_root
	in_root sh -c 'lintian --fail-on error,warning build-package/*.changes'
}
