# SPDX-License-Identifier: MIT
# Sends commands to a gateway that may be away. The broker keeps this client's session too.
import sys

import paho.mqtt.client as mqtt

qos = int(sys.argv[3])
commands = sys.argv[4:]
sent = 0


def on_connect(client, userdata, flags, rc):
    print("session:", flags["session present"])
    client.subscribe("tos/actions/ack", qos)


def on_subscribe(client, userdata, mid, granted_qos):
    for command in commands:
        client.publish("tos/actions", command, qos)


def on_publish(client, userdata, mid):
    global sent
    sent += 1
    print("sent", sent)


def on_message(client, userdata, msg):
    print(msg.payload.decode())


# Client("commander", False), in words that paho 2 understands as well.
client = mqtt.Client(client_id="commander", clean_session=False)
client.on_connect = on_connect
client.on_subscribe = on_subscribe
client.on_publish = on_publish
client.on_message = on_message
client.connect(sys.argv[1], int(sys.argv[2]))
client.loop_forever()
