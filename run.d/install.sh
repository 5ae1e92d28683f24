# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Brings in the Debian packages that are missing. Sourced by ../run, which defines say and die.

: "${here:?the clone}" "${scratch:?a temporary folder, removed at the end}"

policy=/usr/sbin/policy-rc.d
policy_is_ours=

# The packages of these groups that are not installed. One that an installed package provides is
# there: a nodejs of another archive has npm in it, and cannot stand beside Debian's npm.
missing_packages() {
	provided=$(dpkg-query -W -f '${db:Status-Status}\t${Provides}\n' | sed -n 's/ ([^)]*)//g
		s/,//g
		s/^installed\t//p' | paste -s -d ' ')
	awk -v groups=" $* " 'index(groups, " " $1 " ") { print $2 }' "$here/run.d/packages" |
		sort -u | while read -r package; do
		case " $provided " in *" $package "*) continue ;; esac
		state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=
		[ "$state" = installed ] || echo "$package"
	done
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif [ -t 0 ]; then
		sudo "$@"
	else
		sudo -n "$@"
	fi
}

apt_get() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
		-o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" </dev/null 2>&1 9>&- |
		tee -a "$scratch/apt.log" | show_progress
	# A pipe's exit code is that of its last part.
	! grep -q '^E: ' "$scratch/apt.log"
}

# The output of apt, in short: one line that changes on a terminal, elsewhere one for each 25
# packages.
show_progress() {
	fetched=0
	placed=0
	while read -r word rest; do
		case $word in
		Get:*) fetched=$((fetched + 1)) ;;
		Unpacking) placed=$((placed + 1)) ;;
		*) continue ;;
		esac
		if [ -t 1 ]; then
			printf '\rrun: fetched %d, unpacked %d  ' "$fetched" "$placed"
		elif [ $(((fetched + placed) % 25)) -eq 0 ]; then
			say "fetched $fetched, unpacked $placed"
		fi
	done
	[ ! -t 1 ] || [ $((fetched + placed)) -eq 0 ] || echo
	: "$rest"
}

# persist COMMAND...: tries again after a pause, twice. An archive that is being updated or does not
# answer mostly works a minute later.
persist() {
	for pause in 15 60 end; do
		! "$@" || return 0
		[ "$pause" != end ] || return 1
		say "the package archive does not give all, trying again in $pause s"
		sleep "$pause"
	done
}

# Debian starts a broker as soon as its package is installed, and epmd, the port mapper that RabbitMQ
# depends on, as well. Only the programs are wanted: these are the services that the packages would start.
services_of() {
	for package in "$@"; do
		case $package in
		mosquitto | nginx | prometheus-mqtt-exporter) echo "$package.service" ;;
		rabbitmq-server)
			echo rabbitmq-server.service
			command -v epmd >/dev/null || echo epmd.socket epmd.service
			;;
		esac
	done
}

# For the time of the installation these services (and nothing else) are forbidden to start.
hold_broker() {
	[ ! -e "$policy" ] || return 0
	cat >"$scratch/policy-rc.d" <<'END'
#!/bin/sh
# Written by ./run of tos-gateway for the time of one installation.
END
	for service in "$@"; do
		name=${service%.service}
		echo "case \" \$* \" in *\" $name \"* | *\" $service \"*) exit 101 ;; esac"
	done >>"$scratch/policy-rc.d"
	echo 'exit 0' >>"$scratch/policy-rc.d"
	policy_is_ours=1
	as_root install -m 755 "$scratch/policy-rc.d" "$policy"
}

release_broker() {
	[ -z "$policy_is_ours" ] || as_root rm -f "$policy"
	policy_is_ours=
}

install_missing() {
	: >"$scratch/apt.log"
	apt_get update ||
		say "apt-get update failed, trying with the package lists that are there"
	: >"$scratch/apt.log"
	# The list is meant to be split into words.
	# shellcheck disable=SC2086
	apt_get install --no-install-recommends $missing
}

known_groups() {
	awk '!/^#/ && NF { print $1 }' "$here/run.d/packages" | sort -u
}

# ./run install, and the first step of the others: the groups of packages that they need.
run_install() {
	[ $# -gt 0 ] || wrong_usage "install needs a group: $(known_groups | paste -s -d ' ')"
	for group in "$@"; do
		known_groups | grep -qxF -e "$group" ||
			die "no such group: $group. There are: $(known_groups | paste -s -d ' ')"
	done
	command -v apt-get >/dev/null || {
		say "not a Debian system: nothing is installed, the build names what it lacks"
		return 0
	}
	missing=$(missing_packages "$@" | paste -s -d ' ')
	[ -n "$missing" ] || return 0
	say "installing $missing"
	as_root true ||
		die "packages are missing, and this is neither root nor sudo. As root: apt-get install $missing"
	# The lists are meant to be split into words.
	# shellcheck disable=SC2086
	services=$(services_of $missing)
	# shellcheck disable=SC2086
	[ -z "$services" ] || hold_broker $services
	persist install_missing || {
		grep -E -A2 '^(Err:|W:|E:|dpkg: )' "$scratch/apt.log" | head -n 30 >&2
		say "by hand: apt-get install $missing" >&2
		die "the package archive does not give all that is needed, see above"
	}
	# Nor shall they start at the next boot, on a machine that never asked for a broker.
	for service in $services; do
		as_root update-rc.d "${service%.service}" disable >/dev/null 2>&1 || :
		as_root systemctl disable "$service" >/dev/null 2>&1 || :
		say "only the program is used, $service is off (on: systemctl enable --now $service)"
	done
	release_broker
}
