# SPDX-License-Identifier: MIT
"""ROOT/status, ROOT/health, and the notifications to the service manager."""

import contextlib
import json
import re
import time

import pytest
from conftest import make_map
from harness import IN_TIME_S
from proxy import Proxy

@pytest.fixture
def usual_map(broker):
    """No regular health comes in between: the first one is due at any time within the interval."""
    return make_map(broker.port, "  health_interval: 1h")


FIELDS = [
    "version",
    "uptime_s",
    "interval_ms",
    "readings",
    "missed",
    "queued",
    "dropped",
    "reconnects",
    "rejected",
    "packed_skipped",
    "refused",
    "broker",
    "reduced",
    "clock_set",
    "instance",
    "conflict",
    "sensors",
    "actuators",
    "disk",
    "rss_kb",
    "cpu_ms",
]


def statuses(client):
    return [message.payload.decode() for message in client.since(topic="tos/status")]


def test_online_is_retained_and_comes_first(gateway, client, make_client):
    assert [message.topic for message in client.since()][:2] == ["tos/status", "tos/state"]
    assert statuses(client) == ["online"]
    late = make_client(topics=("tos/status",)).wait("tos/status")
    assert (late.payload, late.qos, late.retain) == (b"online", 1, True)


def test_offline_is_the_will(gateway, client, make_client):
    gateway.kill()
    message = client.wait("tos/status", lambda message: message.payload == b"offline")
    assert (message.qos, message.retain) == (1, False)
    late = make_client(topics=("tos/status",)).wait("tos/status")
    assert (late.payload, late.qos, late.retain) == (b"offline", 1, True)


@pytest.mark.parametrize("version", ["auto", "5", "3.1.1"])
def test_an_orderly_end_says_offline_once(broker, client, make_client, make_gateway, version):
    gateway = make_gateway(make_map(broker.port, f"  version: {version}"))
    client.wait("tos/sensors")
    begun = time.monotonic()
    assert gateway.stop() == 0
    assert time.monotonic() - begun < IN_TIME_S
    client.wait("tos/status", lambda message: message.payload == b"offline")
    # Whatever the broker had to say for a dead client would be here before this one.
    client.publish("fence", "")
    client.wait("fence")
    assert statuses(client) == ["online", "offline"]
    late = make_client(topics=("tos/status",)).wait("tos/status")
    assert (late.payload, late.retain) == (b"offline", True)


def test_health_has_all_its_fields(broker, client, make_client, make_gateway):
    begun = time.monotonic()
    gateway = make_gateway(make_map(broker.port, "  health_interval: 1s"))
    client.wait("tos/health")

    def is_under_way(message):
        health = json.loads(message.payload)
        return health["uptime_s"] > 0 and health["readings"] >= 5

    message = client.wait("tos/health", is_under_way)
    health = json.loads(message.payload)
    assert list(health) == FIELDS
    assert message.qos == 1
    counts = {key: health[key] for key in ("interval_ms", "dropped", "reconnects", "rejected", "packed_skipped")}
    assert counts == {"interval_ms": 100, "dropped": 0, "reconnects": 0, "rejected": 0, "packed_skipped": 0}
    assert health["uptime_s"] <= message.timestamp - begun
    assert health["readings"] + health["missed"] <= (message.timestamp - begun) * 10 + 1
    assert health["queued"] <= health["readings"]
    assert health["sensors"] == {name: {"ok": True} for name in ("temp", "humi", "cds", "sound")}
    assert health["actuators"] == {name: {"ok": True} for name in ("led.0", "led.1", "led.2", "motor.0")}
    assert health["disk"] == {"ok": True, "rows": 0, "bytes": 0}
    assert health["clock_set"] is True
    assert re.fullmatch("[0-9a-f]{16}", health["instance"])
    assert health["rss_kb"] > 1000
    assert 0 < health["cpu_ms"] < 1000 * (message.timestamp - begun)
    version = gateway.log.wait(r"tosd (\S+) runs on a simulated board")[1]
    assert health["version"] == version
    late = make_client(topics=("tos/health",)).wait("tos/health")
    assert late.retain


def test_each_process_is_an_instance_of_its_own(broker, client, make_gateway):
    names, mark = [], client.mark()
    for _ in range(2):
        gateway = make_gateway(make_map(broker.port))
        names.append(client.wait_json("tos/health", mark=mark)["instance"])
        mark = gateway.stop_before(client)
    assert names[0] != names[1]


COUNTS = ["uptime_s", "readings", "missed", "dropped", "reconnects", "rejected", "packed_skipped", "refused", "cpu_ms"]


