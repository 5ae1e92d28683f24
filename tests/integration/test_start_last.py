# SPDX-License-Identifier: MIT
"""start: last: after an end in order, outputs are what actions have made of them."""

import pytest
from conftest import make_map
from harness import run_tosd

# So long that it does not trip before the gateway is connected.
AFTER = "{after: 1min}"

OUTPUTS = """
relays:
  - {name: fan, line: GPIO26, start: last}
  - {name: pump, line: GPIO22, start: last, failsafe: keep}
servos:
  - {name: flap, pwm: pwmchip0.5, pulse: [500us, 2500us], start: last}
buzzers:
  - {name: hum, pwm: pwmchip0.7, start: last}
"""
LAMPS = """
leds:
  - {name: lamp, pwm: pwmchip0.1, start: last}
  - {name: mood, red: pwmchip0.2, green: pwmchip0.3, blue: pwmchip0.4, start: last}
"""

LEDS = {"lamp": {"on": True, "bright": 3}, "mood": {"on": True, "color": "#ff8000", "bright": 5}}
ACTION = {"led": LEDS, "relay": {"fan": {"on": True}}, "servo": {"flap": {"angle": 45}}, "buzzer": {"hum": {"tone": 220}}}


def map_text(broker, outputs=OUTPUTS, failsafe=AFTER):
    mqtt = f"mqtt: {{url: 'mqtt://127.0.0.1:{broker.port}', health_interval: 1s}}"
    return f"{mqtt}\nfailsafe: {failsafe}\n{LAMPS}{outputs}"


def online(client, mark=0):
    client.wait("tos/status", lambda m: m.payload == b"online", mark=mark)


@pytest.fixture
def running(broker, make_client, make_gateway):
    gateway = make_gateway(map_text(broker))
    client = make_client()
    online(client)
    return gateway, client


def kept(gateway):
    return (gateway.folder / "state" / "states").read_text().splitlines()


def restart(gateway, client):
    """In order. Returns the state after it."""
    mark = gateway.stop_before(client)
    gateway.start()
    online(client, mark)
    return mark


def wait_fan(client, on, mark=0):
    return client.wait_json("tos/state", lambda s: s["relay"]["0"] == {"on": on}, mark)


def test_after_an_end_in_order_all_is_as_before(running):
    gateway, client = running
    assert client.ask_json(ACTION)["ok"]
    before = client.wait_json("tos/state", lambda s: s["led"]["0"]["bright"] == 3 and s["buzzer"]["0"]["on"])
    mark = gateway.stop_before(client)
    assert kept(gateway)[1] == "ended yes"
    gateway.start()
    assert client.wait_json("tos/state", lambda s: s == before, mark) == before
    assert gateway.output("GPIO26") == 1 and gateway.output("GPIO22") == 0
    assert gateway.output("pwmchip0.5") * 20000 == pytest.approx(1000, abs=1)
    # After the rest.
    lines = [line for line in gateway.wires() if "GPIO26" in line]
    assert lines == ["line GPIO26 0", "line GPIO26 1"]
    assert kept(gateway)[1] == "ended no"


def test_what_waits_for_a_part_and_fails_is_not_kept(broker, make_client, make_gateway):
    """The outputs of one action are written together to a PWM part."""
    part = "chips: {board: {driver: pca9685, bus: /dev/i2c-1, frequency: 1kHz}}\n"
    leds = "leds:\n" + "".join(f"  - {{name: l{i}, pwm: board.{i}, start: last}}\n" for i in range(2))
    gateway = make_gateway(f"mqtt: {{url: 'mqtt://127.0.0.1:{broker.port}'}}\n{part}{leds}")
    client = make_client()
    online(client)
    assert client.ask_json({"led": {"l0": {"on": True, "bright": 2}, "l1": {"on": True, "bright": 3}}})["ok"]
    gateway.fault("board", "no-answer")
    assert not client.ask_json({"led": {"l0": {"bright": 7}, "l1": {"bright": 8}}})["ok"]
    mark = gateway.stop_before(client)
    gateway.start()
    want = {"0": {"on": True, "bright": 2}, "1": {"on": True, "bright": 3}}
    client.wait_json("tos/state", lambda s: s["led"] == want, mark)


def test_what_was_turned_off_stays_off(running):
    gateway, client = running
    assert client.ask_json(ACTION)["ok"]
    off = {"on": False}
    assert client.ask_json({"relay": {"fan": off}, "servo": {"flap": off}, "led": {"lamp": off}})["ok"]
    mark = restart(gateway, client)
    state = client.wait_json("tos/state", lambda s: s["led"]["1"]["on"], mark)
    assert state["relay"]["0"] == {"on": False}
    assert state["led"]["0"] == {"on": False, "bright": 3}
    assert state["servo"]["0"] == {"on": False, "angle": 45}


def test_so_does_what_could_not_be_turned_off_at_once(running):
    """It is off as soon as it can be written."""
    gateway, client = running
    assert client.ask_json(ACTION)["ok"]
    mark = client.mark()
    for target, action in (("GPIO26", {"relay": {"fan": {"on": False}}}), ("pwmchip0.5", {"servo": {"flap": "stop"}})):
        gateway.fault(target, "short")
        assert not client.ask_json(action)["ok"]
        gateway.fault(target, "none")
    client.wait_json("tos/health", lambda h: all(h["actuators"][name]["ok"] for name in ("relay.0", "servo.0")), mark)
    mark = restart(gateway, client)
    state = client.wait_json("tos/state", lambda s: s["led"]["1"]["on"], mark)
    assert state["relay"]["0"] == {"on": False}
    assert state["servo"]["0"]["on"] is False


