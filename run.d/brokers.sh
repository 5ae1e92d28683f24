# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# ./run brokers. Sourced by ../run.

: "${here:?the clone}" "${scratch:?a temporary folder, removed at the end}"
# shellcheck source=run.d/vm.sh
. "$here/run.d/vm.sh"

# The tests with a broker that is not mosquitto: RabbitMQ, which Debian has in two generations.
run_brokers() {
	with_options brokers_all "$@"
}

brokers_all() {
	[ -z "$install" ] || run_install build brokers
	build "$dir" disabled
	results=$scratch/brokers.xml
	status=0
	TOSD=$dir/daemon/tosd TMPDIR=$scratch PYTHONDONTWRITEBYTECODE=1 python3 -m pytest \
		-q -ra -p no:cacheprovider --basetemp="$scratch/pytest" \
		--junitxml="$results" "$here/tests/brokers" "$@" </dev/null || status=1
	python3 "$here/tests/tally.py" "$results" || status=1
	return "$status"
}
