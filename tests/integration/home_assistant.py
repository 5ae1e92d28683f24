# SPDX-License-Identifier: MIT
"""As much of Home Assistant as a device meets: it renders templates and speaks to topics as the real one does."""

import json

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

PREFIX = "homeassistant"


def forgiving_int(value, default=None, base=10):
    return int(value, base) if isinstance(value, str) else int(value)


def forgiving_round(value, precision=0):
    value = round(float(value), precision)
    return int(value) if precision == 0 else value


class Entity:
    """One component of a device's message, with the state that it has got."""

    def __init__(self, key, config, client, root="tos"):
        self.key, self.config, self.client = key, config, client
        self.state = "unknown"
        self.environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
        self.environment.filters.update({"int": forgiving_int, "round": forgiving_round})
        self.environment.globals["is_state"] = lambda entity, state: entity == key and self.state == state
        self.environment.globals["states"] = lambda entity: self.state
        self.ack = f"{root}/actions/ack"

    def render(self, name, **values):
        """A command: always as text."""
        return self.environment.from_string(self.config[name]).render(entity_id=self.key, **values)

    def value(self, payload, key="val_tpl"):
        """The words of a topic, through its template."""
        if key not in self.config:
            return payload
        try:
            values = {"value_json": json.loads(payload)}
        except ValueError:
            values = {}
        return self.environment.from_string(self.config[key]).render(value=payload, entity_id=self.key, **values)

    def read(self, topic="stat_t", template="val_tpl", mark=0, accept=lambda text: True):
        """Waits for a message on the topic which renders to a text that is accepted."""
        message = self.client.wait(
            self.config[topic], lambda m: accept(self.value(m.payload.decode(), template)), mark
        )
        return self.value(message.payload.decode(), template)

    def command(self, payload, topic="cmd_t"):
        """Publishes the command, and returns the answer."""
        mark = self.client.mark()
        self.client.publish(self.config[topic], payload, qos=self.config["qos"])
        return self.client.wait_json(self.ack, mark=mark)

    def done(self, payload, topic="cmd_t"):
        answer = self.command(payload, topic)
        assert answer["ok"], (payload, answer)
        return answer["applied"]


class Device:
    """The device as a client has received it: its newest messages, all components together."""

    def __init__(self, client, messages):
        self.messages = messages
        self.components = {key: config for message in messages.values() for key, config in message["cmps"].items()}
        self.entities = {key: Entity(key, config, client) for key, config in self.components.items()}

    def __getitem__(self, key):
        return self.entities[key]


def retained(client, prefix=PREFIX):
    """The newest message on each of the prefix's config topics; one that was emptied is none."""
    found = {}
    for message in client.since():
        if message.topic.startswith(f"{prefix}/device/"):
            found[message.topic] = message.payload
    return {topic: json.loads(payload) for topic, payload in found.items() if payload}


def wait_device(client, accept=lambda message: True, mark=0, prefix=PREFIX):
    """A message that is accepted, and what there is at that time."""
    at = {}

    def look(message):
        if not message.topic.startswith(f"{prefix}/device/") or not message.payload:
            return False
        value = json.loads(message.payload)
        if all(set(config) == {"p"} for config in value["cmps"].values()) or not accept(value):
            return False
        at[message.topic] = value
        return True

    class AnyTopic:
        def __contains__(self, topic):
            return topic.startswith(f"{prefix}/device/")

    client.wait(AnyTopic(), look, mark)
    return Device(client, retained(client, prefix))
