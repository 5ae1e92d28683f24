# SPDX-License-Identifier: MIT
# Asks the user for an interval in seconds and sets it, as a number with a fraction.
import sys

import paho.mqtt.client as mqtt

client = mqtt.Client()
client.connect(sys.argv[1], int(sys.argv[2]))
client.loop_start()
print("ready")
while True:
    interval = float(input())
    client.publish("tos/sensors/interval", interval)
