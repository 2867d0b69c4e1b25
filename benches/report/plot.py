"""Lines over the payloads → an SVG of its own, light background, logarithmic axis. Called by `page`."""

from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT = 900, 460
LEFT, RIGHT, TOP, BOTTOM = 70, 310, 46, 50
# Of Okabe and Ito, which colour-blind readers can tell apart; the floor is grey and dashed.
COLOURS = ["#0072b2", "#56b4e9", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#7f5539", "#5e4fa2", "#111111", "#8c9300", "#b2182b", "#4d4d4d", "#1b7837"]


def plot(title, axis, payloads, lines):
    """`lines`: name → value per payload, or None where there is none. The first two are ours, and drawn thicker."""
    values = [value for line in lines.values() for value in line if value]
    low, high = min(values) / 1.25, max(values) * 1.25
    x = lambda index: LEFT + (WIDTH - LEFT - RIGHT) * (index + 0.5) / len(payloads)
    y = lambda value: TOP + (HEIGHT - TOP - BOTTOM) * (log10(high) - log10(value)) / (log10(high) - log10(low))
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="system-ui, sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="24" font-size="16" font-weight="600" fill="#1a1a1a">{escape(title)}</text>',
    ]
    for tick in ticks(low, high):
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(tick):.1f}" y2="{y(tick):.1f}" stroke="#e2e2e2"/>')
        out.append(f'<text x="{LEFT - 8}" y="{y(tick) + 4:.1f}" text-anchor="end" fill="#444444">{tick:g}</text>')
    for index, payload in enumerate(payloads):
        out.append(f'<text x="{x(index):.1f}" y="{HEIGHT - BOTTOM + 22}" text-anchor="middle" fill="#1a1a1a">{escape(payload)}</text>')
    middle = (TOP + HEIGHT - BOTTOM) / 2
    out.append(f'<text transform="rotate(-90 18 {middle})" x="18" y="{middle}" text-anchor="middle" fill="#444444">{escape(axis)}</text>')
    ends, colours = [], iter(COLOURS)
    for number, (name, line) in enumerate(lines.items()):
        is_floor = name == "floor"
        colour = "#9a9a9a" if is_floor else next(colours)
        points = [(x(index), y(value)) for index, value in enumerate(line) if value]
        style = 'stroke-dasharray="5 4" ' if is_floor else ""
        path = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
        width = 3 if number < 2 else 1.6
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}" {style}/>')
        out += [f'<circle cx="{px:.1f}" cy="{py:.1f}" r="{width + 0.9:.1f}" fill="{colour}"/>' for px, py in points]
        ends.append([points[-1][1], points[-1], name, colour, number < 2])
    for label_y, (px, py), name, colour, bold in spread(ends):
        out.append(f'<line x1="{px + 6:.1f}" y1="{py:.1f}" x2="{WIDTH - RIGHT + 12}" y2="{label_y:.1f}" stroke="{colour}" stroke-width="0.7" opacity="0.6"/>')
        weight = ' font-weight="600"' if bold else ""
        out.append(f'<text x="{WIDTH - RIGHT + 16}" y="{label_y + 4:.1f}" fill="{colour}"{weight}>{escape(name)}</text>')
    out.append("</svg>")
    return "\n".join(out) + "\n"


def ticks(low, high):
    """1, 2 and 5 of each power of ten."""
    powers = range(floor(log10(low)), ceil(log10(high)) + 1)
    return [tick for power in powers for tick in (10**power, 2 * 10**power, 5 * 10**power) if low <= tick <= high]


def spread(ends):
    """Moves labels apart: down where they would overlap, and all of them up by what the last is then too low."""
    ends = sorted(ends)
    for above, below in zip(ends, ends[1:]):
        below[0] = max(below[0], above[0] + 17)
    too_low = max(0, ends[-1][0] - (HEIGHT - BOTTOM + 20))
    return [[label_y - too_low, *rest] for label_y, *rest in ends]
