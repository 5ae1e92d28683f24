# SPDX-License-Identifier: MIT
"""For everybody: languages, keyboard, screen readers, small screens, dark ones, several gateways."""

import json
import re

import pytest
from conftest import make_map
from selenium.webdriver.common.keys import Keys

# All that is on the page at some time: connected with a fault and an answer, and the form of the connection.
AXE = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ["violations"]}).then(
    (results) => done(results.violations.map(({id, nodes}) => [id, ...nodes.map((node) => node.html + " " + node.failureSummary)])),
    (error) => done([String(error)]),
);
"""


def axe(page, packages):
    page.run((packages / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8"))
    return page.here().execute_async_script(AXE)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_axe_finds_nothing(open_page, gateway, packages, scheme, language):
    gateway.set("GPIO23", 1)
    page = open_page(f"lang={language}")
    page.media(scheme, "reduce")
    page.wait_value("temp", "23.5")
    gateway.fault("climate", "no-answer")
    page.wait_state("temp", "fault")
    gateway.set("GPIO23", 0)
    page.wait("() => document.querySelectorAll('#events .events > li').length > 0")
    page.type("#raw textarea", "{}")
    page.click("#send-raw")
    page.find("#raw .answer")
    assert axe(page, packages) == []
    page.click("#link")
    page.find("#connection")
    assert axe(page, packages) == []
    gateway.kill()
    page.wait_text(".notice", "게이트웨이가 오프라인" if language == "ko" else "The gateway is offline")
    page.wait_state("light", "old")
    assert axe(page, packages) == []


def test_both_languages_have_all_words(page):
    table = page.run("return tosPage.table")
    assert len(table) > 100
    for key, words in table.items():
        assert set(words) == {"en", "ko"} and all(text.strip() for text in words.values()), key
        holes = [sorted(re.findall(r"\{\w+\}", text)) for text in words.values()]
        assert holes[0] == holes[1], key
        # A word that stands in a message, and nothing beside it.
        bare = re.sub(r"\{\w+\}|null|ms|[^\w]", "", words["en"])
        assert not bare or re.search("[가-힣]", words["ko"]), key


def test_the_language_changes_at_once_and_is_remembered(page, gateway):
    page.type("#raw textarea", '{"keep": 1}')
    page.set_input("#language", "ko")
    page.wait_text("#stop", "모터 정지")
    page.wait_text("#link", "연결됨")
    page.wait_text("#outputs", "밝기")
    assert page.run("return document.documentElement.lang") == "ko"
    text = page.run("return document.querySelector('main').innerText + document.querySelector('header').innerText")
    known = {"tos", "simulated", "board", "temp", "Living", "room", "humi", "light", "led", "motor", "relay", "servo"}
    known |= {"buzzer", "red", "green", "mood", "lift", "blower", "pump", "flap", "alarm", "door", "English", "Esc"}
    known |= {"gateway", "JSON", "CSV", "Ctrl", "Enter", "Hz", "ms", "MiB", "mqtt", "C"}
    assert {word for word in re.findall(r"[A-Za-z]+", text)} <= known
    assert page.run("return document.querySelector('#raw textarea').value") == '{"keep": 1}'
    page.here().get(page.url.split("?")[0])
    page.wait_text("#stop", "모터 정지")
    assert gateway.process.poll() is None


@pytest.mark.parametrize("language, words", [("ko-KR", "모터 정지"), ("de-DE", "Stop motors"), ("en-GB", "Stop motors")])
def test_the_language_of_the_browser_is_the_first_one(open_page, gateway, language, words):
    assert gateway
    page = open_page(script=f"Object.defineProperty(navigator, 'languages', {{value: ['{language}']}});")
    page.wait_text("#stop", words)


WIDE = """() => {
    const right = document.documentElement.clientWidth;
    const wide = [...document.querySelectorAll("body *")].filter((element) => {
        const box = element.getBoundingClientRect();
        return element.checkVisibility() && box.width > 0 && box.right > right + 0.5 && !element.closest(".plot, .say");
    });
    return wide.map((element) => element.outerHTML.slice(0, 120));
}"""


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_phone_needs_no_scrolling_to_the_side(open_page, gateway, language):
    page = open_page(f"lang={language}", size=(360, 740))
    page.wait_value("temp", "23.5")
    gateway.fault("climate", "no-answer")
    page.wait_state("temp", "fault")
    page.click("#link")
    page.find("#connection")
    assert page.run(f"return ({WIDE})()") == []
    assert page.run("return document.documentElement.scrollWidth <= innerWidth")
    # The stop is there at every place of the page.
    page.run("scrollTo(0, document.body.scrollHeight)")
    top = page.run("return document.querySelector('#stop').getBoundingClientRect().top")
    assert 0 <= top < 60


def test_from_wide_to_narrow(page):
    """Turned by hand: what was drawn for a wide screen does not keep the page wide."""
    page.wait("(s) => document.querySelector(s)?.width > 200", "[data-sensor='temp'] canvas")
    page.resize(360, 740)
    page.wait("() => document.documentElement.scrollWidth <= innerWidth")
    assert page.run(f"return ({WIDE})()") == []


def test_every_control_is_reached_by_keyboard(page):
    wanted = page.run(
        "return [...document.querySelectorAll('button, input, select, textarea')]"
        ".filter((e) => e.checkVisibility() && !e.disabled).length"
    )
    page.run("document.activeElement.blur(); globalThis.reached = new Set()")
    for _ in range(wanted):
        page.press(Keys.TAB)
        page.run("reached.add(document.activeElement)")
    missing = page.run(
        "return [...document.querySelectorAll('button, input, select, textarea')]"
        ".filter((e) => e.checkVisibility() && !e.disabled && !reached.has(e)).map((e) => e.outerHTML)"
    )
    assert missing == []


def test_what_has_the_focus_is_to_be_seen(page):
    page.press(Keys.TAB)
    style = page.run("const s = getComputedStyle(document.activeElement); return [s.outlineStyle, s.outlineWidth]")
    assert style == ["solid", "3px"]


def test_nothing_moves_for_those_who_want_that(page):
    page.media("light", "reduce")
    moving = page.run(
        "return [...document.querySelectorAll('*')].filter((e) => getComputedStyle(e).transitionDuration !== '0s').length"
    )
    assert moving == 0
    page.media("light")
    assert page.run("return getComputedStyle(document.querySelector('.switch')).transitionDuration") != "0s"


def test_dark_and_light(page):
    page.media("dark")
    dark = page.run("return getComputedStyle(document.documentElement).backgroundColor")
    page.media("light")
    light = page.run("return getComputedStyle(document.documentElement).backgroundColor")
    assert sum(map(int, re.findall(r"\d+", dark))) < 150 and sum(map(int, re.findall(r"\d+", light))) > 650


def test_the_picker_has_all_gateways(page, broker, make_gateway, client):
    other = make_gateway(make_map(broker.port, root="attic").replace("simulate: 23.5", "simulate: 8.5"))
    deep = make_gateway(make_map(broker.port, root="site/barn").replace("simulate: 23.5", "simulate: 3.5"))
    client.wait("site/barn/sensors")
    page.wait("() => document.querySelectorAll('#gateway option').length === 3")
    # The description of a gateway comes after its status.
    known = "\n".join(f"{root} · simulated board" for root in ("attic", "site/barn", "tos"))
    page.wait("(known) => document.querySelector('#gateway').innerText === known", known)
    for root, value in (("attic", "8.5"), ("site/barn", "3.5"), ("tos", "23.5"), ("attic", "8.5")):
        page.set_input("#gateway", root)
        page.wait_value("temp", value)
    # A click acts on the chosen gateway.
    mark = other.wire.mark()
    page.click("[data-output='relay.0'] .switch")
    other.wire.wait(r" GPIO4 1$", mark)
    assert deep.output("GPIO4") == 0
    # It is remembered, and one that has gone is marked.
    deep.kill()
    page.here().refresh()
    page.wait_value("temp", "8.5")
    page.wait("() => [...document.querySelectorAll('#gateway option')].some((e) => /barn.*offline/.test(e.text))")


def test_a_gateway_that_wildcards_do_not_bring(open_page, broker, make_gateway, client):
    """As some brokers do: nothing retained for them. Its topic is entered, and remembered."""
    root = "a/b/c/deep"
    make_gateway(make_map(broker.port, root=root))
    client.wait(f"{root}/sensors")
    page = open_page("lang=en")
    page.wait_text(".notice", "No gateway has been found")
    page.click("#link")
    page.type("[name=root]", root)
    page.click("#connect")
    page.wait_value("temp", "23.5")
    page.here().get(page.url.split("?")[0])
    page.wait_value("temp", "23.5")
    stored = json.loads(page.run("return localStorage.getItem('tos-gateway')"))
    assert stored["root"] == root and root in stored["roots"]


def test_the_health(page, client, gateway):
    health = client.wait_json("tos/health", lambda health: health["broker"])
    page.wait_text("#health", health["version"])
    page.wait_text("#health", "Everything works.")
    page.wait_text("#health", f"mqtt://127.0.0.1:{health['broker'].rsplit(':', 1)[1]}")
    assert gateway.process.poll() is None
