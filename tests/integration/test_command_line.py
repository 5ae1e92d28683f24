# SPDX-License-Identifier: MIT
"""Options, exit codes, what is told on which stream, and what is kept over a restart."""

import os
import re
import signal
import subprocess

import pytest
from conftest import ROOT, make_map
from harness import TIMEOUT, run_tosd

BAD_MAP = """\
mqtt:
  url: mqtt://localhost
chips:
  climate: {driver: bme28, bus: /dev/i2c-1}
interval: 500
leds:
  - {name: red, line: GPIO17}
  - {name: green, line: GPIO17}
"""

BAD_MAP_TOLD = """\
{path}:4:21: error: unknown driver "bme28"
  climate: {{driver: bme28, bus: /dev/i2c-1}}
                    ^~~~~
  did you mean "bme280"?
{path}:5:11: error: interval needs a unit: us, ms, s, min, h or d
  interval: 500
            ^~~
  for example 500ms
{path}:8:25: error: line GPIO17 is already used by leds[0].line (line 7)
  - {{name: green, line: GPIO17}}
                        ^~~~~~
{path}: 3 mistakes
"""

SECRET = "open sesame 4711"


@pytest.fixture
def good_map(folder):
    path = folder / "good.yaml"
    path.write_text(make_map(1883))
    return path


@pytest.fixture
def bad_map(folder):
    path = folder / "bad.yaml"
    path.write_text(BAD_MAP)
    return path


def told(run):
    return run.returncode, run.stdout, run.stderr


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help(binary, option):
    code, out, err = told(run_tosd(binary, option))
    assert (code, err) == (0, "")
    assert out.startswith("Usage: tosd [OPTION]...\n")
    for name in ("config", "state", "simulate", "check", "safe", "verbose", "version", "help"):
        assert re.search(rf"^ .*--{name}\b", out, re.MULTILINE), name


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_version(binary, option):
    code, out, err = told(run_tosd(binary, option))
    assert (code, err) == (0, "")
    assert re.fullmatch(r"tosd \d+\.\d+\.\d+\n", out)


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        (["--bogus"], "unrecognized option '--bogus'"),
        (["-x"], "invalid option -- 'x'"),
        (["--config"], "option '--config' requires an argument"),
        (["--check="], "the device map is empty: leave it out for the default"),
        (["--check=a.yaml", "b.yaml"], 'the device map is given twice, as "a.yaml" and "b.yaml": keep one'),
        (["file.yaml"], 'unexpected argument "file.yaml": the device map is named with --config file.yaml'),
        (["--simulate", "file.yaml"],
         'unexpected argument "file.yaml": the device map is named with --config file.yaml'),
        (["-c", "a.yaml", "b.yaml"], 'unexpected argument "b.yaml"'),
        (["--check", "a.yaml", "b.yaml"], 'unexpected argument "b.yaml"'),
        (["-k", "a.yaml", "-c", "b.yaml"], 'the device map is given twice, as "b.yaml" and "a.yaml": keep one'),
        (["-c", "a.yaml", "-c", "b.yaml"], 'the device map is given twice, as "a.yaml" and "b.yaml": keep one'),
        (["-c", ""], "the device map is empty: leave it out for the default"),
        (["-S", ""], "--state is empty: leave it out for the default"),
        (["--safe", "--check"], "--check and --safe do not go together: keep one"),
    ],
)
def test_mistake_on_the_command_line(binary, arguments, complaint):
    code, out, err = told(run_tosd(binary, *arguments))
    assert (code, out) == (2, "")
    first, second = err.splitlines()
    assert first.endswith(f"tosd: {complaint}")
    assert second == "Try 'tosd --help'."


def test_check_of_a_good_map(binary, good_map):
    expected = f"{good_map}: good: chips 3, sensors 4, LEDs 3, motors 1\n"
    for arguments in (["--check", good_map], [f"--check={good_map}"], ["-k", "-c", good_map],
                      ["--config", good_map, "--check"]):
        assert told(run_tosd(binary, *arguments)) == (0, expected, "")


