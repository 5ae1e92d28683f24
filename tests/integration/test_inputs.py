# SPDX-License-Identifier: MIT
"""Inputs on GPIO lines, on the simulated board."""

import json
import socket
import time

import paho.mqtt.client as mqtt
import pytest

from harness import TIMEOUT, Client, response_properties

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
    gateway.log.wait("reload: done: ")
    assert client.ask_json('{"led":{"red":{"on":true}}}')["ok"]
    assert gateway.output("GPIO24") == 1
    assert client.wait_json("tos/sensors", mark=client.mark())["rain"] == 1


EVENTS = """
mqtt: {{url: 'mqtt://127.0.0.1:{port}', health_interval: 1s}}
interval: {interval}
chips:
  door: {{driver: switch, line: GPIO23{debounce}}}
  gate: {{driver: switch, line: GPIO24}}
sensors:
  door: {{from: door}}
"""


def events_map(port, interval="100ms", debounce=""):
    return EVENTS.format(port=port, interval=interval, debounce=debounce)


@pytest.fixture
def make_events(broker, client, make_gateway):
    def make(**options):
        gateway = make_gateway(events_map(broker.port, **options))
        client.wait("tos/state/input/gate")
        return gateway

    return make


def events(client, mark=0):
    return [json.loads(m.payload) for m in client.since(mark, "tos/events")]


def test_an_event_is_sent_at_once_with_the_time_of_its_edge(make_events, client):
    gateway = make_events(interval="1h")
    before = time.time() * 1000
    gateway.set("door.state", 1)
    event = client.wait_json("tos/events")
    assert event["door"] == 1 and list(event) == ["door", "ts"]
    assert before - 1 <= event["ts"] <= time.time() * 1000 + 1
    gateway.set("gate.state", 1)  # that is in no reading
    client.wait_json("tos/events", lambda e: e.get("gate") == 1)
    gateway.set("door.state", 0)
    client.wait_json("tos/events", lambda e: e.get("door") == 0)
    assert [(e.get("door"), e.get("gate")) for e in events(client)] == [(1, None), (None, 1), (0, None)]


def test_how_a_switch_is_is_retained_and_no_event_at_the_start(make_events, client, broker):
    gateway = make_events()
    assert client.wait("tos/state/input/door").payload == b"off"
    gateway.set("door.state", 1)
    client.wait("tos/state/input/door", lambda m: m.payload == b"on")
    late = Client(broker.port)
    assert late.wait("tos/state/input/door", lambda m: m.retain).payload == b"on"
    late.close()
    mark = client.mark()
    gateway.reload(events_map(broker.port, interval="200ms"))
    assert client.wait("tos/state/input/door", mark=mark).payload == b"on"
    client.wait("tos/sensors", mark=mark)
    assert len(events(client)) == 1


def bounce(gateway, *levels):
    """In one go: a test that is held up in between would let one of them hold."""
    lines = "".join(f"set door.state {level}\n" for level in levels)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
        control.settimeout(TIMEOUT)
        control.connect(str(gateway.folder / "control"))
        control.sendall(lines.encode())
        with control.makefile() as answers:
            assert [answers.readline() for _ in levels] == ["ok\n"] * len(levels)


def test_what_bounces_is_one_event(make_events, client):
    gateway = make_events(debounce=", debounce: 1s")
    mark = client.mark()
    bounce(gateway, 1, 0, 1, 0, 1)
    last = time.time() * 1000
    event = client.wait_json("tos/events", mark=mark)
    assert event["door"] == 1 and event["ts"] <= last + 1
    assert time.time() * 1000 >= event["ts"] + 1000
    bounce(gateway, 0, 1)
    client.wait_several("tos/sensors", 15, client.mark())  # more than the debounce
    assert len(events(client)) == 1
    assert client.wait_json("tos/sensors", mark=client.mark())["door"] == 1


def test_what_happened_in_an_outage_is_sent_later_in_order(make_events, client, broker):
    gateway = make_events()
    broker.stop()
    for level in (1, 0, 1):
        gateway.set("door.state", level)
    # So that it does not connect before somebody listens.
    gateway.pause()
    broker.start()
    late = Client(broker.port)
    gateway.resume()
    late.wait_several("tos/events/backlog", 3)
    old = [json.loads(m.payload) for m in late.since(0, "tos/events/backlog")]
    assert [e["door"] for e in old] == [1, 0, 1]
    assert old[0]["ts"] <= old[1]["ts"] <= old[2]["ts"]
    gateway.set("door.state", 0)
    assert late.wait_json("tos/events")["door"] == 0
    late.close()


