# SPDX-License-Identifier: MIT
"""tosd --safe: the motors stop, whatever is wrong with the map, the disk, or the reader of its output."""

import os
import pathlib
import resource
import signal
import subprocess
import time

import pytest
from conftest import make_map
from harness import TIMEOUT, run_tosd

MOTORS = """motors:
  - {forward: GPIO5, backward: GPIO6}
  - {name: fan, forward: GPIO7, backward: GPIO8}
"""
MAP = "mqtt: {url: mqtt://127.0.0.1:1883}\n" + MOTORS
LINES = ["GPIO5", "GPIO6", "GPIO7", "GPIO8"]


@pytest.fixture
def safe(binary, folder):
    """Runs it on a map; returns its exit code, its words, and the lines that it drove low."""

    def run(text, shell=None, **options):
        path = folder / "tosd.yaml"
        path.write_text(text)
        wires = folder / "wires"
        wires.mkdir(exist_ok=True)
        (wires / "wire.log").unlink(missing_ok=True)
        (folder / "state").mkdir(exist_ok=True)
        command = [binary, "--safe", "--simulate", "--config", str(path), "--state", str(folder / "state")]
        result = subprocess.run(
            ["/bin/bash", "-c", shell, "bash", *command] if shell else command,
            env=dict(os.environ, TOS_SIM_DIR=str(wires)),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT,
            check=False,
            **options,
        )
        log = wires / "wire.log"
        written = [line.split(" ", 1)[1] for line in (log.read_text() if log.exists() else "").splitlines()]
        low = [line for line in LINES if f"line {line} 0" in written]
        assert not [line for line in written if line.startswith("line") and line.endswith(" 1")]
        return result.returncode, result.stderr, low

    return run


