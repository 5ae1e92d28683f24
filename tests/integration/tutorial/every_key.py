# SPDX-License-Identifier: MIT
# Prints whatever keys the combined reading has.
import json
import sys

import paho.mqtt.client as mqtt


def on_connect(client, userdata, flags, rc):
    client.subscribe("tos/sensors")


def on_message(client, userdata, msg):
    sensors = json.loads(msg.payload)
    for key in sensors:
        print("%s:%4d" % (key, sensors[key]), end=" ")
    print()


client = mqtt.Client()
client.on_connect = on_connect
client.on_message = on_message
client.connect(sys.argv[1], int(sys.argv[2]))
client.loop_forever()
