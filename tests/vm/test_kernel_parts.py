# SPDX-License-Identifier: MIT
"""The parts of tosd.yaml(5) that the kernel reads, with what the manual says of each: driver, name and channels.

The kernel's own drivers run on its SMBus adapter for tests (i2c-stub), whose registers are set as the part's datasheet has
them. 1-Wire, a DHT and an HX711 need wires that are timed bit by bit: module/made_sensors.c makes devices that are called
as theirs.
"""

import pathlib
import re

import pytest

MANUAL = (pathlib.Path(__file__).resolve().parents[2] / "config" / "tosd.yaml.5.scd").read_text()
HEAD = "mqtt: {url: 'mqtt://127.0.0.1'}\ninterval: 200ms\n"
MADE = "/sys/module/made_sensors/parameters"


def words_of(part):
    """Of the manual's entry: what the map says, and the channels."""
    entry = re.search(rf"\n\*(?:[^\n]*, \*)?{part}\*[^\n]*\n\t(.*?)\n\n", MANUAL, re.DOTALL).group(1)
    chip = re.search(r"_(\{driver: \w+, bus: \S+\})_", entry).group(1)
    return chip, re.findall(r"_(\w+)_", entry.partition("Channels: ")[2].partition(".")[0])


def map_of(part, chip=None, **options):
    words, channels = words_of(part)
    lines = [f"  {channel}: {{from: part.{channel}, decimals: 6}}" for channel in channels]
    return HEAD + f"chips: {{part: {chip or words}}}\nsensors:\n" + "\n".join(lines) + "\n"


class Stub:
    """Parts that are nothing but registers, on a bus of the kernel's that speaks SMBus."""

    def __init__(self, guest, bind, *addresses):
        self.guest, self.bind, self.addresses = guest, bind, addresses
        guest.run(f"modprobe i2c-stub chip_addr={','.join(hex(address) for address in addresses)}")
        self.bus = int(guest.run("cd /sys/bus/i2c/devices; grep -l stub i2c-*/name | sed 's|i2c-\\(.*\\)/name|\\1|'"))

    def set(self, address, registers):
        """16 bits each; of two bytes the first one on the wire is the lower one here."""
        words = " ".join(f"{register}={word}" for register, word in registers.items())
        self.guest.run(f"smbus {self.bus} {address} {words}")

    def word(self, address, register):
        return int(self.guest.run(f"smbus {self.bus} {address} {register}"), 16)

    def byte(self, address):
        """Without a register. Reading it moves i2c-stub's place on, so what was written is read once."""
        return int(self.guest.run(f"smbus {self.bus} {address} -"), 16)

    def end(self):
        for address in self.addresses:
            self.bind.undo(address, self.bus)
        self.guest.run("rmmod i2c-stub")


@pytest.fixture
def make_stub(guest, bind):
    stubs = []

    def make(*addresses):
        stubs.append(Stub(guest, bind, *addresses))
        return stubs[-1]

    yield make
    for stub in stubs:
        stub.end()


def swapped(word):
    return word >> 8 | (word & 0xFF) << 8


def octets(first, data):
    """Registers of one byte each."""
    return {first + place: octet for place, octet in enumerate(data)}