ELSEWHERE = {
    "a password that others can read": (MAP.replace("1883}", "1883, password_file: PASSWORD}"), "chmod 600"),
    "a bad url": (MAP.replace("mqtt://", "htp://"), "htp://"),
    "no broker at all": (MOTORS, 'needs "mqtt"'),
    "a broken sensor": (MAP + "sensors: {temp: {from: nowhere.temperature, decimals: x}}\n", "nowhere"),
    "an unknown section": (MAP + "foo: 1\n", 'unknown key "foo"'),
    "no YAML behind the motors": (MAP + "sensors:\n\ttemp: {from: a.b}\n", "no tab"),
    "no YAML in front of the motors": ("mqtt: {url: mqtt://127.0.0.1\n" + MOTORS, "tosd.yaml:2:7: error"),
    "bytes that are no text": (MAP + "spool: {after: 5s}\n\0\0\0\0\n", "control character"),
    "a motor's ramp": (MAP.replace("GPIO6}", "GPIO6, ramp: fast}"), "ramp"),
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_mistake_outside_of_the_outputs_is_told_and_not_counted(safe, folder, name):
    text, told = ELSEWHERE[name]
    password = folder / "password"
    password.write_text("secret\n")
    password.chmod(0o644)
    code, words, low = safe(text.replace("PASSWORD", str(password)))
    assert told in words
    assert "error: " in words and "the mistakes are elsewhere in the map" in words
    assert (code, low) == (0, LINES)


def test_of_the_outputs_each_that_is_understood_is_made_safe_and_the_others_are_named(safe):
    code, words, low = safe(MAP.replace("forward: GPIO5", "forwards: GPIO5"))
    assert (code, low) == (1, ["GPIO7", "GPIO8"])
    assert "motors[0]: not understood, and not made safe: see line 3 of " in words
    assert 'unknown key "forwards"' in words and 'did you mean "forward"?' in words
    assert "motors stopped: 1, not understood: 1; switch off the supply" in words


def test_a_start_that_is_refused_is_followed_by_a_stop(binary, safe, folder):
    """As the unit does it with a mistake at boot: ExecStart= ends with 78, and ExecStopPost= follows."""
    path = folder / "tosd.yaml"
    path.write_text(MAP + "foo: 1\n")
    refused = run_tosd(binary, "--simulate", "--config", path, "--state", folder / "state")
    assert refused.returncode == 78
    assert safe(path.read_text())[0::2] == (0, LINES)
    unit = (pathlib.Path(__file__).resolve().parents[2] / "systemd" / "tosd.service.in").read_text()
    # No prefix: a failure of it is a failure of the unit. It follows each end, see systemd.service(5).
    assert "\nExecStopPost=@bindir@/tosd --safe\n" in unit


def test_a_copy_that_cannot_be_read_is_told(safe, folder):
    (folder / "state" / "running-map.yaml").mkdir(parents=True)
    code, words, low = safe(MAP)
    assert (code, low) == (0, LINES)
    assert "warning: config: the copy of the map that ran last, in " in words and "cannot be read: Is a directory" in words


def test_so_is_that_of_a_map_that_a_reload_read(safe, folder):
    (folder / "state" / "next-map.yaml").mkdir(parents=True)
    (folder / "state" / "running-map.yaml").write_text(MAP)
    code, words, low = safe(MAP)
    assert (code, low) == (0, LINES)
    assert "warning: config: the copy of the map that a reload read, in " in words and "ran last" not in words


@pytest.mark.parametrize("copy", ["next-map.yaml", "start-map.yaml"])
def test_a_mistake_counts_where_the_map_that_ran_is_not_known(safe, folder, copy):
    """What a reload or a start was changing to may not be all that ran."""
    (folder / "state").mkdir()
    (folder / "state" / copy).write_text(MAP.split("  - {name: fan")[0])
    code, words, low = safe("\0")
    assert (code, low) == (78, ["GPIO5", "GPIO6"])
    assert "is made safe too" in words


def test_a_map_that_cannot_be_read_is_refused(safe, folder):
    code, words, low = safe("\0")
    assert (code, low) == (78, [])
    assert "control character" in words


def test_the_copy_of_the_running_map_is_what_was_parsed(broker, make_gateway):
    """The next edit begins while the sensors go over to the last one."""
    slow = make_map(broker.port, interval="3s").replace("adc.1, simulate: 133", "adc.1, peak_to_peak: 3s")
    gateway = make_gateway(slow)
    wanted = slow.replace("peak_to_peak: 3s", "peak_to_peak: 2s")
    wanted = wanted.replace("motors:", "  - {name: yellow, line: GPIO22}\nmotors:")
    mark = gateway.wire.mark()
    gateway.reload(wanted)
    gateway.wire.wait("line GPIO22 0", mark)
    gateway.map.write_text(wanted.replace("motors:", "moters:"))
    gateway.log.wait("reload: done")
    assert (gateway.folder / "state" / "running-map.yaml").read_text() == wanted


READERS = {
    "gone": '"$@" 2>&1 | true; exit ${PIPESTATUS[0]}',
    "gone before the first word": '"$@" 2> >(exec <&-); exit $?',
    "closed": '"$@" 2>&-',
    "all closed": '"$@" <&- >&- 2>&-',
    "full": '"$@" 2>/dev/full',
}


@pytest.mark.parametrize("name", READERS)
def test_it_does_not_matter_who_reads_its_words(safe, name):
    code, _, low = safe(MAP + "foo: 1\nsensors: 7\n", shell=READERS[name])
    assert (code, low) == (0, LINES)


def test_a_log_that_may_not_grow_keeps_no_motor_running(binary, folder, sanitized):
    """The kernel's signal for it would end the process. The wires are watched through a pipe, which has no limit."""
    path = folder / "tosd.yaml"
    path.write_text(MAP + "foo: 1\n")
    wires = folder / "wire.log"
    os.mkfifo(wires)
    reader = os.open(wires, os.O_RDWR)
    result = subprocess.run(
        [binary, "--safe", "--simulate", "--config", path, "--state", folder],
        env=dict(os.environ, TOS_SIM_DIR=str(folder)),
        stderr=open(folder / "log", "w"),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)),
        timeout=TIMEOUT,
        check=False,
    )
    if result.returncode == -signal.SIGXFSZ and sanitized:
        pytest.skip("the thread sanitizer begins with a file of its own")
    assert result.returncode == 0
    written = os.read(reader, 1 << 16).decode()
    os.close(reader)
    assert [line for line in LINES if f"line {line} 0\n" in written] == LINES


def test_a_pipe_that_nobody_empties_keeps_no_motor_running(binary, folder):
    """The words of two maps with a hundred mistakes each do not fit into it."""
    (folder / "state").mkdir()
    bad = MAP + "".join(f"nobody_knows_this_{i:03}: 1\n" for i in range(100)) + "x" * 4000 + ": 1\n"
    (folder / "state" / "running-map.yaml").write_text(bad)
    path = folder / "tosd.yaml"
    path.write_text(bad.replace("GPIO5", "GPIO9"))
    read, write = os.pipe()
    process = subprocess.Popen(
        [binary, "--safe", "--simulate", "--config", path, "--state", folder / "state"],
        env=dict(os.environ, TOS_SIM_DIR=str(folder)),
        stderr=write,
    )
    os.close(write)
    wanted = {f"line {line} 0" for line in [*LINES, "GPIO9"]}
    log = folder / "wire.log"
    limit = time.monotonic() + TIMEOUT
    while time.monotonic() < limit:
        lines = {line.split(" ", 1)[1] for line in (log.read_text() if log.exists() else "").splitlines() if " " in line}
        if wanted <= lines:
            break
        time.sleep(0.01)
    assert wanted <= lines
    with os.fdopen(read, "rb") as words:
        words.read()
    assert process.wait(TIMEOUT) == 0
