# SPDX-License-Identifier: MIT
"""A Debian package in the guest, and a version before it."""

import contextlib
import re
import subprocess

from guest import COMMAND_TIMEOUT_S
from service import MAP_PATH

# The guest's shell has a small dpkg of its own.
DPKG = "DEBIAN_FRONTEND=noninteractive /usr/bin/dpkg"
# As dpkg leaves a package of which nothing is left.
GONE = "unknown ok not-installed"
BEFORE = "1.0.9"
# Files that no package owns and that change by themselves: of dpkg, systemd, the broker and the list of users.
RESTLESS = r"^/(var/lib/(dpkg|mosquitto)/|var/lib/systemd/(random-seed|catalog|timers|coredump)|etc/(\.pwd\.lock|[a-z]*-$))"


def older(package, folder):
    """The same as a version before it. Its page says so."""
    tree = folder / package.name
    subprocess.run(["dpkg-deb", "-R", package, tree], check=True)
    control = tree / "DEBIAN" / "control"
    control.write_text(re.sub("(?m)^Version: .*", f"Version: {BEFORE}", control.read_text()))
    for page in tree.glob("usr/share/tos-gateway/page/index.html"):
        page.write_text(page.read_text() + f"<!-- {BEFORE} -->\n")
    result = folder / re.sub("_[^_]*_", f"_{BEFORE}_", package.name)
    subprocess.run(["dpkg-deb", "-b", "--root-owner-group", tree, result], check=True, stdout=subprocess.DEVNULL)
    return result


class Package:
    def __init__(self, guest, name, before, now):
        self.guest = guest
        self.name = name
        self.before = f"/srv/{before.name}"
        self.now = f"/srv/{now.name}"
        self.files = self.all_files()

    def install(self, path=None):
        return self.guest.run(f"{DPKG} -i {path or self.now}")

    def remove(self):
        return self.guest.run(f"{DPKG} --remove {self.name}")

    def purge(self):
        return self.guest.run(f"{DPKG} --purge {self.name}")

    def state(self):
        return self.guest.attempt(f"dpkg-query -W -f '${{Status}}' {self.name}")[1]

    def version(self):
        return self.guest.run(f"dpkg-query -W -f '${{Version}}' {self.name}")

    def is_unknown(self):
        return self.state() in ("", GONE) or "no packages found" in self.state()

    def all_files(self):
        return set(self.guest.run(f"find /etc /usr /var/lib | grep -Ev '{RESTLESS}'").splitlines())

    def residue(self):
        """Returns the files that were not in the file system before."""
        return sorted(self.all_files() - self.files)


@contextlib.contextmanager
def coming_online(service):
    mark = service.client.mark()
    yield
    service.client.wait("tos/status", lambda m: m.payload == b"online", mark, COMMAND_TIMEOUT_S)


def put_map(guest, text):
    """As an editor saves it: whole, under its name."""
    guest.write("/etc/tos/new", text)
    guest.run(f"mv /etc/tos/new {MAP_PATH}")
