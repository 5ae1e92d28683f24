# SPDX-License-Identifier: MIT
"""tosctl probe: the parts of a board, and the first map of it."""

import json
import os
import pty
import re
import stat
import subprocess

import pytest
from conftest import ROOT, TOSCTL_WAIT_S, make_map
from harness import TIMEOUT, free_port

BOARD = ROOT / "config" / "maps" / "simulated-board.yaml"


@pytest.fixture
def probe(program, environment):
    """Its exit code, stdout and stderr. The broker is none, unless a port is given."""

    def run(*arguments, port=None, simulate=BOARD, text=None, **more):
        board = ["--simulate", str(simulate)] if simulate else []
        connection = ["-h", "127.0.0.1", "-p", str(port or free_port()), "-W", TOSCTL_WAIT_S]
        done = subprocess.run(
            [program, *connection, "probe", *board, *map(str, arguments)],
            input=text,
            stdin=subprocess.DEVNULL if text is None else None,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            env=environment | more,
            check=False,
        )
        assert "Sanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stderr
        return done.returncode, done.stdout, done.stderr

    return run


def test_the_simulated_board_is_shown(probe):
    code, out, err = probe()
    assert (code, err) == (0, "")
    assert re.search(r"^board +simulated board$", out, re.MULTILINE)
    assert re.search(r"^gpio +gpiochip0 +simulated, \d lines$", out, re.MULTILINE)
    assert re.search(r"^i2c +/dev/i2c-1 ", out, re.MULTILINE)
    assert re.search(r"^ +0x40 +pca9685, ", out, re.MULTILINE)
    assert re.search(r"^ +0x77 +bme280, ", out, re.MULTILINE)
    assert re.search(r"^ +0x50-0x57 +EEPROMs", out, re.MULTILINE)
    assert re.search(r"^spi +/dev/spidev0\.0 ", out, re.MULTILINE)
    assert re.search(r"^missing: a broker", out, re.MULTILINE)
    assert "--write my-map.yaml" in out
    assert "\033" not in out


def test_a_program_reads_it(probe, broker):
    code, out, _ = probe("--json", port=broker.port)
    found = json.loads(out)
    assert code == 0
    (bus,) = [item for item in found["i2c"] if item["name"] == "/dev/i2c-1"]
    parts = {part["name"]: part for part in bus["parts"]}
    assert parts["0x77"]["chip"] == {"driver": "bme280", "bus": "/dev/i2c-1", "address": 0x77}
    assert parts["0x77"]["channels"] == ["temperature", "humidity", "pressure"]
    assert found["broker"][0]["state"] == "found"
    assert found["missing"] == []


def test_from_the_simulated_board_to_readings(probe, make_gateway, broker, client, folder, program):
    path = folder / "mine.yaml"
    code, out, err = probe("--write", path, port=broker.port)
    assert (code, err) == (0, "")
    assert f"Try it: tosd --simulate --state /tmp --config {path}" in out
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [entry.name for entry in folder.glob("mine.yaml*")] == ["mine.yaml"]
    done = subprocess.run([program, "check", path], capture_output=True, text=True, check=True)
    assert done.stdout == f"{path}: good: chips 2, sensors 3\n"
    assert done.stderr == ""
    text = path.read_text()
    assert text.startswith("# yaml-language-server: $schema=/usr/share/tos-gateway/tosd.schema.json\n")
    assert f"url: mqtt://127.0.0.1:{broker.port}\n" in text
    make_gateway(text.replace("interval: 1s", "interval: 100ms"))
    reading = client.wait_json("tos/sensors", lambda values: values.get("temperature") is not None)
    assert set(reading) == {"temperature", "humidity", "pressure", "ts"}


def test_a_file_that_is_there_is_left_as_it_is(probe, folder):
    path = folder / "mine.yaml"
    path.write_text("mine\n")
    path.chmod(0o600)
    code, _, err = probe("--write", path)
    assert code == 1
    assert err == (
        f"tosctl: {path} is there already, and is left as it is: give --force to replace it, or another name, "
        "or - to see the map\n"
    )
    assert path.read_text() == "mine\n"
    port = free_port()
    code, out, err = probe("--write", path, "--force", port=port)
    assert (code, err) == (0, "")
    assert "bme280" in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    code, out, err = probe("--write", path, port=port)
    assert (code, err) == (0, "")
    assert f"{path} is already this map." in out


@pytest.mark.parametrize("answer, is_replaced", [("y", True), ("n", False), ("", False)])
def test_it_asks_on_a_terminal(program, environment, folder, answer, is_replaced):
    path = folder / "mine.yaml"
    path.write_text("mine\n")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [program, "-h", "127.0.0.1", "-p", str(free_port()), "probe", "--simulate", BOARD, "--write", path],
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env=environment,
    )
    os.close(theirs)
    said = b""
    while b"[y/N] " not in said:
        said += os.read(ours, 4096)
    os.write(ours, answer.encode() + b"\n")
    assert process.wait(timeout=TIMEOUT) == (0 if is_replaced else 1)
    os.close(ours)
    assert (path.read_text() == "mine\n") is not is_replaced


