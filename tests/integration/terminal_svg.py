# SPDX-License-Identifier: MIT
"""A picture of a terminal's last frame, in SVG. Text keeps its columns in any font; blocks are drawn, as no two fonts agree
on them."""

import re
from html import escape

WIDTH, HEIGHT, EDGE = 8.4, 19, 14
INK, PAPER, LINE = "#1f2328", "#ffffff", "#d0d7de"
COLORS = {"31": "#cf222e", "32": "#1a7f37", "33": "#9a6700", "2": "#59636e"}
BLOCKS = "▁▂▃▄▅▆▇█"
PARTS = re.compile(r"\033\[([\d;]*)([A-Za-z])|([^\033]+)")


def runs(line):
    """Each piece of a line: the column, the text, its color and whether it is bold."""
    column, color, bold = 0, INK, False
    for codes, letter, text in PARTS.findall(line):
        if letter == "m":
            color, bold = COLORS.get(codes, INK), codes == "1"
        elif text:
            for piece in re.finditer(rf"[{BLOCKS}]+|[^{BLOCKS}\s]+(?: [^{BLOCKS}\s]+)*", text):
                yield column + piece.start(), piece.group(), color, bold
            column += len(text)


def bars(column, top, text):
    """One path for a plot."""
    for offset, char in enumerate(text):
        high = (HEIGHT - 3) * (BLOCKS.index(char) + 1) / 8
        yield f"M{(column + offset) * WIDTH + EDGE:.1f} {top + HEIGHT - high:.1f}h{WIDTH - 1:.1f}v{high:.1f}h-{WIDTH - 1:.1f}z"


def draw(row, line):
    top = EDGE + row * HEIGHT
    for column, text, color, bold in runs(line):
        if text[0] in BLOCKS:
            yield f'<path fill="{color}" d="{"".join(bars(column, top, text))}"/>'
            continue
        weight = ' font-weight="bold"' if bold else ""
        place = f'x="{column * WIDTH + EDGE:.1f}" y="{top + HEIGHT - 4}" textLength="{len(text) * WIDTH:.1f}"'
        yield f'<text {place} fill="{color}"{weight}>{escape(text)}</text>'


def picture(frame, columns, rows, title):
    """frame: what was written since the cursor was last sent home."""
    width, height = columns * WIDTH + 2 * EDGE, rows * HEIGHT + 2 * EDGE
    lines = frame.replace("\r", "").split("\n")[:rows]
    parts = [part for row, line in enumerate(lines) for part in draw(row, line)]
    return "\n".join(
        [
            "<!-- SPDX-License-Identifier: MIT -->",
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" role="img"',
            '  font-family="ui-monospace, Menlo, Consolas, \'DejaVu Sans Mono\', monospace" font-size="14">',
            f"<title>{escape(title)}</title>",
            f'<rect x="1" y="1" width="{width - 2:.0f}" height="{height - 2}" rx="8" fill="{PAPER}" stroke="{LINE}"/>',
            *parts,
            "</svg>\n",
        ]
    )
