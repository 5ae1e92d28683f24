# SPDX-License-Identifier: MIT
"""./run: it reports mistakes, and leaves nothing behind, however it ends."""

import contextlib
import os
import pathlib
import select
import shutil
import signal
import subprocess

import pytest
from conftest import ROOT
from harness import TIMEOUT, Lines

LIMIT_S = 3 * TIMEOUT


def run(*arguments, program=ROOT / "run", **options):
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=LIMIT_S, **options)


@pytest.fixture
def build(binary):
    return pathlib.Path(binary).resolve().parents[1]


@pytest.mark.parametrize(
    "arguments, code, told",
    [
        (["dmeo"], 2, "there is no 'dmeo', did you mean ./run demo?"),
        (["tets"], 2, "there is no 'tets', did you mean ./run test?"),
        (["debian14"], 2, "there is no 'debian14', did you mean ./run debian12?"),
        (["everything"], 2, "there is no 'everything'"),
        (["demo", "--kep"], 2, "demo does not take '--kep'"),
        (["bench", "--quik"], 2, "bench knows --quick alone, not '--quik'"),
        (["test", "--pass", "some"], 2, "--pass is all, together or alone, not 'some'"),
        (["test", "--build"], 2, "--build needs a word behind it"),
        (["package", "--twise"], 2, "package does not take '--twise'"),
        (["debian13", "--twice"], 2, "--twice belongs to --package"),
        (["debian12", "--arch", "armhf"], 2, "--arch belongs to --package"),
        (["debian12", "--package", "--arch", "mips"], 2, "--arch is armhf, not 'mips'"),
        (["debian12", "--package", "--arch"], 2, "--arch needs Debian's name of a processor: armhf"),
        (["arm64", "--no-install", "--package", "--twise"], 2, "arm64 does not take '--twise'"),
        (["install"], 2, "install needs a group: "),
        (["install", "build", "foo"], 1, "no such group: foo. There are: bench "),
    ],
)
def test_a_mistake_is_told_in_one_line(arguments, code, told, folder):
    ended = run(*arguments, env=dict(os.environ, TMPDIR=str(folder)))
    assert (ended.returncode, ended.stdout) == (code, "")
    assert ended.stderr.startswith(f"run: {told}")
    assert len(ended.stderr.splitlines()) == 1
    assert not any(folder.iterdir())


def test_what_pytest_does_not_take_is_told_before_the_build(folder):
    environment = dict(os.environ, TMPDIR=str(folder))
    ended = run("test", "--no-install", "--no-vn", "--build", folder / "build", env=environment)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "unrecognized arguments: --no-vn" in ended.stderr
    assert not any(folder.iterdir())


@pytest.mark.parametrize(
    "arguments",
    [
        *([c, "--help"] for c in "demo test check brokers fleet editor page vm debian12 debian13 arm64 armhf".split()),
        *([command, "-h"] for command in "package bench fuzz install help".split()),
        ["test", "--no-vm", "-k", "words", "--help"],
    ],
    ids=" ".join,
)
def test_help_behind_a_command_is_shown_and_nothing_else_done(arguments, folder):
    ended = run(*arguments, env=dict(os.environ, TMPDIR=str(folder)))
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, run("help").stdout, "")
    assert not any(folder.iterdir())


def test_a_link_to_it_works(folder):
    link = folder / "link"
    link.symlink_to(ROOT / "run")
    assert run("help", program=link, cwd="/").stdout == run("help").stdout


def test_a_selection_of_nothing_says_so(build):
    """And options of its own may stand behind those of pytest."""
    ended = run("test", "-k", "no_such_test", "--no-vm", "--no-install", "--pass", "alone", "--build", build)
    assert ended.returncode == 1
    assert "run: no test of tests/integration is selected by: -k no_such_test" in ended.stdout
    assert "failed" not in ended.stdout.splitlines()[-2]


