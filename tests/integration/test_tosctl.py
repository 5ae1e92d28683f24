# SPDX-License-Identifier: MIT
"""tosctl, against a real broker and gateway."""

import json
import re
import signal
import subprocess
import threading

import pytest
from conftest import TOSCTL_WAIT_S, make_map
from harness import free_port


def state(client, accept):
    return client.wait_json("tos/state", accept)


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


@pytest.mark.parametrize(
    "words, code, told",
    [
        (("stop", "now"), 2, '"now" is nothing that motor0 takes'),
        (("left", "stop"), 4, 'there is no motor "left"'),
        (("1", "stop"), 4, 'there is no motor "1"'),
    ],
)
def test_a_stop_is_carried_out_whatever_is_wrong(gateway, client, call, words, code, told):
    client.wait("tos/about")
    assert client.ask_json({"motor": {"direction": "forward", "speed": 5}})["ok"]
    mark = client.mark()
    got, out, err = call("motor", *words)
    assert (got, out) == (code, "motor: stop, speed 5\n") and told in err
    client.wait_json("tos/state", lambda state: state["motor"]["direction"] == "stop", mark)


def test_what_is_wrong_says_how_it_is_right(gateway, client, call):
    client.wait("tos/about")
    for arguments, code, words in (
        (("led", "rde", "on"), 4, 'there is no led "rde"; did you mean "red"?'),
        (("led", "7", "on"), 4, 'there is no led "7"; there are: red, green, blue'),
        (("led", "on"), 2, "say which led; there are: red, green, blue"),
        (("led", "red"), 2, "say what red shall do; it takes on, off, 1 to 10, 0% to 100%, toggle"),
        (("led", "1"), 2, "say what green shall do; it takes on, off, 1 to 10"),
        (("drivers", "dht22"), 4, "none is needed; the kernel reads it: on a Raspberry Pi with dtoverlay=dht11"),
        (("led", "red", "perhaps"), 2, '"perhaps" is nothing that red takes; it takes on, off, 1 to 10, 0% to 100%, toggle'),
        (("motor", "toggle"), 2, '"toggle" is nothing that motor0 takes; it takes forward, backward, stop, 1 to 10'),
        (("motor",), 2, "say what motor0 shall do; it takes forward"),
        (("motor", "motor0", "--for", "2s"), 2, "say what motor0 shall do; it takes forward"),
        (("motor", "1", "forward"), 4, 'there is no motor "1"; there are: motor0'),
        (("lamp", "red", "on"), 4, "neither a command nor a kind of output"),
        (("statsu",), 2, 'did you mean "status"?'),
        (("interval", "soon"), 2, "takes a time such as 500ms"),
        (("led", "red", "99"), 1, "refused: led.0.bright: 99 is outside 1..10"),
        (("led", "on", "--for", "1d"), 2, "say which led; there are: red, green, blue"),
        (("led", "7", "5s"), 4, 'there is no led "7"; there are: red, green, blue'),
        (("interval", "1ms"), 1, "refused: sensors.interval: 1 is outside"),
        (("send", "{"), 1, "refused: "),
        (("send", ""), 2, "the message is empty: send takes an action, as {"),
        (("send", " \n"), 2, "the message is empty"),
        (("send", "-"), 2, "nothing came on stdin"),
        (("motor", "motor0", "-0.5"), 1, "refused: motor.0.speed: -0.5 is "),
        (("motor", "-2"), 1, "refused: motor.0.speed: -2 is outside 1..10"),
        (("interval", "-5s"), 2, 'takes a time such as 500ms, 2s or 1min, not "-5s"'),
        (("led", "red", "on", "--for", "2"), 2, "--for 2 has no unit: write 2s or 2ms"),
        (("led", "red", "on", "--fade", "1.5"), 2, "--fade 1.5 has no unit: write 1.5s or 1.5ms"),
        (("interval", "200"), 2, "interval 200 has no unit: write 200s or 200ms"),
        (("--write", "x", "status"), 2, "status has no option --write: it is for probe\n"),
        (("led", "red", "on", "--force"), 2, "led has no option --force: it is for probe\n"),
        (("status", "--for", "2s"), 2, "status has no option --for: it is for outputs, as tosctl led red on\n"),
        (("-C", "2", "status"), 2, "status has no option -C: it is for watch, events, log\n"),
        (("-5", "status"), 4, '"-5" is neither a command nor a kind of output'),
        ((), 2, "say what to do"),
        (("interval",), 2, "Usage: tosctl interval TIME"),
        (("-W", "x", "status"), 2, "-W takes seconds"),
        (("-t", "tos/#", "status"), 2, "without + and #"),
    ):
        got, out, err = call(*arguments)
        assert (got, out) == (code, ""), (arguments, err)
        assert words in err, arguments


