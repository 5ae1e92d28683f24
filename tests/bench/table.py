# SPDX-License-Identifier: MIT
"""Samples into medians, and those into a table."""

import statistics


def percentile(values, percent):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def number(value):
    decimals = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{decimals}f}"


def markdown(rows):
    """The first row is the header; the first column is text, the others are numbers."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for index, row in enumerate(rows):
        cells = [row[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        lines.append("| " + " | ".join(cells) + " |")
        if index == 0:
            lines.append("|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


class Figure:
    """One line of the table: what each program did, round by round."""

    def __init__(self, title, goal, limit):
        """limit: of the raw limit's median, the value to reach; a negative one is to be exceeded."""
        self.title, self.goal, self.limit = title, goal, limit
        self.samples = {}

    def add(self, program, value):
        self.samples.setdefault(program, []).append(value)

    def median(self, program):
        return statistics.median(self.samples[program])

    def is_met(self):
        limit = self.limit(self.median("raw"))
        return self.median("tosd") <= limit if limit >= 0 else self.median("tosd") >= -limit

    def row(self, programs):
        cells = [self.title]
        for program in programs:
            values = self.samples[program]
            span = f" ({number(min(values))}-{number(max(values))})" if len(values) > 1 else ""
            cells.append(number(self.median(program)) + span)
        raw = self.median("raw")
        cells.append(f"{self.median('tosd') / raw:.2f}" if raw > 0 else "-")
        return cells + [self.goal, "yes" if self.is_met() else "NO"]

    def as_json(self):
        medians = {program: self.median(program) for program in self.samples}
        return {"title": self.title, "goal": self.goal, "met": self.is_met(), "medians": medians, "samples": self.samples}
