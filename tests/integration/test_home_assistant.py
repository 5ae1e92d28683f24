# SPDX-License-Identifier: MIT
"""Home Assistant finds the gateway, and drives it: every message by its rules, every command down to the wires."""

import json
import re

import home_assistant_rules as rules
import pytest
import yaml
from conftest import ROOT, make_map
from home_assistant import PREFIX, retained, wait_device
from test_examples import every_map, with_broker

MAP = """
mqtt: {{url: 'mqtt://127.0.0.1:{port}', discovery: homeassistant, health_interval: 1s{mqtt}}}
device: {{name: Green House, area: Garden}}
chips:
  climate: {{driver: bme280, bus: /dev/i2c-1, address: 0x77}}
  adc: {{driver: mcp3208, bus: /dev/spidev0.0}}
  board: {{driver: pca9685, bus: /dev/i2c-2, address: 0x40, frequency: 1kHz}}
  arms: {{driver: pca9685, bus: /dev/i2c-2, address: 0x41, frequency: 50Hz}}
  top: {{driver: switch, line: GPIO24}}
  bottom: {{driver: switch, line: GPIO25}}
  door: {{driver: switch, line: GPIO23}}
  bell: {{driver: button, line: GPIO22}}
  meter: {{driver: pulse, line: GPIO27, edge: falling}}
sensors:
  temp: {{from: climate.temperature, simulate: 23.4, decimals: 1, label: 'Living "room"'}}
  humi: {{from: climate.humidity, simulate: 45, every: 200ms}}
  dew: {{derive: dew_point, of: [temp, humi], decimals: 1}}
  cds: {{from: adc.0, simulate: 812}}
  pulses: {{from: meter.count}}
  litres: {{from: meter.count, scale: 0.0025, decimals: 2, class: water, unit: L}}
  odd: {{from: adc.1, simulate: 5, class: temperature, unit: bananas}}
interval: 100ms
leds:
  - {{name: plain, line: GPIO17}}
  - {{name: green, pwm: board.3}}
  - {{name: mood, red: board.4, green: board.5, blue: board.6}}
relays:
  - {{name: pump, line: GPIO26}}
servos:
  - {{name: flap, pwm: arms.5, angle: [10, 170]}}
buzzers:
  - {{name: alarm, pwm: pwmchip0.0, max_on: 10min}}
  - {{name: beeper, line: GPIO16}}
motors:
  - {{name: fan, forward: GPIO5, backward: GPIO6, enable: board.0, reverse_pause: 20ms}}
  - {{name: window, forward: GPIO12, backward: GPIO13, limits: {{forward: top, backward: bottom}}, reverse_pause: 20ms}}
  - {{name: plain, forward: GPIO19, backward: GPIO20}}
  - {{name: oneway, enable: board.7}}
failsafe: {{after: 60s}}
{more}
"""

OWN = ["interval", "read", "connection", "memory", "queue", "reconnects", "faults", "version"]


def full_map(broker, mqtt="", more=""):
    return MAP.format(port=broker.port, mqtt=mqtt, more=more)


@pytest.fixture
def world(broker, client, make_gateway):
    gateway = make_gateway(full_map(broker))
    return gateway, client, wait_device(client)


def test_the_message_keeps_the_rules(world):
    _, _, device = world
    (topic,) = device.messages
    rules.check_message(topic, device.messages[topic])
    message = device.messages[topic]
    assert message["dev"]["name"] == "Green House" and message["dev"]["sa"] == "Garden"
    assert topic == f"{PREFIX}/device/{message['dev']['ids'][0]}/config"
    platforms = {key: config["p"] for key, config in device.components.items()}
    assert platforms == {
        **{f"gateway_{name}": "sensor" for name in OWN},
        "gateway_interval": "number",
        "gateway_read": "button",
        "gateway_connection": "binary_sensor",
        "led_plain": "light",
        "led_green": "light",
        "led_mood": "light",
        "relay_pump": "switch",
        "servo_flap": "number",
        "buzzer_alarm": "siren",
        "buzzer_beeper": "siren",
        "motor_fan": "fan",
        "motor_window": "cover",
        "motor_plain": "fan",
        "motor_oneway": "fan",
        "input_top": "binary_sensor",
        "input_bottom": "binary_sensor",
        "input_door": "binary_sensor",
        "input_bell": "event",
        **{f"sensor_{name}": "sensor" for name in ("temp", "humi", "dew", "cds", "pulses", "litres", "odd")},
    }


