# SPDX-License-Identifier: MIT
"""Each control, to the simulated wire and back."""

import json

import pytest
from harness import TIMEOUT
from paho.mqtt import client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from selenium.webdriver.common.keys import Keys


def row(name):
    return f"[data-output='{name}']"


def answer_to(asked):
    properties = Properties(PacketTypes.PUBLISH)
    properties.CorrelationData = asked.properties.CorrelationData
    return properties


def wait_wire(gateway, target, value, mark):
    """Until the hardware has it."""
    gateway.wire.wait(rf"^\d+ \w+ {target} {value}$", mark)


def wait_state(client, accept, mark):
    return client.wait_json("tos/state", accept, mark)


def test_a_switch_turns_a_line_on_and_off(page, gateway, client):
    for name, line, kind in (("led.0", "GPIO17", "led"), ("relay.0", "GPIO4", "relay")):
        for value, word in ((1, "true"), (0, "false")):
            mark = gateway.wire.mark()
            page.click(f"{row(name)} .switch")
            wait_wire(gateway, line, value, mark)
            page.wait(f"(s) => document.querySelector(s).checked === {word}", f"{row(name)} .switch")
            wait_state(client, lambda state, kind=kind, on=bool(value): state[kind]["0"]["on"] is on, 0)


def test_what_another_client_does_is_shown(page, client):
    client.ask({"led": {"red": {"on": True}}, "motor": {"lift": {"direction": "backward", "speed": 3}}})
    page.wait("(s) => document.querySelector(s).checked", f"{row('led.0')} .switch")
    page.wait("(s) => document.querySelector(s)", f"{row('motor.0')} [data-choice='backward'][aria-pressed='true']")
    page.wait("(s) => document.querySelector(s).value === '30'", f"{row('motor.0')} input[type=range]")
    client.ask({"motor": "stop"})
    page.wait("(s) => document.querySelector(s)", f"{row('motor.0')} [data-choice='stop'][aria-pressed='true']")


def test_a_slider_sets_the_level(page, gateway, client):
    mark = client.mark()
    page.set_input(f"{row('led.1')} input[type=range]", 35)
    wait_state(client, lambda state: state["led"]["1"].get("percent") == 35 and state["led"]["1"]["on"], mark)
    assert gateway.output("board.3") == pytest.approx(0.35**2.2, abs=0.3)
    assert gateway.output("board.3") > 0
    page.wait("(s) => document.querySelector(s).value === '35'", f"{row('led.1')} input[type=range]")
    page.wait_text(f"{row('led.1')} output", "35 %")


def test_a_slider_by_keys(page, client):
    page.run("document.querySelector(arguments[0]).focus()", f"{row('led.1')} input[type=range]")
    mark = client.mark()
    page.press(Keys.HOME)
    page.press(*[Keys.ARROW_RIGHT] * 7)
    wait_state(client, lambda state: state["led"]["1"].get("percent") == 7, mark)


# The page's clock can be made to stand still: a busy machine may take as long as the page waits for a state.
STANDSTILL = """
const clock = performance.now.bind(performance);
globalThis.standstillMs = 0;
performance.now = () => standstillMs || clock();
"""


def test_an_answer_that_is_ahead_of_its_state(open_page, make_client):
    """The choice stays until the new state is there. It does not fall back to the state before."""
    client = make_client(version=mqtt.MQTTv5)
    keys = {"on": {"type": "bool"}, "bright": {"type": "integer", "min": 1, "max": 10}}
    led = {"name": "red", "nature": "light", "keys": {**keys, "percent": {"type": "number", "min": 0, "max": 100}}}
    client.publish("tos/about", {"schema": 1, "root": "tos", "outputs": {"led": [led]}, "sensors": {}}, retain=True)
    client.publish("tos/state", {"led": {"on": False, "bright": 1}}, retain=True)
    page = open_page("lang=en", script=STANDSTILL)
    slider, switch = f"{row('led.0')} input[type=range]", f"{row('led.0')} .switch"
    page.wait("(s) => document.querySelector(s)?.value === '10'", slider)
    page.run("standstillMs = performance.now()")
    for select, value, shown in ((slider, "60", "value === '60'"), (switch, None, "checked")):
        mark = client.mark()
        if value:
            page.set_input(select, value)
        else:
            page.click(select)
        asked = client.wait("tos/actions", mark=mark)
        client.publish(asked.properties.ResponseTopic, {"ok": True}, properties=answer_to(asked))
        # Drawn twice after the answer, and before any state.
        page.wait("() => tosPage.app.asking.open.size === 0")
        page.here().execute_async_script(
            "const done = arguments[0]; tosPage.app.changed(); requestAnimationFrame(() => requestAnimationFrame(done))"
        )
        assert page.run(f"return document.querySelector(arguments[0]).{shown}", select)
    # Any state that comes after that is shown.
    client.publish("tos/state", {"led": {"on": True, "bright": 3}}, retain=True)
    page.wait("(s) => document.querySelector(s).value === '30'", slider)


