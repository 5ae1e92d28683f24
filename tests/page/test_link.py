# SPDX-License-Identifier: MIT
"""The connection: lost, frozen, refused, and found again."""

import json
import shutil
import subprocess

from conftest import SOURCES, make_map
from harness import TIMEOUT

# More than the keepalive and the pauses between attempts.
LONG = TIMEOUT + 40


# A socket on which a broker would see MQTT 5 and close.
OLD_BROKER = """
const Real = globalThis.WebSocket;
globalThis.WebSocket = class extends Real {
    send(data) {
        const bytes = new Uint8Array(data.buffer ?? data, data.byteOffset ?? 0);
        if (bytes[0] === 0x10 && bytes[8] === 5) this.close();
        else super.send(data);
    }
};
"""


def test_a_broker_that_restarts(page, broker):
    broker.stop()
    page.wait_link("waiting")
    page.wait_text(".notice", "The connection to the broker is lost")
    page.wait_state("temp", "old")
    broker.start()
    page.wait_link("on")
    page.wait_state("temp", "live", LONG)
    page.wait_gone(".notice")


def test_a_frozen_broker_makes_values_old_and_says_since_when(page, broker):
    broker.freeze()
    page.wait_state("temp", "old")
    page.wait_text(".notice", "No reading since")
    page.wait_text("[data-sensor='temp'] .note", "s ago")
    # It notices by itself that nobody answers.
    page.wait("() => document.querySelector('#link').dataset.state !== 'on'", timeout=LONG)
    page.wait_text(".notice", "The connection to the broker is lost")
    broker.thaw()
    page.wait_link("on")
    page.wait_state("temp", "live", LONG)
    page.wait_gone(".notice")


def test_a_gateway_that_goes_and_comes_back(page, gateway, client):
    gateway.kill()
    client.wait("tos/status", lambda m: m.payload == b"offline")
    page.wait_text(".notice", "The gateway is offline")
    page.wait_state("temp", "old")
    gateway.start()
    page.wait_state("temp", "live", LONG)
    page.wait_gone(".notice")


def test_a_wrong_password(make_broker, folder, open_page, make_client, make_gateway):
    passwords = folder / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, "me", "right"], check=True)
    passwords.chmod(0o644)
    broker = make_broker(f"allow_anonymous false\npassword_file {passwords}\n")
    secret = folder / "secret"
    secret.write_text("right\n")
    secret.chmod(0o600)
    make_gateway(make_map(broker.port, mqtt=f"  username: me\n  password_file: {secret}"))
    page = open_page("lang=en", url=broker.url)
    page.wait_link("refused")
    page.wait_text(".notice", "refused the user or the password")
    page.type("[name=user]", "me")
    page.type("[name=password]", "wrong")
    page.click("#connect")
    page.wait("() => document.querySelector('.notice') && document.querySelector('#link').dataset.state === 'refused'")
    page.type("[name=password]", "right")
    page.click("#connect")
    page.wait_value("temp", "23.5")
    page.wait_gone(".notice")
    stored = page.run("return localStorage.getItem('tos-gateway')")
    assert '"user":"me"' in stored and "right" not in stored and "wrong" not in stored
    # Asked to, it remembers.
    page.click("#link")
    page.click("[name=keep]")
    page.click("#connect")
    page.wait_link("on")
    page.here().refresh()
    page.wait_value("temp", "23.5")


def test_what_was_entered_is_remembered_and_the_address_comes_first(open_page, broker, web, built, gateway, folder):
    """Here the page comes from somewhere else than the broker."""
    assert gateway
    shutil.copy(built, folder / "page.html")
    page = open_page("lang=en", url=f"{web}page.html")
    page.wait("() => document.querySelector('#link').dataset.state !== 'on'")
    if not page.run("return document.querySelector('[name=broker]').checkVisibility()"):
        page.click("#link")
    page.type("[name=broker]", broker.websocket.removeprefix("ws://"))
    page.click("#connect")
    page.wait_value("temp", "23.5")
    page.here().get(f"{web}page.html")
    page.wait_value("temp", "23.5")
    assert page.run("return document.querySelector('[name=broker]').value") == broker.websocket
    page.here().get(f"{web}page.html?broker=ws://127.0.0.1:1")
    page.wait_link("waiting")
    page.wait_text(".notice", "No connection to ws://127.0.0.1:1")