ROWS = {
    "a sensor": {"sensor_temp"},
    "a chip that is in some state (`switch`)": {"input_door"},
    "a chip that has events alone (`button`)": {"input_bell"},
    "`leds`": {"led_green"},
    "`relays`": {"relay_pump"},
    "`buzzers`": {"buzzer_alarm"},
    "`servos`": {"servo_flap"},
    "`motors`": {"motor_fan"},
    "`motors` with `limits`": {"motor_window"},
    "the interval": {"gateway_interval"},
    "one reading now": {"gateway_read"},
    "the connection": {"gateway_connection"},
    "memory, queue, reconnects, faults, version": {f"gateway_{name}" for name in OWN[3:]},
}


def test_the_page_says_what_becomes_what(world):
    _, _, device = world
    page = (ROOT / "docs" / "home-assistant.md").read_text(encoding="utf-8")
    table = page.split("| in the map | in Home Assistant |\n|---|---|\n", 1)[1].split("\n\n", 1)[0]
    said = dict(re.fullmatch(r"\| (.+) \| `(\w+)` \|", line).groups() for line in table.splitlines())
    assert said == {row: device.components[key]["p"] for row, keys in ROWS.items() for key in keys}
    # A kind of output that is new needs a row there.
    shown = {key for keys in ROWS.values() for key in keys}
    assert {key.split("_")[0] for key in device.components} == {key.split("_")[0] for key in shown}


def test_it_is_retained(world, make_client):
    late = make_client(topics=(f"{PREFIX}/#", "test/fence"))
    late.fence()
    message, _ = late.since()
    assert message.retain and message.qos == 1


def test_what_sensors_are(world):
    _, _, device = world
    described = {
        key: tuple(config.get(k) for k in ("name", "dev_cla", "unit_of_meas", "stat_cla", "sug_dsp_prc"))
        for key, config in device.components.items()
        if key.startswith("sensor_")
    }
    assert described == {
        "sensor_temp": ('Living "room"', "temperature", "°C", "measurement", 1),
        "sensor_humi": ("humi", "humidity", "%", "measurement", 0),
        "sensor_dew": ("dew", "temperature", "°C", "measurement", 1),
        "sensor_cds": ("cds", None, None, "measurement", 0),
        "sensor_pulses": ("pulses", None, "pulses", "total_increasing", 0),
        "sensor_litres": ("litres", "water", "L", "total_increasing", 2),
        "sensor_odd": ("odd", None, "bananas", "measurement", 0),
    }


def test_values_and_what_is_rare(world):
    gateway, client, device = world
    assert device["sensor_temp"].read() == "23.4"
    assert device["sensor_humi"].read() == "45"
    gateway.fault("climate", "no-answer")
    mark = client.mark()
    assert device["sensor_temp"].read(mark=mark, accept=lambda text: text == "None") == "None"
    # A sensor with a rhythm of its own, and one that is made of it, are on topics of their own: they are never null there.
    assert device["sensor_humi"].config["stat_t"] == "tos/sensors/humi"
    assert device["sensor_dew"].config["stat_t"] == "tos/sensors/dew"


def availability(entity, index, mark, expected):
    item = entity.config["avty"][index]
    client = entity.client

    def rendered(message):
        text = message.payload.decode()
        if "val_tpl" not in item:
            return text
        return entity.environment.from_string(item["val_tpl"]).render(value_json=json.loads(text))

    client.wait(item["t"], lambda message: rendered(message) == expected, mark)


