# SPDX-License-Identifier: MIT
"""The connection to the broker: versions, refusals, sessions, silence, and the way out."""

import contextlib
import json
import socket
import time

import pytest
from conftest import make_map
from fake_broker import FakeBroker
from harness import IN_TIME_S, TIMEOUT, free_port
from scripted_broker import ScriptedBroker

BACKLOG = "tos/sensors/backlog"


def test_speaks_mqtt_5(broker, make_gateway):
    gateway = make_gateway(make_map(broker.port))
    gateway.log.wait(r"connected to mqtt://127\.0\.0\.1:\d+ with MQTT 5$")


@pytest.mark.parametrize(
    "answer",
    [b"", bytes([0x20, 2, 0, 1]), bytes([0x20, 3, 0, 0x84, 0])],
    ids=["closes", "3.1.1 return code", "MQTT 5 reason code"],
)
def test_falls_back_to_3_1_1(make_fake, make_gateway, answer):
    fake = make_fake(on_version_5=answer)
    gateway = make_gateway(make_map(fake.port))
    assert fake.versions.get(timeout=TIMEOUT) == 5
    assert fake.versions.get(timeout=TIMEOUT) == 4
    gateway.log.wait("with MQTT 3.1.1$")
    assert fake.topics.get(timeout=TIMEOUT) == "tos/status"


def test_version_5_does_not_fall_back(make_fake, make_gateway):
    fake = make_fake(on_version_5=bytes([0x20, 3, 0, 0x84, 0]))
    gateway = make_gateway(make_map(fake.port, mqtt="  version: 5"))
    gateway.log.wait("the broker refused: Unsupported Protocol Version; trying again in")
    assert fake.versions.get(timeout=TIMEOUT) == 5
    assert fake.versions.get(timeout=TIMEOUT) == 5


@pytest.mark.parametrize("code, told", [
    (0x86, r"Bad User Name or Password \(see mqtt\.username, and mqtt\.password_file or systemd's credential mqtt-p"),
    (0x87, r"Not authorized \(see mqtt\.username, and mqtt\.password_file or systemd's credential mqtt-password\);"),
    (0x9B, r"QoS not supported \(that of the will: see mqtt\.will\.qos\);"),
    (0x9A, r"Retain not supported \(that of the will: see mqtt\.will\.retain\);"),
])
def test_a_refusal_is_told_with_its_cure(make_fake, make_gateway, code, told):
    fake = make_fake(on_version_5=bytes([0x20, 3, 0, code, 0]))
    make_gateway(make_map(fake.port, mqtt="  version: 5")).log.wait(f"the broker refused: {told}")


def connections(broker, mark=0):
    return sum("New client connected" in line and "as tos-" in line for line in broker.log.since(mark))


@pytest.mark.alone
def test_the_brokers_keepalive_is_obeyed(make_broker, make_gateway):
    """MQTT 5: the broker disconnects clients that are silent for longer, whatever they have asked for."""
    broker = make_broker("max_keepalive 10")
    gateway = make_gateway(make_map(broker.port, mqtt="  keepalive: 60s\n  health_interval: 1h", interval="1h"))
    broker.log.wait("Received PINGREQ from tos-", timeout=14)
    # It has asked once for what it was not given, and knows better the next time.
    assert connections(broker) == 2
    broker.kill()
    mark = gateway.log.mark()
    broker.start()
    gateway.log.wait("connected to mqtt://", mark)
    broker.log.wait("Received SUBSCRIBE from tos-")
    assert connections(broker) == 1


def test_a_client_id_of_two_is_told(broker, make_gateway):
    """They disconnect each other, and few brokers say why. The mosquitto of Debian 13 does, with MQTT 5."""
    text = make_map(broker.port, mqtt="  client_id: twin")
    gateways = [make_gateway(text), make_gateway(text)]
    guessed = 'does another client use the client id "twin"\\? Then give each its own mqtt.client_id, with %i in it$'
    known = 'Session taken over: another client uses the client id "twin"; give each its own mqtt.client_id'
    gateways[0].log.wait(f"warning: mqtt: (3 connections in a row broke .*: {guessed}|connection lost: .*: {known})")


