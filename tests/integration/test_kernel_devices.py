# SPDX-License-Identifier: MIT
"""Devices with a kernel driver, on the simulated board: sensors of hwmon and IIO, and LEDs."""

import json

import pytest

MAP = """
mqtt: {{url: 'mqtt://127.0.0.1:{port}'}}
interval: 100ms
chips:
  cpu: {{driver: hwmon, bus: cpu_thermal}}
  light: {{driver: iio, bus: 1-0039}}
sensors:
  cpu: {{from: cpu.temp1, decimals: 1, simulate: 51.5}}
  lux: {{from: light.illuminance}}
leds:
  - {{name: act, led: ACT, gamma: 1}}
failsafe: {{leds: {leds}}}
"""


@pytest.fixture
def gateway(broker, client, make_gateway):
    gateway = make_gateway(MAP.format(port=broker.port, leds="keep"))
    client.wait("tos/sensors")
    return gateway


def test_readings_of_what_the_kernel_measures(gateway, client):
    assert client.wait_json("tos/sensors", lambda r: None not in r.values())["cpu"] == 51.5
    gateway.set("cpu.temp1", -3.25)
    client.wait_json("tos/sensors", lambda r: r["cpu"] == -3.3)


def test_a_device_that_fails_hurts_only_itself(gateway, client):
    mark = client.mark()
    gateway.fault("cpu", "no-answer")
    reading = client.wait_json("tos/sensors", lambda r: r["cpu"] is None, mark)
    assert reading["lux"] == 300
    health = client.wait_json("tos/health", lambda h: not h["sensors"]["cpu"]["ok"], mark)
    assert health["sensors"]["cpu"]["error"] == "hwmon on cpu_thermal: no answer"
    gateway.fault("cpu", "none")
    client.wait_json("tos/sensors", lambda r: r["cpu"] is not None, client.mark())
    gateway.fault("/sys/bus/iio/devices/1-0039", "stuck")
    assert client.wait_json("tos/sensors", lambda r: r["lux"] is None)["cpu"] == 51.5


def test_an_led_of_the_kernels_is_on_the_wires(gateway, client):
    answer = json.loads(client.ask('{"led":{"act":{"bright":4}}}'))
    assert answer["applied"] == {"led": {"act": {"on": True, "bright": 4}}}
    assert gateway.output("leds/ACT") == 0.4
    client.ask('{"led":{"act":{"on":false}}}')
    assert gateway.output("leds/ACT") == 0


def test_an_led_of_the_kernels_that_is_unplugged(gateway, client):
    mark = client.mark()
    gateway.fault("leds/ACT", "no-answer")
    answer = json.loads(client.ask('{"led":{"act":{"on":true}}}'))
    assert not answer["ok"] and "leds/ACT is unplugged" in answer["errors"][0]["reason"], answer
    client.wait_json("tos/health", lambda h: not h["actuators"]["led.0"]["ok"], mark)
    mark = client.mark()
    gateway.fault("leds/ACT", "none")
    client.wait_json("tos/health", lambda h: h["actuators"]["led.0"]["ok"], mark)
    assert json.loads(client.ask('{"led":{"act":{"on":true}}}'))["ok"]
    assert gateway.output("leds/ACT") == 1


def test_the_failsafe_has_it_dark(broker, client, make_gateway):
    gateway = make_gateway(MAP.format(port=broker.port, leds="off, after: 1s"))
    client.wait("tos/sensors")
    mark = gateway.wire.mark()
    client.ask('{"led":{"act":{"on":true}}}')
    broker.kill()
    gateway.wire.wait("pwm leds/ACT 0.0000$", mark)


def test_a_reload_leaves_an_led_that_did_not_change(gateway, client, broker):
    client.ask('{"led":{"act":{"on":true}}}')
    text = MAP.format(port=broker.port, leds="keep")
    mark, wires = gateway.log.mark(), gateway.wire.mark()
    gateway.reload(text.replace("decimals: 1", "decimals: 2"))
    gateway.log.wait("reload: done", mark)
    assert gateway.wires(wires) == []
    mark = gateway.log.mark()
    gateway.reload(text.replace("gamma: 1", "gamma: 2"))
    gateway.log.wait("reload: done", mark)
    assert gateway.wires(wires) == ["pwm leds/ACT 0.0000", "release leds/ACT", "pwm leds/ACT 0.0000"]
