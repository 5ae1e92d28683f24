# SPDX-License-Identifier: MIT
"""tosctl schema: it agrees with the check about a map, as far as a schema can."""

import json
import pathlib
import re
import subprocess

import pytest
from conftest import ROOT

jsonschema = pytest.importorskip("jsonschema")
yaml = pytest.importorskip("yaml")

MAPS = sorted((ROOT / "config" / "maps").glob("*.yaml"))
GOOD = sorted([*MAPS, *(ROOT / "tests" / "config" / "good").glob("*.yaml")])
BAD = sorted((ROOT / "tests" / "config" / "bad").glob("*.yaml"))

# Mistakes that need no look at another key, and no file.
TOLD = re.compile(
    r'unknown (key|driver|derived value) "|unknown choice for \w+: "|there is no driver "'
    r"|takes (true or false|a number), not|needs a unit"
)


# Values with a form of their own, of which the schema says nothing; and 0x10, which is a number to editors.
FREE = re.compile(r"^sensor-(simulate|calibrate)-|^servo-pulse-|-hex$")


class Loader(yaml.SafeLoader):
    """Words and numbers as YAML 1.2 has them, and editors with it: 1e3, -.5, but not yes."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":bool", ":int"))]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(true|false)$"), list("tf"))
Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"[-+]?(0|[1-9][0-9]*|0x[0-9a-fA-F]+)$"), list("-+0123456789")
)
Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$"), list("-+.0123456789")
)


@pytest.fixture(scope="module")
def schema(binary):
    program = pathlib.Path(binary).parents[1] / "tosctl" / "tosctl"
    done = subprocess.run([program, "schema"], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def mistakes(schema):
    """The mistakes that the schema finds in a map; None: it is no YAML."""
    validator = jsonschema.Draft7Validator(schema)

    def find(path):
        try:
            tree = yaml.load(path.read_bytes(), Loader)
        except (yaml.YAMLError, ValueError):
            return None
        return [f"{list(error.absolute_path)}: {error.message[:300]}" for error in validator.iter_errors(tree)]

    return find


def test_it_is_a_schema_of_draft_7(schema):
    jsonschema.Draft7Validator.check_schema(schema)
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"


def undescribed(node, path=""):
    """The keys of the map that an editor has no word for."""
    if isinstance(node, list):
        for item in node:
            yield from undescribed(item, path)
    if not isinstance(node, dict):
        return
    for name, inner in node.items():
        if name == "properties":
            for key, value in inner.items():
                if "const" not in value and not value.get("description"):  # const: what an "if" asks for
                    yield f"{path}.{key}"
                yield from undescribed(value, f"{path}.{key}")
        else:
            yield from undescribed(inner, path)


def test_every_key_has_a_description(schema):
    assert sorted(set(undescribed(schema))) == []
    mqtt = schema["properties"]["mqtt"]["properties"]
    assert "mqtts://" in mqtt["url"]["description"]


def test_the_installed_schema_is_this_one(schema, binary, sanitized):
    """The example maps name it, where the package puts it."""
    if sanitized:
        pytest.skip("a build with a sanitizer makes no schema")
    made = pathlib.Path(binary).parents[1] / "tosctl" / "tosd.schema.json"
    assert json.loads(made.read_text()) == schema
    assert "usr/share/tos-gateway/[!p]*" in (ROOT / "debian" / "tosd.install").read_text().splitlines()


@pytest.mark.parametrize("path", MAPS, ids=lambda path: path.stem)
def test_an_example_names_the_schema_to_editors(path):
    line = "# yaml-language-server: $schema=/usr/share/tos-gateway/tosd.schema.json"
    assert line in path.read_text().splitlines()[:2]


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_a_good_map_is_good_here_too(mistakes, path):
    assert mistakes(path) == []


def test_bad_maps_are_refused_where_a_schema_can_tell(mistakes):
    told, missed = 0, []
    for path in BAD:
        first = path.with_suffix(".expected").read_text(errors="replace").split("\n", 2)[1]
        found = mistakes(path)
        if TOLD.search(first) and not FREE.search(path.stem) and found is not None:
            told += 1
            if not found:
                missed.append(f"{path.stem}: {first}")
    assert missed == []
    assert told > 50


def test_every_driver_kind_and_section_is_there(schema, binary):
    program = pathlib.Path(binary).parents[1] / "tosctl" / "tosctl"
    chips = schema["properties"]["chips"]["additionalProperties"]
    drivers = subprocess.run([program, "drivers"], capture_output=True, text=True, check=True).stdout
    assert {line.split()[0] for line in drivers.splitlines()} <= set(chips["properties"]["driver"]["enum"])
    outputs = subprocess.run([program, "outputs"], capture_output=True, text=True, check=True).stdout
    sections = set(re.findall(r"^  in the map   (\w+):", outputs, re.MULTILINE))
    assert {"leds", "motors"} <= sections <= set(schema["properties"])
    assert schema["required"] == ["mqtt"]


def test_keys_have_their_help_default_and_words(schema):
    chips = schema["properties"]["chips"]["additionalProperties"]
    bme280 = next(case["then"] for case in chips["allOf"] if case["if"]["properties"]["driver"]["const"] == "bme280")
    assert "less noise" in bme280["properties"]["oversampling"]["description"]
    led = schema["properties"]["leds"]["items"]["properties"]
    assert led["failsafe"]["enum"][0] == "keep"
    assert led["gamma"]["default"] == "2.2" and led["gamma"]["minimum"] == 0.5
    assert schema["properties"]["mqtt"]["properties"]["qos"]["maximum"] == 2
