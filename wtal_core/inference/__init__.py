"""From traces to segments: thresholds, scoring, suppression, fusion. Arrays in, proposals out; imports no model."""

from wtal_core.inference.fusion import fuse
from wtal_core.inference.nms import nms, soft_nms
from wtal_core.inference.proposals import ranked, to_proposals
from wtal_core.inference.runs import row_runs, runs
from wtal_core.inference.scoring import outer_inner_contrast
from wtal_core.inference.thresholds import NINETEEN_LEVELS, mid_range_threshold, multi_threshold, single_threshold

__all__ = [
    "NINETEEN_LEVELS",
    "fuse",
    "mid_range_threshold",
    "multi_threshold",
    "nms",
    "outer_inner_contrast",
    "ranked",
    "row_runs",
    "runs",
    "single_threshold",
    "soft_nms",
    "to_proposals",
]
