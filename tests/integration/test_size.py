# SPDX-License-Identifier: MIT
"""tosctl size computes from a map what a broker sees; a real gateway and a real broker show whether that is so."""

import pathlib
import re
import subprocess

import pytest

from conftest import make_map
from proxy import Proxy

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUTPUTS = """
relays: [{name: pump, line: GPIO22, topic: true}]
"""
UNITS = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
# "bytes                         43.0 B/s           4302 kB/s"
ROW = re.compile(r"(\S.*?)  +([\d.]+)( [kMGT]?(?:B|B/s|/s)?)?  +([\d.]+)( [kMGT]?(?:B|B/s|/s)?)?")
# Values that the sensors do not have here would be some digits longer.
TOLERANCE = 0.12
# The first one may be taken before the connection stands, or behind that.
FIRST_READING = ("tos/sensors", "tos/sensors/backlog")
READING = 90  # bytes of the one that comes meanwhile, with its acknowledgement


@pytest.fixture
def size(binary):
    program = pathlib.Path(binary).parents[1] / "tosctl" / "tosctl"

    def run(*arguments, code=0):
        done = subprocess.run([program, "size", *map(str, arguments)], capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr
        return done.stdout if code == 0 else done.stderr

    return run


def figures(text):
    """Returns each row's figures for one gateway, and for all of them."""
    rows = {}
    for label, one, one_unit, every, every_unit in (row.groups() for row in map(ROW.fullmatch, text.splitlines()) if row):
        bare = (one_unit or "").strip().lstrip("kMGT")
        assert (every_unit or "").strip().lstrip("kMGT") == bare, label
        pairs = ((one, one_unit), (every, every_unit))
        rows[label] = tuple(float(number) * UNITS[(unit or "").strip().removesuffix(bare)] for number, unit in pairs)
    return rows


def close(counted, computed):
    return computed * (1 - TOLERANCE) <= counted <= computed * (1 + TOLERANCE)


@pytest.fixture
def watched(broker, folder, make_gateway, size):
    """A gateway behind a network that counts, and what was computed for its map."""
    proxies = []

    def make(mqtt, interval):
        proxy = Proxy(broker.port).open()
        proxies.append(proxy)
        text = make_map(proxy.port, f"  version: 5\n{mqtt}", interval, more=OUTPUTS)
        path = folder / "size.yaml"
        path.write_text(text)
        rows = figures(size(1000, path))
        return proxy, make_gateway(text), rows

    yield make
    for proxy in proxies:
        proxy.close()


@pytest.mark.alone  # it measures a rate
@pytest.mark.parametrize("qos", [0, 1, 2])
def test_readings(watched, client, qos):
    proxy, _, rows = watched(f"  qos: {qos}\n  health_interval: 24h", "50ms")
    client.wait_several("tos/sensors", 10, timeout=60)
    mark, begin = client.mark(), proxy.passed
    client.wait_several("tos/sensors", 60, mark, timeout=60)
    # They go on meanwhile.
    counted, messages = proxy.passed - begin, client.since(mark)
    messages = [m for m in messages if m.topic.startswith("tos/sensors")]
    seconds = sum(m.topic == "tos/sensors" for m in messages) * 0.05
    assert close(counted / seconds, rows["bytes"][0])
    assert abs(len(messages) / seconds - rows["messages"][0]) < 2


def test_what_the_broker_keeps_and_what_a_connect_costs(watched, client, make_client):
    proxy, _, rows = watched("  health_interval: 24h", "1h")
    for topic in ("tos/about", "tos/health", "tos/state/relay/pump", FIRST_READING):
        client.wait(topic)
    late = make_client(topics=("tos/#",))
    late.wait("tos/about")
    late.publish("tos/fence", "")
    late.wait("tos/fence")
    kept = {m.topic: m.payload for m in late.since() if m.retain}
    assert len(kept) == rows["retained messages"][0] == rows["messages of a connect"][0]
    assert close(sum(len(topic) + len(payload) for topic, payload in kept.items()), rows["retained bytes"][0])
    assert close(proxy.passed - READING, rows["bytes of a connect"][0])


def settled(proxy, gateway, client):
    """Returns the bytes that have passed and the healths that have come, with nothing on its way."""
    gateway.pause()
    passed = None
    while passed != proxy.passed:
        passed = proxy.passed
        client.fence()
    healths = len(client.since(topic="tos/health"))
    gateway.resume()
    return passed, healths


def test_the_health(watched, client):
    proxy, gateway, rows = watched("  health_interval: 1s", "1h")
    client.wait(FIRST_READING)
    client.wait_several("tos/health", 2)
    begin, before = settled(proxy, gateway, client)
    client.wait_several("tos/health", 3, client.mark())
    end, after = settled(proxy, gateway, client)
    assert close((end - begin) / (after - before), rows["bytes"][0])


def test_a_thousand_are_a_thousand_times_one(size):
    text = size(100000, ROOT / "config" / "maps" / "greenhouse.yaml")
    rows = figures(text)
    assert len(rows) >= 8
    for one, all_of_them in rows.values():
        assert abs(all_of_them / 100000 - one) <= one * 0.05
    assert re.search("LimitNOFILE= of its unit +101000 open files$", text, re.MULTILINE)
    assert re.search("net.core.somaxconn +3334 connections", text)


@pytest.mark.parametrize("words", ["0", "many", "1e3", "10000001"])
def test_a_number_of_gateways_is_asked_for(size, words):
    assert f'not "{words}"' in size(words, ROOT / "config" / "maps" / "greenhouse.yaml", code=2)


def test_a_map_with_a_mistake(size, folder):
    path = folder / "bad.yaml"
    path.write_text("mqtt: {url: mqtt://localhost, tpoic: a}\n")
    assert 'did you mean "topic"' in size(10, path, code=1)
