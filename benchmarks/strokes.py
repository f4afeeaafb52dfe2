"""Drawings made of strokes: digits in several styles, and what is no digit.

A figure is a list of strokes, a stroke a list of points (x, y) in a unit square, y downwards. A
figure is written as a hand may write it (slant, size, shakes, position) and drawn with the pad's
round pen.
"""

import math
import random
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

Point = tuple[float, float]
Stroke = list[Point]
Figure = list[Stroke]
CANVAS = 280  # pixels, as the pad sends them
DETAIL = 2  # drawn larger and scaled down, for smooth edges
PEN = (12, 34)  # pixels; the pad's own pen is 22


def arc(x: float, y: float, rx: float, ry: float, start: float, end: float) -> Stroke:
    """Returns a part of an ellipse; degrees from the right, clockwise."""
    steps = max(4, round(abs(end - start) / 12))
    angles = [math.radians(start + (end - start) * i / steps) for i in range(steps + 1)]
    return [(x + rx * math.cos(angle), y + ry * math.sin(angle)) for angle in angles]


# Each style of each digit.
DIGITS: dict[str, list[Figure]] = {
    "0": [
        [arc(0.5, 0.5, 0.3, 0.45, -90, 270)],
        [arc(0.5, 0.5, 0.25, 0.45, -70, 300)],
        [arc(0.5, 0.5, 0.36, 0.42, -100, 245)],
    ],
    "1": [
        [[(0.5, 0.05), (0.5, 0.95)]],
        [[(0.3, 0.3), (0.52, 0.05), (0.52, 0.95)]],
        [[(0.32, 0.25), (0.5, 0.05), (0.5, 0.95)], [(0.3, 0.95), (0.7, 0.95)]],
    ],
    "2": [
        [[*arc(0.5, 0.3, 0.28, 0.25, -170, 40), (0.22, 0.95), (0.8, 0.95)]],
        [
            [
                *arc(0.48, 0.28, 0.26, 0.23, -160, 50),
                (0.3, 0.85),
                *arc(0.3, 0.86, 0.08, 0.08, 180, 360),
                (0.6, 0.95),
                (0.82, 0.88),
            ]
        ],
    ],
    "3": [
        [[*arc(0.45, 0.28, 0.28, 0.23, -160, 80), *arc(0.45, 0.72, 0.32, 0.24, -80, 160)]],
        [[(0.22, 0.06), (0.75, 0.06), (0.45, 0.42), *arc(0.45, 0.7, 0.32, 0.27, -80, 150)]],
    ],
    "4": [
        [[(0.35, 0.05), (0.2, 0.6), (0.82, 0.6)], [(0.65, 0.3), (0.65, 0.97)]],
        [[(0.65, 0.95), (0.65, 0.05), (0.18, 0.65), (0.85, 0.65)]],
        [[(0.25, 0.08), (0.25, 0.48), (0.72, 0.48)], [(0.72, 0.05), (0.72, 0.95)]],
    ],
    "5": [
        [[(0.75, 0.06), (0.3, 0.06), (0.27, 0.42), *arc(0.45, 0.67, 0.31, 0.27, -110, 150)]],
        [
            [(0.3, 0.08), (0.27, 0.45), *arc(0.45, 0.68, 0.3, 0.26, -110, 140)],
            [(0.3, 0.07), (0.76, 0.05)],
        ],
    ],
    "6": [
        [[(0.68, 0.05), (0.4, 0.3), *arc(0.5, 0.7, 0.28, 0.25, 180, -180)]],
        [[(0.6, 0.04), (0.34, 0.4), (0.28, 0.7), *arc(0.5, 0.73, 0.22, 0.22, 150, -170)]],
    ],
    "7": [
        [[(0.2, 0.07), (0.8, 0.07), (0.42, 0.95)]],
        [[(0.2, 0.07), (0.8, 0.07), (0.42, 0.95)], [(0.35, 0.5), (0.78, 0.5)]],
        [[(0.22, 0.18), (0.22, 0.07), (0.8, 0.07), (0.5, 0.5), (0.42, 0.95)]],
    ],
    "8": [
        [[(0.5 + 0.26 * math.sin(t / 3), 0.5 - 0.45 * math.cos(t / 6)) for t in range(39)]],
        [arc(0.5, 0.27, 0.22, 0.22, 90, 450), arc(0.5, 0.72, 0.27, 0.23, -90, 270)],
    ],
    "9": [
        [[*arc(0.5, 0.3, 0.26, 0.25, 0, -360), (0.74, 0.5), (0.68, 0.95)]],
        [[*arc(0.5, 0.3, 0.26, 0.25, -20, -360), *arc(0.42, 0.6, 0.34, 0.35, -30, 120)]],
    ],
}
# Letters that no digit resembles; others (B, D, G, I, L, O, Q, S, Z) are digits to anybody.
LETTERS: dict[str, Figure] = {
    "A": [[(0.15, 0.95), (0.5, 0.05), (0.85, 0.95)], [(0.3, 0.62), (0.7, 0.62)]],
    "E": [[(0.8, 0.05), (0.25, 0.05), (0.25, 0.95), (0.8, 0.95)], [(0.25, 0.5), (0.7, 0.5)]],
    "F": [[(0.8, 0.05), (0.25, 0.05), (0.25, 0.95)], [(0.25, 0.48), (0.7, 0.48)]],
    "H": [[(0.2, 0.05), (0.2, 0.95)], [(0.8, 0.05), (0.8, 0.95)], [(0.2, 0.5), (0.8, 0.5)]],
    "K": [[(0.25, 0.05), (0.25, 0.95)], [(0.8, 0.05), (0.25, 0.55), (0.8, 0.95)]],
    "M": [[(0.1, 0.95), (0.15, 0.05), (0.5, 0.6), (0.85, 0.05), (0.9, 0.95)]],
    "N": [[(0.2, 0.95), (0.2, 0.05), (0.8, 0.95), (0.8, 0.05)]],
    "R": [
        [
            (0.25, 0.95),
            (0.25, 0.05),
            *arc(0.45, 0.28, 0.32, 0.23, -80, 90),
            (0.3, 0.51),
            (0.8, 0.95),
        ]
    ],
    "T": [[(0.12, 0.07), (0.88, 0.07)], [(0.5, 0.07), (0.5, 0.95)]],
    "V": [[(0.15, 0.05), (0.5, 0.95), (0.85, 0.05)]],
    "W": [[(0.05, 0.05), (0.28, 0.95), (0.5, 0.3), (0.72, 0.95), (0.95, 0.05)]],
    "X": [[(0.18, 0.05), (0.82, 0.95)], [(0.82, 0.05), (0.18, 0.95)]],
    "Y": [[(0.15, 0.05), (0.5, 0.48)], [(0.85, 0.05), (0.5, 0.48), (0.5, 0.95)]],
}
SHAPES: dict[str, Figure] = {
    "triangle": [[(0.5, 0.08), (0.92, 0.9), (0.08, 0.9), (0.5, 0.08)]],
    "square": [[(0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9), (0.1, 0.1)]],
    "heart": [
        [
            (0.5, 0.95),
            (0.1, 0.45),
            *arc(0.3, 0.3, 0.2, 0.2, 160, 360),
            *arc(0.7, 0.3, 0.2, 0.2, 180, 380),
            (0.5, 0.95),
        ]
    ],
    "star": [[(0.5, 0.05), (0.78, 0.95), (0.05, 0.38), (0.95, 0.38), (0.22, 0.95), (0.5, 0.05)]],
    "plus": [[(0.5, 0.1), (0.5, 0.9)], [(0.1, 0.5), (0.9, 0.5)]],
    "tick": [[(0.1, 0.55), (0.38, 0.9), (0.92, 0.1)]],
    "smiley": [
        arc(0.5, 0.5, 0.45, 0.45, 0, 360),
        [(0.35, 0.35), (0.35, 0.4)],
        [(0.65, 0.35), (0.65, 0.4)],
        arc(0.5, 0.52, 0.25, 0.22, 20, 160),
    ],
    "house": [[(0.15, 0.95), (0.15, 0.45), (0.5, 0.08), (0.85, 0.45), (0.85, 0.95), (0.15, 0.95)]],
    "wave": [[(x / 20, 0.5 + 0.25 * math.sin(x * 1.1)) for x in range(21)]],
    "dash": [[(0.05, 0.5), (0.95, 0.5)]],
}


