"""The tables of GauFuse (CVPR 2023): numbers from FACTS 7.5. Table 2 is ActivityNet's: ``wtal reproduce``.

Table 5's bases (STPN with an embedding, BM, WUM, FAC-Net) are replaced by ours, so its numbers have no row.
"""

from __future__ import annotations

from .table import PaperTable

OURS = "gaufuse:video"
BASE = "rskp:video"
SUPPRESSED = "+template=nms+test_template=nms"
"""No fusion anywhere: labels and proposals keep the best of each group."""
FUSED_LABELS = "+test_template=nms"
DELTA = "+delta=0,2+label_rate=0.4,0.01"
"""The second renewal learns from the change of the labels, forty times slower, as published."""
TEMPLATES = ("nms", "uniform", "exponential", "t")
TRAIN_TEMPERATURES = (0.02, 0.05, 0.2, 0.5, 1.0)
TEST_TEMPERATURES = (0.01, 0.05, 0.1, 0.2, 0.5)
PLUGGED = ("topk_mil", "ttc_loc", "mixed")

_IN_LABELS = {name: f"{OURS}+template={name}{FUSED_LABELS}{DELTA}" for name in TEMPLATES} | {
    "gaussian": f"{OURS}{FUSED_LABELS}{DELTA}"
}
_AT_TEST = {name: f"{OURS}+test_template={name}{DELTA}" for name in TEMPLATES} | {"gaussian": f"{OURS}{DELTA}"}
_TRAIN_PRINTED = {"nms": 44.9, "uniform": 31.2, "exponential": 45.3, "t": 45.6, "gaussian": 45.6}


def _control(base: str) -> str:
    """The same stages without labels: what training longer gives by itself."""
    return f"{OURS}+base={base}+label_weight=0+test=own"


TABLES = {
    "1": PaperTable(
        "against its backbone, and against the other methods here that learn from video labels",
        {BASE: 45.1, OURS: 48.3, "topk_mil:video": None, "ttc_loc:video": None, "mixed:video": None},
        ((BASE, OURS),),
        "THUMOS14, average mAP .1-.7",
    ),
    "3": PaperTable(
        "template of the fusion in labels (proposals suppressed at test)",
        {_IN_LABELS[name]: number for name, number in _TRAIN_PRINTED.items()},
        (
            (_IN_LABELS["uniform"], _IN_LABELS["nms"], _IN_LABELS["exponential"], _IN_LABELS["gaussian"]),
            (_IN_LABELS["exponential"], _IN_LABELS["t"]),
        ),
        "THUMOS14, average mAP .1-.7; its columns are train and test, see 3test",
    ),
    "3test": PaperTable(
        "template of the fusion at test (Gaussian in labels)",
        {_AT_TEST[name]: None for name in _AT_TEST},
        ((_AT_TEST["uniform"], _AT_TEST["nms"], _AT_TEST["gaussian"]),),
        "THUMOS14: NMS 44.9, uniform 41.5, exponential, t and Gaussian 47.1, each template on both sides",
    ),
    "4": PaperTable(
        "components: LinPro labels, Gaussian in labels, change of the labels, Gaussian at test",
        {
            BASE: 45.1,
            f"{OURS}{SUPPRESSED}": 44.9,
            f"{OURS}{FUSED_LABELS}": 45.6,
            f"{OURS}{FUSED_LABELS}{DELTA}": 46.2,
            f"{OURS}{DELTA}": 48.3,
        },
        (
            (f"{OURS}{SUPPRESSED}", f"{OURS}{FUSED_LABELS}", f"{OURS}{FUSED_LABELS}{DELTA}", f"{OURS}{DELTA}"),
            (BASE, f"{OURS}{DELTA}"),
        ),
        "THUMOS14, average mAP .1-.7",
    ),
    "5": PaperTable(
        "as a plug-in; the paper's bases replaced by ours. label_weight=0: the same stages without labels",
        {
            BASE: None,
            f"{OURS}+label_weight=0": None,
            OURS: None,
            **{cell: None for base in PLUGGED for cell in (f"{base}:video", _control(base), f"{OURS}+base={base}")},
        },
        (
            (BASE, OURS),
            (f"{OURS}+label_weight=0", OURS),
            *((f"{base}:video", f"{OURS}+base={base}") for base in PLUGGED),
            *((_control(base), f"{OURS}+base={base}") for base in PLUGGED),
        ),
        "THUMOS14, average mAP .1-.7: STPN 28.4 to 31.6, BM 35.3 to 37.3, WUM 40.4 to 42.3, FAC-Net 42.9 to 44.8",
    ),
    "temperature": PaperTable(
        "temperature of the fusion in labels (default .1) and at test (default .03)",
        {
            OURS: None,
            **{f"{OURS}+temperature={value}": None for value in TRAIN_TEMPERATURES},
            **{f"{OURS}+test_temperature={value}": None for value in TEST_TEMPERATURES},
        },
        (),
        "a figure: 48.3 at .1 and .03, 48.5 with .01 at test",
    ),
}
