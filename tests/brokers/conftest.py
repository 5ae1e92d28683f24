# SPDX-License-Identifier: MIT
"""The gateway against brokers that are not mosquitto, with the harness of the integration tests."""

import importlib.util
import itertools
import os
import pathlib
import shutil
import sys
import tempfile

import pytest

INTEGRATION = pathlib.Path(__file__).resolve().parents[1] / "integration"
sys.path.insert(0, str(INTEGRATION))

# pylint: disable=wrong-import-position
from harness import Client
from rabbitmq import PROGRAM, RabbitMQ

# Two files of that name: this one hands on what the other one has.
_specification = importlib.util.spec_from_file_location("integration_conftest", INTEGRATION / "conftest.py")
_integration = importlib.util.module_from_spec(_specification)
_specification.loader.exec_module(_integration)
binary, sanitized, folder, make_gateway, program, environment, tosctl = (
    getattr(_integration, name)
    for name in ("binary", "sanitized", "folder", "make_gateway", "program", "environment", "tosctl")
)
_roots = itertools.count()


def pytest_collection_modifyitems(items):
    if not os.access(PROGRAM, os.X_OK):
        for item in items:
            item.add_marker(pytest.mark.skip(reason=f"{PROGRAM} is not installed: ./run install brokers"))


@pytest.fixture(scope="session")
def node():
    place = pathlib.Path(tempfile.mkdtemp(prefix="tos-"))
    node = RabbitMQ(place)
    try:
        yield node.start()
    finally:
        node.close()
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def rabbit(node):
    """The one node of the session, running at the begin and at the end of each test."""
    yield node
    node.restore()


@pytest.fixture
def root():
    """A topic of its own for each test, since retained messages stay on the node."""
    return f"root{os.getpid()}x{next(_roots)}"


@pytest.fixture
def make_map(folder, root):
    """The map of the integration tests, with a user: this broker takes no client without one."""
    password = folder / "password"
    password.write_text("guest\n")
    password.chmod(0o600)

    def make(urls, mqtt="", **options):
        urls = [f"mqtt://127.0.0.1:{urls}"] if isinstance(urls, int) else urls
        lines = [f"  topic: {root}", f"  client_id: {root}", "  username: guest", f"  password_file: {password}", mqtt]
        text = _integration.make_map(0, mqtt="\n".join(lines), **options)
        return text.replace("url: mqtt://127.0.0.1:0", f"url: [{', '.join(urls)}]")

    return make


@pytest.fixture
def make_client(rabbit):
    clients = []

    def make(*topics, **options):
        client = Client(rabbit.port, topics=topics, username="guest", password="guest", **options)
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()