def test_a_refused_subscription_is_told_and_the_rest_works(make_fake, make_gateway):
    fake = make_fake(subscriptions=(1, 0x80, 1))
    gateway = make_gateway(make_map(fake.port, mqtt="  version: 3.1.1"))
    gateway.log.wait("error: mqtt: the broker refused the subscription to tos/")
    while fake.topics.get(timeout=TIMEOUT) != "tos/sensors":
        pass


NOT_NEEDED = ["tos/action", "tos/actions/led", "tos/actions/motor", "tos/actions/+/+"]


def test_what_nothing_needs_is_subscribed_to_after_the_rest(make_fake, make_gateway):
    fake = make_fake()
    make_gateway(make_map(fake.port, mqtt="  version: 3.1.1"))
    assert fake.subscribed.get(timeout=TIMEOUT) == ["tos/actions", "tos/sensors/interval", "tos/actions/leds"]
    assert fake.subscribed.get(timeout=TIMEOUT) == NOT_NEEDED


def test_a_refused_subscription_that_nothing_needs_is_told_once(make_fake, make_gateway):
    fake = make_fake(refuses=NOT_NEEDED)
    gateway = make_gateway(make_map(fake.port, mqtt="  version: 3.1.1"))
    told = "the broker refused the subscription to"
    gateway.log.wait(f"notice: mqtt: {told} tos/actions/motor: .*; it is optional, but a message sent")
    while fake.topics.get(timeout=TIMEOUT) != "tos/sensors":
        pass
    mark = gateway.log.mark()
    fake.connection.shutdown(socket.SHUT_RDWR)
    gateway.log.wait("connection lost: ", mark)
    gateway.log.wait("connected to", mark)
    while fake.topics.get(timeout=TIMEOUT) != "tos/sensors":
        pass
    lines = [line for line in gateway.log.since() if told in line]
    assert [line.split(told)[1].split()[0].rstrip(":") for line in lines] == NOT_NEEDED


def test_a_connection_that_ends_over_what_nothing_needs_goes_on_without_it(make_fake, make_gateway):
    fake = make_fake(ends_on=NOT_NEEDED)
    gateway = make_gateway(make_map(fake.port, mqtt="  version: 3.1.1"))
    gateway.log.wait("notice: mqtt: the connection ended twice over the subscriptions to optional topics; ")
    while fake.topics.get(timeout=TIMEOUT) != "tos/sensors":
        pass
    packets = [fake.subscribed.get(timeout=TIMEOUT) for _ in range(6)]
    assert [packet == NOT_NEEDED for packet in packets] == [False, True, False, True, False, False]
    assert packets[-1] == ["tos/status"]
    assert fake.subscribed.empty()


def test_a_subscription_without_an_answer_ends_the_connection(make_fake, make_gateway):
    fake = make_fake(answers_subscribe=False)
    gateway = make_gateway(make_map(fake.port, mqtt="  version: 3.1.1"))
    gateway.log.wait("connection lost: the broker did not answer the subscription")
    for _ in range(2):
        assert fake.versions.get(timeout=TIMEOUT) == 4


def test_the_next_url_is_tried(broker, make_gateway):
    text = make_map(broker.port).replace(
        f"url: mqtt://127.0.0.1:{broker.port}",
        f"url: [mqtt://127.0.0.1:{free_port()}, mqtt://127.0.0.1:{broker.port}]",
    )
    gateway = make_gateway(text)
    gateway.log.wait("Connection refused; trying the next URL")
    gateway.log.wait(f"connected to mqtt://127.0.0.1:{broker.port}")


def test_an_unknown_host_is_named(make_gateway):
    gateway = make_gateway(make_map(1883).replace("127.0.0.1", "nowhere.invalid"))
    gateway.log.wait(r"cannot connect to .*: cannot resolve nowhere\.invalid: .*; trying again in \d\.\d s")


def test_a_proxy_in_the_environment_diverts_nothing(broker, client, make_gateway):
    proxy = f"http://127.0.0.1:{free_port()}"
    environment = {"http_proxy": proxy, "https_proxy": proxy, "PAHO_C_CLIENT_USE_HTTP_PROXY": "TRUE"}
    make_gateway(make_map(broker.port), environment=environment)
    client.wait("tos/status", lambda m: m.payload == b"online")


