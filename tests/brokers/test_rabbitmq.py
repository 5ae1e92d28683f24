# SPDX-License-Identifier: MIT
"""RabbitMQ's MQTT plugin: MQTT 3.1.1 alone before 3.13, no QoS 2, retained messages by their exact topic only, and nodes
that take seconds to start."""

import json
import re
import signal
import socket
import struct

import pytest

from harness import TIMEOUT, free_port
from proxy import Proxy

RUN = {"motor": {"direction": "forward", "speed": 10}}
RESTART_S = 90  # the node's start, and the gateway's wait of up to 60 s, seldom that long
SOON = "{after: 1s}"  # the fail-safe, from when the node is gone: before, a busy machine may hold it up for as long


@pytest.fixture
def connected(rabbit, root, make_map, make_client, make_gateway):
    """A gateway that is connected, and a client that follows it."""

    def make(arguments=(), **options):
        client = make_client(f"{root}/#")
        gateway = make_gateway(make_map(rabbit.port, **options), arguments)
        client.wait(f"{root}/status", lambda m: m.payload == b"online")
        return gateway, client

    return make


@pytest.fixture
def ask(root):
    """Sends an action and returns its answer."""

    def send(client, action):
        return client.ask_json(action, topic=f"{root}/actions", answer=f"{root}/actions/ack")

    return send


def values(message):
    return json.loads(message.payload)


def test_readings(connected, root):
    _, client = connected()
    reading = values(client.wait(f"{root}/sensors"))
    assert (reading["temp"], reading["humi"], reading["cds"], reading["sound"]) == (23, 45, 812, 133)
    assert client.wait(f"{root}/sensors/cds").payload == b"812"
    assert client.wait(f"{root}/sensors/temphumi").payload == struct.pack("<2H", 23, 45)


def test_the_version_is_the_highest_that_the_node_speaks(connected, rabbit):
    gateway, _ = connected()
    version = gateway.log.wait(r"connected to mqtt://127\.0\.0\.1:\d+ with MQTT (\S+)$").group(1)
    first, second = rabbit.version()
    assert version == ("5" if (first, second) >= (3, 13) else "3.1.1")


def test_actions_are_carried_out_and_answered(connected, ask):
    gateway, client = connected()
    answer = ask(client, {"id": 7, **RUN, "led": {"red": {"on": True}}})
    assert answer["ok"] and answer["id"] == 7
    assert gateway.output("GPIO5") == 1 and gateway.output("GPIO17") == 1
    assert ask(client, {"motor": {"direction": "stop"}})["ok"]
    assert gateway.output("GPIO5") == 0
    assert not ask(client, {"led": {"9": {"on": True}}})["ok"]


def test_tosctl(connected, rabbit, root, tosctl):
    """Retained messages come only for their exact topic. MQTT 3.1.1 is used if the node has nothing newer."""
    gateway, client = connected(interval="1h")
    client.wait((f"{root}/sensors", f"{root}/sensors/backlog"))

    def run(*arguments):
        return tosctl("-h", "127.0.0.1", "-p", str(rabbit.port), "-u", "guest", "-P", "guest", "-t", root, "-W", "60", *arguments)

    assert run("led", "red", "on") == (0, "led 0: on, bright 10\n", "")
    assert gateway.output("GPIO17") == 1
    assert run("names") == (0, "led red\nled green\nled blue\nmotor motor0\n", "")
    code, out, err = run("status")
    assert (code, err) == (0, "")
    assert re.search(rf"^broker +mqtt://127\.0\.0\.1:{rabbit.port}", out, re.MULTILINE), out
    assert re.search(r"^led red +on, bright 10$", out, re.MULTILINE), out
    gateway.set("adc.0", 456)
    code, out, err = run("read")
    assert (code, err) == (0, "") and re.search(r"^cds +456 ", out, re.MULTILINE), out


def test_the_plain_topics(connected, root):
    gateway, client = connected()
    assert client.ask("1 1", topic=f"{root}/actions/leds", answer=f"{root}/actions/ack") == "led1 on"
    assert json.loads(client.ask("200", topic=f"{root}/sensors/interval", answer=f"{root}/actions/ack"))["ok"]
    assert gateway.output("GPIO17") == 1


