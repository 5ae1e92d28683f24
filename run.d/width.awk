# SPDX-License-Identifier: MIT
# Names each line that is wider than the variable columns. A tab goes to the next multiple of 8. In
# the locale C, where a character of UTF-8 is several: those after its first are not counted.

{
	width = 0
	gsub(/[\200-\277]/, "")
	n = split($0, parts, "\t")
	for (i = 1; i < n; i++) {
		width += length(parts[i])
		width += 8 - width % 8
	}
	width += length(parts[n])
	if (width > columns) {
		printf "%s:%d: %d columns, more than %d\n", FILENAME, FNR, width, columns
		wide = 1
	}
}

END {
	exit wide
}