def stamps(client, *topics):
    return {json.loads(m.payload)["ts"] for topic in topics for m in client.since(topic=topic)}


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_nothing_is_lost_with_a_broker_that_dies(make_broker, make_client, make_gateway, version):
    broker = make_broker()
    # QoS 0: of messages with acknowledgements a broker keeps some to itself when the client is slow, and dies with them.
    before = make_client(broker.port, qos=0)
    text = make_map(broker.port, mqtt=f"  version: {version}\n  health_interval: 1s", interval="50ms")
    gateway = make_gateway(text, ["--verbose"])
    first = before.wait_json("tos/sensors")["ts"]
    broker.kill()
    gateway.log.wait("connection lost: the broker (closed|reset) it")
    gateway.log.wait_sum("sensors: reading", 10, gateway.log.mark())
    # So that it does not connect before somebody listens.
    gateway.pause()
    broker.start()
    after = make_client(broker.port)
    gateway.resume()
    live = after.wait_json("tos/sensors")["ts"]
    after.wait_json("tos/health", lambda health: health["queued"] == 0 and health["reconnects"] == 1)
    gateway.log.wait(f"sensors: reading {live}$")
    taken = [ts for ts in gateway.taken() if first <= ts <= live]
    assert len(taken) > 10
    assert set(taken) <= stamps(before, "tos/sensors") | stamps(after, BACKLOG, "tos/sensors")


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_qos_2_loses_nothing_in_a_burst(make_broker, make_client, make_gateway, version):
    """Mosquitto acknowledges more QoS 2 messages than it keeps."""
    broker = make_broker("persistence false")
    gateway = make_gateway(make_map(broker.port, mqtt=f"  qos: 2\n  version: {version}", interval="20ms"), ["--verbose"])
    client = make_client(broker.port)
    client.wait("tos/sensors")
    broker.freeze()
    time.sleep(2)  # as long as it takes to have more readings than any window
    broker.thaw()
    mark = client.mark()
    for _ in range(120):
        client.wait("tos/sensors", mark=mark)
        mark += 1
    seen = sorted(json.loads(message.payload)["ts"] for message in client.since(topic="tos/sensors"))
    gateway.log.wait(f"sensors: reading {seen[-1]}$")
    assert seen == [ts for ts in gateway.taken() if seen[0] <= ts <= seen[-1]]


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_with_a_kept_session_readings_go_with_qos_1(broker, make_gateway, version):
    """The broker would remember the packet ids of QoS 2 handshakes that broke, and our next connection uses them again:
    a broker that takes the standard at its word drops those messages as duplicates."""
    options = f"  version: {version}\n  qos: 2\n  clean_start: false\n  client_id: keeper"
    make_gateway(make_map(broker.port, mqtt=options))
    assert broker.log.wait(r"PUBLISH from keeper \(d0, q(\d), r0, m\d+, 'tos/sensors',").group(1) == "1"


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_a_kept_session_keeps_commands(broker, client, make_gateway, version):
    options = f"  version: {version}\n  clean_start: false\n  client_id: keeper"
    gateway = make_gateway(make_map(broker.port, mqtt=options))
    client.wait("tos/status", lambda m: m.payload == b"online")
    assert gateway.stop() == 0
    for number in range(30):
        client.publish("tos/actions", {"id": number, "led": {"0": {"on": number % 2 == 1}}})
    mark = client.mark()
    make_gateway(make_map(broker.port, mqtt=options))
    for number in range(30):
        assert client.wait_json("tos/actions/ack", lambda a: a.get("id") == number, mark)["ok"]


