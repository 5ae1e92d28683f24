# SPDX-License-Identifier: MIT
"""The values that the map starts outputs with: written once, after the rest, and never again by a reload."""

import pytest
from conftest import make_map
from harness import TIMEOUT

OUTPUTS = """
relays:
  - {name: fan, line: GPIO26, start: on, failsafe: keep}
  - {name: pump, line: GPIO22, start: on}
servos:
  - {name: flap, pwm: pwmchip0.5, pulse: [500us, 2500us], start: 45, release: 200ms}
  - {name: eye, pwm: pwmchip0.6, pulse: [500us, 2500us], start: 90, failsafe: keep}
"""

# So long that it does not trip before the gateway is connected.
AFTER = "{after: 1min}"


@pytest.fixture
def started(broker, make_client, make_gateway):
    gateway = make_gateway(make_map(broker.port, failsafe=AFTER, more=OUTPUTS))
    client = make_client()
    client.wait("tos/status", lambda m: m.payload == b"online")
    return gateway, client


def test_outputs_are_started_after_the_rest(started):
    gateway, client = started
    wires = gateway.wires()
    assert [line for line in wires if "GPIO26" in line] == ["line GPIO26 0", "line GPIO26 1"]
    assert wires.index("line GPIO22 0") < wires.index("line GPIO26 1")
    client.wait_json("tos/state", lambda s: s["relay"]["0"] == s["relay"]["1"] == {"on": True})
    assert gateway.output("pwmchip0.6") * 20000 == pytest.approx(1500, abs=1)
    # The pulses of the first servo end after its release.
    gateway.wire.wait(r"pwmchip0.5 0.0500$")
    client.wait_json("tos/state", lambda s: s["servo"] == {"0": {"on": False, "angle": 45}, "1": {"on": True, "angle": 90}})


def test_the_failsafe_comes_after_the_start_and_a_broker_does_not_bring_it_back(broker, make_client, make_gateway):
    broker.freeze()
    gateway = make_gateway(make_map(broker.port, failsafe="{after: 1s}", more=OUTPUTS), wait_ready=False)
    gateway.wire.wait_sum(r"line GPIO22 0$", 2)
    broker.thaw()
    client = make_client()
    client.wait("tos/status", lambda m: m.payload == b"online")
    client.wait_json("tos/state", lambda s: s["relay"] == {"0": {"on": True}, "1": {"on": False}})
    levels = [line for line in gateway.wires() if "GPIO26" in line or "GPIO22" in line]
    assert sorted(levels[:2]) == ["line GPIO22 0", "line GPIO26 0"]
    assert sorted(levels[2:4]) == ["line GPIO22 1", "line GPIO26 1"]
    assert levels[4:] == ["line GPIO22 0"]


def test_a_reload_does_not_start_what_was_turned_off(started, broker):
    gateway, client = started
    assert client.ask_json({"relay": {"fan": {"on": False}}, "servo": {"eye": "stop"}})["ok"]
    mark = gateway.wire.mark()
    text = make_map(broker.port, failsafe=AFTER, more=OUTPUTS.replace("servos:", "  - {line: GPIO23, start: on}\nservos:"))
    gateway.reload(text)
    gateway.wire.wait(r"line GPIO23 1$", mark)
    gateway.log.wait("reload: done")
    assert gateway.output("GPIO26") == 0
    assert gateway.output("pwmchip0.6") == 0
    assert not [line for line in gateway.wires(mark) if "GPIO26" in line or "pwmchip0.6" in line]


def test_after_a_crash_they_are_started_again(started):
    gateway, client = started
    mark = client.mark()
    assert client.ask_json({"relay": {"fan": {"on": False}}})["ok"]
    client.wait_json("tos/state", lambda s: s["relay"]["0"] == {"on": False}, mark)
    mark = client.mark()
    gateway.kill()
    gateway.start()
    client.wait_json("tos/state", lambda s: s["relay"]["0"] == {"on": True}, mark)
    assert gateway.output("GPIO26") == 1


def test_a_reload_during_an_outage_starts_nothing_that_the_failsafe_ends(broker, make_client, make_gateway):
    """Nobody could turn it off, and the fail-safe has tripped already."""
    text = make_map(broker.port, failsafe=AFTER, more=OUTPUTS)
    gateway = make_gateway(text)
    client = make_client()
    client.wait("tos/status", lambda m: m.payload == b"online")
    mark = gateway.wire.mark()
    broker.freeze()
    # Only now: before and behind this outage, a busy machine may hold up the broker for as long.
    gateway.reload(make_map(broker.port, failsafe="{after: 1s}", more=OUTPUTS))
    gateway.wire.wait(r"line GPIO22 0$", mark)
    gateway.log.wait("reload: done")
    mark, log = gateway.wire.mark(), gateway.log.mark()
    gateway.reload(text.replace("servos:", "  - {line: GPIO23, start: on}\n  - {line: GPIO24, start: on, failsafe: keep}\nservos:"))
    gateway.wire.wait(r"line GPIO24 1$", mark)
    gateway.log.wait("reload: done", log)
    broker.thaw()
    assert client.ask_json({"relay": {"pump": {"on": True}}})["ok"]
    assert [line for line in gateway.wires(mark) if line.startswith("line")] == [
        "line GPIO23 0",
        "line GPIO24 0",
        "line GPIO24 1",
        "line GPIO22 1",
    ]


def test_a_reload_that_connects_anew_starts_nothing_that_the_failsafe_ends(started, broker):
    """The fail-safe acts then, on a motor as on all else."""
    gateway, client = started
    more = "  - {line: GPIO23, start: on}\n  - {line: GPIO24, start: on, failsafe: keep}\nservos:"
    mark, log = gateway.wire.mark(), gateway.log.mark()
    gateway.reload(make_map(broker.port, "  topic: anew", failsafe=AFTER, more=OUTPUTS.replace("servos:", more)))
    gateway.log.wait("reload: done", log)
    client.wait_json("anew/state", lambda s: [s["relay"][i]["on"] for i in "0123"] == [True, False, False, True])
    wires = gateway.wires(mark)
    assert "line GPIO24 1" in wires and "line GPIO22 0" in wires
    assert "line GPIO23 1" not in wires


def test_a_start_that_is_refused_starts_nothing(broker, make_gateway, folder):
    """systemd tries again every two seconds, and each time a pump would run for a moment."""
    password = folder / "password"
    password.write_text("x" * 5000)
    password.chmod(0o600)
    mqtt = f"  username: somebody\n  password_file: {password}"
    gateway = make_gateway(make_map(broker.port, mqtt, more=OUTPUTS), wait_ready=False)
    assert gateway.process.wait(TIMEOUT) == 1
    gateway.log.wait("error: cannot start")
    lines = [line for line in gateway.wires() if line.startswith("line GPIO2")]
    assert "line GPIO22 0" in lines and not [line for line in lines if line.endswith(" 1")]
