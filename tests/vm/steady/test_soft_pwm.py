# SPDX-License-Identifier: MIT
"""
Software PWM, on a machine whose clock is its own work: each instruction takes 1 ns, and waiting for the next timer takes
no time of the host. So what else the host does is not in the figures, and none of them need be left out: not the mean
alone is within 5 % of the duty that was asked for, but each single period. What remains is the gateway, the kernel, and
whatever else runs on that one processor.
"""

import pytest

from guest import Guest, Wire, booted

MAP = """
mqtt: {url: 'mqtt://127.0.0.1'}
interval: 10s
leds:
  - {name: soft, line: GPIO18, pwm: soft, frequency: 100Hz, gamma: 1}
"""
TRACING = "/sys/kernel/tracing"
PERIOD_US = 10000
PERIODS = 1000


@pytest.fixture(scope="module")
def guest(initramfs):
    """A client outside would be too slow for its clock: everything happens inside."""
    with booted(Guest(initramfs, steady=True)) as guest:
        guest.write("/tmp/tosd.yaml", MAP)
        yield guest


def set_duty(guest, tenths):
    """Returns the levels of the line, with their times in us, of a bit more than PERIODS, from well after the command on."""
    guest.run(f"""mosquitto_pub -h 127.0.0.1 -t tos/actions -m '{{"led":{{"soft":{{"bright":{tenths}}}}}}}'""")
    guest.run(f"sleep 1; echo >{TRACING}/trace; echo 1 >{TRACING}/tracing_on")
    # Reading it takes the processor's time.
    text = guest.run(f"sleep {PERIODS * PERIOD_US / 1000000 + 0.1}; echo 0 >{TRACING}/tracing_on; cat {TRACING}/trace")
    events = [Wire.EVENT.match(line) for line in text.splitlines()]
    return [(int(event[2]) * 1000000 + int(event[3]), int(event[5])) for event in events if event]


def periods(edges):
    """Of each of the first PERIODS its length and how long the line was high, in us."""
    while not edges[0][1]:
        edges.pop(0)
    assert [value for _, value in edges] == [1, 0] * (len(edges) // 2) + [1] * (len(edges) % 2)
    found = [(end - up, down - up) for (up, _), (down, _), (end, _) in zip(edges[::2], edges[1::2], edges[2::2])]
    return found[:PERIODS]


def test_every_period_of_software_pwm_is_within_five_percent(guest):
    gateway = guest.start("exec tosd --config /tmp/tosd.yaml --state /tmp")
    gateway.log.wait("connected to")
    for tenths in (3, 7):
        found = periods(set_duty(guest, tenths))
        duties = [high / length for length, high in found]
        mean = sum(high for _, high in found) / sum(length for length, _ in found)
        print(
            f"software PWM at 100 Hz, {tenths}0 %: mean {100 * mean:.2f} %, in {len(found)} periods from "
            f"{100 * min(duties):.2f} to {100 * max(duties):.2f} %, of {min(found)[0]} to {max(found)[0]} us"
        )
        assert len(found) == PERIODS
        assert abs(mean / (tenths / 10) - 1) < 0.002
        assert all(abs(duty / (tenths / 10) - 1) < 0.05 for duty in duties)
        assert all(abs(length / PERIOD_US - 1) < 0.05 for length, _ in found)
    assert gateway.end("TERM") == 0