def test_a_sensor_that_fails_is_not_available(world):
    gateway, client, device = world
    temp, cds = device["sensor_temp"], device["sensor_cds"]
    for entity in (temp, cds):
        assert entity.config["avty_mode"] == "all"
        availability(entity, 0, 0, "online")
        availability(entity, 1, 0, "online")
    mark = client.mark()
    gateway.fault("climate", "no-answer")
    availability(temp, 1, mark, "offline")
    health = client.wait_json("tos/health", lambda h: not h["sensors"]["temp"]["ok"], mark)
    assert cds.environment.from_string(cds.config["avty"][1]["val_tpl"]).render(value_json=health) == "online"
    faults = device["gateway_faults"]
    assert int(faults.value(json.dumps(health))) >= 1
    gateway.fault("climate", "none")
    mark = client.mark()
    availability(temp, 1, mark, "online")


def test_the_gateways_own(world):
    gateway, client, device = world
    assert device["gateway_connection"].config["avty"] == []
    assert device["gateway_connection"].read() == "online"
    assert int(device["gateway_memory"].read()) > 100
    for name in ("reconnects", "faults"):
        assert device[f"gateway_{name}"].read() == "0"
    # The first one may have what was taken before the connection stood.
    device["gateway_queue"].read(accept=lambda text: text == "0")
    assert device["gateway_version"].read() == client.wait_json("tos/about")["version"]
    interval = device["gateway_interval"]
    assert interval.read() == "100"
    mark = client.mark()
    interval.done(interval.render("cmd_tpl", value=250))
    assert interval.read(mark=mark, accept=lambda text: text == "250") == "250"
    mark = client.mark()
    assert device["gateway_read"].done(device["gateway_read"].config["pl_prs"]) == {"sensors": {"read": True}}
    client.wait("tos/sensors", mark=mark)


def test_inputs(world):
    gateway, client, device = world
    door, bell = device["input_door"], device["input_bell"]
    assert door.read() == door.config["pl_off"]
    mark = client.mark()
    gateway.set("GPIO23", 1)
    assert door.read(mark=mark, accept=lambda text: text == door.config["pl_on"])
    # An event of another input renders to nothing, which is ignored.
    other = client.wait("tos/events", mark=mark)
    assert bell.value(other.payload.decode()) == ""
    mark = client.mark()
    gateway.set("GPIO22", 1)
    event = json.loads(bell.read(mark=mark, accept=bool))
    assert event == {"event_type": "long"} and event["event_type"] in bell.config["evt_typ"]


@pytest.mark.parametrize("level", range(1, 11))
def test_ten_levels_come_back_as_they_were(world, level):
    gateway, client, device = world
    light = device["led_green"]
    mark = client.mark()
    applied = light.done(light.render("cmd_on_tpl", brightness=round(25.5 * level)))
    assert applied == {"led": {"green": {"on": True, "bright": level}}}
    light.read(template="stat_tpl", mark=mark, accept=lambda text: text == "on")
    shown = light.read(template="bri_tpl", mark=mark, accept=lambda text: int(text) == round(25.5 * level))
    # The brightness that is shown maps back to the same level.
    again = json.loads(light.render("cmd_on_tpl", brightness=int(shown)))
    assert again["led"]["green"]["bright"] == level


def test_a_light_goes_on_at_the_level_that_it_had(world):
    gateway, client, device = world
    light = device["led_green"]
    light.done(light.render("cmd_on_tpl", brightness=77))
    light.done(light.render("cmd_off_tpl"))
    assert gateway.output("board.3") == 0
    assert light.done(light.render("cmd_on_tpl"))["led"]["green"] == {"on": True, "bright": 3}
    assert gateway.output("board.3") > 0
    assert light.done(light.render("cmd_on_tpl", brightness=1))["led"]["green"]["bright"] == 1
    assert light.done(light.render("cmd_off_tpl", transition=0.5))["led"]["green"]["on"] is False


