# SPDX-License-Identifier: MIT
"""A network of one machine: a namespace of its own, with its own links, addresses and /etc/hosts."""

import os
import pathlib
import shlex
import subprocess

import pytest
from harness import TIMEOUT, Gateway, Lines

MOSQUITTO = "/usr/sbin/mosquitto"


class Namespace:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder) / "namespace"
        self.folder.mkdir()
        self._processes = []
        if os.geteuid() != 0:
            pytest.skip("a network of its own needs root")
        self._holder = subprocess.Popen(
            ["unshare", "--net", "--mount", "sh", "-c", "echo ready; exec cat"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        if self._holder.stdout.readline() != "ready\n":
            pytest.skip(f"a network of its own is not to be had: {self._holder.stderr.read().strip()}")
        self._enter = ["nsenter", "--net", "--mount", f"--target={self._holder.pid}", "--"]
        self.run("ip link set lo up")

    def run(self, command):
        subprocess.run([*self._enter, *shlex.split(command)], check=True, capture_output=True, timeout=TIMEOUT)

    def set_hosts(self, text):
        hosts = self.folder / "hosts"
        hosts.write_text(text)
        self.run(f"mount --bind {hosts} /etc/hosts")

    def broker(self, config):
        """A mosquitto inside; its log."""
        path = self.folder / f"broker{len(self._processes)}.conf"
        path.write_text(f"allow_anonymous true\nlog_type all\n{config}\n")
        process = subprocess.Popen(
            [*self._enter, MOSQUITTO, "-c", str(path)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._processes.append(process)
        log = Lines(process.stderr)
        log.wait(r"mosquitto version .* running")
        return log

    def gateway(self, binary, map_text, arguments=(), wait_ready=True):
        program = self.folder / "tosd"
        program.write_text(f'#!/bin/sh\nexec {shlex.join(self._enter)} {shlex.quote(str(binary))} "$@"\n')
        program.chmod(0o755)
        gateway = Gateway(program, self.folder / f"gateway{len(self._processes)}", map_text, arguments)
        self._processes.append(gateway)
        return gateway.start(wait_ready)

    def close(self):
        for process in reversed(self._processes):
            process.kill()
            if isinstance(process, subprocess.Popen):
                process.wait(TIMEOUT)
        self._holder.stdin.close()
        self._holder.wait(TIMEOUT)
