"""Charts as inline SVG. Colours come from the page's style sheet, so that they follow light and dark."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Bar", "Part", "Series", "bars", "lines", "percent", "ring", "stacked"]

_WIDTH: Final = 720
_LEFT: Final = 56
_TOP: Final = 14
_BOTTOM: Final = 30


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a stacked bar.

    Attributes:
        name: what it counts.
        value: how many.
        style: CSS class of its colour.
    """

    name: str
    value: int
    style: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A point of a chart over time.

    Attributes:
        label: shown below, where there is room.
        value: height.
        style: CSS class of its colour.
        hint: shown when pointed at.
    """

    label: str
    value: float
    style: str
    hint: str


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a chart over time.

    Attributes:
        name: in the hints.
        style: CSS class of its colour.
        points: share of the way from left to right, value, and hint.
    """

    name: str
    style: str
    points: Sequence[tuple[float, float, str]]


def stacked(title: str, rows: Sequence[tuple[str, Sequence[Part]]], *, width: int = _WIDTH) -> str:
    """Draw a horizontal bar a row, each filling the width: shares of a whole."""
    step, height = 46, 22
    drawn = []
    for number, (name, parts) in enumerate(rows):
        total = sum(part.value for part in parts) or 1
        top = number * step
        drawn.append(
            f'<text x="0" y="{top + 13}" class="label">{escape(name)}</text>'
            f'<text x="{width}" y="{top + 13}" class="tick" text-anchor="end">{total:,} rows</text>'
        )
        left = 0.0
        for part in parts:
            size = part.value / total * width
            if part.value:
                drawn.append(
                    f'<rect x="{left:.1f}" y="{top + 19}" width="{max(size - 1, 1.5):.1f}" '
                    f'height="{height}" rx="2" class="{part.style}">'
                    f"<title>{escape(part.name)}: {part.value:,} of {total:,}</title></rect>"
                )
                if size > 44:
                    drawn.append(
                        f'<text x="{left + size / 2:.1f}" y="{top + 34}" text-anchor="middle" '
                        f'class="on {part.style}-on">{part.value:,}</text>'
                    )
            left += size
    return _svg(title, len(rows) * step, "".join(drawn), width)


def bars(
    title: str,
    points: Sequence[Bar],
    *,
    unit: Callable[[float], str],
    top: float | None = None,
    line: tuple[float, str] | None = None,
    width: int = _WIDTH,
) -> str:
    """Draw a column for each point in time.

    Args:
        title: what the chart shows, in a sentence, for those who cannot see it.
        points: in order.
        unit: writes a value.
        top: upper end of the scale; by default a round number above the highest value.
        line: a level to compare with, and its name.
        width: in the chart's own units; about the pixels it will have, so that text keeps its size.
    """
    highest = max([point.value for point in points] + ([line[0]] if line else []), default=0.0)
    end = top if top is not None else _round_up(highest)
    height = 210
    plot = height - _TOP - _BOTTOM
    drawn = [_scale(0, end, plot, width, unit)]
    room = (width - _LEFT) / max(len(points), 1)
    thick = min(room * 0.7, 46)
    every = max(1, math.ceil(78 / room))
    for number, point in enumerate(points):
        middle = _LEFT + room * (number + 0.5)
        size = min(point.value / end, 1.0) * plot if end else 0
        drawn.append(
            f'<rect x="{middle - thick / 2:.1f}" y="{_TOP + plot - size:.1f}" width="{thick:.1f}" '
            f'height="{max(size, 1):.1f}" rx="2" class="{point.style}">'
            f"<title>{escape(point.hint)}</title></rect>"
        )
        if number % every == 0:
            drawn.append(
                f'<text x="{middle:.1f}" y="{height - 10}" text-anchor="middle" class="tick">'
                f"{escape(point.label)}</text>"
            )
    if line is not None and end:
        level = _TOP + plot - line[0] / end * plot
        drawn.append(
            f'<line x1="{_LEFT}" x2="{width}" y1="{level:.1f}" y2="{level:.1f}" class="limit"/>'
            f'<text x="{width}" y="{level - 5:.1f}" text-anchor="end" class="tick">{escape(line[1])}</text>'
        )
    return _svg(title, height, "".join(drawn), width)


def lines(
    title: str, series: Sequence[Series], ends: tuple[str, str], *, floor: float, width: int = _WIDTH
) -> str:
    """Draw shares over time, from a floor to 100 %.

    Args:
        title: what the chart shows, for those who cannot see it.
        series: the lines.
        ends: labels of the left and the right end.
        floor: lower end of the scale; a line, unlike a column, need not begin at nothing.
        width: in the chart's own units.
    """
    height = 210
    plot = height - _TOP - _BOTTOM
    drawn = [_scale(floor, 1.0, plot, width, percent)]
    for one in series:
        at = [
            (
                _LEFT + 8 + share * (width - _LEFT - 16),
                _TOP + plot * (1 - (value - floor) / ((1 - floor) or 1)),
                hint,
            )
            for share, value, hint in one.points
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in at)
        drawn.append(f'<polyline points="{path}" class="line {one.style}"/>')
        drawn += [
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" class="{one.style}">'
            f"<title>{escape(hint)}</title></circle>"
            for x, y, hint in at
        ]
    drawn.append(
        f'<text x="{_LEFT}" y="{height - 10}" class="tick">{escape(ends[0])}</text>'
        f'<text x="{width}" y="{height - 10}" text-anchor="end" class="tick">{escape(ends[1])}</text>'
    )
    return _svg(title, height, "".join(drawn), width)


def ring(title: str, share: float) -> str:
    """Draw a share of a whole as a ring with the number inside."""
    radius = 52
    around = 2 * math.pi * radius
    filled = max(0.0, min(share, 1.0)) * around
    return (
        f'<svg viewBox="0 0 130 130" class="ring" role="img" aria-label="{escape(title)}">'
        f'<circle cx="65" cy="65" r="{radius}" class="track"/>'
        f'<circle cx="65" cy="65" r="{radius}" class="fill" stroke-dasharray="{filled:.1f} {around:.1f}" '
        f'transform="rotate(-90 65 65)"/>'
        f'<text x="65" y="73" text-anchor="middle" class="big">{percent(share)}</text></svg>'
    )


def percent(share: float) -> str:
    """Write a share; one that is not whole never reads 100 %, nor one above nothing 0 %."""
    value = share * 100
    if 99.9 <= value < 100:
        return "99.9%"
    if 0 < value < 0.1:
        return "<0.1%"
    return f"{value:.0f}%" if value in (0, 100) else f"{value:.1f}%"


def _scale(start: float, end: float, plot: float, width: int, unit: Callable[[float], str]) -> str:
    drawn = []
    for share in (0.0, 0.5, 1.0):
        y = _TOP + plot * (1 - share)
        words = escape(unit(start + (end - start) * share))
        drawn.append(
            f'<line x1="{_LEFT}" x2="{width}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>'
            f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" class="tick">{words}</text>'
        )
    return "".join(drawn)


def _round_up(value: float) -> float:
    if value <= 0:
        return 1.0
    size = 10.0 ** math.floor(math.log10(value))
    return next(step * size for step in (1, 2, 4, 5, 10) if step * size >= value)


def _svg(title: str, height: float, content: str, width: int = _WIDTH) -> str:
    return (
        f'<div class="scroll chart"><svg viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(title)}" '
        f'preserveAspectRatio="xMinYMin meet">{content}</svg></div>'
    )