def scribble(dice: random.Random) -> Figure:
    """Returns a line that wanders about, as long as it is wild."""
    points, (x, y), heading = [], (dice.random(), dice.random()), dice.uniform(0, 7)
    for _ in range(dice.randint(25, 90)):
        heading += dice.gauss(0, 0.9)
        x, y = x + 0.13 * math.cos(heading), y + 0.13 * math.sin(heading)
        if not (0 < x < 1 and 0 < y < 1):
            heading += math.pi * 0.7
        x, y = min(1, max(0, x)), min(1, max(0, y))
        points.append((x, y))
    return [points]


def zigzag(dice: random.Random) -> Figure:
    """Returns a line that goes to and fro."""
    count = dice.randint(5, 14)
    line = [
        (i / count, dice.uniform(0, 0.3) if i % 2 else dice.uniform(0.7, 1))
        for i in range(count + 1)
    ]
    return [line if dice.random() < 0.5 else [(y, x) for x, y in line]]


def dots(dice: random.Random) -> Figure:
    """Returns one to six points."""
    return [[(dice.random(), dice.random())] for _ in range(dice.randint(1, 6))]


def crossing_lines(dice: random.Random) -> Figure:
    """Returns three to six straight lines anywhere."""
    return [
        [(dice.random(), dice.random()), (dice.random(), dice.random())]
        for _ in range(dice.randint(3, 6))
    ]