def test_a_color(page, gateway, client):
    mark = client.mark()
    page.set_input(f"{row('led.2')} input[type=color]", "#00ff00")
    wait_state(client, lambda state: state["led"]["2"].get("color") == "#00ff00" and state["led"]["2"]["on"], mark)
    assert gateway.output("board.1") > 0 and gateway.output("board.0") == 0


def test_a_motor_runs_both_ways_and_stops(page, gateway):
    for choice, high, low in (("forward", "GPIO5", "GPIO6"), ("backward", "GPIO6", "GPIO5")):
        mark = gateway.wire.mark()
        page.click(f"{row('motor.0')} [data-choice='{choice}']")
        wait_wire(gateway, high, 1, mark)
        page.wait("(s) => document.querySelector(s)", f"{row('motor.0')} [data-choice='{choice}'][aria-pressed='true']")
        assert gateway.output(low) == 0
    mark = gateway.wire.mark()
    page.click(f"{row('motor.0')} [data-choice='stop']")
    wait_wire(gateway, "GPIO6", 0, mark)


def test_a_motor_of_one_direction_has_no_other(page):
    choices = page.run(
        "return [...document.querySelectorAll(arguments[0])].map((e) => e.dataset.choice)",
        f"{row('motor.1')} [data-choice]",
    )
    assert sorted(choices) == ["forward", "stop"]


def test_an_angle(page, client):
    mark = client.mark()
    page.set_input(f"{row('servo.0')} input[type=range]", 45)
    wait_state(client, lambda state: state["servo"]["0"] == {"on": True, "angle": 45}, mark)
    page.wait_text(f"{row('servo.0')} output", "45°")


def test_a_tone_is_a_field(page, client):
    mark = client.mark()
    page.type(f"{row('buzzer.0')} input[type=number]", "440")
    page.click(f"{row('buzzer.0')} button[type=submit]")
    wait_state(client, lambda state: state["buzzer"]["0"] == {"on": True, "tone": 440}, mark)


def run_all(client):
    mark = client.mark()
    client.ask({"motor": {"lift": {"direction": "forward"}, "blower": {"direction": "forward"}}, "servo": {"0": {"angle": 10}}})
    wait_state(client, lambda state: state["servo"]["0"]["on"] and state["motor"]["1"]["direction"] == "forward", mark)


def is_stopped(state):
    return all(motor["direction"] == "stop" for motor in state["motor"].values()) and not state["servo"]["0"]["on"]


def test_the_stop_is_first_in_reach_and_stops_all_that_moves(page, client, gateway):
    run_all(client)
    mark, wire = client.mark(), gateway.wire.mark()
    page.run("document.activeElement.blur(); document.body.focus()")
    page.press(Keys.TAB)
    assert page.run("return document.activeElement.id") == "stop"
    page.press(Keys.ENTER)
    wait_state(client, is_stopped, mark)
    wait_wire(gateway, "GPIO5", 0, wire)
    page.wait_text(".say", "Everything that moves was stopped.")


@pytest.mark.parametrize("focus", ["body", "#raw textarea", "#gateway"])
def test_escape_stops_wherever_the_focus_is(page, client, focus):
    run_all(client)
    mark = client.mark()
    page.run("document.querySelector(arguments[0]).focus()", focus)
    page.press(Keys.ESCAPE)
    wait_state(client, is_stopped, mark)


def test_the_interval(page, client):
    page.type("#interval input", "350")
    page.click("#set-interval")
    client.wait_json("tos/state", lambda state: state["sensors"]["interval"] == 350)
    page.run("document.activeElement.blur()")
    client.ask({"sensors": {"interval": 400}})
    page.wait("() => document.querySelector('#interval input').value === '400'")


def test_read_now_brings_a_reading(page, client):
    client.ask({"sensors": {"interval": 3600000}})
    client.fence()
    mark = client.mark()
    page.click("#read-now")
    client.wait("tos/sensors", mark=mark)


def test_a_raw_action_and_its_answer(page):
    page.type("#raw textarea", '{"led":{"red":{"on":true}},"id":7}')
    page.click("#send-raw")
    page.wait_text("#raw .answer", '"ok":true')
    answer = json.loads(page.text("#raw .answer"))
    assert answer == {"ok": True, "id": 7, "applied": {"led": {"red": {"on": True, "bright": 10}}}}
    page.type("#raw textarea", '{"led":{"red":{"on":3}}')
    page.chord(Keys.CONTROL, Keys.ENTER)
    page.wait_text("#raw .answer.bad", '"ok":false')


