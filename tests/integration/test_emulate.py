# SPDX-License-Identifier: MIT
"""run.d/emulate: a rule for an emulator that is seen inside alone, and of which nothing is left, however it ends."""

import pathlib
import shutil
import signal
import subprocess

import pytest
from conftest import ROOT
from harness import TIMEOUT

RULES = "/proc/sys/fs/binfmt_misc"
# As pipes: they hold the other end until they are gone, with all that they have started.
INSIDE = f"cat {RULES}/qemu-arm && id -u && echo ready && sleep 1000 & sleep 1000"


def rules_and_mounts():
    rules = pathlib.Path(RULES)
    return sorted(rules.iterdir()) if rules.exists() else [], pathlib.Path("/proc/self/mountinfo").read_text()


@pytest.fixture
def emulator(folder):
    """No program for ARM is started here: it only has to be there."""
    return shutil.copy("/bin/true", folder / "qemu-arm")


@pytest.fixture
def owner():
    process = subprocess.Popen(["sleep", "1000"])
    yield process
    process.kill()
    process.wait()


def emulate(owner, emulator, *command):
    """In a session of its own, from which no signal reaches this one."""
    return subprocess.Popen(
        [ROOT / "run.d" / "emulate", str(owner.pid), emulator, *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.fixture
def possible(owner, emulator):
    """Linux 6.7, and root."""
    process = emulate(owner, emulator, "true")
    told = process.communicate(timeout=TIMEOUT)[1]
    assert process.returncode == 0 or told
    return process.returncode == 0


def test_its_exit_code_is_that_of_the_command(owner, emulator, possible):
    before = rules_and_mounts()
    process = emulate(owner, emulator, "sh", "-c", f"grep interpreter {RULES}/qemu-arm; exit 7")
    told = process.communicate(timeout=TIMEOUT)
    if possible:
        assert (process.returncode, told) == (7, (f"interpreter {emulator}\n", ""))
    else:
        assert (process.returncode != 0, told[0]) == (True, "")
    assert rules_and_mounts() == before


@pytest.mark.parametrize("end", ["TERM", "KILL", "HUP", "the owner's end"])
def test_nothing_is_left(owner, emulator, possible, end):
    before = rules_and_mounts()
    process = emulate(owner, emulator, "sh", "-c", INSIDE)
    if possible:
        assert "enabled\n" == process.stdout.readline()
        while process.stdout.readline() != "ready\n":
            pass
        if end == "the owner's end":
            owner.kill()
            owner.wait()
        else:
            process.send_signal(getattr(signal, f"SIG{end}"))
    told = process.communicate(timeout=TIMEOUT)[0]
    assert told == ""
    assert rules_and_mounts() == before


def test_an_emulator_that_it_does_not_know_is_told(owner, folder, possible):
    process = emulate(owner, shutil.copy("/bin/true", folder / "qemu-mips"), "true")
    told = process.communicate(timeout=TIMEOUT)[1]
    assert process.returncode != 0
    assert not possible or "there is no rule for qemu-mips" in told