@pytest.mark.slow
def test_events_go_on_after_networks_that_fell_silent_behind_one(client, make_gateway, proxy):
    """That is no word of the broker's against their topic."""
    text = events_map(proxy.port, "1h").replace("health_interval: 1s", "health_interval: 1h, keepalive: 5s")
    gateway = make_gateway(text)
    client.wait("tos/state/input/gate")
    for number, level in enumerate((1, 0)):
        # The last word of a start: then nothing but the event is on its way.
        client.wait_json("tos/health", lambda health, n=number: health["reconnects"] == n and health["broker"])
        client.fence()
        log, mark = gateway.log.mark(), client.mark()
        proxy.freeze()
        gateway.set("gate.state", level)
        gateway.log.wait("connection lost", log, timeout=3 * TIMEOUT)
        proxy.thaw()
        client.wait_json("tos/events/backlog", lambda event, l=level: event["gate"] == l, mark, timeout=2 * TIMEOUT)
    client.fence()
    mark = client.mark()
    gateway.set("gate.state", 1)
    client.wait_json("tos/events", lambda event: event["gate"] == 1, mark)
    assert not any("left out" in line for line in gateway.log.since())


def test_an_input_without_a_sensor_that_fails_is_said(make_events, client):
    gateway = make_events()
    gateway.fault("GPIO24", "no-answer")
    gateway.log.wait("switch on GPIO24: .*; it sends no events until it works again")
    gateway.set("gate.state", 1)
    gateway.fault("GPIO24", "none")
    gateway.log.wait("gate works again")
    client.wait_json("tos/events", lambda e: e.get("gate") == 1)


@pytest.mark.alone  # it measures how late readings are
def test_a_thousand_edges_a_second_are_all_there_in_order(make_events, client):
    gateway = make_events()
    edges = 0
    mark = client.mark()
    start = time.monotonic()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
        control.connect(str(gateway.folder / "control"))
        answers = control.makefile()
        while (begun := time.monotonic() - start) < 9.2:  # after ten seconds it would chatter
            edges += 1
            control.sendall(f"set door.state {edges % 2}\n".encode())
            assert answers.readline() == "ok\n"
            time.sleep(max(0, edges / 1000 - begun))
    assert edges > 4600
    client.wait_several("tos/events", edges)
    sent = events(client)
    assert [e["door"] for e in sent] == [(i + 1) % 2 for i in range(edges)]
    stamps = [e["ts"] for e in sent]
    assert stamps == sorted(stamps)
    # And the readings keep their rhythm.
    taken = [json.loads(m.payload)["ts"] for m in client.since(mark, "tos/sensors")]
    late = sorted(abs((ts - taken[0] + 50) % 100 - 50) for ts in taken)
    assert len(taken) >= 90 and late[-2] <= 20, late
    assert client.wait_json("tos/health", mark=client.mark())["events_lost"] == 0


def chatter(gateway):
    """Until it is said. Returns the level at the end."""
    start, level, count, mark, lines = time.monotonic(), 0, 0, gateway.log.mark(), []
    while not any("door changed more than 100 times a second" in line for line in lines):
        lines = gateway.log.since(mark)
        mark += len(lines)
        level, count = 1 - level, count + 1
        gateway.set("door.state", level)
        time.sleep(max(0, start + count / 250 - time.monotonic()))
        assert count < 250 * 20
    return level


@pytest.mark.alone  # it has to be fast for ten seconds
def test_what_chatters_over_a_reload_sends_its_last_state(client, broker, make_gateway):
    gateway = make_gateway(events_map(broker.port), ["--verbose"])
    client.wait("tos/state/input/gate")
    chatter(gateway)
    sent = [line for line in gateway.log.since() if "inputs: door " in line and "changed" not in line]
    last = int(sent[-1][-1])
    mark, log = client.mark(), gateway.log.mark()
    gateway.set("door.state", last)
    gateway.set("door.state", 1 - last)
    gateway.reload(events_map(broker.port, "101ms"))
    gateway.log.wait("reload: done", log)
    gateway.log.wait("door rests again", log)
    assert client.wait_json("tos/events", mark=mark)["door"] == 1 - last