def test_no_count_goes_back_when_a_reload_makes_a_new_connection(make_broker, make_client, make_gateway, folder):
    acl = folder / "acl"
    acl.write_text("topic read #\ntopic write tos/status\ntopic write tos/health\n")
    acl.chmod(0o644)
    folder.chmod(0o755)
    broker = make_broker(f"user root\nacl_file {acl}\nmax_queued_messages 1000")
    proxy = Proxy(broker.port).open()
    try:
        client = make_client(broker.port)
        gateway = make_gateway(make_map(proxy.port, "  health_interval: 1s"))
        client.wait_json("tos/health", lambda health: health["rejected"] > 0)
        for count in (1, 2):
            mark = gateway.log.mark()
            proxy.cut()
            gateway.log.wait("connection lost", mark)
            proxy.open()
            before = client.wait_json("tos/health", lambda health, count=count: health["reconnects"] >= count)
        mark = client.mark()
        gateway.reload(make_map(proxy.port, "  health_interval: 1s\n  keepalive: 33s"))
        gateway.log.wait("reload: done")
        client.wait("tos/status", lambda message: message.payload == b"online", mark)
        client.wait_several("tos/health", 3, client.mark())
        for message in client.since(mark, "tos/health"):
            after = json.loads(message.payload)
            assert {key: after[key] for key in COUNTS if after[key] < before[key]} == {}
            before = after
        assert before["reconnects"] >= 3
    finally:
        proxy.close()


@pytest.mark.alone
def test_health_comes_in_its_rhythm(broker, client, make_gateway):
    make_gateway(make_map(broker.port, "  health_interval: 1s"))
    # The first one is the connection's own.
    arrived = [message.timestamp for message in client.wait_several("tos/health", 5)][1:]
    # Each may wait a little for another wake-up to share, but that does not add up.
    assert abs(arrived[-1] - arrived[0] - 3) < 0.5, arrived


def test_health_follows_the_interval(gateway, client):
    client.ask("250", topic="tos/sensors/interval")
    mark = client.mark()
    gateway.fault("climate", "no-answer")
    health = client.wait_json("tos/health", lambda health: not health["sensors"]["temp"]["ok"], mark)
    assert health["interval_ms"] == 250


def test_a_sensor_that_fails_is_told_at_once_and_again_when_it_recovers(gateway, client):
    mark = client.mark()
    good_ms = client.wait_json("tos/sensors", lambda reading: reading["temp"] == 23)["ts"]
    gateway.fault("climate", "no-answer")
    # That of the connection may come behind it.
    health = client.wait_json("tos/health", lambda health: not health["sensors"]["temp"]["ok"], mark)
    after_ms = int(time.time() * 1000)
    part = health["sensors"]["temp"]
    assert part == {"ok": False, "error": "bme280 at 0x77 on /dev/i2c-1: no answer", "since": part["since"]}
    assert good_ms <= part["since"] <= after_ms
    client.wait_json("tos/health", lambda health: health["sensors"]["humi"] == part, mark)
    assert health["sensors"]["cds"] == {"ok": True}

    mark = client.mark()
    gateway.fault("climate", "none")
    health = client.wait_json("tos/health", lambda health: health["sensors"]["humi"]["ok"], mark)
    assert health["sensors"] == {name: {"ok": True} for name in ("temp", "humi", "cds", "sound")}
    client.wait_json("tos/sensors", lambda reading: reading["humi"] == 45, mark)


def test_a_value_outside_its_limits_is_a_failure(broker, client, make_gateway):
    text = make_map(broker.port, "  health_interval: 1h").replace("cds: {", "cds: {min: 100, max: 900, ")
    gateway = make_gateway(text)
    client.wait("tos/sensors")
    mark = client.mark()
    gateway.set("adc.0", 901)
    health = client.wait_json("tos/health", lambda health: not health["sensors"]["cds"]["ok"], mark)
    assert health["sensors"]["cds"]["error"] == "901 is outside 100..900"
    mark = client.mark()
    gateway.set("adc.0", 900)
    client.wait_json("tos/health", lambda health: health["sensors"]["cds"]["ok"], mark)


def test_an_output_that_fails_is_told_at_once_and_again_when_it_recovers(gateway, client):
    mark, before_ms = client.mark(), int(time.time() * 1000)
    gateway.fault("GPIO17", "short")
    assert client.ask("1 1", topic="tos/actions/leds") == "led1 failed: simulated line GPIO17: the transfer failed"
    # That of the connection may come behind it.
    health = client.wait_json("tos/health", lambda health: not health["actuators"]["led.0"]["ok"], mark)
    part = health["actuators"]["led.0"]
    assert part == {"ok": False, "error": "simulated line GPIO17: the transfer failed", "since": part["since"]}
    assert before_ms <= part["since"] <= int(time.time() * 1000)
    assert all(health["actuators"][other] == {"ok": True} for other in ("led.1", "led.2", "motor.0"))
    mark = client.mark()
    gateway.fault("GPIO17", "none")
    client.wait_json("tos/health", lambda health: health["actuators"]["led.0"] == {"ok": True}, mark)


