# SPDX-License-Identifier: MIT
"""A kind of output that is a table and nothing else: the map, actions, state, health, the fail-safe and --safe of a relay."""

import re
import signal
import subprocess

import pytest
from conftest import make_map
from harness import TIMEOUT

RELAYS = """
relays:
  - {name: pump, line: GPIO26, active_low: true}
  - {line: GPIO22, failsafe: 'on'}
  - {name: heater, line: GPIO23, failsafe: keep}
"""

BLIND = """
relays:
  - {name: up, line: GPIO26, interlock: blind, interlock_pause: 700ms}
  - {name: down, line: GPIO22, interlock: blind}
"""

LIMITED = """
relays:
  - {name: pump, line: GPIO26, failsafe: 'on', max_on: 1500ms}
"""
LINES = ("GPIO26", "GPIO22", "GPIO23")
ON = {"relay": {"pump": {"on": True}, "1": {"on": False}, "heater": {"on": True}}}


def last_levels(text):
    """Returns the level that was last written to each line: "12345 line GPIO26 1"."""
    levels = dict(re.findall(r" line (\S+) ([01])$", text, re.MULTILINE))
    return [levels[line] for line in LINES]


@pytest.fixture
def make_switched(broker, make_client, make_gateway):
    def make(**options):
        gateway = make_gateway(make_map(broker.port, more=RELAYS, **options))
        client = make_client()
        client.wait("tos/status", lambda m: m.payload == b"online")
        return gateway, client

    return make


@pytest.fixture
def switched(make_switched):
    return make_switched()


def levels(gateway):
    """The first one is on when its line is low."""
    pump, *others = [gateway.output(line) for line in LINES]
    return [1 - pump, *others]


def test_an_action_switches_them_and_the_state_says_so(switched):
    gateway, client = switched
    assert levels(gateway) == [0, 0, 0]
    answer = client.ask_json(ON)
    assert answer["applied"] == ON
    assert levels(gateway) == [1, 0, 1]
    relays = {"0": {"on": True}, "1": {"on": False}, "2": {"on": True}}
    client.wait_json("tos/state", lambda state: state["relay"] == relays)
    client.wait_json("tos/health", lambda h: all(h["actuators"][f"relay.{i}"] == {"ok": True} for i in range(3)))


def test_what_is_wrong_is_named_in_its_words(switched):
    gateway, client = switched
    answer = client.ask_json({"relay": {"pumpp": {"on": True}, "1": {"on": 1, "bright": 3}}})
    assert [(error["path"], error["reason"]) for error in answer["errors"]] == [
        ("relay.pumpp", 'there is no relay "pumpp", did you mean "pump"?'),
        ("relay.1.on", "must be true or false, not a number"),
        ("relay.1.bright", 'unknown key "bright", known here: on, for, toggle'),
    ]
    assert levels(gateway) == [0, 0, 0]


def test_without_a_broker_each_is_as_its_own_failsafe_says(broker, make_switched):
    gateway, client = make_switched()
    assert client.ask_json(ON)["ok"]
    mark = gateway.wire.mark()
    broker.freeze()
    # Only now: before, a busy machine may hold up the broker for as long.
    gateway.reload(make_map(broker.port, failsafe="{after: 1s}", more=RELAYS))
    gateway.wire.wait(r"^\d+ line GPIO22 1$", mark)
    broker.thaw()
    assert levels(gateway) == [0, 1, 1]


def test_at_the_end_what_was_kept_is_off(switched):
    gateway, client = switched
    assert client.ask_json(ON)["ok"]
    mark = gateway.wire.mark()
    assert gateway.stop() == 0
    assert last_levels("\n".join(gateway.wire.since(mark))) == ["1", "1", "0"]


def lose(gateway, client):
    """It is on, and then closed by a write that fails: nobody can turn it off."""
    assert client.ask_json({"relay": {"pump": {"on": True}}})["ok"]
    gateway.fault("GPIO26", "stuck")
    assert not client.ask_json({"relay": {"pump": {"on": True}}})["ok"]
    assert levels(gateway)[0] == 1


def test_what_could_not_be_turned_off_is_off_when_it_is_back(switched):
    gateway, client = switched
    assert client.ask_json({"relay": {"pump": {"on": True}}})["ok"]
    gateway.fault("GPIO26", "stuck")
    assert not client.ask_json({"relay": {"pump": {"on": False}}})["ok"]
    mark, wires = client.mark(), gateway.wire.mark()
    gateway.fault("GPIO26", "none")
    client.wait_json("tos/state", lambda state: state["relay"]["0"] == {"on": False}, mark)
    assert levels(gateway)[0] == 0
    assert "line GPIO26 0" not in gateway.wires(wires)