@pytest.mark.parametrize(
    "words, ends_on", [("kept_words", "tos/actions"), ("early_words", "tos/action")], ids=["at once", "a little later"]
)
def test_commands_that_waited_are_carried_out_though_the_connection_ends(make_fake, make_gateway, words, ends_on):
    """A broker sends what it has kept before it answers the subscription: it is acknowledged then, and never comes again."""
    actions = [b'{"id":%d,"led":{"%d":{"on":true}}}' % (number, number) for number in range(3)]
    packets = b"".join(FakeBroker.packet("tos/actions", action) for action in actions)
    fake = make_fake(ends_on=(ends_on,), **{words: packets})
    options = "  version: 3.1.1\n  clean_start: false\n  client_id: keeper\n  health_interval: 1h"
    make_gateway(make_map(fake.port, mqtt=options, interval="1h"))
    while ends_on not in fake.subscribed.get(timeout=TIMEOUT):
        pass
    fake.ends_on = ()
    answered = set()
    while answered != {0, 1, 2}:
        topic, payload = fake.published.get(timeout=TIMEOUT)
        if topic == "tos/actions/ack":
            answered.add(json.loads(payload)["id"])


def test_an_answer_outlives_connections_that_end_for_another_reason(make_fake, make_gateway):
    """A broker that starts again and again acknowledges nothing: the answer is not to blame for that."""
    fake = make_fake()
    make_gateway(make_map(fake.port, mqtt="  version: 3.1.1\n  health_interval: 1h", interval="1h"))

    def wait(name):
        while True:
            topic, payload = fake.published.get(timeout=3 * TIMEOUT)
            if topic == name:
                return json.loads(payload)

    wait("tos/about")
    fake.acknowledges = False
    fake.publish("tos/actions", b'{"id":1,"led":{"0":{"on":true}}}')
    for _ in range(4):
        assert wait("tos/actions/ack")["id"] == 1
        fake.connection.shutdown(socket.SHUT_RDWR)
    fake.acknowledges = True
    assert wait("tos/actions/ack")["id"] == 1


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_commands_in_flight_when_the_link_is_cut(broker, proxy, client, make_gateway, version):
    """Sent with QoS 2, they reach the gateway with QoS 1, as it subscribes: a handshake that is cut in the middle has
    nothing to remember, and what was not acknowledged comes again, in its order. The last one wins."""
    options = f"  version: {version}\n  clean_start: false\n  client_id: keeper"
    gateway = make_gateway(make_map(proxy.port, mqtt=options))
    client.wait("tos/status", lambda m: m.payload == b"online")
    assert broker.log.wait(r"tos/actions \(QoS (\d)\)").group(1) == "1"
    for cut in range(3):
        mark, connections = client.mark(), gateway.log.mark()
        actions = [{"id": f"{cut}.{n}", "motor": {"direction": "forward", "speed": n + 1}} for n in range(10)]
        actions.append({"id": f"{cut}.stop", "motor": {"direction": "stop"}})
        if cut > 0:  # they wait in its socket, and it can acknowledge none of them
            gateway.pause()
        for action in actions:
            client.publish("tos/actions", action, qos=2)
        proxy.cut()
        gateway.resume()
        gateway.log.wait("connection lost", connections)
        proxy.open()
        gateway.log.wait("connected to", connections)
        client.wait_json("tos/actions/ack", lambda answer: answer["id"] == actions[-1]["id"], mark)
        # A repeated action was answered twice. The stop comes once more, after all of them, and the fence behind it.
        fence = f"fence.{cut}"
        client.publish("tos/actions", {"id": fence, "led": {"0": {"on": True}}})
        client.wait_json("tos/actions/ack", lambda answer: answer["id"] == fence, mark)
        answers = [json.loads(message.payload) for message in client.since(mark, "tos/actions/ack")]
        assert all(answer["ok"] for answer in answers)
        # An answer that was on its way when the link was cut, that to the last fence, too, comes again.
        ids = [answer["id"] for answer in answers if answer["id"].startswith(f"{cut}.")]
        assert set(ids) == {action["id"] for action in actions} and ids[-1] == actions[-1]["id"]
        assert gateway.output("GPIO5") == gateway.output("board.0") == 0
        print(f"{len(ids) - len(actions)} of {len(actions)} came twice")


