#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Readings of gateways whose mqtt.topic is tos/NAME into InfluxDB, those of outages too: a reading has its own time, so
one that arrives twice is one point. Needs python3-paho-mqtt.

usage: influxdb.py BROKER[:PORT] 'http://localhost:8086/write?db=tos'"""

import json
import sys
import urllib.request

import paho.mqtt.subscribe


def write(_client, _userdata, message):
    reading = json.loads(message.payload)
    time = reading.pop("ts", None) or ""
    fields = ",".join(f"{name}={float(value)}" for name, value in reading.items() if value is not None)
    line = f"reading,gateway={message.topic.split('/')[1]} {fields} {time}"
    if fields:
        urllib.request.urlopen(f"{sys.argv[2]}&precision=ms", line.encode(), timeout=60).close()


host, _, port = sys.argv[1].partition(":")
topics = ["tos/+/sensors", "tos/+/sensors/backlog"]
# The broker keeps messages while this script is away. An error ends it; systemd or a loop starts it
# again.
paho.mqtt.subscribe.callback(
    write, topics, qos=1, hostname=host, port=int(port or 1883), client_id="tos-influxdb", clean_session=False
)
