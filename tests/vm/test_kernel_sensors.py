# SPDX-License-Identifier: MIT
"""Sensors that drivers of the kernel read: IIO and hwmon. Where such a driver meets one of our simulated parts, two
programs that know nothing of each other must come to the same values."""

import pytest

HEAD = "mqtt: {url: 'mqtt://127.0.0.1'}\ninterval: 200ms\n"

CLIMATE = (
    HEAD
    + """
chips:
  climate: {driver: DRIVER, bus: BUS}
sensors:
  temp: {from: climate.temp, decimals: 3}
  humi: {from: climate.humidityrelative, decimals: 3}
  press: {from: climate.pressure, decimals: 3}
"""
)
IIO_CLIMATE = CLIMATE.replace("DRIVER", "iio").replace("BUS", "bme280")
OWN_CLIMATE = CLIMATE.replace("DRIVER", "bme280").replace("BUS", "/dev/i2c-1").replace("temp,", "temperature,").replace("humidityrelative", "humidity")

VOLTS = (
    HEAD
    + """
chips:
  adc: {driver: iio, bus: 1-0048}
sensors:
  single: {from: adc.voltage0, decimals: 6}
  pair: {from: adc.voltage0-voltage1, decimals: 6}
  other: {from: adc.voltage7}
"""
)

BOARD = (
    HEAD
    + """
chips:
  board: {driver: hwmon, bus: lm75}
sensors:
  temp: {from: board.temp1, decimals: 1}
"""
)


def whole(gateway):
    return gateway.reading(lambda r: None not in r.values())


def test_the_kernels_bme280_driver_reads_our_part_as_we_do(parts, bind, make_gateway):
    points = [(23.4, 45, 1013.25), (-7.5, 20, 960), (60, 80, 1040)]
    own = []
    gateway = make_gateway(OWN_CLIMATE)
    for point in points:
        show(parts, point)
        own.append(gateway.reading(lambda r, point=point: is_near(r, point)))
    gateway.end("TERM")
    bind("bmp280-i2c", "bme280", 0x77)
    gateway = make_gateway(IIO_CLIMATE)
    for point, reading in zip(points, own):
        show(parts, point)
        theirs = gateway.reading(lambda r, point=point: is_near(r, point))
        # Linux computes with integers, in hundredths of a degree.
        assert abs(theirs["temp"] - reading["temp"]) <= 0.01, (theirs, reading)
        assert abs(theirs["humi"] - reading["humi"]) <= 0.05, (theirs, reading)
        assert abs(theirs["press"] - reading["press"]) <= 0.05, (theirs, reading)


def show(parts, point):
    for channel, value in zip(("temperature", "humidity", "pressure"), point):
        parts.control(f"set climate.{channel} {value}")


def is_near(reading, point):
    return None not in reading.values() and all(
        abs(reading[name] - value) <= limit for name, value, limit in zip(("temp", "humi", "press"), point, (0.1, 0.5, 0.5))
    )


def test_a_part_that_does_not_answer_the_kernel(parts, bind, make_gateway):
    bind("bmp280-i2c", "bme280", 0x77)
    gateway = make_gateway(IIO_CLIMATE)
    whole(gateway)
    mark = gateway.client.mark()
    parts.fault("climate", "no-answer")
    assert gateway.reading(lambda r: r["temp"] is None)["press"] is None
    health = gateway.health(lambda h: not h["sensors"]["temp"]["ok"], mark)
    assert health["sensors"]["temp"]["error"] == "iio on bme280: no answer"
    # It has lost its settings, and Linux gives it them only when it finds it.
    bind.undo(0x77)
    parts.fault("climate", "none")
    bind("bmp280-i2c", "bme280", 0x77)
    whole(gateway)


def test_the_kernels_ads1115_driver_reads_our_part(parts, bind, make_gateway):
    """By its device node; each input has a scale of its own there."""
    bind("ti-ads1015", "ads1115", 0x48)
    parts.control("set adc.0-1 -0.25")
    gateway = make_gateway(VOLTS)
    reading = gateway.reading(lambda r: r["single"] is not None and r["pair"] is not None)
    assert abs(reading["single"] - 1.25) <= 0.0001
    assert abs(reading["pair"] + 0.25) <= 0.0001


def test_a_channel_that_the_device_does_not_have_costs_only_itself(parts, bind, make_gateway):
    del parts
    bind("ti-ads1015", "ads1115", 0x48)
    gateway = make_gateway(VOLTS)
    assert gateway.reading(lambda r: r["single"] is not None and r["pair"] is not None)["other"] is None
    health = gateway.health(lambda h: not h["sensors"]["other"]["ok"])
    assert health["sensors"]["other"]["error"] == "iio on 1-0048: the device has no channel voltage7"
    assert health["sensors"]["single"]["ok"]


@pytest.fixture
def stub(guest, bind):
    """Two thermometers on the kernel's own SMBus adapter for tests: 25.5 degrees and -7."""
    guest.run("modprobe i2c-stub chip_addr=0x48,0x49")
    bus = int(guest.run("cd /sys/bus/i2c/devices; grep -l stub i2c-*/name | sed 's|i2c-\\(.*\\)/name|\\1|'"))
    # The temperature's two bytes; SMBus sends the lower one of a word first.
    guest.run(f"i2cset -y {bus} 0x48 0 0x8019 w; i2cset -y {bus} 0x49 0 0x00f9 w")
    yield bus
    for address in (0x48, 0x49):
        bind.undo(address, bus)
    guest.run("rmmod i2c-stub")


def number(guest, bus, address):
    return guest.run(f"ls /sys/bus/i2c/devices/{bus}-{address:04x}/hwmon")


def test_a_device_that_comes_back_under_another_number_is_found(guest, stub, bind, make_gateway):
    bind("lm75", "lm75", 0x48, stub)
    before = number(guest, stub, 0x48)
    gateway = make_gateway(BOARD)
    assert whole(gateway)["temp"] == 25.5
    bind.undo(0x48, stub)
    gateway.reading(lambda r: r["temp"] is None)
    bind("lm75", "tmp75", 0x49, stub)
    assert number(guest, stub, 0x49) == before
    gateway.health(lambda h: "there are " in h["sensors"]["temp"].get("error", "") and f"tmp75 ({stub}-0049)" in h["sensors"]["temp"]["error"])
    bind("lm75", "lm75", 0x48, stub)
    assert number(guest, stub, 0x48) != before
    assert whole(gateway)["temp"] == 25.5
    gateway.end("TERM")


def test_two_devices_of_one_name_are_told_apart_by_their_nodes(stub, bind, make_gateway):
    bind("lm75", "lm75", 0x48, stub)
    bind("lm75", "lm75", 0x49, stub)
    gateway = make_gateway(BOARD)
    assert gateway.reading()["temp"] is None
    health = gateway.health(lambda h: not h["sensors"]["temp"]["ok"])
    nodes = f"{stub}-0048, {stub}-0049"
    assert f'2 devices are called "lm75": name the node of the one, {nodes}' in health["sensors"]["temp"]["error"]
    gateway.end("TERM")
    gateway = make_gateway(BOARD.replace("lm75", f"{stub}-0049"))
    assert whole(gateway)["temp"] == -7
    gateway.end("TERM")


def test_a_device_that_is_missing_is_told_with_what_helps(make_gateway):
    gateway = make_gateway(IIO_CLIMATE)
    assert gateway.reading()["temp"] is None
    health = gateway.health(lambda h: not h["sensors"]["temp"]["ok"])
    assert "the kernel has no such device at all (/sys/bus/iio/devices/iio:device*): load its driver" in health["sensors"]["temp"]["error"]
