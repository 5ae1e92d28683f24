# SPDX-License-Identifier: MIT
"""Completion of tosctl in the shells themselves, on a terminal."""

import json
import os
import pathlib
import re
import shutil

import pytest
from conftest import ROOT, TOSCTL_WAIT_S, make_map
from terminal import Terminal

COMPLETIONS = ROOT / "tosctl"
# The shell without anybody's settings, and what makes it complete.
BASH = ["--norc", "--noprofile", "-i"], f". {COMPLETIONS}/completion.bash"
ZSH = ["-f", "-i"], "fpath=($HOME/functions $fpath); autoload -Uz compinit; compinit -u -D"
SHELLS = {"bash": BASH, "zsh": ZSH}


@pytest.fixture(params=SHELLS)
def shell(request, program, environment, folder):
    path = shutil.which(request.param)
    if not path:
        pytest.skip(f"{request.param} is not installed: ./run install test")
    (folder / "functions").mkdir()
    shutil.copy(COMPLETIONS / "completion.zsh", folder / "functions" / "_tosctl")
    arguments, setup = SHELLS[request.param]
    search = f"{pathlib.Path(program).parent}:{environment['PATH']}"
    # Beneath zsh the search for leaks at the end of a program hangs now and then: it traces the program, and waits for
    # a signal that does not come. The other tests of tosctl look for leaks.
    no_leaks = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
    more = {"PATH": search, "TERM": "dumb", "PS1": "> ", "TOSCTL_WAIT": TOSCTL_WAIT_S, "ASAN_OPTIONS": no_leaks}
    terminal = Terminal([path, *arguments], environment | more, columns=300)
    # The word stands in what was typed, too, but not at the begin of a line.
    terminal.type(f"{setup}; echo re''ady\n".encode())
    # Behind the prompt: what is typed before that may be echoed and lost.
    terminal.wait_text(r"[\r\n]ready\r(?s:.*)> ")
    yield terminal
    terminal.close()


def complete(shell, text, *found, keys="\t"):
    """Types the text and the keys, and waits for what comes of it."""
    shell.type(b"\x15")
    mark = shell.mark()
    shell.type((text + keys).encode())
    for pattern in found:
        shell.wait_text(pattern, mark)


def test_what_the_gateway_has(gateway, client, broker, shell):
    client.wait("tos/about")
    tosctl = f"tosctl -h 127.0.0.1 -p {broker.port}"
    complete(shell, f"{tosctl} mot", r"motor $")
    complete(shell, f"{tosctl} motor mo", r"motor0 $")
    complete(shell, f"{tosctl} led r", r"led red $")
    complete(shell, f"{tosctl} led red of", r"red off $")
    complete(shell, f"{tosctl} motor motor0 f", r"motor0 forward $")
    complete(shell, f"{tosctl} motor motor0 ", r"\bforward\b", r"\bbackward\b", r"\bstop\b", keys="\t\t")
    complete(shell, f"{tosctl} motor for", r"motor forward $")
    complete(shell, f"{tosctl} watch te", r"watch temp $")
    complete(shell, f"{tosctl} watch temp ", r"\bhumi\b", r"\bcds\b", r"\bsound\b", keys="\t\t")
    complete(shell, f"{tosctl} names sen", r"names sensors $")
    complete(shell, f"{tosctl} help stat", r"help status $")
    complete(shell, f"{tosctl} led ", r"\bred\b.*", r"\bgreen\b", r"\bblue\b", keys="\t\t")


def test_a_value_of_an_option_is_no_word(gateway, client, broker, shell):
    """Options may stand anywhere, in each of their forms."""
    client.wait("tos/about")
    port = broker.port
    for options in (
        f"--host 127.0.0.1 --port {port}",
        f"--host=127.0.0.1 -p{port}",
        f"-L mqtt://127.0.0.1:{port}",
        f"-h 127.0.0.1 -p {port} --username somebody --pw secret --protocol-version 311 -W 5 -C 3",
    ):
        complete(shell, f"tosctl {options} mot", r"motor $")
        complete(shell, f"tosctl {options} led r", r"led red $")
    tosctl = f"tosctl -h 127.0.0.1 -p {port}"
    complete(shell, f"{tosctl} --for 2s mot", r"2s motor $")
    complete(shell, f"{tosctl} motor --for 2s motor0 f", r"motor0 forward $")
    complete(shell, f"{tosctl} led --fade 2s r", r"2s red $")
    complete(shell, f"{tosctl} led red --for 2s of", r"2s off $")
    complete(shell, f"{tosctl} watch -C 3 te", r"3 temp $")
    complete(shell, f"{tosctl} names -W 5 sen", r"5 sensors $")


def test_what_cannot_stand_there_is_not_offered(gateway, client, broker, shell):
    """A key that finds nothing leaves the line as it is: what is typed behind it follows at once."""
    client.wait("tos/about")
    tosctl = f"tosctl -h 127.0.0.1 -p {broker.port}"
    for words in ("led red gre", "led red forw", "motor motor0 mot", "motor motor0 red", "watch temp tem"):
        complete(shell, f"{tosctl} {words}", rf"{words}\x07?X$", keys="\tX")


def test_a_name_is_never_carried_out(client, broker, shell, folder):
    """Anybody who may publish there chooses the names."""
    about = {"schema": 1, "sensors": {"temp": {}, f"$(touch${{IFS}}{folder}/done)": {}}}
    client.publish("other/status", "online", retain=True)
    client.publish("other/about", json.dumps(about), retain=True)
    complete(shell, f"tosctl -h 127.0.0.1 -p {broker.port} -t other watch ", r"\btemp\b", keys="\t\t")
    complete(shell, f"tosctl -h 127.0.0.1 -p {broker.port} -t other watch te", r"watch temp $")
    assert not (folder / "done").exists()


def test_what_needs_no_gateway(shell, folder):
    complete(shell, "tosctl stat", r"status $")
    complete(shell, "tosctl drivers bme2", r"bme280 $")
    complete(shell, "tosctl --caf", r"--cafile $")
    complete(shell, "tosctl --uni", r"--unix $")
    complete(shell, "tosctl -V ", r"\b311\b", r"\b5\b", keys="\t\t")
    (folder / "tosd.yaml").write_text(make_map(1883))
    complete(shell, f"tosctl check {folder}/tos", r"/tosd\.yaml $")
    complete(shell, f"tosctl -c {folder}/tos", r"/tosd\.yaml $")


def test_a_gateway_that_is_not_there_is_no_noise(shell, folder):
    complete(shell, f"tosctl --unix {folder}/none led r\x01", "tosctl")
    mark = shell.mark()
    shell.type(b"\x05\t\x15echo en''d\n")
    shell.wait_text(r"[\r\n]end\r", mark)
    assert not re.search(r"No such file|refused|error", shell.raw[mark:])