def test_a_light_on_a_line_is_on_or_off(world):
    gateway, client, device = world
    light = device["led_plain"]
    assert "bri_tpl" not in light.config
    light.done(light.render("cmd_on_tpl"))
    assert gateway.output("GPIO17") == 1
    light.done(light.render("cmd_off_tpl"))
    assert gateway.output("GPIO17") == 0


def test_a_color_is_one_message(world):
    gateway, client, device = world
    light = device["led_mood"]
    mark = client.mark()
    light.done(light.render("cmd_on_tpl", red=255, green=0, blue=128, brightness=255))
    assert gateway.output("board.4") == 1 and gateway.output("board.5") == 0 and 0 < gateway.output("board.6") < 1
    state = client.wait_json("tos/state", lambda s: s["led"]["2"].get("color") == "#ff0080", mark)
    color = [light.value(json.dumps(state), key) for key in ("r_tpl", "g_tpl", "b_tpl")]
    assert color == ["255", "0", "128"]


def test_a_relay(world):
    gateway, client, device = world
    pump = device["relay_pump"]
    mark = client.mark()
    pump.done(pump.config["pl_on"])
    assert gateway.output("GPIO26") == 1
    assert pump.read(mark=mark, accept=lambda text: text == pump.config["stat_on"])
    pump.done(pump.config["pl_off"])
    assert gateway.output("GPIO26") == 0


def test_a_servo(world):
    gateway, client, device = world
    flap = device["servo_flap"]
    assert (flap.config["min"], flap.config["max"], flap.config["step"]) == (10, 170, 0.1)
    for angle in (10, 45.5, 170):
        mark = client.mark()
        flap.done(flap.render("cmd_tpl", value=angle))
        assert gateway.output("arms.5") > 0
        assert float(flap.read(mark=mark, accept=lambda text, angle=angle: float(text) == angle)) == angle


def test_sirens(world):
    gateway, client, device = world
    alarm, beeper = device["buzzer_alarm"], device["buzzer_beeper"]
    mark = client.mark()
    applied = alarm.done(alarm.render("cmd_tpl", value="ON", tone=440, duration=3600))
    assert applied["buzzer"]["alarm"]["tone"] == 440
    assert gateway.output("pwmchip0.0") > 0
    assert alarm.read(template="stat_val_tpl", mark=mark, accept=lambda text: text == "on")
    alarm.done(alarm.render("cmd_off_tpl", value="OFF"))
    assert gateway.output("pwmchip0.0") == 0
    for tone in alarm.config["av_tones"]:
        alarm.done(alarm.render("cmd_tpl", value="ON", tone=tone))
    assert "av_tones" not in beeper.config
    beeper.done(beeper.render("cmd_tpl", value="ON"))
    assert gateway.output("GPIO16") == 1
    beeper.done(beeper.render("cmd_off_tpl", value="OFF"))
    assert gateway.output("GPIO16") == 0


def runs(gateway):
    return gateway.output("GPIO5"), gateway.output("GPIO6")


def fan_state(fan, mark, state):
    fan.state = fan.read(template="stat_val_tpl", mark=mark, accept=lambda text: text == state)


def test_the_slider_starts_and_stops_the_motor(world):
    gateway, client, device = world
    fan = device["motor_fan"]
    for level in range(1, 11):
        mark = client.mark()
        fan.done(fan.render("pct_cmd_tpl", value=level), "pct_cmd_t")
        assert runs(gateway) == (1, 0)
        assert fan.read("pct_stat_t", "pct_val_tpl", mark, lambda text, level=level: text == str(level)) == str(level)
        fan_state(fan, mark, "on")
    mark = client.mark()
    fan.done(fan.render("pct_cmd_tpl", value=0), "pct_cmd_t")
    assert runs(gateway) == (0, 0)
    assert fan.read("pct_stat_t", "pct_val_tpl", mark, lambda text: text == "0") == "0"
    fan_state(fan, mark, "off")


