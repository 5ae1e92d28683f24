# SPDX-License-Identifier: MIT
"""All or nothing: a message with a mistake gets one answer that names every mistake, and does nothing else."""

import json

import pytest
from conftest import make_map

BIG = 120 * 1024  # the broker is configured to drop much longer messages
RETAINED = "a retained message is an old command: publish it without retain, or set mqtt.accept_retained"


def refuse(gateway, client, payload, topic="tos/actions"):
    """The answer to a message that must not do anything."""
    mark, wire_mark = client.mark(), gateway.wire.mark()
    client.publish(topic, payload)
    # Behind it comes one that does something, so that what the first one did must be there by then.
    client.publish("tos/actions", '{"id":"fence","led":{"2":{"bright":9}}}')
    client.wait("tos/actions/ack", lambda message: b'"fence"' in message.payload, mark)
    level = gateway.wire.wait(r" pwm pwmchip0\.1 \S+$", wire_mark).group().strip()
    answers = [message.payload.decode() for message in client.since(mark, "tos/actions/ack")]
    assert len(answers) == 2
    assert gateway.wires(wire_mark) == [level]
    return answers[0]


def mistakes(answer):
    """The paths and reasons of an answer that has nothing else."""
    answer = json.loads(answer)
    assert list(answer) == ["ok", "errors"] and answer["ok"] is False
    assert all(list(error) == ["path", "reason"] for error in answer["errors"])
    return [(error["path"], error["reason"]) for error in answer["errors"]]


EVERYTHING = '"led":{"0":{"on":true}},"motor":{"direction":"forward"},"sensors":{"interval":200}'

EXAMPLE = 'LIKE{"led":{"0":{"on":true}}} for example'
QUOTES = 'keys and texts stand in double quotes, "'

NOT_JSON = [
    (b"STOP", 'not JSON: unexpected STOP at byte 1: to stop every motor, send stop or {"motor":"stop"}'),
    (b"hello", "not JSON: unexpected hello at byte 1: " + EXAMPLE.replace("LIKE", "an action is an object, ")),
    (b"{" + EVERYTHING.encode(), "not JSON: it ends too early at byte 84: a } is missing"),
    (b"{" + EVERYTHING.encode() + b"}}", "not JSON: something after its end at byte 85: one bracket is too many"),
    (b"{" + EVERYTHING.encode() + b",}", "not JSON: unexpected } at byte 85: there is a comma too many before it"),
    (b"{'led':{}}", "not JSON: unexpected ' (a single quote) at byte 2: " + QUOTES),
    ("{\u201cled\u201d:{}}".encode(), "not JSON: unexpected \u201c (U+201C, a curly quote) at byte 2: " + QUOTES),
    (b"{led:{}}", 'not JSON: unexpected led at byte 2: a key stands in double quotes, "led" (did a shell take them?)'),
    (b'{"led":True}', "not JSON: unexpected True at byte 8: JSON writes true"),
    (b'{"a":forward}', 'not JSON: unexpected forward at byte 6: a text stands in double quotes, "forward"'),
    (b'{"id":01}', "not JSON: unexpected 1 at byte 8: a number has no zero in front"),
    (b'{"id":1 "led":{}}', 'not JSON: unexpected " at byte 9: a comma is missing before it'),
    ('{"":\u00a0{}}'.encode(), "not JSON: unexpected \u00a0 (U+00A0, a no-break space) at byte 5: write a plain blank"),
    (b'\xef\xbb\xbf{"led":{"0":{"on":true}}}', "not JSON: a byte-order mark at byte 1: send it without one"),
    ('{"led":{"0":{"on":true}}}'.encode("utf-16"), "not JSON: UTF-16 at byte 1: send it as UTF-8"),
    ('{"led":{"0":{"on":true}}}'.encode("utf-16-le"), "not JSON: UTF-16 at byte 2: send it as UTF-8"),
    ('{"led":{"0":{"on":true}}}'.encode("utf-16-be"), "not JSON: UTF-16 at byte 1: send it as UTF-8"),
    ('{"led":{"0":{"on":true}}}'.encode("utf-32-le"), "not JSON: UTF-32 at byte 2: send it as UTF-8"),
    (b'{"led":\0{"0":{"on":true}}}', "not JSON: a NUL byte at byte 8"),
    (b'{"led":{"0":{"on":true}}}\0', "not JSON: something after its end at byte 26"),
    (b'{"led":{"0":{"on":true}},"id":"a\0b"}', "not JSON: a NUL byte at byte 33"),
    (b'{"led":{"0":{"on":true}},"id":"a\\u0000b"}', "\\u0000 is not allowed at byte 33"),
    (b'{"led":{"0":{"on":true}},"id":"\xff"}', "not UTF-8 at byte 32"),
    (b'{"led":{"0":{"on":true}},"id":"\xc0\x80"}', "not UTF-8 at byte 32"),
    (b'{"led":{"0":{"on":true}},"id":"\xed\xa0\x80"}', "not UTF-8 at byte 32"),
    (b'{"led":{"0":{"on":true}},"id":"\\ud800"}', "half of a surrogate pair at byte 32"),
    (b"\xff", "not JSON: unexpected byte 0xff at byte 1: a message is UTF-8"),
    (b'{"a":' * 9 + b"1" + b"}" * 9, "nested deeper than 8 at byte 41"),
    (b"[" * 16384, "nested deeper than 8 at byte 9"),
    (b"[" * 100000, "100000 bytes are more than the 16384 of an action"),
    (b" " * 16384, "not JSON: it ends too early at byte 16385"),
    (b" " * 16385, "16385 bytes are more than the 16384 of an action"),
    (b'{"id":"' + b"x" * BIG + b'"}', f"{BIG + 9} bytes are more than the 16384 of an action"),
]


