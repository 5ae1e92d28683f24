# SPDX-License-Identifier: MIT
"""The costs of the page in a browser: the time until values are there, and the time that the browser is busy. It is not
part of the suite, since it measures time: ./run page -s tests/page/measure.py. The figures are in docs/costs.md."""

import statistics

from conftest import make_map

OPENINGS = 15
WATCH_S = 60

SENSORS = "".join(
    f"  s{number}: {{from: adc.{number % 8}, simulate: {{wave: noise, min: 100, max: 3000, period: 300ms}}}}\n"
    if number < 8
    else f"  s{number}: {{from: adc.{number % 8}}}\n"
    for number in range(20)
)

FIRST = """
globalThis.firstMs = 0;
new MutationObserver(() => {
    if (globalThis.firstMs) return;
    const number = document.querySelector(".number");
    if (number && /\\d/.test(number.textContent)) requestAnimationFrame(() => (globalThis.firstMs = performance.now()));
}).observe(document, {subtree: true, childList: true, characterData: true});
globalThis.tasks = [];
new PerformanceObserver((list) => globalThis.tasks.push(...list.getEntries().map((entry) => entry.duration)))
    .observe({entryTypes: ["longtask"]});
"""


def test_the_first_values(open_page, gateway):
    assert gateway
    times = []
    for _ in range(OPENINGS):
        page = open_page("lang=en", script=FIRST)
        times.append(page.wait("() => globalThis.firstMs"))
    print(f"\nfirst values, {OPENINGS} openings, readings each 200 ms: median {statistics.median(times):.0f} ms, highest {max(times):.0f} ms")


def test_twenty_sensors_at_100_ms(open_page, broker, client, make_gateway):
    make_gateway(make_map(broker.port, sensors=SENSORS, interval="100ms"))
    client.wait("tos/sensors")
    page = open_page("lang=en", script=FIRST, size=(1280, 3000))
    page.wait("() => document.querySelectorAll('.sensor canvas').length === 20")
    page.run("globalThis.tasks.length = 0")
    page.cdp("Performance.enable")

    def spent():
        metrics = {entry["name"]: entry["value"] for entry in page.cdp("Performance.getMetrics")["metrics"]}
        return metrics["TaskDuration"], metrics["ScriptDuration"]

    before = spent()
    readings = page.run("return tosPage.app.gateway.readings")
    client.wait_several("tos/sensors", WATCH_S * 10, client.mark(), WATCH_S * 2)
    after = spent()
    readings = page.run("return tosPage.app.gateway.readings") - readings
    tasks = page.run("return globalThis.tasks")
    print(f"\n20 sensors with a chart each, {readings} readings at 100 ms: {len(tasks)} tasks above 50 ms, longest {max(tasks, default=0):.0f} ms")
    print(f"busy {100 * (after[0] - before[0]) / WATCH_S:.1f} % of the time, scripts {100 * (after[1] - before[1]) / WATCH_S:.1f} %")
    print(f"heap {page.cdp('Runtime.getHeapUsage')['usedSize'] / 1e6:.1f} MB")
