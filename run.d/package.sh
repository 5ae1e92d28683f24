# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# ./run package. Sourced by ../run.

: "${here:?the clone}"
target=$here/build-package

# The packages of this machine's Debian and processor; with --host ARCH those of that processor, for
# which its libraries and compiler have to be there (see ./run arm64 --package); with --page also the
# page. What stands in build-package/ afterwards is nothing but them.
run_package() {
	install=1
	host=
	page=
	while [ $# -gt 0 ]; do
		case $1 in
		--no-install) install= ;;
		--page) page=1 ;;
		--host)
			[ -n "${2-}" ] || wrong_usage "--host needs Debian's name of a processor, such as arm64"
			host=$2
			shift
			;;
		*) wrong_usage "package does not take '$1'" ;;
		esac
		shift
	done
	[ -z "$install" ] || run_install build man test package ${page:+page}
	profiles=${host:+cross,nocheck}${host:+${page:+,}}${page:+pkg.tos-gateway.page}
	command -v dpkg-buildpackage >/dev/null || die "packages are made on Debian alone"
	lock_folder x "$target"
	find "$target" -mindepth 1 ! -name .run-lock -delete
	mkdir "$target/tree"
	tar -C "$here" --exclude='./build*' --exclude=./.git --exclude=node_modules -cf - . | tar -C "$target/tree" -xf -
	say "building the packages, which takes a minute or two"
	(cd "$target/tree" && dpkg-buildpackage --build=binary --unsigned-changes \
		${host:+--host-arch="$host"} ${profiles:+--build-profiles="$profiles"} 9>&-) \
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
