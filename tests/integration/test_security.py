# SPDX-License-Identifier: MIT
"""The example of access rules for the broker, and that nothing shows the password."""

import json
import os
import pathlib
import signal
import subprocess

import paho.mqtt.client as mqtt
import pytest
from conftest import ROOT, make_map
from harness import response_properties

ACL = ROOT / "config" / "mosquitto-acl.example"
USERS = ("gateway", "operator", "viewer")
SECRET = "open sesame 4711"
LED_ON = '{"led":{"0":{"on":true}}}'


@pytest.fixture
def make_locked_broker(make_broker, folder):
    """A broker that asks for a password."""

    def make(extra="", port=None):
        passwords = folder / "passwords"
        passwords.touch(mode=0o600)
        for user in USERS:
            subprocess.run(["mosquitto_passwd", "-b", str(passwords), user, SECRET], check=True)
        return make_broker(f"user root\nallow_anonymous false\npassword_file {passwords}\n{extra}", port)

    return make


@pytest.fixture
def broker(make_locked_broker):
    return make_locked_broker(f"acl_file {ACL}")


@pytest.fixture
def make_user(make_client):
    def make(name, topics=("tos/#",), **options):
        return make_client(username=name, password=SECRET, topics=topics, **options)

    return make


@pytest.fixture
def deny(broker, make_user):
    """Publishes what is denied, on a connection of its own: mosquitto 2.0.11 ends it."""

    def deny(name, topic, payload):
        mark = broker.log.mark()
        user = make_user(name, topics=(), client_id=f"{name}-{mark}")
        user.client.publish(topic, payload, 1)
        broker.log.wait(rf"Denied PUBLISH from {name}-{mark} .*'{topic}'", mark=mark)

    return deny


class PasswordFile:
    """The password in a file that the map names."""

    def __init__(self, folder, password=SECRET):
        self.path = folder / "password"
        self.path.write_text(password + "\n")
        self.path.chmod(0o600)
        self.map = f"  username: gateway\n  password_file: {self.path}"
        self.environment = {}


class Credential:
    """The password as systemd hands it over."""

    def __init__(self, folder, password=SECRET):
        self.path = folder / "credentials" / "mqtt-password"
        self.path.parent.mkdir()
        self.path.write_text(password)
        self.path.chmod(0o400)
        self.map = "  username: gateway"
        self.environment = {"CREDENTIALS_DIRECTORY": str(self.path.parent)}


@pytest.fixture(params=[PasswordFile, Credential])
def source(request, folder):
    return request.param(folder)


@pytest.fixture
def start_gateway(make_gateway, broker, source):
    def start(arguments=()):
        return make_gateway(make_map(broker.port, source.map), arguments, source.environment)

    return start


def test_the_gateway_may_do_all_that_it_does(broker, make_user, start_gateway):
    operator = make_user("operator", version=mqtt.MQTTv5)
    gateway = start_gateway()
    for topic in ("sensors", "sensors/cds", "sensors/temphumi", "status", "state", "health"):
        operator.wait(f"tos/{topic}")
    assert operator.ask_json(LED_ON)["ok"]
    assert operator.ask("1 0", topic="tos/actions/leds") == "led1 off"
    assert operator.ask_json("on", topic="tos/actions/led/red")["ok"]
    assert operator.ask_json("200", topic="tos/sensors/interval")["ok"]
    # Its own answer, in MQTT 5.
    operator.publish("tos/actions", LED_ON, properties=response_properties("tos/answers/operator"))
    assert json.loads(operator.wait("tos/answers/operator").payload)["ok"]
    # The will, too.
    gateway.kill(signal.SIGKILL)
    operator.wait("tos/status", lambda message: message.payload == b"offline")
    assert not [line for line in broker.log.since() if "Denied" in line]


def test_a_viewer_sees_and_moves_nothing(make_user, start_gateway, deny):
    viewer, operator = make_user("viewer"), make_user("operator")
    gateway = start_gateway()
    viewer.wait("tos/sensors")
    viewer.wait("tos/health")
    wires = gateway.wire.mark()
    for topic, payload in (
        ("tos/actions", LED_ON),
        ("tos/actions/leds", "1 1"),
        ("tos/sensors/interval", "1000"),
        ("tos/state", "{}"),
    ):
        deny("viewer", topic, payload)
    # The operator's action comes after those, and is the first that has an effect.
    assert operator.ask_json('{"led":{"2":{"on":true}}}')["ok"]
    assert gateway.wires(wires) == ["pwm pwmchip0.1 1.0000"]
    assert len(operator.since(topic="tos/actions/ack")) == 1
    # Answers are not for the viewer.
    assert not viewer.since(topic="tos/actions/ack")


def test_an_operator_cannot_speak_for_the_gateway(make_user, start_gateway, deny):
    viewer = make_user("viewer")
    start_gateway()
    viewer.wait("tos/sensors")
    for topic in ("tos/sensors", "tos/status", "tos/state", "tos/health", "tos/actions/ack"):
        deny("operator", topic, "forged")
    viewer.wait("tos/sensors", mark=viewer.mark())
    assert b"forged" not in [message.payload for message in viewer.since()]


