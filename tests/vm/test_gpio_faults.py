# SPDX-License-Identifier: MIT
"""GPIO lines that cannot be had, and a chip that goes and comes back."""

import pytest

from board import FORWARD, LED_MAP, RED

LIVE = "/sys/kernel/config/gpio-sim"


def chip_name(guest):
    """Returns the kernel's present name of the chip."""
    return guest.run("basename $(dirname /sys/devices/platform/gpio-sim.*/gpiochip*/sim_gpio17)")


def test_a_line_that_another_program_holds_is_told_with_its_holder(guest, parts, make_gateway):
    del parts
    # gpioset of libgpiod 1, or else of 2, which does not know a chip by its label.
    holder = guest.start("gpioset --mode=signal pinctrl-bcm2835 17=1 || gpioset GPIO17=1")
    # Linux 6.12 leaves out the line's name.
    guest.run("until grep -q gpioset /sys/kernel/debug/gpio; do usleep 20000; done")
    gateway = make_gateway()
    words = f'line GPIO17 (/dev/{chip_name(guest)} line 17) is held by "gpioset"'
    health = gateway.health(lambda h: not h["actuators"]["led.0"]["ok"])
    assert health["actuators"]["led.0"]["error"].endswith(words)
    answer = gateway.ask(led={"red": {"on": True}})
    assert not answer["ok"] and answer["errors"][0]["reason"].endswith(words)
    guest.run("kill $(pidof gpioset)")
    holder.wait()
    gateway.do(led={"red": {"on": True}})


@pytest.fixture
def replug(guest, wire):
    """Takes the chip away and brings it back under another number."""
    other = f"{LIVE}/other"

    def plug_in():
        guest.run(f"mkdir -p {other}/bank && echo 2 >{other}/bank/num_lines && echo 1 >{other}/live")
        guest.run(f"echo 1 >{LIVE}/board/live")
        wire.find_chip()

    yield plug_in
    guest.run(f"echo 0 >{LIVE}/board/live; echo 0 >{other}/live; rmdir {other}/bank {other}; echo 1 >{LIVE}/board/live")
    wire.find_chip()


def test_a_chip_that_comes_back_under_another_number_is_found(guest, wire, gateway, replug):
    mark = gateway.client.mark()
    before = chip_name(guest)
    gateway.do(led={"red": {"on": True}}, motor={"direction": "forward", "speed": 5})
    guest.run(f"echo 0 >{LIVE}/board/live")
    for path, line, action in (
        ("led.0", RED, {"led": {"red": {"on": False}}}),
        ("motor.0", FORWARD, {"motor": {"direction": "stop"}}),
    ):
        words = f"line {line}: there is no GPIO chip at all (/dev/gpiochip*)"
        assert gateway.ask(**action) == {"ok": False, "errors": [{"path": path, "reason": words}]}
        health = gateway.health(lambda h, path=path: not h["actuators"][path]["ok"], mark)
        assert health["actuators"][path]["error"] == words
    gateway.log.wait("error: led.red: line GPIO17: there is no GPIO chip")
    gateway.log.wait("error: motor.motor0: line GPIO5: there is no GPIO chip")
    gateway.reading(lambda r: r["humi"] == 45)
    wire_mark = wire.mark()
    replug()
    gateway.health(lambda h: h["actuators"]["led.0"]["ok"] and h["actuators"]["motor.0"]["ok"], mark)
    gateway.do(led={"red": {"on": True}}, motor={"direction": "forward", "speed": 5})
    wire.wait(RED, 1, wire_mark)
    wire.wait(FORWARD, 1, wire_mark)
    assert chip_name(guest) != before


def test_without_permission_the_user_is_told_the_groups(guest, parts, make_led, make_gateway):
    """An ordinary user who is in none of the groups."""
    del parts
    make_led()
    gateway = make_gateway(LED_MAP, user="tos")
    assert gateway.reading()["temp"] is None
    health = gateway.health(lambda h: not h["actuators"]["led.0"]["ok"] and not h["sensors"]["temp"]["ok"])
    assert "no permission for /dev/i2c-1: is the user in group i2c?" in health["sensors"]["temp"]["error"]
    assert f"no permission for /dev/{chip_name(guest)}: is the user in group gpio?" in health["actuators"]["led.0"]["error"]
    assert "no permission for" in health["actuators"]["led.2"]["error"]
    assert "udev rules" in health["actuators"]["led.2"]["error"]
    assert "/sys/class/leds/ACT: is the user in group gpio, and are the udev rules" in health["actuators"]["led.3"]["error"]
