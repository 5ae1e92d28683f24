# SPDX-License-Identifier: MIT
"""tosctl, against a real broker and gateway."""

import codecs
import fcntl
import json
import os
import pathlib
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
import unicodedata

import pytest
from conftest import make_map
from harness import Lines, free_port

# Fixtures are found by their names.
from test_link_tls import keys, make_tls_broker, tls_map  # noqa: F401

WAIT_S = "60"


@pytest.fixture
def program(binary):
    path = pathlib.Path(binary).parents[1] / "tosctl" / "tosctl"
    assert os.access(path, os.X_OK), f"{path} is not there: build first"
    return str(path)


@pytest.fixture
def environment(folder):
    """Nothing of who runs the tests."""
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", "TERM": "xterm"}


@pytest.fixture
def call(program, environment, broker):
    """tosctl with that broker: the exit code, stdout, stderr."""

    def run(*arguments, text="", port=None, wait=WAIT_S, **more):
        connection = ["-h", "127.0.0.1", "-p", str(port or broker.port), "-W", wait]
        done = subprocess.run(
            [program, *connection, *arguments],
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
def start(program, environment, broker):
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


def state(client, accept):
    return client.wait_json("tos/state", accept)


def test_status_shows_all_that_there_is(broker, client, make_gateway, call):
    text = make_map(broker.port, failsafe="{after: 1min}").replace("temp: {", "temp: {label: 거실, ")
    make_gateway(text)
    client.wait("tos/sensors")
    assert client.ask_json({"led": {"1": {"bright": 7}}})["ok"]
    code, out, err = call("status")
    assert (code, err) == (0, "")
    assert re.search(r"^gateway +online, version \d", out, re.MULTILINE)
    assert re.search(r"^board +simulated board$", out, re.MULTILINE)
    assert re.search(rf"^broker +mqtt://127\.0\.0\.1:{broker.port}$", out, re.MULTILINE)
    assert re.search(r"^interval +100 ms$", out, re.MULTILINE)
    assert re.search(r"^temp +23 °C +\d+ m?s ago  거실$", out, re.MULTILINE)
    assert re.search(r"^cds +812 +\d+ m?s ago", out, re.MULTILINE)
    assert re.search(r"^led green +on, bright 7", out, re.MULTILINE)
    assert re.search(r"^motor motor0 +stop, speed 10", out, re.MULTILINE)
    assert "\033" not in out


def test_status_for_programs(gateway, client, call):
    client.wait("tos/sensors")
    code, out, _ = call("status", "--json")
    status = json.loads(out)
    assert code == 0
    assert status["status"] == "online" and status["silent"] is False
    assert status["reading"]["cds"] == 812
    assert status["health"]["interval_ms"] == 100
    assert status["about"]["outputs"]["led"][0]["name"] == "red"


def test_status_names_a_fault(gateway, client, call):
    client.wait("tos/sensors")
    gateway.fault("climate", "no-answer")
    client.wait_json("tos/health", lambda health: not health["sensors"]["temp"]["ok"])
    code, out, _ = call("status")
    assert code == 0
    assert re.search(r"^temp +- .*answer.*, for \d+ m?s$", out, re.MULTILINE), out


def keep_as_of_a_gateway(client, sensors, interval_ms):
    """What a broker has kept of a gateway that it was never told the end of."""
    health = {"version": "9.9.9", "interval_ms": interval_ms, "broker": "mqtt://old", "sensors": sensors}
    about = {"schema": 1, "sensors": {name: {"unit": "V"} for name in sensors}, "outputs": {}}
    state = {"sensors": {"interval": interval_ms}}
    for topic, payload in (("about", about), ("health", health), ("state", state), ("status", "online")):
        client.publish(f"tos/{topic}", payload, retain=True)


def test_status_does_not_take_for_live_what_the_broker_has_kept(client, call):
    keep_as_of_a_gateway(client, {"temp": {"ok": True}}, 100)
    client.publish("tos/sensors", '{"temp":7}', retain=True)
    code, out, err = call("status", wait="5")
    assert (code, err) == (124, "")
    assert re.search(r"^gateway +silent, version 9\.9\.9$", out, re.MULTILINE), out
    assert re.search(r"^ +the broker says online, but nothing came within 5 s; this is old:$", out, re.MULTILINE), out
    assert re.search(r"^temp +- *$", out, re.MULTILINE), out
    code, out, _ = call("--json", "status", wait="5")
    status = json.loads(out)
    assert (code, status["silent"], "reading" in status) == (124, True, False)


def test_status_without_a_health_says_that_it_knows_nothing(client, call):
    client.publish("tos/status", "online", retain=True)
    code, out, err = call("status", wait="5")
    assert (code, err) == (124, "")
    assert re.search(r"^gateway +silent$", out, re.MULTILINE) and "nothing is known of it" in out
    assert "interval" not in out


def test_status_waits_for_no_reading_that_is_not_due(client, call):
    for sensors, interval_ms in (({"temp": {"ok": True}}, 3600000), ({}, 100)):
        keep_as_of_a_gateway(client, sensors, interval_ms)
        code, out, err = call("status")
        assert (code, err) == (0, "")
        assert re.search(r"^gateway +online, version 9\.9\.9$", out, re.MULTILINE), out


def test_status_of_a_gateway_that_ends_meanwhile(client, broker, start):
    keep_as_of_a_gateway(client, {"temp": {"ok": True}}, 100)
    process, lines = start("-W", WAIT_S, "status")
    broker.log.wait(r"tosctl-\S+ \d tos/sensors$")
    client.publish("tos/status", "offline", retain=True)
    assert process.wait(60) == 3
    assert process.stderr.read() == "tosctl: the gateway is offline\n"
    assert lines.since() == []


def test_status_names_another_gateway_on_the_same_topic(broker, client, make_gateway, call):
    for name in ("one", "two"):
        make_gateway(make_map(broker.port, f"  client_id: {name}\n  health_interval: 1s"))
    # The health that is retained is the one's or the other's.
    first = client.wait_json("tos/health", lambda health: health["conflict"])["instance"]
    client.wait_json("tos/health", lambda health: health["conflict"] and health["instance"] != first)
    code, out, _ = call("status")
    assert code == 0
    assert re.search(r"^conflict +another gateway, of instance [0-9a-f]+, publishes on tos as well", out, re.MULTILINE)


@pytest.mark.parametrize("version", ["5", "311"])
def test_outputs_are_steered_in_their_own_words(gateway, client, call, version):
    client.wait("tos/about")
    for arguments, key, values in (
        (("led", "red", "on"), ("led", "0"), {"on": True}),
        (("led", "1", "7"), ("led", "1"), {"on": True, "bright": 7}),
        (("led", "blue", "bright=3"), ("led", "2"), {"bright": 3}),
        (("led", "red", "off"), ("led", "0"), {"on": False}),
        (("motor", "forward", "5"), ("motor",), {"direction": "forward", "speed": 5}),
        (("motor", "motor0", "stop"), ("motor",), {"direction": "stop"}),
    ):
        code, out, err = call("-V", version, *arguments)
        assert (code, err) == (0, ""), arguments
        assert re.match(r"(led \S+|motor.*): ", out)

        def is_so(found, key=key, values=values):
            for part in key:
                found = found[part]
            return values.items() <= found.items()

        state(client, is_so)


def test_a_stop_without_a_name_stops_all(gateway, client, call):
    client.wait("tos/about")
    assert client.ask_json({"motor": {"direction": "forward", "speed": 5}})["ok"]
    mark = client.mark()
    code, _, err = call("motor", "stop")
    assert (code, err) == (0, "")
    client.wait_json("tos/state", lambda state: state["motor"]["direction"] == "stop", mark)


def test_what_is_wrong_says_how_it_is_right(gateway, client, call):
    client.wait("tos/about")
    for arguments, code, words in (
        (("led", "rde", "on"), 4, 'there is no led "rde"; did you mean "red"?'),
        (("led", "7", "on"), 4, 'there is no led "7"; there are: red, green, blue'),
        (("led", "on"), 2, "say which led; there are: red, green, blue"),
        (("led", "red"), 2, "say what led red shall do"),
        (("led", "red", "perhaps"), 2, '"perhaps" is nothing that red takes; it takes on, off, 1 to 10, 0% to 100%, toggle'),
        (("motor", "toggle"), 2, '"toggle" is nothing that motor0 takes; it takes forward, backward, stop, 1 to 10'),
        (("lamp", "red", "on"), 4, "neither a command nor a kind of output"),
        (("statsu",), 2, 'did you mean "status"?'),
        (("interval", "soon"), 2, "takes a time such as 500ms"),
        (("led", "red", "99"), 1, "refused: led.0.bright: 99 is outside 1..10"),
        (("interval", "1ms"), 1, "refused: sensors.interval: 1 is outside"),
        (("send", "{"), 1, "refused: "),
        ((), 2, "say what to do"),
        (("interval",), 2, "Usage: tosctl interval TIME"),
        (("-W", "x", "status"), 2, "-W takes seconds"),
        (("-t", "tos/#", "status"), 2, "without + and #"),
    ):
        got, out, err = call(*arguments)
        assert (got, out) == (code, ""), (arguments, err)
        assert words in err, arguments


@pytest.mark.parametrize("version", ["5", "311"])
def test_send_takes_any_action(gateway, client, call, version):
    client.wait("tos/about")
    code, out, _ = call("-V", version, "send", '{"led":{"0":{"on":true}}}')
    assert (code, out) == (0, "led 0: on, bright 10\n")
    code, out, _ = call("-V", version, "--json", "send", "-", text='{"id":"mine","led":{"red":{"bright":4}}}')
    assert code == 0
    assert json.loads(out) == {"ok": True, "id": "mine", "applied": {"led": {"red": {"on": True, "bright": 4}}}}
    assert call("send", "-")[0] == 2


def test_interval_takes_units(gateway, client, call):
    client.wait("tos/about")
    assert call("interval", "1.5s") == (0, "sensors: interval 1500\n", "")
    state(client, lambda state: state["sensors"]["interval"] == 1500)
    assert call("interval", "200")[0] == 0
    state(client, lambda state: state["sensors"]["interval"] == 200)


@pytest.mark.parametrize("version", ["5", "311"])
def test_read_shows_a_reading_of_now(broker, client, make_gateway, call, version):
    """The interval is an hour: without the question none would come."""
    text = make_map(broker.port, interval="1h").replace("temp: {", "temp: {label: 거실, ")
    gateway = make_gateway(text)
    client.wait("tos/about")
    client.wait(("tos/sensors", "tos/sensors/backlog"))  # that of the start, which nobody has asked for
    for value in (123, 456):
        gateway.set("adc.0", value)
        code, out, err = call("-V", version, "read")
        assert (code, err) == (0, "")
        assert re.search(rf"^cds +{value} +\d+ m?s ago$", out, re.MULTILINE), out
        assert re.search(r"^temp +23 °C +\d+ m?s ago  거실$", out, re.MULTILINE), out
    code, out, _ = call("-V", version, "--json", "read")
    assert code == 0 and json.loads(out)["cds"] == 456
    gateway.fault("climate", "no-answer")
    assert call("-V", version, "read")[0] == 0
    client.wait_json("tos/health", lambda health: not health["sensors"]["temp"]["ok"])
    code, out, _ = call("-V", version, "read")
    assert code == 0
    assert re.search(r"^temp +- .*answer.*, for \d+ m?s$", out, re.MULTILINE), out


def test_read_says_why_there_is_none(broker, client, make_gateway, call):
    text = make_map(broker.port)
    make_gateway(text[: text.index("sensors:")] + text[text.index("leds:") :])
    client.wait("tos/about")
    code, out, err = call("read")
    assert (code, out, err) == (1, "", "tosctl: refused: sensors.read: this gateway has no sensors\n")


def test_two_people_do_not_read_each_others_answers(gateway, client, call):
    """Each sees the LED that it has asked for."""
    client.wait("tos/about")
    results = {}

    def ask(version, led):
        results[version, led] = [call("-V", version, "led", led, str(1 + n % 10))[1] for n in range(5)]

    threads = [threading.Thread(target=ask, args=(version, led)) for version in ("5", "311") for led in ("0", "1")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for (_, led), answers in results.items():
        assert answers == [f"led {led}: on, bright {1 + n}\n" for n in range(5)]


def test_offline_is_an_exit_code_of_its_own(broker, client, make_gateway, call):
    code, _, err = call("led", "red", "on", wait="1")
    assert code == 3 and "no gateway has ever said anything on tos/status" in err
    gateway = make_gateway(make_map(broker.port))
    client.wait("tos/about")
    assert gateway.stop() == 0
    assert call("status")[::2] == (3, "tosctl: the gateway is offline\n")
    code, _, err = call("status", port=free_port())
    assert code == 3 and "refused" in err.lower()


def test_no_answer_is_an_exit_code_of_its_own(gateway, client, call):
    client.wait("tos/about")
    gateway.pause()
    try:
        code, out, err = call("led", "red", "on", wait="5")  # the same for what is retained
    finally:
        gateway.resume()
    assert (code, out, err) == (124, "", "tosctl: no answer within 5 s\n")


def test_an_older_gateway_is_sent_actions_as_they_are(client, call):
    """It has no ROOT/about."""
    client.publish("tos/status", "online", retain=True)
    code, _, err = call("led", "red", "on", wait="10")
    assert code == 1 and "use tosctl send" in err


def test_events_are_shown_as_they_happen(broker, client, make_gateway, start):
    switch = "  door: {driver: switch, line: GPIO23}\nsensors:\n"
    gateway = make_gateway(make_map(broker.port).replace("sensors:\n", switch))
    client.wait("tos/state/input/door")
    process, lines = start("-C", "2", "events")
    broker.log.wait(r"tosctl-\S+ 1 tos/events/backlog")
    gateway.set("door.state", 1)
    lines.wait(r"^\d\d:\d\d:\d\d\.\d{3}  door +1$")
    gateway.set("door.state", 0)
    lines.wait(r"^\d\d:\d\d:\d\d\.\d{3}  door +0$")
    assert process.wait(60) == 0


def test_log_shows_both_directions(gateway, client, start, broker):
    client.wait("tos/about")
    process, lines = start("log")
    lines.wait(r"<- about +\{.*\(retained\)")
    client.ask_json({"led": {"0": {"on": True}}})
    lines.wait(r"-> actions +\{\"led\"")
    lines.wait(r"<- actions/ack +\{\"ok\":true")
    lines.wait(r"<- sensors/temphumi +17002d00")  # packed: bytes
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    assert process.stderr.read() == ""


def test_a_pipe_that_closes_is_no_noise(gateway, client, program, environment, broker):
    client.wait("tos/about")
    line = f"'{program}' -h 127.0.0.1 -p {broker.port} log | head -n 1"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=120, env=environment, check=True)
    assert done.stdout.count("\n") == 1 and done.stderr == ""


def test_what_others_send_does_not_steer_the_terminal(client, start):
    client.publish("tos/about", "a\033[31m", retain=True)
    client.publish("tos/health", "b\u009bc거", retain=True)
    process, lines = start("-C", "2", "log")
    lines.wait(r"<- about +611b5b33316d \(retained\)")
    lines.wait(r"<- health +b\?c거 \(retained\)")
    assert process.wait(60) == 0


class Terminal:
    """A program on a terminal, and the screen as the user sees it."""

    SEQUENCE = re.compile(r"\033\[(\?\d+[hl]|[\d;]*[A-Za-z])")

    def __init__(self, arguments, environment, lines=24, columns=80):
        self.lines, self.columns = lines, columns
        self.raw, self.code = "", None
        self._changed = threading.Condition()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            # The size is there before the program looks.
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
            os.execve(arguments[0], arguments, environment)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while chunk := os.read(self.fd, 65536):
                with self._changed:
                    self.raw += decoder.decode(chunk)
                    self._changed.notify_all()
        except OSError:  # its end
            pass
        with self._changed:
            self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            self._changed.notify_all()

    def screen(self):
        """The lines of the screen as they were last drawn whole; what does not fit into it is no screen."""
        drawn = re.findall(r"\033\[H((?:(?!\033\[H).)*)\033\[J", self.raw, re.DOTALL)
        rows = []
        for line in (drawn[-1] if drawn else "").replace("\r", "").split("\n"):
            text = self.SEQUENCE.sub("", line)
            wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
            if len(text) + wide > self.columns:
                return ["a line is too long"] * self.lines
            rows.append(text.rstrip())
        if len(rows) > self.lines:
            return ["the screen has scrolled"] * self.lines
        return rows + [""] * (self.lines - len(rows))

    def wait(self, accept, timeout=60):
        """Until the screen is so."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.code is not None or accept(self.screen()), timeout), self.screen()
        assert self.code is None, self.raw

    def resize(self, lines, columns):
        with self._changed:
            self.lines, self.columns, self.raw = lines, columns, ""
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def type(self, text):
        os.write(self.fd, text)

    def end(self, timeout=60):
        """The exit code and all that it wrote."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.code is not None, timeout), self.raw
        self._reader.join()
        return self.code, self.raw

    def close(self):
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
        self._reader.join()
        os.close(self.fd)


@pytest.fixture
def make_terminal(program, environment, broker):
    terminals = []

    def make(*arguments, lines=24, columns=80, **more):
        connection = ["-h", "127.0.0.1", "-p", str(broker.port), "-W", WAIT_S]
        terminals.append(Terminal([program, *connection, *arguments], environment | more, lines, columns))
        return terminals[-1]

    yield make
    for terminal in terminals:
        terminal.close()


def test_colors_are_for_terminals_that_have_them(gateway, client, make_terminal):
    client.wait("tos/sensors")
    code, out = make_terminal("status").end()
    assert code == 0 and "\033[32monline\033[0m" in out
    for more in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        code, out = make_terminal("status", **more).end()
        assert code == 0 and "online" in out and "\033" not in out


BLOCKS = "[▁▂▃▄▅▆▇█]"


def test_watch_has_a_row_with_a_plot_for_each_sensor(gateway, client, make_terminal):
    client.wait("tos/about")
    terminal = make_terminal("watch")
    terminal.wait(lambda screen: re.match(rf"temp +23 °C +{BLOCKS}{{5}}", screen[2]))
    screen = terminal.screen()
    assert screen[0] == "tos: online"
    assert [line.split(" ")[0] for line in screen[2:6]] == ["temp", "humi", "cds", "sound"]
    assert screen[6:] == [""] * 18
    gateway.set("adc.0", 3000)
    terminal.wait(lambda screen: re.match(r"cds +3000 +▁+█", screen[4]))
    terminal.resize(4, 30)
    terminal.wait(lambda screen: screen[0].startswith("tos: online, 2 more (tosctl wa") and screen[3].startswith("humi"))
    assert terminal.screen()[2] == "temp             23 °C"
    terminal.type(b"\x03")
    code, out = terminal.end()
    assert code == 0 and out.endswith("\033[?25h\033[?1049l")


def test_watch_without_utf8_and_with_names(gateway, client, make_terminal):
    client.wait("tos/about")
    terminal = make_terminal("watch", "cds", "temp", LANG="C")
    terminal.wait(lambda screen: re.match(r"cds +812 +={3}", screen[3]))
    screen = terminal.screen()
    assert screen[2].startswith("temp") and screen[4:] == [""] * 20
    assert gateway.stop() == 0
    terminal.wait(lambda screen: screen[0] == "tos: OFFLINE")


def test_watch_of_256_sensors_on_24_lines(broker, client, make_gateway, make_terminal):
    sensors = "".join(f"  s{number}: {{from: adc.0}}\n" for number in range(252))
    make_gateway(make_map(broker.port).replace("sensors:\n", f"sensors:\n{sensors}"))
    client.wait("tos/about")
    terminal = make_terminal("watch")
    terminal.wait(lambda screen: screen[0] == "tos: online, 234 more (tosctl watch NAME...)" and screen[23])
    terminal.type(b"\x03")
    assert terminal.end()[0] == 0


def test_watch_in_a_pipe_says_what_to_do(gateway, client, call):
    client.wait("tos/about")
    assert call("watch")[::2] == (2, "tosctl: watch needs a terminal; tosctl log goes into a pipe\n")


def test_the_connection_comes_from_a_file_or_the_map(gateway, client, program, environment, broker, folder):
    client.wait("tos/about")

    def run(*arguments, code=0):
        done = subprocess.run(
            [program, "-W", WAIT_S, *arguments, "names"], capture_output=True, text=True, env=environment, check=False
        )
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    names = "led red\nled green\nled blue\nmotor motor0\n"
    path = folder / "tosd.yaml"
    path.write_text(make_map(broker.port))
    assert run("-c", str(path)) == names
    assert run("-L", f"mqtt://127.0.0.1:{broker.port}") == names
    (folder / ".config").mkdir()
    own = folder / ".config" / "tosctl"
    own.write_text(f"# mine\n-h 127.0.0.1\n--port {broker.port}\n")
    assert run() == names
    assert "no gateway" in run("-t", "other", "-W", "1", code=3)
    own.write_text("-h 127.0.0.1\n--prot 1883\n")
    assert f"that stands in {own}" in run(code=2)


def test_a_user_and_a_password(make_broker, make_client, make_gateway, call, folder):
    """What a viewer may not do is not answered; a wrong password is told."""
    passwords = folder / "passwords"
    passwords.touch(mode=0o600)
    for user in ("operator", "gateway"):
        subprocess.run(["mosquitto_passwd", "-b", str(passwords), user, f"{user}-1"], check=True)
    broker = make_broker(f"user root\nallow_anonymous false\npassword_file {passwords}")
    secret = folder / "secret"
    secret.write_text("gateway-1\n")
    secret.chmod(0o600)
    client = make_client(broker.port, username="operator", password="operator-1")
    make_gateway(make_map(broker.port, f"  username: gateway\n  password_file: {secret}"))
    client.wait("tos/about")
    user = ("-u", "operator", "-P")
    assert call(*user, "operator-1", "led", "red", "on", port=broker.port)[0] == 0
    code, _, err = call(*user, "wrong", "status", port=broker.port)
    assert code == 3 and "user" in err.lower()
    # The file of who calls has it, too: nothing on the command line for others to see.
    (folder / ".config").mkdir()
    (folder / ".config" / "tosctl").write_text("-u operator\n-P operator-1\n")
    assert call("led", "red", "off", port=broker.port)[0] == 0


def test_tls(make_tls_broker, keys, make_gateway, call, program, environment):
    broker = make_tls_broker()
    gateway = make_gateway(tls_map(broker, keys))
    gateway.log.wait("connected to mqtts://")
    arguments = ["-L", f"mqtts://localhost:{broker.port}", "-W", WAIT_S, "led", "red", "on"]

    def run(ca):
        return subprocess.run(
            [program, "--cafile", f"{keys}/{ca}.crt", *arguments],
            capture_output=True,
            text=True,
            env=environment,
            check=False,
        )

    done = run("ca")
    assert (done.returncode, done.stdout, done.stderr) == (0, "led 0: on, bright 10\n", "")
    done = run("other")
    assert done.returncode == 3 and "certificate" in done.stderr


def test_what_needs_no_gateway(program, environment, folder):
    def run(*arguments, code=0):
        done = subprocess.run([program, *arguments], capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    good, bad = folder / "good.yaml", folder / "bad.yaml"
    good.write_text(make_map(1883))
    bad.write_text(make_map(1883).replace("mcp3208", "mcp3280"))
    assert "good: chips 3, sensors 4, LEDs 3, motors 1" in run("check", str(good))
    assert 'did you mean "mcp3208"?' in run("check", str(bad), code=1)
    assert re.search(r"^bme280 +I2C, SPI +Bosch", run("drivers"), re.MULTILINE)
    shown = run("drivers", "sht31")
    assert shown.startswith("sht3x: ") and "temperature" in shown and "0x44" in shown
    assert 'did you mean "bme280"?' in run("drivers", "bme208", code=4)
    shown = run("outputs")
    assert re.search(r"^led: light$.*^motor: .*moves$", shown, re.MULTILINE | re.DOTALL)
    assert re.search(r"^    bright +1 to 10$", shown, re.MULTILINE)
    assert run("--version").startswith("tosctl ")


def test_help_is_one_screen(program, environment):
    for option in ("--help", "-h"):
        done = subprocess.run([program, option], capture_output=True, text=True, env=environment, check=True)
        lines = done.stdout.splitlines()
        assert len(lines) <= 40 and max(map(len, lines)) <= 80
        assert "Usage: tosctl" in lines[0]


def test_bash_completes_what_the_gateway_has(gateway, client, program, environment, broker):
    client.wait("tos/about")
    script = pathlib.Path(__file__).resolve().parents[2] / "tosctl" / "completion.bash"
    more = environment | {"PATH": f"{pathlib.Path(program).parent}:{environment['PATH']}", "TOSCTL_WAIT": WAIT_S}

    def complete(*words):
        line = " ".join(f"'{word}'" for word in ("tosctl", *words))
        text = f". {script}; COMP_WORDS=({line}); COMP_CWORD={len(words)}; _tosctl; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        done = subprocess.run(
            ["bash", "-c", text], capture_output=True, text=True, env=more, check=True
        )
        assert done.stderr == ""
        return set(done.stdout.split())

    connection = ("-h", "127.0.0.1", "-p", str(broker.port))
    assert {"status", "send", "led", "motor"} <= complete(*connection, "")
    assert complete(*connection, "led", "r") == {"red"}
    assert complete("drivers", "bme2") == {"bme280"}
    assert complete("--caf") == {"--cafile"}