def test_a_direction_does_not_start_a_motor_that_stands(world):
    gateway, client, device = world
    fan = device["motor_fan"]
    mark = client.mark()
    fan_state(fan, 0, "off")
    fan.done(fan.render("dir_cmd_tpl", value="reverse"), "dir_cmd_t")
    assert runs(gateway) == (0, 0)
    # Of one that stands there is no direction to show.
    assert fan.value(client.wait("tos/state").payload.decode(), "dir_val_tpl") == ""
    fan.done(fan.render("cmd_tpl", value="on"))
    assert runs(gateway) == (0, 1)
    fan_state(fan, mark, "on")
    assert fan.read("dir_stat_t", "dir_val_tpl", mark, bool) == "reverse"
    wires = gateway.wire.mark()
    fan.done(fan.render("dir_cmd_tpl", value="forward"), "dir_cmd_t")
    gateway.wire.wait("line GPIO5 1$", wires)
    fan.done(fan.render("cmd_tpl", value="off"))
    assert runs(gateway) == (0, 0)


def test_motors_that_know_less(world):
    gateway, client, device = world
    plain, one_way = device["motor_plain"], device["motor_oneway"]
    assert "pct_cmd_t" not in plain.config and "dir_cmd_t" in plain.config
    assert "pct_cmd_t" in one_way.config and "dir_cmd_t" not in one_way.config
    plain.done(plain.render("cmd_tpl", value="on"))
    assert (gateway.output("GPIO19"), gateway.output("GPIO20")) == (1, 0)
    one_way.done(one_way.render("pct_cmd_tpl", value=5), "pct_cmd_t")
    assert gateway.output("board.7") > 0


def test_a_cover_opens_closes_and_stops_at_its_limits(world):
    gateway, client, device = world
    cover = device["motor_window"]

    def position(mark, expected):
        return cover.read("pos_t", "pos_tpl", mark, lambda text: text == expected)

    mark = client.mark()
    cover.done(cover.config["pl_open"])
    assert gateway.output("GPIO12") == 1
    cover.read(mark=mark, accept=lambda text: text == "opening")
    wires, mark = gateway.wire.mark(), client.mark()
    gateway.set("GPIO24", 1)
    gateway.wire.wait("line GPIO12 0$", wires)
    cover.read(mark=mark, accept=lambda text: text == "stopped")
    assert not cover.command(cover.config["pl_open"])["ok"]
    wires, mark = gateway.wire.mark(), client.mark()
    cover.done(cover.config["pl_cls"])
    gateway.wire.wait("line GPIO13 1$", wires)
    cover.read(mark=mark, accept=lambda text: text == "closing")
    gateway.set("GPIO24", 0)
    cover.done(cover.config["pl_stop"])
    assert (gateway.output("GPIO12"), gateway.output("GPIO13")) == (0, 0)
    assert position(0, "50")
    cover.done(cover.config["pl_cls"])
    mark = client.mark()
    gateway.set("GPIO25", 1)
    assert position(mark, "0")
    assert gateway.output("GPIO13") == 0


def test_every_command_topic_is_driven(world):
    """So that a new platform does not get in without a test of its commands above."""
    _, _, device = world
    driven = {"number", "button", "light", "switch", "siren", "fan", "cover"}
    for key, config in device.components.items():
        if any(name.endswith("cmd_t") for name in config):
            assert config["p"] in driven, key


# --- when it is told ---


def online(client, **options):
    client.publish(f"{PREFIX}/status", "online", **options)


def test_the_start_of_home_assistant_is_answered_after_a_while(world):
    gateway, client, device = world
    (topic,) = device.messages
    mark, lines = client.mark(), gateway.log.mark()
    online(client, qos=0)
    delay = float(gateway.log.wait(r"discovery: Home Assistant has started: it is told in ([\d.]+) s", lines).group(1))
    assert 0 <= delay <= 5
    message = client.wait(topic, mark=mark)
    assert json.loads(message.payload) == device.messages[topic]


