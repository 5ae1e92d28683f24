# SPDX-License-Identifier: MIT
"""The wake-ups and packets of a reading, an action and a limit, which are most of the cost. ./run bench counts the
instructions."""

import json
import pathlib
import socket
import struct
import time

import pytest
from conftest import make_map
from fake_broker import FakeBroker
from harness import TIMEOUT
from threads import all_but_main_stand_still

pytestmark = pytest.mark.alone

READINGS = 30
ACTIONS = 10
DATA_SEGMENTS_IN = 152  # of struct tcp_info in linux/tcp.h
PUBACK_BYTES = 4
RESET = struct.pack("ii", 1, 0)  # of SO_LINGER: close() sends one

ONE_SENSOR = """
mqtt: {{url: "mqtt://127.0.0.1:{port}", version: 3.1.1, health_interval: 1h, keepalive: {keepalive}}}
chips:
  adc: {{driver: mcp3208, bus: /dev/spidev0.0}}
sensors:
  cds: {{from: adc.0, simulate: 812}}
interval: {interval}
leds:
  - {{name: red, line: GPIO17}}
"""


def one_sensor(port, interval="50ms", keepalive="20s"):
    return ONE_SENSOR.format(port=port, interval=interval, keepalive=keepalive)


def wake_ups(gateway, thread):
    """Returns how often a thread of the gateway has slept so far."""
    for task in pathlib.Path(f"/proc/{gateway.process.pid}/task").iterdir():
        status = dict(line.split(":", 1) for line in (task / "status").read_text().splitlines())
        if status["Name"].strip() == thread:
            return int(status["voluntary_ctxt_switches"])
    raise LookupError(thread)


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_a_reading_wakes_the_link_once(broker, client, make_gateway, version):
    """To be sent. Its acknowledgement does not."""
    gateway = make_gateway(make_map(broker.port, mqtt=f"  version: {version}\n  health_interval: 1h"))
    client.wait_several("tos/sensors", 3)
    before, mark = wake_ups(gateway, "link"), client.mark()
    client.wait_several("tos/sensors", READINGS, mark=mark)
    assert wake_ups(gateway, "link") - before <= 1.3 * READINGS


def test_a_reading_wakes_nobody_to_stand_by(broker, client, make_gateway):
    """Without a slow part, the thread that would take over sleeps, and the one that measures wakes once."""
    gateway = make_gateway(one_sensor(broker.port))
    client.wait_several("tos/sensors", 3)
    before, mark = [wake_ups(gateway, name) for name in ("tosd-sampler", "tosd-slow")], client.mark()
    client.wait_several("tos/sensors", READINGS, mark=mark)
    after = [wake_ups(gateway, name) for name in ("tosd-sampler", "tosd-slow")]
    assert after[0] - before[0] <= 1.1 * READINGS + 1
    assert after[1] - before[1] <= 1


@pytest.fixture
def fake():
    fake = FakeBroker()
    yield fake
    fake.close()


def segments(connection):
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    return struct.unpack_from("=I", info, DATA_SEGMENTS_IN)[0]


def test_an_acknowledgement_of_an_action_and_its_answer_are_one_packet(fake, make_gateway):
    """The state that follows is another packet, so the answer does not wait for it."""
    make_gateway(make_map(fake.port, mqtt="  version: 3.1.1\n  health_interval: 1h", interval="1h"))
    greeting = set()
    # Of the first reading its struct comes last, unless it was taken without a connection.
    while "tos/health" not in greeting or not greeting & {"tos/sensors/temphumi", "tos/sensors/backlog"}:
        greeting.add(fake.topics.get(timeout=TIMEOUT))
    before = segments(fake.connection)
    for number in range(ACTIONS):
        fake.publish("tos/actions", b'{"led":{"0":{"on":%s}}}' % (b"false" if number % 2 else b"true"))
        assert [fake.topics.get(timeout=TIMEOUT) for _ in range(2)] == ["tos/actions/ack", "tos/state"]
    assert segments(fake.connection) - before <= 2.3 * ACTIONS


def unread(connection):
    """Returns how many of our bytes are in the gateway's socket and not yet read."""
    ports = [connection.getpeername()[1], connection.getsockname()[1]]
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        if [int(words[i].split(":")[1], 16) for i in (1, 2)] == ports:
            return int(words[4].split(":")[1], 16)
    raise LookupError(ports)


def next_reading(fake):
    """The time stamp of the next one."""
    while True:
        name, payload = fake.published.get(timeout=TIMEOUT)
        if name == "tos/sensors":
            return json.loads(payload)["ts"]


def next_answer(fake):
    """Of a command that changes the state: when this has come too, our thread has no more to acknowledge."""
    answer, name = None, None
    while not (answer and name == "tos/state"):
        name, payload = fake.published.get(timeout=TIMEOUT)
        if name == "tos/actions/ack":
            answer = json.loads(payload)
    return answer


