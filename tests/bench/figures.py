# SPDX-License-Identifier: MIT
"""tosd beside the other programs: each figure is taken of all of them in turn, A B C D A B C D."""

import time

from programs import Watch, probe
from table import Figure, percentile

WINDOW = 64


def make_figures(rhythm_s):
    def figure(title, goal, limit):
        return Figure(title, goal, limit)

    return {
        "rss": figure("resident memory, KiB", "7 MB", lambda raw: 7168),
        "cpu_500": figure("CPU a reading at 500 ms, us", "150", lambda raw: 150),
        "cpu_20": figure("CPU a reading at 20 ms, us", "110", lambda raw: 110),
        "wakeups": figure("wakeups a second at 10 s", "0.5", lambda raw: 0.5),
        "start": figure("start to the first reading, ms", "120", lambda raw: 120),
        "late": figure(f"late after {rhythm_s} s at 100 ms, ms", "0", lambda raw: 1),
        "jitter": figure("jitter at 100 ms, p99, us", "1.5 x raw", lambda raw: 1.5 * raw),
        "write_50": figure("action to write, p50, us", "1.3 x raw", lambda raw: 1.3 * raw),
        "write_99": figure("action to write, p99, us", "2 x raw", lambda raw: 2 * raw),
        "answer_50": figure("action to answer, p50, us", "1.3 x raw", lambda raw: 1.3 * raw),
        "answer_99": figure("action to answer, p99, us", "3 x raw", lambda raw: 3 * raw),
        "rate": figure(f"actions a second, {WINDOW} outstanding", "25,000", lambda raw: -25000),
        "shorter": figure("50 ms asked, in force after, ms", "55", lambda raw: 55),
        "end": figure("end after SIGTERM, ms", "20", lambda raw: 20),
    }


class Comparison:
    def __init__(self, bench, report):
        self.bench = bench
        self.report = report
        self.rhythm_s = 30 if bench.quick else 60
        self.figures = make_figures(self.rhythm_s)

    def run(self):
        long_rounds, short_rounds = (1, 5) if self.bench.quick else (3, 15)
        for rounds, measure in (
            (short_rounds, self.life),
            (long_rounds, self.idle),
            (long_rounds, self.cost_at_500),
            (long_rounds, self.cost_at_20),
            (long_rounds, self.rhythm),
            (long_rounds, self.actions),
            (short_rounds // 2, self.rate),
        ):
            for index in range(rounds):
                self.report(f"{measure.__doc__} {index + 1}/{rounds}")
                for program in self.bench.PROGRAMS:
                    self._one(measure, program)
        return self.figures

    def _one(self, measure, program):
        watch = Watch(self.bench.tools, self.bench.broker)
        measure(program, watch)
        watch.close()

    def _start(self, program, watch, interval_ms):
        """Returns the process, and when its first reading came."""
        process = self.bench.start(program, interval_ms)
        return process, watch.next()[0]

    def _start_acting(self, program, watch):
        """Returns the process when it is sure to have subscribed: the Python program sends a reading before."""
        process, _ = self._start(program, watch, 1000)
        watch.next()
        return process

    def life(self, program, watch):
        """start, another interval, end"""
        process, first_us = self._start(program, watch, 500)
        self.figures["start"].add(program, (first_us - process.started_us) / 1000)
        ((took_us,),) = probe(self.bench.tools, self.bench.broker, "interval", 50)
        self.figures["shorter"].add(program, took_us / 1000)
        self.figures["end"].add(program, process.stop() / 1000)

    def idle(self, program, watch):
        """idle"""
        process, _ = self._start(program, watch, 10000)
        time.sleep(2)
        before = process.switches()
        seconds = 10 if self.bench.quick else 60  # of whole intervals
        time.sleep(seconds)
        self.figures["wakeups"].add(program, (process.switches() - before) / seconds)
        self.figures["rss"].add(program, process.rss_kb())
        process.stop()

    def cost_at_500(self, program, watch):
        """CPU at 500 ms"""
        self._cost(program, watch, 500, 10 if self.bench.quick else 30)

    def cost_at_20(self, program, watch):
        """CPU at 20 ms"""
        self._cost(program, watch, 20, 5 if self.bench.quick else 15)

    def _cost(self, program, watch, interval_ms, seconds):
        process, first_us = self._start(program, watch, interval_ms)
        watch.until(first_us + 1000000)
        before = process.cpu_us()
        times = watch.until(first_us + 1000000 + seconds * 1000000)
        used = process.cpu_us() - before
        self.figures[f"cpu_{interval_ms}"].add(program, used / (len(times) + 1))
        process.stop()

    def rhythm(self, program, watch):
        """rhythm at 100 ms"""
        process, first_us = self._start(program, watch, 100)
        begin_us, _ = watch.next()
        times = [begin_us] + watch.until(first_us + self.rhythm_s * 1000000)
        gaps = [after - before for before, after in zip(times, times[1:])]
        self.figures["late"].add(program, max(0, times[-1] - times[0] - len(gaps) * 100000) / 1000)
        self.figures["jitter"].add(program, percentile([abs(gap - 100000) for gap in gaps], 99))
        process.stop()

    def actions(self, program, watch):
        """single actions"""
        process = self._start_acting(program, watch)
        pairs = probe(self.bench.tools, self.bench.broker, "actions", 200 if self.bench.quick else 1000)
        lines = [line.split() for line in self.bench.wire_log.read_text().splitlines()]
        writes = [int(words[0]) for words in lines if words[2] == "GPIO17"]
        delays = [next(write for write in writes if write >= sent) - sent for sent, _ in pairs]
        answers = [answered - sent for sent, answered in pairs]
        for name, values in (("write", delays), ("answer", answers)):
            self.figures[f"{name}_50"].add(program, percentile(values, 50))
            self.figures[f"{name}_99"].add(program, percentile(values, 99))
        process.stop()

    def rate(self, program, watch):
        """actions at full rate"""
        process = self._start_acting(program, watch)
        count = 20000
        ((answered, took_us),) = probe(self.bench.tools, self.bench.broker, "flood", count, WINDOW)
        if answered != count:
            raise RuntimeError(f"{program} answered {answered} of {count} actions")
        self.figures["rate"].add(program, count / took_us * 1e6)
        process.stop()
