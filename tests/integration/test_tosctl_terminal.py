# SPDX-License-Identifier: MIT
"""tosctl on a terminal, whose screen is compared, and in a pipe."""

import re
import subprocess
import unicodedata

import pytest
from conftest import TOSCTL_WAIT_S, make_map
from terminal import Terminal


@pytest.mark.parametrize("command", ["log", "status", "status --json", "drivers", "schema"])
@pytest.mark.parametrize("before", ["", "trap '' PIPE; "])
def test_a_pipe_that_closes_is_no_noise(gateway, client, program, environment, broker, command, before):
    """The signal ends it. Where that is ignored, it finds that nobody reads."""
    client.wait("tos/about")
    line = f"{before}'{program}' -h 127.0.0.1 -p {broker.port} -W {TOSCTL_WAIT_S} {command} | head -n 1"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=120, env=environment, check=True)
    assert done.stdout.count("\n") == 1 and done.stderr == ""


def test_what_others_send_does_not_steer_the_terminal(client, start_tosctl):
    client.publish("tos/about", "a\033[31m", retain=True)
    client.publish("tos/health", "b\u009bc거", retain=True)
    process, lines = start_tosctl("-C", "2", "log")
    lines.wait(r"<- about +611b5b33316d \(retained\)")
    lines.wait(r"<- health +b\?c거 \(retained\)")
    assert process.wait(60) == 0


@pytest.fixture
def make_terminal(program, environment, broker):
    terminals = []

    def make(*arguments, lines=24, columns=80, **more):
        connection = ["-h", "127.0.0.1", "-p", str(broker.port), "-W", TOSCTL_WAIT_S]
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
BLOCKS_8 = re.compile(f"{BLOCKS}{{8}}$")


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


def test_watch_says_on_the_other_screen_that_the_broker_is_gone(gateway, client, broker, make_terminal):
    """What is said on a screen that is left is seen by nobody."""
    client.wait("tos/about")
    terminal = make_terminal("watch")
    terminal.wait(lambda screen: screen[2].startswith("temp"))
    broker.stop()
    code, out = terminal.end()
    assert code == 3
    assert out.endswith(f"\033[?1049ltosctl: the connection to mqtt://127.0.0.1:{broker.port} was lost\r\n")


def test_watch_without_utf8_and_with_names(gateway, client, make_terminal):
    client.wait("tos/about")
    terminal = make_terminal("watch", "cds", "temp", LANG="C")
    terminal.wait(lambda screen: re.match(r"cds +812 +={3}", screen[3]))
    screen = terminal.screen()
    assert screen[2].startswith("temp") and screen[4:] == [""] * 20
    assert gateway.stop() == 0
    terminal.wait(lambda screen: screen[0] == "tos: OFFLINE")


def test_watch_of_a_sensor_that_there_is_not(gateway, client, make_terminal):
    client.wait("tos/about")
    for words, told in (
        (("tmp",), 'there is no sensor "tmp"; did you mean "temp"?'),
        (("cds", "pressure"), 'there is no sensor "pressure"; there are: temp, humi, cds, sound'),
    ):
        code, out = make_terminal("watch", *words).end()
        assert (code, out) == (4, f"tosctl: {told}\r\n")


def test_watch_of_a_gateway_without_sensors(broker, client, make_gateway, make_terminal):
    text = make_map(broker.port)
    make_gateway(text[: text.index("sensors:")] + text[text.index("leds:") :])
    client.wait("tos/about")
    assert make_terminal("watch").end() == (4, "tosctl: this gateway has no sensors\r\n")


def columns_before(line, word):
    """Returns the column in which the word begins. A Korean character takes two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in line[: line.index(word)])


def test_names_of_two_columns_a_character(client, broker, call, make_terminal):
    """No map of this version has such a name, but another gateway may."""
    health = {"version": "9", "interval_ms": 3600000, "broker": "mqtt://x", "sensors": {"온도": {"ok": True}, "cds": {"ok": True}}}
    sensors = {"온도": {"unit": "°C", "decimals": 1}, "cds": {"decimals": 0}}
    about = {"schema": 1, "sensors": sensors, "outputs": {"led": [{"name": "거실등", "nature": "light", "keys": {}}]}}
    for topic, payload in (("about", about), ("health", health), ("state", {"led": {"on": True}}), ("status", "online")):
        client.publish(f"tos/{topic}", payload, retain=True)
    _, out, _ = call("status")
    lines = {line.split()[0]: line for line in out.splitlines() if line}
    assert columns_before(lines["온도"], "-") == columns_before(lines["cds"], "-") == 17
    assert columns_before(lines["led"], "on") == 17
    mark = broker.log.mark()
    terminal = make_terminal("watch", columns=40)
    broker.log.wait(r"tosctl-\S+ \d tos/sensors$", mark)
    for _ in range(20):
        client.publish("tos/sensors", {"온도": 23.5, "cds": 812})
    terminal.wait(lambda screen: BLOCKS_8.search(screen[2]) and BLOCKS_8.search(screen[3]))
    temp, cds = terminal.screen()[2:4]
    assert temp.startswith("온도 ") and columns_before(temp, "23.5 °C") == columns_before(cds, "812") == 17


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
