"""Where the figures act: painted places larger than the view, a shaky camera, and things that move on their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import pi, sin
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from wtal_core.rendering.figure import Colour

WIDTH, HEIGHT = 320, 240
MARGIN = 60
"""Pixels of the painted place beyond the view on each side."""

HORIZON = 168
"""Row of the view where the ground begins."""

_FINE = 2  # the place is painted at twice the size and scaled down once, which smooths every edge


class Camera:
    """Slow pan and zoom with the shake of a hand, a smooth function of time."""

    def __init__(self, random: np.random.Generator) -> None:
        self._pan = random.uniform(10, 34)
        self._waves = [
            (random.uniform(0.6, 3.2), random.uniform(0, 2 * pi), random.uniform(0.3, 1.0)) for _ in range(6)
        ]
        self._slow = random.uniform(9, 16), random.uniform(0, 2 * pi)
        self._shake = random.uniform(0.2, 1.1)

    def at(self, t: float) -> tuple[float, float, float]:
        """Shift right and down in pixels, and zoom, at ``t`` seconds."""
        shake = [amount * sin(2 * pi * rate * t + phase) for rate, phase, amount in self._waves]
        slow = sin(2 * pi * t / self._slow[0] + self._slow[1])
        return self._pan * slow + self._shake * sum(shake[:3]), self._shake * sum(shake[3:]), 1.06 + 0.03 * slow


@dataclass(frozen=True)
class Distractor:
    """A thing that moves in the background and means nothing: a ball, a bird, a car.

    Attributes
    ----------
    draw
        Called with picture, seconds, shift of the camera (x, y) and zoom.
    """

    draw: Callable[[NDArray[np.uint8], float, tuple[float, float], float], None]


def to_view(x: float, y: float, shift: tuple[float, float], zoom: float) -> tuple[float, float]:
    """Pixel of the view at which a point of the place is seen."""
    return (x - WIDTH / 2 - shift[0]) * zoom + WIDTH / 2, (y - HEIGHT / 2 - shift[1]) * zoom + HEIGHT / 2


def look(place: NDArray[np.uint8], shift: tuple[float, float], zoom: float) -> NDArray[np.uint8]:
    """What the camera sees of a place, RGB (HEIGHT, WIDTH, 3)."""
    left, top = to_view(-MARGIN, -MARGIN, shift, zoom)
    matrix = np.array([[zoom, 0.0, left], [0.0, zoom, top]])
    return np.asarray(
        cv2.warpAffine(place, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
        np.uint8,
    )


def paint_place(kind: int, random: np.random.Generator) -> NDArray[np.uint8]:
    """A place seen from its side, RGB, :data:`MARGIN` larger than the view all around: 0 park, 1 hall, 2 street."""
    h, w = (HEIGHT + 2 * MARGIN) * _FINE, (WIDTH + 2 * MARGIN) * _FINE
    ground = (HORIZON + MARGIN) * _FINE
    sky, floor = (
        (((118, 176, 226), (222, 238, 246)), ((126, 168, 92), (82, 124, 62))),
        (((214, 204, 190), (232, 224, 210)), ((196, 150, 104), (142, 100, 66))),
        (((70, 86, 140), (246, 190, 140)), ((128, 126, 132), (84, 84, 92))),
    )[kind % 3]
    picture = np.concatenate([_fade(*sky, ground, w), _fade(*floor, h - ground, w)])
    (_park, _hall, _street)[kind % 3](picture, ground, random)
    grain = cv2.resize(random.normal(0, 1, (h // 4, w // 4)).astype(np.float32), (w, h), interpolation=cv2.INTER_LINEAR)
    strength = np.where(np.arange(h) >= ground, 9.0, 3.0)[:, None]
    picture = np.clip(picture + (grain * strength)[:, :, None], 0, 255)
    y, x = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j]
    picture *= (1.0 - 0.16 * (x**2 + y**2))[:, :, None]  # darker towards the corners
    return np.asarray(
        cv2.resize(picture.astype(np.uint8), (w // _FINE, h // _FINE), interpolation=cv2.INTER_AREA), np.uint8
    )


def _fade(top: Colour, bottom: Colour, height: int, width: int) -> NDArray[np.float32]:
    """A vertical gradient, float RGB."""
    share = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    colours = np.array(top, np.float32) * (1 - share) + np.array(bottom, np.float32) * share
    return np.repeat(colours, width, axis=1)


def _box(picture: Any, corner: tuple[float, float], size: tuple[float, float], colour: tuple[float, ...]) -> None:
    """A filled rectangle from its upper left corner, (width, height), with a sunny top and a shaded right edge."""
    p, q = (round(corner[0]), round(corner[1])), (round(corner[0] + size[0]), round(corner[1] + size[1]))
    cv2.rectangle(picture, p, q, colour, -1)
    side = max(2, round(size[0] / 7))
    cv2.rectangle(picture, (q[0] - side, p[1]), q, tuple(0.75 * value for value in colour), -1)
    cv2.rectangle(picture, p, (q[0], p[1] + 2), tuple(min(255, 1.2 * value) for value in colour), -1)


def _park(picture: Any, ground: int, random: np.random.Generator) -> None:
    """Hills, clouds, trees, a bench."""
    w = picture.shape[1]
    for _ in range(6):
        x, y = random.uniform(0, w), random.uniform(30, ground * 0.45)
        for _ in range(4):
            size = random.uniform(16, 40)
            spot = (round(x + random.uniform(-44, 44)), round(y + random.uniform(-7, 7)))
            cv2.ellipse(
                picture, spot, (round(size * 1.6), round(size * 0.6)), 0, 0, 360, (244, 248, 252), -1, cv2.LINE_AA
            )
    for shade in (0.86, 1.0):
        for _ in range(5):
            spot, size = (round(random.uniform(0, w)), ground + 30), round(random.uniform(90, 190))
            colour = tuple(shade * value for value in (120, 164, 122))
            cv2.ellipse(picture, spot, (2 * size, round(0.7 * size * shade)), 0, 180, 360, colour, -1, cv2.LINE_AA)
    picture[ground:] = _fade((126, 168, 92), (82, 124, 62), picture.shape[0] - ground, w)
    for x in np.sort(random.uniform(0, w, 7)):
        size, top = random.uniform(34, 62), ground - random.uniform(60, 110)
        _box(picture, (x - 6, top), (12, ground - top + 8), (104, 78, 56))
        for _ in range(7):
            spot = (round(x + random.uniform(-0.6, 0.6) * size), round(top + random.uniform(-0.7, 0.4) * size))
            green = random.uniform(0.8, 1.15)
            colour = (58 * green, 118 * green, 62 * green)
            cv2.circle(picture, spot, round(size * random.uniform(0.35, 0.6)), colour, -1, cv2.LINE_AA)
    for _ in range(260):
        x, y = random.uniform(0, w), random.uniform(ground + 4, picture.shape[0])
        tip = (round(x + random.uniform(-4, 4)), round(y - random.uniform(4, 11)))
        cv2.line(picture, (round(x), round(y)), tip, (96, 146, 70), 2, cv2.LINE_AA)


def _hall(picture: Any, ground: int, random: np.random.Generator) -> None:
    """Windows, wall bars, mats, boxes, boards on the floor."""
    h, w = picture.shape[:2]
    for x in range(50, w, 190):
        _box(picture, (x, ground - 250), (120, 130), (238, 242, 246))
        cv2.rectangle(picture, (x + 8, ground - 240), (x + 108, ground - 130), (150, 196, 226), -1)
        cv2.line(picture, (x + 58, ground - 240), (x + 58, ground - 130), (238, 242, 246), 6)
    start = round(random.uniform(60, w - 300))
    for y in range(ground - 104, ground, 16):
        cv2.line(picture, (start, y), (start + 180, y), (170, 118, 72), 6)
    for x in (start, start + 90, start + 180):
        cv2.line(picture, (x, ground - 112), (x, ground), (140, 94, 56), 9)
    cv2.rectangle(picture, (0, ground - 10), (w, ground), (124, 90, 62), -1)
    for k in range(-24, 25):
        cv2.line(picture, (w // 2 + k * 40, ground), (w // 2 + k * 120, h), (150, 108, 72), 2, cv2.LINE_AA)
    for _ in range(4):
        colour = [(70, 116, 168), (190, 78, 66), (216, 168, 70), (94, 144, 104)][int(random.integers(4))]
        size = random.uniform(40, 80)
        _box(picture, (random.uniform(0, w), ground - size + 10), (size * 1.2, size), colour)


def _street(picture: Any, ground: int, random: np.random.Generator) -> None:
    """Houses with lit windows, lamps, kerb and paving."""
    h, w = picture.shape[:2]
    x = 0.0
    while x < w:
        width, top = random.uniform(80, 150), ground - random.uniform(120, 280)
        tone = random.uniform(0.75, 1.1)
        _box(picture, (x, top), (width, ground - top), (104 * tone, 92 * tone, 112 * tone))
        for row in np.arange(top + 18, ground - 40, 36):
            for column in np.arange(x + 12, x + width - 30, 30):
                lit = (250, 214, 130) if random.random() < 0.4 else (66, 68, 92)
                cv2.rectangle(picture, (round(column), round(row)), (round(column + 15), round(row + 21)), lit, -1)
        x += width + random.uniform(0, 14)
    for x in (0.2 * w, 0.55 * w, 0.9 * w):
        _box(picture, (x, ground - 170), (7, 180), (52, 54, 62))
        cv2.circle(picture, (round(x + 3), ground - 172), 13, (255, 236, 180), -1, cv2.LINE_AA)
    cv2.rectangle(picture, (0, ground), (w, ground + 10), (168, 164, 164), -1)
    for k in range(-20, 21):
        cv2.line(picture, (w // 2 + k * 56, ground + 10), (w // 2 + k * 150, h), (112, 110, 118), 2, cv2.LINE_AA)


def distractors(kind: int, random: np.random.Generator) -> list[Distractor]:
    """What moves by itself in a place: a ball in a hall, a bird and a ball in a park, cars in a street."""
    ball = _ball((int(random.integers(150, 255)), int(random.integers(40, 120)), 60), random)
    return [[ball, _bird(random)], [ball], [_car((64, 118, 168), random), _car((188, 72, 64), random)]][kind % 3]


def _crossing(random: np.random.Generator, speed: tuple[float, float]) -> Callable[[float], float]:
    """Position of something that crosses the place again and again, pixels of the place, at ``t`` seconds."""
    pace, pause, start = random.uniform(*speed), random.uniform(300, 900), random.uniform(0, 900)
    sense = 1 if random.random() < 0.5 else -1
    span = WIDTH + 2 * MARGIN + pause
    return lambda t: (start + sense * pace * t) % span - MARGIN - 40


def _ball(colour: Colour, random: np.random.Generator) -> Distractor:
    """It rolls and bounces along the ground."""
    along, bounce, y = _crossing(random, (40, 90)), random.uniform(4, 26), HORIZON + random.uniform(6, 16)

    def draw(picture: NDArray[np.uint8], t: float, shift: tuple[float, float], zoom: float) -> None:
        x, up = to_view(along(t), y - bounce * abs(sin(3.1 * t)), shift, zoom)
        for radius, share, offset in ((7.0, 0.7, 0.0), (6.2, 1.0, -0.6), (2.2, 1.35, -2.4)):
            shade = tuple(min(255.0, share * value) for value in colour)
            spot = (round(16 * (x + offset)), round(16 * (up + offset)))
            cv2.circle(picture, spot, round(16 * radius * zoom), shade, -1, cv2.LINE_AA, 4)

    return Distractor(draw)


def _bird(random: np.random.Generator) -> Distractor:
    """It flaps across the sky."""
    along, y = _crossing(random, (30, 60)), random.uniform(30, 80)

    def draw(picture: NDArray[np.uint8], t: float, shift: tuple[float, float], zoom: float) -> None:
        x, up = to_view(along(t), y + 6 * sin(1.3 * t), shift, zoom)
        wing = 6 * sin(11 * t)
        points = np.array([[x - 9, up - wing], [x - 3, up], [x + 3, up], [x + 9, up - wing]]) * 16
        cv2.polylines(picture, [points.round().astype(np.int32)], False, (44, 48, 60), 2, cv2.LINE_AA, 4)

    return Distractor(draw)


def _car(colour: Colour, random: np.random.Generator) -> Distractor:
    """It drives along the kerb, behind the figures."""
    along = _crossing(random, (70, 150))

    def draw(picture: NDArray[np.uint8], t: float, shift: tuple[float, float], zoom: float) -> None:
        x, y = to_view(along(t), HORIZON + 2, shift, zoom)
        body = np.array([[0, 0], [0, -11], [11, -13], [19, -23], [41, -23], [51, -13], [62, -10], [62, 0]], np.float32)
        points = ((body * zoom + [x, y]) * 16).round().astype(np.int32)
        cv2.fillPoly(picture, [points], colour, cv2.LINE_AA, 4)
        glass = np.array([[15, -14], [21, -21], [39, -21], [46, -14]], np.float32) * zoom + [x, y]
        cv2.fillPoly(picture, [(glass * 16).round().astype(np.int32)], (176, 206, 222), cv2.LINE_AA, 4)
        for wheel in (13, 48):
            cv2.circle(
                picture, (round(16 * (x + wheel * zoom)), round(16 * y)), round(90 * zoom), (34, 34, 38), -1, 16, 4
            )

    return Distractor(draw)