def test_other_words_of_it_are_no_start(world):
    gateway, client, device = world
    lines = gateway.log.mark()
    client.publish(f"{PREFIX}/status", "offline")
    client.publish(f"{PREFIX}/status", "")
    client.ask_json({"relay": {"pump": {"on": True}}})
    assert not [line for line in gateway.log.since(lines) if "has started" in line]


def test_a_retained_start_is_old(broker, client, make_gateway):
    online(client, retain=True)
    gateway = make_gateway(full_map(broker))
    wait_device(client)
    client.ask_json({"relay": {"pump": {"on": True}}})
    assert not [line for line in gateway.log.since() if "has started" in line]


def test_off_without_the_key(broker, client, make_gateway):
    gateway = make_gateway(make_map(broker.port))
    client.wait("tos/sensors")
    client.ask_json({"motor": "stop"})
    assert not retained(client)
    assert not (gateway.folder / "state" / "announced").exists()


def test_a_reload_removes_what_is_gone(broker, world):
    gateway, client, device = world
    (topic,) = device.messages
    mark = client.mark()
    gateway.reload(full_map(broker).replace("  - {name: pump, line: GPIO26}", "  - {name: lamp, line: GPIO26}"))
    first, second = client.wait_several(topic, 2, mark)
    removal = json.loads(first.payload)
    rules.check_message(topic, removal)
    assert removal["cmps"] == {"relay_pump": {"p": "switch"}}
    components = json.loads(second.payload)["cmps"]
    assert "relay_pump" not in components and "relay_lamp" in components


def test_a_motor_that_gets_limits_becomes_a_cover(broker, world):
    gateway, client, device = world
    (topic,) = device.messages
    mark = client.mark()
    gateway.reload(full_map(broker).replace("limits: {forward: top, backward: bottom}, ", ""))
    first, second = client.wait_several(topic, 2, mark)
    assert json.loads(first.payload)["cmps"] == {"motor_window": {"p": "cover"}}
    assert json.loads(second.payload)["cmps"]["motor_window"]["p"] == "fan"


def without(text, *names):
    """The map without some sensors and chips, in lines."""
    return "\n".join(line for line in text.split("\n") if not re.match(rf"\s+({'|'.join(names)}): ", line))


def test_an_edit_while_it_did_not_run(broker, world):
    gateway, client, device = world
    (topic,) = device.messages
    client.wait("tos/state/input/door")
    gateway.stop()
    mark = client.mark()
    gateway.map.write_text(without(full_map(broker), "door", "odd"))
    gateway.start()
    first = client.wait(topic, mark=mark)
    assert json.loads(first.payload)["cmps"] == {"input_door": {"p": "binary_sensor"}, "sensor_odd": {"p": "sensor"}}
    after = wait_device(client, lambda message: "sensor_odd" not in message["cmps"], mark)
    assert "input_door" not in after.components
    client.wait("tos/state/input/door", lambda message: not message.payload, mark)


def kept(gateway):
    path = gateway.folder / "state" / "announced"
    return path.read_text().splitlines() if path.exists() else []


def wait_kept(gateway, client, accept):
    """Waits for the file. A removed entity leaves it with the next health after the broker has everything."""
    while not accept("\n".join(kept(gateway))):
        client.wait("tos/health", mark=client.mark())


def test_a_reload_while_the_broker_is_away(broker, world, make_client):
    """A removed entity is cleared at the next connect. This broker kept nothing, but another one may have it."""
    gateway, client, device = world
    (topic,) = device.messages
    broker.kill()
    gateway.log.wait("mqtt: .*(lost|closed|gone)")
    gateway.reload(full_map(broker).replace("  - {name: pump, line: GPIO26}", "  - {name: lamp, line: GPIO26}"))
    broker.start()
    late = make_client()
    after = wait_device(late, lambda message: "relay_lamp" in message["cmps"])
    assert "relay_pump" not in after.components
    removals = [json.loads(m.payload)["cmps"] for m in late.since(topic=topic)]
    assert removals[-1] == after.components
    # Whoever was there before the gateway came back saw the removal; the file shows that it was told.
    wait_kept(gateway, late, lambda text: "relay_lamp" in text and "relay_pump" not in text)