# Module, name, address, registers, and what the datasheet makes of them.
PARTS = {
    # SBOS397F: 13 bits, 0.0625 °C, after the kernel has set the extended mode; 0x60a0 is the configuration after power-on.
    "TMP102": ("tmp102", "tmp102", 0x48, {0: swapped(0x0CC0), 1: swapped(0x60A0)}, {"temp1": 25.5}),
    # SNOS808P: 9 bits, 0.5 °C.
    "LM75": ("lm75", "lm75", 0x4F, {0: swapped(0xF900)}, {"temp1": -7}),
    # DS25095A, 5.1.3: 0.0625 °C, sign in bit 12.
    "MCP9808": ("jc42", "jc42", 0x18, {5: swapped(0x0194)}, {"temp1": 25.25}),
    # SBOS547A: the bus in 1.25 mV, the shunt in 2.5 uV; 10 mV over the kernel's 10 mOhm are 1 A.
    "INA226": (
        "ina2xx",
        "ina226",
        0x40,
        {1: swapped(4000), 2: swapped(9600), 3: swapped(1920), 4: swapped(4000)},
        {"in1": 12, "in0": 0.01, "curr1": 1, "power1": 12},
    ),
    # TAOS059N, "Calculating Lux": 0.0337 x 1000 - 0.0430 x 200 of the normalized channels; the kernel has whole lux.
    "TSL2561": (
        "tsl2563",
        "tsl2561",
        0x39,
        {0x8C: 1000, 0x8E: 200},
        {"illuminance0": 25, "intensity_both": 1000, "intensity_ir": 200},
    ),
    # BST-BME680-DS001, 3.3 and 5.3.4, with a calibration by which the formulas can be done in the head. par_t2 2048 makes
    # t_fine ADC / 8, and 128000 is 25 degrees, at which most terms of the others are none. par_p1 31250: a fifth of 2^20 - ADC
    # are pascals. par_h2 1024: ADC / 256 is percent. Gas range 4 with 512 is 500 kilohms. One byte each.
    "BME680": (
        "bme680_i2c",
        "bme680",
        0x77,
        {0xD0: 0x61, 0x1D: 0x80}
        | octets(0x8A, (2048).to_bytes(2, "little") + bytes(2) + (31250).to_bytes(2, "little") + bytes(18))
        | octets(0xE1, bytes([1024 >> 4]) + bytes(13))
        | octets(0x1F, (548576 << 4).to_bytes(3, "big") + (1024000 << 4).to_bytes(3, "big") + (11520).to_bytes(2, "big"))
        | {0x2A: 512 >> 2, 0x2B: 0x34, 0x00: 0, 0x02: 0, 0x04: 0},
        {"temp": 25, "humidityrelative": 45, "pressure": 1000, "resistance": 500000},
    ),
    # The kernel's driver (a newer one looks at the identity, 0xc0) starts a range, waits for bit 0 of 0x14, and takes the
    # millimetres from 0x1e on; bytes.
    "VL53L0X": (
        "vl53l0x-i2c",
        "vl53l0x",
        0x29,
        {0xC0: 0xEE, 0x14: 0x01, 0x1E: 500 >> 8, 0x1F: 500 & 0xFF},
        {"distance": 0.5},
    ),
}


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_the_kernels_own_driver_reads(part, make_stub, bind, make_gateway):
    module, name, address, registers, values = PARTS[part]
    stub = make_stub(address)
    stub.set(address, registers)
    bind(module, name, address, stub.bus)
    gateway = make_gateway(map_of(part))
    reading = gateway.reading(lambda r: None not in r.values())
    assert {channel: reading[channel] for channel in values} == pytest.approx(values, abs=1e-6)
    # Each channel of the manual is there.
    assert set(reading) - {"ts"} == set(values)
    gateway.end("TERM")


def test_an_mpu6050_with_its_interrupt(guest, make_stub, make_gateway):
    """RM-MPU-6000A, 4.17 to 4.19: acceleration from 0x3b, temperature, rotation from 0x43; code / 340 + 36.53 is in degrees
    Celsius. The kernel takes the ranges of 2 g and 2000 degrees a second, with the scales 0.000598 and 0.001064724."""
    stub = make_stub(0x68)
    words = (16384, -8192, 0, -3920, 1000, -2000, 0)
    stub.set(0x68, {0x75: 0x68} | octets(0x3B, b"".join(word.to_bytes(2, "big", signed=True) for word in words)))
    base = guest.run("cd /sys/class/gpio; cat $(dirname $(grep -l pinctrl-bcm2835 gpiochip*/label))/base")
    part = f"type=mpu6050 bus={stub.bus} address=0x68 line={int(base) + 4}"
    guest.run(f"modprobe inv-mpu6050-i2c; modprobe i2c_part {part}")
    try:
        gateway = make_gateway(map_of("MPU6050"))
        reading = gateway.reading(lambda r: None not in r.values())
        reading.pop("ts")
        assert reading == pytest.approx(
            {
                "accel_x": 16384 * 0.000598,
                "accel_y": -8192 * 0.000598,
                "accel_z": 0,
                "anglvel_x": 1000 * 0.001064724,
                "anglvel_y": -2000 * 0.001064724,
                "anglvel_z": 0,
                "temp": -3920 / 340 + 36.53,
            },
            abs=1e-3,
        )
        gateway.end("TERM")
    finally:
        guest.run("rmmod i2c_part")


def test_an_hdc1080(parts, bind, make_gateway):
    """It is read without a register, so it sits behind our own adapter (hdc1080.c)."""
    del parts
    bind("hdc100x", "hdc1080", 0x40)
    gateway = make_gateway(map_of("HDC1080"))
    reading = gateway.reading(lambda r: None not in r.values())
    assert (reading["temp"], reading["humidityrelative"]) == pytest.approx((25.500488, 44.999695), abs=1e-5)
    gateway.end("TERM")


@pytest.fixture
def made(guest):
    """Sets what the devices without hardware show."""
    guest.run("modprobe made_sensors")

    def show(**values):
        guest.run("\n".join(f"echo {value} >{MADE}/{name}" for name, value in values.items()))

    yield show
    guest.run("rmmod made_sensors")


