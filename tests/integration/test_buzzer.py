# SPDX-License-Identifier: MIT
"""A buzzer: tones on the kernel's PWM, on and off on a line, silence at the end."""

import pytest
from conftest import make_map

BUZZERS = """
buzzers:
  - {name: alarm, pwm: pwmchip0.0}
  - {name: bell, line: GPIO22, failsafe: keep}
"""


@pytest.fixture
def buzzers(broker, make_client, make_gateway):
    gateway = make_gateway(make_map(broker.port, more=BUZZERS))
    client = make_client()
    client.wait("tos/status", lambda m: m.payload == b"online")
    return gateway, client


def test_a_tone_is_the_period_of_its_pwm(buzzers):
    gateway, client = buzzers
    mark = gateway.wire.mark()
    answer = client.ask_json({"buzzer": {"alarm": {"tone": 440}}})
    assert answer["applied"] == {"buzzer": {"alarm": {"on": True, "tone": 440}}}
    assert gateway.wires(mark) == ["period pwmchip0.0 2272727", "pwm pwmchip0.0 0.5000"]
    client.wait_json("tos/state", lambda s: s["buzzer"] == {"0": {"on": True, "tone": 440}, "1": {"on": False}})
    mark = gateway.wire.mark()
    assert client.ask_json({"buzzer": {"0": {"tone": 880}}})["ok"]
    assert client.ask_json({"buzzer": {"0": {"on": True}}})["ok"]
    assert client.ask_json({"buzzer": {"0": {"on": False}}})["ok"]
    assert gateway.wires(mark) == ["pwm pwmchip0.0 0.0000", "period pwmchip0.0 1136363", "pwm pwmchip0.0 0.5000", "pwm pwmchip0.0 0.0000"]


def test_a_tone_may_end_by_itself(buzzers):
    gateway, client = buzzers
    mark = gateway.wire.mark()
    assert client.ask_json({"buzzer": {"alarm": {"tone": 1000, "for": 50}}})["ok"]
    gateway.wire.wait(r"pwm pwmchip0.0 0.5000$", mark)
    gateway.wire.wait(r"pwm pwmchip0.0 0.0000$", mark)


def test_on_a_line_it_has_no_tone(buzzers):
    gateway, client = buzzers
    answer = client.ask_json({"buzzer": {"bell": {"tone": 440}, "alarm": {"tone": 19}}})
    assert [(error["path"], error["reason"]) for error in answer["errors"]] == [
        ("buzzer.bell.tone", 'this buzzer is on a line and has no tones: say "on":true'),
        ("buzzer.alarm.tone", "19 is outside 20..20000"),
    ]
    assert client.ask_json({"buzzer": {"bell": {"on": True}}})["applied"] == {"buzzer": {"bell": {"on": True}}}
    assert gateway.output("GPIO22") == 1
    about = client.wait_json("tos/about", lambda a: True)
    assert [list(buzzer["keys"]) for buzzer in about["outputs"]["buzzer"]] == [["on", "tone"], ["on"]]


def test_at_the_end_all_is_silent(buzzers):
    gateway, client = buzzers
    assert client.ask_json({"buzzer": {"bell": {"on": True}, "alarm": {"on": True}}})["ok"]
    mark = gateway.wire.mark()
    assert gateway.stop() == 0
    lines = gateway.wire.since(mark)
    assert any(line.endswith(" line GPIO22 0") for line in lines)
    assert any(line.endswith(" pwm pwmchip0.0 0.0000") for line in lines)
