# SPDX-License-Identifier: MIT
"""SIGHUP: everything that did not change keeps running undisturbed. A map with a mistake is refused."""

import json
import os
import resource
import signal
import socket

import pytest
from conftest import make_map
from harness import TIMEOUT
from threads import standstill

YELLOW = "  - {name: yellow, line: GPIO22}\n"


def with_led(text):
    return text.replace("motors:\n", YELLOW + "motors:\n")


def reloaded(gateway, mark):
    gateway.notifications.lines.wait("^READY=1$", mark)


def test_a_new_led_comes_and_nothing_else_is_touched(broker, client, gateway):
    assert client.ask_json({"led": {"red": {"on": True}}, "motor": {"direction": "forward", "speed": 10}})["ok"]
    wires = gateway.wire.mark()
    notes = gateway.notifications.lines.mark()
    gateway.reload(with_led(make_map(broker.port)))
    reloaded(gateway, notes)
    gateway.log.wait("reload: done: LED yellow is new$")
    assert client.ask_json({"led": {"yellow": {"on": True}}})["ok"]
    assert gateway.wires(wires) == ["line GPIO22 0", "line GPIO22 1"]
    assert gateway.output("GPIO5") == 1 and gateway.output("GPIO17") == 1


def test_an_led_that_goes_is_dark(broker, client, gateway):
    assert client.ask_json({"led": {"red": {"on": True}}})["ok"]
    wires = gateway.wire.mark()
    gateway.reload(make_map(broker.port).replace("  - {name: red, line: GPIO17}\n", ""))
    gateway.wire.wait(r"line GPIO17 0$", wires)
    gateway.wire.wait(r"release GPIO17$", wires)
    state = client.wait_json("tos/state", lambda s: len(s["led"]) == 2)
    assert set(state["led"]) == {"0", "1"}


MOVES, SHINES = {"motor": {"direction": "forward"}}, {"led": {"red": {"on": True}}}


@pytest.mark.parametrize("action, line, others", [(MOVES, "GPIO5", ["/dev/i2c-2"]), (SHINES, "GPIO17", [])])
def test_what_goes_and_cannot_be_turned_off_is_told(broker, client, gateway, action, line, others):
    assert client.ask_json(action)["ok"]
    for target in (line, *others):
        gateway.fault(target, "stuck")
    name = next(iter(action))
    text = make_map(broker.port).replace("forward: GPIO5", "forward: GPIO7").replace("line: GPIO17", "line: GPIO27")
    gateway.reload(text)
    gateway.log.wait(f"^error: {name}.*: simulated line {line}: .*; it is no longer in the map like that, and could not be turned off")
    gateway.log.wait("reload: done")


def test_a_new_sensor_comes_within_the_rhythm(broker, client, gateway):
    mark = client.mark()
    gateway.reload(make_map(broker.port).replace("packed:", "  pressure: {from: climate.pressure, simulate: 1013}\npacked:"))
    reading = client.wait_json("tos/sensors", lambda r: "pressure" in r, mark)
    assert list(reading) == ["temp", "humi", "cds", "sound", "pressure", "ts"]
    assert reading["pressure"] == 1013
    times = [m.payload for m in client.since(mark, "tos/sensors")]
    assert all(b"null" not in payload for payload in times)


def test_the_connection_outlives_the_map_that_it_came_from(broker, client, gateway):
    for interval, words in (("250ms", "interval changed"), ("250ms", "nothing in the map changed"), ("100ms", "interval changed")):
        mark, log = gateway.notifications.lines.mark(), gateway.log.mark()
        gateway.reload(make_map(broker.port, interval=interval))
        reloaded(gateway, mark)
        gateway.log.wait(f"reload: done: {words}$", log)
    log = gateway.log.mark()
    broker.stop()
    gateway.log.wait("connection lost", log)
    broker.start()
    gateway.log.wait("connected to", log)
    mark = client.mark()
    assert client.wait_json("tos/sensors", mark=mark)["temp"] == 23


