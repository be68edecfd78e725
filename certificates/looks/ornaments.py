"""Ornaments that designs may use, drawn by formula in the organisation's colours. They are pictures like all others."""

import base64
import math
from functools import lru_cache

NAMES = ("rosette", "seal", "frame", "frame-upright")


@lru_cache(maxsize=32)
def ornaments(colour: str, accent: str) -> tuple[tuple[str, str], ...]:
    """Names and data: addresses."""
    return (
        ("rosette", _data(_rosette(colour, accent))), ("seal", _data(_seal(colour, accent))),
        ("frame", _data(_frame(colour, accent, 297, 210))), ("frame-upright", _data(_frame(colour, accent, 210, 297))),
    )


def _data(svg: str) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def _svg(box: str, body: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">{body}</svg>'


def _line(path: str, colour: str, width: float, opacity: float) -> str:
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-opacity="{opacity}"/>'


def _rosette(colour: str, accent: str) -> str:
    """Turned ellipses, each colour one path: an element for each ellipse costs a style each."""
    paths: tuple[list[str], list[str]] = ([], [])
    for turn in range(0, 180, 5):
        x, y = 97 * math.cos(math.radians(turn)), 97 * math.sin(math.radians(turn))
        arc = f"A97 56 {turn} 1 1"
        paths[turn % 15 == 0].append(f"M{x:.2f} {y:.2f}{arc} {-x:.2f} {-y:.2f}{arc} {x:.2f} {y:.2f}")
    return _svg("-100 -100 200 200", _line("".join(paths[0]), colour, 0.4, 0.2) + _line("".join(paths[1]), accent, 0.4, 0.4))


def _seal(colour: str, accent: str) -> str:
    """A small rosette with a toothed edge, as on bonds and banknotes."""
    rings = [
        _line(_wave_ring(92, 5, 60, 0), accent, 0.9, 1), _line(_wave_ring(92, 5, 60, math.pi), accent, 0.9, 1),
        _line(_wave_ring(74, 12, 24, 0), colour, 0.7, 0.9), _line(_wave_ring(74, 12, 24, math.pi), colour, 0.7, 0.9),
        _line(_wave_ring(74, 12, 24, math.pi / 2), colour, 0.7, 0.9), _line(_wave_ring(74, 12, 24, -math.pi / 2), colour, 0.7, 0.9),
        _line(_wave_ring(50, 9, 12, 0), accent, 0.8, 1), _line(_wave_ring(50, 9, 12, math.pi), accent, 0.8, 1),
        _line(_wave_ring(32, 14, 8, 0), colour, 0.7, 0.9), _line(_wave_ring(32, 14, 8, math.pi), colour, 0.7, 0.9),
        _line(_wave_ring(14, 8, 6, 0), colour, 0.7, 0.9),
    ]
    return _svg("-100 -100 200 200", "".join(rings))


def _wave_ring(radius: float, height: float, waves: int, shift: float) -> str:
    steps = waves * 8
    points = []
    for step in range(steps):
        angle = 2 * math.pi * step / steps
        reach = radius + height * math.sin(waves * angle + shift)
        points.append(f"{reach * math.cos(angle):.2f} {reach * math.sin(angle):.2f}")
    return f"M{'L'.join(points)}Z"


def _frame(colour: str, accent: str, width: float, height: float) -> str:
    """A guilloche border: waves that cross each other, whole waves on every side, between two fine lines."""
    inset, band = 8.0, 6.0
    middle = inset + band / 2
    waves = [
        _line(_wave_frame(width, height, middle, band / 2 - 0.6, shift, 1.0), colour, 0.16, 0.85) for shift in (0, 1, 2, 3)
    ] + [_line(_wave_frame(width, height, middle, band / 2 - 0.6, shift, 0.5), accent, 0.2, 0.95) for shift in (0, 2)]
    lines = "".join(
        f'<rect x="{at}" y="{at}" width="{width - 2 * at}" height="{height - 2 * at}" fill="none" stroke="{stroke}" stroke-width="{thick}"/>'
        for at, stroke, thick in ((inset, colour, 0.5), (inset + band, colour, 0.3), (inset + band + 1.4, accent, 0.25))
    )
    return _svg(f"0 0 {width} {height}", "".join(waves) + lines)


def _wave_frame(width: float, height: float, inset: float, reach: float, shift: int, density: float) -> str:
    """A closed wave around the page; `shift` in quarters of a wave. Each side has a whole number of waves, so corners meet."""
    sides = (
        (inset, inset, 1, 0, width - 2 * inset), (width - inset, inset, 0, 1, height - 2 * inset),
        (width - inset, height - inset, -1, 0, width - 2 * inset), (inset, height - inset, 0, -1, height - 2 * inset),
    )
    pieces = []
    for x, y, along_x, along_y, length in sides:
        count = round(length / 6 * density)
        steps = count * 8
        points = []
        for step in range(steps + 1):
            way = length * step / steps
            sway = reach * math.sin(2 * math.pi * count * step / steps + shift * math.pi / 2)
            points.append(f"{x + along_x * way - along_y * sway:.2f} {y + along_y * way + along_x * sway:.2f}")
        pieces.append(f"M{'L'.join(points)}")
    return "".join(pieces)
