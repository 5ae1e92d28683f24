# SPDX-License-Identifier: MIT
"""The picture of tosctl watch in docs/images, from a run on the simulated board. No part of the suite:
TOS_SHOTS=FOLDER ./run test tests/integration/pictures.py"""

import os
import pathlib
import re

from conftest import TOSCTL_WAIT_S
from terminal import Terminal
from terminal_svg import picture

COLUMNS, ROWS = 78, 8
MAP = """
mqtt: {{url: "mqtt://127.0.0.1:{port}"}}
interval: 200ms
chips:
  climate: {{driver: bme280, bus: /dev/i2c-1, address: 0x77}}
  adc: {{driver: mcp3208, bus: /dev/spidev0.0}}
sensors:
  temp: {{from: climate.temperature, decimals: 1, simulate: {{wave: sine, min: 20.5, max: 23, period: 8s}}}}
  humi: {{from: climate.humidity, simulate: {{wave: sine, min: 41, max: 49, period: 5s}}}}
  pressure: {{from: climate.pressure, simulate: {{wave: ramp, min: 1008, max: 1016, period: 6s}}}}
  light: {{from: adc.0, class: illuminance, unit: lx, simulate: {{wave: noise, min: 780, max: 830, period: 1s}}}}
  sound: {{from: adc.1, simulate: {{wave: noise, min: 100, max: 900, period: 400ms}}}}
  tank: {{from: adc.2, unit: "%", scale: 0.0244, decimals: 1, simulate: {{wave: step, min: 800, max: 3500, period: 4s}}}}
"""


def test_watch(broker, client, make_gateway, program, environment):
    make_gateway(MAP.format(port=broker.port))
    client.wait("tos/about")
    connection = ["-h", "127.0.0.1", "-p", str(broker.port), "-W", TOSCTL_WAIT_S]
    terminal = Terminal([program, *connection, "watch"], environment, ROWS, COLUMNS)
    try:
        # Each row is full.
        terminal.wait(lambda screen: all(re.search(r"[▁▂▃▄▅▆▇█]{46}$", line) for line in screen[2:8]), timeout=120)
        frame = re.findall(r"\033\[H((?:(?!\033\[H).)*)\033\[J", terminal.raw, re.DOTALL)[-1]
    finally:
        terminal.close()
    text = picture(frame, COLUMNS, ROWS, "tosctl watch: a row for each sensor, with its value and a plot of the last ones")
    folder = pathlib.Path(os.environ["TOS_SHOTS"])
    (folder / "watch.svg").write_text(text, encoding="utf-8")
