# SPDX-License-Identifier: MIT
# bash completion of tosctl: commands from its help, kinds and names of outputs from the gateway.

# Names of the gateway, of the array connection: "led red", a line each; of a kind "red on off"; of sensors "temp". Quick,
# or nothing: TOSCTL_WAIT is for slow networks.
_tosctl_names() {
	tosctl -W "${TOSCTL_WAIT:-1}" "${connection[@]}" names "$@" 2>/dev/null
}

_tosctl_commands() {
	tosctl --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\).*/\1/p'
}

# Behind a kind: the names, and what the only one takes, or all of them at once; behind a name, what that one takes.
_tosctl_of_kind() {
	local name taken i
	local -a names=() takes=()

	while read -r name taken; do
		names+=("$name")
		takes+=("$taken")
	done < <(_tosctl_names "$1")
	if (($# == 1)); then
		echo "${names[@]}"
		if ((${#names[@]} == 1)); then
			echo "${takes[0]}"
		elif [[ " ${takes[*]} " == *" stop "* ]]; then
			echo stop
		fi
	elif (($# == 2)); then
		for i in "${!names[@]}"; do
			[[ $2 != "${names[i]}" && $2 != "$i" ]] || echo "${takes[i]}"
		done
	fi
}

# Those of the words that begin with what was typed, quoted where the shell would read them as more than a word: anybody
# who may publish on the gateway's topics chooses its names. compgen -W would carry out a $(...) in them.
_tosctl_offer() {
	local word
	local -a offered=()

	COMPREPLY=()
	read -r -d '' -a offered <<<"$1" || :
	for word in "${offered[@]}"; do
		[[ $word != "$current"* ]] || COMPREPLY+=("$(printf '%q' "$word")")
	done
}

# Puts the words up to the one that is typed now into the array typed. bash also divides them at ":" and "=", as in URLs.
_tosctl_words() {
	local line=$COMP_LINE word i

	typed=()
	for ((i = 0; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if ((i == 0)) || [[ $line == [[:blank:]]* ]]; then
			typed+=("$word")
		else
			typed[-1]+=$word
		fi
		line=${line#"${line%%[![:blank:]]*}"}
		line=${line#"$word"}
	done
}

_tosctl() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} word i
	local -a connection=() typed=() words=()

	case $previous in
	-c | --config | --cafile | --cert | --key | --unix | --write | --simulate | check)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
		;;
	-V | --protocol-version)
		mapfile -t COMPREPLY < <(compgen -W "5 311" -- "$current")
		return
		;;
	esac
	_tosctl_words
	for ((i = 1; i < ${#typed[@]} - 1; i++)); do
		word=${typed[i]}
		case $word in
		-h | -p | -L | -u | -P | -t | -c | -V | --host | --port | --url | --username | --pw | --topic | --config | \
			--protocol-version | --unix | --cafile | --cert | --key)
			connection+=("$word" "${typed[++i]}")
			;;
		-W | -C | --for | --fade | --write | --simulate | --state)
			((++i))
			;;
		-[hpLuPtcV]?* | --host=* | --port=* | --url=* | --username=* | --pw=* | --topic=* | --config=* | \
			--protocol-version=* | --unix=* | --cafile=* | --cert=* | --key=*)
			connection+=("$word")
			;;
		-[!0-9.]*) ;;
		*)
			words+=("$word")
			;;
		esac
	done
	if [[ $current == -* ]]; then
		word="-h -p -L -u -P -V -W -C -t -c --unix --cafile --cert --key --json --for --fade --help --version --write --simulate --state --force"
	elif ((${#words[@]} == 0)); then
		word="$(_tosctl_commands)
			$(_tosctl_names | cut -d ' ' -f 1 | sort -u)"
	else
		word=""
		case ${words[0]} in
		probe) word="--write --simulate --state --force --json" ;;
		help) ((${#words[@]} > 1)) || word=$(_tosctl_commands) ;;
		drivers) ((${#words[@]} > 1)) || word=$(tosctl drivers | cut -d ' ' -f 1) ;;
		watch) word=$(_tosctl_names sensors | grep -vxF "$(printf '%s\n' "${words[@]:1}" -)") ;;
		names) ((${#words[@]} > 1)) || word="sensors $(_tosctl_names | cut -d ' ' -f 1 | sort -u)" ;;
		*) word=$(_tosctl_of_kind "${words[@]}") ;;
		esac
	fi
	_tosctl_offer "$word"
}

complete -F _tosctl tosctl
