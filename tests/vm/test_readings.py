# SPDX-License-Identifier: MIT
"""Sensors through the kernel's /dev/i2c-N."""

import pytest

from board import is_whole, registers


def test_readings_by_plain_i2c(gateway, parts):
    reading = gateway.reading(is_whole)
    assert list(reading) == ["temp", "humi", "cds", "ts"]
    assert abs(reading["temp"] - 23.4) <= 0.1
    assert reading["humi"] == 45
    assert abs(reading["cds"] - 1.25) <= 0.001
    parts.control("set climate.temperature -7.5")
    gateway.reading(lambda r: r["temp"] is not None and abs(r["temp"] + 7.5) <= 0.1)


# Of linux/i2c.h: I2C_FUNC_SMBUS_BYTE, ..._BYTE_DATA, ..._WORD_DATA, ..._I2C_BLOCK.
BYTES_AND_WORDS = 0x00060000 | 0x00180000 | 0x00600000
BLOCKS = 0x0C000000


@pytest.mark.parametrize("functions", [BYTES_AND_WORDS | BLOCKS, BYTES_AND_WORDS])
def test_readings_by_an_adapter_that_speaks_only_smbus(guest, parts, make_gateway, functions):
    parts.adapter("functions", functions)
    gateway = make_gateway()
    reading = gateway.reading(is_whole)
    assert abs(reading["temp"] - 23.4) <= 0.1
    assert reading["humi"] == 45
    assert abs(reading["cds"] - 1.25) <= 0.001
    gateway.do(led={"green": {"bright": 5}})
    # LED3_ON_L to LED3_OFF_H: on from step 0 to half of the 4096.
    on_low, on_high, off_low, off_high = registers(guest, 2, 0x40, 0x12, 4)
    assert (on_low, on_high) == (0, 0)
    assert abs(off_low + 256 * off_high - 2048) <= 1


@pytest.fixture
def stub(guest, parts, make_gateway):
    """The kernel's own SMBus adapter for tests. Its parts are memory: a BME280's is copied from the model."""
    first = make_gateway()
    first.reading()
    first.end("TERM")
    guest.run("modprobe i2c-stub chip_addr=0x77")
    bus = int(guest.run("cd /sys/bus/i2c/devices; grep -l stub i2c-*/name | sed 's|i2c-\\(.*\\)/name|\\1|'"))
    measured = [0xD0, *range(0x88, 0xA2), *range(0xE1, 0xE8), *range(0xF2, 0xFF)]
    copy = f"i2cset -y {bus} 0x77 $r $(i2cget -y -f 1 0x77 $r) || exit 1"
    guest.run(f"for r in {' '.join(map(hex, measured))}; do {copy}; done")
    yield bus
    guest.run("rmmod i2c-stub")


def test_readings_by_the_kernels_smbus_stub(stub, make_gateway):
    path = f"/dev/i2c-{stub}"
    gateway = make_gateway(
        f"""
mqtt: {{url: 'mqtt://127.0.0.1'}}
interval: 200ms
chips:
  climate: {{driver: bme280, bus: {path}, address: 0x77}}
sensors:
  temp: {{from: climate.temperature, decimals: 1}}
  humi: {{from: climate.humidity}}
"""
    )
    reading = gateway.reading(is_whole)
    assert abs(reading["temp"] - 23.4) <= 0.1
    assert reading["humi"] == 45
    # The stub cannot be taken away while its bus is open.
    gateway.end("TERM")
