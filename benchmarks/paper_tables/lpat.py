"""The tables of LPAT (arXiv 1910.11285, first text): numbers from FACTS 3."""

from __future__ import annotations

from .table import PaperTable

PLAIN, CONV = "lpat:video", "lpat:video@temconv"
STPN, WTALC = "topk_mil:video@stpn", "topk_mil:video"
SHARE = "+classification_weight="
THUMOS_SHARES = {0.1: (19.0, 18.9), 0.2: (27.9, 27.6), 0.3: (26.3, 26.1), 0.4: (25.2, 25.0), 0.5: (25.0, 24.9)}
"""lambda to (plain, +TemConv)."""
ACTIVITYNET_SHARES = {0.3: (22.9, 23.8), 0.4: (23.1, 24.0), 0.5: (23.0, 23.7)}
ACTIVITYNET = "ActivityNet 1.2, average mAP .5-.95"


def by_share(shares: dict[float, tuple[float, float]]) -> dict[str, float]:
    """Rows of a lambda table."""
    return {f"{cell}{SHARE}{share}": row[i] for share, row in shares.items() for i, cell in enumerate((PLAIN, CONV))}


def convolution(shares: dict[float, tuple[float, float]], worse: str, better: str) -> tuple[tuple[str, str], ...]:
    """With every lambda, what the convolution does."""
    return tuple((f"{worse}{SHARE}{share}", f"{better}{SHARE}{share}") for share in shares)


TABLES = {
    "1": PaperTable(
        "STPN, W-TALC, plain and +TemConv",
        {STPN: 18.5, WTALC: 23.3, PLAIN: 27.9, CONV: 27.6},
        ((WTALC, CONV, PLAIN), (STPN, CONV)),
    ),
    "2": PaperTable(
        "W-TALC, plain and +TemConv on a second data set, with its lambda: run it with --dataset weizmann",
        {WTALC: 18.0, f"{PLAIN}{SHARE}0.4": 23.1, f"{CONV}{SHARE}0.4": 24.0},
        ((WTALC, f"{PLAIN}{SHARE}0.4", f"{CONV}{SHARE}0.4"),),
        ACTIVITYNET,
    ),
    "3": PaperTable(
        "threshold at test: mid-range or predicted",
        {f"{PLAIN}+threshold_test=manual": 21.6, PLAIN: 27.9},
        ((f"{PLAIN}+threshold_test=manual", PLAIN),),
    ),
    "4": PaperTable(
        "lambda and architecture; lambda = 1 has no printed number, it is said to be like UntrimmedNet",
        {**by_share(THUMOS_SHARES), f"{PLAIN}{SHARE}1": None, f"{CONV}{SHARE}1": None},
        (
            *(tuple(f"{cell}{SHARE}{share}" for share in (0.1, 0.5, 0.4, 0.3, 0.2)) for cell in (PLAIN, CONV)),
            *((f"{cell}{SHARE}1", f"{cell}{SHARE}0.2") for cell in (PLAIN, CONV)),
            *convolution(THUMOS_SHARES, CONV, PLAIN),
        ),
    ),
    "5": PaperTable(
        "lambda and architecture on a second data set: run it with --dataset weizmann",
        by_share(ACTIVITYNET_SHARES),
        (
            tuple(f"{PLAIN}{SHARE}{share}" for share in (0.3, 0.5, 0.4)),
            tuple(f"{CONV}{SHARE}{share}" for share in (0.5, 0.3, 0.4)),
            *convolution(ACTIVITYNET_SHARES, PLAIN, CONV),
        ),
        ACTIVITYNET,
    ),
    "6": PaperTable(
        "W-TALC, LPAT and LPAT+CASL",
        {WTALC: 23.3, PLAIN: 27.9, "lpat:video@casl": 28.6},
        ((WTALC, PLAIN, "lpat:video@casl"),),
    ),
}