def test_a_map_with_a_mistake_is_refused_and_the_old_one_goes_on(broker, client, gateway):
    notes = gateway.notifications.lines.mark()
    gateway.reload(make_map(broker.port).replace("driver: bme280", "driver: bme28"))
    gateway.log.wait(r"error: unknown driver \"bme28\"")
    gateway.log.wait(r"did you mean \"bme280\"")
    gateway.log.wait(r"reload: refused")
    gateway.notifications.lines.wait("^READY=1$", notes)
    mark = client.mark()
    assert client.wait_json("tos/sensors", mark=mark)["temp"] == 23
    assert client.ask_json({"led": {"red": {"on": True}}})["ok"]


def test_a_pipe_in_the_maps_place_is_refused(broker, client, gateway):
    """It has no end, so reading it would take for ever."""
    gateway.map.unlink()
    os.mkfifo(gateway.map)
    gateway.reload()
    gateway.log.wait("is not a regular file")
    gateway.log.wait("refused, the gateway goes on as before")
    assert client.ask_json({"led": {"0": {"on": True}}})["ok"]


def test_a_new_interval_in_the_map_is_in_force(broker, client, gateway):
    mark = client.mark()
    gateway.reload(make_map(broker.port, interval="250ms"))
    state = client.wait_json("tos/state", lambda s: s["sensors"]["interval"] == 250, mark)
    assert state["sensors"]["interval"] == 250


def test_an_interval_set_over_mqtt_outlives_a_reload(broker, client, gateway):
    assert client.ask_json({"sensors": {"interval": 200}})["ok"]
    notes = gateway.notifications.lines.mark()
    gateway.reload(with_led(make_map(broker.port)))
    reloaded(gateway, notes)
    assert client.ask_json({"led": {"yellow": {"on": True}}})["ok"]
    state = client.wait_json("tos/state", lambda s: len(s["led"]) == 4)
    assert state["sensors"]["interval"] == 200


def test_an_led_on_a_new_part_works_at_once(broker, client, gateway):
    text = make_map(broker.port).replace("sensors:\n", "  more: {driver: pca9685, bus: /dev/i2c-2, address: 0x41}\nsensors:\n", 1)
    gateway.reload(text.replace("motors:\n", "  - {name: white, pwm: more.0}\nmotors:\n"))
    client.wait_json("tos/health", lambda h: h["actuators"].get("led.3") == {"ok": True})
    assert client.ask_json({"led": {"white": {"on": True}}})["ok"]
    assert not [line for line in gateway.log.since() if "white" in line and not line.startswith("info: reload: done")]


def test_another_topic_root(broker, client, gateway):
    gateway.reload(make_map(broker.port, mqtt="  topic: plant/7"))
    client.wait("plant/7/status", lambda m: m.payload == b"online")
    client.wait("plant/7/sensors")
    client.wait("tos/status", lambda m: m.payload == b"offline")
    assert client.ask_json({"led": {"red": {"on": True}}}, topic="plant/7/actions", answer="plant/7/actions/ack")["ok"]


def test_commands_go_on_while_a_stuck_bus_delays_the_reload(broker, client, gateway):
    gateway.fault("/dev/i2c-1", "stuck")
    gateway.reload(with_led(make_map(broker.port)))
    for _ in range(20):
        assert client.ask_json({"motor": {"direction": "forward", "speed": 5}})["ok"]
        assert client.ask_json({"motor": {"direction": "stop"}})["ok"]
    gateway.log.wait(r"reload: done")


def test_many_reloads_at_once(broker, client, gateway):
    """Asked for while one is under way, a reload waits for it; the last map wins."""
    for number in range(20):
        gateway.reload(make_map(broker.port, interval=f"{100 + number}ms"))
    state = client.wait_json("tos/state", lambda s: s["sensors"]["interval"] == 119)
    assert state["sensors"]["interval"] == 119
    assert client.ask_json({"led": {"red": {"on": True}}})["ok"]


