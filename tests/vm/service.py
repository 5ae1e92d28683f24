# SPDX-License-Identifier: MIT
"""A guest with systemd, and tosd.service in it."""

import contextlib
import json
import os
import pathlib
import subprocess

from board import MAP, Gateway
from guest import COMMAND_TIMEOUT_S, Guest, booted, kernel

HERE = pathlib.Path(__file__).resolve().parent
MAP_PATH = "/etc/tos/tosd.yaml"
DROP_IN = "/run/systemd/system/tosd.service.d"


@contextlib.contextmanager
def systemd_guest(folder, *packages):
    """With tosd installed, or with these packages of it in /srv."""
    vm, build = pathlib.Path(os.environ["TOS_VM"]), pathlib.Path(os.environ["TOS_BUILD"])
    initramfs, overlay = folder / "initramfs", folder / "overlay"
    subprocess.run([HERE / "systemd" / "overlay.sh", kernel(), build, overlay, *packages], check=True)
    # The kernel unpacks what is joined.
    with initramfs.open("wb") as whole:
        for part in (vm / "root" / "root.cpio", overlay):
            whole.write(part.read_bytes())
    overlay.unlink()
    with booted(Guest(initramfs, 1024, "rdinit=/lib/systemd/systemd net.ifnames=0")) as guest:
        guest.run("udevadm settle")
        yield guest


class Service(Gateway):
    """tosd.service, and what systemd says of it."""

    def __init__(self, guest, client):
        # pylint: disable=super-init-not-called
        self.guest = guest
        self.client = client

    def start(self, drop_in="", text=MAP):
        self.guest.write(MAP_PATH, text)
        self.guest.run(f"mkdir -p {DROP_IN}; rm -f {DROP_IN}/*")
        if drop_in:
            self.guest.write(f"{DROP_IN}/test.conf", f"[Service]\n{drop_in}")
        mark = self.client.mark()
        self.guest.run("systemctl daemon-reload; systemctl reset-failed tosd; systemctl start tosd")
        self.client.wait("tos/status", lambda m: m.payload == b"online", mark, COMMAND_TIMEOUT_S)
        return self

    def show(self, name):
        return self.guest.run(f"systemctl show -P {name} tosd")

    def wait(self, condition):
        self.guest.run(f"until {condition}; do sleep 0.1; done")

    def restarted(self, action, client_mark):
        """Does something that ends the process and waits until the next one is ready."""
        before = self.show("MainPID")
        self.guest.run(action.format(pid=before))
        # The one before may have said "online" once more: against a will that came late.
        self.wait(f"systemctl -q is-active tosd && ! systemctl show -P MainPID tosd | grep -qxE '0|{before}'")
        self.client.wait("tos/status", lambda m: m.payload == b"online", client_mark, COMMAND_TIMEOUT_S)

    def journal(self, *matches):
        text = self.guest.run(f"journalctl --sync; journalctl -o json -u tosd {' '.join(matches)}")
        return [json.loads(line) for line in text.splitlines()]
