# SPDX-License-Identifier: MIT
"""A refusal leaves a trace for somebody who does not see the answers: one line of each kind, and a count."""

import json
import re

import pytest
from conftest import make_map
from harness import TIMEOUT

SENSORS = "tos/sensors"


def map_of(*ports, **options):
    urls = ", ".join(f"mqtt://127.0.0.1:{port}" for port in ports)
    return make_map(ports[0], **options).replace(f"url: mqtt://127.0.0.1:{ports[0]}", f"url: [{urls}]")


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
    gateway.log.wait_sum("refused", 2)
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
    # With the limit 0 of the other tests, mosquitto disconnects a client when it denies a message.
    broker = make_broker(f"user root\nacl_file {acl}\nmax_queued_messages 1000")
    gateway = make_gateway(make_map(broker.port, mqtt="  health_interval: 1s", interval="50ms"))
    client = make_client(broker.port)
    client.wait("tos/health", lambda m: json.loads(m.payload)["rejected"] > 30, timeout=TIMEOUT)
    told = [line for line in refused_lines(gateway) if "a message on tos/sensors was" in line]
    assert told == ["warning: mqtt: a message on tos/sensors was refused: Not authorized; it is lost"]
    assert gateway.stop() == 0
    gateway.log.wait(r"warning: mqtt: and \d+ more messages were refused; they are lost")


def stamps(publications):
    return [json.loads(p.payload)["ts"] for p in publications]


def health_with(broker, accept, mark=0):
    """The first such one: what happened just now may not be in the next yet."""
    for number in range(60):
        health = json.loads(broker.wait("tos/health", number + 1, mark)[number].payload)
        if accept(health):
            return health
    raise AssertionError(health)


def sent_again(broker, refused):
    """Waits for as many as were refused. Readings from before the connection are backlog, too, and come before them."""
    early = 0
    while True:
        found = broker.wait(f"{SENSORS}/backlog", early + len(refused))
        before = sum(stamp < stamps(refused)[0] for stamp in stamps(found))
        if before == early:
            return found[early:]
        early = before


@pytest.mark.parametrize("code", [0x80, 0x83, 0x97], ids=hex)
def test_a_reading_that_is_refused_for_now_is_sent_again(make_scripted, make_gateway, code):
    """As RabbitMQ 4 does while a queue is in a fail-over: after a pause it goes as backlog, and nothing is lost."""
    broker = make_scripted(puback_codes={SENSORS: code})
    gateway = make_gateway(make_map(broker.port, mqtt="  version: 5\n  health_interval: 1s", interval="200ms"))
    refused = [broker.refused.get(timeout=TIMEOUT) for _ in range(10)]
    again = sent_again(broker, refused)
    assert stamps(again) == stamps(refused)
    assert refused_lines(gateway)[0].startswith(f"warning: mqtt: a message on {SENSORS} was refused: ")
    assert "that may pass: it is kept and sent again" in refused_lines(gateway)[0] and len(refused_lines(gateway)) == 1
    broker.puback_codes = {}
    broker.wait(SENSORS, 3, broker.mark())
    value = json.loads(broker.wait("tos/health", 1, broker.mark())[0].payload)
    assert value["rejected"] == value["dropped"] == value["reconnects"] == 0


def test_what_is_refused_again_keeps_its_order(make_scripted, make_gateway):
    broker = make_scripted(puback_codes={SENSORS: 0x83, f"{SENSORS}/backlog": 0x83})
    gateway = make_gateway(make_map(broker.port, mqtt="  version: 5\n  health_interval: 1s", interval="1s"))
    refused, again = [], []
    # Readings from before the connection are backlog at once.
    while len(refused) < 60 and (not again or again.count(again[0]) < 2 or len(refused) < 2):
        publication = broker.refused.get(timeout=TIMEOUT)
        stamp = json.loads(publication.payload)["ts"]
        (again if publication.topic.endswith("backlog") else refused).append(stamp)
    # The oldest comes first each time, and the live ones go on meanwhile: one each second.
    assert again[0] == min(refused + again)
    taken = sorted({*refused, *again})
    assert health_with(broker, lambda health: health["queued"] >= len(taken))["rejected"] == 0
    broker.puback_codes = {}
    got = stamps(
        broker.wait(
            f"{SENSORS}/backlog",
            len(taken),
            timeout=2 * TIMEOUT,
            accept=lambda packet: json.loads(packet.payload)["ts"] in taken,
        )
    )
    # Before the oldest comes what was in flight behind it when the broker changed its mind.
    early = got.index(taken[0])
    assert got[early:] == sorted(set(taken) - set(got[:early]))
    assert len([line for line in refused_lines(gateway) if "that may pass" in line]) == 1