def test_two_pages_get_their_own_answers(page, open_page):
    other = open_page("lang=en")
    other.wait_value("temp", "23.5")
    other.type("#raw textarea", '{"id":"other","sensors":{"read":true}}')
    page.type("#raw textarea", '{"id":"one","sensors":{"read":true}}')
    page.click("#send-raw")
    page.wait_text("#raw .answer", '"id":"one"')
    assert other.text("#raw .answer") == ""
    other.click("#send-raw")
    other.wait_text("#raw .answer", '"id":"other"')
    assert '"id":"one"' in page.text("#raw .answer")


def test_what_the_gateway_refuses_is_shown_at_the_output(page, gateway):
    gateway.fault("board", "no-answer")
    page.click(f"{row('led.1')} .switch")
    page.wait_text(f"{row('led.1')} .why", "no answer")
    page.wait("(s) => !document.querySelector(s).checked", f"{row('led.1')} .switch")
    gateway.fault("board", "none")
    page.click(f"{row('led.1')} .switch")
    page.wait("(s) => document.querySelector(s).checked", f"{row('led.1')} .switch")
    page.wait_gone(f"{row('led.1')} .why")


def test_without_a_gateway_an_action_says_so(page, gateway):
    gateway.kill()
    page.wait_text(".notice", "offline")
    page.click(f"{row('relay.0')} .switch")
    page.wait_text(f"{row('relay.0')} .why", "No answer", timeout=TIMEOUT + 5)


# The page sends differently once an answer has not come for 5 s. Where nobody answers, that never ends.
NEVER_SILENT = "const later = setTimeout; globalThis.setTimeout = (f, ms, ...more) => later(f, ms === 5000 ? 2 ** 30 : ms, ...more);"


def test_a_kind_that_the_page_does_not_know(open_page, broker, client):
    """It gets controls for its keys."""
    about = {
        "schema": 1,
        "version": "9",
        "instance": "1",
        "root": "tos",
        "interval": {"min": 20, "max": 1000},
        "inputs": {},
        "outputs": {
            "heater": [
                {
                    "name": "oven",
                    "nature": "furnace",
                    "moves": True,
                    "keys": {
                        "on": {"type": "bool"},
                        "eco": {"type": "bool"},
                        "watts": {"type": "integer", "min": 0, "max": 2000},
                        "heat": {"type": "number", "decimals": 1, "min": 0, "max": 10},
                        "mode": {"type": "choice", "choices": ["slow", "fast"]},
                        "glow": {"type": "color"},
                        "program": {"type": "list"},
                    },
                }
            ]
        },
        "cut": False,
        "sensors": {},
    }
    keys = {"on": True, "eco": False, "watts": 500, "heat": 2.5, "mode": "slow", "glow": "#102030", "program": [1, 2]}
    client.publish("tos/about", about, retain=True)
    client.publish("tos/state", {"heater": keys}, retain=True)
    page = open_page("lang=en", script=NEVER_SILENT)
    oven = row("heater.0")
    page.wait("(s) => document.querySelector(s)?.checked", f"{oven} .outputhead .switch")
    sent = []

    def wait_sent(expected):
        client.wait_json("tos/actions", lambda action: action == {"heater": {"0": expected}}, mark)
        sent.append(expected)

    mark = client.mark()
    page.click(f"{oven} [data-key='eco']")
    wait_sent({"eco": True})
    page.set_input(f"{oven} input[data-key='heat']", 7.5)
    wait_sent({"heat": 7.5})
    page.type(f"{oven} input[data-key='watts']", "1200")
    page.click(f"{oven} form:has([data-key='watts']) button")
    wait_sent({"watts": 1200})
    page.click(f"{oven} [data-choice='fast']")
    wait_sent({"mode": "fast"})
    page.set_input(f"{oven} input[data-key='glow']", "#aabbcc")
    wait_sent({"glow": "#aabbcc"})
    assert page.run("return document.querySelector(arguments[0]).value", f"{oven} [data-key='program']") == "[1,2]"
    page.type(f"{oven} input[data-key='program']", "[3]")
    page.click(f"{oven} form:has([data-key='program']) button")
    wait_sent({"program": [3]})
    assert len(sent) == 6
    page.press(Keys.ESCAPE)
    client.wait_json("tos/actions", lambda action: action == {"heater": "stop"}, mark)
    assert broker.process.poll() is None


