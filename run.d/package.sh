# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# ./run package. Sourced by ../run.

: "${here:?the clone}"
target=$here/build-package

# The packages of this machine's Debian and processor; with --host ARCH those of that processor, for
# which its libraries and compiler have to be there (see ./run arm64 --package). What stands in build-package/ afterwards is
# nothing but them.
run_package() {
	if [ "${1-}" = --no-install ]; then
		shift
	else
		run_install build man test package
	fi
	host=
	if [ "${1-}" = --host ]; then
		[ -n "${2-}" ] || wrong_usage "--host needs Debian's name of a processor, such as arm64"
		host=$2
		shift 2
	fi
	no_arguments package "$@"
	command -v dpkg-buildpackage >/dev/null || die "packages are made on Debian alone"
	lock_folder x "$target"
	find "$target" -mindepth 1 ! -name .run-lock -delete
	mkdir "$target/tree"
	tar -C "$here" --exclude='./build*' --exclude=./.git -cf - . | tar -C "$target/tree" -xf -
	say "building the packages, which takes a minute or two"
	(cd "$target/tree" && dpkg-buildpackage --build=binary --unsigned-changes \
		${host:+--host-arch="$host" --build-profiles=cross,nocheck} 9>&-) \
		>"$target/build.log" 2>&1 </dev/null || {
		tail -n 30 "$target/build.log" >&2
		die "the build failed, see build-package/build.log"
	}
	rm -rf "$target/tree"
	for package in "$target"/*.deb; do
		say "build-package/${package##*/}"
	done
	say "to install: sudo apt install ./build-package/tosd_*.deb ./build-package/tosctl_*.deb"
}