def test_what_waits_for_the_broker_is_counted(broker, client, make_gateway):
    with contextlib.closing(Proxy(broker.port).open()) as proxy:
        text = make_map(proxy.port, "  health_interval: 1h").replace("cds: {", "cds: {min: 100, max: 900, ")
        gateway = make_gateway(text, ["--verbose"])
        client.wait_json("tos/health", lambda health: health["broker"])
        client.wait("tos/sensors")
        proxy.freeze()
        mark = gateway.log.mark()
        for _ in range(10):
            gateway.log.wait("sensors: reading", mark)
            mark = gateway.log.mark()
        # Only this makes a health, and no connection is made: nothing takes its place before it is sent.
        waiting = client.mark()
        gateway.set("adc.0", 901)
        gateway.log.wait("901 is outside 100..900", mark)
        # It is made behind that line, and before the same thread answers anybody.
        for _ in range(2):
            gateway.output("GPIO17")
        proxy.thaw()
        health = client.wait_json("tos/health", lambda health: not health["sensors"]["cds"]["ok"], waiting)
        assert health["queued"] > 1
        assert (health["reconnects"], health["dropped"], health["rejected"]) == (0, 0, 0)


def test_reconnects_are_counted(broker, client, make_gateway):
    with contextlib.closing(Proxy(broker.port).open()) as proxy:
        gateway = make_gateway(make_map(proxy.port, "  health_interval: 1s"), ["--verbose"])
        before = client.wait_json("tos/health", lambda health: health["broker"] and health["readings"] > 0)
        assert before["reconnects"] == 0
        mark = client.mark()
        proxy.cut()
        log_mark = gateway.log.mark()
        for _ in range(10):
            gateway.log.wait("sensors: reading", log_mark)
            log_mark = gateway.log.mark()
        proxy.open()
        client.wait("tos/sensors/backlog", mark=mark)
        connected = client.wait_json("tos/health", lambda health: health["reconnects"] == 1, mark)
        assert connected["readings"] > before["readings"]
        client.wait_json("tos/health", lambda health: health["reconnects"] == 1 and health["queued"] <= 1, mark)
        assert (connected["dropped"], connected["rejected"]) == (0, 0)


def test_what_the_broker_refuses_is_counted(make_broker, make_client, make_gateway, folder):
    rules = folder / "acl"
    rules.write_text("topic deny tos/sensors/cds\ntopic readwrite #\n")
    broker = make_broker(f"user root\nacl_file {rules}")
    client = make_client(broker.port)
    gateway = make_gateway(make_map(broker.port, "  health_interval: 1s\n  version: 5"))
    health = client.wait_json("tos/health", lambda health: health["rejected"] > 0)
    assert health["dropped"] == 0
    assert client.since(topic="tos/sensors/cds") == []
    gateway.log.wait("warning: mqtt: a message on tos/sensors/cds was refused: .*; it is lost")


def test_the_service_manager_is_told(gateway, client):
    lines = gateway.notifications.lines
    lines.wait(r"^STATUS=Connected, 4 sensors \(0 failing\), interval 100 ms$")
    gateway.fault("climate", "no-answer")
    lines.wait(r"^STATUS=Connected, 4 sensors \(2 failing: temp, humi\), interval 100 ms$")
    client.ask("250", topic="tos/sensors/interval")
    lines.wait(r"^STATUS=Connected, 4 sensors \(2 failing: temp, humi\), interval 250 ms$")
    assert gateway.stop() == 0
    words = lines.since()
    assert words[0] == "READY=1"
    assert [word for word in words if not word.startswith("STATUS=")] == ["READY=1", "STOPPING=1"]


def test_the_service_manager_is_told_of_outputs_and_the_failsafe(broker, client, make_gateway):
    gateway = make_gateway(make_map(broker.port, failsafe="{after: 1s}"))
    lines = gateway.notifications.lines
    lines.wait(r"^STATUS=Connected, 4 sensors \(0 failing\), interval 100 ms$")
    gateway.fault("GPIO17", "no-answer")
    assert client.ask_json({"led": {"0": {"on": True}}})["ok"] is False
    lines.wait(r"^STATUS=Connected, 4 sensors \(0 failing\), failing outputs: red, interval 100 ms$")
    mark = lines.mark()
    broker.stop()
    lines.wait(r"^STATUS=Not connected, fail-safe: motors are stopped, 4 sensors \(0 failing\), ", mark)
    mark = lines.mark()
    broker.start()
    lines.wait(r"^STATUS=Connected, 4 sensors", mark)
