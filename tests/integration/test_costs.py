# SPDX-License-Identifier: MIT
"""What a reading and an action cost in wake-ups and packets, which is most of it. Instructions are counted by ./run bench."""

import pathlib
import socket
import struct

import pytest
from conftest import make_map
from fake_broker import FakeBroker
from harness import TIMEOUT

READINGS = 30
ACTIONS = 10
DATA_SEGMENTS_IN = 152  # of struct tcp_info in linux/tcp.h


def wake_ups(gateway, thread):
    """How often a thread of the gateway has slept so far."""
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


@pytest.fixture
def fake():
    fake = FakeBroker()
    yield fake
    fake.close()


def segments(connection):
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    return struct.unpack_from("=I", info, DATA_SEGMENTS_IN)[0]


def test_an_acknowledgement_of_an_action_and_its_answer_are_one_packet(fake, make_gateway):
    """And the state that follows is another one: who waits for the answer does not wait for it."""
    make_gateway(make_map(fake.port, mqtt="  version: 3.1.1\n  health_interval: 1h", interval="1h"))
    greeting = set()
    while "tos/health" not in greeting or not greeting & {"tos/sensors", "tos/sensors/backlog"}:
        greeting.add(fake.topics.get(timeout=TIMEOUT))
    before = segments(fake.connection)
    for number in range(ACTIONS):
        fake.publish("tos/actions", b'{"led":{"0":{"on":%s}}}' % (b"false" if number % 2 else b"true"))
        assert [fake.topics.get(timeout=TIMEOUT) for _ in range(2)] == ["tos/actions/ack", "tos/state"]
    assert segments(fake.connection) - before <= 2.3 * ACTIONS