def test_a_cover_is_opened_and_closed(open_page, client):
    """And a fan has a direction, by its nature alone."""
    keys = {"direction": {"type": "choice", "choices": ["forward", "backward", "stop"]}}
    outputs = [{"name": nature, "nature": nature, "moves": True, "keys": keys} for nature in ("cover", "fan")]
    about = {"schema": 1, "root": "tos", "outputs": {"motor": outputs}, "sensors": {}}
    client.publish("tos/about", about, retain=True)
    page = open_page("lang=en")
    page.find(row("motor.1"))
    assert page.text(f"{row('motor.0')} .segments").split() == ["Close", "Stop", "Open"]
    assert page.text(f"{row('motor.1')} .segments").split() == ["Backward", "Stop", "Forward"]
    mark = client.mark()
    page.click(f"{row('motor.0')} [data-choice='forward']")
    client.wait_json("tos/actions", lambda action: action == {"motor": {"0": {"direction": "forward"}}}, mark)


def test_a_gateway_that_tells_nothing_of_itself(open_page, client):
    """An old one: what it has is seen from its state."""
    client.publish("tos/state", {"led": {"0": {"on": False, "bright": 4}}, "motor": {"direction": "stop", "speed": 3}}, retain=True)
    client.publish("tos/status", "online", retain=True)
    page = open_page("lang=en&topic=tos", script=NEVER_SILENT)
    mark = client.mark()
    page.click(f"{row('led.0')} .switch")
    client.wait_json("tos/actions", lambda action: action == {"led": {"0": {"on": True}}}, mark)
    page.click(f"{row('motor.0')} [data-choice='forward']")
    client.wait_json("tos/actions", lambda action: action == {"motor": {"0": {"direction": "forward"}}}, mark)
    page.press(Keys.ESCAPE)
    client.wait_json("tos/actions", lambda action: action == {"motor": "stop"}, mark)
    client.publish("tos/sensors", {"x": 1.25, "y": None, "ts": 1795360000123})
    page.wait_value("x", "1.25")
    page.wait_value("y", "null")


def time_of(name, modifier):
    return f"{row(name)} [data-time='{modifier}']"


def test_which_times_an_output_takes_is_told_by_the_gateway(page, client):
    about = client.wait_json("tos/about")
    for kind, outputs in about["outputs"].items():
        for index, output in enumerate(outputs):
            shown = page.run(
                "return [...document.querySelectorAll(arguments[0])].map((e) => e.dataset.time)", f"{row(f'{kind}.{index}')} [data-time]"
            )
            assert shown == [name for name in output["modifiers"] if name != "toggle"], output
    assert "fade" in about["outputs"]["led"][1]["modifiers"] and "fade" not in about["outputs"]["led"][0]["modifiers"]


def test_a_time_after_which_it_rests(page, client):
    page.type(time_of("relay.0", "for"), "3600")
    mark = client.mark()
    page.click(f"{row('relay.0')} .switch")
    asked = client.wait_json("tos/actions", lambda action: "relay" in action, mark)
    assert asked["relay"]["0"] == {"on": True, "for": 3600000}
    wait_state(client, lambda state: state["relay"]["0"]["on"], mark)
    # It means nothing beside an end, and the gateway would refuse it.
    mark = client.mark()
    page.click(f"{row('relay.0')} .switch")
    asked = client.wait_json("tos/actions", lambda action: "relay" in action, mark)
    assert asked["relay"]["0"] == {"on": False}
    wait_state(client, lambda state: not state["relay"]["0"]["on"], mark)
    page.type(time_of("relay.0", "for"), "0.2")
    mark = client.mark()
    page.click(f"{row('relay.0')} .switch")
    wait_state(client, lambda state: state["relay"]["0"]["on"], mark)
    wait_state(client, lambda state: not state["relay"]["0"]["on"], mark)
    page.wait("(s) => !document.querySelector(s).checked", f"{row('relay.0')} .switch")


def test_a_fade(page, client):
    page.type(time_of("led.1", "fade"), "1.5")
    mark = client.mark()
    page.set_input(f"{row('led.1')} input[type=range]", 85)
    asked = client.wait_json("tos/actions", lambda action: "led" in action, mark)
    assert asked["led"]["1"] == {"percent": 85, "fade": 1500}
    wait_state(client, lambda state: state["led"]["1"].get("percent") == 85, mark)


def test_what_is_no_time_is_not_sent_but_a_stop_is(page, client, gateway):
    mark, wire = client.mark(), gateway.wire.mark()
    page.type(time_of("motor.0", "for"), "-1")
    page.click(f"{row('motor.0')} [data-choice='forward']")
    page.wait_text(f"{row('motor.0')} .why", "a time is a number of seconds")
    page.click(f"{row('motor.0')} [data-choice='stop']")
    asked = client.wait_json("tos/actions", lambda action: "motor" in action, mark)
    assert asked["motor"]["0"] == {"direction": "stop"}
    page.wait_gone(f"{row('motor.0')} .why")
    page.type(time_of("motor.0", "for"), "3600")
    page.click(f"{row('motor.0')} [data-choice='forward']")
    wait_wire(gateway, "GPIO5", 1, wire)
