# SPDX-License-Identifier: MIT
"""A contact on a GPIO line of the kernel's gpio-sim: its edges as the kernel stamps and counts them."""

import json
import time

import pytest

from board import Gateway

LINE = "cd /sys/devices/platform/gpio-sim.*/gpiochip*/sim_gpio22"
MAP = """
mqtt: {url: 'mqtt://127.0.0.1', health_interval: 1s}
interval: 1h
chips:
  door: {driver: switch, line: GPIO22}
"""
APART_MS = 100
MOVES = 1100  # the kernel keeps 1024


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
    """Returns all events. The first ones are backlog if the broker gave the gateway up while it slept."""
    found = [m for m in client.since(mark) if m.topic in ("tos/events", "tos/events/backlog")]
    return [json.loads(message.payload) for message in found]


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
    move(guest, 1, MOVES // 2)
    guest.run("sleep 2")  # no ten seconds without a rest: it does not chatter
    move(guest, MOVES // 2 + 1, MOVES)
    gateway.process.signal("CONT")
    lost = gateway.health(lambda health: health["events_lost"] > 0, mark)["events_lost"]
    # gpio-sim makes one edge of two that come too soon after each other; those the kernel never had.
    found = wait_for_events(gateway.client, MOVES * 8 // 10 - lost, mark)
    print(f"{MOVES} moves: {len(found)} events, {lost} lost")
    assert MOVES * 8 // 10 <= len(found) + lost <= MOVES
    levels = [event["door"] for event in found]
    assert all(before != after for before, after in zip(levels, levels[1:]))
    # And it goes on, from how the contact is now.
    move(guest, 1, 1)
    gateway.client.wait("tos/state/input/door", lambda message: message.payload == b"on", mark, 60)
    client_mark = gateway.client.mark()
    move(guest, 2, 2)
    gateway.client.wait("tos/state/input/door", lambda message: message.payload == b"off", client_mark, 60)