NO_DIGITS: dict[str, Callable[[random.Random], Figure]] = {
    "scribble": scribble,
    "zigzag": zigzag,
    "dots": dots,
    "lines": crossing_lines,
    "letter": lambda dice: LETTERS[dice.choice(sorted(LETTERS))],
    "shape": lambda dice: SHAPES[dice.choice(sorted(SHAPES))],
}


def by_hand(figure: Figure, dice: random.Random, shake: float = 0.012) -> Figure:
    """Returns the figure in pixels as one person wrote it once: slanted, sized, shaken, shifted."""
    slant, turn = dice.gauss(0, 0.12), math.radians(dice.gauss(0, 5))
    width, height = dice.uniform(0.65, 1.05), dice.uniform(0.85, 1.1)
    size = CANVAS * dice.uniform(0.3, 0.75)
    wobble = [(dice.gauss(0, shake), dice.gauss(0, shake)) for _ in range(8)]
    left, top = dice.uniform(0, CANVAS - size), dice.uniform(0, CANVAS - size)

    def moved(x: float, y: float) -> Point:
        x, y = (x - 0.5) * width + slant * (0.5 - y), (y - 0.5) * height
        bend = sum(dx * math.sin((i + 1) * (x + 1)) for i, (dx, _dy) in enumerate(wobble))
        lift = sum(dy * math.sin((i + 1) * (y + 1)) for i, (_dx, dy) in enumerate(wobble))
        x, y = x + bend, y + lift
        x, y = x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn)
        return left + (0.5 + x) * size, top + (0.5 + y) * size

    return [[moved(*point) for point in stroke] for stroke in figure]


def drawn(figure: Figure, pen: float) -> Image.Image:
    """Returns strokes in pixels, white on black, drawn with a round pen of this width."""
    side = CANVAS * DETAIL
    picture = Image.new("L", (side, side))
    brush, radius = ImageDraw.Draw(picture), pen * DETAIL / 2
    for stroke in figure:
        points = [(x * DETAIL, y * DETAIL) for x, y in stroke]
        brush.line(points, fill=255, width=round(pen * DETAIL))
        for x, y in points:
            brush.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return picture.resize((CANVAS, CANVAS), Image.Resampling.BOX)


def digit(name: str, dice: random.Random) -> Image.Image:
    """Returns a digit in one of its styles."""
    return drawn(by_hand(dice.choice(DIGITS[name]), dice), dice.uniform(*PEN))


def no_digit(kind: str, dice: random.Random) -> Image.Image:
    """Returns a figure of a kind of NO_DIGITS."""
    return drawn(by_hand(NO_DIGITS[kind](dice), dice), dice.uniform(*PEN))


def pixels(picture: Image.Image) -> np.ndarray:
    """Returns a picture as uint8 (280, 280)."""
    return np.asarray(picture, np.uint8)
