"""Drawing a map of meanings: where dots and labels stand, in the units of the drawing, and each text's neighbours."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 720, 460
_EDGE_X, _EDGE_Y = 60, 36
_LETTER, _LINE = 7.4, 18              # of a label in the drawing's units, a little wide
MOST_LABEL = 26
NEIGHBOURS = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Dot:
    """A text on the map. `own`: the learner's. The label is empty where there is no room: the number stands for it."""

    number: int
    text: str
    x: float
    y: float
    label: str
    label_x: float
    label_y: float
    anchor: str
    own: bool
    neighbours: tuple[tuple[int, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class MapView:
    """A map on a page."""

    dots: tuple[Dot, ...]
    width: int = WIDTH
    height: int = HEIGHT


_Box = tuple[float, float, float, float]


def map_view(
    texts: Sequence[str], places: Sequence[tuple[float, float]], nearest: Sequence[Sequence[int]], own_from: int | None = None,
) -> MapView:
    """Dots at their places, and a label beside each that has room for one. Texts from `own_from` on are the learner's."""
    points = [(_across(x), _down(y)) for x, y in places]
    taken: list[_Box] = [(x - 12, y - 12, x + 12, y + 12) for x, y in points]
    dots = []
    for at, (text, (x, y)) in enumerate(zip(texts, points, strict=True)):
        label = text if len(text) <= MOST_LABEL else f"{text[: MOST_LABEL - 1].rstrip()}…"
        spot = _room(x, y, label, taken, at)
        near = tuple((other + 1, texts[other]) for other in nearest[at][:NEIGHBOURS])
        label_x, label_y, anchor = spot or (x, y, "start")
        dots.append(Dot(number=at + 1, text=text, x=round(x, 1), y=round(y, 1), label=label if spot else "", label_x=round(label_x, 1),
                        label_y=round(label_y, 1), anchor=anchor, own=own_from is not None and at >= own_from, neighbours=near))
    return MapView(dots=tuple(dots))


def _across(x: float) -> float:
    return WIDTH / 2 + x * (WIDTH / 2 - _EDGE_X)


def _down(y: float) -> float:
    return HEIGHT / 2 - y * (HEIGHT / 2 - _EDGE_Y)


def _room(x: float, y: float, label: str, taken: list[_Box], at: int) -> tuple[float, float, str] | None:
    """The first of a few spots around a dot where the label covers nothing; noted as taken."""
    wide = len(label) * _LETTER
    spots = [
        (x + 17, y + 5, "start", (x + 15, y - 9, x + 17 + wide, y + 9)),
        (x - 17, y + 5, "end", (x - 17 - wide, y - 9, x - 15, y + 9)),
        (x, y - 18, "middle", (x - wide / 2, y - 18 - _LINE + 4, x + wide / 2, y - 14)),
        (x, y + 28, "middle", (x - wide / 2, y + 14, x + wide / 2, y + 32)),
    ]
    others = taken[:at] + taken[at + 1 :]
    for label_x, label_y, anchor, box in spots:
        if box[0] >= 2 and box[2] <= WIDTH - 2 and box[1] >= 2 and box[3] <= HEIGHT - 2 and not any(_meet(box, other) for other in others):
            taken.append(box)
            return label_x, label_y, anchor
    return None


def _meet(one: _Box, other: _Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