def test_failing_sensors_are_still_told_after_a_reload(broker, client, gateway):
    gateway.fault("climate", "no-answer")
    client.wait_json("tos/health", lambda h: not h["sensors"]["temp"]["ok"])
    mark = client.mark()
    gateway.reload(with_led(make_map(broker.port)))
    gateway.log.wait(r"reload: done")
    client.wait_json("tos/health", lambda h: "led.3" in h["actuators"] and not h["sensors"]["temp"]["ok"], mark)
    # And it stays so: what is published last says the same.
    mark = client.mark()
    gateway.fault("adc", "no-answer")
    last = client.wait_json("tos/health", lambda h: not h["sensors"]["cds"]["ok"], mark)
    assert not last["sensors"]["temp"]["ok"]


@pytest.mark.slow
def test_no_moment_of_a_reload_shows_a_failing_sensor_as_well(broker, client, gateway):
    """Not even while a measurement that takes long delays it. One that the new map changes is well until it is read."""
    gateway.fault("climate", "no-answer")
    text = make_map(broker.port, "  health_interval: 1s").replace("from: adc.1,", "from: adc.1, peak_to_peak: 5s,")
    gateway.reload(text)
    gateway.log.wait(r"reload: done")
    client.wait_json("tos/health", lambda h: not h["sensors"]["temp"]["ok"] and not h["sensors"]["humi"]["ok"])
    # One that begins now, and not after the reload.
    assert client.ask_json({"sensors": {"read": True}})["ok"]
    log, mark = gateway.log.mark(), client.mark()
    gateway.reload(with_led(text).replace("from: climate.humidity,", "from: climate.humidity, scale: 2,"))
    first = client.wait_json("tos/health", lambda h: "led.3" in h["actuators"], mark)
    assert not first["sensors"]["temp"]["ok"] and "bme280" in first["sensors"]["temp"]["error"]
    assert first["sensors"]["humi"]["ok"]
    gateway.log.wait(r"reload: done", log)
    client.wait_json("tos/health", lambda h: not h["sensors"]["humi"]["ok"], mark)
    shown = [json.loads(message.payload) for message in client.since(mark, "tos/health")]
    assert not any(health["sensors"]["temp"]["ok"] for health in shown)


def test_what_is_not_of_the_connection_leaves_it_alone(broker, client, gateway):
    """A motor runs on: only a new connection would stop it."""
    assert client.ask_json({"motor": {"direction": "forward", "speed": 10}})["ok"]
    wires, log, notes = gateway.wire.mark(), gateway.log.mark(), gateway.notifications.lines.mark()
    mark = client.mark()
    gateway.reload(make_map(broker.port, mqtt="  health_interval: 1s\n  timestamp: false\n  accept_retained: true"))
    reloaded(gateway, notes)
    assert client.wait_json("tos/sensors", lambda r: "ts" not in r, mark)["temp"] == 23
    # One at the end of the reload, then the rhythm's own.
    client.wait_several("tos/health", 3, mark)
    assert gateway.wires(wires) == [] and gateway.output("board.0") == 1
    assert not any("connecting anew" in line for line in gateway.log.since(log))


def refused_and_goes_on(gateway, client, log):
    """A refused reload disturbs nothing: the connection and the motor are those of before."""
    gateway.log.wait("reload: refused, the gateway goes on as before", log)
    assert gateway.process.poll() is None
    assert gateway.output("GPIO5") == 1
    mark = client.mark()
    assert client.wait_json("tos/sensors", mark=mark)["temp"] == 23
    assert client.ask_json({"led": {"red": {"on": True}}})["ok"]
    assert not any("connection lost" in line or "connecting anew" in line for line in gateway.log.since(log))


