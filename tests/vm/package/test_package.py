# SPDX-License-Identifier: MIT
"""The Debian package, from its installation to its purge, under systemd and with a motor that runs."""

import contextlib
import os
import pathlib
import re
import subprocess

import pytest

from board import FORWARD, MAP
from service import MAP_PATH, Service, systemd_guest

RUN = {"motor": {"direction": "forward", "speed": 10}}
# The guest's shell has a small dpkg of its own.
DPKG = "DEBIAN_FRONTEND=noninteractive /usr/bin/dpkg"
# As dpkg leaves a package of which nothing is left.
GONE = "unknown ok not-installed"


def older(package, folder):
    """The same as a version before it."""
    tree = folder / "older"
    subprocess.run(["dpkg-deb", "-R", package, tree], check=True)
    control = tree / "DEBIAN" / "control"
    control.write_text(re.sub("(?m)^Version: .*", "Version: 1.0.9", control.read_text()))
    result = folder / "tosd_1.0.9.deb"
    subprocess.run(["dpkg-deb", "-b", "--root-owner-group", tree, result], check=True, stdout=subprocess.DEVNULL)
    return result


@pytest.fixture(scope="session")
def packages(tmp_path_factory):
    """Paths in the guest and out here: the version before, and this one."""
    (new,) = (pathlib.Path(os.environ["TOS_PACKAGES"])).glob("tosd_*.deb")
    return older(new, tmp_path_factory.mktemp("package")), new


@pytest.fixture(scope="session")
def guest(tmp_path_factory, packages):
    with systemd_guest(tmp_path_factory.mktemp("package"), *packages) as guest:
        # Whoever made the root wanted no service to start in it.
        guest.run("rm -f /usr/sbin/policy-rc.d")
        yield guest


class Package:
    def __init__(self, guest, before, now):
        self.guest = guest
        self.before = f"/srv/{before.name}"
        self.now = f"/srv/{now.name}"

    def install(self, path=None):
        return self.guest.run(f"{DPKG} -i {path or self.now}")

    def remove(self):
        return self.guest.run(f"{DPKG} --remove tosd")

    def purge(self):
        return self.guest.run(f"{DPKG} --purge tosd")

    def state(self):
        return self.guest.attempt("dpkg-query -W -f '${Status}' tosd")[1]


@pytest.fixture
def package(guest, packages, parts):
    del parts
    package = Package(guest, *packages)
    yield package
    package.purge()
    guest.run(f"rm -rf {MAP_PATH}; systemctl reset-failed")


@pytest.fixture
def service(guest, client):
    return Service(guest, client)


@contextlib.contextmanager
def coming_online(service):
    mark = service.client.mark()
    yield
    service.client.wait("tos/status", lambda m: m.payload == b"online", mark)


def put_map(guest, text):
    """As an editor saves it: whole, under its name."""
    guest.write("/etc/tos/new", text)
    guest.run(f"mv /etc/tos/new {MAP_PATH}")


def test_without_a_map_it_waits_for_one(guest, package, service):
    said = package.install()
    assert f"there is no device map yet. Write one to {MAP_PATH}, and the gateway starts." in said
    assert f"sudo tosctl probe --write {MAP_PATH}" in said
    assert guest.run("systemctl is-enabled tosd.service tosd.path").split() == ["enabled", "enabled"]
    assert (service.show("ActiveState"), service.show("Result")) == ("inactive", "success")
    assert guest.run("systemctl --failed --no-legend") == ""
    with coming_online(service):
        put_map(guest, MAP)
    assert service.reading()["humi"] == 45
    assert guest.run("tosd --version").split()[-1] in package.now


def test_a_first_map_with_a_mistake_is_told_and_can_be_mended(guest, package, service):
    package.install()
    put_map(guest, MAP.replace("humidity", "humidty"))
    service.wait("[ $(systemctl show -P ExecMainStatus tosd) = 78 ]")
    service.wait("systemctl is-failed -q tosd")
    service.wait("""journalctl -u tosd | grep -q 'did you mean "humidity"'""")
    with coming_online(service):
        put_map(guest, MAP)


def test_an_installation_with_a_mistaken_map_there_succeeds(guest, package, service):
    guest.run("mkdir -p /etc/tos")
    put_map(guest, "chips: [")
    package.install()
    assert package.state() == "install ok installed"
    service.wait("systemctl is-failed -q tosd")
    assert service.show("ExecMainStatus") == "78"


def test_an_upgrade_stops_the_motor_and_goes_on(guest, package, service, wire):
    guest.run("mkdir -p /etc/tos")
    put_map(guest, MAP)
    with coming_online(service):
        package.install(package.before)
    service.do(**RUN)
    pid, mark = service.show("MainPID"), wire.mark()
    with coming_online(service):
        package.install()
    assert service.show("MainPID") not in (pid, "0")
    wire.wait(FORWARD, 0, mark)
    assert not any(change.value for change in wire.since(mark))
    assert "ending on SIGTERM; motors are stopped" in guest.run(f"journalctl -u tosd _PID={pid}")
    service.do(**RUN)


def test_removed_purged_and_installed_again(guest, package, service, wire):
    guest.run("mkdir -p /etc/tos")
    put_map(guest, MAP)
    with coming_online(service):
        package.install()
    service.do(**RUN)
    mark = wire.mark()
    package.remove()
    wire.wait(FORWARD, 0, mark)
    assert not any(change.value for change in wire.since(mark))
    assert guest.attempt("pidof tosd")[0] != 0
    guest.run(f"test -e {MAP_PATH} && test -d /var/lib/tos")
    with coming_online(service):
        package.install()
    package.purge()
    assert package.state() in ("", GONE) or "no packages found" in package.state()
    assert guest.attempt(f"ls -d {MAP_PATH} /etc/tos /var/lib/tos /usr/bin/tosd 2>/dev/null")[1] == ""
    assert guest.run("systemctl --failed --no-legend") == ""
    package.install()
    assert service.show("ActiveState") == "inactive"
