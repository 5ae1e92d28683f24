# SPDX-License-Identifier: MIT
# Turns the light on and the fan off when it gets dark, and the other way round.
import json
import sys

import paho.mqtt.client as mqtt

dark = None


def on_connect(client, userdata, flags, rc):
    client.subscribe([("tos/sensors", 0), ("tos/actions/ack", 0)])


def on_sensors(client, userdata, msg):
    global dark
    is_dark = json.loads(msg.payload)["cds"] < 500
    if is_dark == dark:
        return
    dark = is_dark
    if dark:
        action = {"led": {"0": {"on": True}, "1": {"bright": 7}}, "motor": {"direction": "stop"}}
    else:
        action = {"led": {"0": {"on": False}}, "motor": {"direction": "forward", "speed": 4}}
    client.publish("tos/actions", json.dumps(action))


def on_answer(client, userdata, msg):
    answer = json.loads(msg.payload)
    print("dark" if dark else "bright", answer["ok"], json.dumps(answer["applied"]))


client = mqtt.Client()
client.on_connect = on_connect
client.message_callback_add("tos/sensors", on_sensors)
client.message_callback_add("tos/actions/ack", on_answer)
client.connect(sys.argv[1], int(sys.argv[2]))
client.loop_forever()