def test_another_prefix(broker, world, make_client):
    gateway, client, device = world
    (topic,) = device.messages
    gateway.stop()
    mark = client.mark()
    gateway.map.write_text(full_map(broker).replace("discovery: homeassistant", "discovery: other/place"))
    gateway.start()
    client.wait(topic, lambda message: not message.payload, mark)
    moved = wait_device(client, mark=mark, prefix="other/place")
    assert moved.components == device.components
    late = make_client(topics=(f"{PREFIX}/#", "test/fence"))
    late.fence()
    assert not late.since()[:-1]


def test_another_root_empties_the_old_one(broker, world, make_client):
    gateway, client, device = world
    (topic,) = device.messages
    client.wait("tos/state/input/door")
    client.wait("tos/about")
    mark = client.mark()
    gateway.reload(full_map(broker, ", topic: green"))
    for name in ("status", "state", "health", "about", *(f"state/input/{chip}" for chip in ("top", "bottom", "door"))):
        client.wait(f"tos/{name}", lambda message: not message.payload, mark)
    late = make_client(topics=("tos/#", "test/fence"))
    late.fence()
    assert not [message.topic for message in late.since() if message.retain]
    # The entities stay the same ones.
    after = wait_device(client, lambda message: "green/status" in json.dumps(message), mark)
    assert {k: c["uniq_id"] for k, c in after.components.items()} == {
        k: c["uniq_id"] for k, c in device.components.items()
    }


@pytest.mark.parametrize("is_reloaded", [True, False])
def test_turned_off_it_is_taken_back(broker, world, is_reloaded):
    gateway, client, device = world
    (topic,) = device.messages
    mark = client.mark()
    text = full_map(broker).replace("discovery: homeassistant, ", "")
    if is_reloaded:
        gateway.reload(text)
    else:
        gateway.stop()
        gateway.map.write_text(text)
        gateway.start()
    client.wait(topic, lambda message: not message.payload, mark)
    wait_kept(gateway, client, lambda text: not text)


def test_what_is_gone_leaves_the_file(broker, world):
    gateway, client, device = world
    wait_kept(gateway, client, lambda text: "relay_pump" in text)
    gateway.reload(full_map(broker).replace("  - {name: pump, line: GPIO26}", "  - {name: lamp, line: GPIO26}"))
    wait_kept(gateway, client, lambda text: "relay_lamp" in text and "relay_pump" not in text)
    assert "topic tos/state/input/door" in kept(gateway)


def test_a_label_changes_no_id(broker, world):
    gateway, client, device = world
    mark = client.mark()
    gateway.reload(full_map(broker).replace('Living "room"', "Kitchen"))
    after = wait_device(client, lambda message: message["cmps"].get("sensor_temp", {}).get("name") == "Kitchen", mark)
    for key in ("uniq_id", "def_ent_id"):
        assert after.components["sensor_temp"][key] == device.components["sensor_temp"][key]
    assert set(after.components) == set(device.components)


def serial_number(folder, text):
    place = folder / "sys" / "firmware" / "devicetree" / "base"
    place.mkdir(parents=True)
    (place / "serial-number").write_text(f"{text}\0")


def test_two_boards_have_ids_of_their_own(broker, client, make_gateway, folder):
    """Of one map and one machine id, as a copied card has."""
    for number in (1, 2):
        serial_number(folder / f"g{number - 1}", f"10000000abcdef0{number}")
    make_gateway(full_map(broker, ", topic: one, client_id: one"))
    make_gateway(full_map(broker, ", topic: two, client_id: two"))
    wait_device(client, lambda message: "one/status" in json.dumps(message))
    wait_device(client, lambda message: "two/status" in json.dumps(message))
    messages = retained(client)
    assert len(messages) == 2
    ids = [config["uniq_id"] for message in messages.values() for config in message["cmps"].values()]
    assert len(ids) == len(set(ids))


