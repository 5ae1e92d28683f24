# SPDX-License-Identifier: MIT
"""LEDs and motors as the kernel's GPIO, PWM and I2C layers see them."""

import pytest

from board import BACKWARD, FORWARD, MAP, RED, registers

PWM = "/sys/class/pwm/pwmchip0"


def level(guest, line):
    """Returns the level of the line as gpio-sim has it."""
    return int(guest.run(f"cat /sys/devices/platform/gpio-sim.*/gpiochip*/sim_gpio{line[4:]}/value"))


def test_an_led_line_follows_the_command(guest, wire, gateway):
    mark = wire.mark()
    gateway.do(led={"red": {"on": True}})
    assert level(guest, RED) == 1
    gateway.do(led={"red": {"on": False}})
    assert level(guest, RED) == 0
    assert [change.value for change in wire.since(mark, [RED])] == [1, 0]


def test_a_motor_is_reversed_by_way_of_both_lines_low(guest, wire, gateway):
    mark = wire.mark()
    gateway.do(motor={"direction": "forward", "speed": 10})
    wire.wait(FORWARD, 1, mark)
    assert (level(guest, FORWARD), level(guest, BACKWARD)) == (1, 0)
    gateway.do(motor={"direction": "backward"})
    wire.wait(BACKWARD, 1, mark)
    assert (level(guest, FORWARD), level(guest, BACKWARD)) == (0, 1)
    mark_again = wire.mark()
    gateway.do(motor={"direction": "forward"})
    wire.wait(FORWARD, 1, mark_again)
    gateway.do(motor={"direction": "stop"})
    assert (level(guest, FORWARD), level(guest, BACKWARD)) == (0, 0)
    steps, rests_us = follow(wire.since(mark, [FORWARD, BACKWARD]))
    assert steps == ["forward", "rest", "backward", "rest", "forward", "rest"]
    assert all(rest_us >= 50000 for rest_us in rests_us), rests_us


def follow(changes):
    """Returns the motor's steps, without writes that change nothing, and how long it rested between directions."""
    names = {(0, 0): "rest", (1, 0): "forward", (0, 1): "backward", (1, 1): "both"}
    levels = {FORWARD: 0, BACKWARD: 0}
    steps, times_us = ["rest"], [0]
    for change in changes:
        levels[change.line] = change.value
        name = names[levels[FORWARD], levels[BACKWARD]]
        if name != steps[-1]:
            steps.append(name)
            times_us.append(change.us)
    rests_us = [b - a for name, a, b in zip(steps[1:], times_us[1:], times_us[2:]) if name == "rest"]
    return steps[1:], rests_us


def test_brightness_by_the_kernels_pwm(guest, gateway):
    gateway.do(led={"blue": {"bright": 4}})
    period, duty, enable = map(int, guest.run(f"cd {PWM}/pwm1; cat period duty_cycle enable").split())
    assert period == 1000000
    assert abs(duty / period - 0.4) < 0.001
    assert enable == 1
    gateway.do(led={"blue": {"on": False}})
    assert guest.run(f"cat {PWM}/pwm1/duty_cycle") == "0"


def test_brightness_by_a_pca9685(guest, gateway):
    gateway.do(led={"green": {"bright": 4}})
    on_low, on_high, off_low, off_high = registers(guest, 2, 0x40, 0x12, 4)
    assert (on_low, on_high) == (0, 0)
    assert abs((off_low + 256 * off_high) / 4096 - 0.4) < 0.001
    gateway.do(led={"green": {"bright": 10}})
    # Bit 4 of LED3_ON_H: full on.
    assert registers(guest, 2, 0x40, 0x13, 1)[0] & 0x10
    gateway.do(led={"green": {"on": False}})
    assert registers(guest, 2, 0x40, 0x15, 1)[0] & 0x10
    # PRE_SCALE for 1 kHz from 25 MHz: round(25e6 / (4096 * 1000)) - 1.
    assert registers(guest, 2, 0x40, 0xFE, 1) == [5]


@pytest.mark.parametrize(
    "keys, words",
    [
        ("drive: push-pull", set()),
        ("drive: open-drain, bias: pull-up, active_low: true", {"open-drain", "pull-up"}),
        ("drive: open-source, bias: pull-down", {"open-source", "pull-down"}),
        ("bias: off", {"disabled"}),
    ],
)
def test_a_line_is_wired_as_the_map_says(guest, parts, make_gateway, keys, words):
    """In the words of gpioinfo, which libgpiod 1 and 2 have in common."""
    del parts
    make_gateway(MAP + f"relays:\n  - {{name: pump, line: GPIO22, {keys}}}\n")
    line = next(line for line in guest.run("gpioinfo").splitlines() if "GPIO22" in line)
    known = {"open-drain", "open-source", "pull-up", "pull-down", "disabled"}
    assert {word for word in known if word in line} == words, line
