# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# ./run demo. Sourced by ../run.

: "${dir?the build folder}" "${here:?the clone}" "${scratch:?a temporary folder, removed at the end}" "${child?of start_child}"
example=$here/config/maps/simulated-board.yaml
seen=$scratch/seen
topic=tos

bold='' dim='' plain=''
if [ -t 1 ]; then
	bold=$(printf '\033[1m') dim=$(printf '\033[2m') plain=$(printf '\033[0m')
fi

run_demo() {
	with_options demo_all "$@"
}

demo_all() {
	keep=
	while :; do
		case ${1-} in
		--keep) keep=1 ;;
		--page) page=1 ;;
		*) break ;;
		esac
		shift
	done
	no_arguments demo "$@"
	[ -z "$install" ] || run_install build man demo ${page:+page}
	build "$dir" disabled
	start_broker
	start_watching
	start_gateway
	if [ -n "$page" ]; then
		step "The page: http://127.0.0.1:$((port + 1))/"
	fi
	show
	if [ -n "$keep" ]; then
		go_on
	elif [ -n "$page" ]; then
		step "The page stays for a minute (--keep: until Ctrl-C): http://127.0.0.1:$((port + 1))/"
		stay 60
	fi
	end_demo
}

# A port below those that the kernel hands out by itself. Only the attempt tells if it is free.
start_broker() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 10000))
		printf '%s\n' "listener $port 127.0.0.1" "allow_anonymous true" "persistence false" \
			"log_dest stderr" >"$scratch/mosquitto.conf"
		[ -z "$page" ] || serve_page >>"$scratch/mosquitto.conf"
		start_child mosquitto -c "$scratch/mosquitto.conf" >"$scratch/mosquitto.log" 2>&1
		if await 5 "$child" grep -q "mosquitto version .* running" "$scratch/mosquitto.log"; then
			return 0
		fi
		stop_child "$child" || :
	done
	cat "$scratch/mosquitto.log" >&2
	die "the broker does not start"
}

# The port above it, for browsers.
serve_page() {
	mkdir -p "$scratch/page"
	cp "$dir/page/index.html" "$scratch/page/"
	printf '%s\n' "listener $((port + 1)) 127.0.0.1" "protocol websockets" "http_dir $scratch/page"
}

# await SECONDS PID COMMAND...: until the command succeeds. Fails when the time is over or the
# process has ended.
await() {
	tries=$(($1 * 20))
	alive=$2
	shift 2
	while ! "$@"; do
		[ "$tries" -gt 0 ] && kill -0 "$alive" 2>/dev/null || return 1
		tries=$((tries - 1))
		sleep 0.05
	done
}

# Shows what passes the broker and keeps it in $seen. The health and binary topics would only fill
# the screen.
start_watching() {
	mkfifo "$scratch/stream"
	: >"$seen"
	# shellcheck disable=SC2034 # for obey
	held=1
	print_stream <"$scratch/stream" 9>&- &
	# shellcheck disable=SC2034 # for clean_up
	reader=$!
	release_signals
	start_child stdbuf -oL mosquitto_sub -h 127.0.0.1 -p "$port" -q 1 -F '@H:@M:@S.@N %t %p' \
		-t "$topic/status" -t "$topic/state" -t "$topic/sensors" -t "$topic/sensors/interval" \
		-t "$topic/actions" -t "$topic/actions/ack" >"$scratch/stream"
}

print_stream() {
	while read -r time name payload; do
		case $name in
		"$topic/actions" | "$topic/sensors/interval") arrow='->' style=$bold ;;
		"$topic/sensors") arrow='  ' style=$dim ;;
		*) arrow='<-' style=$bold ;;
		esac
		# The broker's tools give nanoseconds; milliseconds are enough to see the rhythm.
		printf '%s%s %s %-15s %s%s\n' "$style" "${time%??????}" "$arrow" "$name" "$payload" "$plain"
		echo "$name $payload" >>"$seen"
	done
}

start_gateway() {
	map=$scratch/simulated-board.yaml
	sed "s|mqtt://localhost:1883|mqtt://127.0.0.1:$port|" "$example" >"$map"
	say "tosd --simulate --config ${example#"$here"/} (with the broker's port)"
	mkdir "$scratch/state"
	start_child "$dir/daemon/tosd" --simulate --config "$map" --state "$scratch/state" \
		>"$scratch/tosd.log" 2>&1
	gateway=$child
	await 10 "$gateway" grep -q "^$topic/sensors " "$seen" || {
		cat "$scratch/tosd.log" >&2
		die "the gateway sends no reading"
	}
}

step() {
	printf '\n%s%s%s\n' "$bold" "$*" "$plain"
}

# act PAYLOAD: sends an action and waits for its answer.
act() {
	answers=$(count_seen actions/ack)
	mosquitto_pub -h 127.0.0.1 -p "$port" -q 1 -t "$topic/actions" -m "$1"
	await 5 "$gateway" answered "$answers" || die "no answer to $1"
}

answered() {
	[ "$(count_seen actions/ack)" -gt "$1" ]
}

count_seen() {
	grep -c "^$topic/$1 " "$seen" || :
}

show() {
	step "A reading at every interval:"
	sleep 2.5
	step "Turn on an LED:"
	act '{"led":{"0":{"on":true}}}'
	sleep 1
	step "Run a motor forward:"
	act '{"motor":{"direction":"forward","speed":4}}'
	sleep 1
	step "A reading every 100 ms, please:"
	act '{"sensors":{"interval":100}}'
	sleep 1
	step "Back to a slower rhythm, and everything else in the same message:"
	act '{"led":{"0":{"on":false}},"motor":{"direction":"stop"},"sensors":{"interval":1000}}'
	sleep 3
	step "A mistake is answered, and nothing is applied:"
	act '{"motor":{"direction":"forward","speed":99}}'
	sleep 1
}

go_on() {
	[ -z "$page" ] || step "The page: http://127.0.0.1:$((port + 1))/"
	step "Going on until Ctrl-C. In another terminal:"
	cat <<END
  mosquitto_sub -p $port -v -t '$topic/#' -T $topic/sensors/temphumi
  mosquitto_pub -p $port -t $topic/actions -m '{"led":{"0":{"bright":3}}}'
  mosquitto_pub -p $port -t $topic/actions -m '{"sensors":{"interval":500}}'

END
	stay
}

# stay [SECONDS]: until a Ctrl-C, the end of the gateway, or of that time.
stay() {
	left=${1-}
	ended=
	trap 'ended=1' INT TERM
	while [ -z "$ended" ] && [ "$left" != 0 ] && kill -0 "$gateway" 2>/dev/null; do
		left=${left:+$((left - 1))}
		sleep 1 || :
	done
}

end_demo() {
	step "The end:"
	code=0
	stop_child "$gateway" || code=$?
	await 2 "$$" grep -q "^$topic/status offline" "$seen" || :
	[ "$code" -eq 0 ] || {
		cat "$scratch/tosd.log" >&2
		die "tosd ended with code $code"
	}
	step "$(count_seen sensors) readings, $(count_seen actions/ack) answers. The map: ${example#"$here"/}"
}