@pytest.mark.parametrize("payload, reason", NOT_JSON, ids=lambda value: repr(value)[:40])
def test_not_json(gateway, client, payload, reason):
    assert mistakes(refuse(gateway, client, payload)) == [("", reason)]


def test_largest_action(gateway, client):
    action = b'{"led":{"0":{"on":true}}}'
    answer = client.ask(action + b" " * (16384 - len(action)))
    assert answer == '{"ok":true,"applied":{"led":{"0":{"on":true,"bright":10}}}}'


MISTAKES = [
    # not an object
    ("null", [("", EXAMPLE.replace("LIKE", "must be an object, not null: "))]),
    ("[1]", [("", EXAMPLE.replace("LIKE", "must be an object, not an array: "))]),
    ('"led"', [("", EXAMPLE.replace("LIKE", "must be an object, not a string: "))]),
    ("7", [("", EXAMPLE.replace("LIKE", "must be an object, not a number: "))]),
    # empty objects
    ("{}", [("", EXAMPLE.replace("LIKE", "an empty object: "))]),
    ('{"led":{}}', [("led", 'an empty object: {"0":{"on":true}} for example')]),
    ('{"led":{"0":{}}}', [("led.0", 'an empty object: {"on":true} for example')]),
    ('{"motor":{}}', [("motor", 'an empty object: {"direction":"forward","speed":5} for example')]),
    ('{"motor":{"0":{}}}', [("motor.0", 'an empty object: {"direction":"forward","speed":5} for example')]),
    ('{"sensors":{}}', [("sensors", 'an empty object: {"interval":1000} for example')]),
    # unknown keys
    ('{"lde":{"0":{"on":true}}}', [("lde", 'unknown key "lde", did you mean "led"?')]),
    (
        '{"relay":{"0":{"on":true}}}',
        [("relay", 'unknown key "relay", known here: led, motor, sensors, id, ts, ttl')],
    ),
    ('{"led":{"0":{"on":true,"colour":"red"}}}', [("led.0.colour", 'unknown key "colour", did you mean "color"?')]),
    ('{"led":{"0":{"On":true}}}', [("led.0.On", 'unknown key "On", did you mean "on"?')]),
    ('{"motor":{"direktion":"forward"}}', [("motor.direktion", 'unknown key "direktion", did you mean "direction"?')]),
    ('{"sensors":{"intervall":100}}', [("sensors.intervall", 'unknown key "intervall", did you mean "interval"?')]),
    ('{"sensors":{"interval":100,"rate":5}}', [("sensors.rate", 'unknown key "rate", known here: interval, read, count')]),
    # wrong types
    ('{"led":7}', [("led", 'must be an object, not a number: {"0":{"on":true}} for example')]),
    ('{"led":{"0":true}}', [("led.0", 'must be an object, not a boolean: {"on":true} for example')]),
    ('{"led":{"0":"on"}}', [("led.0", 'must be an object, not a string: {"on":true} for example')]),
    ('{"led":{"0":{"on":1}}}', [("led.0.on", "must be true or false, not a number")]),
    ('{"led":{"0":{"on":"true"}}}', [("led.0.on", "must be true or false, not a string")]),
    ('{"led":{"0":{"on":null}}}', [("led.0.on", "must be true or false, not null")]),
    ('{"led":{"1":{"bright":"7"}}}', [("led.1.bright", "must be a whole number, not a string")]),
    ('{"motor":{"direction":1}}', [("motor.direction", "must be a string, not a number")]),
    ('{"motor":{"speed":[5]}}', [("motor.speed", "must be a whole number, not an array")]),
    ('{"sensors":{"interval":"1000"}}', [("sensors.interval", "must be a whole number, not a string")]),
    ('{"led":{"0":{"on":true}},"id":true}', [("id", "must be a string or an integer, not a boolean")]),
    # numbers
    ('{"led":{"1":{"bright":0}}}', [("led.1.bright", "0 is outside 1..10")]),
    ('{"led":{"1":{"bright":11}}}', [("led.1.bright", "11 is outside 1..10")]),
    ('{"led":{"1":{"bright":-1}}}', [("led.1.bright", "-1 is outside 1..10")]),
    ('{"led":{"1":{"bright":7.5}}}', [("led.1.bright", "7.5 is not a whole number")]),
    ('{"motor":{"speed":99}}', [("motor.speed", "99 is outside 1..10")]),
    ('{"motor":{"speed":1e999}}', [("motor.speed", "a number of that size is outside 1..10")]),
    ('{"sensors":{"interval":19}}', [("sensors.interval", "19 is outside 20..3600000 ms")]),
    ('{"sensors":{"interval":3600001}}', [("sensors.interval", "3600001 is outside 20..3600000 ms")]),
    ('{"sensors":{"interval":100.5}}', [("sensors.interval", "100.5 is not a whole number")]),
    ('{"led":{"0":{"on":true}},"id":1.5}', [("id", "1.5 is not a whole number")]),
    (
        '{"led":{"0":{"on":true}},"id":9007199254740992}',
        [("id", "9007199254740992 is outside -9007199254740991..9007199254740991")],
    ),
    ('{"led":{"0":{"on":true}},"id":"%s"}' % ("x" * 257), [("id", "longer than 256 bytes")]),
    # words
    (
        '{"motor":{"direction":"forwards"}}',
        [("motor.direction", '"forwards" is no direction, did you mean "forward"?')],
    ),
    ('{"motor":{"direction":"up"}}', [("motor.direction", '"up" is none of "forward", "backward", "stop"')]),
    # what looks like a stop and is none
    ('{"motor":{"direction":"Stop"}}', [("motor.direction", '"Stop" is no direction: to stop it, say "stop"')]),
    ('{"motor":{"direction":"off"}}', [("motor.direction", '"off" is no direction: to stop it, say "stop"')]),
    ('{"motor":{"direction":false}}', [("motor.direction", 'must be a string, not a boolean: to stop it, say "stop"')]),
    ('{"motor":{"speed":"0"}}', [("motor.speed", 'must be a whole number, not a string: to stop it, say "speed":0')]),
    ('{"motor":{"stop":true}}', [("motor.stop", 'unknown key "stop": to stop it, say "direction":"stop"')]),
    ('{"motor":"off"}', [("motor", 'must be an object, not a string: to stop it, say {"motor":"stop"}')]),
    ('{"motor":{"0":false}}', [("motor.0", 'must be an object, not a boolean: to stop it, say "stop"')]),
    # devices that there are not
    ('{"led":{"3":{"on":true}}}', [("led.3", 'there is no LED "3": this gateway has 0 (red), 1 (green), 2 (blue)')]),
    ('{"led":{"00":{"on":true}}}', [("led.00", 'there is no LED "00": this gateway has 0 (red), 1 (green), 2 (blue)')]),
    ('{"led":{"gren":{"on":true}}}', [("led.gren", 'there is no LED "gren", did you mean "green"?')]),
    ('{"motor":{"1":{"speed":5}}}', [("motor.1", 'there is no motor "1": this gateway has 0 (motor0)')]),
    # one device twice
    ('{"led":{"0":{"on":true},"red":{"on":false}}}', [("led.red", 'the same LED as "0"')]),
    ('{"motor":{"direction":"forward","0":{"speed":5}}}', [("motor.direction", 'the same motor as "0"')]),
    (
        '{"motor":{"0":{"direction":"forward"},"motor0":{"direction":"backward"}}}',
        [("motor.motor0", 'the same motor as "0"')],
    ),
    # duplicate keys, at every level
    ('{"led":{"0":{"on":true}},"led":{"1":{"on":true}}}', [("led", 'duplicate key "led"')]),
    ('{"led":{"0":{"on":true},"0":{"on":true}}}', [("led.0", 'duplicate key "0"')]),
    ('{"led":{"0":{"on":true,"on":false}}}', [("led.0.on", 'duplicate key "on"')]),
    (r'{"led":{"0":{"on":true,"\u006fn":false}}}', [("led.0.on", 'duplicate key "on"')]),
    ('{"motor":{"direction":"backward","direction":"forward"}}', [("motor.direction", 'duplicate key "direction"')]),
    # time
    ('{"led":{"0":{"on":true}},"ts":1}', [("ts", '"ts" needs "ttl" beside it')]),
    ('{"led":{"0":{"on":true}},"ttl":1}', [("ttl", '"ttl" needs "ts" beside it')]),
    ('{"led":{"0":{"on":true}},"ts":"now","ttl":-1}', [
        ("ts", "must be a whole number, not a string"),
        ("ttl", "-1 is outside 0..9007199254740991 ms"),
    ]),
    # nothing to do
    ('{"ts":1,"ttl":9007199254740991}', [("", "nothing to do: none of led, motor, sensors is in it")]),
    # several, in the order of the message, beside what would be right
    (
        '{"led":{"0":{"on":1},"9":{"on":true}},"motor":{"direction":"forward","speed":-1},'
        '"sensors":{"interval":50},"x":1}',
        [
            ("led.0.on", "must be true or false, not a number"),
            ("led.9", 'there is no LED "9": this gateway has 0 (red), 1 (green), 2 (blue)'),
            ("motor.speed", "-1 is outside 1..10"),
            ("x", 'unknown key "x", known here: led, motor, sensors, id, ts, ttl'),
        ],
    ),
]