WARNED = """{path}:3:15: warning: motor0 may run from power-on until tosd starts: a Raspberry Pi pulls GPIO5 up
  - {{forward: GPIO5, backward: GPIO17}}
              ^~~~~
  GPIO9 to GPIO27 are pulled down; or tie it to ground with 10 kΩ
"""
WARNED_MAP = """mqtt: {{url: mqtt://127.0.0.1:{port}}}
motors:
  - {{forward: GPIO5, backward: GPIO17}}
"""


def test_a_warning_is_no_mistake(binary, folder):
    path = folder / "tosd.yaml"
    path.write_text(WARNED_MAP.format(port=1883))
    expected = f"{path}: good: chips 0, sensors 0, LEDs 0, motors 1\n"
    assert told(run_tosd(binary, "--check", path)) == (0, expected, WARNED.format(path=path))


def test_a_warning_is_told_at_start(broker, client, make_gateway):
    gateway = make_gateway(WARNED_MAP.format(port=broker.port))
    client.wait("tos/status")
    gateway.log.wait("GPIO9 to GPIO27 are pulled down")
    text = "\n".join(gateway.log.since())
    assert WARNED.format(path=gateway.map) in text
    assert gateway.stop() == 0


def test_check_of_a_bad_map_shows_all_mistakes(binary, bad_map):
    expected = BAD_MAP_TOLD.format(path=bad_map)
    assert told(run_tosd(binary, "--check", bad_map)) == (78, "", expected)


@pytest.mark.parametrize("option", [[], ["--simulate"]])
def test_a_bad_map_is_refused_everywhere_alike(binary, bad_map, option):
    expected = BAD_MAP_TOLD.format(path=bad_map)
    assert told(run_tosd(binary, *option, "--config", bad_map)) == (78, "", expected)


@pytest.mark.parametrize("option", ["--check", "--simulate"])
def test_missing_map(binary, folder, option):
    path = folder / "none.yaml"
    code, out, err = told(run_tosd(binary, option, "--config", path))
    assert (code, out) == (78, "")
    assert re.fullmatch(
        re.escape(f"{path}: error: cannot be read: No such file or directory\n")
        + re.escape(f"  `sudo tosctl probe --write {path}` makes a first map of what it finds on this board")
        + "(; examples are in (/.*/tos-gateway/examples))?\n",
        err,
    )
    examples = re.search("examples are in (.*)", err)
    assert not examples or os.path.isdir(examples.group(1))


def test_a_map_that_may_not_be_read(binary, good_map):
    good_map.chmod(0)
    # Root reads any file, unless it gives up the right to.
    as_others = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    code, out, err = told(subprocess.run(
        [*as_others, binary, "--check", good_map], capture_output=True, text=True, check=False))
    assert (code, out) == (78, "")
    assert err == (
        f"{good_map}: error: cannot be read: Permission denied\n"
        f"  it holds no password, so everybody may: sudo chmod a+r {good_map}\n"
    )


def test_standard_input_is_no_map(binary, tmp_path):
    code, out, err = told(subprocess.run([binary, "--check", "-"], cwd=tmp_path, capture_output=True, text=True, check=False))
    assert (code, out) == (78, "")
    assert err == (
        "-: error: cannot be read: No such file or directory\n"
        "  standard input is not read: put the map into a file, and name that\n"
    )


@pytest.mark.parametrize("option", ["--check", "--safe", "--simulate"])
def test_a_pipe_is_no_map(binary, folder, option):
    """Reading a pipe could take for ever, and --safe is urgent."""
    path = folder / "pipe.yaml"
    os.mkfifo(path)
    expected = f"{path}: error: is not a regular file\n  put the map into a file\n"
    assert told(run_tosd(binary, option, "--config", path)) == (78, "", expected)


@pytest.mark.parametrize("path", sorted((ROOT / "config" / "maps").glob("*.yaml")), ids=lambda path: path.stem)
def test_check_of_the_example_maps(binary, path):
    run = run_tosd(binary, "--check", path)
    assert (run.returncode, run.stderr) == (0, "")


