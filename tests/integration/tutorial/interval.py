# SPDX-License-Identifier: MIT
# Asks the user for an interval, sets it, and shows what the gateway says to that.
import sys

import paho.mqtt.client as mqtt


def on_connect(client, userdata, flags, rc):
    client.subscribe("tos/actions/ack")


def on_subscribe(client, userdata, mid, granted_qos):
    print("ready")


def on_message(client, userdata, msg):
    print(msg.payload.decode())


client = mqtt.Client()
client.on_connect = on_connect
client.on_subscribe = on_subscribe
client.on_message = on_message
client.connect(sys.argv[1], int(sys.argv[2]))
client.loop_start()
while True:
    interval = input()
    client.publish("tos/sensors/interval", interval)