@pytest.mark.alone  # it has to be fast for ten seconds
def test_what_chatters_is_said_and_only_its_last_state_is_sent(make_events, client):
    gateway = make_events()
    level = chatter(gateway)
    client.fence()
    mark = client.mark()
    for _ in range(51):
        level = 1 - level
        gateway.set("door.state", level)
    gateway.log.wait("door rests again")
    gateway.set("door.state", 1 - level)
    client.wait_json("tos/events", lambda e: e["door"] == 1 - level, mark)
    sent = [e["door"] for e in events(client, mark)]
    # At most the one with which it began, the last state where that is another, and the one after the rest.
    assert sent[-1] == 1 - level and len(sent) <= 3


BUTTON = """
mqtt: {{url: 'mqtt://127.0.0.1:{port}', health_interval: 1s}}
interval: {interval}
chips:
  bell: {{driver: button, line: GPIO24, bias: pull-up, active_low: true, double: {double}, long: {long}}}
  door: {{driver: switch, line: GPIO23}}
"""


@pytest.fixture
def make_button(broker, client, make_gateway):
    def make(long="60s", interval="1h", double="2s"):
        gateway = make_gateway(BUTTON.format(port=broker.port, long=long, interval=interval, double=double))
        client.wait("tos/state/input/door")
        gateway.press = lambda: (gateway.set("GPIO24", 0), wait_out_bounces())
        gateway.release = lambda: (gateway.set("GPIO24", 1), wait_out_bounces())
        return gateway

    return make


def wait_out_bounces():
    """Longer than a button's debounce. Nothing tells that a level has held: a press is no event by itself."""
    time.sleep(0.05)


def test_a_press_is_single_once_no_other_one_has_come(make_button, client):
    gateway = make_button()
    before = time.time() * 1000
    gateway.press()
    pressed = time.time() * 1000
    gateway.release()
    event = client.wait_json("tos/events")
    assert event["bell"] == "single" and list(event) == ["bell", "ts"]
    assert before - 1 <= event["ts"] <= pressed + 1
    assert time.time() * 1000 >= event["ts"] + 2000
    assert client.since(0, "tos/state/input/bell") == []


LONGEST_DOUBLE_S = 5  # that a map may say


def test_two_presses_are_double_at_once(make_button, client):
    gateway = make_button(double=f"{LONGEST_DOUBLE_S}s")
    gateway.press()
    begin = time.monotonic()
    gateway.release()
    gateway.press()
    took_s = time.monotonic() - begin
    gateway.release()
    client.wait_json("tos/events")
    gateway.set("door.state", 1)
    client.wait_json("tos/events", lambda e: "door" in e)
    # Otherwise the machine stood still between the two.
    if took_s < LONGEST_DOUBLE_S:
        assert [e.get("bell") for e in events(client)] == ["double", None]


def test_a_long_press_is_sent_while_it_is_held(make_button, client):
    gateway = make_button(long="500ms")
    gateway.press()
    event = client.wait_json("tos/events")
    assert event["bell"] == "long" and time.time() * 1000 >= event["ts"] + 500
    gateway.release()
    gateway.set("door.state", 1)
    client.wait_json("tos/events", lambda e: "door" in e)
    assert [e.get("bell") for e in events(client)] == ["long", None]


def test_a_button_whose_line_fails_is_said(make_button, client):
    gateway = make_button(interval="100ms")
    gateway.fault("GPIO24", "no-answer")
    gateway.log.wait("button on GPIO24: .*; it sends no events until it works again")
    gateway.fault("GPIO24", "none")
    gateway.log.wait("bell works again")
    gateway.press()
    gateway.release()
    client.wait_json("tos/events", lambda e: e["bell"] == "single")


METER = """
mqtt: {{url: 'mqtt://127.0.0.1:{port}', health_interval: 1s}}
interval: 100ms
chips:
  meter: {{driver: pulse, line: GPIO25, remember: {remember}{more}}}
  spare: {{driver: pulse, line: GPIO26, remember: true}}
sensors:
  count: {{from: meter.count}}
  rate: {{from: meter.rate, decimals: 3}}
"""


@pytest.fixture
def make_meter(broker, client, make_gateway):
    def make(remember="true"):
        gateway = make_gateway(METER.format(port=broker.port, remember=remember, more=""))
        client.wait_json("tos/sensors")
        return gateway

    return make


def pulse(gateway, count, line="GPIO25"):
    for _ in range(count):
        gateway.set(line, 1)
        gateway.set(line, 0)


