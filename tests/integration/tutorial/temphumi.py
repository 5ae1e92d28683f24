# SPDX-License-Identifier: MIT
# Unpacks two values from one message.
import struct
import sys

import paho.mqtt.client as mqtt


def on_connect(client, userdata, flags, rc):
    client.subscribe("tos/sensors/temphumi")


def on_message(client, userdata, msg):
    temp, humi = struct.unpack("2H", msg.payload)
    print("temp = %d, humi = %d" % (temp, humi))


client = mqtt.Client()
client.on_connect = on_connect
client.on_message = on_message
client.connect(sys.argv[1], int(sys.argv[2]))
client.loop_forever()
