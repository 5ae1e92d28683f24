#!/bin/sh
# SPDX-License-Identifier: MIT
# Checks that each program in some Debian packages is built with the hardening of the compiler and the
# linker. It reads programs for any processor.
# usage: hardening.sh PACKAGE.deb...     exit code 1, and what a program lacks, if one lacks something
set -eu

tree=$(mktemp -d)
trap 'rm -rf "$tree" "$tree.elf" "$tree.symbols"' EXIT
trap 'exit 1' HUP INT TERM
status=0

# lacks PROGRAM WORDS
lacks() {
	echo "${1#"$tree"/}: $2"
	status=1
}

# look_at PROGRAM: the names are those of readelf(1), and of glibc.
look_at() {
	readelf -W -hld "$1" >"$tree.elf"
	readelf -W --dyn-syms "$1" >"$tree.symbols"
	grep -q 'Flags:.* PIE' "$tree.elf" || lacks "$1" "it is no position independent executable"
	grep -q 'GNU_RELRO' "$tree.elf" || lacks "$1" "its relocations stay writable (no RELRO)"
	grep -q 'Flags:.* NOW' "$tree.elf" || lacks "$1" "its functions are bound late (no BIND_NOW)"
	grep -q 'GNU_STACK.* RW ' "$tree.elf" || lacks "$1" "its stack is executable"
	grep -q ' __stack_chk_fail' "$tree.symbols" || lacks "$1" "no stack protector"
	grep -q ' __[a-z]*_chk\b' "$tree.symbols" || lacks "$1" "nothing is fortified"
	! grep -Eq 'R(UN)?PATH' "$tree.elf" || lacks "$1" "it names a folder for libraries (RPATH)"
}

is_program() {
	[ "$(head -c 4 "$1" | tail -c 3)" = ELF ]
}

seen=0
for package in "$@"; do
	rm -rf "${tree:?}"/*
	dpkg-deb -x "$package" "$tree"
	for file in "$tree"/usr/bin/*; do
		if [ -f "$file" ] && is_program "$file"; then
			look_at "$file"
			seen=$((seen + 1))
		fi
	done
done
[ "$seen" -gt 0 ] || {
	echo "there is no program in: $*"
	exit 1
}
[ "$status" -ne 0 ] || echo "$seen programs, each hardened"
exit "$status"