def test_a_ds18b20_by_its_name_and_by_its_node(made, make_gateway):
    made(w1_millidegrees=-10125)
    gateway = make_gateway(map_of("DS18B20"))
    gateway.reading(lambda r: r["temp1"] == -10.125)
    gateway.end("TERM")
    node = re.search(r"_(28-\w+)_", MANUAL).group(1)
    gateway = make_gateway(map_of("DS18B20", f"{{driver: hwmon, bus: {node}}}"))
    gateway.reading(lambda r: r["temp1"] == -10.125)
    # The value after power-on is not a temperature.
    mark = gateway.client.mark()
    made(w1_millidegrees=85000)
    gateway.reading(lambda r: r["temp1"] is None)
    health = gateway.health(lambda h: not h["sensors"]["temp1"]["ok"], mark)
    assert "85 °C is what the part shows after a loss of power" in health["sensors"]["temp1"]["error"]
    made(w1_millidegrees=84938)
    gateway.reading(lambda r: r["temp1"] == 84.938)
    made(w1_millidegrees=85000)
    gateway.reading(lambda r: r["temp1"] == 85)
    gateway.end("TERM")


def test_a_dht22_that_does_not_answer_each_time(guest, made, make_gateway):
    name = guest.run("cat /sys/bus/iio/devices/iio:device*/name | grep dht")
    gateway = make_gateway(map_of("DHT22", words_of("DHT22")[0].replace("NAME", name)))
    reading = gateway.reading(lambda r: None not in r.values())
    assert (reading["temp"], reading["humidityrelative"]) == (23.4, 45)
    made(dht_error=-110)
    gateway.reading(lambda r: r["temp"] is None and r["humidityrelative"] is None)
    made(dht_error=0, dht_millidegrees=-1500)
    gateway.reading(lambda r: r["temp"] == -1.5)
    gateway.end("TERM")


def test_an_hx711_weighs(made, make_gateway):
    """Empty it shows the middle of its range, and here 100000 steps are a kilogram."""
    volts = [(0x800000 + steps) * 2328e-12 for steps in (0, 100000)]
    text = map_of("HX711").replace("from: part.voltage0, decimals: 6", f"from: part.voltage0, decimals: 3, calibrate: [[{volts[0]:.12f}, 0], [{volts[1]:.12f}, 1]]")
    gateway = make_gateway(text)
    gateway.reading(lambda r: r["voltage0"] == 1)
    made(hx711_raw=0x800000 + 250000)
    gateway.reading(lambda r: r["voltage0"] == 2.5)
    made(hx711_raw=0x800000 - 50000)
    gateway.reading(lambda r: r["voltage0"] == -0.5)
    gateway.end("TERM")


EXAMPLE = (pathlib.Path(__file__).resolve().parents[2] / "config" / "maps" / "raspberry-pi-expanders.yaml").read_text()
MCP23017, PCF8574 = 0x20, 0x38
# DS20001952C, table 3-1: with IOCON.BANK = 0, a register of each port side by side.
IODIR, GPIO, OLAT = 0x00, 0x12, 0x14


@pytest.fixture
def expanders(make_stub, bind):
    stub = make_stub(MCP23017, PCF8574)
    # Inputs, all pulled up. A PCF8574 has no registers: what is written to it is for i2c-stub the place to read from.
    stub.set(MCP23017, {IODIR: 0xFFFF, GPIO: 0xFFFF})
    stub.set(PCF8574, {place: place for place in range(256)})
    bind("pinctrl-mcp23s08_i2c", "mcp23017", MCP23017, stub.bus)
    bind("gpio-pcf857x", "pcf8574a", PCF8574, stub.bus)
    return stub


def test_expanders_are_gpio_chips_of_the_kernel(expanders, make_gateway):
    gateway = make_gateway(EXAMPLE)
    # On the lower lines of the MCP23017 outputs that are off, on the upper ones inputs.
    assert expanders.word(MCP23017, IODIR) & 0x030F == 0x0300
    assert expanders.word(MCP23017, OLAT) & 0x000F == 0
    gateway.reading(lambda r: (r["door"], r["tank"]) == (0, 0))
    expanders.set(MCP23017, {GPIO: 0xFEFF})
    gateway.reading(lambda r: (r["door"], r["tank"]) == (1, 0))
    gateway.do(relay={"pump": {"on": True}})
    assert expanders.word(MCP23017, OLAT) & 0x000F == 1
    # Two of them switch on when they are pulled to ground.
    gateway.do(relay={"lamp": {"on": True}})
    assert expanders.byte(PCF8574) == 0xFE
    gateway.do(led={"run": {"on": True}})
    assert expanders.byte(PCF8574) == 0x7E
    gateway.end("TERM")
    assert expanders.word(MCP23017, OLAT) & 0x000F == 0