def test_the_will_speaks_for_a_killed_gateway(broker, client, make_gateway):
    will = "  will: {topic: tos/except, payload: Force terminate, qos: 2, retain: true}"
    gateway = make_gateway(make_map(broker.port, mqtt=will))
    client.wait("tos/status", lambda m: m.payload == b"online")
    gateway.kill()
    assert client.wait("tos/except").payload == b"Force terminate"


def test_a_large_message_is_answered_not_obeyed(gateway, client):
    answer = client.ask_json(b'{"led":' + b" " * 120_000 + b"}")
    assert not answer["ok"]
    assert client.ask("1 1", topic="tos/actions/leds") == "led1 on"


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_a_huge_message_stays_with_the_broker(gateway, client, qos):
    """It would only take memory. What comes after it arrives."""
    client.publish("tos/actions", b" " * 10_000_000, qos=qos)
    assert client.ask("1 1", topic="tos/actions/leds", qos=qos) == "led1 on"
    assert [m.payload for m in client.since(0, "tos/actions/ack")] == [b"led1 on"]


def test_with_3_1_1_a_huge_message_is_answered(broker, client, make_gateway):
    """There the broker cannot be told."""
    make_gateway(make_map(broker.port, mqtt='  version: "3.1.1"'))
    client.wait("tos/status", lambda m: m.payload == b"online")
    answer = client.ask_json(b'{"led":' + b" " * 10_000_000 + b"}")
    assert "more than the 16384 of an action" in answer["errors"][0]["reason"]


def test_a_refused_message_is_told_and_counted(make_broker, make_client, make_gateway, folder):
    acl = folder / "acl"
    acl.write_text("topic read #\ntopic write tos/status\ntopic write tos/health\ntopic write tos/actions/#\n")
    acl.chmod(0o644)
    folder.chmod(0o755)
    # With the limit 0 of the other tests, mosquitto disconnects a client when it denies a message.
    broker = make_broker(f"user root\nacl_file {acl}\nmax_queued_messages 1000")
    gateway = make_gateway(make_map(broker.port, mqtt="  health_interval: 1s"))
    gateway.log.wait("a message on tos/sensors was refused: Not authorized; it is lost")
    client = make_client(broker.port)
    # A refused message is not sent again, or the queue would grow.
    client.wait_json("tos/health", lambda health: health["rejected"] > 20 and health["queued"] <= 2)


def assert_ends_in_time(gateway):
    begin = time.monotonic()
    assert gateway.stop() == 0
    assert time.monotonic() - begin < IN_TIME_S


def test_ends_in_time_with_offline_said(gateway, client):
    mark = client.mark()
    assert_ends_in_time(gateway)
    assert client.wait("tos/status", mark=mark).payload == b"offline"


def test_ends_in_time_with_a_frozen_broker(broker, gateway):
    broker.freeze()
    assert_ends_in_time(gateway)
    broker.thaw()


def test_ends_in_time_without_a_broker(make_gateway):
    gateway = make_gateway(make_map(free_port()))
    gateway.log.wait("Connection refused")
    assert_ends_in_time(gateway)


def test_ends_in_time_while_it_waits_for_an_answer(make_gateway):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        gateway = make_gateway(make_map(silent.getsockname()[1]))
        connection, _ = silent.accept()
        with connection:
            assert connection.recv(1) == b"\x10"  # CONNECT
            assert_ends_in_time(gateway)


def test_where_offline_cannot_be_said_the_will_says_it(make_scripted, make_gateway):
    """A broker that takes one message at a time does not acknowledge the last one: there is no room for another."""
    broker = make_scripted(receive_maximum=1)
    gateway = make_gateway(f"mqtt: {{url: 'mqtt://127.0.0.1:{broker.port}', version: 5}}\nleds: [{{line: GPIO17}}]\n")
    # The last word of a start, where there is nothing to read.
    broker.wait("tos/health", accept=lambda publication: json.loads(publication.payload)["broker"])
    broker.acknowledges = False
    broker.connection.publish("tos/actions", b'{"led":{"0":{"on":true}}}')
    broker.wait("tos/actions/ack")
    assert_ends_in_time(gateway)
    assert broker.connection.over.wait(TIMEOUT)
    said = [publication.payload for publication in broker.so_far("tos/status")]
    assert b"offline" in said or not broker.connection.took_leave


