#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs the packages of a folder where this runs, and tries what they brought: for a Debian of another
# processor, in emulation.
# usage: installed.sh ARCH FOLDER     of each case a line 'passed NAME' or 'failed NAME' in
#                                     FOLDER/installed.txt
set -u

arch=$1
folder=$2
results=$folder/installed.txt
# shellcheck source=tests/verdicts.sh
. tests/verdicts.sh

# The processor is that of the packages, and what a program asks of it is what Debian's own does.
for_this_processor() {
	for name in tosd tosctl; do
		[ "$(dpkg-deb -f "$folder/${name}"_*.deb Architecture)" = "$arch" ] || return 1
		needs /usr/bin/dpkg >"$folder/needs.dpkg"
		needs "/usr/bin/$name" >"$folder/needs.$name"
		cat "$folder/needs.$name"
		diff "$folder/needs.dpkg" "$folder/needs.$name" || return 1
	done
}

needs() {
	readelf -h "$1" | grep -E '^  (Class|Data|Machine|Flags):'
	readelf -A "$1" | grep -E '^  Tag_(CPU_arch|FP_arch|ABI_VFP_args):' || :
}

install_both() {
	DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install \
		"./$folder"/tosd_*.deb "./$folder"/tosctl_*.deb
}

both_run() {
	version=$(dpkg-deb -f "$folder"/tosd_*.deb Version) || return 1
	tosd --version | tee "$folder/versions.txt" && tosctl --version | tee -a "$folder/versions.txt"
	[ "$(grep -cF "$version" "$folder/versions.txt")" -eq 2 ]
}

example_maps_are_good() {
	seen=
	for map in /usr/share/tos-gateway/examples/*.yaml; do
		tosd --check "$map" || return 1
		seen=$map
	done
	[ -n "$seen" ]
}

# Nothing of it stays.
purged() {
	dpkg --purge tosctl tosd || return 1
	for place in /usr/bin/tosd /usr/bin/tosctl /usr/share/tos-gateway /etc/tos /var/lib/tos; do
		[ ! -e "$place" ] || {
			echo "$place is still there"
			return 1
		}
	done
}

# Those of an earlier run have the same version, and would be taken for these.
dpkg --purge tosctl tosd >/dev/null 2>&1 || :
install_both
verdict $? "$arch-packages-install"
for_this_processor
verdict $? "$arch-packages-are-for-the-processor"
both_run
verdict $? "$arch-both-programs-run"
example_maps_are_good
verdict $? "$arch-it-reads-the-example-maps"
debian/tests/simulated-board
verdict $? "$arch-the-gateway-works-on-the-simulated-board"
purged
verdict $? "$arch-packages-are-purged"
exit "$status"
