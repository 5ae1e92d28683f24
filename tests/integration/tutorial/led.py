# SPDX-License-Identifier: MIT
# Sends one command to an LED, waits for the answer and ends.
import sys

import paho.mqtt.client as mqtt


def on_connect(client, userdata, flags, rc):
    client.subscribe("tos/actions/ack")


def on_subscribe(client, userdata, mid, granted_qos):
    client.publish("tos/actions/leds", sys.argv[3])


def on_message(client, userdata, msg):
    print(str(msg.payload, "utf-8"))
    client.disconnect()


client = mqtt.Client()
client.on_connect = on_connect
client.on_subscribe = on_subscribe
client.on_message = on_message
client.connect(sys.argv[1], int(sys.argv[2]))
client.loop_forever()
