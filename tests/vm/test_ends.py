# SPDX-License-Identifier: MIT
"""The levels of the lines when the gateway ends, in each way, and when it begins again."""

import pytest

from board import BACKWARD, FORWARD, MAP, RED, registers

RUN = {"motor": {"direction": "forward", "speed": 10}, "led": {"red": {"on": True}, "green": {"bright": 10}}}
LEVELS = "cd /sys/devices/platform/gpio-sim.*/gpiochip*; cat sim_gpio5/value sim_gpio6/value sim_gpio17/value"
ACTIVE_LOW, LED19 = "\n  - {name: inverse, line: GPIO19, active_low: true}\nmotors:", "GPIO19"


def full_off(guest, channel):
    """Bit 4 of LEDn_OFF_H."""
    return bool(registers(guest, 2, 0x40, 0x09 + 4 * channel, 1)[0] & 0x10)


def test_sigterm_stops_the_motor_and_leaves_the_leds(guest, wire, gateway):
    gateway.do(**RUN)
    mark, client_mark = wire.mark(), gateway.client.mark()
    assert gateway.end("TERM") == 0
    assert guest.run(LEVELS).split() == ["0", "0", "1"]
    assert full_off(guest, 0) and not full_off(guest, 3)
    assert not [change for change in wire.since(mark) if change.value], "a line was driven high on the way out"
    gateway.client.wait("tos/status", lambda m: m.payload == b"offline", client_mark)


def test_after_sigkill_safe_stops_the_motor(guest, wire, gateway):
    """The lines keep their levels, as on a Raspberry Pi: the motor goes on until --safe, which the unit calls."""
    gateway.do(**RUN)
    gateway.end("KILL")
    assert guest.run(LEVELS).split() == ["1", "0", "1"]
    assert not full_off(guest, 0)
    mark = wire.mark()
    guest.run("tosd --safe --config /tmp/tosd.yaml")
    assert guest.run(LEVELS).split() == ["0", "0", "1"]
    assert full_off(guest, 0)
    assert {change.line for change in wire.since(mark)} == {FORWARD, BACKWARD}
    assert not any(change.value for change in wire.since(mark))


def test_a_restart_is_no_glitch_on_lines_that_keep_their_level(parts, wire, make_gateway):
    """Each line is requested with its level in the same call: none is low for a moment, or high."""
    del parts
    text = MAP.replace("\nmotors:", ACTIVE_LOW)
    first = make_gateway(text)
    first.do(led={"inverse": {"on": True}})
    first.do(led={"inverse": {"on": False}})
    mark = wire.mark()
    first.end("TERM")
    second = make_gateway(text)
    second.reading()
    changes = wire.since(mark)
    assert {change.line for change in changes} == {FORWARD, BACKWARD, RED, LED19}
    for change in changes:
        assert change.value == (change.line == LED19), changes


@pytest.mark.parametrize("broken", [False, True])
def test_a_reload_does_not_touch_what_stays_the_same(guest, wire, gateway, broken):
    mark = wire.mark()
    gateway.do(**RUN)
    # The last of it.
    wire.wait(FORWARD, 1, mark)
    mark = wire.mark()
    text = MAP.replace("board.3, gamma: 1", "board.3, gama: 1" if broken else "board.4, gamma: 1")
    guest.write("/tmp/tosd.yaml", text)
    gateway.process.signal("HUP")
    gateway.log.wait("reload: refused" if broken else "reload: done")
    gateway.do(led={"green": {"bright": 2}})
    assert wire.since(mark) == [], (wire.since(mark), gateway.log.since())
    assert guest.run(LEVELS).split() == ["1", "0", "1"]
    assert full_off(guest, 3) != broken