@pytest.mark.parametrize("code", [0x80, 0x83, 0x97], ids=hex)
def test_a_retained_message_that_is_refused_for_now_is_sent_again(make_scripted, make_gateway, code):
    """The newest one, after a pause; the readings do not wait for it."""
    topics = ("tos/state", "tos/status", "tos/about", "tos/state/led/red")
    broker = make_scripted(puback_codes=dict.fromkeys(topics, code))
    text = make_map(broker.port, mqtt="  version: 5\n  health_interval: 1s", interval="200ms")
    gateway = make_gateway(text.replace("{name: red, line: GPIO17}", "{name: red, line: GPIO17, topic: true}"))
    refused = set()
    while refused != set(topics):  # one of them may be refused twice before another comes
        refused.add(broker.refused.get(timeout=TIMEOUT).topic)
    broker.wait(SENSORS)
    broker.connection.publish("tos/actions", b'{"led": {"red": {"on": true}}}')
    assert json.loads(broker.wait("tos/actions/ack")[0].payload)["ok"]
    mark = broker.mark()
    broker.puback_codes = {}
    for topic in topics:
        publication = broker.wait(topic, mark=mark)[0]
        assert publication.retain
        assert topic != "tos/state" or json.loads(publication.payload)["led"]["0"]["on"]
        assert topic != "tos/state/led/red" or publication.payload == b"10"
    health = json.loads(broker.wait("tos/health", 1, broker.mark())[0].payload)
    assert (health["rejected"], health["reconnects"], health["reduced"]) == (0, 0, [])
    assert "that may pass: it is kept and sent again" in refused_lines(gateway)[0] and len(refused_lines(gateway)) == 1


def test_a_retained_message_that_is_always_refused_stops_nothing_else(make_scripted, make_gateway):
    """It is tried at ever longer pauses, and a broker that takes the readings is not left for it."""
    broker, other = make_scripted(puback_codes={"tos/about": 0x97}), make_scripted()
    text = map_of(broker.port, other.port, mqtt="  version: 5", interval="200ms", more="spool: {after: 5s}")
    make_gateway(text)
    for _ in range(4):  # at 0, 1, 3 and 7 s
        assert broker.refused.get(timeout=TIMEOUT).topic == "tos/about"
    broker.wait(SENSORS, 10, broker.mark())
    assert other.connects.qsize() == 0 and broker.connects.qsize() == 1


def test_an_answer_that_is_refused_for_now_is_sent_again(make_scripted, make_gateway):
    broker = make_scripted(puback_codes={"tos/actions/ack": 0x83})
    make_gateway(make_map(broker.port, mqtt="  version: 5", interval="1h"))
    broker.wait("tos/about")
    broker.connection.publish("tos/actions", b'{"id": 1, "led": {"0": {"on": true}}}')
    refused = broker.refused.get(timeout=TIMEOUT)
    broker.puback_codes = {}
    # A later one does not wait for it.
    broker.connection.publish("tos/actions", b'{"id": 2, "led": {"0": {"on": true}}}')
    answers = [json.loads(p.payload)["id"] for p in broker.wait("tos/actions/ack", 2)]
    assert sorted(answers) == [1, 2] and json.loads(refused.payload)["id"] == 1


@pytest.mark.slow
def test_an_answer_does_not_wait_for_a_retained_message_that_is_always_refused(make_scripted, make_gateway):
    """Its pauses are its own: somebody waits for it."""
    broker = make_scripted(puback_codes={"tos/about": 0x97, "tos/actions/ack": 0x83})
    make_gateway(make_map(broker.port, mqtt="  version: 5", interval="1h"))
    for _ in range(5):  # then comes a pause of 8 s at least
        assert broker.refused.get(timeout=2 * TIMEOUT).topic == "tos/about"
    broker.connection.publish("tos/actions", b'{"led": {"0": {"on": true}}}')
    # At once, after 1 and after 3 s at most.
    assert [broker.refused.get(timeout=2 * TIMEOUT).topic for _ in range(3)] == ["tos/actions/ack"] * 3