def test_what_a_motor_does_is_no_name(broker, client, make_gateway, call):
    motors = "{name: left, forward: GPIO16, backward: GPIO17}, {name: right, forward: GPIO20, backward: GPIO21}"
    make_gateway(f"mqtt: {{url: 'mqtt://127.0.0.1:{broker.port}'}}\nmotors: [{motors}]\n")
    client.wait("tos/about")
    for words in (("forward",), ("forward", "5"), ("62.5%", "forward"), ("direction=forward", "5")):
        assert call("motor", *words) == (2, "", "tosctl: say which motor; there are: left, right\n")
    assert call("motor", "lefd", "forward")[::2] == (4, 'tosctl: there is no motor "lefd"; did you mean "left"?\n')
    assert call("motor", "right", "forward", "--for", "0.001d")[0] == 0


def test_status_knows_an_interval_that_the_health_does_not_yet(gateway, client, call):
    """The health comes once a minute; no reading is due within the time that an answer may take."""
    client.wait("tos/about")
    mark = client.mark()
    assert call("interval", "60s")[0] == 0
    client.wait_json("tos/state", lambda state: state["sensors"]["interval"] == 60000, mark)
    code, out, err = call("status")
    assert (code, err) == (0, "") and "silent" not in out
    assert re.search("^interval +1 min$", out, re.MULTILINE)


@pytest.mark.parametrize("version", ["5", "311"])
def test_send_takes_any_action(gateway, client, call, version):
    client.wait("tos/about")
    code, out, _ = call("-V", version, "send", '{"led":{"0":{"on":true}}}')
    assert (code, out) == (0, "led 0: on, bright 10\n")
    code, out, _ = call("-V", version, "--json", "send", "-", text='{"id":"mine","led":{"red":{"bright":4}}}')
    assert code == 0
    assert json.loads(out) == {"ok": True, "id": "mine", "applied": {"led": {"red": {"on": True, "bright": 4}}}}


def test_interval_takes_units(gateway, client, call):
    client.wait("tos/about")
    assert call("interval", "1.5s") == (0, "sensors: interval 1500\n", "")
    state(client, lambda state: state["sensors"]["interval"] == 1500)
    assert call("interval", "200ms")[0] == 0
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
    code, _, err = call("led", "red", "on", wait="5")  # the same for the broker
    assert code == 3 and "no gateway has ever said anything on tos/status" in err
    gateway = make_gateway(make_map(broker.port))
    client.wait("tos/about")
    assert gateway.stop() == 0
    assert call("status")[::2] == (3, "tosctl: the gateway is offline\n")
    code, _, err = call("status", port=free_port())
    assert code == 3 and "refused" in err.lower()


STATUS = "tosctl status tells whether the gateway is online"


def test_no_answer_is_an_exit_code_of_its_own(gateway, client, call):
    client.wait("tos/about")
    gateway.pause()
    try:
        code, out, err = call("led", "red", "on", wait="5")  # the same for what is retained
    finally:
        gateway.resume()
    assert (code, out, err) == (124, "", f"tosctl: no answer within 5 s; {STATUS}\n")
    # Some commands ask without a look at the gateway.
    gateway.kill()
    client.wait("tos/status", lambda message: message.payload == b"offline")
    assert call("interval", "1s", wait="1") == (124, "", f"tosctl: no answer within 1 s; {STATUS}\n")


def test_an_older_gateway_is_sent_actions_as_they_are(client, call):
    """It has no ROOT/about."""
    client.publish("tos/status", "online", retain=True)
    code, _, err = call("led", "red", "on", wait="10")
    assert code == 1 and "use tosctl send" in err


def test_events_are_shown_as_they_happen(broker, client, make_gateway, start_tosctl):
    switch = "  door: {driver: switch, line: GPIO23}\nsensors:\n"
    gateway = make_gateway(make_map(broker.port).replace("sensors:\n", switch))
    client.wait("tos/state/input/door")
    process, lines = start_tosctl("-C", "2", "events")
    broker.log.wait(r"tosctl-\S+ 1 tos/events/backlog")
    gateway.set("door.state", 1)
    lines.wait(r"^\d\d:\d\d:\d\d\.\d{3}  door +1$")
    gateway.set("door.state", 0)
    lines.wait(r"^\d\d:\d\d:\d\d\.\d{3}  door +0$")
    assert process.wait(60) == 0


