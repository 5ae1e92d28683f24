# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# ./run package. Sourced by ../run.

: "${here:?the clone}"
target=$here/build-package

# The packages of this machine's Debian and processor; with --host ARCH those of that processor, for
# which its libraries and compiler have to be there (see ./run arm64 --package); with --page also
# the page; with --tests the modules' own tests as well, which take longer than all the rest; with
# --twice made once more, as same_again() says. Afterwards build-package/ has these packages and
# nothing else.
run_package() {
	install=1
	host=
	page=
	tests=
	twice=
	while [ $# -gt 0 ]; do
		case $1 in
		--no-install) install= ;;
		--page) page=1 ;;
		--tests) tests=1 ;;
		--twice) twice=1 ;;
		--host)
			[ -n "${2-}" ] || wrong_usage "--host needs Debian's name of a processor, such as arm64"
			host=$2
			shift
			;;
		*) wrong_usage "package does not take '$1'" ;;
		esac
		shift
	done
	[ -z "$install" ] || run_install build man package ${page:+page}
	command -v dpkg-buildpackage >/dev/null || die "packages are made on Debian alone"
	lock_folder x "$target"
	find "$target" -mindepth 1 ! -name .run-lock -delete
	say "building the packages, which takes a minute or two"
	make_packages "$target" tree "$tests"
	[ -z "$twice" ] || same_again
	for package in "$target"/*.deb; do
		say "${target#"$here"/}/${package##*/}"
	done
	say "to install: sudo apt install ./build-package/tosd_*.deb ./build-package/tosctl_*.deb"
}

# make_packages FOLDER NAME TESTS [OPTION...]: in FOLDER, from a copy of the tree below the name, for which
# tar has the options.
make_packages() {
	into=$1
	tree=$1/$2
	profiles=${host:+cross,}${page:+pkg.tos-gateway.page,}
	options=${DEB_BUILD_OPTIONS-}
	[ -n "$3" ] || {
		profiles=${profiles}nocheck
		options=${options:+$options }nocheck
	}
	shift 3
	mkdir -p "$tree"
	tar -C "$here" --exclude='./build*' --exclude=./.git --exclude=node_modules "$@" -cf - . |
		tar -C "$tree" -xf -
	(cd "$tree" && DEB_BUILD_OPTIONS=$options dpkg-buildpackage --build=binary --unsigned-changes \
		${host:+--host-arch="$host"} ${profiles:+--build-profiles="${profiles%,}"} 9>&-) \
		>"$into/build.log" 2>&1 </dev/null || {
		tail -n 30 "$into/build.log" >&2
		die "the build failed, see ${into#"$here"/}/build.log"
	}
	rm -rf "$tree"
}

# A build elsewhere gives the same packages: in another folder, from a clone that is older, later, on the
# other side of the date line, with other rights for what is new, and without the tests.
same_again() {
	say "building them once more, elsewhere"
	(
		umask 077
		export TZ=Pacific/Kiritimati
		make_packages "$target/once-more" a-folder-of-another-name '' --mtime=2001-02-03
	) || exit 1
	for package in "$target"/*.deb; do
		cmp "$package" "$target/once-more/${package##*/}" >&2 ||
			die "${package##*/} differs from one that was made elsewhere"
	done
	rm -rf "$target/once-more"
	say "they are the same, byte for byte"
}
