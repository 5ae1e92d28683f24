# SPDX-License-Identifier: MIT
"""The watchdog is fed as long as every thread makes progress, or waits for nothing but the network."""

import socket
import time

import pytest

from conftest import make_map
from harness import TIMEOUT
from threads import standstill

pytestmark = pytest.mark.alone  # a loaded machine may keep the gateway from feeding it

WATCHDOG_S = 3
WATCHDOG = {"WATCHDOG_USEC": str(WATCHDOG_S * 1000000)}
ROUND_S = WATCHDOG_S / 4  # main asks the two others four times in each watchdog time


def wait_fed(gateway, times):
    mark = gateway.notifications.lines.mark()
    for _ in range(times):
        # Later than this, the service manager would have ended the process.
        gateway.notifications.lines.wait(r"^WATCHDOG=1$", mark, timeout=WATCHDOG_S)
        mark = gateway.notifications.lines.mark()


def fed(gateway, mark):
    return gateway.notifications.lines.since(mark).count("WATCHDOG=1")


@pytest.mark.parametrize("thread", ["main", "tosd-sampler", "link"])
def test_a_thread_that_stands_still_ends_the_feeding(broker, client, make_gateway, thread):
    # The readings are far apart, so that the link waits in its own loop: in the library it may wait for the network.
    gateway = make_gateway(make_map(broker.port, interval="10s"), environment=WATCHDOG)
    client.wait("tos/status", lambda m: m.payload == b"online")
    wait_fed(gateway, 2)
    with standstill(gateway.process, thread):
        # The answer to a question that was asked before may still be on its way.
        time.sleep(2 * ROUND_S)
        mark = gateway.notifications.lines.mark()
        # A message that must not come cannot be awaited. At this time the service manager would end the process.
        time.sleep(1.5 * WATCHDOG_S)
        assert fed(gateway, mark) == 0
    # The service manager did not end it, so the gateway goes on.
    wait_fed(gateway, 2)


def test_it_is_fed_with_a_broker_and_without(broker, client, make_gateway):
    gateway = make_gateway(make_map(broker.port), environment=WATCHDOG)
    client.wait("tos/status", lambda m: m.payload == b"online")
    wait_fed(gateway, 3)
    broker.stop()
    wait_fed(gateway, 3)


def test_a_broker_that_accepts_and_says_nothing_is_no_reason_to_end(make_gateway):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(TIMEOUT)
        gateway = make_gateway(make_map(server.getsockname()[1]), environment=WATCHDOG)
        connection, _ = server.accept()
        with connection:
            # The library waits 5 s for the answer to this.
            assert connection.recv(1)
            wait_fed(gateway, 6)
