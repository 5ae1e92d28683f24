# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# ./run vm, and the part of ./run test that boots a virtual machine. Sourced by ../run and test.sh.

: "${dir?the build folder}" "${here:?the clone}" "${scratch:?a temporary folder, removed at the end}"

# Here, and in a root of the other Debian: each generation of libgpiod, kernel and systemd.
both_vms() {
	other=debian13
	! grep -q '^VERSION_CODENAME=trixie$' /etc/os-release || other=debian12
	"$here/run" vm "$@" | tee "$scratch/here.log"
	"$here/run" "$other" --vm "$@" | tee "$scratch/$other.log"
	python3 "$here/tests/tally.py" "$scratch/here.log" "$scratch/$other.log"
}

run_vm() {
	if [ "${1-}" = --both ]; then
		shift
		both_vms "$@"
		return
	fi
	with_options vm_all "$@"
}

vm_all() {
	[ -z "$install" ] || run_install build man test package vm vm-systemd
	build "$dir" enabled
	status=0
	suites=
	test_vm "$@" || status=1
	test_steady "$@" || status=1
	test_systemd "$@" || status=1
	test_package "$@" || status=1
	[ -n "$suites" ] || {
		say "no test of tests/vm is selected by: $*"
		return 1
	}
	set --
	for suite in $suites; do
		set -- "$@" "$scratch/$suite.xml"
	done
	python3 "$here/tests/tally.py" "$@" || status=1
	return "$status"
}

# One boot with little more than the kernel. A machine that cannot run it says why, and all its tests
# count as skipped.
test_vm() {
	skip=
	vm_base || skip=$(sed -n '$s/^vm: //p' "$scratch/vm.log")
	vm_pytest vm "$here/tests/vm" --ignore="$here/tests/vm/steady" \
		--ignore="$here/tests/vm/systemd" --ignore="$here/tests/vm/package" "$@"
}

# One boot with a clock of its own, for what is measured in time.
test_steady() {
	vm_pytest steady "$here/tests/vm/steady" "$@"
}

# One boot with systemd.
test_systemd() {
	[ -n "$skip" ] || "$here/tests/vm/root.sh" "$here/build/vm/root" >"$scratch/vm.log" 2>&1 ||
		skip=$(sed -n '$s/^vm: //p' "$scratch/vm.log")
	vm_pytest systemd "$here/tests/vm/systemd" "$@"
}

# One more boot with systemd, into which the Debian packages are installed. The code they are built from
# was tested already.
test_package() {
	made=$here/build-package
	[ -n "$skip" ] || {
		say "building the packages"
		with_page=
		! command -v npm >/dev/null || with_page=--page
		"$here/run" package --no-install $with_page >"$scratch/package.log" 2>&1 ||
			skip="there is no package: $(tail -n 1 "$scratch/package.log")"
		# A root of another Debian gets the page from outside.
		[ -n "$with_page" ] || cp "$here"/build-page/*.deb "$made" 2>/dev/null || :
	}
	TOS_PACKAGES=$made vm_pytest package "$here/tests/vm/package" "$@"
}

# vm_pytest NAME ARGUMENT...: the results go to NAME.xml. A suite that has none of the tests that were
# asked for is left out.
vm_pytest() {
	suite=$1
	shift
	[ -z "$skip" ] || say "no virtual machine: $skip"
	code=0
	TOS_VM=$here/build/vm TOS_VM_SKIP=$skip TOS_BUILD=$dir TMPDIR=$scratch \
		PYTHONDONTWRITEBYTECODE=1 python3 -m pytest -q -rsP -p no:cacheprovider \
		--basetemp="$scratch/pytest-$suite" --junitxml="$scratch/$suite.xml" "$@" </dev/null ||
		code=$?
	[ "$code" -ne 5 ] || return 0
	suites="${suites-} $suite"
	return "$code"
}

# Kept between runs in build/vm. Where apt's lists are missing or old, they are fetched once.
vm_base() {
	for program in qemu-system-x86_64 busybox cpio depmod mosquitto gpioset mosquitto_pub; do
		command -v "$program" >/dev/null || {
			echo "vm: $program is missing: ./run install vm" >"$scratch/vm.log"
			return 1
		}
	done
	"$here/tests/vm/base.sh" "$here/build/vm/kernel" >"$scratch/vm.log" 2>&1 && return
	[ -n "$install" ] && apt_get update || return 1
	"$here/tests/vm/base.sh" "$here/build/vm/kernel" >"$scratch/vm.log" 2>&1
}
