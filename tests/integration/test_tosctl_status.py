# SPDX-License-Identifier: MIT
"""tosctl status: its output, and the values that it does not take for live."""

import json
import re

from conftest import TOSCTL_WAIT_S, make_map


def test_status_shows_all_that_there_is(broker, client, make_gateway, call):
    text = make_map(broker.port, failsafe="{after: 1min}").replace("temp: {", "temp: {label: 거실, ")
    make_gateway(text)
    client.wait("tos/sensors")
    assert client.ask_json({"led": {"1": {"bright": 7}}})["ok"]
    client.wait_json("tos/state", lambda state: state["led"]["1"]["bright"] == 7)
    client.wait_json("tos/health", lambda health: health["broker"])
    code, out, err = call("status")
    assert (code, err) == (0, "")
    assert re.search(r"^gateway +online, version \d", out, re.MULTILINE)
    assert re.search(r"^board +simulated board$", out, re.MULTILINE)
    assert re.search(rf"^broker +mqtt://127\.0\.0\.1:{broker.port}$", out, re.MULTILINE)
    assert re.search(r"^interval +100 ms$", out, re.MULTILINE)
    assert re.search(r"^temp +23 °C +\d+ m?s ago  거실$", out, re.MULTILINE)
    assert re.search(r"^cds +812 +\d+ m?s ago", out, re.MULTILINE)
    assert re.search(r"^led green +on, bright 7", out, re.MULTILINE)
    assert re.search(r"^motor motor0 +stop, speed 10", out, re.MULTILINE)
    assert "\033" not in out


def test_status_for_programs(gateway, client, call):
    client.wait("tos/sensors")
    code, out, _ = call("status", "--json")
    status = json.loads(out)
    assert code == 0
    assert status["status"] == "online" and status["silent"] is False
    assert status["reading"]["cds"] == 812
    assert status["health"]["interval_ms"] == 100
    assert status["about"]["outputs"]["led"][0]["name"] == "red"


def test_status_names_a_fault(gateway, client, call):
    client.wait("tos/sensors")
    gateway.fault("climate", "no-answer")
    client.wait_json("tos/health", lambda health: not health["sensors"]["temp"]["ok"])
    code, out, _ = call("status")
    assert code == 0
    assert re.search(r"^temp +- .*answer.*, for \d+ m?s$", out, re.MULTILINE), out


def keep_as_of_a_gateway(client, sensors, interval_ms):
    """Publishes what a broker keeps of a gateway whose end it never learned of."""
    health = {"version": "9.9.9", "interval_ms": interval_ms, "broker": "mqtt://old", "sensors": sensors}
    about = {"schema": 1, "sensors": {name: {"unit": "V"} for name in sensors}, "outputs": {}}
    state = {"sensors": {"interval": interval_ms}}
    for topic, payload in (("about", about), ("health", health), ("state", state), ("status", "online")):
        client.publish(f"tos/{topic}", payload, retain=True)


def test_status_does_not_take_for_live_what_the_broker_has_kept(client, call):
    keep_as_of_a_gateway(client, {"temp": {"ok": True}}, 100)
    client.publish("tos/sensors", '{"temp":7}', retain=True)
    code, out, err = call("status", wait="5")
    assert (code, err) == (124, "")
    assert re.search(r"^gateway +silent, version 9\.9\.9$", out, re.MULTILINE), out
    assert re.search(r"^ +the broker says online, but nothing came within 5 s; this is old:$", out, re.MULTILINE), out
    assert re.search(r"^temp +- *$", out, re.MULTILINE), out
    code, out, _ = call("--json", "status", wait="5")
    status = json.loads(out)
    assert (code, status["silent"], "reading" in status) == (124, True, False)


def test_status_without_a_health_says_that_it_knows_nothing(client, call):
    client.publish("tos/status", "online", retain=True)
    code, out, err = call("status", wait="5")
    assert (code, err) == (124, "")
    assert re.search(r"^gateway +silent$", out, re.MULTILINE) and "nothing is known of it" in out
    assert "interval" not in out


def test_status_waits_for_no_reading_that_is_not_due(client, call):
    for sensors, interval_ms in (({"temp": {"ok": True}}, 3600000), ({}, 100)):
        keep_as_of_a_gateway(client, sensors, interval_ms)
        code, out, err = call("status")
        assert (code, err) == (0, "")
        assert re.search(r"^gateway +online, version 9\.9\.9$", out, re.MULTILINE), out


def test_status_of_a_gateway_that_ends_meanwhile(client, broker, start_tosctl):
    keep_as_of_a_gateway(client, {"temp": {"ok": True}}, 100)
    process, lines = start_tosctl("-W", TOSCTL_WAIT_S, "status")
    broker.log.wait(r"tosctl-\S+ \d tos/sensors$")
    client.publish("tos/status", "offline", retain=True)
    assert process.wait(60) == 3
    assert process.stderr.read() == "tosctl: the gateway is offline\n"
    assert lines.since() == []


def test_status_names_another_gateway_on_the_same_topic(broker, client, make_gateway, call):
    for name in ("one", "two"):
        make_gateway(make_map(broker.port, f"  client_id: {name}\n  health_interval: 1s"))
    # The health that is retained is the one's or the other's.
    first = client.wait_json("tos/health", lambda health: health["conflict"])["instance"]
    client.wait_json("tos/health", lambda health: health["conflict"] and health["instance"] != first)
    code, out, _ = call("status")
    assert code == 0
    assert re.search(r"^conflict +another gateway, of instance [0-9a-f]+, publishes on tos as well", out, re.MULTILINE)