def test_two_at_a_time_do_not_meet(build):
    command = [ROOT / "run", "test", "--no-install", "--no-vm", "--pass", "together", "--build", build]
    command += ["-n", "1", "-k", "a_link_to_it_works"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    # All of the modules' own tests, twice.
    sums = [process.communicate(timeout=5 * LIMIT_S)[0].splitlines()[-1] for process in both]
    assert sums[0] == sums[1]
    assert sums[0].endswith(" passed, 0 failed, 0 skipped")


class Demo:
    """A ./run demo in a session of its own, as in a terminal. All that it starts knows its TMPDIR."""

    def __init__(self, build, folder, before=()):
        self.folder = folder
        self.process = subprocess.Popen(
            [*before, str(ROOT / "run"), "demo", "--no-install", "--build", str(build)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=dict(os.environ, TMPDIR=str(folder)),
            start_new_session=True,
        )
        self.errors = Lines(self.process.stderr)

    def read(self, lines):
        for _ in range(lines):
            assert self.process.stdout.readline()

    def signal(self, number):
        """As the terminal does, to all that are in the foreground."""
        os.killpg(self.process.pid, number)

    def end(self):
        self.process.stdout.close()
        return self.process.wait(LIMIT_S)

    def to_its_end(self):
        """Reads all; a stream that was closed would be another reason to end."""
        self.process.stdout.read()
        code = self.end()
        self.errors.join()
        return code

    def _processes(self):
        mark = f"TMPDIR={self.folder}\0".encode()
        for process in pathlib.Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if process.name.isdigit() and mark in (process / "environ").read_bytes():
                    yield process

    def running(self):
        """A descriptor of each process, readable when it has ended."""
        found = []
        for process in self._processes():
            with contextlib.suppress(OSError):
                found.append(os.pidfd_open(int(process.name)))
        return found

    def left_behind(self):
        """Processes and files."""
        left = list(self.folder.rglob("*"))
        for process in self._processes():
            with contextlib.suppress(OSError):
                left.append((process / "cmdline").read_text())
        return left


@pytest.fixture
def make_demo(build, folder):
    def make(before=()):
        return Demo(build, folder, before)

    return make


@pytest.mark.parametrize("lines", [0, 1, 2, 6, 12])
def test_a_reader_that_has_enough(make_demo, lines):
    """./run demo | head -n LINES"""
    demo = make_demo()
    demo.read(lines)
    assert demo.end() != 0
    assert demo.left_behind() == []


@pytest.mark.parametrize("name", ["INT", "QUIT", "HUP", "TERM"])
@pytest.mark.parametrize("lines", [1, 3, 9])
def test_a_signal_after_some_lines(make_demo, name, lines):
    demo = make_demo()
    demo.read(lines)
    number = signal.Signals[f"SIG{name}"]
    demo.signal(number)
    assert demo.to_its_end() == 128 + number
    assert demo.left_behind() == []


@pytest.mark.parametrize("after_ms", [15, 30, 60, 90, 120, 160, 200, 300, 400, 600])
def test_an_interrupt_at_an_odd_moment(make_demo, after_ms):
    demo = make_demo()
    with pytest.raises(subprocess.TimeoutExpired):
        demo.process.wait(after_ms / 1000)
    demo.signal(signal.SIGINT)
    assert demo.to_its_end() in (128 + signal.SIGINT, -signal.SIGINT)
    assert demo.left_behind() == []


def test_many_interrupts_in_a_row(make_demo):
    """One that comes when the shell has begun to end is no reason to leave anything."""
    for after_ms in range(80, 200, 10):
        demo = make_demo()
        with pytest.raises(subprocess.TimeoutExpired):
            demo.process.wait(after_ms / 1000)
        for _ in range(100):
            if demo.process.poll() is not None:
                break
            demo.signal(signal.SIGINT)
        assert demo.to_its_end() in (128 + signal.SIGINT, -signal.SIGINT)
        assert demo.left_behind() == []


@pytest.mark.parametrize("name", ["KILL", "USR1"])
def test_a_signal_that_nobody_can_obey(make_demo, name):
    """Files stay then, but nothing that runs."""
    demo = make_demo()
    demo.read(9)
    running = demo.running()
    demo.process.send_signal(signal.Signals[f"SIG{name}"])
    demo.process.wait(TIMEOUT)
    for process in running:
        assert select.select([process], [], [], TIMEOUT)[0], demo.left_behind()
        os.close(process)
    assert [left for left in demo.left_behind() if isinstance(left, str)] == []


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&-"])
def test_a_closed_stream(make_demo, closed):
    demo = make_demo(["sh", "-c", f'exec "$@" {closed}', "sh"])
    demo.to_its_end()
    assert demo.left_behind() == []


FULL = """
mount -t tmpfs -o size={size} tmpfs "$TMPDIR" || exit 77
"$@"
code=$?
ls -A "$TMPDIR" >&2
exit $code
"""


def unshare():
    """In a mount namespace of its own."""
    options = ["--mount"] if os.geteuid() == 0 else ["--mount", "--map-root-user"]
    command = [shutil.which("unshare"), *options]
    if subprocess.run([*command, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine allows no mount namespace")
    return command


# Too little from the start, and too little for the build's check alone.
@pytest.mark.parametrize("size", ["4k", "256k"])
def test_a_full_disk_is_told(make_demo, size):
    demo = make_demo([*unshare(), "sh", "-c", FULL.format(size=size), "sh"])
    demo.to_its_end()
    told = demo.errors.since()
    assert demo.process.returncode == 1
    assert [line for line in told if "space is left" in line or "No space left" in line], told
    # Nothing else, which would be the names of what is left.
    assert all(line.startswith(("run: ", "mkdir: ")) for line in told), told
    assert demo.left_behind() == []


@pytest.mark.skipif(not shutil.which("scdoc"), reason="without scdoc there are no pages")
@pytest.mark.parametrize("page", ["tosd.8", "tosd.yaml.5", "tosd-mqtt.7", "tosctl.1"])
def test_a_build_has_the_manuals(build, page):
    """docs/device-map.md: man ./build/tosd.yaml.5"""
    assert (build / page).read_text().startswith(".\\")
