# SPDX-License-Identifier: MIT
# bash completion of tosctl: commands from its help, kinds and names of outputs from the gateway.

# What the gateway has: "led red", a line each. Quick, or nothing: TOSCTL_WAIT is for slow networks.
_tosctl_outputs() {
	tosctl -W "${TOSCTL_WAIT:-1}" "$@" names 2>/dev/null
}

_tosctl() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} word command="" i
	local -a connection=()

	case $previous in
	-c | --config | --cafile | --cert | --key | --unix | --write | --simulate | check)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
		;;
	-V)
		mapfile -t COMPREPLY < <(compgen -W "5 311" -- "$current")
		return
		;;
	esac
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case $word in
		-h | -p | -L | -u | -P | -t | -c | --url | --host | --port | --topic | --config | --unix | --cafile | --cert | --key)
			connection+=("$word" "${COMP_WORDS[++i]}")
			;;
		-V | -W | -C | --for | --fade | --write | --simulate | --state)
			((i++))
			;;
		-*) ;;
		*)
			command=$word
			break
			;;
		esac
	done
	if [[ $current == -* ]]; then
		word="-h -p -L -u -P -V -W -C -t -c --unix --cafile --cert --key --json --for --fade --help --version --write --simulate --state --force"
	elif [[ -z $command ]]; then
		word="$(tosctl --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\).*/\1/p')
			$(_tosctl_outputs "${connection[@]}" | cut -d ' ' -f 1 | sort -u)"
	elif [[ $command == probe ]]; then
		word="--write --simulate --state --force --json"
	elif [[ $command == drivers ]]; then
		word=$(tosctl drivers | cut -d ' ' -f 1)
	else
		word=$(_tosctl_outputs "${connection[@]}" | sed -n "s/^$command //p")
		[[ -z $word ]] || word+=" on off toggle stop"
	fi
	mapfile -t COMPREPLY < <(compgen -W "$word" -- "$current")
}

complete -F _tosctl tosctl
