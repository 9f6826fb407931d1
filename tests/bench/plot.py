# SPDX-License-Identifier: BSD-3-Clause
"""The ratios as a picture: SVG by hand, for light and dark pages. Standard library only."""
import math
from html import escape

from bench.results import number, with_unit

WIDTH, LEFT, RIGHT, TOP, ROW = 1000, 380, 190, 92, 26
STYLE = """
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328 }
  .card { fill: #ffffff; stroke: #d1d9e0 } .grid { stroke: #d1d9e0 } .one { stroke: #59636e; stroke-width: 1.5 }
  .soft { fill: #59636e } .title { font-size: 17px; font-weight: 600 } .times { font-weight: 600 }
  .JupyterHub { fill: #e8710a } .haproxy { fill: #1a7f8e } .chp { fill: #7a5cd6 } .end { text-anchor: end } .mid { text-anchor: middle }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .card { fill: #0d1117; stroke: #3d444d } .grid { stroke: #3d444d } .one { stroke: #9198a1 }
    .soft { fill: #9198a1 } .JupyterHub { fill: #f08a2c } .haproxy { fill: #35a9b9 } .chp { fill: #9f87ea }
  }"""
CLASSES = {"JupyterHub": "JupyterHub", "haproxy": "haproxy", "configurable-http-proxy": "chp"}
ORDER = list(CLASSES)


def drawn(lines):
    """What has a ratio, by peer, the largest ratio first."""
    chosen = [line for line in lines if line.ratio and line.peer_name in CLASSES]
    return sorted(chosen, key=lambda line: (ORDER.index(line.peer_name), -line.ratio))


class Scale:
    """Ratios to pixels, by their logarithm, from the power of ten below the smallest to the one above the largest."""

    def __init__(self, ratios):
        self.low = math.floor(math.log10(min([*ratios, 1]) * 0.999))
        self.high = max(math.ceil(math.log10(max([*ratios, 10]))), self.low + 1)

    def x(self, ratio):
        return LEFT + (math.log10(ratio) - self.low) / (self.high - self.low) * (WIDTH - LEFT - RIGHT)

    def marks(self):
        return [10.0 ** power for power in range(self.low, self.high + 1)]


def text(x, y, words, kind=""):
    return f'<text x="{x:.0f}" y="{y:.0f}" class="{kind}">{escape(words)}</text>'


def bar(line, y, scale):
    one, end = scale.x(1), scale.x(line.ratio)
    figures = f"{with_unit(line.peer, line.unit)} → {with_unit(line.berth, line.unit)}"
    return [text(LEFT - 14, y + 13, line.what, "end"),
            f'<rect x="{min(one, end):.1f}" y="{y}" width="{max(abs(end - one), 2):.1f}" height="17" rx="3" '
            f'class="{CLASSES[line.peer_name]}"/>',
            text(max(one, end) + 6, y + 13, f"{number(line.ratio)}×", "times"),
            text(WIDTH - 16, y + 13, figures, "soft end")]


def frame(scale, height, around):
    when = f"one run on {around.get('processors', '?')} processors, {around.get('when', '')}, JupyterHub {around.get('JupyterHub', '')}"
    out = [f'<rect x=".5" y=".5" width="{WIDTH - 1}" height="{height - 1}" rx="8" class="card"/>',
           text(20, 32, "How many times better than the peer", "title"),
           text(20, 52, "faster, sooner or smaller; logarithmic; " + when, "soft")]
    for mark in scale.marks():
        x = scale.x(mark)
        out += [f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 8}" y2="{height - 14}" class="{"one" if mark == 1 else "grid"}"/>',
                text(x, TOP - 13, f"{mark:,g}×" if mark < 1 else f"{mark:,.0f}×", "soft mid")]
    return out


def draw(lines, around):
    """The picture's text."""
    chosen = drawn(lines)
    scale = Scale([line.ratio for line in chosen])
    body, y, peer = [], TOP, None
    for line in chosen:
        if line.peer_name != peer:
            peer = line.peer_name
            body.append(text(20, y + 15, f"beside {peer}", "times"))
            y += ROW
        body += bar(line, y, scale)
        y += ROW
    height = y + 20
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
            f'role="img" aria-label="Berth beside its peers">')
    return "\n".join([head, f"<style>{STYLE}\n</style>", *frame(scale, height, around), *body, "</svg>"]) + "\n"
