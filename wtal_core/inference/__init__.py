"""From traces to segments: thresholds, scoring, suppression, fusion. Arrays in, proposals out; imports no model."""

from wtal_core.inference.runs import row_runs, runs
from wtal_core.inference.thresholds import NINETEEN_LEVELS, mid_range, multi_threshold, single_threshold

__all__ = ["NINETEEN_LEVELS", "mid_range", "multi_threshold", "row_runs", "runs", "single_threshold"]