def test_an_action_with_a_time_is_not_kept(running):
    gateway, client = running
    hour = {"on": True, "for": 3600000}
    assert client.ask_json({"relay": {"fan": hour}, "led": {"lamp": hour}})["ok"]
    # Nor is a level that leaves the time as it is.
    assert client.ask_json({"led": {"lamp": {"bright": 7}}})["ok"]
    assert client.ask_json({"relay": {"pump": {"on": True}}})["ok"]
    mark = restart(gateway, client)
    state = client.wait_json("tos/state", lambda s: s["relay"]["1"]["on"], mark)
    assert state["relay"]["0"] == {"on": False} and not state["led"]["0"]["on"]


def test_after_a_crash_all_rests(running):
    gateway, client = running
    assert client.ask_json(ACTION)["ok"]
    wait_fan(client, True, restart(gateway, client))
    gateway.kill()
    mark = client.mark()
    gateway.start()
    gateway.log.wait("states of outputs: the run before did not end in order: outputs with start: last begin at rest")
    online(client, mark)
    wait_fan(client, False, mark)
    assert gateway.output("GPIO26") == 0


def test_the_third_start_within_a_minute_rests(running):
    gateway, client = running
    assert client.ask_json(ACTION)["ok"]
    wait_fan(client, True, restart(gateway, client))
    mark = gateway.stop_before(client)
    gateway.start()
    gateway.log.wait("states of outputs: this is the third start within a minute")
    online(client, mark)
    wait_fan(client, False, mark)


def test_the_failsafe_does_not_change_what_is_kept(broker, make_client, make_gateway):
    gateway = make_gateway(map_text(broker, failsafe="{after: 1s}"))
    client = make_client()
    online(client)
    assert client.ask_json({"relay": {"fan": {"on": True}}})["ok"]
    broker.freeze()
    gateway.wire.wait_sum(r"line GPIO26 0$", 2)
    gateway.stop()
    broker.thaw()
    client = make_client()
    mark = client.mark()
    # It comes on after the disk has noted the start, unless the fail-safe trips before.
    gateway.map.write_text(map_text(broker))
    gateway.start()
    gateway.wire.wait(r"line GPIO26 1$")
    online(client, mark)


def test_a_reload_leaves_what_is_and_begins_what_is_wired_anew_as_it_was(running, broker):
    gateway, client = running
    assert client.ask_json(ACTION)["ok"]
    mark = gateway.wire.mark()
    other = OUTPUTS.replace("{name: fan, line: GPIO26", "{name: fan, line: GPIO16").replace("name: pump", "name: renamed")
    gateway.reload(map_text(broker, other))
    gateway.wire.wait(r"line GPIO16 1$", mark)
    gateway.log.wait("reload: done")
    assert not [line for line in gateway.wires(mark) if "pwmchip0.5" in line]
    assert client.ask_json({"relay": {"renamed": {"on": True}}})["ok"]
    # Another name, and a name on another kind.
    mark = gateway.stop_before(client)
    swapped = OUTPUTS.replace("name: fan", "name: flap").replace("servos:\n  - {name: flap", "servos:\n  - {name: fan")
    gateway.map.write_text(map_text(broker, swapped))
    gateway.start()
    state = client.wait_json("tos/state", lambda s: s["led"]["0"]["on"], mark)
    assert state["relay"]["0"] == {"on": False} and state["relay"]["1"] == {"on": False}
    assert state["servo"]["0"]["on"] is False


def test_safe_touches_nothing_of_it(running, binary):
    gateway, client = running
    assert client.ask_json(ACTION)["ok"]
    gateway.stop()
    before = kept(gateway)
    state = gateway.folder / "state"
    assert run_tosd(binary, "--safe", "-s", "-c", gateway.map, "--state", state).returncode == 0
    assert kept(gateway) == before


DAMAGED = {
    "cut": "states 1\nended yes\nboot a\nrelay fan on=1\n",
    "foreign": "#!/bin/sh\nexit 1\n",
    "zeros": "\0" * 9000,
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_file_that_is_damaged_is_said_once(running, content):
    gateway, client = running
    assert client.ask_json(ACTION)["ok"]
    gateway.stop()
    (gateway.folder / "state" / "states").write_text(content)
    mark = client.mark()
    gateway.start()
    gateway.log.wait("warning: states of outputs: their file in the state directory is damaged, in line .*check the disk")
    online(client, mark)
    wait_fan(client, False, mark)
    assert client.ask_json({"relay": {"fan": {"on": True}}})["ok"]
    gateway.stop()
    mark = client.mark()
    gateway.start()
    online(client, mark)
    assert not [line for line in gateway.log.since() if "damaged" in line]


def test_without_a_disk_all_rests_and_the_health_says_so(running):
    gateway, client = running
    assert client.ask_json(ACTION)["ok"]
    gateway.stop()
    (gateway.folder / "state" / "states.new").mkdir()
    (gateway.folder / "state" / "states.new" / "in-the-way").touch()
    mark = client.mark()
    gateway.start()
    gateway.log.wait("warning: states of outputs: cannot be kept in ")
    online(client, mark)
    health = client.wait_json("tos/health", lambda h: not h["disk"]["ok"], mark)
    assert health["disk"]["error"].startswith("states of outputs cannot be kept in ")
    wait_fan(client, False, mark)
    assert gateway.output("GPIO26") == 0
