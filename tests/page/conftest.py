# SPDX-License-Identifier: MIT
"""The page in a real browser, with a real broker that serves it, and a gateway on the simulated board."""

import fcntl
import functools
import http.server
import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading

import pytest

INTEGRATION = pathlib.Path(__file__).resolve().parents[1] / "integration"
sys.path.insert(0, str(INTEGRATION))

# pylint: disable=wrong-import-position
from browser import CHROMIUM, DRIVER, Browser, Page
from harness import Broker, free_port

# Two files of that name: this one hands on what the other one has.
_specification = importlib.util.spec_from_file_location("integration_conftest", INTEGRATION / "conftest.py")
_integration = importlib.util.module_from_spec(_specification)
_specification.loader.exec_module(_integration)
binary, sanitized, folder, broker, make_client, client, make_gateway, gateway = (
    getattr(_integration, name)
    for name in ("binary", "sanitized", "folder", "broker", "make_client", "client", "make_gateway", "gateway")
)
ROOT = _integration.ROOT
SOURCES = ROOT / "page"

# One output of each kind and nature, inputs, a sensor that can fail and one that is not always due.
MAP = """
mqtt:
  url: mqtt://127.0.0.1:{port}
  topic: {root}
  client_id: {client_id}
{mqtt}
chips:
  climate: {{driver: bme280, bus: /dev/i2c-1, address: 0x77}}
  adc: {{driver: mcp3208, bus: /dev/spidev0.0}}
  board: {{driver: pca9685, bus: /dev/i2c-2, address: 0x40, frequency: 50Hz}}
  door: {{driver: switch, line: GPIO23, debounce: 1ms}}
sensors:
{sensors}
interval: {interval}
leds:
  - {{name: red, line: GPIO17}}
  - {{name: green, pwm: board.3}}
  - {{name: mood, red: board.0, green: board.1, blue: board.2}}
motors:
  - {{name: lift, forward: GPIO5, backward: GPIO6, enable: board.5, reverse_pause: 20ms}}
  - {{name: blower, enable: board.7}}
relays:
  - {{name: pump, line: GPIO4}}
servos:
  - {{name: flap, pwm: board.6}}
buzzers:
  - {{name: alarm, pwm: pwmchip0.0}}
failsafe: {{after: 1min}}
"""

SENSORS = """
  temp: {from: climate.temperature, label: Living room, decimals: 1, simulate: 23.5}
  humi: {from: climate.humidity, simulate: 45}
  light: {from: adc.0, simulate: 812}
"""


def make_map(port, root="tos", mqtt="", sensors=SENSORS, interval="200ms"):
    client_id = f"tos-{root.replace('/', '-')}"
    return MAP.format(port=port, root=root, client_id=client_id, mqtt=mqtt, sensors=sensors, interval=interval)


def pytest_collection_modifyitems(items):
    for program, group in ((CHROMIUM, "browser"), (DRIVER, "browser")):
        if not os.access(program, os.X_OK):
            for item in items:
                item.add_marker(pytest.mark.skip(reason=f"{program} is not installed: ./run install {group}"))


@pytest.fixture(scope="session")
def built():
    """The page as it was built."""
    path = pathlib.Path(os.environ.get("TOS_PAGE", str(ROOT / "build" / "page"))) / "index.html"
    assert path.is_file(), f"{path} is not there: meson setup -Dpage=enabled and build, or set TOS_PAGE"
    return path


@pytest.fixture(scope="session")
def packages(built):
    """A folder with all of npm's packages, those for the development too. Several processes of the tests share it."""
    place = built.parent / "dev"
    place.mkdir(exist_ok=True)
    stamp = place / "node_modules" / ".installed"
    lock = (SOURCES / "package-lock.json").read_text(encoding="utf-8")
    with (place / ".lock").open("w", encoding="utf-8") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not stamp.is_file() or stamp.read_text(encoding="utf-8") != lock:
            for name in ("package.json", "package-lock.json", ".npmrc"):
                shutil.copy(SOURCES / name, place)
            subprocess.run(
                ["npm", "ci", "--ignore-scripts", "--no-progress", "--loglevel=error"], cwd=place, check=True
            )
            stamp.write_text(lock, encoding="utf-8")
    return place


@pytest.fixture
def dev(packages, folder):
    """A copy of page/ with all of npm's packages."""
    place = folder / "page"
    shutil.copytree(SOURCES, place, ignore=shutil.ignore_patterns("node_modules"))
    (place / "node_modules").symlink_to(packages / "node_modules")
    return place


@pytest.fixture(scope="session")
def browser():
    place = pathlib.Path(tempfile.mkdtemp(prefix="tos-"))
    browser = Browser(place)
    yield browser
    browser.close()
    shutil.rmtree(place, ignore_errors=True)


class PageBroker(Broker):
    """mosquitto with a second listener, which serves the page and takes websockets."""

    def __init__(self, place, built, extra="", port=None):
        self.web_port = free_port()
        www = pathlib.Path(place) / "www"
        www.mkdir()
        shutil.copy(built, www)
        for path in (pathlib.Path(place), www):
            path.chmod(0o755)
        port = port or free_port()
        listeners = (
            f"listener {port} 127.0.0.1\nlistener {self.web_port} 127.0.0.1\nprotocol websockets\nhttp_dir {www}\n"
        )
        super().__init__(place, f"user root\n{listeners}{extra}", port)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.web_port}/"

    @property
    def websocket(self):
        return f"ws://127.0.0.1:{self.web_port}"


@pytest.fixture
def make_broker(folder, built):
    brokers = []
    folder.chmod(0o755)

    def make(extra=""):
        place = folder / f"broker{len(brokers)}"
        place.mkdir()
        broker = PageBroker(place, built, extra)
        brokers.append(broker)
        return broker.start()

    yield make
    for broker in brokers:
        broker.stop()


@pytest.fixture
def usual_map(broker):
    return make_map(broker.port)


@pytest.fixture
def open_page(browser, broker):
    """Opens the page in a tab of its own. Each broker has a port of its own, so nothing is remembered."""
    pages = []

    def make(query="", url=None, script="", size=None):
        page = Page(browser, (url or broker.url) + (f"?{query}" if query else ""), script, size)
        pages.append(page)
        return page

    yield make
    for page in reversed(pages):
        page.close()


@pytest.fixture
def page(open_page, gateway):  # pylint: disable=unused-argument
    """The page with the gateway's values on it."""
    page = open_page("lang=en")
    page.wait_value("temp", "23.5")
    return page


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def web(folder):
    """A web server for files, which is not the broker."""
    handler = functools.partial(QuietHandler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
