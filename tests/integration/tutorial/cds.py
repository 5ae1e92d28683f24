# SPDX-License-Identifier: MIT
# Prints the brightness as it comes.
import sys

import paho.mqtt.client as mqtt


def on_connect(client, userdata, flags, rc):
    client.subscribe("tos/sensors/cds")


def on_message(client, userdata, msg):
    print("cds =", int(msg.payload))


client = mqtt.Client()
client.on_connect = on_connect
client.on_message = on_message
client.connect(sys.argv[1], int(sys.argv[2]))
client.loop_forever()
