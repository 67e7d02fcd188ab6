"""The tables of segment-level supervision (Ding et al. 2020): numbers from FACTS 4.8 and the paper's section 5."""

from __future__ import annotations

from wtal_core.domain import SupervisionLevel
from wtal_core.evaluation.cost import PAPER_PHI

from .table import PaperTable

AT_HALF = "THUMOS14, mAP at tIoU .5"
WITHOUT = {"segment": "+segment_weight=0", "sphere": "+sphere_weight=0", "propagation": "+propagation_weight=0"}
PRINTED = {  # losses beside the classification loss: one-segment, two-segment
    (): (19.4, 19.4),
    ("propagation",): (19.7, 19.7),
    ("sphere",): (24.4, 24.4),
    ("sphere", "propagation"): (26.1, 26.1),
    ("segment",): (27.0, 28.5),
    ("segment", "propagation"): (27.2, 29.1),
    ("segment", "sphere"): (28.6, 29.9),
    ("segment", "sphere", "propagation"): (29.3, 31.6),
}
ALL = ("segment", "sphere", "propagation")


def cell(supervision: str, losses: tuple[str, ...]) -> str:
    """The cell that has these losses and no other beside the classification loss."""
    return f"segment_level:{supervision}" + "".join(text for name, text in WITHOUT.items() if name not in losses)


def steps(supervision: str) -> tuple[tuple[str, str], ...]:
    """Every claim "one loss more is better" of a column."""
    return tuple(
        (cell(supervision, fewer), cell(supervision, more))
        for fewer in PRINTED
        for more in PRINTED
        if len(more) == len(fewer) + 1 and set(fewer) < set(more)
    )


ONE, TWO = cell("one", ALL), cell("two", ALL)
VIDEO, FULL = "segment_level:video", "segment_level:full"
STPN, WTALC = "topk_mil:video@stpn", "topk_mil:video"
PHI = PAPER_PHI["thumos14"]
"""Nobody has clocked the sets that are measured here."""

TABLES = {
    "1": PaperTable(
        "loss terms, one and two labelled segments",
        {cell(name, losses): row[i] for losses, row in PRINTED.items() for i, name in enumerate(("one", "two"))},
        (
            *steps("one"),
            *steps("two"),
            *((cell("one", losses), cell("two", losses)) for losses in PRINTED if "segment" in losses),
        ),
        AT_HALF,
    ),
    "2": PaperTable(
        "against STPN and W-TALC; its own row is of two segments, the one of one segment is table 1's",
        {STPN: 16.9, WTALC: 22.8, ONE: 29.3, TWO: 31.6},
        ((WTALC, ONE, TWO), (STPN, TWO), (WTALC, TWO)),
        AT_HALF,
    ),
    "3": PaperTable(
        "a second data set: run it with --dataset weizmann",
        {WTALC: 18.0, TWO: 26.4},
        ((WTALC, TWO),),
        "ActivityNet 1.2, average mAP .5-.95; the W-TALC row is the one of the paper's table",
    ),
    "4": PaperTable(
        "a third data set; STPN printed no average: mAP at tIoU .5",
        {STPN: 29.3, TWO: 37.7},
        ((STPN, TWO),),
        "ActivityNet 1.3, mAP at tIoU .5",
    ),
    "5": PaperTable(
        "video classification, the column class of the driver's table",
        {WTALC: 85.6, TWO: 87.6},
        ((WTALC, TWO),),
        "THUMOS14, classification mAP (ActivityNet 1.2: both 93.2)",
        metric="classification_mAP",
    ),
    "figure 5": PaperTable(
        "annotation time against mAP; the picture's numbers at video labels and all boundaries were not seen",
        {WTALC: 22.8, VIDEO: None, ONE: 29.3, TWO: 31.6, FULL: None},
        ((VIDEO, ONE, TWO, FULL), (WTALC, ONE)),
        f"{AT_HALF}; phi as clocked there",
        phi={
            WTALC: PHI[SupervisionLevel.VIDEO],
            VIDEO: PHI[SupervisionLevel.VIDEO],
            ONE: PHI[SupervisionLevel.ONE_SEGMENT],
            TWO: PHI[SupervisionLevel.TWO_SEGMENT],
            FULL: PHI[SupervisionLevel.FULL],
        },
    ),
    "4.4": PaperTable(
        "partial segment loss against its l2 alternative (section 4.4 argues, without a number)",
        {f"{ONE}+segment_loss=l2": None, ONE: 29.3, f"{TWO}+segment_loss=l2": None, TWO: 31.6},
        ((f"{ONE}+segment_loss=l2", ONE), (f"{TWO}+segment_loss=l2", TWO)),
        AT_HALF,
    ),
}