def wait_count(client, count, mark=0):
    return client.wait_json("tos/sensors", lambda r: r["count"] == count, mark)


def test_pulses_are_counted(make_meter, client):
    gateway = make_meter()
    pulse(gateway, 500)
    wait_count(client, 500)
    client.wait_json("tos/sensors", lambda r: r["rate"] > 0)
    assert client.since(0, "tos/events") == []


def test_a_count_goes_on_over_a_reload(make_meter, client, broker):
    gateway = make_meter(remember="false")
    pulse(gateway, 5)
    wait_count(client, 5)
    mark = client.mark()
    gateway.reload(METER.format(port=broker.port, remember="false", more=", silence: 1s"))
    gateway.log.wait("reloaded|changed")
    wait_count(client, 5, client.mark())
    pulse(gateway, 2)
    wait_count(client, 7, mark)


def test_a_count_that_is_remembered_goes_on_after_a_restart(make_meter, client):
    gateway = make_meter()
    pulse(gateway, 3, line="GPIO26")  # that no sensor reads
    pulse(gateway, 5)  # and which are read after those
    wait_count(client, 5)
    gateway.stop()
    assert sorted((gateway.folder / "state" / "counts").read_text().splitlines()) == ["3 spare", "5 meter"]
    mark = client.mark()
    gateway.start()
    wait_count(client, 5, mark)
    pulse(gateway, 1)
    wait_count(client, 6, mark)


def test_a_count_that_is_not_remembered_begins_anew(make_meter, client):
    gateway = make_meter(remember="false")
    pulse(gateway, 5)
    wait_count(client, 5)
    mark = gateway.stop_before(client)
    gateway.start()
    assert client.wait_json("tos/sensors", mark=mark)["count"] == 0


def test_counts_that_cannot_be_kept_are_said_and_count_on(make_meter, client):
    gateway = make_meter()
    gateway.stop()
    (gateway.folder / "state" / "counts.new").mkdir()
    (gateway.folder / "state" / "counts.new" / "in-the-way").touch()
    mark = client.mark()
    gateway.start()
    wait_count(client, 0, mark)
    pulse(gateway, 1)
    gateway.log.wait("counts: cannot be kept in ")
    pulse(gateway, 1)
    wait_count(client, 2)


COUNTERS = """
mqtt: {{url: 'mqtt://127.0.0.1:{port}', health_interval: 1s{mqtt}}}
interval: 100ms
chips:
  meter: {{driver: pulse, line: GPIO25, remember: true}}
  spare: {{driver: pulse, line: GPIO26}}
  door: {{driver: switch, line: GPIO24}}
sensors:
  count: {{from: meter.count}}
leds: [{{name: red, line: GPIO17}}]
"""


@pytest.fixture
def counting(broker, client, make_gateway):
    gateway = make_gateway(COUNTERS.format(port=broker.port, mqtt=""))
    wait_count(client, 0)
    return gateway


def set_count(client, *, id, **counts):
    return client.ask_json(json.dumps({"id": id, "sensors": {"count": counts}}))


def test_a_count_is_set_and_on_disk_before_the_answer(counting, client):
    pulse(counting, 3)
    wait_count(client, 3)
    mark = client.mark()
    applied = {"sensors": {"count": {"meter": 1000}}}
    assert set_count(client, id="a", meter=1000) == {"ok": True, "id": "a", "applied": applied}
    assert (counting.folder / "state" / "counts").read_text() == "1000 meter\n"
    wait_count(client, 1000, mark)
    pulse(counting, 2)
    wait_count(client, 1002, mark)
    assert set_count(client, id=2, spare=2**53 - 1)["ok"]  # that nobody remembers
    assert set_count(client, id=3, meter=0)["ok"]
    counting.stop()
    mark = client.mark()
    counting.start()
    wait_count(client, 0, mark)


