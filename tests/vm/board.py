# SPDX-License-Identifier: MIT
"""The parts on the guest's buses, and the gateway that drives them: the real tosd on the kernel's real interfaces."""

import json
import re

from guest import COMMAND_TIMEOUT_S

FORWARD, BACKWARD, RED = "GPIO5", "GPIO6", "GPIO17"

CHIPS = """
chips:
  climate: {driver: bme280, bus: /dev/i2c-1, address: 0x77}
  adc: {driver: ads1115, bus: /dev/i2c-1, address: 0x48}
  board: {driver: pca9685, bus: /dev/i2c-2, address: 0x40, frequency: 1kHz}
sensors:
  temp: {from: climate.temperature, decimals: 1, simulate: 23.4}
  humi: {from: climate.humidity, simulate: 45}
  cds: {from: adc.0, decimals: 3, simulate: 1.25}
"""

MAP = (
    "mqtt: {url: 'mqtt://127.0.0.1'}\ninterval: 200ms\n"
    + CHIPS
    + """
leds:
  - {name: red, line: GPIO17}
  - {name: green, pwm: board.3, gamma: 1}
  - {name: blue, pwm: pwmchip0.1, gamma: 1}
motors:
  - {forward: GPIO5, backward: GPIO6, enable: board.0, reverse_pause: 50ms}
"""
)

# With an LED of the kernel's.
LED_MAP = MAP.replace("\nmotors:", "\n  - {name: act, led: ACT}\nmotors:")


class KernelLed:
    """An LED of the kernel's LED class, made by the kernel's own uleds; it is there until its process ends."""

    def __init__(self, guest, name="ACT", max_brightness=255):
        self.guest = guest
        self.folder = f"/sys/class/leds/{name}"
        padding = 64 - len(name)
        # struct uleds_user_dev of linux/uleds.h, in one write.
        octal = "".join(f"\\{byte:03o}" for byte in max_brightness.to_bytes(2, "little"))
        guest.run(
            f"modprobe uleds; {{ printf {name}; head -c {padding} /dev/zero; printf '{octal}'; head -c 2 /dev/zero; }} >/tmp/{name}.uleds"
        )
        self.process = guest.start(f"exec 3<>/dev/uleds; cat /tmp/{name}.uleds >&3; echo there; exec sleep 100000")
        self.process.log.wait("^there")

    def read(self, name="brightness"):
        return self.guest.run(f"cat {self.folder}/{name}")

    def end(self):
        self.process.end()


PARAMETERS = "/sys/module/i2c_user/parameters"


class Parts:
    """The chip models behind i2c-1 and i2c-2, in a process of the guest."""

    FOLDER = "/tmp/parts"

    def __init__(self, guest):
        self.guest = guest
        self.process = None
        self.adapter_before = {}
        guest.run(f"mkdir {self.FOLDER}")
        guest.write(f"{self.FOLDER}/map.yaml", "mqtt: {url: 'mqtt://127.0.0.1'}\ninterval: 1s\n" + CHIPS)

    def start(self):
        self.process = self.guest.start(f"exec i2c_server {self.FOLDER}/map.yaml {self.FOLDER}")
        self.process.log.wait("i2c_server: ready")

    def end(self):
        if self.process:
            self.process.end()
        self.process = None
        if self.adapter_before:
            self.guest.run("\n".join(f"echo {value} >{PARAMETERS}/{name}" for name, value in self.adapter_before.items()))
        self.adapter_before.clear()

    def adapter(self, name, value):
        """Sets how the adapters themselves behave until the end of the test, see module/i2c_user.c."""
        before = self.guest.run(f"cat {PARAMETERS}/{name}; echo {value} >{PARAMETERS}/{name}")
        self.adapter_before.setdefault(name, before)

    def control(self, command):
        answer = self.guest.run(f"control {self.FOLDER}/control {command}")
        assert answer.startswith("ok"), answer

    def fault(self, target, name):
        self.control(f"fault {target} {name}")


class Gateway:
    def __init__(self, guest, client, text, user=None):
        self.guest = guest
        self.client = client
        mark = client.mark()
        guest.write("/tmp/tosd.yaml", text)
        command = "exec tosd --config /tmp/tosd.yaml --state /tmp"
        self.process = guest.start(command if not user else f"exec su {user} -c '{command}'")
        self.log = self.process.log
        self.log.wait("tosd .* runs")
        client.wait("tos/status", lambda m: m.payload == b"online", mark, COMMAND_TIMEOUT_S)

    def end(self, signal="KILL"):
        return self.process.end(signal)

    def ask(self, **action):
        return json.loads(self.client.ask(json.dumps(action)))

    def do(self, **action):
        answer = self.ask(**action)
        assert answer["ok"], answer
        return answer["applied"]

    def reading(self, accept=lambda reading: True):
        return self.client.wait_json("tos/sensors", accept, self.client.mark())

    def health(self, accept=lambda health: True, mark=0):
        """The first one that accept() likes, of this gateway: what is retained at the beginning is an earlier one's."""
        message = self.client.wait("tos/health", lambda m: not m.retain and accept(json.loads(m.payload)), mark)
        return json.loads(message.payload)


def is_whole(reading):
    """On a busy machine a part may take so long that a reading goes without it."""
    return None not in reading.values()


def registers(guest, bus, address, first, count):
    """Read by a program that is not ours."""
    reads = "; ".join(f"busybox i2cget -y -f {bus} {address:#x} {register:#x}" for register in range(first, first + count))
    return [int(word, 16) for word in re.findall(r"0x[0-9a-f]+", guest.run(reads))]
