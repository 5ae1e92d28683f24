# SPDX-License-Identifier: MIT
"""An LED of three colors: what the three channels show, and that all go dark if one of them fails."""

import pytest
from conftest import make_map

COLOR = "  - {name: mood, red: pwmchip0.2, green: board.4, blue: pwmchip0.3, gamma: 1}\n"
CHANNELS = ("pwmchip0.2", "board.4", "pwmchip0.3")


@pytest.fixture
def mood(broker, make_client, make_gateway):
    gateway = make_gateway(make_map(broker.port).replace("pwm: pwmchip0.1}\n", "pwm: pwmchip0.1}\n" + COLOR))
    client = make_client()
    client.wait("tos/status", lambda m: m.payload == b"online")
    return gateway, client


def shown(gateway):
    return [gateway.output(channel) for channel in CHANNELS]


def test_a_color_turns_it_on_and_its_level_scales_it(mood):
    gateway, client = mood
    answer = client.ask_json({"led": {"mood": {"color": "#FF8000"}}})
    assert answer["applied"] == {"led": {"mood": {"on": True, "bright": 10, "color": "#ff8000"}}}
    assert shown(gateway) == pytest.approx([1, 128 / 255, 0], abs=0.001)
    client.wait_json("tos/state", lambda s: s["led"]["3"] == {"on": True, "bright": 10, "color": "#ff8000"})
    assert client.ask_json({"led": {"mood": {"bright": 5}}})["ok"]
    assert shown(gateway) == pytest.approx([0.5, 64 / 255, 0], abs=0.001)
    assert client.ask_json({"led": {"mood": {"on": False, "color": "#0000ff"}}})["ok"]
    assert shown(gateway) == [0, 0, 0]
    assert client.ask_json({"led": {"mood": {"on": True}}})["ok"]
    assert shown(gateway) == pytest.approx([0, 0, 0.5], abs=0.001)


def test_it_is_white_at_first(mood):
    gateway, client = mood
    assert client.ask_json({"led": {"mood": {"on": True}}})["ok"]
    assert shown(gateway) == [1, 1, 1]


def test_what_is_no_color_is_named(mood):
    gateway, client = mood
    answer = client.ask_json({"led": {"mood": {"color": "#000000"}, "red": {"color": "#ff0000"}}})
    assert [(error["path"], error["reason"]) for error in answer["errors"]] == [
        ("led.mood.color", '"#000000" is dark: to turn it off, say "on":false'),
        ("led.red.color", "this LED is of one color: the map gives no red, green and blue"),
    ]
    assert shown(gateway) == [0, 0, 0]


def test_all_go_dark_if_one_fails(mood):
    gateway, client = mood
    assert client.ask_json({"led": {"mood": {"on": True}}})["ok"]
    gateway.fault("pwmchip0.3", "short")
    mark = gateway.wire.mark()
    answer = client.ask_json({"led": {"mood": {"color": "#ff8000"}}})
    assert not answer["ok"]
    assert "pwmchip0.3" in answer["errors"][0]["reason"]
    gateway.wire.wait(r" pwm pwmchip0.2 0.0000$", mark)
    gateway.fault("pwmchip0.3", "none")
    gateway.wire.wait(r" pwm pwmchip0.3 0.0000$|release pwmchip0.3", mark)
