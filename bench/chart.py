"""Cost curves as SVG: both axes logarithmic, readable on light and dark pages, nothing but shapes and text."""

import math
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 70, 700, 84, 346

STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-size: 15px; font-weight: 600 }
  .grid { stroke: #d0d7de; stroke-width: 1 }
  .axis { fill: none; stroke: #57606a; stroke-width: 1 }
  .line { fill: none; stroke-width: 2 }
  .dashed { stroke-dasharray: 5 4; stroke-width: 1.5 }
  .c0 { stroke: #0072b2 } .m0 { fill: #0072b2 }
  .c1 { stroke: #d55e00 } .m1 { fill: #d55e00 }
  .c2 { stroke: #00805f } .m2 { fill: #00805f }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .grid { stroke: #30363d }
    .axis { stroke: #8b949e }
    .c0 { stroke: #56b4e9 } .m0 { fill: #56b4e9 }
    .c1 { stroke: #f0903c } .m1 { fill: #f0903c }
    .c2 { stroke: #35c69b } .m2 { fill: #35c69b }
  }
"""


@dataclass
class Line:
    name: str
    color: int  # 0, 1 or 2, which also is the marker
    points: list  # (x, y), both > 0
    dashed: bool = False


@dataclass
class Chart:
    title: str
    x_label: str
    y_label: str
    lines: list
    y_text: callable = "{:g}".format


def _ticks(low, high):
    """1, 2 and 5 of every decade, or the decades alone where there are many; the outermost ones enclose the values."""
    steps = (1, 2, 5) if math.log10(high / low) < 2.5 else (1,)
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 2)
    every = [step * 10.0**decade for decade in decades for step in steps]
    first = max([t for t in every if t <= low * 1.0001], default=every[0])
    last = min(t for t in every if t >= high * 0.9999)
    if first == last:
        last = min(t for t in every if t > first)
    return [t for t in every if first <= t <= last]


def _scale(ticks, begin, end):
    low, high = math.log10(ticks[0]), math.log10(ticks[-1])
    return lambda value: begin + (math.log10(value) - low) / (high - low) * (end - begin)


def _power(value):
    exponent = round(math.log10(value))
    return "10" + "".join("⁰¹²³⁴⁵⁶⁷⁸⁹"[int(digit)] for digit in str(exponent))


def _marker(kind, x, y):
    if kind == 0:
        return f'<circle class="m0" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
    if kind == 1:
        return f'<rect class="m1" x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8"/>'
    return f'<path class="m2" d="M{x:.1f} {y - 5:.1f}l5 9h-10z"/>'


def _axes(chart, x_ticks, y_ticks, x, y):
    for tick in y_ticks:
        yield f'<path class="grid" d="M{LEFT} {y(tick):.1f}H{RIGHT}"/>'
        yield f'<text x="{LEFT - 8}" y="{y(tick) + 4:.1f}" text-anchor="end">{escape(chart.y_text(tick))}</text>'
    for tick in x_ticks:
        yield f'<path class="axis" d="M{x(tick):.1f} {BOTTOM}v5"/>'
        yield f'<text x="{x(tick):.1f}" y="{BOTTOM + 20}" text-anchor="middle">{_power(tick)}</text>'
    yield f'<path class="axis" d="M{LEFT} {TOP}V{BOTTOM}H{RIGHT}"/>'
    yield f'<text x="{(LEFT + RIGHT) / 2}" y="{BOTTOM + 42}" text-anchor="middle">{escape(chart.x_label)}</text>'
    middle = (TOP + BOTTOM) / 2
    yield f'<text transform="translate(18 {middle}) rotate(-90)" text-anchor="middle">{escape(chart.y_label)}</text>'


def _legend(chart):
    """Solid lines by name; one entry for what all dashed ones have in common."""
    left = LEFT
    for line in [line for line in chart.lines if not line.dashed]:
        yield f'<path class="line c{line.color}" d="M{left} 56h24"/>' + _marker(line.color, left + 12, 56)
        yield f'<text x="{left + 30}" y="60">{escape(line.name)}</text>'
        left += 52 + 7 * len(line.name)
    dashed = [line for line in chart.lines if line.dashed]
    if dashed:
        yield f'<path class="axis dashed" d="M{left} 56h24"/>'
        yield f'<text x="{left + 30}" y="60">{escape(dashed[0].name)}</text>'


def svg(chart):
    """The chart as the text of an SVG file."""
    points = [point for line in chart.lines for point in line.points]
    x_values, y_values = zip(*points)
    x_ticks = [10.0**e for e in range(round(math.log10(min(x_values))), round(math.log10(max(x_values))) + 1)]
    if len(x_ticks) == 1:
        x_ticks.append(10 * x_ticks[0])
    y_ticks = _ticks(min(y_values), max(y_values))
    x, y = _scale(x_ticks, LEFT + 20, RIGHT - 20), _scale(y_ticks, BOTTOM, TOP)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
             f'aria-label="{escape(chart.title)}">', f"<style>{STYLE}</style>",
             f'<text class="title" x="{LEFT}" y="28">{escape(chart.title)}</text>']
    parts += _axes(chart, x_ticks, y_ticks, x, y)
    for line in chart.lines:
        path = "L".join(f"{x(px):.1f} {y(py):.1f}" for px, py in sorted(line.points))
        parts.append(f'<path class="line c{line.color}{" dashed" if line.dashed else ""}" d="M{path}"/>')
        if not line.dashed:
            parts += [_marker(line.color, x(px), y(py)) for px, py in line.points]
    parts += _legend(chart)
    return "\n".join(parts + ["</svg>"]) + "\n"
