# SPDX-License-Identifier: MIT
"""A limit switch on gpio-sim stops its motor: the kernel's own times, from the switch to the motor's line."""

import statistics

import pytest

from board import FORWARD, MAP

SWITCH = "/sys/devices/platform/gpio-sim.*/gpiochip*/sim_gpio22"
LIMITED = MAP.replace("chips:\n", "chips:\n  top: {driver: switch, line: GPIO22, debounce: 0s}\n").replace(
    "reverse_pause: 50ms", "reverse_pause: 50ms, limits: {forward: top}"
)
MOVES = 20


@pytest.fixture
def window(guest, parts, make_gateway):
    """With the sensors' bus stuck."""
    guest.run(f"echo pull-down >$(echo {SWITCH})/pull")
    gateway = make_gateway(LIMITED)
    parts.fault("/dev/i2c-1", "stuck")
    gateway.reading(lambda r: r["temp"] is None)
    yield gateway
    guest.run(f"echo pull-down >$(echo {SWITCH})/pull; kill -CONT $(pidof mosquitto)")
    parts.fault("/dev/i2c-1", "none")


def leave(guest, window):
    """And waits until the gateway has seen it: each edge stops, so one that comes late is a stop, too."""
    mark = window.client.mark()
    guest.run(f"echo pull-down >$(echo {SWITCH})/pull")
    window.client.wait("tos/state/input/top", lambda message: message.payload == b"off", mark)


def stop_us(guest, wire, name):
    """From just before the switch closes to the write, in us of the guest."""
    mark = wire.mark()
    guest.run(f"cd {SWITCH}; echo {name} >/sys/kernel/tracing/trace_marker; echo pull-up >pull")
    return wire.wait(FORWARD, 0, mark) - wire.time_of(name, mark)


def test_a_limit_stops_with_the_sensors_bus_stuck_and_without_a_broker(guest, wire, window):
    times_us = []
    for move in range(MOVES):
        window.do(motor={"direction": "forward", "speed": 10})
        times_us.append(stop_us(guest, wire, f"limit {move}"))
        leave(guest, window)
    window.do(motor={"direction": "forward", "speed": 10})
    guest.run("kill -STOP $(pidof mosquitto)")
    alone_us = stop_us(guest, wire, "limit alone")
    guest.run("kill -CONT $(pidof mosquitto)")
    print(
        f"a limit's edge, the sensors' bus stuck: line low after {statistics.median(times_us):.0f} us, "
        f"at most {max(times_us)} us in {MOVES}; with the broker frozen too, {alone_us} us"
    )