def test_disconnect_and_connect(page):
    page.click("#link")
    page.click("#disconnect")
    page.wait_link("off")
    page.wait_state("temp", "old")
    page.here().refresh()
    page.wait_link("off")
    page.click("#connect")
    page.wait_value("temp", "23.5")


def test_from_a_file(open_page, broker, gateway, built):
    assert gateway
    page = open_page(f"lang=en&broker={broker.websocket}", url=built.as_uri())
    page.wait_value("temp", "23.5")
    assert page.errors() == []


def test_an_address_that_is_none(open_page, broker):
    assert broker
    page = open_page("lang=en&broker=ws://not an address")
    page.wait_link("refused")
    page.wait_text(".notice", "does not work")


def test_a_second_tab_does_not_throw_out_the_first(page, open_page, broker):
    other = open_page("lang=en")
    other.wait_value("temp", "23.5")
    mark = broker.log.mark()
    before = page.run("return tosPage.app.gateway.readings")
    page.wait("(before) => tosPage.app.gateway.readings > before + 5", before)
    assert not [line for line in broker.log.since(mark) if "already connected" in line]
    assert page.run("return tosPage.app.link.attempts") == 0


def test_a_stop_without_a_connection_is_sent_when_there_is_one(open_page, broker, client, make_gateway):
    """The gateway's log shows it, since other clients may come back later than both."""
    gateway = make_gateway(make_map(broker.port), ["--verbose"])
    page = open_page("lang=en")
    page.wait_value("temp", "23.5")
    client.ask({"motor": {"lift": {"direction": "forward"}}})
    page.wait("() => document.querySelector(\"[data-output='motor.0'] [data-choice='forward'][aria-pressed='true']\")")
    broker.stop()
    page.wait_link("waiting")
    page.click("#stop")
    page.wait_text(".say", "as soon as there is one")
    mark = gateway.log.mark()
    broker.start()
    told = gateway.log.wait(r"mqtt: <- tos/actions, qos \d: (.*)$", mark, LONG)
    assert is_stop(json.loads(told.group(1)))
    page.wait_text(".say", "was stopped", timeout=LONG)


def is_stop(action):
    return action.get("motor") == "stop"


def test_a_stop_that_no_gateway_hears_is_sent_again_when_it_is_back(page, gateway, client):
    gateway.kill()
    client.wait("tos/status", lambda message: message.payload == b"offline")
    page.click("#stop")
    client.wait_json("tos/actions", is_stop)
    page.wait_text(".say", "sent again when the gateway is back")
    mark = client.mark()
    gateway.start()
    client.wait_json("tos/actions", is_stop, mark=mark)
    page.wait_text(".say", "was stopped")
    # Once is enough.
    mark = client.mark()
    gateway.kill()
    gateway.start()
    client.wait("tos/status", lambda message: message.payload == b"online", mark=mark)
    page.click("[data-output='relay.0'] .switch")
    client.wait_json("tos/actions", lambda action: "relay" in action, mark=mark)
    assert not [m for m in client.since(mark, topic="tos/actions") if is_stop(json.loads(m.payload))]


def test_who_moves_a_motor_no_longer_wants_the_stop(page, gateway, client):
    gateway.kill()
    client.wait("tos/status", lambda message: message.payload == b"offline")
    page.click("#stop")
    page.click("[data-output='motor.0'] [data-choice='forward']")
    client.wait_json("tos/actions", lambda action: "motor" in action and not is_stop(action))
    mark = client.mark()
    gateway.start()
    page.wait_state("temp", "live", LONG)
    client.fence()
    assert not client.since(mark, topic="tos/actions")


