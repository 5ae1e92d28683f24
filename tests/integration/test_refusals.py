# SPDX-License-Identifier: MIT
"""What was refused leaves a trace for somebody who does not see the answers: one line of each kind, and a count."""

import json

import pytest
from conftest import make_map
from harness import TIMEOUT


@pytest.fixture
def gateway(broker, client, make_gateway):
    gateway = make_gateway(make_map(broker.port, mqtt="  health_interval: 1s", interval="1h"))
    client.wait("tos/health")
    return gateway


def refused_lines(gateway):
    return [line for line in gateway.log.since() if "refused" in line]


def test_sixty_of_a_kind_are_one_line_and_a_count(gateway, client):
    for number in range(60):
        assert not client.ask_json({"id": number, "led": {str(10 + number): {"on": True}}})["ok"]
    client.wait_json("tos/health", lambda health: health["refused"] == 60, client.mark())
    assert refused_lines(gateway) == [
        'warning: actions: refused: led.10: there is no LED "10": this gateway has 0 (red), 1 (green), 2 (blue); '
        'it is {"id": 0, "led": {"10": {"on": true}}}'
    ]
    assert gateway.stop() == 0
    assert refused_lines(gateway)[1:] == ["warning: actions: and 59 more were refused; 60 so far"]


@pytest.mark.parametrize("topic, payload, line", [
    ("actions", "{'led':{}}", "actions: refused: not JSON: unexpected ' (a single quote) at byte 2: "),
    ("actions", '{"led":{"9":{"on":1}},"x":1}', "refused: led.9.on: must be true or false, not a number (and 2 more)"),
    ("actions", '{"motor":{"speed":0},"x":1}', 'actions: refused, and only its stops carried out: x: unknown key "x"'),
    ("actions", b"\x1b[31m" + b"x" * 200, "it is .[31m" + 91 * "x" + "..."),
    ("sensors/interval", "soon", 'refused: sensors.interval: "soon" is not a whole number of milliseconds; it is soon'),
    ("actions/leds", "9 1", 'leds: refused: unknown command, it is "N S": LED N, 1 to 3; S is 0 or 1; it is 9'),
    ("action", "1", "action: refused: tos/action is no topic of this gateway: send an action to tos/actions; it is 1"),
])
def test_each_kind_is_told(gateway, client, topic, payload, line):
    client.ask(payload, topic=f"tos/{topic}")
    gateway.log.wait("^warning: ")
    assert len(refused_lines(gateway)) == 1 and line in refused_lines(gateway)[0]
    client.wait_json("tos/health", lambda health: health["refused"] == 1, client.mark())


def test_another_kind_is_told_beside_it(gateway, client):
    for number in range(10):
        client.ask({"led": {str(10 + number): {"on": True}}})
        client.ask({"motor": {"speed": 10 + number % 2 + 1}})
    assert len(refused_lines(gateway)) == 2


def test_what_is_not_refused_is_not_counted(gateway, client):
    assert client.ask_json({"led": {"0": {"on": True}}})["ok"]
    gateway.fault("board", "no-answer")
    assert not client.ask_json({"led": {"1": {"on": True}}})["ok"]  # that is a failure of the hardware
    client.publish("tos/actions", b"")
    client.wait_json("tos/health", lambda health: health["actuators"]["led.1"]["ok"] is False, client.mark())
    assert client.wait_json("tos/health", mark=client.mark())["refused"] == 0
    assert refused_lines(gateway) == []


def test_what_the_broker_refuses_is_told_once_and_counted(make_broker, make_client, make_gateway, folder):
    acl = folder / "acl"
    acl.write_text("topic read #\ntopic write tos/status\ntopic write tos/health\n")
    acl.chmod(0o644)
    folder.chmod(0o755)
    # With the limit 0 of the other tests mosquitto throws out whom it denies a message.
    broker = make_broker(f"user root\nacl_file {acl}\nmax_queued_messages 1000")
    gateway = make_gateway(make_map(broker.port, mqtt="  health_interval: 1s", interval="50ms"))
    client = make_client(broker.port)
    client.wait("tos/health", lambda m: json.loads(m.payload)["rejected"] > 30, timeout=TIMEOUT)
    told = [line for line in refused_lines(gateway) if "a message on tos/sensors was" in line]
    assert told == ["warning: mqtt: a message on tos/sensors was refused: Not authorized; it is lost"]
    assert gateway.stop() == 0
    gateway.log.wait(r"warning: mqtt: and \d+ more messages were refused; they are lost")
