"""The papers' rows on ActivityNet 1.2 and 1.3 (FACTS 2 to 7), numbers as printed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wtal_core.reproduction.published import WTALC_CODE, Paper, Row, twentieths
from wtal_core.reproduction.thumos14_thresholds import WTALC_STEPS

_PROTOCOL = (
    "ActivityNet's code: seconds, each prediction claims the nearest free instance, interpolated AP, tIoU .5:.05:.95"
)
_OVER = (0.5, 0.95)
_UNSTATED = (
    "of its configuration on ActivityNet only what the authors said in replies is known: ACM-Net's 75 segments a video,"
    " and for GauFuse batches of 128 and an end after 50 to 70 epochs; not how proposals are cut there"
)
_SEGMENTS = 75
_GAUFUSE_13: Mapping[str, Any] = {
    "method.base_preset": "activitynet",
    "method.base_settings": ("training.epochs=34", "method.memory_from=17"),
    "method.label_epochs": (3, 3, 3, 4, 3, 10),
}
"""The schedule of THUMOS'14, 200 epochs of the base and six label stages to 350, brought to 60: our reading of an end
after 50 to 70."""


def _ttc_loc(preset: str, *numbers: tuple[float, ...]) -> tuple[Row, ...]:
    """Rows of table 2 for k = 0, 1: ten mAP values and the average each."""
    return tuple(
        Row(
            *(f"table2-k{k}", f"semi {k}" if k else "video labels", "ttc_loc", twentieths(*values[:-1]), values[-1]),
            *(f"semi{k}" if k else "video", (preset,)),
            average_over=_OVER,
        )
        for k, values in enumerate(numbers)
    )


def _mixed() -> Paper:
    rows = tuple(
        Row(level, f"mixed, {level}", "mixed", supervision=level, features="", average_over=_OVER)
        for level in ("video", "one-segment", "two-segment", "semi1", "full")
    )
    return Paper("mixed", "mixed (this program)", "activitynet", _PROTOCOL, rows)


def _segment_level(
    table: int, n_steps: int, average: float, numbers: tuple[float, float, float], classification: float | None = None
) -> Paper:
    """Ding et al. state no number of iterations; these are TTC-Loc's here."""
    row = Row(
        *(f"table{table}", "two-segment", "segment_level", dict(zip((0.5, 0.75, 0.95), numbers, strict=True)), average),
        supervision="two-segment",
        presets=("published",),
        settings={"training.steps": n_steps},
        average_over=_OVER,
        classification=classification,
    )
    return Paper("segment_level", "Segment-level labels (Ding et al.)", "activitynet", _PROTOCOL, (row,))


def _lpat_12() -> tuple[Row, ...]:
    headline = (
        ("plain", "activitynet12", (37.6, 34.6, 31.6, 28.7, 25.6, 22.6, 19.6, 15.3, 10.9, 4.9), 23.1),
        ("temconv", "activitynet12_temconv", (39.4, 36.1, 33.1, 30.0, 26.6, 23.6, 19.9, 15.4, 10.7, 5.3), 24.0),
    )
    rows = [
        Row(f"table2-{name}", name, "lpat", twentieths(*values), average, presets=(preset,), average_over=_OVER)
        for name, preset, values, average in headline
    ]
    for name, preset, averages in (
        ("plain", "activitynet12", (22.9, 23.1, 23.0)),
        ("temconv", "activitynet12_temconv", (23.8, 24.0, 23.7)),
    ):
        for tenth, average in enumerate(averages, start=3):
            rows.append(
                Row(
                    *(f"table5-{name}-.{tenth}", f"lambda .{tenth}, {name}", "lpat", {}, average),
                    presets=(preset,),
                    settings={"method.classification_weight": tenth / 10},
                    average_over=_OVER,
                )
            )
    return tuple(rows)


_WTALC = Paper(
    *("wtalc", "W-TALC (ECCV 2018)", "wtalc", WTALC_CODE),
    (
        Row(
            *("i3d", "I3D, video labels", "topk_mil", {0.5: 37.0, 0.7: 14.6}, 18.0, "video", ("activitynet12",)),
            {"training.steps": WTALC_STEPS},
            average_over=_OVER,
            note="as quoted by LPAT's table 2, at the mid-range; a user of its code had twice the mAP at .5 above it",
        ),
    ),
)

PAPERS_12: tuple[Paper, ...] = (
    _WTALC,
    Paper(
        *("ttc_loc", "TTC-Loc (ECCV 2020)", "activitynet", _PROTOCOL),
        _ttc_loc(
            "activitynet12",
            (39.4, 36.1, 33.1, 30.0, 26.6, 23.6, 19.9, 15.4, 10.7, 5.3, 24.0),
            (40.6, 36.6, 33.3, 30.3, 27.0, 23.6, 20.6, 16.2, 11.3, 5.3, 24.5),
        ),
    ),
    Paper("lpat", "LPAT (arXiv 1910.11285, first text)", "activitynet", _PROTOCOL, _lpat_12()),
    _segment_level(3, 20_000, 26.4, (41.7, 26.7, 6.3), 93.2),
    Paper(
        *("acn", "ACN (ICIP 2019)", "activitynet", _PROTOCOL),
        (
            Row(
                *("table1", "ACN", "acn"),
                twentieths(30.4, 27.2, 24.3, 20.5, 18.0, 15.4, 13.2, 10.3, 7.5, 3.7),
                *(17.0, "video", ("activitynet12",)),
                features="unt",
                average_over=_OVER,
                note="the paper's UntrimmedNet heads are not public; heads are trained here",
            ),
        ),
    ),
    _mixed(),
)

PAPERS_13: tuple[Paper, ...] = (
    Paper(
        *("ttc_loc", "TTC-Loc (ECCV 2020)", "activitynet", _PROTOCOL),
        _ttc_loc(
            "activitynet13",
            (37.5, 33.1, 30.2, 26.7, 23.9, 20.6, 17.4, 14.1, 9.9, 4.5, 21.8),
            (37.6, 33.6, 30.5, 27.4, 24.3, 21.5, 18.0, 14.4, 9.9, 4.7, 22.2),
        ),
    ),
    _segment_level(4, 40_000, 24.8, (37.7, 25.6, 6.8)),
    Paper(
        *("rskp", "RSKP (CVPR 2022)", "activitynet", _PROTOCOL),
        (
            Row(
                *("table2", "RSKP", "rskp", {}, 25.0, "video", ("activitynet",)),
                average_over=_OVER,
                note=_UNSTATED,
                sampled_to=_SEGMENTS,
            ),
        ),
    ),
    Paper(
        *("gaufuse", "GauFuse (CVPR 2023)", "activitynet", _PROTOCOL),
        (
            Row(
                *("table2", "GauFuse", "gaufuse", {0.5: 43.4, 0.75: 28.8, 0.95: 9.9}, 28.8, "video", ("thumos14",)),
                _GAUFUSE_13,
                average_over=_OVER,
                note=_UNSTATED,
                sampled_to=_SEGMENTS,
            ),
        ),
    ),
    _mixed(),
)
