"""What the figures do: every action is a function from seconds since its start to a pose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import pi, sin

from wtal_core.rendering.figure import Pose


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a figure can do.

    Attributes
    ----------
    pose
        Of seconds since the start, at tempo 1.
    cycle
        Seconds of one repetition at tempo 1.
    travel
        Heights of the figure it moves forward per second.
    """

    pose: Callable[[float], Pose]
    cycle: float
    travel: float = 0.0


def _swing(t: float, cycle: float, phase: float = 0.0) -> float:
    """Sine, one period per cycle, -1 to 1."""
    return sin(2 * pi * (t / cycle + phase))


def _pulse(t: float, cycle: float) -> float:
    """Up and down once per cycle, 0 to 1, at rest at both ends."""
    return sin(pi * (t / cycle % 1.0)) ** 2


def idle(t: float) -> Pose:
    """Stand, breathe, shift the weight."""
    return Pose(
        lean=1.5 * _swing(t, 3.1),
        near_arm=5 + 4 * _swing(t, 4.3),
        far_arm=-6 + 3 * _swing(t, 3.7, 0.3),
        near_elbow=12 + 6 * _swing(t, 5.3),
        near_knee=3 + 2 * _swing(t, 4.7),
    )


def walk(t: float) -> Pose:
    """Walk with swinging arms, one double step a second."""
    step = _swing(t, 1.0)
    return Pose(
        lean=4,
        near_leg=26 * step + 2,
        far_leg=-26 * step + 2,
        near_knee=8 + 32 * max(0.0, _swing(t, 1.0, 0.25)),
        far_knee=8 + 32 * max(0.0, _swing(t, 1.0, 0.75)),
        near_arm=-24 * step,
        far_arm=24 * step,
        near_elbow=18,
        far_elbow=18,
    )


def scratch(t: float) -> Pose:
    """Lift a hand to the head and down again: begins like a wave and is none."""
    up = _pulse(t, 2.4)
    return Pose(near_arm=6 + 70 * up, near_elbow=8 + 95 * up, lean=3 * up)


def wave(t: float) -> Pose:
    """One arm up, its forearm swings."""
    return Pose(near_arm=150, near_elbow=14 + 42 * _swing(t, 0.72), lean=-2 + 1.5 * _swing(t, 0.72))


def squat(t: float) -> Pose:
    """Knees deep, arms forward."""
    down = _pulse(t, 1.5)
    return Pose(
        lean=30 * down,
        near_leg=3 + 88 * down,
        near_knee=2 + 118 * down,
        far_leg=-3 + 88 * down,
        far_knee=2 + 118 * down,
        near_arm=6 + 82 * down,
        far_arm=-6 + 90 * down,
    )


def jump(t: float) -> Pose:
    """Crouch, leap, land."""
    phase = t / 1.1 % 1.0
    crouch = sin(pi * phase / 0.4) ** 2 if phase < 0.4 else sin(pi * (phase - 0.8) / 0.2) ** 2 if phase > 0.8 else 0.0
    air = sin(pi * (phase - 0.35) / 0.5) if 0.35 < phase < 0.85 else 0.0
    return Pose(
        lean=18 * crouch,
        near_leg=3 + 48 * crouch,
        near_knee=2 + 78 * crouch + 14 * air,
        far_leg=-3 + 48 * crouch - 8 * air,
        far_knee=2 + 78 * crouch + 22 * air,
        near_arm=6 - 40 * crouch + 165 * air,
        far_arm=-6 - 40 * crouch + 165 * air,
        lift=0.30 * air,
    )


def kick(t: float) -> Pose:
    """One leg swings up to the front."""
    up = _pulse(t, 1.05)
    return Pose(
        lean=-14 * up,
        near_leg=3 + 100 * up,
        near_knee=2 + 30 * up * (1 - up),
        far_knee=2 + 10 * up,
        near_arm=6 - 50 * up,
        far_arm=-6 + 55 * up,
        near_elbow=30,
        far_elbow=40,
    )


def cartwheel(t: float) -> Pose:
    """Over the hands, sideways."""
    return Pose(
        near_arm=158,
        far_arm=-158,
        near_elbow=2,
        far_elbow=-2,
        near_leg=32,
        far_leg=-32,
        near_knee=0,
        far_knee=0,
        roll=360 * (t / 1.4 % 1.0),
    )


ACTIONS: dict[str, Action] = {
    "wave": Action(wave, 0.72),
    "squat": Action(squat, 1.5),
    "jump": Action(jump, 1.1),
    "kick": Action(kick, 1.05),
    "cartwheel": Action(cartwheel, 1.4, travel=0.75),
}
"""What is annotated."""

BACKGROUND: dict[str, Action] = {
    "idle": Action(idle, 1.0),
    "walk": Action(walk, 1.0, travel=0.42),
    "scratch": Action(scratch, 2.4),
}
"""What fills the time between."""
