# SPDX-License-Identifier: MIT
"""ROOT/about: what this gateway has."""

import json

import pytest
from conftest import make_map
from paho.mqtt import client as mqtt

INPUTS = """  door: {driver: switch, line: GPIO23}
sensors:
  open: {from: door}
"""


def about(client, accept=lambda about: True, mark=0):
    return client.wait_json("tos/about", accept, mark)


def test_it_tells_what_the_map_has(broker, client, make_client, make_gateway):
    text = make_map(broker.port, interval="{default: 100ms, min: 50ms, max: 1h}").replace("sensors:\n", INPUTS)
    make_gateway(text.replace("temp: {", "temp: {label: 거실, decimals: 1, max: 60, ").replace(
        "cds: {", "cds: {unit: lx, class: illuminance, scale: 2, "))
    got = about(client)
    health = client.wait_json("tos/health")
    assert list(got) == [
        "schema", "version", "instance", "board", "root", "interval", "inputs", "outputs", "cut", "sensors"
    ]
    assert (got["schema"], got["board"], got["root"], got["cut"]) == (1, "simulated board", "tos", False)
    assert (got["version"], got["instance"]) == (health["version"], health["instance"])
    assert got["interval"] == {"min": 50, "max": 3600000}
    assert got["inputs"] == {"door": {"part": "switch", "events": [0, 1]}}
    assert got["sensors"] == {
        "open": {"quantity": "state", "decimals": 0, "min": 0, "max": 1},
        "temp": {"label": "거실", "quantity": "temperature", "unit": "°C", "decimals": 1, "min": -40, "max": 60},
        "humi": {"quantity": "humidity", "unit": "%", "decimals": 0, "min": 0, "max": 100},
        "cds": {"quantity": "illuminance", "unit": "lx", "decimals": 0, "min": 0, "max": 8190},
        "sound": {"quantity": "raw", "decimals": 0, "min": 0, "max": 4095},
    }
    assert list(got["outputs"]) == ["led", "motor"]
    assert [led["name"] for led in got["outputs"]["led"]] == ["red", "green", "blue"]
    for led in got["outputs"]["led"]:
        assert led["nature"] == "light" and "moves" not in led
        assert led["modifiers"] == ["for", "toggle"] + ["fade"] * (led["name"] != "red")  # that is on a plain line
        assert led["keys"]["on"] == {"type": "bool"}
        assert led["keys"]["bright"] == {"type": "integer", "min": 1, "max": 10}
    (motor,) = got["outputs"]["motor"]
    assert motor["name"] == "motor0" and motor["moves"] is True and motor["modifiers"] == ["for"]
    assert motor["keys"]["direction"] == {"type": "choice", "choices": ["forward", "backward", "stop"]}
    late = make_client(topics=("tos/about",)).wait("tos/about")
    assert (late.qos, late.retain, json.loads(late.payload)) == (1, True, got)


def test_every_key_that_it_names_is_one_of_an_action(gateway, client):
    """A program that builds its actions from it is understood."""
    for kind, outputs in about(client)["outputs"].items():
        for index, output in enumerate(outputs):
            for name, key in output["keys"].items():
                limits = [key.get("min"), key.get("max")]
                values = {"bool": [False], "integer": limits, "number": limits, "color": ["#0080ff"]}
                for value in key.get("choices") or values[key["type"]]:
                    answer = client.ask_json({kind: {str(index): {name: value}}})
                    assert answer["ok"], (kind, name, value, answer)


def test_every_modifier_that_it_names_is_taken_and_no_other(gateway, client):
    modifiers = {"for": 1000, "fade": 100, "toggle": True}
    for kind, outputs in about(client)["outputs"].items():
        for index, output in enumerate(outputs):
            for name, value in modifiers.items():
                start = {"direction": "forward"} if "direction" in output["keys"] else {"on": True}
                values = {name: value} if name == "toggle" else start | {name: value}
                answer = client.ask_json({kind: {str(index): values}})
                assert answer["ok"] == (name in output["modifiers"]), (kind, output["name"], name, answer)


def test_a_reload_tells_it_anew(broker, client, make_gateway):
    text = make_map(broker.port)
    gateway = make_gateway(text)
    about(client)
    mark = client.mark()
    gateway.reload(text.replace("name: red", "name: rot").replace("temp: {", "temp: {label: Living room, "))
    got = about(client, mark=mark)
    assert got["outputs"]["led"][0]["name"] == "rot"
    assert got["sensors"]["temp"]["label"] == "Living room"
    gateway.log.wait("reload: done: .*labels and units changed")


def test_a_broker_that_takes_less_gets_it_without_the_sensors(make_broker, make_client, make_gateway):
    """It says so with MQTT 5."""
    sensors = "".join(f"  sensor_{number}: {{from: adc.0}}\n" for number in range(60))
    broker = make_broker("max_packet_size 4000")
    client = make_client(broker.port, topics=("tos/about", "tos/health"))
    make_gateway(make_map(broker.port, "  version: 5").replace("sensors:\n", f"sensors:\n{sensors}"))
    got = about(client)
    assert got["cut"] is True and "sensors" not in got
    assert [led["name"] for led in got["outputs"]["led"]] == ["red", "green", "blue"]


@pytest.mark.parametrize("version", [mqtt.MQTTv311, mqtt.MQTTv5])
def test_a_broker_may_refuse_it(make_broker, make_client, make_gateway, folder, version):
    acl = folder / "acl"
    topics = "".join(f"topic write tos/{name}\n" for name in ("status", "state", "health", "sensors/#", "sensors", "actions/ack"))
    acl.write_text(f"topic read #\n{topics}topic write tos/actions\n")
    acl.chmod(0o644)
    folder.chmod(0o755)
    broker = make_broker(f"user root\nacl_file {acl}\nmax_queued_messages 1000")
    client = make_client(broker.port)
    is_5 = version == mqtt.MQTTv5
    gateway = make_gateway(make_map(broker.port, f"  version: {'5' if is_5 else '3.1.1'}\n  health_interval: 1s"))
    client.wait("tos/status")
    assert client.ask_json({"led": {"0": {"on": True}}})["ok"]
    # Before MQTT 5 a broker has no word for it, and says that it took the message.
    if is_5:
        gateway.log.wait("refused a message on tos/about: .*left out")
        health = client.wait_json("tos/health", lambda health: "tos/about" in health["reduced"])
        assert health["rejected"] == 0
    assert not client.since(topic="tos/about")