def test_an_answer_cannot_be_sent_to_where_it_does_harm(broker, make_user, start_gateway):
    operator = make_user("operator", version=mqtt.MQTTv5)
    gateway = start_gateway()
    operator.wait("tos/sensors")
    operator.publish("tos/actions", LED_ON, properties=response_properties("other/actions"))
    broker.log.wait(r"Denied PUBLISH from tos-.*'other/actions'")
    gateway.log.wait("^warning: mqtt: a message on other/actions was refused: Not authorized; it is lost$")
    # The gateway works on, at once or (mosquitto 2.0.11) with a new connection.
    operator.wait_several("tos/sensors", 3, mark=operator.mark())
    assert operator.ask_json(LED_ON)["ok"]


def test_nobody_without_a_password(broker, binary):
    arrived = []
    client = mqtt.Client(*([mqtt.CallbackAPIVersion.VERSION1] if hasattr(mqtt, "CallbackAPIVersion") else []))
    client.on_connect = lambda _client, _userdata, _flags, reason: arrived.append(reason)
    client.connect("127.0.0.1", broker.port)
    while not arrived:
        client.loop(1)
    assert arrived == [5]  # not authorized


def use_everything(broker, operator, gateway, source):
    """Commands, mistakes, a failing part, a reload, a new connection and a refused one."""
    operator.wait("tos/sensors")
    operator.ask(LED_ON)
    operator.ask('{"led":{"7":{"on":1}},"password":true}')
    gateway.fault("climate", "no-answer")
    operator.wait_json("tos/health", lambda health: not health["sensors"]["temp"]["ok"])
    mark = operator.mark()
    text = make_map(broker.port, source.map + "\n  keepalive: 30s")
    gateway.reload(text)
    operator.wait("tos/status", mark=mark)
    gateway.reload(text + "\nnonsense")
    gateway.log.wait("nonsense")
    operator.wait("tos/sensors", mark=operator.mark())


@pytest.mark.parametrize("arguments", [[], ["--verbose"]], ids=["quiet", "verbose"])
def test_no_password_in_the_log(broker, make_user, start_gateway, source, arguments):
    operator = make_user("operator")
    gateway = start_gateway(arguments)
    use_everything(broker, operator, gateway, source)
    assert gateway.stop() == 0
    log = "\n".join(gateway.log.since())
    assert "connected to" in log
    assert SECRET not in log and "sesame" not in log


def test_no_password_in_any_message(broker, make_user, start_gateway, source):
    operator = make_user("operator")
    gateway = start_gateway()
    use_everything(broker, operator, gateway, source)
    assert gateway.stop() == 0
    operator.wait("tos/status", lambda message: message.payload == b"offline")
    seen = operator.since()
    assert {"tos/health", "tos/state", "tos/actions/ack", "tos/status"} <= {message.topic for message in seen}
    assert not [message for message in seen if b"sesame" in message.payload]


def test_no_password_in_the_process_list(broker, make_user, start_gateway, source):
    operator = make_user("operator")
    gateway = start_gateway()
    use_everything(broker, operator, gateway, source)
    process = pathlib.Path("/proc") / str(gateway.process.pid)
    shown = [process / "cmdline", process / "environ", process / "status", *process.glob("task/*/comm")]
    assert not [path for path in shown if b"sesame" in path.read_bytes()]
    # Of the gateway alone: another test may just be making a password file, beside this one.
    listed = subprocess.run(["ps", "eww", str(gateway.process.pid)], capture_output=True, check=True).stdout
    assert b"tosd" in listed and b"sesame" not in listed


def test_no_password_on_disk_but_where_it_was(broker, make_user, start_gateway, source, folder):
    operator = make_user("operator")
    gateway = start_gateway()
    use_everything(broker, operator, gateway, source)
    # An outage, so that readings are saved at the end.
    broker.kill()
    gateway.log.wait("^(warning|error|notice): mqtt: .*(lost|cannot connect)")
    assert gateway.stop() == 0
    files = [path for path in folder.rglob("*") if path.is_file() and path != source.path]
    assert files and not [path for path in files if b"sesame" in path.read_bytes()]


@pytest.mark.parametrize("kind", [PasswordFile, Credential])
def test_a_wrong_password_is_told_but_not_shown(broker, make_gateway, folder, kind):
    source = kind(folder, "0p3n barley")
    gateway = make_gateway(make_map(broker.port, source.map), ["--verbose"], source.environment)
    gateway.log.wait("^error: mqtt: cannot connect to mqtt://127.0.0.1:.*(authori[sz]ed|password)")
    assert gateway.stop() == 0
    assert "barley" not in "\n".join(gateway.log.since())


def test_a_password_that_cannot_be_read_is_an_error(broker, make_gateway, folder):
    source = Credential(folder)
    source.path.unlink()
    source.path.mkdir()
    gateway = make_gateway(make_map(broker.port, source.map), (), source.environment, wait_ready=False)
    assert os.path.basename(source.path) in gateway.log.wait("^error: mqtt: password: .*").group(0)
