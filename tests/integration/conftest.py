# SPDX-License-Identifier: MIT
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

import late
from fake_broker import FakeBroker
from harness import Broker, Client, Gateway, Lines, build_library, check_sanitizers, seed_of
from proxy import Proxy
from scripted_broker import ScriptedBroker

MARKERS = {
    "alone": "measures time or counts wake-ups: nothing else runs on the machine at the same time",
    "slow": "takes ten seconds and more",
}
ROOT = pathlib.Path(__file__).resolve().parents[2]
# Of tosctl, for an answer: on a loaded machine it may come late.
TOSCTL_WAIT_S = "60"

# The simulated kit: two sensors that can fail apart from each other, LEDs of each kind, a motor.
MAP = """
mqtt:
  url: mqtt://127.0.0.1:{port}
{mqtt}
chips:
  climate: {{driver: bme280, bus: /dev/i2c-1, address: 0x77}}
  adc: {{driver: mcp3208, bus: /dev/spidev0.0}}
  board: {{driver: pca9685, bus: /dev/i2c-2, address: 0x40}}
sensors:
  temp: {{from: climate.temperature, simulate: 23}}
  humi: {{from: climate.humidity, simulate: 45}}
  cds: {{from: adc.0, topic: true, simulate: 812}}
  sound: {{from: adc.1, simulate: 133}}
packed:
  - {{topic: temphumi, format: "2H", fields: [temp, humi]}}
interval: {interval}
leds:
  - {{name: red, line: GPIO17}}
  - {{name: green, pwm: board.3}}
  - {{name: blue, pwm: pwmchip0.1}}
motors:
  - {{forward: GPIO5, backward: GPIO6, enable: board.0, reverse_pause: 20ms}}
failsafe: {failsafe}
{more}
"""