@pytest.mark.parametrize("payload, expected", MISTAKES, ids=[row[0][:60] for row in MISTAKES])
def test_mistakes(gateway, client, payload, expected):
    assert mistakes(refuse(gateway, client, payload)) == expected


def test_exact_bytes_with_an_id(gateway, client):
    answer = refuse(gateway, client, '{"motor":{"speed":99},"id":7}')
    assert answer == '{"ok":false,"id":7,"errors":[{"path":"motor.speed","reason":"99 is outside 1..10"}]}'


def test_more_mistakes_than_an_answer_holds(gateway, client):
    leds = {str(number): {"on": True} for number in range(100, 140)}
    named = mistakes(refuse(gateway, client, json.dumps({"led": leds})))
    assert [path for path, _ in named[:32]] == [f"led.{number}" for number in range(100, 132)]
    assert named[32:] == [("", "and 8 more mistakes")]


def test_what_is_quoted_is_printable(gateway, client):
    [(path, reason)] = mistakes(refuse(gateway, client, r'{"led":{"\u001b[31m\u009b\n\u00fc":{"on":true}}}'))
    # A question mark for each byte, of which U+009B has two.
    assert path == "led.?[31m???\u00fc"
    assert reason == 'there is no LED "?[31m???\u00fc": this gateway has 0 (red), 1 (green), 2 (blue)'


