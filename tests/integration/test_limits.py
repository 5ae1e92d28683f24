# SPDX-License-Identifier: MIT
"""Switches that end a motor's way, on the simulated board."""

import json
import time

import pytest

from threads import standstill

MAP = """
mqtt: {{url: 'mqtt://127.0.0.1:{port}'}}
interval: 100ms
chips:
  top: {{driver: switch, line: GPIO24, debounce: {debounce}}}
  bottom: {{driver: switch, line: GPIO25}}
{chips}
sensors:
{sensors}
motors:
  - {{name: window, forward: GPIO5, backward: GPIO6{limits}{more}}}
failsafe: {{after: 60s, motors: keep}}
"""

LIMITS = ", limits: {forward: top, backward: bottom}"


def text(broker, sensors="  top: {from: top}", limits=LIMITS, debounce="0s", chips="", more=""):
    return MAP.format(port=broker.port, sensors=sensors, limits=limits, debounce=debounce, chips=chips, more=more)


@pytest.fixture
def make_window(broker, client, make_gateway):
    def make(**options):
        gateway = make_gateway(text(broker, **options))
        client.wait("tos/status", lambda m: m.payload == b"online")
        return gateway

    return make


def drive(client, direction):
    return client.ask_json(json.dumps({"motor": {"window": {"direction": direction}}}))


def reason(answer):
    assert not answer["ok"]
    return answer["errors"][0]["reason"]


def drives(client, direction):
    assert drive(client, direction)["ok"]


def stopped(client, mark):
    return client.wait_json("tos/state", lambda s: s["motor"]["direction"] == "stop", mark)


@pytest.mark.parametrize("direction, line, limit", [("forward", "GPIO24", "top"), ("backward", "GPIO25", "bottom")])
def test_the_motor_stops_at_its_limit(make_window, client, direction, line, limit):
    gateway = make_window()
    drives(client, direction)
    mark = gateway.wire.mark()
    gateway.set(line, 1)
    gateway.wire.wait(f"line {'GPIO5' if direction == 'forward' else 'GPIO6'} 0", mark)
    assert reason(drive(client, direction)) == f"limit {limit} is reached"
    drives(client, "backward" if direction == "forward" else "forward")
    assert drive(client, "stop")["ok"]
    gateway.set(line, 0)
    drives(client, direction)


def test_a_glitch_stops_whatever_the_debounce(make_window, client):
    """One raw edge is enough, and the limit is left only when it was open for the debounce."""
    gateway = make_window(debounce="10s")
    drives(client, "forward")
    mark = gateway.wire.mark()
    gateway.set("GPIO24", 1)
    begin = time.monotonic()
    gateway.set("GPIO24", 0)
    gateway.wire.wait("line GPIO5 0", mark)
    answer = drive(client, "forward")
    # The longest debounce that there is: a machine that stood still for that long says nothing.
    if time.monotonic() - begin < 10:
        assert reason(answer) == "limit top is reached"


def test_leaving_a_limit_that_chatters_does_not_stop(make_window, client):
    gateway = make_window()
    gateway.set("GPIO24", 1)
    drives(client, "backward")
    mark = gateway.wire.mark()
    for level in (0, 1, 0, 1, 0):
        gateway.set("GPIO24", level)
    drives(client, "backward")  # all edges were taken before
    assert not [line for line in gateway.wire.since(mark) if "GPIO6" in line]


def test_a_motor_that_stands_at_its_limit_at_the_start(broker, client, make_gateway):
    sensors = "  top: {from: top, simulate: 1}"
    make_gateway(text(broker, sensors=sensors))
    client.wait("tos/status", lambda m: m.payload == b"online")
    assert reason(drive(client, "forward")) == "limit top is reached"
    drives(client, "backward")


def test_both_limits_at_once(make_window, client):
    gateway = make_window()
    gateway.set("GPIO24", 1)
    gateway.set("GPIO25", 1)
    assert reason(drive(client, "forward")) == "limit top is reached"
    assert reason(drive(client, "backward")) == "limit bottom is reached"


def test_a_message_with_a_refused_move_only_stops(make_window, client):
    others = "}\n  - {name: other, forward: GPIO12, backward: GPIO13}\n  - {name: third, forward: GPIO16, backward: GPIO26"
    gateway = make_window(more=others)
    run = {"motor": {"other": {"direction": "forward"}}}
    assert client.ask_json(json.dumps(run))["ok"]
    gateway.set("GPIO24", 1)
    mixed = {
        "motor": {
            "window": {"direction": "forward"},
            "other": {"direction": "stop"},
            "third": {"direction": "forward"},
        }
    }
    answer = client.ask_json(json.dumps(mixed))
    assert reason(answer) == "limit top is reached"
    assert gateway.output("GPIO12") == 0 and gateway.output("GPIO16") == 0


def test_the_limit_is_reached_in_the_pause_before_it(make_window, client):
    gateway = make_window(more=", reverse_pause: 60s")
    drives(client, "forward")
    drives(client, "backward")
    gateway.set("GPIO25", 1)
    assert reason(drive(client, "backward")) == "limit bottom is reached"
    mark = gateway.wire.mark()
    drives(client, "forward")
    gateway.wire.wait("line GPIO5 1", mark)
    assert not [line for line in gateway.wire.since() if line.endswith("line GPIO6 1")]


def test_a_ramp_ends_at_the_limit(broker, client, make_gateway):
    gateway = make_gateway(text(broker, more=", enable: pwmchip0.1, ramp: 30s"))
    client.wait("tos/status", lambda m: m.payload == b"online")
    told = client.mark()
    drives(client, "forward")
    client.wait_json("tos/state", lambda s: s["motor"]["direction"] == "forward", told)
    mark, told = gateway.wire.mark(), client.mark()
    gateway.set("GPIO24", 1)
    gateway.wire.wait("line GPIO5 0", mark)
    stopped(client, told)
    assert gateway.output("pwmchip0.1") == 0


