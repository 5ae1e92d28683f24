# SPDX-License-Identifier: MIT
"""The watchdog is fed as long as every thread makes progress, or waits for nothing but the network."""

import socket

from conftest import make_map

WATCHDOG = {"WATCHDOG_USEC": "1000000"}


def wait_fed(gateway, times):
    mark = gateway.notifications.lines.mark()
    for _ in range(times):
        # Later than this, the service manager would have ended the process.
        gateway.notifications.lines.wait(r"^WATCHDOG=1$", mark, timeout=1)
        mark = gateway.notifications.lines.mark()


def test_it_is_fed_with_a_broker_and_without(broker, client, make_gateway):
    gateway = make_gateway(make_map(broker.port), environment=WATCHDOG)
    client.wait("tos/status", lambda m: m.payload == b"online")
    wait_fed(gateway, 3)
    broker.stop()
    wait_fed(gateway, 3)


def test_a_broker_that_accepts_and_says_nothing_is_no_reason_to_end(make_gateway):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        gateway = make_gateway(make_map(server.getsockname()[1]), environment=WATCHDOG)
        connection, _ = server.accept()
        with connection:
            # The library waits 5 s for the answer to this.
            assert connection.recv(1)
            wait_fed(gateway, 6)
