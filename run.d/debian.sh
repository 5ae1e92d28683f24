# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# ./run debian12 and ./run debian13. Sourced by ../run.

: "${here:?the clone}" "${command:?the first argument}"
# shellcheck source=run.d/root.sh
. "$here/run.d/root.sh"
# shellcheck source=run.d/emulate.sh
. "$here/run.d/emulate.sh"

# The differences between the two: libgpiod 1.6 and 2.2, gcc 12 and 14, clang 14 and 19, newer
# versions of all the rest. Both compilers' warnings are errors; clang's build runs the modules' own
# tests only. --test, --vm, --brokers, --fleet and --package: nothing but that, with the release's
# kernel and its RabbitMQ.
run_debian() {
	install=1
	only=
	twice=
	arch=
	sanitizers=
	while :; do
		case ${1-} in
		--no-install) install= ;;
		--test | --vm | --brokers | --fleet | --package) only=${1#--} ;;
		--twice) twice=--twice ;;
		--arch)
			[ -n "${2-}" ] || wrong_usage "--arch needs Debian's name of a processor: armhf"
			arch=$2
			emulator=$(emulator_of "$2") || exit 2
			shift
			;;
		--sanitize)
			sanitizers=${2-}
			[ -n "$sanitizers" ] || wrong_usage "--sanitize needs the names of sanitizers"
			shift
			;;
		*) break ;;
		esac
		shift
	done
	[ -z "$twice" ] || [ "$only" = package ] || wrong_usage "--twice belongs to --package"
	[ -z "$arch" ] || [ "$only" = package ] || wrong_usage "--arch belongs to --package"
	[ -z "$install" ] || run_install chroot
	case $command in
	debian12) release=bookworm ;;
	debian13) release=trixie ;;
	esac
	if [ "$only" = package ]; then
		no_arguments "$command --package" "$@"
		if [ -n "$arch" ]; then
			package_in_emulation
		else
			package_in_root
		fi
		return
	fi
	make_root "$here/build-$command/root" "$release" \
		"$(packages_of build man test package brokers vm vm-systemd),clang,valgrind,ca-certificates"
	# Any machine that was booted has it.
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
		[ "$only" != vm ] || hand_over_page
		in_root ./run "$only" --no-install "$@"
		return
	fi
	in_root ./run test --no-install --no-vm "$@" | tee "$scratch/gcc.log"
	in_root ./run brokers --no-install | tee "$scratch/brokers.log"
	hand_over_page
	in_root ./run vm --no-install | tee "$scratch/kernel.log"
	set_up_in_root clang build-clang
	in_root ninja -C build-clang --quiet || die "the build with clang failed"
	in_root meson test -C build-clang --no-rebuild --print-errorlogs || :
	python3 "$here/tests/tally.py" "$scratch/gcc.log" "$scratch/brokers.log" "$scratch/kernel.log" \
		"$root/srv/tos-gateway/build-clang/meson-logs/testlog.json"
}

# The page's package is the same for all. Its build needs npm, which asks for more than a root has: it is
# made out here, where that is there.
hand_over_page() {
	command -v npm >/dev/null && command -v dpkg-buildpackage >/dev/null || return 0
	(
		# shellcheck source=run.d/package.sh
		. "$here/run.d/package.sh"
		target=$here/build-$command/page
		run_package --no-install --page >"$scratch/page.log" 2>&1 || exit 1
	) || die "the page's package cannot be made: $(tail -n 1 "$scratch/page.log")"
	mkdir -p "$root/srv/tos-gateway/build-page"
	cp "$here/build-$command/page"/tos-dashboard_*.deb "$root/srv/tos-gateway/build-page"
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

# In a root that has only what a package needs to be built and checked. blhc checks the flags of each command.
# lintian checks the packages. autopkgtest installs them and runs their own tests. blhc would have -fPIE with
# the linker too, for which -pie is enough.
package_in_root() {
	made=$here/build-$command-package
	make_root "$made/root" "$release" "$(packages_of build man demo package lint),ca-certificates"
	# shellcheck disable=SC2031,SC2086 # an option or none
	package_of_root --tests $twice
	in_root blhc --all --ignore-flag -fPIE build-package/build.log
	in_root sh -c 'lintian --fail-on error,warning build-package/*.changes'
	# Those of an earlier run have the same version, and would be taken for these.
	in_root dpkg --purge tosctl tosd
	in_root sh -c 'autopkgtest --no-built-binaries build-package/tosd_*.deb build-package/tosctl_*.deb ./ -- null'
}

# On another processor, with that Debian's own compiler for it: what a board makes of itself. Emulation is
# slow, so lintian and the modules' own tests are left to the others.
package_in_emulation() {
	made=$here/build-$command-$arch-package
	emulate "$made" "$emulator"
	make_root "$made/root" "$release" "$(packages_of build man demo package),ca-certificates" \
		--architectures="$arch" --skip=check/qemu
	# shellcheck disable=SC2031,SC2086 # an option or none
	package_of_root $twice
	status=0
	in_root tests/package/installed.sh "$arch" build-package || status=1
	python3 "$here/tests/tally.py" "$root/srv/tos-gateway/build-package/installed.txt" || status=1
	return "$status"
}
