# SPDX-License-Identifier: MIT
"""An LED that fades: the duties on the wire on the way, and what does not wait for them."""

import time

import pytest
from conftest import make_map

FADING = """  - {name: slow, pwm: board.5, gamma: 1, fade: 1500ms}
  - {name: mood, red: board.6, green: board.7, blue: board.8, gamma: 1}
"""


@pytest.fixture
def leds(broker, make_client, make_gateway):
    gateway = make_gateway(make_map(broker.port).replace("pwm: pwmchip0.1}\n", "pwm: pwmchip0.1}\n" + FADING))
    client = make_client()
    client.wait("tos/status", lambda m: m.payload == b"online")
    return gateway, client


def duties(gateway, channel, mark):
    lines = (line.split() for line in gateway.wires(mark))
    return [float(words[-1]) for words in lines if words[-2] == channel]


def is_on_its_way(gateway, channel, mark, begin_s, length_s):
    """From dark to full, and no duty before its time. How late one is, the machine decides."""
    gateway.wire.fence()
    lines = [line.split() for line in gateway.wire.since(mark)]
    shown = [(int(words[0]) / 1e6 - begin_s, float(words[-1])) for words in lines if words[-2] == channel]
    return shown[-1][1] == 1 and all(duty <= passed_s / length_s + 0.03 for passed_s, duty in shown)


def test_the_map_and_an_action_say_how_long(leds):
    gateway, client = leds
    mark, begin_s = gateway.wire.mark(), time.monotonic()
    answer = client.ask_json({"led": {"slow": {"bright": 10}}})
    assert answer["applied"] == {"led": {"slow": {"on": True, "bright": 10}}}
    client.wait_json("tos/state", lambda s: s["led"]["3"] == {"on": True, "bright": 10})
    gateway.wire.wait(r" board\.5 1\.0000$", mark)
    shown = duties(gateway, "board.5", mark)
    assert shown == sorted(shown) and len(shown) <= 75
    assert is_on_its_way(gateway, "board.5", mark, begin_s, 1.5)
    mark = gateway.wire.mark()
    assert client.ask_json({"led": {"slow": {"on": False, "fade": 0}}})["ok"]
    assert duties(gateway, "board.5", mark) == [0]


def test_a_color_keeps_its_ratio(leds):
    gateway, client = leds
    mark, begin_s = gateway.wire.mark(), time.monotonic()
    assert client.ask_json({"led": {"mood": {"color": "#ff0033", "fade": 2000}}})["ok"]
    gateway.wire.wait(r" board\.8 0\.2000$", mark)
    red, blue = (duties(gateway, channel, mark) for channel in ("board.6", "board.8"))
    assert len(red) == len(blue)
    assert is_on_its_way(gateway, "board.6", mark, begin_s, 2)
    for one, other in zip(red, blue):
        assert other == pytest.approx(one / 5, abs=0.001)
    assert duties(gateway, "board.7", mark) == []


def test_another_action_goes_on_from_there(leds):
    """An hour's fade is at its beginning, and the way back from it is short."""
    gateway, client = leds
    mark = gateway.wire.mark()
    assert client.ask_json({"led": {"slow": {"on": True, "fade": 3600000}}})["ok"]
    assert client.ask_json({"led": {"slow": {"on": False}}})["ok"]
    gateway.wire.fence()
    client.wait_json("tos/state", lambda s: s["led"]["3"]["on"] is False)
    assert max(duties(gateway, "board.5", mark), default=0) < 0.5
    gateway.wire.wait(r" board\.5 0\.0000$", mark)


def test_the_end_of_a_time_is_immediate(leds):
    gateway, client = leds
    assert client.ask_json({"led": {"slow": {"on": True, "fade": 0}}})["ok"]
    mark = gateway.wire.mark()
    assert client.ask_json({"led": {"slow": {"on": True, "for": 50}}})["ok"]
    gateway.wire.wait(r" board\.5 0\.0000$", mark)
    assert duties(gateway, "board.5", mark) == [0]


def test_a_light_on_its_way_is_not_left_there(leds):
    gateway, client = leds
    mark = gateway.wire.mark()
    assert client.ask_json({"led": {"slow": {"on": True, "fade": 3600000}}})["ok"]
    gateway.stop()
    assert any(line.endswith(" board.5 1.0000") for line in gateway.wire.since(mark))


def test_where_nothing_can_fade_it_is_a_mistake(leds):
    gateway, client = leds
    answer = client.ask_json({"led": {"red": {"on": True, "fade": 500}}, "motor": {"direction": "forward", "fade": 5}})
    assert [error["path"] for error in answer["errors"]] == ["led.red.fade", "motor.fade"]
    assert gateway.output("GPIO17") == 0
