# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Shared by ./run arm64 and ./run armhf: a Debian 13 with another architecture's libraries, in which
# this machine's compiler builds and qemu-user runs what was built. Sourced by them.

: "${here:?the clone}"
# shellcheck source=run.d/root.sh
. "$here/run.d/root.sh"

# cross_install COMMAND [--no-install] [--package [--twice]]: and checks that there is nothing else.
cross_install() {
	cross=$1
	shift
	if [ "${1-}" = --no-install ]; then
		shift
	else
		run_install chroot
	fi
	# shellcheck disable=SC2034 # for whoever calls this
	package_only=
	if [ "${1-}" = --package ]; then
		# shellcheck disable=SC2034
		package_only=1
		shift
		# shellcheck disable=SC2034
		twice=
		if [ "${1-}" = --twice ]; then
			# shellcheck disable=SC2034
			twice=--twice
			shift
		fi
	fi
	no_arguments "$cross" "$@"
	[ "$(dpkg --print-architecture)" = amd64 ] || skip "this machine is no amd64"
}

# cross_packages ARCH GROUP PACKAGE...: libraries for the architecture, tools for this machine.
cross_packages() {
	arch=$1
	group=$2
	shift 2
	# shellcheck disable=SC2086 # a list of groups
	packages_of build $group | tr , '\n' | sed -n "/^lib/s/\$/:$arch/p" | paste -s -d ,
	printf ',%s' ca-certificates meson ninja-build pkgconf qemu-user "$@"
}

# cross_build ARCH COMPILER PACKAGE...: in build-ARCH/root, as tests/ARCH/cross.ini says.
cross_build() {
	arch=$1
	compiler=$2
	shift 2
	make_root "$here/build-$arch/root" trixie "$(cross_packages "$arch" test "$@")" \
		"--architectures=amd64,$arch"
	copy_tree
	set_up_in_root "$compiler" build --cross-file "tests/$arch/cross.ini"
	in_root ninja -C build --quiet || die "the build failed"
}

# cross_package ARCH: the Debian packages, in build-ARCH-package/. Their tests cannot run here.
cross_package() {
	arch=$1
	made=$here/build-$arch-package
	make_root "$made/root" trixie "$(cross_packages "$arch" '' "crossbuild-essential-$arch" \
		"pkgconf:$arch" build-essential debhelper dpkg-dev scdoc)" "--architectures=amd64,$arch"
	# shellcheck disable=SC2086 # an option or none
	package_of_root --host "$arch" $twice
}

# The modules' own tests. Emulation is slow, and so is every time limit.
cross_test() {
	in_root meson test -C build --no-rebuild --print-errorlogs -t 5
}
