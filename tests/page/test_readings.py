# SPDX-License-Identifier: MIT
"""Values with unit, age and fault; charts; events; the CSV of them."""

import csv
import io
import json
import re

import pytest
from browser import wait_file
from conftest import SENSORS, make_map


def card(name):
    return f"[data-sensor='{name}']"


def reading(client, accept=lambda value: True, mark=0):
    return client.wait_json("tos/sensors", accept, mark)


def test_values_with_label_and_unit(page):
    assert re.sub(r"\s+", " ", page.text(f"{card('temp')} .reading")) == "Living room temp 23.5 °C"
    assert page.text(f"{card('humi')} .value").split() == ["45", "%"]
    page.wait_value("light", "812")
    page.wait_text(f"{card('temp')} .note", "just now")


def test_they_follow_the_wire(page, gateway):
    gateway.set("adc.0", 4000)
    page.wait_value("light", "4000")


def test_null_is_shown_as_what_it_is_and_why(page, gateway):
    gateway.fault("climate", "no-answer")
    page.wait_state("temp", "fault")
    page.wait_value("temp", "null")
    page.wait_text(f"{card('temp')} .why", "no answer")
    page.wait_text(f"{card('temp')} .why", "null since ")
    page.wait_text("#health .faults", "no answer")
    page.wait_state("light", "live")
    gateway.fault("climate", "none")
    page.wait_state("temp", "live")
    page.wait_value("temp", "23.5")
    page.wait_gone(f"{card('temp')} .why")
    page.wait_text("#health", "Everything works.")


def test_a_value_that_is_not_due_stays_with_its_age(open_page, broker, client, make_gateway):
    sensors = SENSORS.replace("light: {from: adc.0", "light: {from: adc.0, every: 1h")
    make_gateway(make_map(broker.port, sensors=sensors))
    # Behind its own value, which would be shown from then on.
    client.wait_json("tos/sensors", lambda value: value["light"] is None)
    page = open_page("lang=en")
    page.wait_text(f"{card('light')} .why", "null")
    client.publish("tos/sensors", {"temp": 20.1, "humi": 40, "light": 700})
    page.wait_value("light", "700")
    page.wait_gone(f"{card('light')} .why")
    page.wait_text(f"{card('light')} .note", " s ago")
    assert page.text(f"{card('light')} .number") == "700"


def test_a_reload_with_other_sensors(page, gateway, broker):
    sensors = SENSORS.replace("humi: {from: climate.humidity, simulate: 45}", "noise: {from: adc.1, label: 소음, simulate: 77}")
    gateway.reload(make_map(broker.port, sensors=sensors).replace("name: pump", "name: valve"))
    page.wait_value("noise", "77")
    page.wait_gone(card("humi"))
    page.wait_text(card("noise"), "소음")
    page.wait_text("[data-output='relay.0']", "valve")
    assert page.run("return [...document.querySelectorAll('.sensor')].map((e) => e.dataset.sensor)") == ["temp", "noise", "light"]
    page.wait_value("temp", "23.5")


def test_a_clock_that_differs(open_page, gateway):
    """This browser's is an hour and a half ahead."""
    assert gateway
    ahead = "Object.defineProperty(performance, 'timeOrigin', {value: performance.timeOrigin + 5400000});"
    page = open_page("lang=en", script=ahead)
    page.wait_value("temp", "23.5")
    page.wait_text(".notice", "The gateway's clock is 1 h behind this browser's")
    page.wait_state("temp", "live")
    # On the chart, now is at the right, and nothing is lost outside.
    page.wait("() => tosPage.app.gateway.sensors.get('temp').series.columns(Date.now() + 5340000, Date.now() + 5460000, 50).t.length > 5")


@pytest.mark.parametrize("hours", [-3, 5])
def test_a_clock_that_is_set_while_the_page_is_open(page, client, gateway, hours):
    """The gateway's: its values go on where they were."""
    gateway.kill()
    page.wait_text(".notice", "offline")
    now_ms = page.run("return Date.now()")
    counts = page.run(
        """
        const gateway = new tosPage.Gateway("x");
        const [now, jump] = arguments;
        for (let i = 0; i < 200; i += 1) {
            const at = now + i * 100;
            gateway.receive("sensors", JSON.stringify({a: i, ts: at + (i < 100 ? 0 : jump)}), at);
        }
        const all = gateway.sensors.get("a").series.points(-Infinity, Infinity);
        return [all.length, all.at(-1)[0] - now, gateway.skew.ms];
        """,
        now_ms,
        hours * 3600000,
    )
    assert counts[1] <= 19900
    assert counts[2] == -hours * 3600000
    assert counts[0] >= 170
    assert client


