#compdef tosctl
# SPDX-License-Identifier: MIT
# zsh completion of tosctl: commands from its help, kinds and names of outputs from the gateway.

local -a connection found typed
local context state state_descr line i
typeset -A opt_args

# The options typed so far are passed on, to reach the same gateway.
for ((i = 2; i < CURRENT; i++)); do
	case ${words[i]} in
	-h | -p | -L | -u | -P | -t | -c | --unix | --url | --host | --port | --topic | --config | --cafile | --cert | --key)
		connection+=(${(Q)words[i]} ${(Q)words[i + 1]})
		((i++))
		;;
	esac
done

# Names of the gateway: "led red", a line each; of a kind "red on off"; of sensors "temp". Quick, or nothing: TOSCTL_WAIT
# is for slow networks.
_tosctl_names() {
	tosctl -W ${TOSCTL_WAIT:-1} $connection names "$@" 2>/dev/null
}

# Behind a kind: the names, and what the only one takes, or all of them at once; behind a name, what that one takes.
_tosctl_of_kind() {
	local -a lines=(${(f)"$(_tosctl_names $1)"}) names=()
	local -i at=1

	names=(${lines%% *})
	if (($# == 1)); then
		found=($names)
		if ((${#names} > 1)); then
			[[ "$lines " != *" stop "* ]] || found+=(stop)
			return
		fi
	elif (($# == 2)); then
		at=${names[(Ie)$2]}
		((at)) || [[ $2 != <-> ]] || at=$(($2 + 1))
	else
		return
	fi
	found+=(${=${lines[at]-}#${names[at]-}})
}

_arguments -C \
	'-h[the broker]:host:_hosts' '-p[its port]:port:' '-L[the broker]:URL:' '--unix[the broker]:socket:_files' \
	'-u[user of the broker]:user:' '-P[password]:password:' '-t[topic of the gateway]:topic:' \
	'-V[version of MQTT]:version:(5 311)' '-W[wait for answers]:seconds:' '-C[end after so many messages]:count:' \
	'-c[device map with the connection]:map:_files' '--cafile[whom to trust]:file:_files' \
	'--cert[who this is]:file:_files' '--key[key of the certificate]:file:_files' '--json[for programs]' \
	'--for[and then rest]:time:' '--fade[get there slowly]:time:' '--write[probe\: make a map]:file:_files' \
	'--simulate[probe\: the simulated board of a map]:map:_files' '--state[probe\: of the running tosd]:folder:_files -/' \
	'--force[probe\: replace the file]' '--help[show the help]' '--version[show the version]' \
	'1:command:->command' '*::argument:->argument' && return

case $state in
command)
	found=(${(f)"$(tosctl --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')"})
	found+=(${(fu)"$(_tosctl_names | cut -d ' ' -f 1)"})
	;;
argument)
	# Words, and not options, between the command and the one that is typed now.
	typed=(${${words[2,CURRENT - 1]}:#-*})
	case ${words[1]} in
	check)
		_files
		return
		;;
	drivers)
		((${#typed})) || found=(${(f)"$(tosctl drivers | cut -d ' ' -f 1)"})
		;;
	watch)
		found=(${(f)"$(_tosctl_names sensors)"})
		found=(${found:|typed})
		;;
	names)
		((${#typed})) || found=(sensors ${(fu)"$(_tosctl_names | cut -d ' ' -f 1)"})
		;;
	*)
		_tosctl_of_kind ${words[1]} $typed
		;;
	esac
	;;
esac
compadd -a found
