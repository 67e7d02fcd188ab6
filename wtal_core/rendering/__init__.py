"""Rendered untrimmed videos of articulated figures, with exactly known action boundaries: the demo project."""

from wtal_core.rendering.actions import ACTIONS
from wtal_core.rendering.demo import DemoReport, render_demo, render_video

__all__ = ["ACTIONS", "DemoReport", "render_demo", "render_video"]
