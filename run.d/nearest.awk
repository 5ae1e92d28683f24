# SPDX-License-Identifier: MIT
# usage: printf '%s\n' WORD... | awk -v word=MISTYPED -f nearest.awk
# Prints the word that is nearest to what was typed, if two letters or less are wrong, missing,
# too many or have changed places.

function min(a, b) {
	return a < b ? a : b
}

function distance(a, b, i, j, differ, cost) {
	for (i = 0; i <= length(a); i++)
		cost[i, 0] = i
	for (j = 0; j <= length(b); j++)
		cost[0, j] = j
	for (i = 1; i <= length(a); i++)
		for (j = 1; j <= length(b); j++) {
			differ = substr(a, i, 1) != substr(b, j, 1)
			cost[i, j] = min(cost[i - 1, j - 1] + differ,
				min(cost[i - 1, j], cost[i, j - 1]) + 1)
			if (i > 1 && j > 1 && substr(a, i, 1) == substr(b, j - 1, 1) &&
			    substr(a, i - 1, 1) == substr(b, j, 1))
				cost[i, j] = min(cost[i, j], cost[i - 2, j - 2] + 1)
		}
	return cost[length(a), length(b)]
}

BEGIN {
	best = 3
}

{
	d = distance(word, $1)
	if (d < best && d < length($1)) {
		best = d
		found = $1
	}
}

END {
	if (found)
		print found
}
