# SPDX-License-Identifier: MIT
"""The virtual machine: boots it, runs commands in it, and watches the lines of its GPIO chip."""

import collections
import contextlib
import itertools
import os
import pathlib
import re
import socket
import subprocess

from harness import Lines, free_port

BOOT_TIMEOUT_S = 180
KVM_TIMEOUT_S = 10
COMMAND_TIMEOUT_S = 180

Change = collections.namedtuple("Change", "us line value program")


def kernel():
    """The folder of base.sh."""
    return pathlib.Path(os.environ["TOS_VM"]) / "kernel"


def has_kvm():
    """/dev/kvm may be there and be useless, as inside of many virtual machines."""
    flags = re.findall(r"^flags.*\b(?:vmx|svm)\b", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return bool(flags) and pathlib.Path("/dev/kvm").exists()


class Process:
    """A command in the guest, with its output."""

    def __init__(self, guest, script):
        self.guest = guest
        self._socket = guest.connect()
        # It may be silent for as long as it likes.
        self._socket.settimeout(None)
        self._socket.sendall(f"exec 2>&1\n{{ {script}\n}} &\necho pid $!\nwait $!\necho exit $?\nexit\n".encode())
        self.log = Lines(self._socket.makefile(errors="replace"))
        self.pid = int(self.log.wait(r"^pid (\d+)$").group(1))

    def signal(self, name):
        self.guest.run(f"kill -{name} {self.pid}")

    def wait(self):
        """Its exit code."""
        return int(self.log.wait(r"^exit (\d+)$", timeout=COMMAND_TIMEOUT_S).group(1))

    def running(self):
        return not any(re.match(r"exit \d+$", line) for line in self.log.since())

    def end(self, name="KILL"):
        if self.running():
            self.signal(name)
        return self.wait()


class Wire:
    """Every level that the kernel gives to a line of the simulated chip, in order and on the kernel's clock."""

    EVENT = re.compile(r"^\s*(.+)-\d+\s+\[\d+\]\s+\S+\s+(\d+)\.(\d+): gpio_value: (\d+) set (\d)")

    def __init__(self, guest):
        self.guest = guest
        self._process = guest.start("exec cat /sys/kernel/tracing/trace_pipe")
        self._log = self._process.log
        self._marks = itertools.count()
        self.find_chip()

    def find_chip(self):
        """The kernel numbers the lines of all chips through; the chip's first number changes when it is plugged in."""
        self._base = int(
            self.guest.run("cd /sys/class/gpio; cat $(dirname $(grep -l pinctrl-bcm2835 gpiochip*/label))/base")
        )

    def mark(self):
        """Returns a mark behind all that has happened until now, however late the kernel's log is read."""
        name, before = f"mark {next(self._marks)}", self._log.mark()
        self.guest.run(f"echo {name} >/sys/kernel/tracing/trace_marker")
        self._log.wait(f"tracing_mark_write: {name}$", before)
        return self._log.mark()

    def since(self, mark=0, lines=None):
        """The changes, of all lines or of those named."""
        self.mark()
        changes = []
        for text in self._log.since(mark):
            event = self.EVENT.match(text)
            if event:
                seconds, micros, number, value = map(int, event.group(2, 3, 4, 5))
                change = Change(seconds * 1000000 + micros, f"GPIO{number - self._base}", value, event.group(1))
                if not lines or change.line in lines:
                    changes.append(change)
        return changes

    def wait(self, line, value, mark=0, timeout=COMMAND_TIMEOUT_S):
        number = self._base + int(line[4:])
        event = self._log.wait(rf": gpio_value: {number} set {value}", mark, timeout).string
        seconds, micros = self.EVENT.match(event).group(2, 3)
        return int(seconds + micros)

    def time_of(self, name, mark=0):
        """Returns when the guest wrote that name into the kernel's log, in us as from wait()."""
        event = self._log.wait(rf" (\d+)\.(\d+): tracing_mark_write: {name}$", mark, COMMAND_TIMEOUT_S)
        return int(event.group(1) + event.group(2))


class Guest:
    def __init__(self, initramfs, memory_mb=384, arguments="", steady=False):
        """
        arguments: more of the kernel's. steady: one processor, of a constant speed as its own clock has it. That clock
        may be slower or much faster than the host's.
        """
        self.initramfs = pathlib.Path(initramfs)
        self.memory_mb = memory_mb
        self.arguments = arguments
        self.processors = ["-smp", "2"] if not steady else ["-smp", "1", "-icount", "shift=0,sleep=off"]
        self.steady = steady
        self.accelerator = None
        self._process = self._events = None

    def boot(self):
        if has_kvm() and not self.steady:
            try:
                return self._boot("kvm", KVM_TIMEOUT_S)
            except AssertionError:
                self.end()
        return self._boot("tcg", BOOT_TIMEOUT_S)

    def _boot(self, accelerator, timeout):
        self.accelerator = accelerator
        self._shell_port, self.mqtt_port = free_port(), free_port()
        forwards = f"hostfwd=tcp:127.0.0.1:{self._shell_port}-:7000,hostfwd=tcp:127.0.0.1:{self.mqtt_port}-:1883"
        self._process = subprocess.Popen(
            ["qemu-system-x86_64", "-accel", accelerator, "-cpu", "host" if accelerator == "kvm" else "Nehalem"]
            + [*self.processors, "-m", str(self.memory_mb), "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"]
            + ["-kernel", str(kernel() / "vmlinux"), "-initrd", str(self.initramfs)]
            + ["-append", f"console=ttyS0 panic=-1 no_timer_check quiet {self.arguments}"]
            + ["-serial", f"file:{self.console}", "-serial", "stdio"]
            + ["-netdev", f"user,id=net,restrict=on,{forwards}", "-device", "virtio-net-pci,netdev=net,romfile="],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._events = Lines(self._process.stdout)
        self._events.wait("^ready", timeout=timeout)
        return self

    @property
    def console(self):
        """The file with the output of the kernel and of the first process."""
        return self.initramfs.with_suffix(".console")

    def end(self):
        if self._process:
            self._process.kill()
            self._process.wait()
            self._events.join()

    def connect(self):
        return socket.create_connection(("127.0.0.1", self._shell_port), timeout=COMMAND_TIMEOUT_S)

    def start(self, script):
        return Process(self, script)

    def attempt(self, script):
        """Exit code and output of a shell script."""
        with self.connect() as shell:
            shell.sendall(f"exec 2>&1\n(\n{script}\n) </dev/null\nprintf '\\nexit %d\\n' $?\nexit\n".encode())
            with shell.makefile(errors="replace") as stream:
                text = stream.read()
        match = re.search(r"\nexit (\d+)\n$", text)
        assert match, f"no exit code from {script!r}: {text}"
        return int(match.group(1)), text[: match.start()].strip()

    def run(self, script):
        code, text = self.attempt(script)
        assert code == 0, f"{script!r} ended with {code}: {text}"
        return text

    def write(self, path, text):
        self.run(f"cat >{path} <<'END OF FILE'\n{text}\nEND OF FILE")


@contextlib.contextmanager
def booted(guest):
    """Its console is shown only when it did not get so far; later on it is in the way."""
    try:
        guest.boot()
    except AssertionError:
        guest.end()
        print(guest.console.read_text(errors="replace"))
        raise
    yield guest
    guest.end()
