# SPDX-License-Identifier: MIT
"""The manuals against the programs: each key of the map, key of an action and option has its entry."""

import json
import re
import subprocess

import pytest
from conftest import ROOT

PAGES = {
    "tosd.yaml(5)": "config/tosd.yaml.5.scd",
    "tosd-mqtt(7)": "daemon/tosd-mqtt.7.scd",
    "tosd(8)": "daemon/tosd.8.scd",
    "tosctl(1)": "tosctl/tosctl.1.scd",
}


def sections(page):
    """Each section's text, by its heading."""
    text = (ROOT / PAGES[page]).read_text(encoding="utf-8")
    parts = re.split(r"^# (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def entries(section):
    """The text of each entry, by its bold names; some names have several entries."""
    found = {}
    for title, text in re.findall(r"^(\*.+)\n((?:\t.*\n|\n(?=\t))+)", section, re.MULTILINE):
        for name in re.findall(r"\*([^*]+)\*", title):
            found[name] = found.get(name, "") + text
    return found


@pytest.fixture(name="schema")
def schema_(tosctl):
    code, out, err = tosctl("schema")
    assert (code, err) == (0, "")
    return json.loads(out)


def properties(node):
    """All keys of a schema and of its alternatives: those of the map itself, and not of what they hold."""
    found = dict(node.get("properties", {}))
    for alternatives in ("allOf", "anyOf", "oneOf"):
        for other in node.get(alternatives, []):
            found |= properties(other)
    for branch in ("then", "else"):
        found |= properties(node[branch]) if branch in node else {}
    return found


def items(node):
    """The keys of a section: those of its items, or its own."""
    for kind in ("items", "additionalProperties"):
        if isinstance(node.get(kind), dict):
            return properties(node[kind])
    return properties(node)


# The section of an output has its own keys, and "EVERY OUTPUT" the others. Parts have keys of their own.
BESIDE = {"chips": ("DRIVERS",), "sensors": ("DERIVED VALUES",), "packed": ()}


def test_each_key_of_the_map_is_in_its_manual(schema):
    manual = sections("tosd.yaml(5)")
    missing = []
    for name, node in properties(schema).items():
        assert name.upper() in manual, f"tosd.yaml(5) has no section of {name}"
        text = manual[name.upper()]
        beside = BESIDE.get(name, ("EVERY OUTPUT",) if node.get("type") == "array" else ())
        text += "".join(manual[other] for other in beside)
        missing += [f"{name}: {key}" for key in items(node) if f"*{key}*" not in text]
    assert missing == []


def test_each_default_of_the_map_is_in_its_manual(schema):
    """Those of plain sections, whose entries are one key each."""
    manual = sections("tosd.yaml(5)")
    wrong = []
    for name in ("mqtt", "interval", "failsafe", "spool", "device"):
        told = entries(manual[name.upper()])
        for key, node in items(properties(schema)[name]).items():
            default = node.get("default")
            if default is not None and default not in told[key]:
                wrong.append(f"{name}.{key}: {default}")
    assert wrong == []


def kinds(tosctl):
    """Each kind of output with the keys of its actions, and what each takes."""
    code, out, _ = tosctl("outputs")
    assert code == 0
    for block in re.split(r"^(?=\w)", out, flags=re.MULTILINE)[1:]:
        yield block.split(":")[0], re.findall(r"^    (\w+) +(.+)$", block, re.MULTILINE)


def test_each_key_of_an_action_is_in_its_manual(tosctl):
    told = entries(sections("tosd-mqtt(7)")["ACTIONS"])
    missing = []
    for kind, keys in kinds(tosctl):
        assert kind in told, f"tosd-mqtt(7) has no entry of {kind} in ACTIONS"
        missing += [f"{kind}: {key}" for key, _ in keys if not re.search(rf"_{key}[_:]", told[kind])]
        # tosd.yaml(5) has ranges that the map narrows, and FINE LEVELS the finer scales.
        ranges = [takes for key, takes in keys if re.fullmatch(r"\d+ to \d+", takes)]
        missing += [f"{kind}: {numbers}" for numbers in ranges if numbers not in told[kind]]
    assert missing == []


def options_of(help_text):
    """The long options, and the short ones."""
    return set(re.findall(r"(?<![\w-])--?[a-zA-Z][\w-]*", help_text))


def test_each_option_of_tosd_is_in_its_manual(binary):
    out = subprocess.run([binary, "--help"], capture_output=True, text=True, check=True).stdout
    told = entries(sections("tosd(8)")["OPTIONS"])
    assert {name.split("=")[0] for name in told} == options_of(out)


def test_each_option_and_command_of_tosctl_is_in_its_manual(tosctl):
    _, out, _ = tosctl("--help")
    manual = sections("tosctl(1)")
    usage, _, rest = out.partition("Commands:\n")
    commands, _, options = rest.partition("Options")
    told = "".join(manual[name] for name in ("OUTPUTS", "COMMANDS", "PROBE", "OPTIONS"))
    known = options_of(usage) | options_of(options.partition("Exits")[0])
    assert {option for option in known if f"*{option}*" not in told} == set()
    names = set(re.findall(r"^  (\w+)", commands, re.MULTILINE))
    assert names == set(entries(manual["COMMANDS"])) - {"-"}


@pytest.mark.parametrize("page", PAGES)
def test_each_manual_names_the_others(page):
    see_also = sections(page)["SEE ALSO"]
    others = {re.sub(r"^(.*)\((\d)\)$", r"*\1*(\2)", other) for other in PAGES if other != page}
    assert {other for other in others if other not in see_also} == set()
