"""An articulated figure: joint angles, where they put the limbs, and how those are drawn."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import cos, radians, sin
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Colour = tuple[int, int, int]
Point = tuple[float, float]

_SHIFT = 4  # drawing to a sixteenth of a pixel, else slow limbs jump from pixel to pixel


@dataclass(frozen=True, slots=True)
class Pose:
    """Joint angles in degrees; 0 hangs straight down, positive turns to where the figure faces.

    Attributes
    ----------
    lean
        Of the trunk.
    near_arm, near_elbow, far_arm, far_elbow
        Upper arm from the vertical, and forearm from the upper arm.
    near_leg, near_knee, far_leg, far_knee
        Thigh from the vertical, and how far the knee bends back.
    roll
        Of the whole body about its middle.
    lift
        Of the lowest point above the ground, in heights of the figure.
    """

    lean: float = 0.0
    near_arm: float = 6.0
    near_elbow: float = 8.0
    far_arm: float = -6.0
    far_elbow: float = 8.0
    near_leg: float = 3.0
    near_knee: float = 2.0
    far_leg: float = -3.0
    far_knee: float = 2.0
    roll: float = 0.0
    lift: float = 0.0

    def towards(self, other: Pose, share: float) -> Pose:
        """The pose a ``share`` of the way to ``other``; the body rolls the short way round."""
        mixed = {
            f.name: getattr(self, f.name) + share * (getattr(other, f.name) - getattr(self, f.name))
            for f in fields(self)
        }
        mixed["roll"] = self.roll + share * ((other.roll - self.roll + 180.0) % 360.0 - 180.0)
        return Pose(**mixed)


@dataclass(frozen=True, slots=True)
class Looks:
    """Colours of a figure (RGB) and its build: ``height`` in pixels, ``girth`` as a factor of limb thickness."""

    skin: Colour
    hair: Colour
    shirt: Colour
    trousers: Colour
    shoes: Colour
    height: float
    girth: float


def _along(start: Point, angle: float, length: float) -> Point:
    """The end of a bone that hangs at ``angle`` degrees from ``start``, y up."""
    return start[0] + length * sin(radians(angle)), start[1] - length * cos(radians(angle))


def skeleton(pose: Pose, facing: int) -> dict[str, Point]:
    """Joint positions in heights of the figure, x to the right, y up, the lowest point at ``pose.lift``.

    Parameters
    ----------
    pose
        Joint angles.
    facing
        1 to the right, -1 to the left.
    """
    hip = (0.0, 0.0)
    neck = _along(hip, 180.0 - pose.lean, 0.30)
    joints = {"hip": hip, "neck": neck, "head": _along(neck, 180.0 - 0.6 * pose.lean, 0.105)}
    shoulder = _along(neck, -pose.lean, 0.03)
    limbs = (
        ("near", pose.near_arm, pose.near_elbow, pose.near_leg, pose.near_knee),
        ("far", pose.far_arm, pose.far_elbow, pose.far_leg, pose.far_knee),
    )
    for side, arm, elbow, leg, knee in limbs:
        joints[f"{side}_elbow"] = _along(shoulder, arm, 0.165)
        joints[f"{side}_hand"] = _along(joints[f"{side}_elbow"], arm + elbow, 0.155)
        joints[f"{side}_knee"] = _along(hip, leg, 0.245)
        joints[f"{side}_foot"] = _along(joints[f"{side}_knee"], leg - knee, 0.235)
        joints[f"{side}_toe"] = _along(joints[f"{side}_foot"], leg - knee + 82.0, 0.06)
    c, s, middle = cos(radians(pose.roll)), sin(radians(pose.roll)), 0.12
    turned = {name: (c * x + s * (y - middle), -s * x + c * (y - middle) + middle) for name, (x, y) in joints.items()}
    lowest = min(y - (0.055 if name == "head" else 0.0) for name, (_, y) in turned.items())
    return {name: (facing * x, y - lowest + pose.lift) for name, (x, y) in turned.items()}


def draw_figure(picture: NDArray[np.uint8], pose: Pose, foot: Point, looks: Looks, *, facing: int, zoom: float) -> None:
    """Draw a figure in place.

    Parameters
    ----------
    picture
        RGB (H, W, 3).
    pose
        Joint angles.
    foot
        Pixel on the ground below the figure.
    looks
        Its colours and size.
    facing
        1 to the right, -1 to the left.
    zoom
        Pixels on the picture per pixel of ``looks.height``.
    """
    size = looks.height * zoom
    at = {name: (foot[0] + size * x, foot[1] - size * y) for name, (x, y) in skeleton(pose, facing).items()}
    _shadow(picture, foot, size, pose.lift, at["hip"][0])
    thick = looks.girth * size
    shoulder = _between(at["neck"], at["hip"], 0.08)
    for side, shade in (("far", 0.68), ("near", 1.0)):
        trousers, shirt, skin = (_shaded(colour, shade) for colour in (looks.trousers, looks.shirt, looks.skin))
        if side == "near":
            _limb(picture, at["hip"], at["neck"], looks.shirt, 0.125 * thick)
            _limb(picture, shoulder, _between(at["neck"], at["hip"], 0.4), _shaded(looks.shirt, 1.1), 0.08 * thick)
            _limb(picture, at["neck"], at["head"], looks.skin, 0.05 * thick)
            _head(picture, at, looks, 0.062 * size, facing)
        _limb(picture, at["hip"], at[f"{side}_knee"], trousers, 0.088 * thick)
        _limb(picture, at[f"{side}_knee"], at[f"{side}_foot"], trousers, 0.066 * thick)
        _limb(picture, at[f"{side}_foot"], at[f"{side}_toe"], _shaded(looks.shoes, shade), 0.056 * thick)
        _limb(picture, shoulder, at[f"{side}_elbow"], _shaded(shirt, 0.9), 0.06 * thick)
        _limb(picture, at[f"{side}_elbow"], at[f"{side}_hand"], skin, 0.046 * thick)
        _dot(picture, at[f"{side}_hand"], skin, 0.03 * size)


def _shaded(colour: Colour, factor: float) -> Colour:
    """The colour, darker or lighter."""
    r, g, b = (min(255, int(value * factor)) for value in colour)
    return r, g, b


def _between(a: Point, b: Point, share: float) -> Point:
    """The point a share of the way from ``a`` to ``b``."""
    return a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])


def _fixed(point: Point) -> tuple[int, int]:
    """Coordinates in sixteenths of a pixel."""
    return round(point[0] * 2**_SHIFT), round(point[1] * 2**_SHIFT)


def _limb(picture: Any, start: Point, end: Point, colour: Colour, width: float) -> None:
    """A capsule with smooth edges."""
    cv2.line(picture, _fixed(start), _fixed(end), colour, max(1, round(width)), cv2.LINE_AA, _SHIFT)


def _dot(picture: Any, centre: Point, colour: Colour, radius: float) -> None:
    """A disc with smooth edges."""
    cv2.circle(picture, _fixed(centre), max(1, round(radius * 2**_SHIFT)), colour, -1, cv2.LINE_AA, _SHIFT)


def _head(picture: Any, at: dict[str, Point], looks: Looks, radius: float, facing: int) -> None:
    """Hair behind, face in front, looking to where the figure faces."""
    head, neck = at["head"], at["neck"]
    up_x, up_y = head[0] - neck[0], head[1] - neck[1]
    length = max((up_x**2 + up_y**2) ** 0.5, 1e-6)
    up_x, up_y = up_x / length * radius, up_y / length * radius
    front_x, front_y = -facing * up_y, facing * up_x
    _dot(
        picture,
        (head[0] + 0.18 * up_x - 0.2 * front_x, head[1] + 0.18 * up_y - 0.2 * front_y),
        looks.hair,
        1.06 * radius,
    )
    _dot(
        picture,
        (head[0] - 0.12 * up_x + 0.16 * front_x, head[1] - 0.12 * up_y + 0.16 * front_y),
        looks.skin,
        0.9 * radius,
    )


def _shadow(picture: NDArray[np.uint8], foot: Point, size: float, lift: float, x: float) -> None:
    """A soft ellipse on the ground, smaller and paler the higher the figure is."""
    half_w, half_h = size * (0.2 - 0.2 * min(lift, 0.5)), size * 0.035
    x0, x1 = int(max(0, x - half_w)), int(min(picture.shape[1], x + half_w + 1))
    y0, y1 = int(max(0, foot[1] - half_h)), int(min(picture.shape[0], foot[1] + half_h + 1))
    if x0 >= x1 or y0 >= y1:
        return
    across = ((np.arange(x0, x1, dtype=np.float32) - x) / half_w) ** 2
    down = ((np.arange(y0, y1, dtype=np.float32) - foot[1]) / half_h) ** 2
    depth = np.maximum(1.0 - across[None, :] - down[:, None], 0.0) * (0.5 - 0.4 * min(lift, 1.0))
    part = picture[y0:y1, x0:x1]
    part[:] = (part * (1.0 - depth[:, :, None])).astype(np.uint8)