@pytest.mark.alone  # who is first is a matter of time
def test_acknowledgements_wait_for_each_other_and_commands_for_none(fake, make_gateway):
    make_gateway(one_sensor(fake.port))
    most = 0
    for _ in range(READINGS):
        next_reading(fake)
        most = max(most, unread(fake.connection))
    assert 2 * PUBACK_BYTES <= most < len("0?00tos/actions")
    for number in range(ACTIONS):
        next_reading(fake)
        before = fake.published.qsize()
        fake.publish("tos/actions", b'{"led":{"0":{"on":%s}}}' % (b"false" if number % 2 else b"true"))
        while fake.published.get(timeout=TIMEOUT)[0] != "tos/actions/ack":
            before -= 1
        assert before >= -1  # at most one reading came first


def test_the_rest_of_a_command_that_came_in_pieces_is_not_waited_for(fake, make_gateway):
    """It may be smaller than a message, and nothing else may come for a long time."""
    fake.silent_on.add("tos/sensors")
    gateway = make_gateway(one_sensor(fake.port, interval="300ms", keepalive="10h"))
    next_reading(fake)
    fake.publish("tos/sensors/interval", b"3600000")
    assert next_answer(fake)["ok"]
    for rest in range(1, len("0?00tos/actions")):
        packet = fake.packet("tos/actions", b'{"led":{"0":{"on":%s}}}' % (b"true" if rest % 2 else b"false"))
        before = wake_ups(gateway, "link")
        fake.connection.sendall(packet[:-rest])
        while unread(fake.connection) > 0 or wake_ups(gateway, "link") == before:
            pass  # until it has taken that and sleeps again
        fake.connection.sendall(packet[-rest:])
        assert next_answer(fake)["ok"]


def test_what_waits_is_fetched_before_the_keepalive_would_wake_for_it(fake, make_gateway):
    """The library is asked four times a keepalive."""
    gateway = make_gateway(one_sensor(fake.port, interval="500ms", keepalive="5s"))
    next_reading(fake)
    next_reading(fake)
    before = wake_ups(gateway, "link")
    for _ in range(READINGS // 2):
        next_reading(fake)
    assert wake_ups(gateway, "link") - before <= 1.2 * READINGS / 2


@pytest.mark.parametrize("end", ["closed", "reset"])
def test_what_was_acknowledged_and_not_yet_read_is_not_sent_again(fake, make_gateway, end):
    """There is one exception. A reading that is written just after the end of the connection meets that end, and then
    nobody reads the acknowledgements any more. So readings are few here, and the end comes right after one."""
    gateway = make_gateway(one_sensor(fake.port, interval="200ms"))
    seen = [next_reading(fake) for _ in range(READINGS // 3)]
    while unread(fake.connection) < 2 * PUBACK_BYTES:
        seen.append(next_reading(fake))
        assert len(seen) < READINGS
    first = fake.connection
    if end == "reset":
        first.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    first.shutdown(socket.SHUT_RD)  # so that our thread lets go of it
    gateway.log.wait("connection lost: ")
    while fake.connection is first or len(seen) < READINGS:
        name, payload = fake.published.get(timeout=TIMEOUT)
        if name.startswith("tos/sensors"):
            seen.append(json.loads(payload)["ts"])
    assert sorted(set(seen)) == sorted(seen)

MOTORS = 12
LIMITED = """
mqtt: {{url: "mqtt://127.0.0.1:{port}", health_interval: 1h}}
interval: 100ms
chips:
  air: {{driver: sht3x, bus: /dev/i2c-1}}
{chips}
sensors:
  temp: {{from: air.temperature}}
motors:
{motors}
failsafe: {{motors: keep}}
"""
LIMITS_READ_S = 0.1  # how often the levels are read while something moves


def limited_motors(port):
    chips = "\n".join(f"  top{i}: {{driver: switch, line: LIMIT{i}, debounce: 0s}}" for i in range(MOTORS))
    motors = "\n".join(f"  - {{enable: MOTOR{i}, limits: {{forward: top{i}}}}}" for i in range(MOTORS))
    return LIMITED.format(port=port, chips=chips, motors=motors)


def test_a_limit_wakes_main_alone_and_once(broker, client, make_gateway):
    """Without a broker, with the sensors' bus stuck, and while every other thread stands still. On the simulated board the
    edge is made by main itself when it takes the command: that is what wakes it, and it does not sleep again before the
    write. So there is no hop in between, and one wake-up for each."""
    gateway = make_gateway(limited_motors(broker.port))
    client.wait("tos/status", lambda m: m.payload == b"online")
    run = {"motor": {str(i): {"direction": "forward"} for i in range(MOTORS)}}
    assert client.ask_json(run)["ok"]
    gateway.fault("/dev/i2c-1", "stuck")
    client.wait_json("tos/sensors", lambda r: r["temp"] is None)
    broker.kill()
    gateway.log.wait("mqtt: .*(lost|closed|gone|connect)")
    mark = gateway.wire.mark()
    with gateway.commands() as command, all_but_main_stand_still(gateway.process):
        assert command("get MOTOR0") == "ok 1.0000"
        before, begin = wake_ups(gateway, "tosd"), time.monotonic()
        for i in range(MOTORS):
            assert command(f"set LIMIT{i} 1") == "ok"
            gateway.wire.wait(f"line MOTOR{i} 0", mark)
        woken, took_s = wake_ups(gateway, "tosd") - before, time.monotonic() - begin
    assert woken <= MOTORS + took_s / LIMITS_READ_S + 2