def pytest_configure(config):
    for name, meaning in MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {meaning}")
    if "TOS_LATE" in os.environ:
        # The workers inherit it.
        os.environ["TOS_LATE"] = str(seed_of("TOS_LATE"))
        late.install(os.environ["TOS_LATE"])


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """./run test has two passes: first what may run side by side, then what must be alone.

    Of several workers of pytest-xdist, each gets a chunk of neighbours at first: the slow ones begin a chunk each."""
    which = os.environ.get("TOS_TESTS", "all")
    if which != "all":
        kept = [item for item in items if (item.get_closest_marker("alone") is not None) == (which == "alone")]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept
    workers = getattr(config, "workerinput", {}).get("workercount")
    if not workers:
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    items[:] = [item for item in items if not item.get_closest_marker("slow")]
    chunk = max((len(slow) + len(items)) // workers // 4, 2)
    for number, item in enumerate(slow):
        items.insert(number * chunk, item)


def pytest_terminal_summary(terminalreporter):
    """Prints what tests have measured with record_property("table", TEXT), also in other processes."""
    if "TOS_LATE" in os.environ:
        terminalreporter.write_line(f"TOS_LATE={os.environ['TOS_LATE']}")
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, table in report.user_properties:
            if name == "table" and report.when == "call":
                terminalreporter.write_line(f"\n{table}")


# The fail-safe only trips where a test means it: a busy machine may hold up a broker, or a connect, for seconds.
def make_map(port, mqtt="", interval="100ms", failsafe="{after: 1min}", more=""):
    return MAP.format(port=port, mqtt=mqtt, interval=interval, failsafe=failsafe, more=more)


@pytest.fixture(scope="session")
def binary():
    path = os.environ.get("TOSD", str(ROOT / "build" / "daemon" / "tosd"))
    assert os.access(path, os.X_OK), f"{path} is not there: build first, or set TOSD"
    return path


@pytest.fixture(scope="session")
def sanitized(binary):
    content = pathlib.Path(binary).read_bytes()
    return b"__asan_init" in content or b"__tsan_init" in content


@pytest.fixture
def folder():
    """Short, since a socket's path may have 107 characters only."""
    path = tempfile.mkdtemp(prefix="tos-")
    yield pathlib.Path(path)
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def preload(folder, sanitized):
    """preload(NAME, VARIABLE=value): the environment of a gateway in which the library of NAME.c comes first."""
    if sanitized:
        pytest.skip("a sanitizer wants to be the first library")

    def with_library(name, **variables):
        environment = {"LD_PRELOAD": build_library(folder, name), **variables}
        return {variable: str(value) for variable, value in environment.items()}

    return with_library


@pytest.fixture
def make_broker(folder):
    brokers = []

    def make(extra="", port=None):
        place = folder / f"broker{len(brokers)}"
        place.mkdir()
        broker = Broker(place, extra, port)
        brokers.append(broker)
        return broker.start()

    yield make
    for broker in brokers:
        broker.stop()


@pytest.fixture
def broker(make_broker):
    return make_broker()


def factory(kind):
    """Yields a function that makes objects of a kind, and closes all of them at the end of the test."""
    made = []

    def make(*arguments, **options):
        made.append(kind(*arguments, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def make_fake():
    yield from factory(FakeBroker)


@pytest.fixture
def make_scripted():
    yield from factory(ScriptedBroker)


@pytest.fixture
def proxy(broker):
    """The network between the broker and a gateway, open."""
    proxy = Proxy(broker.port).open()
    yield proxy
    proxy.close()


@pytest.fixture
def make_client(broker):
    yield from factory(lambda port=None, **options: Client(port or broker.port, **options))


@pytest.fixture
def client(make_client):
    return make_client()


@pytest.fixture
def make_gateway(binary, folder):
    """Starts a gateway. One of the same name is the same one, started again: in its folder, with what it left there."""
    gateways = []

    def make(map_text, arguments=(), environment=None, wait_ready=True, *, name=None, program=None):
        place = folder / (name or f"g{len(gateways)}")
        gateway = Gateway(program or binary, place, map_text, arguments, environment)
        gateways.append(gateway)
        return gateway.start(wait_ready)

    yield make
    for gateway in gateways:
        gateway.kill()
        check_sanitizers(gateway)


@pytest.fixture
def usual_map(broker):
    """The map of a gateway in a test that asks for none of its own."""
    return make_map(broker.port)


@pytest.fixture
def gateway(usual_map, client, make_gateway):
    """A gateway that is connected and measures."""
    gateway = make_gateway(usual_map)
    client.wait("tos/sensors")
    return gateway


@pytest.fixture
def program(binary):
    """tosctl, the file."""
    path = pathlib.Path(binary).parents[1] / "tosctl" / "tosctl"
    assert os.access(path, os.X_OK), f"{path} is not there: build first"
    return str(path)


@pytest.fixture
def environment(folder):
    """Nothing of who runs the tests."""
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", "TERM": "xterm"}


@pytest.fixture
def tosctl(program, environment):
    """Runs it to its end: the exit code, stdout, stderr."""

    def run(*arguments, text="", **more):
        done = subprocess.run(
            [program, *arguments],
            input=text,
            capture_output=True,
            text=True,
            timeout=120,
            env=environment | more,
            check=False,
        )
        assert "Sanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stderr
        return done.returncode, done.stdout, done.stderr

    return run


@pytest.fixture
def call(tosctl, broker):
    """The same with that broker."""

    def run(*arguments, port=None, wait=TOSCTL_WAIT_S, **more):
        return tosctl("-h", "127.0.0.1", "-p", str(port or broker.port), "-W", wait, *arguments, **more)

    return run


@pytest.fixture
def start_tosctl(program, environment, broker):
    """tosctl in the background: the process and the lines of its stdout."""
    running = []

    def run(*arguments):
        process = subprocess.Popen(
            [program, "-h", "127.0.0.1", "-p", str(broker.port), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        lines = Lines(process.stdout)
        running.append((process, lines))
        return process, lines

    yield run
    for process, lines in running:
        if process.poll() is None:
            process.kill()
        process.wait()
        lines.join()
        process.stderr.close()