@pytest.mark.parametrize(
    "action, path, reason",
    [
        ('{"sensors":{"count":{"metre":0}}}', "sensors.count.metre", 'no such counter, did you mean "meter"?'),
        ('{"sensors":{"count":{"water":0}}}', "sensors.count.water", "no such counter; counters here: meter, spare"),
        ('{"sensors":{"count":{"door":0}}}', "sensors.count.door", "switch counts nothing; counters here: meter, spare"),
        ('{"sensors":{"count":{"meter":-1}}}', "sensors.count.meter", "-1 is outside 0..9007199254740991"),
        ('{"sensors":{"count":{"meter":0.5}}}', "sensors.count.meter", "0.5 is not a whole number"),
        ('{"sensors":{"count":{"meter":"0"}}}', "sensors.count.meter", "must be a whole number, not a string"),
        ('{"sensors":{"count":{"meter":1,"meter":2}}}', "sensors.count.meter", 'duplicate key "meter"'),
        ('{"sensors":{"count":{"meter":1,"spare":2}}}', "sensors.count", "sets one counter"),
        ('{"sensors":{"count":{"meter":1},"interval":200}}', "sensors.count", "is set by a message of its own"),
        ('{"sensors":{"count":{"meter":1},"read":true}}', "sensors.count", "is set by a message of its own"),
        ('{"led":{"red":{"on":true}},"sensors":{"count":{"meter":1}}}', "sensors.count", "is set by a message of its own"),
    ],
)
def test_a_count_that_cannot_be_set_is_refused(counting, client, action, path, reason):
    answer = client.ask_json(action)
    assert not answer["ok"] and "applied" not in answer
    assert answer["errors"][0]["path"] == path
    assert answer["errors"][0]["reason"].startswith(reason)
    assert counting.output("GPIO17") == 0
    assert client.wait_json("tos/sensors", mark=client.mark())["count"] == 0


def test_each_count_has_its_answer_where_it_is_wanted(counting, make_client):
    """Also while the map changes to one that no longer has the counter."""
    client = make_client(version=mqtt.MQTTv5)
    for i in range(40):
        client.publish(
            "tos/actions",
            json.dumps({"id": i, "sensors": {"count": {"meter": i}}}),
            properties=response_properties("me/answers", b"%d" % i),
        )
        if i == 20:
            text = counting.map.read_text().replace("pulse, line: GPIO25, remember: true", "switch, line: GPIO25")
            counting.reload(text.replace("meter.count", "meter"))
    for i in range(40):
        answer = json.loads(client.wait("me/answers", lambda m, i=i: json.loads(m.payload)["id"] == i).payload)
        assert answer["ok"] == (answer.get("applied") == {"sensors": {"count": {"meter": i}}})
    received = client.since(0, "me/answers")
    assert sorted(json.loads(m.payload)["id"] for m in received) == list(range(40))
    assert all(m.properties.CorrelationData == b"%d" % json.loads(m.payload)["id"] for m in received)


def test_a_count_that_cannot_be_kept_is_said(counting, client):
    set_count(client, id=1, meter=1)
    (counting.folder / "state" / "counts.new").mkdir()
    (counting.folder / "state" / "counts.new" / "in-the-way").touch()
    answer = set_count(client, id=2, meter=7)
    assert (answer["ok"], answer["applied"]) == (False, {"sensors": {"count": {"meter": 7}}})
    assert answer["errors"][0]["reason"].startswith("it is set, but cannot be kept on disk for the next start: ")
    wait_count(client, 7)
    disk = client.wait_json("tos/health", lambda h: not h["disk"]["ok"])["disk"]
    assert disk["error"].startswith("counts cannot be kept in ")
    # And as soon as it can.
    (counting.folder / "state" / "counts.new" / "in-the-way").unlink()
    (counting.folder / "state" / "counts.new").rmdir()
    mark = client.mark()
    assert set_count(client, id=3, meter=8)["ok"]
    client.wait_json("tos/health", lambda h: h["disk"]["ok"], mark=mark)
    counting.log.wait("counts: can be kept again")


KNOB = """
mqtt: {{url: 'mqtt://127.0.0.1:{port}'}}
interval: 100ms
chips:
  knob: {{driver: encoder, lines: [GPIO20, GPIO21]}}
sensors:
  turn: {{from: knob}}
"""


def test_an_encoder_is_turned_there_and_back_and_bounces(broker, client, make_gateway):
    gateway = make_gateway(KNOB.format(port=broker.port))
    client.wait_json("tos/sensors", lambda r: r["turn"] == 0)
    for line, level in (("GPIO20", 1), ("GPIO21", 1), ("GPIO20", 0), ("GPIO21", 0)):
        for bounce in (level, 1 - level, level):
            gateway.set(line, bounce)
    client.wait_json("tos/sensors", lambda r: r["turn"] == 4)
    gateway.set("GPIO21", 1)
    client.wait_json("tos/sensors", lambda r: r["turn"] == 3, client.mark())
    gateway.set("knob.position", -10)  # the part itself turns on, from where it was: 0
    client.wait_json("tos/sensors", lambda r: r["turn"] == -6, client.mark())