def test_a_first_reading_that_comes_late_is_no_other_clock(page):
    skews = page.run(
        """
        const gateway = new tosPage.Gateway("x");
        return [4900, 2100, 2500, 30, 1800].map((late, i) => {
            const ts = Date.now() + i * 10000;
            gateway.receive("sensors", JSON.stringify({a: i, ts}), ts + late);
            return gateway.skew.ms;
        });
        """
    )
    assert skews == [4900, 2100, 2100, 0, 0]


def test_the_chart_shows_what_came(page, gateway, client):
    gateway.set("adc.0", 1000)
    page.wait_value("light", "1000")
    page.click("#span button")
    page.wait_text("#span [aria-pressed=true]", "1 min")
    page.wait("(s) => document.querySelector(s)?.width > 100", f"{card('light')} canvas")
    figure = f"{card('light')} [role=img]"
    page.wait("(s) => /Light|light/.test(document.querySelector(s).getAttribute('aria-label'))", figure)
    page.wait("(s) => document.querySelector(s).getAttribute('aria-label').includes('lowest 812, highest 1000')", figure)
    # The line is drawn: its color is on the canvas.
    colored = """(s) => {
        const canvas = document.querySelector(s);
        const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        let found = 0;
        for (let i = 0; i < data.length; i += 4) {
            if (data[i + 3] > 200 && data[i + 1] > data[i] + 60 && data[i + 2] > data[i] + 50) found += 1;
        }
        return found > 40;
    }"""
    page.wait(colored, f"{card('light')} canvas")
    assert client


SAME_CLOCK = "() => tosPage.app.gateway.skew.ms === 0"

# Each time on the axis that is drawn, with the place of its right edge and the width of the canvas.
RECORDER = """
globalThis.drawn = [];
const fill = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
    const {width} = this.measureText(text);
    const at = this.getTransform().e + x;
    if (/^\\d\\d:\\d\\d/.test(text)) drawn.push([text, at + (this.textAlign === "center" ? width / 2 : width), this.canvas.width]);
    return fill.apply(this, arguments);
};
const clock = performance.now.bind(performance);
globalThis.ahead = 0;
performance.now = () => clock() + ahead;
"""


def test_no_time_of_the_axis_is_cut(open_page, gateway):
    """However far the next one has come in, over 20 s."""
    assert gateway
    page = open_page("lang=en", script=RECORDER)
    page.wait_value("temp", "23.5")
    page.click("#span button")
    page.wait("() => drawn.length > 0")
    for step in range(40):
        page.run("ahead = arguments[0]; drawn.length = 0; tosPage.app.changed()", step * 500)
        page.wait("() => drawn.length > 0")
        cut = page.run("return drawn.filter(([, right, width]) => right > width)")
        assert cut == [], step


LEFTMOST = """(s) => {
    const canvas = document.querySelector(s);
    const {data, width, height} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    for (let x = 0; x < width; x += 1)
        for (let y = 0; y < height; y += 1) {
            const i = 4 * (y * width + x);
            if (data[i + 3] > 200 && data[i + 1] > data[i] + 60 && data[i + 2] > data[i] + 50) return x / width;
        }
    return 1;
}"""


def test_a_chart_begins_with_what_there_is(page):
    """The span grows up to what was chosen. Ten minutes would be nearly empty after three."""
    page.run("document.querySelectorAll('#span button')[1].click()")
    page.wait("(s) => document.querySelector(s)?.width > 100", f"{card('temp')} canvas")
    assert page.run("const {firstMs, sensors} = tosPage.app.gateway; return firstMs === sensors.get('temp').series.firstMs")
    for minutes in (3, 30):
        page.run(
            """
            const {series} = tosPage.app.gateway.sensors.get("temp"), now = performance.timeOrigin + performance.now();
            for (let at = now - arguments[0] * 60000; at < now; at += 1000) series.add(at, 20);
            """,
            minutes,
        )
        page.wait(f"(s) => ({LEFTMOST})(s) < 0.25", f"{card('temp')} canvas")


def rows_of(path):
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    text = raw.decode("utf-8-sig")
    assert "\r\n" in text and not re.search(r"(?<!\r)\n", text)
    return list(csv.reader(io.StringIO(text, newline="")))