def test_a_terminal_gets_colours(program, environment):
    def show(**more):
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [program, "-h", "127.0.0.1", "-p", str(free_port()), "probe", "--simulate", BOARD],
            stdout=theirs,
            env=environment | more,
        )
        os.close(theirs)
        out = b""
        try:
            while chunk := os.read(ours, 4096):
                out += chunk
        except OSError:
            pass  # the other end is closed
        assert process.wait(timeout=TIMEOUT) == 0
        os.close(ours)
        return out

    assert b"\033[32m0x77" in show()
    assert b"\033" not in show(NO_COLOR="1")


def test_a_dash_shows_the_map_alone(probe, folder):
    code, out, err = probe("--write", "-")
    assert (code, err) == (0, "")
    assert out.startswith("# yaml-language-server:") and "\nmissing:" not in out
    code, out, _ = probe("--write", "-", "--json")
    assert out.startswith("# yaml-language-server:")


def test_a_password_is_never_written(probe, folder):
    path = folder / "mine.yaml"
    code, out, err = probe("-u", "me", "-P", "sesame", "--write", path)
    assert code == 0
    assert "username: me\n" in path.read_text()
    assert "sesame" not in path.read_text() + out + err


@pytest.mark.parametrize(
    "name, words",
    [
        ("none/of/these/map.yaml", "none/of/these is not there, nor the one above it: make it with mkdir -p /"),
        ("a-file/map.yaml", "Not a directory"),
        (".", "is not a regular file"),
    ],
)
def test_a_wrong_path_is_told(probe, folder, name, words):
    (folder / "a-file").write_text("")
    code, _, err = probe("--write", folder / name, "--force")
    assert code == 1
    assert words in err and err.startswith("tosctl: ")


def test_a_folder_that_is_missing_is_made(probe, folder):
    assert probe("--write", folder / "tos" / "tosd.yaml")[0] == 0
    assert "bme280" in (folder / "tos" / "tosd.yaml").read_text()


def test_a_link_stays_one(probe, folder):
    (folder / "real.yaml").write_text("mine\n")
    (folder / "link.yaml").symlink_to("real.yaml")
    assert probe("--write", folder / "link.yaml", "--force")[0] == 0
    assert (folder / "link.yaml").is_symlink()
    assert "bme280" in (folder / "real.yaml").read_text()


def test_a_disk_that_is_full_changes_nothing(probe):
    code, _, err = probe("--write", "/dev/full", "--force")
    assert code == 1
    assert "/dev/full is not a regular file" in err


def test_no_board_of_a_map_that_is_wrong(probe, folder):
    bad = folder / "bad.yaml"
    bad.write_text("mqtt: {url: mqtt://localhost}\nchips: {a: {driver: bme28, bus: /dev/i2c-1}}\n")
    code, out, err = probe(simulate=bad)
    assert (code, out) == (1, "")
    assert 'did you mean "bme280"?' in err
    code, out, err = probe(simulate=folder / "none.yaml")
    assert (code, out) == (1, "")
    assert "No such file" in err


def test_a_pipe_that_closes_makes_no_noise(program, environment):
    process = subprocess.Popen(
        [program, "-h", "127.0.0.1", "-p", str(free_port()), "probe", "--simulate", BOARD],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    process.wait(timeout=TIMEOUT)
    assert err == b""


def test_options_without_a_value(program, environment):
    for words in (["probe", "--write"], ["probe", "--write="], ["probe", "word"]):
        done = subprocess.run([program, *words], capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == 2 and done.stderr


def test_the_machine_itself_is_looked_at(probe):
    """Whatever it has: nothing of it is known here but the kernel."""
    code, out, err = probe(simulate=None)
    assert (code, err) == (0, "")
    assert os.uname().release in out
    assert "sudo tosctl probe --write /etc/tos/tosd.yaml" in out
    code, out, _ = probe("--write", "-", simulate=None)
    assert code == 0 and "mqtt:\n" in out


def test_a_running_gateway_is_named(probe, make_gateway, broker, client):
    gateway = make_gateway(make_map(broker.port))
    client.wait("tos/sensors")
    code, out, err = probe("--state", gateway.folder / "state", "--json", simulate=None)
    assert (code, err) == (0, "")
    (running,) = json.loads(out)["tosd"]
    assert f"process {gateway.process.pid}, chips 3, " in running["words"]
    code, out, _ = probe("--state", gateway.folder / "none", "--json", simulate=None)
    assert json.loads(out)["tosd"] == []
