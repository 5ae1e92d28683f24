# SPDX-License-Identifier: MIT
"""Pictures of the page, to be looked at, and those of docs/images. No part of the suite:
TOS_SHOTS=FOLDER ./run page tests/page/screenshots.py"""

import os
import pathlib

import pytest
from conftest import make_map

FOLDER = os.environ.get("TOS_SHOTS", "")
SENSORS = """
  temp: {from: climate.temperature, label: Living room, decimals: 1, simulate: {wave: sine, min: 20.5, max: 23, period: 50s}}
  humi: {from: climate.humidity, label: Humidity, simulate: {wave: sine, min: 41, max: 49, period: 70s}}
  light: {from: adc.0, label: Light, class: illuminance, unit: lx, simulate: {wave: noise, min: 780, max: 830, period: 1s}}
  sound: {from: adc.1, label: Noise, simulate: {wave: noise, min: 100, max: 900, period: 300ms}}
  door: {from: door, label: Front door}
  tank: {from: adc.2, label: Tank, unit: "%", scale: 0.0244, decimals: 1, simulate: {wave: ramp, min: 800, max: 3500, period: 60s}}
"""
SHOTS = [
    ("desktop-light", (1280, 860), "light", "en"),
    ("desktop-dark", (1280, 860), "dark", "en"),
    ("korean", (1280, 860), "light", "ko"),
    ("phone-light", (360, 760), "light", "en"),
    ("phone-dark-korean", (360, 760), "dark", "ko"),
]


@pytest.fixture
def busy(broker, client, make_gateway):
    """A gateway that has run for a minute."""
    gateway = make_gateway(make_map(broker.port, sensors=SENSORS))
    client.wait("tos/sensors")
    client.ask({"led": {"red": {"on": True}, "green": {"percent": 60}, "mood": {"color": "#ff8000", "percent": 80}}})
    client.ask({"motor": {"lift": {"direction": "forward", "percent": 40}}, "relay": {"0": {"on": True}}})
    for level in (1, 0, 1):
        gateway.set("GPIO23", level)
        client.wait_json("tos/events", lambda event, level=level: event["door"] == level)
    return gateway


def test_all(open_page, busy, client):  # pylint: disable=unused-argument
    page = open_page("lang=en")
    page.click("#span button")
    # A minute of readings, as fast as they come.
    client.wait_several("tos/sensors", 290, timeout=90)
    for name, size, scheme, language in SHOTS:
        page.resize(*size, mobile=size[0] < 500)
        page.media(scheme)
        page.set_input("#language", language)
        page.run("document.querySelector('.say').classList.remove('shown'); document.activeElement.blur(); scrollTo(0, 0)")
        mark = client.mark()
        client.wait_several("tos/sensors", 12, mark)
        page.screenshot(pathlib.Path(FOLDER) / f"{name}.png")
        if size[0] < 500:
            page.run("scrollTo(0, document.querySelector('#outputs').offsetTop - 110)")
            client.wait_several("tos/sensors", 6, client.mark())
            page.screenshot(pathlib.Path(FOLDER) / f"{name}-outputs.png")
    busy.fault("climate", "no-answer")
    page.resize(1280, 860)
    page.media("light")
    page.set_input("#language", "en")
    page.run("scrollTo(0, 0)")
    page.wait_state("temp", "fault")
    client.wait_several("tos/sensors", 8, client.mark())
    page.screenshot(pathlib.Path(FOLDER) / "fault.png")
    page.click("#link")
    page.screenshot(pathlib.Path(FOLDER) / "connection.png")
