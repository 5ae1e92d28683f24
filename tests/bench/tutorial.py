# SPDX-License-Identifier: MIT
"""A Python gateway of the tutorial's kind, with hardware classes that cost nothing.

usage: tutorial.py PORT INTERVAL-MS WIRE-LOG
"""

import json
import signal
import sys
import time

import paho.mqtt.client as mqtt


class Sensor:
    def __init__(self, value):
        self.value = value

    def read(self):
        return self.value


class Led:
    def __init__(self, log):
        self.log = log

    def write(self, on):
        self.log.write(f"{time.monotonic_ns() // 1000} line GPIO17 {int(on)}\n")
        self.log.flush()


class Gateway:
    def __init__(self, port, interval_ms, log):
        self.interval = interval_ms / 1000
        self.running = True
        self.sensors = {"temp": Sensor(23), "humi": Sensor(45), "cds": Sensor(812), "sound": Sensor(133)}
        self.leds = [Led(log)]
        # Version 2 of paho asks which signatures the callbacks have; version 1 has only one kind.
        version = [mqtt.CallbackAPIVersion.VERSION1] if hasattr(mqtt, "CallbackAPIVersion") else []
        self.client = mqtt.Client(*version, client_id="bench-tutorial")
        self.client.on_connect = self.on_connect
        self.client.on_message = self.on_message
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def on_connect(self, client, *_):
        client.subscribe([("tos/actions", 1), ("tos/sensors/interval", 1)])

    def on_message(self, client, _userdata, message):
        if message.topic == "tos/sensors/interval":
            self.interval = int(message.payload) / 1000
            return
        for index, led in json.loads(message.payload)["led"].items():
            self.leds[int(index)].write(led["on"])
        client.publish("tos/actions/ack", json.dumps({"ok": True}))

    def stop(self, *_):
        self.running = False

    def run(self):
        while self.running:
            reading = {name: sensor.read() for name, sensor in self.sensors.items()}
            self.client.publish("tos/sensors", json.dumps(reading))
            time.sleep(self.interval)
        self.client.disconnect()
        self.client.loop_stop()


if __name__ == "__main__":
    with open(sys.argv[3], "a", encoding="ascii") as wire_log:
        gateway = Gateway(int(sys.argv[1]), int(sys.argv[2]), wire_log)
        signal.signal(signal.SIGTERM, gateway.stop)
        gateway.run()
