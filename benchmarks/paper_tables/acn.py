"""The tables of ACN (ICIP 2019): numbers from FACTS 5.7. Its baselines are parts of it: heads, and contrast alone."""

from __future__ import annotations

from .table import PaperTable

FUSED, HEADS, CONTRAST = "acn:video", "acn:video@heads", "acn:video@contrast"
STPN, WTALC = "topk_mil:video@stpn", "topk_mil:video"
AT_HALF = "THUMOS14, mAP at tIoU .5"
ALPHAS = {"rgb": (8.8, 9.1, 9.7, 9.6, 9.4), "flow": (21.5, 22.2, 22.8, 22.7, 22.6)}


def by_alpha(stream: str) -> dict[str, float]:
    """Alpha .4 to .8 of one stream."""
    printed = zip((0.4, 0.5, 0.6, 0.7, 0.8), ALPHAS[stream], strict=True)
    return {f"acn:video@{stream}+alpha={alpha}": value for alpha, value in printed}


def alone(stream: str, printed: tuple[float, float, float]) -> PaperTable:
    """Coherence alone, contrast alone and both, in one stream."""
    cells = (f"acn:video@{stream}_coherence", f"acn:video@{stream}_contrast", f"acn:video@{stream}")
    return PaperTable(f"what scores a proposal, {stream}", dict(zip(cells, printed, strict=True)), (cells,), AT_HALF)


TABLES = {
    "1": PaperTable(
        "UntrimmedNet (the heads), AutoLoc (outer-inner contrast alone) and ACN: run it with --dataset weizmann",
        {HEADS: 3.6, CONTRAST: 16.0, FUSED: 17.0},
        ((HEADS, CONTRAST, FUSED), (HEADS, FUSED)),
        "ActivityNet 1.2, average mAP .5-.95",
    ),
    "2": PaperTable(
        "UntrimmedNet (the heads), STPN, W-TALC, AutoLoc (outer-inner contrast alone) and ACN, ahead of each",
        {HEADS: 13.7, STPN: 16.9, WTALC: 18.8, CONTRAST: 21.2, FUSED: 24.2},
        ((HEADS, WTALC, CONTRAST, FUSED), *((other, FUSED) for other in (HEADS, STPN, WTALC))),
        AT_HALF,
    ),
    "3": PaperTable(
        "alpha",
        by_alpha("rgb") | by_alpha("flow"),
        tuple(
            tuple(f"acn:video@{stream}+alpha={alpha}" for alpha in order)
            for stream in ALPHAS
            for order in ((0.4, 0.5, 0.6), (0.8, 0.7, 0.6))
        ),
        AT_HALF,
    ),
    "4": alone("rgb", (4.2, 9.1, 9.7)),
    "5": alone("flow", (6.8, 22.1, 22.8)),
    "streams": PaperTable(
        "RGB, flow and both fused",
        {"acn:video@rgb": 9.7, "acn:video@flow": 22.8, FUSED: 24.2},
        (("acn:video@rgb", "acn:video@flow", FUSED),),
        AT_HALF,
    ),
}
