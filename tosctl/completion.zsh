#compdef tosctl
# SPDX-License-Identifier: MIT
# zsh completion of tosctl: commands from its help, kinds and names of outputs from the gateway.

local -a connection found typed
local context state state_descr line word i
typeset -A opt_args

# Options with a value: those of the connection, which are passed on to ask the gateway for its names, and others.
local -a connecting=(-h --host -p --port -L --url -u --username -P --pw -t --topic -c --config -V --protocol-version)
connecting+=(--unix --cafile --cert --key)
local -a others=(-W -C --for --fade --write --simulate --state)

# The words before the one that is typed now, without options and their values. A negative number is a word.
for ((i = 2; i < CURRENT; i++)); do
	word=${(Q)words[i]}
	if ((${connecting[(Ie)$word]})); then
		connection+=("$word" "${(Q)words[++i]}")
	elif ((${others[(Ie)$word]})); then
		((++i))
	elif [[ $word == -[hpLuPtcV]?* ]] || ((${connecting[(Ie)${word%%=*}]})); then
		connection+=("$word")
	elif [[ $word != -[^0-9.]* ]]; then
		typed+=("$word")
	fi
done

# Names of the gateway: "led red", a line each; of a kind "red on off"; of sensors "temp". Quick, or nothing: TOSCTL_WAIT
# is for slow networks.
_tosctl_names() {
	tosctl -W ${TOSCTL_WAIT:-1} "${connection[@]}" names "$@" 2>/dev/null
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
	'(-h --host)'{-h,--host}'[the broker]:host:_hosts' '(-p --port)'{-p,--port}'[its port]:port:' \
	'(-L --url)'{-L,--url}'[the broker]:URL:' '--unix[the broker]:socket:_files' \
	'(-u --username)'{-u,--username}'[user of the broker]:user:' '(-P --pw)'{-P,--pw}'[password]:password:' \
	'(-t --topic)'{-t,--topic}'[topic of the gateway]:topic:' \
	'(-V --protocol-version)'{-V,--protocol-version}'[version of MQTT]:version:(5 311)' \
	'-W[wait for answers]:seconds:' '-C[end after so many messages]:count:' \
	'(-c --config)'{-c,--config}'[device map with the connection]:map:_files' '--cafile[whom to trust]:file:_files' \
	'--cert[who this is]:file:_files' '--key[key of the certificate]:file:_files' '--json[for programs]' \
	'--for[and then rest]:time:' '--fade[get there slowly]:time:' '--write[probe\: make a map]:file:_files' \
	'--simulate[probe\: the simulated board of a map]:map:_files' '--state[probe\: of the running tosd]:folder:_files -/' \
	'--force[probe\: replace the file]' '--help[show the help]' '--version[show the version]' \
	'*:word:->word' && return

[[ $state == word ]] || return
local -a commands_here=(${(f)"$(tosctl --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')"})
case ${typed[1]-} in
'')
	found=($commands_here)
	found+=(${(fu)"$(_tosctl_names | cut -d ' ' -f 1)"})
	;;
check)
	_files
	return
	;;
help)
	((${#typed} > 1)) || found=($commands_here)
	;;
drivers)
	((${#typed} > 1)) || found=(${(f)"$(tosctl drivers | cut -d ' ' -f 1)"})
	;;
watch)
	found=(${(f)"$(_tosctl_names sensors)"})
	found=(${found:|typed})
	;;
names)
	((${#typed} > 1)) || found=(sensors ${(fu)"$(_tosctl_names | cut -d ' ' -f 1)"})
	;;
*)
	_tosctl_of_kind $typed
	;;
esac
compadd -a found