def test_log_shows_both_directions(gateway, client, start_tosctl, broker):
    client.wait("tos/about")
    process, lines = start_tosctl("log")
    lines.wait(r"<- about +\{.*\(retained\)")
    client.ask_json({"led": {"0": {"on": True}}})
    lines.wait(r"-> actions +\{\"led\"")
    lines.wait(r"<- actions/ack +\{\"ok\":true")
    lines.wait(r"<- sensors/temphumi +17002d00")  # packed: bytes
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    assert process.stderr.read() == ""


def test_a_negative_number_is_a_word(broker, client, make_gateway, call):
    """Behind the name and as the only word, and before options too."""
    flap = "servos:\n  - {name: flap, pwm: pwmchip0.0, angle: [-90, 90]}\n"
    make_gateway(make_map(broker.port).replace("leds:", f"{flap}leds:"))
    client.wait("tos/about")
    for arguments, angle in (
        (("servo", "flap", "-10"), -10),
        (("servo", "-20.5", "--for", "1h"), -20.5),
        (("servo", "--", "-3"), -3),
    ):
        assert call(*arguments)[::2] == (0, ""), arguments
        state(client, lambda state, angle=angle: state["servo"]["0"].get("angle") == angle)


FULL = ["status", "log", "read", "names", "schema", "drivers", "outputs", "--help", "--version", "probe"]
FULL += ["led red on", 'send {"led":{"0":{"on":true}}}']


@pytest.mark.parametrize("words", FULL)
def test_what_could_not_be_written_is_told(gateway, client, program, environment, broker, words):
    """With a single line, and with more than a buffer."""
    client.wait("tos/about")
    arguments = ["-h", "127.0.0.1", "-p", str(broker.port), "-W", TOSCTL_WAIT_S, *words.split()]
    with open("/dev/full", "w", encoding="utf-8") as full:
        pipes = {"stdout": full, "stderr": subprocess.PIPE, "text": True}
        done = subprocess.run([program, *arguments], **pipes, timeout=120, env=environment, check=False)
    assert done.returncode == 1
    told = "^tosctl: not all of the output could be written(: No space left on device)?$"
    assert re.search(told, done.stderr, re.MULTILINE)


@pytest.mark.parametrize("words, code", [("status", 1), ("led red on", 1), ("interval 1", 2)])
def test_a_closed_output_is_not_the_connection(gateway, client, program, environment, broker, words, code):
    """The next file that is opened would have its number. A command that had nothing to write has lost nothing."""
    client.wait("tos/about")
    line = f"'{program}' -h 127.0.0.1 -p {broker.port} -W {TOSCTL_WAIT_S} {words} >&-"
    done = subprocess.run(["sh", "-c", line], stderr=subprocess.PIPE, text=True, timeout=120, env=environment, check=False)
    assert done.returncode == code
    assert ("could be written: Bad file descriptor" in done.stderr) == (code == 1)


def test_names_are_what_can_stand_there(gateway, client, call):
    client.wait("tos/about")
    assert call("names") == (0, "led red\nled green\nled blue\nmotor motor0\n", "")
    assert call("names", "sensors") == (0, "temp\nhumi\ncds\nsound\n", "")
    assert call("names", "led") == (0, "".join(f"{name} on off toggle\n" for name in ("red", "green", "blue")), "")
    assert call("names", "motor") == (0, "motor0 on off forward backward stop\n", "")
    assert call("names", "sensor") == (4, "", 'tosctl: the gateway has no "sensor"; did you mean "sensors"?\n')


def test_what_needs_no_gateway(tosctl, folder):
    def run(*arguments, code=0):
        got, out, err = tosctl(*arguments)
        assert got == code, err
        return out + err

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
    assert "last_direction" not in shown  # which no action takes
    assert run("--version").startswith("tosctl ")


def test_help_is_one_screen(tosctl):
    for option in ("--help", "-h"):
        code, out, _ = tosctl(option)
        lines = out.splitlines()
        assert code == 0
        assert len(lines) <= 40 and max(map(len, lines)) <= 80
        assert "Usage: tosctl" in lines[0]