def test_safe_touches_what_must_be_safe_and_nothing_else(binary, folder, good_map):
    run = run_tosd(binary, "--safe", "--simulate", "--config", good_map, TOS_SIM_DIR=str(folder))
    assert told(run) == (0, "", f"info: {good_map}: all motors are stopped, fail-safe outputs are safe\n")
    wires = [line.split(" ", 1)[1] for line in (folder / "wire.log").read_text().splitlines()]
    assert sorted(wires) == ["line GPIO5 0", "line GPIO6 0", "release GPIO5", "release GPIO6"]


@pytest.mark.parametrize("leds, level", [("off", 0), ("on", 1)])
def test_safe_sets_leds_as_the_map_says(binary, folder, leds, level):
    path = folder / "map.yaml"
    path.write_text(make_map(1883, failsafe="{leds: %s}" % leds))
    run = run_tosd(binary, "--safe", "--simulate", "--config", path, TOS_SIM_DIR=str(folder))
    assert run.returncode == 0
    wires = [line.split(" ", 1)[1] for line in (folder / "wire.log").read_text().splitlines()]
    assert [wire for wire in wires if "line GPIO17" in wire][-1] == f"line GPIO17 {level}"
    assert [wire for wire in wires if "pwm pwmchip0.1" in wire][-1] == f"pwm pwmchip0.1 {level}.0000"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_exit_code_of_an_orderly_end(gateway, number):
    assert gateway.kill(number) == 0
    gateway.log.wait(f"^info: ending on {number.name}$")


def test_standard_output_stays_empty(broker, client, binary, folder, good_map):
    good_map.write_text(make_map(broker.port))
    process = subprocess.Popen(
        [binary, "--simulate", "--verbose", "--config", str(good_map), "--state", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    client.wait("tos/sensors")
    process.terminate()
    assert process.communicate(timeout=TIMEOUT)[0] == b""
    assert process.returncode == 0


def test_closed_standard_files_are_taken_by_no_device(broker, client, binary, folder, good_map):
    good_map.write_text(make_map(broker.port))
    arguments = [binary, "--simulate", "--config", good_map, "--state", folder]
    process = subprocess.Popen(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *arguments])
    client.wait("tos/sensors")
    assert {os.readlink(f"/proc/{process.pid}/fd/{fd}") for fd in range(3)} == {"/dev/null"}
    process.terminate()
    assert process.wait(TIMEOUT) == 0


@pytest.fixture
def locked_broker(make_broker, folder):
    passwords = folder / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), "edge", SECRET], check=True)
    return make_broker(f"user root\nallow_anonymous false\npassword_file {passwords}")


def locked_map(port, folder, mqtt="  username: edge"):
    own = folder / "password"
    own.write_text(SECRET + "\n")
    own.chmod(0o600)
    return make_map(port, f"{mqtt}\n  password_file: {own}")


def test_verbose_shows_what_happens_but_no_password(locked_broker, make_client, make_gateway, folder):
    client = make_client(locked_broker.port, username="edge", password=SECRET)
    client.publish("tos/actions", '{"led":{"1":{"on":true}}}', retain=True)
    gateway = make_gateway(locked_map(locked_broker.port, folder), ["--verbose"])
    client.wait("tos/sensors")
    client.ask('{"led":{"0":{"on":true}}}')
    gateway.log.wait(f"^debug: mqtt: connecting to mqtt://127.0.0.1:{locked_broker.port}$")
    # Messages, both ways.
    gateway.log.wait(r'^debug: mqtt: -> tos/sensors, qos 1: \{"temp":23,')
    gateway.log.wait(r'^debug: mqtt: <- tos/actions, qos 1: \{"led":\{"0":\{"on":true\}\}\}$')
    gateway.log.wait(r'^debug: mqtt: -> tos/actions/ack, qos 1: \{"ok":true,')
    # Bus transfers.
    gateway.log.wait(r"^debug: /dev/i2c-1: 0x77 w f7 r ([0-9a-f]{2} ){8}ok$")
    gateway.log.wait(r"^debug: /dev/spidev0\.0: w 06 00 ")
    gateway.log.wait(r"^debug: GPIO17: set 1 ok$")
    # Decisions.
    gateway.log.wait(r"^warning: actions: refused: a retained message is an old command")
    assert gateway.stop() == 0
    assert SECRET not in "\n".join(gateway.log.since())


