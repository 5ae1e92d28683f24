# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034
# The cases of a script that runs in a root. Sourced; 'results' names the file that they are written to, and 'status'
# becomes the script's.

: "${results:?a file}"
status=0
rm -f "$results"

# verdict STATUS NAME: a line 'passed NAME' or 'failed NAME'.
verdict() {
	word=passed
	[ "$1" -eq 0 ] || word=failed
	[ "$1" -eq 0 ] || status=1
	echo "$word $2" | tee -a "$results"
}