def test_the_readings_as_csv(page, browser, client, gateway):
    before = set(browser.downloads.iterdir())
    gateway.set("adc.0", 1234)
    reading(client, lambda value: value["light"] == 1234)
    page.wait_value("light", "1234")
    # Readings before may be where a late one had put the gateway's clock.
    page.wait(SAME_CLOCK)
    since_ms = page.run("return performance.timeOrigin + performance.now()")
    page.wait("(since) => tosPage.app.gateway.sensors.get('light').series.points(since + 1, Infinity).length >= 8", since_ms)
    gateway.kill()
    page.wait_text(".notice", "offline")
    client.fence()
    sent = [json.loads(m.payload) for m in client.since(topic="tos/sensors")]
    page.click("#export-readings")
    page.wait_text(".say", "rows exported")
    path = wait_file(browser.downloads, "tos-readings-*.csv")
    assert path not in before
    head, *rows = rows_of(path)
    assert head == ["time", "ms since 1970", "Living room [temp] (°C)", "humi (%)", "light"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}", rows[0][0])
    wanted = {value["ts"]: [value["temp"], value["humi"], value["light"]] for value in sent}
    got = {int(row[1]): [float(cell) for cell in row[2:]] for row in rows if int(row[1]) > since_ms}
    assert len(got) >= 8 and set(got) <= set(wanted)
    assert {ts: wanted[ts] for ts in got} == got
    assert max(got) == max(wanted)
    path.unlink()


def test_names_that_are_formulas_are_text_in_a_csv(page):
    table = page.run(
        """
        const rows = [["=1+1", "-2", "+a", "@b", 'say "x", y', "온도"], [-1.5, null, 2e21, 0, 1, 2]];
        return tosPage.csv(rows);
        """
    )
    assert table == "\ufeff'=1+1,'-2,'+a,'@b,\"say \"\"x\"\", y\",온도\r\n-1.5,,2e+21,0,1,2\r\n"


def test_events_and_inputs(page, browser, client, gateway):
    page.wait_text("#events [data-input=door]", "off")
    for level, word in ((1, "on"), (0, "off"), (1, "on")):
        gateway.set("GPIO23", level)
        page.wait_text("#events [data-input=door]", word)
    page.wait("() => document.querySelectorAll('#events .events > li').length === 3")
    assert [line.split()[1:] for line in page.text("#events .events").replace("\n", " ").split("door") if line.strip()]
    events = client.wait_several("tos/events", 3)
    page.wait(SAME_CLOCK)
    page.click("#export-events")
    path = wait_file(browser.downloads, "tos-events-*.csv")
    head, *rows = rows_of(path)
    assert head == ["time", "ms since 1970", "input", "event"]
    told = [json.loads(event.payload) for event in events]
    assert [row[1:] for row in rows] == [[str(event["ts"]), "door", str(event["door"])] for event in told]
    path.unlink()


def test_twelve_hours_at_100_ms_do_not_grow(page, gateway):
    """Fed into the page's store, with a time of its own."""
    gateway.kill()
    page.wait_text(".notice", "offline")
    feed = """
        const [first, count] = arguments;
        const gateway = globalThis.fed ??= new tosPage.Gateway("fed");
        gateway.receive("about", JSON.stringify({schema: 1, root: "fed", sensors: {a: {}, b: {}, c: {}}}), 1e12);
        for (let i = first; i < first + count; i += 1) {
            const at = 1.7e12 + i * 100;
            gateway.receive("sensors", `{"a":${i % 97},"b":${20 + (i % 31) / 10},"c":null,"ts":${at}}`, at + 7);
            if (i % 50 === 0) gateway.receive("events", `{"door":${i % 2},"ts":${at}}`, at);
        }
        gc();
        return {
            heap: performance.memory.usedJSHeapSize,
            bytes: [...gateway.sensors.values()].reduce((sum, sensor) => sum + sensor.series.bytes, 0),
            values: [...gateway.sensors.values()].map((sensor) => sensor.series.length),
            events: gateway.events.length,
        };
    """
    total, part = 432_000, 24_000
    after = [page.run(feed, first, part) for first in range(0, total, part)]
    usage = page.cdp("Runtime.getHeapUsage")
    assert after[0]["bytes"] == after[-1]["bytes"] < 3 * 1_200_000
    assert max(after[-1]["values"]) <= 3 * 8192 and after[-1]["events"] <= 500
    # Half of it is enough to fill all arrays; then nothing is added, but for what the collector leaves.
    assert after[-1]["heap"] < after[len(after) // 2]["heap"] + 1_500_000, [entry["heap"] for entry in after]
    assert usage["usedSize"] < 60_000_000
    # And what is kept covers all of it: the newest as they came, the oldest thinned out.
    spans = page.run(
        """
        const series = fed.sensors.get("a").series;
        const end = 1.7e12 + 432000 * 100;
        return [60e3, 600e3, 3600e3, 12 * 3600e3].map((span) => {
            const points = series.points(end - span, end);
            const columns = series.columns(end - span, end, 400);
            return [points.length, points[0][0] - (end - span), columns.t.length, Math.max(...columns.high)];
        });
        """
    )
    assert spans[0][0] >= 599
    for points, begin, columns, highest in spans:
        assert points > 200 and begin <= 15000 and 100 < columns <= 402 and highest == 96
