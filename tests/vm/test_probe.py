# SPDX-License-Identifier: MIT
"""tosctl probe on the kernel's real interfaces: the parts that it finds, who holds them, and those that it leaves alone."""

import json
import re

import pytest

from board import MAP


@pytest.fixture
def probe(guest):
    """Returns what the probe finds, as JSON. No gateway has that state directory."""

    def run(state="/tmp/nobody", user=None):
        command = f"tosctl -h 127.0.0.1 -W 60 probe --json --state {state}"
        return json.loads(guest.run(command if not user else f"su {user} -c '{command}'"))

    return run


def item(found, look, name):
    """That of the name, or one that is on it."""

    def all_of(items):
        for entry in items:
            yield entry
            yield from all_of(entry.get("parts", []))

    (entry,) = [entry for entry in all_of(found[look]) if entry["name"] == name]
    return entry


def parts_of(found, bus):
    return {part["name"]: part for part in item(found, "i2c", bus)["parts"]}


def test_parts_and_chips_are_found(parts, probe):
    del parts
    found = probe()
    first, second = parts_of(found, "/dev/i2c-1"), parts_of(found, "/dev/i2c-2")
    assert first["0x77"]["state"] == "found" and first["0x77"]["drivers"] == ["bme280"]
    assert first["0x48"]["state"] == "maybe" and first["0x48"]["drivers"] == ["ads1115", "ads1015"]
    # At 0x40 there is what another test may have put there.
    assert set(first) - {"0x40"} == {"0x48", "0x77"}
    assert second["0x40"]["state"] == "found" and second["0x40"]["drivers"] == ["pca9685"]
    (chip,) = [chip for chip in found["gpio"] if chip.get("label") == "pinctrl-bcm2835"]
    assert chip["state"] == "found" and chip["lines"] > 27
    assert found["broker"] == [{"name": "mqtt://127.0.0.1:1883", "words": "answers", "state": "found"}]


def test_the_first_map_drives_what_was_found(guest, parts, probe, make_gateway):
    del parts, probe
    guest.run("tosctl -h 127.0.0.1 -W 60 probe --state /tmp/nobody --write /tmp/first.yaml --force")
    assert "good: chips 2, sensors 3" in guest.run("tosctl check /tmp/first.yaml")
    gateway = make_gateway(guest.run("cat /tmp/first.yaml").replace("interval: 1s", "interval: 200ms"))
    assert gateway.reading(lambda r: None not in r.values())["temperature"] == pytest.approx(23.4, abs=0.1)


def test_a_held_line_names_its_holder(guest, probe):
    holder = guest.start("gpioset --mode=signal pinctrl-bcm2835 17=1 || gpioset GPIO17=1")
    guest.run("until grep -q gpioset /sys/kernel/debug/gpio; do usleep 20000; done")
    line = item(probe(), "gpio", "17 GPIO17")
    assert (line["state"], line["words"]) == ("held", "held by gpioset")
    guest.run("kill $(pidof gpioset)")
    holder.wait()


def test_an_address_that_the_kernel_holds_is_not_asked(guest, parts, bind, probe):
    bind("ti-ads1015", "ads1115", 0x48, 1)
    found = probe()
    held = parts_of(found, "/dev/i2c-1")["0x48"]
    assert held["state"] == "held" and held["kernel"] == "1-0048"
    assert re.search(r"driver \S+ \(1-0048\)", held["words"])
    assert [entry["chip"]["driver"] for entry in found["kernel"] if "voltage0" in entry["channels"]] == ["iio"]
    bind.undo(0x48, 1)


def test_the_buses_of_a_running_gateway_are_not_touched(guest, parts, make_gateway, probe):
    del parts
    gateway = make_gateway(MAP.split("\nleds:")[0])
    gateway.reading(lambda r: None not in r.values())
    found = probe("/tmp")
    assert f"process {gateway.process.pid}, chips 3, sensors 3" in item(found, "tosd", "runs here")["words"]
    first = parts_of(found, "/dev/i2c-1")
    assert first["0x77"]["words"] == 'bme280, "climate" of the running map'
    assert set(first) == {"0x48", "0x77"} and "board" in parts_of(found, "/dev/i2c-2")["0x40"]["words"]


def test_what_a_user_may_not_open_is_told_with_the_group(parts, probe):
    del parts
    found = probe(user="tos")
    missing = {entry["what"]: entry["cure"] for entry in found["missing"]}
    assert "usermod -aG i2c " in missing["no permission for /dev/i2c-1"]
    assert any(what.startswith("no permission for /dev/gpiochip") for what in missing)
    assert item(found, "i2c", "/dev/i2c-1")["state"] == "fault"