@pytest.mark.slow
def test_an_answer_that_is_refused_for_too_long_is_given_up(make_scripted, make_gateway):
    broker = make_scripted(puback_codes={"tos/actions/ack": 0x83})
    gateway = make_gateway(make_map(broker.port, mqtt="  version: 5\n  health_interval: 1s", interval="1h"))
    broker.wait("tos/about")
    broker.connection.publish("tos/actions", b'{"led": {"0": {"on": true}}}')
    for _ in range(5):
        assert broker.refused.get(timeout=2 * TIMEOUT).topic == "tos/actions/ack"
    gateway.log.wait("a message on tos/actions/ack was refused: .*; it is lost")
    health_with(broker, lambda health: health["rejected"] == 1)


@pytest.mark.parametrize("code", [0x87, 0x90, 0x99], ids=hex)
def test_a_reading_that_is_refused_for_good_is_not_sent_again(make_scripted, make_gateway, code):
    broker = make_scripted(puback_codes={SENSORS: code})
    gateway = make_gateway(make_map(broker.port, mqtt="  version: 5\n  health_interval: 1s", interval="200ms"))
    for _ in range(10):
        assert broker.refused.get(timeout=TIMEOUT).topic == SENSORS
    gateway.log.wait(f"a message on {SENSORS} was refused: .*; it is lost")
    health_with(broker, lambda health: health["rejected"] >= 10)


def test_the_next_broker_is_tried_when_one_refuses_for_long(make_scripted, make_gateway):
    refusals = {SENSORS: 0x83, f"{SENSORS}/backlog": 0x83}
    first, second = make_scripted(puback_codes=dict(refusals)), make_scripted()
    text = map_of(first.port, second.port, mqtt="  version: 5", more="spool: {after: 5s}")
    gateway = make_gateway(text, ["--verbose"])
    first.refused.get(timeout=TIMEOUT)
    told = r"the broker refused messages for too long \(spool\.after, at least 5 s\); trying the next URL"
    gateway.log.wait(f"connection lost: {told}")
    # The oldest of all, also if a later one was live and went to the first broker before it.
    assert stamps(second.wait(f"{SENSORS}/backlog")) == gateway.taken()[:1]


def test_a_subscription_that_is_refused_for_now_is_no_connection(make_scripted, make_gateway):
    first, second = make_scripted(refused_topics=("tos/actions",), refusal=0x83), make_scripted()
    gateway = make_gateway(map_of(first.port, second.port, mqtt="  version: 5"))
    gateway.log.wait("connection lost: the broker refused the subscription to tos/actions: .*; trying the next URL")
    second.wait(SENSORS)
    second.connection.publish("tos/actions", b'{"led": {"0": {"on": true}}}')
    assert json.loads(second.wait("tos/actions/ack")[0].payload)["ok"]


def test_a_subscription_that_is_refused_for_now_is_tried_again(make_scripted, make_gateway):
    broker = make_scripted(refused_topics=("tos/actions",), refusal=0x80)
    gateway = make_gateway(make_map(broker.port, mqtt="  version: 5"))
    gateway.log.wait(r"connection lost: the broker refused the subscription to tos/actions: .*; connecting again in")
    broker.refused_topics = ()
    broker.wait(SENSORS)
    broker.connection.publish("tos/actions", b'{"led": {"0": {"on": true}}}')
    assert json.loads(broker.wait("tos/actions/ack")[0].payload)["ok"]


DEAF = "STATUS=Connected, but the broker passes on no actions"
GRANTED = "notice: mqtt: the broker grants the subscription to tos/actions now"
STOPPED = r"failsafe: the broker has refused to pass on actions for 10\.0 s: motors are stopped"


def wait_granted(broker, gateway, timeout=TIMEOUT):
    """Actions arrive, and it is said."""
    gateway.log.wait(GRANTED, timeout=timeout)
    broker.connection.publish("tos/actions", b'{"led": {"0": {"on": true}}}')
    assert json.loads(broker.wait("tos/actions/ack")[0].payload)["ok"]
    gateway.notifications.lines.wait("^STATUS=Connected, 4 sensors")
    health_with(broker, lambda health: health["reduced"] == [], broker.mark())


@pytest.mark.slow
def test_a_broker_that_always_refuses_it_gets_the_readings(make_scripted, make_gateway):
    """After five rounds. The connection stays, and it is asked for again at the longest pause."""
    broker = make_scripted(refused_topics=("tos/actions",), refusal=0x80)
    gateway = make_gateway(make_map(broker.port, mqtt="  version: 5\n  health_interval: 1s"))
    broker.wait(SENSORS, timeout=4 * TIMEOUT)
    gateway.log.wait("error: mqtt: the broker refused the subscription to tos/actions: .*; messages sent there do not")
    assert broker.connects.qsize() == 6
    gateway.notifications.lines.wait(DEAF)
    health_with(broker, lambda health: health["reduced"] == ["tos/actions"])
    broker.refused_topics = ()
    wait_granted(broker, gateway, 4 * TIMEOUT)
    assert broker.connects.qsize() == 6


