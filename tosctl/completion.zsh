#compdef tosctl
# SPDX-License-Identifier: MIT
# zsh completion of tosctl: commands from its help, kinds and names of outputs from the gateway.

local -a commands names

if ((CURRENT == 2)); then
	commands=(${(f)"$(tosctl --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')"})
	commands+=(${(fu)"$(tosctl -W ${TOSCTL_WAIT:-1} names 2>/dev/null | cut -d ' ' -f 1)"})
	compadd -a commands
elif [[ ${words[2]} == check ]]; then
	_files
elif [[ ${words[2]} == drivers ]]; then
	compadd ${(f)"$(tosctl drivers | cut -d ' ' -f 1)"}
else
	names=(${(f)"$(tosctl -W ${TOSCTL_WAIT:-1} names 2>/dev/null | sed -n "s/^${words[2]} //p")"})
	((${#names})) && compadd -a names && compadd on off toggle stop
fi