def test_an_end_in_order_takes_leave(make_scripted, make_gateway):
    """Also where one message is taken at a time: otherwise the broker would publish the will, too."""
    broker = make_scripted(receive_maximum=1)
    gateway = make_gateway(make_map(broker.port, mqtt="  version: 5"))
    broker.wait("tos/sensors", 3)
    assert_ends_in_time(gateway)
    assert broker.connection.over.wait(TIMEOUT)
    assert [publication.payload for publication in broker.so_far("tos/status")] == [b"online", b"offline"]
    assert broker.connection.took_leave


class LateBroker(ScriptedBroker):
    """Sends an action when it is told that the gateway goes offline, and acknowledges nothing from then on."""

    def published(self, publication):
        if publication.payload == b"offline":
            with contextlib.suppress(OSError):
                self.connection.publish("tos/actions", LATE)
        super().published(publication)


LATE = b'{"id":"late","led":{"0":{"on":true}}}'


def test_a_command_in_the_last_moment_of_a_connection_is_answered_on_the_next(make_gateway):
    """A reload with other settings ends it."""
    broker = LateBroker()
    options = "  version: 5\n  clean_start: false\n  client_id: keeper\n  keepalive: "
    gateway = make_gateway(make_map(broker.port, mqtt=options + "20s", interval="1h"))
    broker.wait("tos/about")
    first = broker.connects.get(timeout=TIMEOUT)
    broker.acknowledges = False
    gateway.reload(make_map(broker.port, mqtt=options + "30s", interval="1h"))
    assert first.over.wait(TIMEOUT)
    broker.acknowledges = True
    mark = broker.mark()
    broker.connects.get(timeout=TIMEOUT)
    broker.wait("tos/about", mark=mark)
    if not first.acknowledged:  # it would come again
        broker.connection.publish("tos/actions", LATE)
    assert json.loads(broker.wait("tos/actions/ack")[0].payload)["id"] == "late"
    broker.close()


def test_a_command_that_comes_when_the_gateway_is_gone_stays_with_the_broker(make_gateway):
    """It is not acknowledged, so it is delivered to the next one."""
    broker = LateBroker()
    options = "  version: 5\n  clean_start: false\n  client_id: keeper"
    gateway = make_gateway(make_map(broker.port, mqtt=options, interval="1h"))
    broker.wait("tos/about")
    broker.acknowledges = False
    assert_ends_in_time(gateway)
    assert broker.connection.over.wait(TIMEOUT)
    assert broker.connection.acknowledged == 0 and broker.connection.took_leave
    broker.close()


def test_answers_that_are_lost_with_the_process_are_told(make_fake, make_gateway):
    fake = make_fake()
    gateway = make_gateway(make_map(fake.port, mqtt="  version: 3.1.1\n  health_interval: 1h", interval="1h"))
    while fake.topics.get(timeout=TIMEOUT) != "tos/about":
        pass
    fake.acknowledges = False
    for number in range(2):
        fake.publish("tos/actions", b'{"id":%d,"led":{"0":{"on":true}}}' % number)
    for _ in range(2):
        while fake.topics.get(timeout=TIMEOUT) != "tos/actions/ack":
            pass
    assert_ends_in_time(gateway)
    gateway.log.wait("warning: actions: 2 answers were not acknowledged by the broker, and may be lost")


def test_commands_that_wait_when_the_gateway_ends_are_refused(gateway, client):
    """They are acknowledged by then, so the broker keeps none of them."""
    assert gateway.control("fault /dev/i2c-2 slow 100ms") == "ok"
    mark = client.mark()
    for number in range(10):
        client.publish("tos/actions", {"id": number, "led": {"green": {"on": number % 2 == 0}}})
    client.wait("tos/actions/ack", mark=mark)
    assert gateway.stop() == 0
    answers = [client.wait_json("tos/actions/ack", lambda a, n=n: a["id"] == n, mark) for n in range(10)]
    refused = [answer for answer in answers if not answer["ok"]]
    assert refused and {answer["errors"][0]["reason"] for answer in refused} == {
        "the gateway is ending: send it again when it is back"
    }