def test_an_action_without_a_connection_is_not_sent_later(page, broker, make_client):
    broker.stop()
    page.wait_link("waiting")
    page.click("[data-output='relay.0'] .switch")
    page.wait_text("[data-output='relay.0'] .why", "there is no connection")
    broker.start()
    late = make_client()
    page.wait_link("on")
    page.wait_state("temp", "live", LONG)
    late.fence()
    assert not late.since(topic="tos/actions")


def test_a_broker_of_mqtt_3_1_1(open_page, gateway):
    """It closes the connection, without a word."""
    assert gateway
    page = open_page("lang=en", script=OLD_BROKER)
    page.wait_value("temp", "23.5", LONG)
    assert page.run("return tosPage.app.link.version") == 4
    page.type("#raw textarea", '{"relay":{"pump":{"on":true}}}')
    page.click("#send-raw")
    page.wait_text("#raw .answer", '"ok":true')


def test_rights_that_do_not_know_the_page(make_broker, folder, open_page, make_gateway):
    """No topic of its own for answers, and the broker does not say so: after one they are recognized by their ids."""
    acl = folder / "acl"
    acl.write_text("topic readwrite tos/#\ntopic deny tos/answers/#\n")
    acl.chmod(0o644)
    broker = make_broker(f"allow_anonymous true\nacl_file {acl}\n")
    make_gateway(make_map(broker.port))
    page = open_page("lang=en", url=broker.url)
    page.wait_value("temp", "23.5")
    page.type("#raw textarea", '{"relay":{"pump":{"on":true}}}')
    page.click("#send-raw")
    page.wait_text("#raw .answer", "No answer")
    page.click("#send-raw")
    page.wait_text("#raw .answer", '"ok":true')


def test_the_rights_of_the_example(make_broker, folder, open_page, make_gateway):
    """config/mosquitto-acl.example: an operator acts, a viewer sees everything and may not."""
    passwords, secret, acl = folder / "passwords", folder / "secret", folder / "acl"
    for user, create in (("gateway", ["-c"]), ("operator", []), ("viewer", [])):
        subprocess.run(["mosquitto_passwd", "-b", *create, passwords, user, "word"], check=True)
    secret.write_text("word\n")
    secret.chmod(0o600)
    shutil.copy(SOURCES.parent / "config" / "mosquitto-acl.example", acl)
    for path in (passwords, acl):
        path.chmod(0o644)
    broker = make_broker(f"allow_anonymous false\npassword_file {passwords}\nacl_file {acl}\n")
    gateway = make_gateway(make_map(broker.port, mqtt=f"  username: gateway\n  password_file: {secret}"))
    page = open_page("lang=en", url=broker.url)

    def log_in(user):
        page.type("[name=user]", user)
        page.type("[name=password]", "word")
        page.click("#connect")
        page.wait_link("on")
        page.wait_value("temp", "23.5")

    page.wait_link("refused")
    log_in("operator")
    mark = gateway.wire.mark()
    page.click("[data-output='relay.0'] .switch")
    gateway.wire.wait(r" GPIO4 1$", mark)
    page.wait("(s) => document.querySelector(s).checked", "[data-output='relay.0'] .switch")
    page.click("#link")
    log_in("viewer")
    page.click("[data-output='relay.0'] .switch")
    page.find("[data-output='relay.0'] .why")
    page.wait("(s) => document.querySelector(s).checked", "[data-output='relay.0'] .switch")
    assert gateway.output("GPIO4") == 1


def test_a_topic_that_nobody_answers(open_page, gateway):
    """The broker is connected. The page says that this gateway is not there, and which ones are."""
    assert gateway
    page = open_page("lang=en&topic=nope")
    page.wait_text(".notice", "No gateway answers on the topic nope. This broker knows: tos.")
    assert page.run("return document.querySelector('.notice').dataset.bad") == ""
    page.wait_gone("#outputs .none")
    page.set_input("#gateway", "tos")
    page.wait_value("temp", "23.5")
    page.wait_gone(".notice")


def test_a_topic_that_nobody_answers_of_a_broker_without_gateways(open_page):
    page = open_page("lang=ko&topic=nope")
    page.wait_text(".notice", "토픽 nope에서 응답하는 게이트웨이가 없고")