def test_without_verbose_there_is_no_chatter(gateway, client):
    client.ask('{"led":{"0":{"on":true}}}')
    client.ask('{"led":{"0":{"on":1}}}')
    assert gateway.stop() == 0
    busy = ("a reading took", "a part that takes long is still being read")  # the machine
    told = [line for line in gateway.log.since() if not any(words in line for words in busy)]
    words = [re.sub(r"\d+\.\d+\.\d+(\.\d+:\d+)?", "N", line) for line in told]
    assert sorted(words) == [
        "info: ending on SIGTERM",
        "info: tosd N runs on a simulated board: sensors 4, LEDs 3, motors 1, interval 100 ms",
        "notice: mqtt: connected to mqtt://N with MQTT 5",
        'warning: actions: refused: led.0.on: must be true or false, not a number; it is {"led":{"0":{"on":1}}}',
    ]


def test_password_of_systemd(locked_broker, make_client, make_gateway, folder):
    (folder / "mqtt-password").write_text(SECRET)
    client = make_client(locked_broker.port, username="edge", password=SECRET)
    make_gateway(
        make_map(locked_broker.port, "  username: edge"), environment={"CREDENTIALS_DIRECTORY": str(folder)}
    )
    client.wait("tos/sensors")


def test_wrong_password_is_told_but_not_shown(locked_broker, make_gateway, folder):
    text = locked_map(locked_broker.port, folder)
    (folder / "password").write_text("0p3n barley\n")
    gateway = make_gateway(text, ["--verbose"])
    gateway.log.wait("^error: mqtt: cannot connect to mqtt://127.0.0.1:.*(authori[sz]ed|password) "
        r"\(see mqtt.username, and mqtt.password_file or systemd's credential mqtt-password\); trying again")
    assert gateway.stop() == 0
    assert "barley" not in "\n".join(gateway.log.since())


def test_a_blank_behind_the_password_is_told(binary, locked_broker, make_gateway, folder):
    """Nobody sees it, and the broker says only that the password is wrong."""
    text = locked_map(locked_broker.port, folder)
    (folder / "password").write_text(SECRET + " \n")
    gateway = make_gateway(text)
    gateway.log.wait("; the password's file has a blank at the end of its first line, .*; trying again")
    assert gateway.stop() == 0
    run = run_tosd(binary, "--check", gateway.map)
    assert run.returncode == 0
    assert "warning: password_file: it has a blank at the end of its first line, which is a part of " in run.stderr
    assert SECRET not in run.stderr


def test_password_file_that_others_can_read(binary, folder):
    path = folder / "map.yaml"
    path.write_text(locked_map(1883, folder))
    (folder / "password").chmod(0o644)
    run = run_tosd(binary, "--check", path)
    assert run.returncode == 78
    assert "error: password_file: others can read it (its mode is 644)\n" in run.stderr
    assert SECRET not in run.stderr


def interval_in_force(client, mark=0):
    return client.wait_json("tos/state", mark=mark)["sensors"]["interval"]


def remembering(port, default="100ms"):
    return make_map(port, interval="{default: %s, remember: true}" % default)


def test_interval_is_remembered_over_a_restart(broker, client, make_gateway):
    gateway = make_gateway(remembering(broker.port))
    assert interval_in_force(client) == 100
    client.ask("250", topic="tos/sensors/interval")
    assert gateway.stop() == 0
    mark = client.mark()
    gateway.start()
    assert interval_in_force(client, mark) == 250
    gateway.log.wait("^info: interval: 250 ms, as it was set before the restart$")


