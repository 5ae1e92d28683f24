# SPDX-License-Identifier: MIT
"""LEDs of the kernel's LED class."""

import pytest

from board import LED_MAP

RED = "/sys/devices/platform/gpio-sim.*/gpiochip*/sim_gpio17/value"


@pytest.fixture
def led(make_led):
    return make_led()


@pytest.fixture
def gateway(parts, led, make_gateway):
    """Depends on the LED so that it is there before, and gone after."""
    del parts, led
    return make_gateway(LED_MAP)


def test_ten_levels_are_ever_brighter(gateway, led):
    brightness = []
    for level in range(1, 11):
        gateway.do(led={"act": {"bright": level}})
        brightness.append(int(led.read()))
    assert brightness == sorted(set(brightness)) and brightness[0] > 0 and brightness[-1] == 255, brightness
    gateway.do(led={"act": {"on": False}})
    assert led.read() == "0"


def test_one_that_has_no_brightness_is_on_or_off(parts, make_led, make_gateway):
    del parts
    led = make_led("ACT", 1)
    gateway = make_gateway(LED_MAP)
    for level in (1, 10):
        gateway.do(led={"act": {"bright": level}})
        assert led.read() == "1"
        gateway.do(led={"act": {"on": False}})
        assert led.read() == "0"


def test_its_trigger_is_taken_off(parts, led, make_gateway):
    del parts
    led.guest.run(f"echo 255 >{led.folder}/brightness; echo panic >{led.folder}/trigger; grep -F '[panic]' {led.folder}/trigger")
    make_gateway(LED_MAP)
    assert "[none]" in led.read("trigger")
    assert led.read() == "0"


def test_one_that_is_not_there_is_told_with_those_that_are(gateway, led, make_led):
    gateway.do(led={"act": {"bright": 7}})
    before = led.read()
    led.end()
    make_led("PWR")
    answer = gateway.ask(led={"act": {"on": True}})
    assert not answer["ok"]
    words = answer["errors"][0]["reason"]
    assert "the kernel has no LED \"ACT\"; there are " in words and "PWR" in words, words
    gateway.do(led={"red": {"on": True}})
    mark = gateway.client.mark()
    again = make_led()
    gateway.health(lambda h: h["actuators"]["led.3"]["ok"], mark)
    assert again.read() == before, "it is shown as it was, once it is back"
    gateway.do(led={"act": {"on": False}})
    assert again.read() == "0"


def test_after_sigkill_safe_does_with_it_what_the_map_says(guest, parts, led, make_gateway):
    del parts
    gateway = make_gateway(LED_MAP)
    gateway.do(led={"act": {"on": True}, "red": {"on": True}})
    gateway.end("KILL")
    guest.run("tosd --safe --config /tmp/tosd.yaml")
    assert (led.read(), guest.run(f"cat {RED}")) == ("255", "1")
    guest.write("/tmp/tosd.yaml", LED_MAP + "failsafe: {leds: off}\n")
    guest.run("tosd --safe --config /tmp/tosd.yaml")
    assert (led.read(), guest.run(f"cat {RED}")) == ("0", "0")


def test_sigterm_leaves_it_as_it_is_and_a_reload_does_not_touch_it(guest, gateway, led):
    gateway.do(led={"act": {"bright": 10}})
    guest.write("/tmp/tosd.yaml", LED_MAP.replace("board.3, gamma: 1", "board.4, gamma: 1"))
    gateway.process.signal("HUP")
    gateway.log.wait("reload: done")
    assert led.read() == "255"
    gateway.end("TERM")
    assert led.read() == "255"
