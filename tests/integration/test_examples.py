# SPDX-License-Identifier: MIT
"""The example maps of config/maps, each at work on the simulated board."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
MAPS = sorted((ROOT / "config" / "maps").glob("*.yaml"))
every_map = pytest.mark.parametrize("path", MAPS, ids=lambda path: path.stem)


def with_broker(path, port):
    """The map with the test's broker and topic; the rest is as a user copies it."""
    text, urls = re.subn(r"^  url: .*$", f"  url: mqtt://127.0.0.1:{port}", path.read_text(), flags=re.MULTILINE)
    assert urls == 1
    return re.sub(r"^  topic: .*$", "  topic: tos", text, flags=re.MULTILINE)


@every_map
def test_an_example_runs_on_the_simulated_board(broker, client, make_gateway, path):
    """Each sensor shows a value, nothing is reported as failing, and it ends in order."""
    gateway = make_gateway(with_broker(path, broker.port))
    reading = client.wait_json("tos/sensors", lambda r: None not in r.values(), timeout=60)
    assert len(reading) > 1
    health = client.wait_json("tos/health", timeout=60)
    failing = {name: what for kind in ("sensors", "actuators") for name, what in health.get(kind, {}).items() if not what["ok"]}
    assert failing == {}
    assert gateway.stop() == 0


@every_map
def test_an_example_is_installed_and_in_the_table(path):
    assert f"'{path.name}'" in (path.parent / "meson.build").read_text()
    assert f"`config/maps/{path.name}`" in (ROOT / "docs/installing.md").read_text()