@pytest.mark.parametrize("version, code", [("5", 0x87), ("3.1.1", 0x80)])
def test_a_subscription_that_is_refused_for_good_leaves_the_rest(make_scripted, make_gateway, version, code):
    """And is asked for again: rules may be changed, and 3.1.1 has no reasons."""
    broker = make_scripted(refused_topics=("tos/actions",), refusal=code)
    gateway = make_gateway(make_map(broker.port, mqtt=f"  version: {version}\n  health_interval: 1s"))
    broker.wait(SENSORS)
    gateway.log.wait("error: mqtt: the broker refused the subscription to tos/actions: .*; messages sent there do not")
    gateway.notifications.lines.wait(DEAF)
    health_with(broker, lambda health: health["reduced"] == ["tos/actions"])
    while broker.connection.subscriptions.count("tos/actions") < 3:
        broker.wait(SENSORS, mark=broker.mark())
    assert len([line for line in refused_lines(gateway) if "tos/actions:" in line]) == 1
    broker.refused_topics = ()
    wait_granted(broker, gateway)
    assert broker.connects.qsize() == 1


@pytest.mark.parametrize("version, code", [("5", 0x87), ("3.1.1", 0x80)])
def test_an_answer_that_comes_behind_an_acknowledgement_is_seen(make_scripted, make_gateway, version, code):
    """The acknowledgement of a reading wakes nobody, and together with the answer it is no message yet."""
    broker = make_scripted(refused_topics=("tos/actions",), refusal=code)
    text = make_map(broker.port, mqtt=f"  version: {version}\n  health_interval: 1h", interval="3s")
    make_gateway(re.sub(r"packed:\n.*\n", "", text).replace(", topic: true", ""))
    broker.wait(SENSORS, 4)
    assert broker.connection.subscriptions.count("tos/actions") >= 3
    assert broker.connects.qsize() == 1
    # An answer that changes nothing is no news: the first one, and perhaps the one that the interval brings.
    assert len(broker.so_far("tos/health")) <= 2


def test_an_optional_one_that_is_refused_for_now_is_asked_for_again(make_scripted, make_gateway):
    broker = make_scripted(refused_topics=("tos/actions/+/+",), refusal=0x83)
    gateway = make_gateway(make_map(broker.port, mqtt="  version: 5\n  health_interval: 1s"))
    health_with(broker, lambda health: health["reduced"] == ["tos/actions/+/+"])
    broker.refused_topics = ()
    gateway.log.wait(r"notice: mqtt: the broker grants the subscription to tos/actions/\+/\+ now")
    broker.connection.publish("tos/actions/led/red", b"on")
    assert json.loads(broker.wait("tos/actions/ack")[0].payload)["ok"]
    assert broker.connects.qsize() == 1


def test_a_motor_that_no_action_could_stop_is_stopped(make_scripted, make_gateway):
    """It runs when the connection ends. The next one passes on everything but actions: nobody could stop it."""
    broker = make_scripted()
    gateway = make_gateway(make_map(broker.port, mqtt="  version: 5", failsafe="{after: 10s}"))
    broker.wait("tos/about")
    broker.connection.publish("tos/actions", b'{"motor": {"direction": "forward", "speed": 5}}')
    assert json.loads(broker.wait("tos/actions/ack")[0].payload)["ok"]
    broker.refused_topics, broker.refusal = ("tos/actions",), 0x87
    mark = broker.mark()
    broker.connection.disconnect(0x8B)
    broker.wait(SENSORS, mark=mark)  # the connection works, and goes on
    gateway.log.wait(STOPPED)
    assert gateway.output("GPIO5") == 0
    gateway.notifications.lines.wait(DEAF + ", fail-safe: motors are stopped")
    assert broker.connects.qsize() == 2
    # Once actions get through again, motors run again.
    mark = gateway.notifications.lines.mark()
    broker.refused_topics = ()
    gateway.log.wait(GRANTED)
    gateway.notifications.lines.wait("^STATUS=Connected, 4 sensors", mark)
    broker.connection.publish("tos/actions", b'{"motor": {"direction": "forward", "speed": 5}}')
    broker.wait("tos/actions/ack", 2)
    assert gateway.output("GPIO5") == 1
