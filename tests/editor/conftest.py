# SPDX-License-Identifier: MIT
import itertools
import os
import pathlib
import shutil
import subprocess

import pytest
from language_server import LanguageServer

HERE = pathlib.Path(__file__).resolve().parent
MODULES = pathlib.Path(os.environ.get("TOS_NODE_MODULES", "node_modules"))


def pytest_collection_modifyitems(items):
    if not shutil.which("node") or not (MODULES / "yaml-language-server").is_dir():
        for item in items:
            item.add_marker(pytest.mark.skip(reason="yaml-language-server is not there: ./run editor brings it in"))


@pytest.fixture(scope="session")
def maps():
    return sorted((HERE.parents[1] / "config" / "maps").glob("*.yaml"))


@pytest.fixture(scope="session")
def schema(tmp_path_factory):
    """The schema as a file, out of the program that is tested."""
    program = pathlib.Path(os.environ["TOSD"]).parents[1] / "tosctl" / "tosctl"
    path = tmp_path_factory.mktemp("schema") / "tosd.schema.json"
    done = subprocess.run([program, "-h", "localhost", "schema"], capture_output=True, check=True)
    path.write_bytes(done.stdout)
    return path


@pytest.fixture(scope="session")
def server():
    server = LanguageServer(MODULES / "yaml-language-server" / "bin" / "yaml-language-server")
    yield server
    server.close()


@pytest.fixture
def write(tmp_path, schema):
    """A map in a new file, whose first lines name the schema as those of the examples do."""
    numbers = itertools.count()

    def write(text):
        path = tmp_path / f"map{next(numbers)}.yaml"
        text = text.replace("/usr/share/tos-gateway/tosd.schema.json", str(schema))
        assert f"# yaml-language-server: $schema={schema}\n" in text
        path.write_text(text)
        return path

    return write
