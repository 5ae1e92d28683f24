# SPDX-License-Identifier: MIT
"""The demo and some more under valgrind: no invalid access and no leak, also after a reload and an outage."""

import shutil
import signal
import subprocess

import pytest
from conftest import make_map
from harness import TIMEOUT, Gateway

WRAPPER = """#!/bin/sh
exec valgrind --leak-check=full --errors-for-leak-kinds=definite,indirect,possible --error-exitcode=99 \\
    --log-file={log} "{binary}" "$@"
"""

SECONDS = 20  # of readings at the end, also with a part that is away
SLOW = 3 * TIMEOUT  # each step may take that long


@pytest.fixture
def valgrind(sanitized):
    if not shutil.which("valgrind"):
        pytest.skip("valgrind is missing: ./run install ci")
    if sanitized:
        pytest.skip("a sanitizer does not run under valgrind")


@pytest.fixture
def watched(valgrind, binary, broker, folder):
    """A gateway under valgrind, not yet started, and valgrind's log."""
    log, wrapper = folder / "valgrind.log", folder / "tosd-valgrind"
    wrapper.write_text(WRAPPER.format(log=log, binary=binary))
    wrapper.chmod(0o755)
    gateway = Gateway(str(wrapper), folder / "gateway", make_map(broker.port))
    yield gateway, log
    gateway.kill()


@pytest.mark.slow
def test_a_whole_life(broker, client, watched):
    gateway, log = watched
    gateway.start(wait_ready=False)
    gateway.notifications.lines.wait("^READY=1$", timeout=SLOW)
    client.wait("tos/sensors", timeout=SLOW)
    assert client.ask_json('{"led":{"0":{"on":true},"green":{"bright":3}},"motor":{"direction":"forward","speed":4}}')["ok"]
    assert not client.ask_json('{"motor":{"direction":"forward","speed":99},"lde":{"0":1}}')["ok"]
    assert client.ask_json('{"motor":{"direction":"stop"},"sensors":{"interval":200}}')["ok"]
    assert client.ask("1 0", topic="tos/actions/leds") == "led1 off"

    # Another map: a new connection, other sensors and LEDs, and back from one with a mistake.
    mark = client.mark()
    gateway.reload(make_map(broker.port, "  keepalive: 30s").replace("GPIO17", "GPIO27").replace("adc.1", "adc.5"))
    gateway.notifications.lines.wait("^RELOADING=1$", timeout=SLOW)
    client.wait("tos/sensors", mark=mark, timeout=SLOW)
    gateway.reload(make_map(broker.port) + "nonsense")
    gateway.log.wait("nonsense", timeout=SLOW)

    # A part that goes and comes back, and a broker, so that there is a backlog.
    gateway.fault("climate", "no-answer")
    client.wait_json("tos/sensors", lambda reading: reading["temp"] is None, timeout=SLOW)
    gateway.fault("climate", "none")
    broker.kill()
    gateway.log.wait("^warning: mqtt: connection lost", timeout=SLOW)
    told, mark = gateway.log.mark(), client.mark()
    broker.start()
    gateway.log.wait("^notice: mqtt: connected to", mark=told, timeout=SLOW)
    readings = client.wait_several("tos/sensors", SECONDS * 5, mark=mark, timeout=SLOW + SECONDS)
    assert len(readings) == SECONDS * 5

    gateway.process.send_signal(signal.SIGTERM)
    code = gateway.process.wait(SLOW)
    report = log.read_text()
    assert code == 0, report
    assert "ERROR SUMMARY: 0 errors" in report, report
    for kind in ("definitely", "indirectly", "possibly"):
        assert f"{kind} lost: 0 bytes" in report or "All heap blocks were freed" in report, report


COMMANDS = {
    0: [
        "status",
        "status --json",
        "read",
        "names",
        "led red on --for 5s",
        "led 1 7",
        "motor forward 5 --for 2s",
        "motor stop",
        "interval 200ms",
        'send {{"led":{{"0":{{"on":true}}}}}}',
        "-V 311 led red toggle",
        "-C 3 log",
        "check {map}",
        "drivers bme280",
        "outputs",
        "schema",
        "--help",
    ],
    1: ["led red 99", "interval 1ms", "send {{}}", "send {{", "-V 311 send [1]", "check {binary}"],
    2: ["led red perhaps", "led", "statsu", "-W x status", "-t tos/# status"],
    3: ["-p 1 status", "--unix /nonexistent status", "-t other -W 5 status"],
    4: ["led rde on", "lamp red on", "drivers bme208"],
}


@pytest.mark.slow
@pytest.mark.parametrize("code", COMMANDS)
def test_tosctl(valgrind, gateway, client, binary, program, environment, broker, folder, code):
    client.wait("tos/about")
    (folder / ".config").mkdir()
    (folder / ".config" / "tosctl").write_text(f"-h 127.0.0.1\n-p {broker.port}\n-W 60\n")
    watch = ["valgrind", "--quiet", "--leak-check=full", "--errors-for-leak-kinds=definite,indirect,possible"]
    for command in COMMANDS[code]:
        line = [*watch, "--error-exitcode=99", program, *command.format(map=gateway.map, binary=binary).split(" ")]
        done = subprocess.run(line, capture_output=True, text=True, timeout=2 * SLOW, env=environment, check=False)
        assert (done.returncode, "==" in done.stderr) == (code, False), (command, done.stdout, done.stderr)
