"""The papers' rows on THUMOS'14 (FACTS 1 to 7), numbers as printed."""

from __future__ import annotations

from typing import Any

from wtal_core.reproduction.published import WTALC_CODE, Paper, Row, from_one, tenths
from wtal_core.reproduction.thumos14_gaufuse import gaufuse
from wtal_core.reproduction.thumos14_thresholds import STEPS, WTALC_STEPS, lpat, ttc_loc

_OURS = ("thumos14",)

_LOSSES = (
    ("cl", "CL", ()),
    ("psl", "CL+PSL", ("segment_weight",)),
    ("sl", "CL+SL", ("sphere_weight",)),
    ("pl", "CL+PL", ("propagation_weight",)),
    ("psl-sl", "CL+PSL+SL", ("segment_weight", "sphere_weight")),
    ("psl-pl", "CL+PSL+PL", ("segment_weight", "propagation_weight")),
    ("sl-pl", "CL+SL+PL", ("sphere_weight", "propagation_weight")),
    ("all", "all losses", ("segment_weight", "sphere_weight", "propagation_weight")),
)
_TABLE_1 = {
    "one-segment": (19.4, 27.0, 24.4, 19.7, 28.6, 27.2, 26.1, 29.3),
    "two-segment": (19.4, 28.5, 24.4, 19.7, 29.9, 29.1, 26.1, 31.6),
}


def _segment_level() -> tuple[Row, ...]:
    rows = [
        Row(
            *("table2-i3d", "I3D, two-segment", "segment_level"),
            from_one(61.6, 55.8, 48.2, 39.7, 31.6, 22.0, 13.8),
            *(47.4, "two-segment", ("published",)),
            settings={"training.steps": STEPS},
            average_over=(0.1, 0.5),
            note="its video classification is table 5's",
            classification=87.6,
        ),
        Row(
            *("table2-unt", "UNT, two-segment", "segment_level"),
            from_one(59.1, 53.5, 45.7, 37.5, 28.4, 20.3, 11.8),
            *(44.8, "two-segment", ("published",)),
            settings={"training.steps": STEPS},
            features="unt",
            average_over=(0.1, 0.5),
        ),
    ]
    weights = {"segment_weight": 0.1, "sphere_weight": 1e-4, "propagation_weight": 0.02}
    for level, numbers in _TABLE_1.items():
        for (key, title, kept), number in zip(_LOSSES, numbers, strict=True):
            settings: dict[str, Any] = {"training.steps": STEPS}
            settings |= {f"method.{name}": weight if name in kept else 0.0 for name, weight in weights.items()}
            rows.append(
                Row(
                    *(f"table1-{level.split('-')[0]}-{key}", f"{title}, {level}", "segment_level", {0.5: number}, None),
                    *(level, ("published",), settings),
                )
            )
    return (*rows, *_segment_level_text(), *_segment_level_figure())


def _segment_level_text() -> list[Row]:
    """The l2 alternative that the paper argues against in the section of its segment loss."""
    return [
        Row(
            *(f"section4.4-{level.split('-')[0]}-l2", f"l2 in place of PSL, {level}", "segment_level", {}, None),
            *(level, ("published",), {"training.steps": STEPS, "method.segment_loss": "l2"}),
            note="argued against without a number",
        )
        for level in _TABLE_1
    ]


def _segment_level_figure() -> list[Row]:
    """Figure 5: mAP at .5 against phi, annotation time by the duration of the videos."""
    points: tuple[tuple[str, float, dict[float, float]], ...] = (
        *(("video", 0.24, {}), ("one-segment", 0.30, {0.5: 29.3})),
        *(("two-segment", 0.32, {0.5: 31.6}), ("full", 1.17, {})),
    )
    return [
        Row(
            *(f"figure5-{level}", f"{level}, phi {phi:g}", "segment_level", published, None, level, ("published",)),
            {"training.steps": STEPS},
            note="" if published else "no number: the figure's curves are not in the text",
        )
        for level, phi, published in points
    ]


