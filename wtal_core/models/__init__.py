"""The methods. One method is one file and one line here."""

from __future__ import annotations

from wtal_core.models import acn, frame_supervised, gaufuse, lpat, mixed, rskp, segment_level, topk_mil, ttc_loc
from wtal_core.models.method import MethodEntry

METHODS: dict[str, MethodEntry] = {
    "mixed": mixed.ENTRY,
    "topk_mil": topk_mil.ENTRY,
    "ttc_loc": ttc_loc.ENTRY,
    "lpat": lpat.ENTRY,
    "segment_level": segment_level.ENTRY,
    "rskp": rskp.ENTRY,
    "gaufuse": gaufuse.ENTRY,
    "acn": acn.ENTRY,
    "frame_supervised": frame_supervised.ENTRY,
}
DEFAULT_METHOD = "mixed"
