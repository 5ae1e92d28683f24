# SPDX-License-Identifier: MIT
"""Far more commands than are usual: none is lost, the sensors keep their rhythm, and memory does not grow."""

import json
import time

import pytest
from conftest import make_map

RATE = 1000  # commands in a second
INTERVAL_MS = 20
# Some pages more or less, not a queue that grows: a second of this flood is 200 kB of commands and answers.
GROWTH_KB_MAX = 100


def action(number):
    """Each means another speed than the one before, every tenth another direction: the motor has work to do."""
    direction = "forward" if number // 10 % 2 == 0 else "backward"
    return {"id": number, "motor": {"direction": direction, "speed": number % 10 + 1}}


def flood(client, seconds):
    """All have been answered when it returns. The last one is the only stop."""
    count = RATE * seconds
    actions = [*map(action, range(count - 1)), {"id": count - 1, "motor": {"direction": "stop"}}]
    mark = client.mark()
    begin = time.monotonic()
    for number, each in enumerate(actions):
        client.client.publish("tos/actions", json.dumps(each), 1)
        if number % 10 == 0:
            time.sleep(max(0, begin + number / RATE - time.monotonic()))
    client.wait_json("tos/actions/ack", lambda answer: answer.get("id") == count - 1, mark)
    print(f"{count} commands in {time.monotonic() - begin:.2f} s")
    answers = [json.loads(message.payload) for message in client.since(mark, "tos/actions/ack")]
    assert [answer["id"] for answer in answers] == list(range(count))
    assert all(answer["ok"] for answer in answers)


def health(client):
    return client.wait_json("tos/health", mark=client.mark())


@pytest.mark.alone
def test_a_flood_of_commands(broker, client, make_gateway, sanitized):
    options = {"mqtt": "  health_interval: 1s", "interval": f"{INTERVAL_MS}ms"}
    gateway = make_gateway(make_map(broker.port, **options).replace("reverse_pause: 20ms", "reverse_pause: 0ms"))
    client.wait("tos/status", lambda m: m.payload == b"online")
    flood(client, 1)  # whatever is allocated once is now
    before = health(client)
    mark = client.mark()
    flood(client, 5)
    after = health(client)

    # The last command wins.
    assert gateway.output("GPIO5") == gateway.output("GPIO6") == gateway.output("board.0") == 0
    client.wait_json("tos/state", lambda state: state["motor"]["direction"] == "stop", mark)
    # The sensors are not starved: nearly every slot of their grid has its reading. The rest is the machine's.
    readings, missed = after["readings"] - before["readings"], after["missed"] - before["missed"]
    print(f"{readings} readings, {missed} missed; resident memory {before['rss_kb']} kB, then {after['rss_kb']} kB")
    assert readings >= 5 * 1000 / INTERVAL_MS * 0.9
    assert missed <= readings * 0.05
    if not sanitized:
        assert after["rss_kb"] - before["rss_kb"] <= GROWTH_KB_MAX
