# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# ./run fleet. Sourced by ../run.

: "${here:?the clone}" "${scratch:?a temporary folder, removed at the end}" \
	"${dir:?of the build}"

# Many gateways at three brokers, and what happens to them: the figures of docs/fleet.md. Each gateway
# has a mount namespace with a machine id of its own, which takes root's rights.
run_fleet() {
	with_options fleet_all "$@"
}

fleet_all() {
	[ "$(id -u)" -eq 0 ] || die "./run fleet needs root, for a machine id of each gateway"
	[ -e /etc/machine-id ] || die "there is no /etc/machine-id: systemd-machine-id-setup makes one"
	[ -z "$install" ] || run_install build brokers
	build "$dir" disabled
	TMPDIR=$scratch PYTHONDONTWRITEBYTECODE=1 python3 "$here/tests/fleet/fleet.py" \
		"$dir/daemon/tosd" "$@" </dev/null
}