@pytest.mark.parametrize("word", ["status", "state", "health"])
def test_what_is_retained_is_there_for_who_comes_later(connected, make_client, root, word):
    _, client = connected()
    client.wait(f"{root}/health")
    client.wait(f"{root}/sensors")
    late = make_client(f"{root}/{word}")
    message = late.wait(f"{root}/{word}")
    assert message.retain
    assert message.payload == b"online" if word == "status" else values(message)


def test_the_will_says_that_it_died(connected, make_client, root):
    gateway, client = connected()
    gateway.kill(signal.SIGKILL)
    client.wait(f"{root}/status", lambda m: m.payload == b"offline")
    late = make_client(f"{root}/status")
    assert late.wait(f"{root}/status").payload == b"offline"


def test_an_orderly_end_says_so_too(connected, root):
    gateway, client = connected()
    assert gateway.stop() == 0
    client.wait(f"{root}/status", lambda m: m.payload == b"offline")


def test_a_will_of_qos_2(connected, root):
    """As in the tutorial. A node before 4.0 takes it and lowers it by itself; later ones refuse it."""
    will = f"  will: {{topic: {root}/gone, payload: bye, qos: 2}}"
    gateway, client = connected(mqtt=will)
    client.wait(f"{root}/sensors")
    gateway.kill(signal.SIGKILL)
    assert client.wait(f"{root}/gone").payload == b"bye"


def test_qos_2_holds_nothing_up(connected, ask, root):
    """Before 4.0 the node answers PUBACK to a PUBLISH of QoS 2. More readings than may be on their way at once."""
    gateway, client = connected(mqtt="  qos: 2")
    client.wait_several(f"{root}/sensors", 30, timeout=2 * TIMEOUT)
    assert ask(client, RUN)["ok"]
    client.wait_several(f"{root}/sensors", 30, client.mark(), timeout=2 * TIMEOUT)
    assert ask(client, {"motor": {"direction": "stop"}})["ok"]
    assert gateway.output("GPIO5") == 0


def test_readings_of_an_outage_come_later_and_in_order(rabbit, connected, make_client, root):
    gateway, client = connected(["--verbose"], interval="250ms")
    client.wait_several(f"{root}/sensors", 3)
    sent = [values(m)["ts"] for m in client.since(0, f"{root}/sensors")]
    rabbit.kill()
    log = gateway.log.mark()
    gateway.log.wait_sum("sensors: reading", 3, log)
    # So that it does not connect before somebody listens.
    gateway.pause()
    rabbit.start()
    late = make_client(f"{root}/#")
    gateway.resume()
    gateway.log.wait("connected to", log, RESTART_S)
    now = values(late.wait(f"{root}/sensors", timeout=RESTART_S))["ts"]
    assert now > sent[-1]
    backlog = [values(m)["ts"] for m in late.wait_several(f"{root}/sensors/backlog", 2)]
    assert backlog == sorted(backlog)


def test_a_restart_of_the_node(rabbit, connected, make_client, ask, root):
    gateway, _ = connected()
    log = gateway.log.mark()
    rabbit.stop()
    gateway.log.wait(r"mqtt: .*(lost|again)", log)
    rabbit.start()
    gateway.log.wait("connected to", log, RESTART_S)
    client = make_client(f"{root}/#")
    client.wait(f"{root}/health")
    assert ask(client, RUN)["ok"]
    assert gateway.output("GPIO5") == 1


def test_a_kept_session_hands_over_what_came_meanwhile(rabbit, connected, make_client, make_gateway, make_map, root):
    kept = "  clean_start: false"
    gateway, client = connected(mqtt=kept)
    assert gateway.stop() == 0
    client.publish(f"{root}/actions", {"led": {"red": {"on": True}}})
    again = make_gateway(make_map(rabbit.port, mqtt=kept))
    again.wire.wait("line GPIO17 1$")
    answer = client.wait(f"{root}/actions/ack", lambda m: values(m)["ok"])
    assert values(answer)["applied"] == {"led": {"red": {"on": True, "bright": 10}}}


def test_a_kept_session_outlives_the_node(rabbit, connected, make_gateway, make_map, root):
    kept = "  clean_start: false"
    gateway, client = connected(mqtt=kept)
    assert gateway.stop() == 0
    client.publish(f"{root}/actions", {"led": {"red": {"on": True}}})
    rabbit.stop()
    rabbit.start()
    make_gateway(make_map(rabbit.port, mqtt=kept)).wire.wait("line GPIO17 1$")


def waits(delay):
    return f"  clean_start: false\n  session_expiry: 10min\n  will_delay: {delay}"


