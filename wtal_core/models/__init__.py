"""The methods. One method is one file and one line here."""

from __future__ import annotations

from wtal_core.models import topk_mil, ttc_loc
from wtal_core.models.method import MethodEntry

METHODS: dict[str, MethodEntry] = {
    "topk_mil": topk_mil.ENTRY,
    "ttc_loc": ttc_loc.ENTRY,
}
DEFAULT_METHOD = "mixed"