@pytest.mark.parametrize("leds", ["keep", "off"])
def test_a_password_that_cannot_be_used_refuses_the_reload(broker, client, make_gateway, folder, leds):
    failsafe = f"{{after: 1min, leds: {leds}}}"
    gateway = make_gateway(make_map(broker.port, failsafe=failsafe))
    client.wait("tos/sensors")
    assert client.ask_json({"motor": {"direction": "forward", "speed": 10}})["ok"]
    large = folder / "large"
    large.write_text("x" * 5000)
    large.chmod(0o600)
    log = gateway.log.mark()
    mqtt = f"  client_id: other\n  username: a\n  password_file: {large}"
    gateway.reload(make_map(broker.port, failsafe=failsafe, mqtt=mqtt))
    gateway.log.wait(f"password: {large}: it has more than 4096 bytes", log)
    refused_and_goes_on(gateway, client, log)


def test_a_connection_that_cannot_be_prepared_refuses_the_reload(broker, client, gateway):
    """The process may open no more than the map: what a new connection needs is not to be had."""
    assert client.ask_json({"motor": {"direction": "forward", "speed": 10}})["ok"]
    log, pid = gateway.log.mark(), gateway.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    taken = {int(name) for name in os.listdir(f"/proc/{pid}/fd")}
    free = min(set(range(len(taken) + 1)) - taken)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (free + 1, before[1]))
    gateway.reload(make_map(broker.port, mqtt="  client_id: other"))
    gateway.log.wait("error: reload: the connection's new settings: Too many open files", log)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
    refused_and_goes_on(gateway, client, log)
    # Nothing of the attempt is left that would be in the way of the next one.
    log = gateway.log.mark()
    gateway.reload()
    gateway.log.wait("connected to", log)


def test_a_connection_that_is_given_up_does_not_spoil_the_next_one(broker, client, make_gateway, folder, preload):
    """The thread that waits for an answer holds locks of the library, which is set up once for all."""
    counted = folder / "counted"
    environment = preload("count_init", INIT_COUNT=counted)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        gateway = make_gateway(make_map(silent.getsockname()[1]), environment=environment)
        connection, _ = silent.accept()
        with connection:
            assert connection.recv(1) == b"\x10"  # CONNECT
            log = gateway.log.mark()
            gateway.reload(make_map(broker.port))
            gateway.log.wait(f"connected to mqtt://127.0.0.1:{broker.port}", log)
    # A busy machine may be so late that the silent one was given up before.
    own = [line for line in gateway.log.since(log) if f"127.0.0.1:{broker.port}" in line]
    assert not any("cannot connect" in line or "connection lost" in line for line in own)
    client.wait("tos/sensors")
    assert counted.read_bytes() == b"."


def test_a_connection_that_does_not_end_holds_up_no_output(broker, client, make_gateway):
    """Of those that the map keeps without a broker; the others are off by then."""
    more = "relays: [{name: lamp, line: GPIO26, failsafe: keep}]"
    gateway = make_gateway(make_map(broker.port, more=more))
    client.wait("tos/status", lambda m: m.payload == b"online")
    mark, log = gateway.wire.mark(), gateway.log.mark()
    assert client.ask_json({"relay": {"lamp": {"on": True, "for": 2000}}})["ok"]
    with standstill(gateway.process, "link"):
        gateway.reload(make_map(broker.port, "  topic: anew", more=more))
        gateway.log.wait("mqtt: its settings changed, connecting anew", log)
        gateway.wire.wait(" line GPIO26 0$", mark)
    gateway.log.wait("reload: done", log)
    client.wait("anew/status", lambda m: m.payload == b"online")


def test_nor_a_stop_by_a_signal(broker, client, make_gateway):
    gateway = make_gateway(make_map(broker.port).replace("reverse_pause: 20ms", "failsafe: keep"))
    client.wait("tos/status", lambda m: m.payload == b"online")
    mark, log = gateway.wire.mark(), gateway.log.mark()
    assert client.ask_json(MOVES)["ok"]
    with standstill(gateway.process, "link"):
        gateway.reload(make_map(broker.port, "  topic: anew").replace("reverse_pause: 20ms", "failsafe: keep"))
        gateway.log.wait("mqtt: its settings changed, connecting anew", log)
        gateway.process.send_signal(signal.SIGTERM)
        gateway.wire.wait(" line GPIO5 0$", mark)
    assert gateway.process.wait(TIMEOUT) == 0