@pytest.mark.parametrize(
    "payload, quoted",
    [
        (b" ", ""),
        (b"abc", "abc"),
        (b"-100", "-100"),
        (b"+100", "+100"),
        (b"100.0", "100.0"),
        (b"1e3", "1e3"),
        (b"0x64", "0x64"),
        (b"100 200", "100 200"),
        (b"100 parsecs", "100 parsecs"),
        (b'{"interval":100}', '{"interval":100}'),
        (b"100\0", "100?"),
        (b"\xff\xfe", "??"),
        ("\u0661\u0660\u0660".encode(), "\u0661\u0660\u0660"),
        (b"x" * BIG, "x" * 40),
        (b"1" + b" " * BIG, "1"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_junk_as_an_interval(gateway, client, payload, quoted):
    answer = refuse(gateway, client, payload, "tos/sensors/interval")
    assert mistakes(answer) == [("sensors.interval", f'"{quoted}" is not a whole number of milliseconds')]


@pytest.mark.parametrize("payload", ["0", "19", "3600001", "4294967396", "99999999999999999999999"])
def test_interval_out_of_range(gateway, client, payload):
    answer = refuse(gateway, client, payload, "tos/sensors/interval")
    assert mistakes(answer) == [("sensors.interval", f"{payload} is outside 20..3600000 ms")]


@pytest.mark.parametrize(
    "payload",
    [b" ", b"1", b"11", b"1 2", b"1 -1", b"0 1", b"4 1", b"-1 1", b"1 1 1", b"1,1", b"1 on", b"red 1", b"a b",
     b"1.0 1", b"1\x001", b"1 1\0", b"\xff 1", b"18446744073709551617 1", b"1 18446744073709551617",
     b'{"led":{"0":{"on":true}}}', b"1 1" + b"x" * BIG, b"1 1" + b" " * BIG],
    ids=lambda value: repr(value)[:20],
)
def test_junk_as_an_led_command(gateway, client, payload):
    assert refuse(gateway, client, payload, "tos/actions/leds") == "unknown command"


EVERY_TOPIC = ["actions", "sensors/interval", "actions/leds", "action", "actions/led", "actions/motor"]


@pytest.mark.parametrize("topic", EVERY_TOPIC)
@pytest.mark.parametrize("retain", [False, True])
def test_a_message_without_payload_is_no_command(gateway, client, topic, retain):
    """Retained ones are cleared with it."""
    mark = client.mark()
    client.publish(f"tos/{topic}", b"", retain=retain)
    assert client.ask_json({"led": {"2": {"bright": 9}}})["ok"]
    assert len(client.since(mark, "tos/actions/ack")) == 1


@pytest.mark.parametrize(
    "topic, payload, reason",
    [
        ("tos/action", '{"led":{"0":{}}}', "tos/action is no topic of this gateway: send an action to tos/actions"),
        ("tos/actions/led", "1 1", 'tos/actions/led is no topic of this gateway: send {"led":{...}} to tos/actions'),
        (
            "tos/actions/motor",
            '{"direction":"forward"}',
            'tos/actions/motor is no topic of this gateway: send {"motor":{...}} to tos/actions',
        ),
        ("tos/actions/motor", "Off", "tos/actions/motor takes the text stop alone, which stops every motor"),
    ],
)
def test_a_misspelled_topic_is_answered_with_the_right_one(gateway, client, topic, payload, reason):
    assert mistakes(refuse(gateway, client, payload, topic)) == [("", reason)]


OLD_ACL = """
topic read tos/sensors/interval
topic read tos/actions
topic read tos/actions/leds
topic write tos/#
"""


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_an_acl_that_grants_none_of_them_goes_on_working(make_broker, make_client, make_gateway, folder, version):
    acl = folder / "acl"
    acl.write_text("user gateway" + OLD_ACL + "user test\ntopic readwrite #\n")
    acl.chmod(0o644)
    folder.chmod(0o755)
    broker = make_broker(f"user root\nacl_file {acl}")
    client = make_client(broker.port, username="test", password=None)
    gateway = make_gateway(make_map(broker.port, mqtt=f"  version: {version}\n  username: gateway"))
    client.wait("tos/sensors")
    assert client.ask_json({"led": {"0": {"on": True}}})["ok"]
    assert client.ask("1 0", topic="tos/actions/leds") == "led1 off"
    mark = client.mark()
    client.publish("tos/action", '{"led":{"0":{"on":true}}}')
    assert client.ask_json({"id": "fence", "led": {"1": {"on": True}}})["id"] == "fence"
    assert len(client.since(mark, "tos/actions/ack")) == 1  # mosquitto lets it subscribe, and delivers nothing
    complaints = [line for line in gateway.log.since() if line.startswith(("error", "warning"))]
    assert [line for line in complaints if "a reading took" not in line] == []  # on a busy machine


COMMANDS = [
    ("tos/actions", '{"id":3,"motor":{"direction":"forward"}}'),
    ("tos/sensors/interval", "777"),
    ("tos/actions/leds", "1 1"),
]


def publish_retained(client):
    for topic, payload in COMMANDS:
        client.publish(topic, payload, retain=True)


def test_retained_commands_are_refused(broker, client, make_gateway):
    publish_retained(client)
    gateway = make_gateway(make_map(broker.port))
    client.wait_several("tos/actions/ack", 3)
    client.wait("tos/sensors")
    assert client.ask('{"id":"fence","led":{"2":{"on":true}}}') == (
        '{"ok":true,"id":"fence","applied":{"led":{"2":{"on":true,"bright":10}}}}'
    )
    answers = [message.payload.decode() for message in client.since(topic="tos/actions/ack")]
    error = '"errors":[{"path":"","reason":"%s"}]}' % RETAINED
    assert sorted(answers[:3]) == ["unknown command", '{"ok":false,' + error, '{"ok":false,"id":3,' + error]
    assert len(answers) == 4
    assert (gateway.output("GPIO5"), gateway.output("GPIO17")) == (0, 0)
    state = client.wait_json("tos/state", lambda state: state["led"]["2"]["on"])
    assert (state["motor"]["direction"], state["sensors"]["interval"]) == ("stop", 100)


def test_retained_mistake_is_refused_as_retained(broker, client, make_gateway):
    client.publish("tos/actions", '{"id":4,"lde":1}', retain=True)
    make_gateway(make_map(broker.port))
    assert json.loads(client.wait("tos/actions/ack").payload) == {
        "ok": False,
        "id": 4,
        "errors": [{"path": "", "reason": RETAINED}],
    }


def test_retained_commands_where_the_map_accepts_them(broker, client, make_gateway):
    publish_retained(client)
    gateway = make_gateway(make_map(broker.port, "  accept_retained: true"))
    answers = [message.payload.decode() for message in client.wait_several("tos/actions/ack", 3)]
    assert sorted(answers) == [
        "led1 on",
        '{"ok":true,"applied":{"sensors":{"interval":777}}}',
        '{"ok":true,"id":3,"applied":{"motor":{"direction":"forward","speed":10}}}',
    ]
    assert (gateway.output("GPIO5"), gateway.output("GPIO17")) == (1, 1)


def test_a_flood_of_junk_is_answered_whole(gateway, client):
    """As many answers as messages, in their order, and the gateway goes on."""
    mark = client.mark()
    for number in range(500):
        client.client.publish("tos/actions", '{"id":%d}' % number, 1)
    answers = [json.loads(message.payload) for message in client.wait_several("tos/actions/ack", 500, mark)]
    assert [answer["id"] for answer in answers] == list(range(500))
    assert not any(answer["ok"] for answer in answers)
    client.wait("tos/sensors", mark=client.mark())
