# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# What ./run arm64 and ./run armhf share: a Debian 13 with another architecture's libraries, in which
# this machine's compiler builds and qemu-user runs what was built. Sourced by them.

: "${here:?the clone}"
# shellcheck source=run.d/root.sh
. "$here/run.d/root.sh"

# cross_install COMMAND [--no-install]: and checks that there is nothing else.
cross_install() {
	cross=$1
	shift
	if [ "${1-}" = --no-install ]; then
		shift
	else
		run_install chroot
	fi
	no_arguments "$cross" "$@"
	[ "$(dpkg --print-architecture)" = amd64 ] || skip "this machine is no amd64"
}

# Libraries for the architecture, tools for this machine.
cross_packages() {
	arch=$1
	shift
	packages_of build test | tr , '\n' | sed -n "/^lib/s/\$/:$arch/p" | paste -s -d ,
	printf ',%s' ca-certificates meson ninja-build pkgconf qemu-user "$@"
}

# cross_build ARCH COMPILER PACKAGE...: in build-ARCH/root, as tests/ARCH/cross.ini says.
cross_build() {
	arch=$1
	compiler=$2
	shift 2
	make_root "$here/build-$arch/root" trixie "$(cross_packages "$arch" "$@")" \
		"--architectures=amd64,$arch"
	copy_tree
	set_up_in_root "$compiler" build --cross-file "tests/$arch/cross.ini"
	in_root ninja -C build --quiet || die "the build failed"
}

# The modules' own tests. Emulation is slow, and so is every time limit.
cross_test() {
	in_root meson test -C build --no-rebuild --print-errorlogs -t 5
}