def test_what_another_board_announced_is_left_alone(broker, world, folder):
    """The state directory came with a copied card, whose first board is still there."""
    gateway, client, device = world
    (topic,) = device.messages
    gateway.stop()
    serial_number(gateway.folder, "10000000abcdef09")
    mark = client.mark()
    gateway.map.write_text(full_map(broker, ", topic: second, client_id: second"))
    gateway.start()
    after = wait_device(client, lambda message: "second/status" in json.dumps(message), mark)
    assert len(after.messages) == 2
    assert not [message for message in client.since(mark) if not message.payload and message.topic.startswith((topic, "tos/"))]


# --- brokers that take less ---


def test_a_broker_of_small_packets_gets_several_messages(make_broker, make_client, make_gateway):
    broker = make_broker("max_packet_size 4000")
    client = make_client(broker.port)
    sensors = "\n".join(f"  extra_{n}: {{from: adc.{n % 8}}}" for n in range(2, 40))
    text = full_map(broker, ", version: 5").replace("interval: 100ms\n", f"{sensors}\ninterval: 10s\n")
    gateway = make_gateway(text)
    device = wait_device(client, lambda message: "sensor_extra_39" in message["cmps"])
    assert len(device.messages) > 3
    assert len({json.dumps(message["dev"]) for message in device.messages.values()}) == 1
    for topic, message in device.messages.items():
        rules.check_message(topic, message)
    assert {"gateway_interval", "motor_fan", *(f"sensor_extra_{n}" for n in range(2, 40))} <= set(device.components)
    # A removal leaves no entity behind in any of them, and none is in two.
    mark = client.mark()
    gateway.reload(text.replace("  - {name: plain, line: GPIO17}\n", "").replace("  odd: ", "  even: "))
    wait_device(client, lambda message: "sensor_extra_39" in message["cmps"], mark)
    keys = [key for message in retained(client).values() for key in message["cmps"]]
    assert len(keys) == len(set(keys)) and "led_plain" not in keys and "sensor_even" in keys
    gone = [message for message in client.since(mark) if message.topic.startswith(PREFIX) and message.payload]
    removed = [key for m in gone for key, config in json.loads(m.payload)["cmps"].items() if set(config) == {"p"}]
    assert {"led_plain", "sensor_odd"} <= set(removed)


def test_a_broker_may_refuse_both(make_broker, make_client, make_gateway, folder):
    acl = folder / "acl"
    acl.write_text("topic read #\ntopic write tos/#\ntopic deny homeassistant/#\n")
    acl.chmod(0o644)
    folder.chmod(0o755)
    broker = make_broker(f"user root\nacl_file {acl}")
    client = make_client(broker.port)
    gateway = make_gateway(full_map(broker, ", version: 5"))
    gateway.log.wait("refused a message on homeassistant/device/.*left out")
    health = client.wait_json("tos/health", lambda h: any("homeassistant/device" in word for word in h["reduced"]))
    assert health["rejected"] == 0
    # Not before: this broker may end the connection over the refusal, and nobody listens then.
    assert client.ask_json({"relay": {"pump": {"on": True}}})["ok"]


# --- the maps that are shipped ---


@every_map
def test_each_example_map_keeps_the_rules(broker, client, make_gateway, path):
    text = with_broker(path, broker.port).replace("\nmqtt:\n", f"\nmqtt:\n  discovery: {PREFIX}\n")
    make_gateway(text)
    device = wait_device(client)
    for topic, message in device.messages.items():
        rules.check_message(topic, message)
    map_ = yaml.safe_load(text)
    assert {f"sensor_{name}" for name in map_.get("sensors", {})} <= set(device.components)
    for section, word in (("leds", "led"), ("relays", "relay"), ("motors", "motor"), ("servos", "servo")):
        shown = [key for key in device.components if key.startswith(f"{word}_")]
        assert len(shown) == len(map_.get(section, [])), section