def _acn() -> tuple[Row, ...]:
    kind = "the paper's UntrimmedNet snippets of 15 frames and their heads are not public; heads are trained here"
    rows = [Row("table2", "ACN", "acn", tenths(35.9, 30.7, 24.2, 15.7, 7.4), presets=_OURS, features="unt", note=kind)]
    studies = (
        ("rgb", "RGB, score -L", ("rgb",), tenths(20.9, 14.8, 9.7, 4.5, 1.9)),
        ("flow", "flow, score -L", ("flow",), tenths(35.2, 29.7, 22.8, 15.0, 7.2)),
        ("rgb-coherence", "RGB, score -L_c", ("rgb_coherence",), tenths(11.3, 7.8, 4.2, 1.9, 0.7)),
        ("flow-coherence", "flow, score -L_c", ("flow_coherence",), tenths(13.7, 10.0, 6.8, 3.9, 1.7)),
        ("rgb-contrast", "RGB, score -L_OIC", ("rgb_contrast",), tenths(19.6, 14.4, 9.1, 4.5, 1.4)),
        ("flow-contrast", "flow, score -L_OIC", ("flow_contrast",), tenths(33.4, 28.1, 22.1, 14.4, 6.9)),
    )
    for key, title, presets, numbers in studies:
        table = 4 if key.startswith("rgb") else 5
        rows.append(
            Row(f"table{table}-{key}", title, "acn", numbers, presets=(*_OURS, *presets), features="unt", note=kind)
        )
    for stream, numbers_at_half in (("rgb", (8.8, 9.1, 9.7, 9.6, 9.4)), ("flow", (21.5, 22.2, 22.8, 22.7, 22.6))):
        for tenth, number in enumerate(numbers_at_half, start=4):
            rows.append(
                Row(
                    *(f"table3-{stream}-.{tenth}", f"alpha .{tenth}, {stream}", "acn", {0.5: number}),
                    presets=(*_OURS, stream),
                    settings={"method.alpha": tenth / 10},
                    features="unt",
                    note=kind,
                )
            )
    ours = "not in the paper; AutoLoc, with the same loss, stands at 35.8 29.0 21.2 13.4 5.8 in its table 2"
    rows.append(Row("contrast", "fused, score -L_OIC", "acn", presets=(*_OURS, "contrast"), features="unt", note=ours))
    ours = "not in the paper: runs of the trained heads, without regression networks"
    rows.append(Row("heads", "heads alone", "acn", presets=(*_OURS, "heads"), features="unt", note=ours))
    return tuple(rows)


_MIXED = tuple(
    Row(level, f"mixed, {level}", "mixed", supervision=level, features="")
    for level in ("video", "one-segment", "clicks", "two-segment", "semi1", "semi3", "full")
)

BEST_CODE = "the paper's code: whole snippets, nearest free instance, interpolated AP, ambiguous time deleted"
UNSTATED = "the paper names no evaluation code; "

PAPERS: tuple[Paper, ...] = (
    Paper(
        *("wtalc", "W-TALC (ECCV 2018)", "wtalc", WTALC_CODE),
        (
            Row(
                *("i3d", "I3D, video labels", "topk_mil", tenths(40.1, 31.1, 22.8, 14.8, 7.6)),
                presets=_OURS,
                settings={"training.steps": WTALC_STEPS},
                note="as quoted by TTC-Loc's table 3, whose first row is W-TALC; its code picks on test videos",
            ),
        ),
    ),
    Paper(
        *("ttc_loc", "TTC-Loc (ECCV 2020)", "wtalc", UNSTATED + "it builds on W-TALC, so " + WTALC_CODE),
        ttc_loc(),
    ),
    Paper(
        *("lpat", "LPAT (arXiv 1910.11285, first text)", "wtalc", UNSTATED + "it builds on W-TALC, so " + WTALC_CODE),
        lpat(),
    ),
    Paper(
        *("segment_level", "Segment-level labels (Ding et al.)", "wtalc-best"),
        UNSTATED
        + "its ancestor is 3C-Net: whole snippets, nearest free instance, interpolated AP, ambiguous time deleted",
        _segment_level(),
    ),
    Paper(
        *("rskp", "RSKP (CVPR 2022)", "wtalc-best", BEST_CODE),
        (
            Row(
                *("table1", "RSKP", "rskp", from_one(71.3, 65.3, 55.8, 47.6, 38.2, 25.4, 12.5), 45.1),
                presets=_OURS,
                average_over=(0.1, 0.7),
                note="the published row is the best epoch on the test videos; ours is the last",
            ),
        ),
    ),
    Paper("gaufuse", "GauFuse (CVPR 2023)", "wtalc-best", BEST_CODE, gaufuse()),
    Paper(
        *("acn", "ACN (ICIP 2019)", "activitynet"),
        UNSTATED + "ActivityNet's, in seconds, each prediction claims the nearest free instance",
        _acn(),
    ),
    Paper(
        *("mixed", "mixed (this program)", "activitynet"),
        "ActivityNet's, in seconds; there is no published row",
        _MIXED,
    ),
)