def test_it_stops_without_a_broker(make_window, client, broker):
    gateway = make_window()
    drives(client, "forward")
    broker.kill()
    gateway.log.wait("mqtt: .*(lost|closed|gone|connect)")
    mark = gateway.wire.mark()
    gateway.set("GPIO24", 1)
    gateway.wire.wait("line GPIO5 0", mark)


def test_it_stops_with_the_sensors_bus_stuck(make_window, client):
    gateway = make_window(
        chips="  air: {driver: sht3x, bus: /dev/i2c-1}", sensors="  top: {from: top}\n  temp: {from: air.temperature}"
    )
    drives(client, "forward")
    gateway.fault("air", "stuck")
    client.wait_json("tos/sensors", lambda r: r["temp"] is None)
    mark = gateway.wire.mark()
    gateway.set("GPIO24", 1)
    gateway.wire.wait("line GPIO5 0", mark)


@pytest.mark.parametrize("fault", ["no-answer", "short", "stuck"])
def test_a_limit_that_cannot_be_read_is_reached(make_window, client, fault):
    gateway = make_window()
    drives(client, "forward")
    mark = gateway.wire.mark()
    gateway.fault("GPIO24", fault)
    gateway.wire.wait("line GPIO5 0", mark)
    gateway.log.wait("limit top: .*; trying again")
    assert reason(drive(client, "forward")).startswith("limit top cannot be read: ")
    drives(client, "backward")
    gateway.fault("GPIO24", "none")
    gateway.log.wait("limit top: works again")
    drives(client, "forward")


def test_a_limit_is_a_sensor_too(make_window, client):
    gateway = make_window()
    client.wait_json("tos/sensors", lambda r: r["top"] == 0)
    gateway.set("GPIO24", 1)
    client.wait_json("tos/sensors", lambda r: r["top"] == 1)
    mark = client.mark()
    gateway.fault("GPIO24", "no-answer")
    client.wait_json("tos/sensors", lambda r: r["top"] is None, mark)
    mark = client.mark()
    gateway.fault("GPIO24", "none")
    client.wait_json("tos/sensors", lambda r: r["top"] == 1, mark)


def test_a_reload_adds_and_removes_limits(make_window, broker, client):
    gateway = make_window(limits="")
    client.wait_json("tos/sensors", lambda r: r["top"] == 0)
    drives(client, "forward")
    gateway.set("GPIO24", 1)
    client.wait_json("tos/sensors", lambda r: r["top"] == 1)
    assert gateway.output("GPIO5") == 1
    mark = gateway.wire.mark()
    ready = gateway.notifications.lines.mark()
    gateway.reload(text(broker))
    gateway.wire.wait("line GPIO5 0", mark)
    gateway.notifications.lines.wait("^READY=1$", ready)
    mark = client.mark()
    client.wait_json("tos/sensors", lambda r: r["top"] == 1, mark)
    assert not drive(client, "forward")["ok"]
    ready = gateway.notifications.lines.mark()
    gateway.reload(text(broker, limits=", limits: {forward: bottom, backward: top}"))
    gateway.notifications.lines.wait("^READY=1$", ready)
    assert reason(drive(client, "backward")) == "limit top is reached"
    drives(client, "forward")
    ready = gateway.notifications.lines.mark()
    gateway.reload(text(broker, limits=""))
    gateway.notifications.lines.wait("^READY=1$", ready)
    drives(client, "backward")
    mark = client.mark()
    client.wait_json("tos/sensors", lambda r: r["top"] == 1, mark)


def reload(gateway, map_text):
    ready = gateway.notifications.lines.mark()
    gateway.reload(map_text)
    gateway.notifications.lines.wait("^READY=1$", ready)


def test_a_reload_that_swaps_limits_holds_at_once(make_window, broker, client):
    gateway = make_window()
    drives(client, "forward")
    gateway.set("GPIO25", 1)
    client.wait_json("tos/sensors", lambda r: r["top"] == 0)
    assert gateway.output("GPIO5") == 1
    mark = gateway.wire.mark()
    reload(gateway, text(broker, limits=", limits: {forward: bottom, backward: top}"))
    gateway.wire.wait("line GPIO5 0", mark)
    gateway.log.wait("reload: done: limits changed$")
    assert reason(drive(client, "forward")) == "limit bottom is reached"
    drives(client, "backward")
    gateway.wire.wait("line GPIO6 1", mark)  # after its pause
    gateway.set("GPIO24", 1)
    gateway.wire.wait("line GPIO6 0", mark)


def test_a_sensor_that_becomes_a_limit_is_known_soon(make_window, broker, client):
    """Until the sampler has given its line back it counts as reached."""
    gateway = make_window(limits="")
    client.wait_json("tos/sensors", lambda r: r["top"] == 0)
    reload(gateway, text(broker))
    drives(client, "forward")
    mark = gateway.wire.mark()
    gateway.set("GPIO24", 1)
    gateway.wire.wait("line GPIO5 0", mark)
    assert not [line for line in gateway.log.since() if "limit" in line and "cannot" in line]


def test_no_other_thread_stands_between(make_window, client):
    gateway = make_window()
    drives(client, "forward")
    mark = gateway.wire.mark()
    with standstill(gateway.process, "tosd-sampler"), standstill(gateway.process, "link"):
        gateway.set("GPIO24", 1)
        gateway.wire.wait("line GPIO5 0", mark)
