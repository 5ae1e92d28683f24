# SPDX-License-Identifier: MIT
"""Inputs on GPIO lines, on the simulated board."""

import pytest

MAP = """
mqtt: {{url: 'mqtt://127.0.0.1:{port}'}}
interval: 100ms
chips:
  door: {{driver: switch, line: GPIO23, bias: pull-up, active_low: true}}
  rain: {{driver: switch, line: GPIO24}}
sensors:
  door: {{from: door}}
  rain: {{from: rain.state, simulate: 1}}
leds:
  - {{name: red, line: {led}}}
"""


@pytest.fixture
def make_inputs(broker, client, make_gateway):
    def make(led="GPIO17"):
        gateway = make_gateway(MAP.format(port=broker.port, led=led))
        client.wait("tos/sensors")
        return gateway

    return make


def test_a_switch_is_in_the_reading(make_inputs, client):
    gateway = make_inputs()
    reading = client.wait_json("tos/sensors")
    assert (reading["door"], reading["rain"]) == (0, 1)
    gateway.set("door.state", 1)
    client.wait_json("tos/sensors", lambda r: r["door"] == 1)
    gateway.set("door.state", 0)
    client.wait_json("tos/sensors", lambda r: r["door"] == 0, client.mark())


def test_a_level_is_the_lines_own_where_it_is_active_low(make_inputs, client):
    gateway = make_inputs()
    assert (gateway.output("GPIO23"), gateway.output("GPIO24")) == (1, 1)
    gateway.set("door.state", 1)
    client.wait_json("tos/sensors", lambda r: r["door"] == 1)
    assert gateway.output("GPIO23") == 0


def test_a_line_that_fails_hurts_only_itself(make_inputs, client):
    gateway = make_inputs()
    mark = client.mark()
    gateway.fault("GPIO23", "no-answer")
    assert client.wait_json("tos/sensors", lambda r: r["door"] is None, mark)["rain"] == 1
    health = client.wait_json("tos/health", lambda h: not h["sensors"]["door"]["ok"], mark)
    assert health["sensors"]["door"]["error"].startswith("switch on GPIO23: ")
    gateway.fault("GPIO23", "none")
    client.wait_json("tos/sensors", lambda r: r["door"] == 0, client.mark())


def test_a_line_that_another_program_has(make_inputs, client):
    gateway = make_inputs()
    mark = client.mark()
    gateway.fault("GPIO24", "busy")
    gateway.fault("rain", "short")  # it is opened anew
    client.wait_json("tos/health", lambda h: "held by" in h["sensors"]["rain"].get("error", ""), mark)
    gateway.fault("rain", "none")
    gateway.fault("GPIO24", "none")
    client.wait_json("tos/sensors", lambda r: r["rain"] == 1, client.mark())


def test_a_reload_gives_a_line_to_an_output(make_inputs, broker, client):
    gateway = make_inputs()
    swapped = MAP.format(port=broker.port, led="GPIO24").replace("line: GPIO24}", "line: GPIO25}", 1)
    gateway.reload(swapped)
    assert client.ask_json('{"led":{"red":{"on":true}}}')["ok"]
    assert gateway.output("GPIO24") == 1
    assert client.wait_json("tos/sensors", mark=client.mark())["rain"] == 1
