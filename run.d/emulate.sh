# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# A root of another processor, in which everything runs in qemu-user. Sourced by debian.sh, behind root.sh.

: "${here:?the clone}" "${scratch:?a temporary folder, removed at the end}"

# The emulator of a processor, by Debian's name of it; run.d/emulate has its rule.
emulator_of() {
	case $1 in
	armhf) echo qemu-arm ;;
	*) wrong_usage "--arch is armhf, not '$1'" ;;
	esac
}

# emulate FOLDER EMULATOR: from now on make_root and in_root are for its processor. The emulator is that of
# Debian 13, from its package: installed, that would leave a rule on this machine.
emulate() {
	make_root "$1/emulator" trixie qemu-user --variant=extract \
		--dpkgopt='path-exclude=/usr/*' --dpkgopt="path-include=/usr/bin/$2"
	emulator=$1/emulator/usr/bin/$2
	private=1
	enter() {
		as_root ${private:+"$here/run.d/emulate" "$$" "$emulator"} "$@"
	}
	! enter true 2>"$scratch/emulate.log" || return 0
	# Before Linux 6.7 there are rules for the whole machine alone. One that somebody wanted will do.
	grep -q '^flags: .*F' "/proc/sys/fs/binfmt_misc/$2" 2>/dev/null ||
		skip "this kernel runs no emulator in a namespace, and has no rule for $2 either (Linux" \
			"6.7 does, or the package qemu-user-static): $(cat "$scratch/emulate.log")"
	private=
}