def test_the_end_turns_off_what_was_lost(switched):
    gateway, client = switched
    lose(gateway, client)
    gateway.fault("GPIO26", "none")
    mark = gateway.wire.mark()
    assert gateway.stop() == 0
    assert [line for line in gateway.wire.since(mark) if " line GPIO26 " in line][-1].endswith(" 1")


def test_an_end_that_leaves_something_on_says_so(switched):
    gateway, client = switched
    lose(gateway, client)
    gateway.fault("GPIO26", "busy")
    mark = gateway.log.mark()
    gateway.process.send_signal(signal.SIGTERM)
    assert gateway.process.wait(TIMEOUT) == 1
    gateway.log.wait("error: ended with an output that could not be turned off", mark)


def test_a_reload_tells_what_goes_and_is_still_on(broker, switched):
    gateway, client = switched
    lose(gateway, client)
    gateway.fault("GPIO26", "busy")
    mark = gateway.log.mark()
    gateway.reload(make_map(broker.port, more=RELAYS.replace("name: pump", "name: pomp")))
    gateway.log.wait("^error: relay.pump: .*; it is no longer in the map like that, and could not be turned off", mark)
    gateway.fault("GPIO26", "none")
    gateway.wire.wait(r" line GPIO26 1$")


def test_safe_does_the_same(binary, folder):
    (folder / "tosd.yaml").write_text("mqtt: {url: mqtt://localhost}\n" + RELAYS)
    environment = {"TOS_SIM_DIR": str(folder)}
    command = [binary, "--simulate", "--safe", "--config", str(folder / "tosd.yaml"), "--state", str(folder)]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    assert last_levels((folder / "wire.log").read_text()) == ["1", "1", "0"]


def test_the_longest_time_holds_without_a_broker(broker, make_client, make_gateway):
    """Whatever the fail-safe says, and however often it is switched on meanwhile."""
    gateway = make_gateway(make_map(broker.port, more=LIMITED))
    client = make_client()
    client.wait("tos/status", lambda m: m.payload == b"online")
    mark = gateway.wire.mark()
    answer = client.ask_json({"relay": {"pump": {"on": True, "for": 1501}}})
    assert answer["errors"] == [{"path": "relay.pump.for", "reason": "1501 ms is more than its max_on, 1500 ms"}]
    assert client.ask_json({"relay": {"pump": {"on": True}}})["ok"]
    assert client.ask_json({"relay": {"pump": {"on": True}}})["ok"]
    broker.freeze()
    # Only now: before, a busy machine may hold up the broker for as long.
    gateway.reload(make_map(broker.port, failsafe="{after: 1s}", more=LIMITED))
    gateway.wire.wait(r" line GPIO26 0$", mark)
    broker.thaw()
    times = [int(line.split()[0]) for line in gateway.wire.since(mark) if " line GPIO26 " in line]
    assert times[-1] - times[0] >= 1_490_000
    client.wait_json("tos/state", lambda state: state["relay"]["0"] == {"on": False})


def test_of_an_interlock_one_is_on_after_a_pause(broker, make_client, make_gateway):
    gateway = make_gateway(make_map(broker.port, more=BLIND))
    client = make_client()
    client.wait("tos/status", lambda m: m.payload == b"online")
    mark = gateway.wire.mark()
    answer = client.ask_json({"relay": {"up": {"on": True}, "down": {"toggle": True}}})
    reason = 'at most one of the interlock "blind" can be on, and "up" is in this action, too'
    assert answer["errors"] == [{"path": "relay.down", "reason": reason}]
    assert client.ask_json({"relay": {"up": {"on": True}}})["ok"]
    gateway.wire.wait(r" line GPIO26 1$", mark)
    mark = gateway.wire.mark()
    assert client.ask_json({"relay": {"down": {"on": True}}})["applied"] == {"relay": {"down": {"on": True}}}
    gateway.wire.wait(r" line GPIO22 1$", mark)
    times = [(int(line.split()[0]), line.split(" ", 1)[1]) for line in gateway.wire.since(mark)]
    off = next(at for at, what in times if what == "line GPIO26 0")
    on = next(at for at, what in times if what == "line GPIO22 1")
    assert on - off >= 690_000
    client.wait_json("tos/state", lambda state: state["relay"] == {"0": {"on": False}, "1": {"on": True}})
