# SPDX-License-Identifier: MIT
# Waits for the gateway's last will.
import sys

import paho.mqtt.client as mqtt


def on_connect(client, userdata, flags, rc):
    client.subscribe("tos/except", 2)


def on_subscribe(client, userdata, mid, granted_qos):
    print("ready")


def on_message(client, userdata, msg):
    print("%s, qos %d, retain %d" % (msg.payload.decode(), msg.qos, msg.retain))


client = mqtt.Client()
client.on_connect = on_connect
client.on_subscribe = on_subscribe
client.on_message = on_message
client.connect(sys.argv[1], int(sys.argv[2]))
client.loop_forever()
