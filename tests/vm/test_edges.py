# SPDX-License-Identifier: MIT
"""A contact on a GPIO line of the kernel's gpio-sim: its edges as the kernel stamps and counts them."""

import json
import time

import pytest

from board import Gateway

LINE = "cd /sys/devices/platform/gpio-sim.*/gpiochip*/sim_gpio22"
# The gateway may be made to sleep for a minute, and the broker is not to give it up: all events come live, in their order.
MAP = """
mqtt: {url: 'mqtt://127.0.0.1', health_interval: 1s, keepalive: 10min}
interval: 1h
chips:
  door: {driver: switch, line: GPIO22}
"""
APART_MS = 100
KEPT = 1024  # by the kernel
# gpio-sim makes one edge of two that come too soon after each other, on a busy machine of many.
MOVES, PART = 1500, 250


@pytest.fixture
def gateway(guest, client):
    guest.run(f"{LINE} && echo pull-down >pull")
    gateway = Gateway(guest, client, MAP)
    client.wait("tos/state/input/door", lambda message: message.payload == b"off")
    yield gateway
    gateway.process.signal("CONT")
    gateway.end("TERM")


def move(guest, first, last, pause_us=0):
    """Moves number first to last of the contact: an odd one closes it."""
    guest.run(
        f"{LINE} && n={first}; while [ $n -le {last} ]; do "
        f"[ $((n % 2)) = 1 ] && echo pull-up >pull || echo pull-down >pull; n=$((n + 1)); usleep {pause_us}; done"
    )


def events(client, mark):
    return [json.loads(message.payload) for message in client.since(mark, "tos/events")]


def wait_for_events(client, count, mark):
    deadline = time.monotonic() + 60
    while len(events(client, mark)) < count and time.monotonic() < deadline:
        client.fence()
    return events(client, mark)


def test_an_edge_has_the_time_at_which_the_kernel_saw_it(guest, gateway):
    """While the gateway sleeps it cannot stamp anything: all would have the time at which it wakes up."""
    mark = gateway.client.mark()
    gateway.process.signal("STOP")
    move(guest, 1, 6, APART_MS * 1000)
    gateway.process.signal("CONT")
    found = wait_for_events(gateway.client, 6, mark)
    assert [event["door"] for event in found] == [1, 0] * 3
    stamps = [event["ts"] for event in found]
    assert all(after - before >= APART_MS - 1 for before, after in zip(stamps, stamps[1:])), stamps


def test_edges_that_the_kernel_drops_are_counted(guest, gateway):
    """More than its buffer holds, while nobody fetches them. How the contact is now is known all the same."""
    mark = gateway.client.mark()
    gateway.process.signal("STOP")
    for first in range(1, MOVES, PART):
        move(guest, first, first + PART - 1)
        guest.run("sleep 2")  # no ten seconds without a rest: it does not chatter
    gateway.process.signal("CONT")
    lost = gateway.health(lambda health: health["events_lost"] > 0, mark)["events_lost"]
    found = wait_for_events(gateway.client, KEPT + 1 - lost, mark)
    print(f"{MOVES} moves: {len(found)} events, {lost} lost")
    assert KEPT < len(found) + lost <= MOVES
    levels = [event["door"] for event in found]
    assert all(before != after for before, after in zip(levels, levels[1:]))
    # And it goes on, from how the contact is now.
    move(guest, 1, 1)
    gateway.client.wait("tos/state/input/door", lambda message: message.payload == b"on", mark, 60)
    client_mark = gateway.client.mark()
    move(guest, 2, 2)
    gateway.client.wait("tos/state/input/door", lambda message: message.payload == b"off", client_mark, 60)
