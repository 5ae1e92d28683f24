# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Another Debian in a folder: made by mmdebstrap, entered by chroot. Sourced by ../run; the caller
# has sourced install.sh, where as_root is.

: "${here:?the clone}" "${scratch:?a temporary folder, removed at the end}"

# Ends the whole run, which counts as one skipped test.
skip() {
	say "skipped: $*"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
}

# The packages of some groups of run.d/packages, separated by commas.
packages_of() {
	awk -v groups=" $* " 'index(groups, " " $1 " ") { print $2 }' "$here/run.d/packages" |
		sort -u | paste -s -d ,
}

# The mirror from which this machine gets its own packages.
debian_mirror() {
	# shellcheck disable=SC2016 # $(REPO_URI) is apt's
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
		grep -m 1 '/debian/\{0,1\}$'
}

# enter COMMAND...: as root, where the root's programs run. emulate.sh has another one.
enter() {
	as_root "$@"
}

# A mount that it cannot take away again must not stay on this machine.
debootstrap() {
	as_root rm -rf "$root"
	enter unshare --mount mmdebstrap --mode=root --variant=apt --skip=cleanup/apt/lists \
		--include="$packages" "$@" "$suite" "$root" "deb $mirror $suite main" \
		>"$scratch/root.log" 2>&1 </dev/null 9>&-
}

# make_root FOLDER SUITE PACKAGES [OPTION...]: with further options of mmdebstrap. One that is there
# already with the same contents is kept.
make_root() {
	root=$1
	suite=$2
	packages=$3
	shift 3
	[ "$(id -u)" -eq 0 ] || as_root true || skip "this is neither root nor sudo"
	lock_folder x "${root%/*}"
	[ "$(cat "$root.contents" 2>/dev/null)" != "$suite $packages" ] || return 0
	command -v mmdebstrap >/dev/null || skip "mmdebstrap is missing"
	enter unshare --mount --pid --ipc --fork true 2>"$scratch/root.log" ||
		skip "a chroot needs rights that root lacks here: $(cat "$scratch/root.log")"
	mirror=$(debian_mirror) || skip "this machine's apt sources name no Debian mirror"
	say "making a $suite root in ${root#"$here"/}"
	rm -f "$root.contents"
	mkdir -p "${root%/*}"
	persist debootstrap "$@" || {
		grep -E '^(Err:|E:|W:)' "$scratch/root.log" | tail -n 10 >&2
		skip "the package archive gives no $suite root, see above"
	}
	# The folder that the tree is copied to. It belongs to the user who runs this.
	as_root install -d -o "$(id -u)" -g "$(id -g)" "$root/srv/tos-gateway"
	echo "$suite $packages" >"$root.contents"
}

# The tree as it is here, without what was built from it. A file that did not change keeps its time,
# any other gets that of its copy, however old it is: so a second run builds what changed, and only
# that.
copy_tree() {
	tree=$root/srv/tos-gateway
	new=$tree/build-copy
	rm -rf "$new"
	mkdir "$new"
	tar -C "$here" --exclude='./build*' --exclude=./.git -cf - . | tar -C "$new" -xmf -
	(cd "$new" && find . -type f) | while read -r file; do
		! cmp -s "$new/$file" "$tree/$file" || touch -r "$tree/$file" "$new/$file"
	done
	find "$tree" -mindepth 1 -maxdepth 1 ! -name 'build*' -exec rm -rf {} +
	find "$new" -mindepth 1 -maxdepth 1 -exec mv -t "$tree" {} +
	rmdir "$new"
}

# in_root COMMAND...: in the copied tree. Its mounts and processes end with it.
in_root() {
	# shellcheck disable=SC2016 # for the inner shell
	enter unshare --mount --pid --ipc --fork --kill-child sh -euc '
		root=$1
		shift
		mount --bind "$root" "$root"
		mount -t proc proc "$root/proc"
		mount --rbind /sys "$root/sys"
		mount --rbind /dev "$root/dev"
		mount -t tmpfs tmpfs "$root/tmp"
		mount -t tmpfs tmpfs "$root/run"
		for file in resolv.conf hosts; do
			cat "/etc/$file" >"$root/etc/$file"
		done
		for name in TOS_TEST_TIMEOUT TOS_LATE TOS_CHAOS_SEED TOS_CHAOS_SECONDS TOS_SOAK_SEED \
			TOS_SOAK_SECONDS; do
			eval "value=\${$name-}"
			[ -z "$value" ] || set -- "$name=$value" "$@"
		done
		# Not chroot alone: what enters a mount namespace that a test has made would find itself
		# outside.
		cd "$root"
		pivot_root . mnt
		! command -v umount >/dev/null || umount -l /mnt
		exec env -i PATH=/usr/bin:/bin:/usr/sbin:/sbin HOME=/root LC_ALL=C.UTF-8 \
			chroot . env -C /srv/tos-gateway "$@"
	' sh "$root" "$@" </dev/null
}

# set_up_in_root COMPILER FOLDER OPTION...: by Meson, unless that was done before. Warnings are errors
# unless an option says otherwise.
set_up_in_root() {
	[ ! -f "$root/srv/tos-gateway/$2/build.ninja" ] || return 0
	compiler=$1
	shift
	in_root env CC="$compiler" meson setup -Dwerror=true "$@" >"$scratch/meson.log" 2>&1 || {
		tail -n 20 "$scratch/meson.log" >&2
		die "meson setup failed"
	}
}

# package_of_root [OPTION...]: makes the packages in the root, looks whether each program is hardened, and
# copies them to the folder in which it lies.
package_of_root() {
	copy_tree
	in_root ./run package --no-install "$@"
	in_root sh -c 'tests/package/hardening.sh build-package/*.deb'
	made=${root%/*}
	find "$made" -mindepth 1 -maxdepth 1 -type f ! -name '.*' ! -name 'root.*' -delete
	cp "$root"/srv/tos-gateway/build-package/*.* "$made"
	say "the packages are in ${made#"$here"/}"
}
