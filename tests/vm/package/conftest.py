# SPDX-License-Identifier: MIT
"""One boot, into which the Debian packages are installed, each as the version before it and as this one."""

import os
import pathlib

import pytest
from lifecycle import Package, older

from service import MAP_PATH, Service, systemd_guest


@pytest.fixture(scope="session")
def packages(tmp_path_factory):
    """By name, the paths out here: the version before, and this one."""
    folder = tmp_path_factory.mktemp("package")
    found = [path for path in pathlib.Path(os.environ["TOS_PACKAGES"]).glob("*.deb") if "-dbgsym_" not in path.name]
    return {path.name.partition("_")[0]: (older(path, folder), path) for path in found}


@pytest.fixture(scope="session")
def guest(tmp_path_factory, packages):
    paths = [path for both in packages.values() for path in both]
    with systemd_guest(tmp_path_factory.mktemp("guest"), *paths) as guest:
        # The root was made so that no service starts in it.
        guest.run("rm -f /usr/sbin/policy-rc.d")
        yield guest


@pytest.fixture
def make_package(guest, packages):
    """Packages that are purged, the last one first, before the next test begins."""
    made = []

    def make(name):
        made.append(Package(guest, name, *packages[name]))
        return made[-1]

    yield make
    for package in reversed(made):
        package.purge()
    guest.run(f"rm -rf {MAP_PATH}; systemctl reset-failed")


@pytest.fixture
def package(parts, make_package):
    del parts
    return make_package("tosd")


@pytest.fixture
def service(guest, client):
    return Service(guest, client)