def test_interval_is_forgotten_with_the_maps_own(broker, client, make_gateway):
    gateway = make_gateway(remembering(broker.port))
    client.wait("tos/sensors")
    client.ask("250", topic="tos/sensors/interval")
    mark = gateway.stop_before(client)
    gateway.map.write_text(remembering(broker.port, "200ms"))
    gateway.start()
    assert interval_in_force(client, mark) == 200


def test_a_disk_that_hangs_holds_up_no_stop(broker, client, make_gateway, folder, preload):
    hangs = folder / "disk-hangs"
    gateway = make_gateway(remembering(broker.port), environment=preload("slow_disk", TOS_TEST_DISK=hangs))
    client.wait("tos/status", lambda m: m.payload == b"online")
    assert client.ask_json({"motor": {"direction": "forward", "speed": 10}})["ok"]
    hangs.touch()
    assert client.ask_json("250", topic="tos/sensors/interval")["ok"]
    gateway.log.wait("^test: the disk waits$")
    assert client.ask_json({"motor": "stop"})["ok"]
    assert gateway.output("GPIO5") == 0
    hangs.unlink()
    assert gateway.stop() == 0
    assert (gateway.folder / "state" / "interval").read_text() == "100 250\n"


def test_interval_is_not_remembered_unasked(broker, client, make_gateway):
    gateway = make_gateway(make_map(broker.port))
    client.wait("tos/sensors")
    client.ask("250", topic="tos/sensors/interval")
    mark = gateway.stop_before(client)
    assert not (gateway.folder / "state" / "interval").exists()
    gateway.start()
    assert interval_in_force(client, mark) == 100


def test_state_directory_of_systemd(broker, client, make_gateway, folder):
    first, second = folder / "first", folder / "second"
    first.mkdir()
    second.mkdir()
    environment = {"STATE_DIRECTORY": f"{first}:{second}"}
    gateway = make_gateway(remembering(broker.port), environment=environment)
    client.wait("tos/sensors")
    client.ask("250", topic="tos/sensors/interval")
    assert gateway.stop() == 0
    assert os.listdir(first) != [] and os.listdir(second) == []
    mark = client.mark()
    gateway.start()
    assert interval_in_force(client, mark) == 250


def test_state_option_is_stronger_than_the_environment(broker, client, make_gateway, folder):
    first, second = folder / "first", folder / "second"
    first.mkdir()
    second.mkdir()
    gateway = make_gateway(
        remembering(broker.port), ["--state", str(second)], environment={"STATE_DIRECTORY": str(first)}
    )
    client.wait("tos/sensors")
    client.ask("250", topic="tos/sensors/interval")
    assert gateway.stop() == 0
    assert os.listdir(first) == [] and os.listdir(second) != []


def test_state_that_cannot_be_written_is_told_and_no_more(broker, client, make_gateway, folder):
    gateway = make_gateway(remembering(broker.port), ["--state", str(folder / "none")])
    client.wait("tos/sensors")
    assert client.ask_json("250", topic="tos/sensors/interval")["ok"]
    assert gateway.stop() == 0
    gateway.log.wait(
        "^warning: config: no copy of the map can be kept in .*/none: No such file or directory; after a crash, "
        "tosd --safe knows only the map as it is then: make that folder, writable for tosd, or name another one "
        "with --state$"
    )
    gateway.log.wait("^warning: interval: cannot be kept in .*/none: No such file or directory: ")


def test_a_kernel_without_priority_inheritance_is_enough(broker, client, make_gateway, preload):
    """Also for software PWM, which then may be late by a turn of the scheduler."""
    soft = make_map(broker.port).replace("line: GPIO17}", "line: GPIO17, pwm: soft}")
    gateway = make_gateway(soft, environment=preload("no_priority_inheritance"))
    client.wait("tos/sensors")
    assert client.ask_json({"led": {"red": {"bright": 5}}})["ok"]
    assert gateway.stop() == 0