LEVEL = """
mqtt: {{url: 'mqtt://127.0.0.1:{port}', health_interval: 1s}}
interval: 100ms
chips:
  level: {{driver: hcsr04, trigger: GPIO9, echo: GPIO10}}
sensors:
  level: {{from: level, decimals: 2, simulate: 1.5}}
"""


def test_a_distance_is_measured_with_each_reading(broker, client, make_gateway):
    gateway = make_gateway(LEVEL.format(port=broker.port))
    client.wait_json("tos/sensors", lambda r: r["level"] == 1.5)
    gateway.set("level.distance", 0.25)
    client.wait_json("tos/sensors", lambda r: r["level"] == 0.25)


def test_no_echo_is_a_failed_read(broker, client, make_gateway):
    gateway = make_gateway(LEVEL.format(port=broker.port))
    client.wait_json("tos/sensors", lambda r: r["level"] == 1.5)
    gateway.set("level.distance", 6.4)  # as long as the line is high where no echo comes
    gateway.log.wait("level: hcsr04 on GPIO9, GPIO10: no echo: nothing within 4 m")
    gateway.set("level.distance", 2)
    client.wait_json("tos/sensors", lambda r: r["level"] == 2)


MOTION = """
mqtt: {{url: 'mqtt://127.0.0.1:{port}'}}
interval: 100ms
chips:
  motion: {{driver: switch, line: GPIO23, settle: {settle}}}
  door: {{driver: switch, line: GPIO24}}
sensors:
  motion: {{from: motion, simulate: 1}}
"""


def test_a_part_that_settles_is_off_and_says_nothing(broker, client, make_gateway):
    gateway = make_gateway(MOTION.format(port=broker.port, settle="600s"))
    for name in ("motion", "door"):
        assert client.wait(f"tos/state/input/{name}").payload == b"off"
    for level in (0, 1):
        gateway.set("GPIO23", level)
    gateway.set("door.state", 1)
    client.wait_json("tos/events", lambda e: "door" in e)
    assert client.wait_json("tos/sensors", mark=client.mark())["motion"] == 0
    assert [list(e)[0] for e in events(client)] == ["door"]


def test_what_a_part_has_settled_to_is_an_event(broker, client, make_gateway):
    make_gateway(MOTION.format(port=broker.port, settle="500ms"))
    # It may have settled before the connection stood.
    assert client.wait_json(("tos/events", "tos/events/backlog"))["motion"] == 1
    client.wait("tos/state/input/motion", lambda m: m.payload == b"on")
    client.wait_json("tos/sensors", lambda r: r["motion"] == 1)


def test_the_state_of_a_chip_that_left_the_map_is_cleared(make_events, client, broker):
    gateway = make_events()
    mark = client.mark()
    gateway.reload(events_map(broker.port).replace("  gate: {driver: switch, line: GPIO24}\n", ""))
    client.wait("tos/state/input/gate", lambda m: m.payload == b"", mark)
    client.wait("tos/state/input/door", lambda m: m.payload == b"off", mark)
    assert [m.payload for m in client.since(mark, "tos/state/input/door")] == [b"off"]
    late = Client(broker.port)
    late.wait("tos/state/input/door", lambda m: m.retain)
    assert late.since(0, "tos/state/input/gate") == []
    late.close()
    mark = client.mark()
    gateway.reload(events_map(broker.port))
    client.wait("tos/state/input/gate", lambda m: m.payload == b"off", mark)
    assert [m.payload for m in client.since(mark, "tos/state/input/gate")] == [b"off"]


def test_states_are_cleared_by_a_map_without_sensors_and_inputs(make_events, client, broker):
    """Of which there are no readings and no events."""
    gateway = make_events()
    client.wait("tos/state/input/door")
    mark = client.mark()
    gateway.reload(f"mqtt: {{url: 'mqtt://127.0.0.1:{broker.port}'}}\nleds: [{{name: red, line: GPIO17}}]\n")
    for name in ("gate", "door"):
        client.wait(f"tos/state/input/{name}", lambda m: m.payload == b"", mark)
    mark = client.mark()
    gateway.reload(events_map(broker.port))
    assert client.wait("tos/state/input/door", mark=mark).payload == b"off"
