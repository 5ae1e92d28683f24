# SPDX-License-Identifier: MIT
"""The device map in an editor that has yaml-language-server, with the schema that the map names."""

import pytest

BEGIN = """# SPDX-License-Identifier: MIT
# yaml-language-server: $schema=/usr/share/tos-gateway/tosd.schema.json
mqtt:
  url: mqtt://localhost
"""


def at(text, mark="|"):
    """The text without its mark, and the line and column where that was."""
    before = text[: text.index(mark)]
    return text.replace(mark, "", 1), before.count("\n"), len(before) - before.rfind("\n") - 1


def proposed(server, write, text):
    text, line, column = at(BEGIN + text)
    path = write(text)
    server.open(path)
    return server.complete(path, line, column)


def test_nothing_is_underlined_in_the_examples(server, write, maps):
    assert len(maps) > 5
    for path in maps:
        assert server.open(write(path.read_text())) == [], path.name


@pytest.mark.parametrize(
    ("text", "word", "reason"),
    [
        ("chips:\n  adc: {driver: mcp3208, bus: /dev/spidev0.0, adress: 1}\n", "adress", "adress is not allowed"),
        ("chips:\n  adc: {driver: mcp3280, bus: /dev/spidev0.0}\n", "mcp3280", "Value is not accepted"),
        ("leds:\n  - name: red\n    line: GPIO17\n    falsafe: off\n", "falsafe", "falsafe is not allowed"),
        ("motor:\n  - {forward: GPIO5}\n", "motor", "motor is not allowed"),
        ("interval: soon\n", "soon", ""),
    ],
)
def test_what_is_wrong_is_underlined(server, write, text, word, reason):
    found = server.open(write(BEGIN + text))
    assert [underlined for underlined, _ in found] == [word], found
    assert reason in found[0][1], found


def test_it_completes_the_sections(server, write):
    found = proposed(server, write, "|\n")
    assert {"chips", "sensors", "leds", "motors", "interval", "failsafe"} <= set(found)
    assert "mqtt" not in found  # it is there


def test_it_completes_the_drivers(server, write):
    found = proposed(server, write, "chips:\n  climate:\n    driver: |\n")
    assert {"bme280", "mcp3208", "sht3x", "pca9685"} <= set(found)


@pytest.mark.parametrize(
    ("driver", "key", "other"), [("bme280", "oversampling", "debounce"), ("switch", "debounce", "oversampling")]
)
def test_it_completes_the_parameters_of_the_driver(server, write, driver, key, other):
    found = proposed(server, write, f"chips:\n  part:\n    driver: {driver}\n    |\n")
    assert key in found and other not in found, sorted(found)
    assert "driver" not in found


def test_it_completes_what_an_output_takes(server, write):
    found = proposed(server, write, "leds:\n  - name: red\n    |\n")
    assert {"line", "pwm", "failsafe", "gamma"} <= set(found)
    found = proposed(server, write, "leds:\n  - name: red\n    line: GPIO17\n    failsafe: |\n")
    assert {"keep", "on", "off"} <= {label.strip('"') for label in found}


def test_it_says_what_a_key_means(server, write):
    text, line, column = at(BEGIN + "chips:\n  climate:\n    driver: bme280\n    over|sampling: 4\n")
    path = write(text)
    server.open(path)
    assert "less noise" in server.hover(path, line, column)
