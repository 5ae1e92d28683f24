# SPDX-License-Identifier: MIT
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "integration"))

# pylint: disable=wrong-import-position
from board import MAP, Gateway, KernelLed, Parts
from guest import Guest, Wire, booted, kernel
from harness import Client


def pytest_collection_modifyitems(items):
    """If the machine cannot be made, every test is skipped with the reason."""
    reason = os.environ.get("TOS_VM_SKIP")
    if reason:
        for item in items:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def initramfs(tmp_path_factory):
    build = pathlib.Path(os.environ["TOS_BUILD"])
    initramfs = tmp_path_factory.mktemp("vm") / "initramfs"
    ours = [build / "daemon" / "tosd", build / "tosctl" / "tosctl", *(build / "tests" / "vm" / name for name in ("i2c_server", "control", "smbus"))]
    programs = [*ours, shutil.which("gpioset"), shutil.which("gpioinfo"), shutil.which("mosquitto_pub")]
    subprocess.run([HERE / "initramfs.sh", kernel(), initramfs, *programs], check=True)
    return initramfs


@pytest.fixture(scope="session")
def guest(initramfs):
    with booted(Guest(initramfs)) as guest:
        yield guest


@pytest.fixture(scope="session")
def wire(guest):
    return Wire(guest)


@pytest.fixture(scope="session")
def session_parts(guest):
    return Parts(guest)


@pytest.fixture
def parts(session_parts):
    """The parts on the guest's I2C buses, each as after power-on and without a fault."""
    session_parts.start()
    yield session_parts
    session_parts.end()


@pytest.fixture
def client(guest):
    client = Client(guest.mqtt_port)
    yield client
    client.close()


@pytest.fixture
def make_gateway(guest, client):
    """Starts a gateway with the given map; it has ended before the next test begins."""
    gateways = []

    def make(text=MAP, **options):
        gateway = Gateway(guest, client, text, **options)
        gateways.append(gateway)
        return gateway

    yield make
    for gateway in gateways:
        gateway.end("TERM")


@pytest.fixture
def bind(guest):
    """Has a driver of the kernel's take a part on an I2C bus; it lets go of it before the next test begins."""
    bound = []

    def do(module, part, address, bus=1):
        guest.run(f"modprobe {module}; echo {part} {address:#x} >/sys/bus/i2c/devices/i2c-{bus}/new_device")
        guest.run(f"test -e /sys/bus/i2c/devices/{bus}-{address:04x}/driver")
        bound.append((bus, address))

    def undo(address, bus=1):
        path = f"/sys/bus/i2c/devices/{bus}-{address:04x}"
        guest.run(f"[ ! -e {path} ] || echo {address:#x} >/sys/bus/i2c/devices/i2c-{bus}/delete_device")

    do.undo = undo
    yield do
    for bus, address in bound:
        undo(address, bus)


@pytest.fixture
def make_led(guest):
    """Makes an LED of the kernel's; it is gone before the next test begins."""
    leds = []

    def make(*arguments):
        leds.append(KernelLed(guest, *arguments))
        return leds[-1]

    yield make
    for led in leds:
        led.end()


@pytest.fixture
def gateway(parts, make_gateway):
    return make_gateway()