def test_a_will_that_waits_is_sent_in_the_end(rabbit, connected, root):
    """Before 3.13 it does not wait, as MQTT 3.1.1 has no word for that. Then the health says so."""
    gateway, client = connected(mqtt=waits("2s"))
    reduced = values(client.wait(f"{root}/health", lambda m: values(m)["broker"]))["reduced"]
    assert ("will_delay" in reduced) == (rabbit.version() < (3, 13))
    gateway.kill(signal.SIGKILL)
    client.wait(f"{root}/status", lambda m: m.payload == b"offline")


def test_a_will_is_not_sent_for_who_is_back_in_time(rabbit, root, make_map, make_client, make_gateway):
    proxy = Proxy(rabbit.port).open()
    try:
        client = make_client(f"{root}/#")
        gateway = make_gateway(make_map(proxy.port, mqtt=waits("10min")))
        client.wait(f"{root}/status", lambda m: m.payload == b"online")
        log, mark = gateway.log.mark(), client.mark()
        proxy.cut()
        gateway.log.wait("connection lost", log)
        proxy.open()
        client.wait(f"{root}/status", lambda m: m.payload == b"online", mark, timeout=60)
        client.publish(f"{root}/fence", "")
        client.wait(f"{root}/fence")
        told = [m.payload for m in client.since(mark, f"{root}/status")]
        assert (b"offline" in told) == (rabbit.version() < (3, 13))
    finally:
        proxy.close()


@pytest.mark.parametrize("how", ["stop", "kill", "freeze"])
def test_the_motor_stops_without_the_node(rabbit, connected, make_map, ask, how):
    gateway, client = connected()
    assert ask(client, RUN)["ok"]
    mark = gateway.wire.mark()
    getattr(rabbit, how)()
    gateway.reload(make_map(rabbit.port, failsafe=SOON))
    gateway.wire.wait("line GPIO5 0$", mark)
    gateway.log.wait(r"failsafe: the broker has been away for 1\.0 s: motors are stopped")
    assert gateway.output("board.0") == 0


def silent_listener():
    """Takes connections and says nothing."""
    return socket.create_server(("127.0.0.1", 0))


@pytest.mark.parametrize("first", ["down", "silent"])
def test_the_next_address_is_tried(rabbit, root, make_map, make_client, make_gateway, first):
    """As of a cluster of three nodes, of which the first one is down or hangs."""
    with silent_listener() as silent:
        port = {"down": free_port(), "silent": silent.getsockname()[1]}[first]
        urls = [f"mqtt://127.0.0.1:{number}" for number in (port, rabbit.port, free_port())]
        client = make_client(f"{root}/#")
        gateway = make_gateway(make_map(urls, mqtt="  keepalive: 1h"))
        gateway.log.wait(f"connected to mqtt://127.0.0.1:{rabbit.port} ")
        client.wait(f"{root}/sensors")


def test_the_next_address_is_tried_when_the_node_freezes(rabbit, root, make_map, make_client, make_gateway, ask):
    """A motor runs: it stops in time, and the next address is there soon after."""
    proxy = Proxy(rabbit.port).open()
    try:
        client = make_client(f"{root}/#")
        urls = [f"mqtt://127.0.0.1:{port}" for port in (proxy.port, rabbit.port)]
        gateway = make_gateway(make_map(urls, mqtt="  keepalive: 1h"))
        client.wait(f"{root}/status", lambda m: m.payload == b"online")
        assert ask(client, RUN)["ok"]
        log, wires, mark = gateway.log.mark(), gateway.wire.mark(), client.mark()
        proxy.freeze()
        gateway.reload(make_map(urls, mqtt="  keepalive: 1h", failsafe=SOON))
        gateway.wire.wait("line GPIO5 0$", wires)
        gateway.log.wait(f"connected to mqtt://127.0.0.1:{rabbit.port} ", log)
        client.wait(f"{root}/status", lambda m: m.payload == b"online", mark)
        assert ask(client, RUN)["ok"]
    finally:
        proxy.close()


@pytest.mark.parametrize("word", ["action", "actions/led", "actions/motor"])
def test_a_misspelled_topic_is_answered_with_the_right_one(connected, root, word):
    _, client = connected()
    answer = client.ask("{}", topic=f"{root}/{word}", answer=f"{root}/actions/ack")
    assert f"{root}/actions" in answer
