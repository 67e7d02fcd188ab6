"""The papers' rows on THUMOS'14 (FACTS 1 to 7), numbers as printed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wtal_core.models.ttc_loc_presets import strategy
from wtal_core.reproduction.published import Paper, Row, from_one, tenths

_OURS = ("thumos14",)
_STEPS, _RATE = 10_000, 1e-4
"""As in TTC-Loc's own preset: neither it nor Ding et al. state a number of iterations."""
_WTALC_STEPS = 100_000
"""The default of W-TALC's code."""


def _ttc_row(key: str, title: str, numbers: Mapping[float, float], average: float | None = None, **more: Any) -> Row:
    return Row(key, title, more.pop("method", "ttc_loc"), numbers, average, **({"presets": _OURS} | more))


def _ttc_loc() -> tuple[Row, ...]:
    return (*_ttc_loc_levels(), *_ttc_loc_thresholds(), *_ttc_loc_losses(), *_ttc_loc_forms())


def _ttc_loc_levels() -> list[Row]:
    """Table 1."""
    table = {
        "unt": (
            (tenths(39.9, 31.5, 22.6, 14.2, 7.9), 23.2),
            (tenths(43.3, 34.4, 26.2, 17.0, 9.4), 26.1),
            (tenths(43.3, 35.2, 26.9, 17.8, 9.8), 26.6),
            (tenths(43.7, 36.4, 27.8, 18.0, 10.7), 27.3),
        ),
        "i3d": (
            (tenths(46.7, 37.6, 28.9, 17.7, 10.0), 28.2),
            (tenths(50.9, 41.9, 33.4, 21.7, 12.1), 32.0),
            (tenths(51.3, 41.9, 33.7, 22.9, 13.7), 32.7),
            (tenths(52.8, 44.4, 35.9, 24.7, 13.8), 34.3),
        ),
    }
    rows = []
    for features, printed in table.items():
        for k, (numbers, average) in enumerate(printed):
            title = f"{features.upper()}, {f'semi {k}' if k else 'video labels'}"
            level = f"semi{k}" if k else "video"
            rows.append(
                _ttc_row(f"table1-{features}-k{k}", title, numbers, average, features=features, supervision=level)
            )
    return rows


def _ttc_loc_thresholds() -> list[Row]:
    """Table 3, but for its rows of the default, which are table 1's; its first row is W-TALC itself (FACTS T12)."""
    table = (
        ("predicted", "manual", 0, "", tenths(40.6, 31.7, 24.6, 14.8, 8.0)),
        ("manual", "manual", 1, ", semi 1", tenths(41.3, 32.0, 24.9, 15.8, 8.1)),
        ("predicted", "manual", 1, ", semi 1", tenths(41.0, 31.9, 24.8, 15.7, 7.4)),
    )
    wtalc = _ttc_row(
        *("table3-none-manual", "threshold none / manual (W-TALC)", tenths(40.1, 31.1, 22.8, 14.8, 7.6)),
        method="topk_mil",
        settings={"training.steps": _WTALC_STEPS},
    )
    return [wtalc] + [
        _ttc_row(
            f"table3-{training}-{test}{'-k1' if k else ''}",
            f"threshold {training} / {test}{more}",
            numbers,
            presets=(*_OURS, f"threshold_{training}_{test}"),
            supervision="semi1" if k else "video",
        )
        for training, test, k, more, numbers in table
    ]


def _ttc_loc_losses() -> list[Row]:
    """Table 4a, but for its rows with L_reg, which are table 1's."""
    alone: Mapping[str, Any] = {"method.classification_weight": 1.0}
    uniform: Mapping[str, Any] = {"training.steps": _STEPS, "training.class_pairs": 0}  # TTC-Loc's batches (FACTS 2.4)
    return [
        _ttc_row(
            *("table4a-stpn", "classification loss of STPN", {}, 14.8),
            method="topk_mil",
            presets=(*_OURS, "stpn"),
            settings={**uniform, "method.sparsity": 0.0},
        ),
        _ttc_row(
            *("table4a-wtalc", "classification loss of W-TALC", {}, 17.0),
            method="topk_mil",
            settings={**uniform, "method.similarity": 0.0},
        ),
        _ttc_row("table4a-own", "own classification loss", {}, 18.4, settings=alone),
        _ttc_row(
            *("table4a-own-loc-k1", "own classification and localization loss, semi 1", {}, 28.5),
            settings=alone,
            supervision="semi1",
        ),
    ]


def _ttc_loc_forms() -> list[Row]:
    """Tables 4b to 4d: training strategy, gate, form of L_reg; the default's rows are table 1's."""
    rows = []
    for name, title, average in (
        ("full_only", "annotated videos only", 22.9),
        ("pretrain_finetune", "pre-train, then fine-tune", 28.4),
    ):
        key, stages = f"table4b-{name.replace('_', '-')}", {"training.stages": strategy(name, _STEPS, _RATE)}
        rows.append(_ttc_row(key, title, {}, average, settings=stages, supervision="semi1"))
    for gate, title, average in (
        ("straight_through", "hard gate, straight-through", 13.5),
        ("softsign", "softsign gate", 27.4),
    ):
        key = f"table4c-{gate.replace('_', '-')}"
        rows.append(_ttc_row(key, title, {}, average, settings={"method.gate": gate}))
    for form, average in (("l1", 20.4), ("l2", 21.1), ("cosine", 19.6)):
        rows.append(_ttc_row(f"table4d-{form}", f"L_reg {form}", {}, average, settings={"method.regularizer": form}))
    return rows


def _lpat() -> tuple[Row, ...]:
    rows = [
        Row("table1-unt", "UNT", "lpat", tenths(39.9, 31.5, 22.6, 14.2, 7.9), 23.2, presets=_OURS, features="unt"),
        Row("table1-i3d", "I3D, plain", "lpat", tenths(46.7, 37.5, 27.9, 17.6, 10.0), 27.9, presets=_OURS),
        Row(
            *("table1-temconv", "I3D, +TemConv", "lpat", tenths(46.9, 37.4, 28.0, 16.6, 9.2), 27.6),
            presets=("thumos14_temconv",),
        ),
        Row("table1-casl", "I3D, +CASL", "lpat", tenths(47.8, 38.0, 29.5, 18.1, 9.5), presets=("thumos14_casl",)),
        Row(
            *("table3-manual", "manual threshold at test", "lpat", tenths(37.7, 28.8, 21.5, 13.1, 6.7)),
            presets=_OURS,
            settings={"method.threshold_test": "manual"},
        ),
    ]
    studies = (
        ("plain", _OURS, (19.0, 27.9, 26.3, 25.2, 25.0)),
        ("temconv", ("thumos14_temconv",), (18.9, 27.6, 26.1, 25.0, 24.9)),
    )
    for name, presets, averages in studies:
        for tenth, average in enumerate(averages, start=1):
            weight = {"method.classification_weight": tenth / 10}
            rows.append(
                Row(
                    f"lambda-{name}-.{tenth}",
                    f"lambda .{tenth}, {name}",
                    "lpat",
                    {},
                    average,
                    presets=presets,
                    settings=weight,
                )
            )
    return tuple(rows)


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
            *("table3-i3d", "I3D, two-segment", "segment_level"),
            from_one(61.6, 55.8, 48.2, 39.7, 31.6, 22.0, 13.8),
            *(47.4, "two-segment", ("published",)),
            settings={"training.steps": _STEPS},
            average_over=(0.1, 0.5),
            classification=87.6,
        ),
        Row(
            *("table3-unt", "UNT, two-segment", "segment_level"),
            from_one(59.1, 53.5, 45.7, 37.5, 28.4, 20.3, 11.8),
            *(44.8, "two-segment", ("published",)),
            settings={"training.steps": _STEPS},
            features="unt",
            average_over=(0.1, 0.5),
        ),
    ]
    weights = {"segment_weight": 0.1, "sphere_weight": 1e-4, "propagation_weight": 0.02}
    for level, numbers in _TABLE_1.items():
        for (key, title, kept), number in zip(_LOSSES, numbers, strict=True):
            settings: dict[str, Any] = {"training.steps": _STEPS}
            settings |= {f"method.{name}": weight if name in kept else 0.0 for name, weight in weights.items()}
            rows.append(
                Row(
                    *(f"table1-{level.split('-')[0]}-{key}", f"{title}, {level}", "segment_level", {0.5: number}, None),
                    *(level, ("published",), settings),
                )
            )
    return tuple(rows)


_TEMPLATES = (
    ("nms", "NMS", (36.2, 12.2, 44.9), (36.6, 11.1, 44.9)),
    ("uniform", "uniform", (24.2, 8.1, 31.2), (33.8, 9.7, 41.5)),
    ("exponential", "exponential", (36.2, 12.3, 45.3), (41.1, 12.4, 47.1)),
    ("t", "t", (36.7, 12.7, 45.6), (41.2, 11.5, 47.1)),
    ("gaussian", "Gaussian", (36.6, 12.7, 45.6), (41.2, 11.6, 47.1)),
)
"""Table 3: mAP at .5 and .7 and the average, fused in training and fused at test."""
_SUPPRESSED: Mapping[str, Any] = {"method.test": "fused", "method.test_template": "nms"}
"""The same candidates as where they are fused at test."""
_LINPRO_ONLY: Mapping[str, Any] = {**_SUPPRESSED, "method.delta": (0.0,), "method.template": "nms"}
_TABLE_3 = "our reading: without change of labels; its first row equals '+ LinPro' of table 4, so LinPro is on"


def _gaufuse() -> tuple[Row, ...]:
    def row(key: str, title: str, numbers: Mapping[float, float], average: float, **more: Any) -> Row:
        method, presets = more.pop("method", "gaufuse"), more.pop("presets", _OURS)
        return Row(key, title, method, numbers, average, presets=presets, average_over=(0.1, 0.7), **more)

    def thirds(*numbers: float) -> dict[float, float]:
        return dict(zip((0.3, 0.5, 0.7), numbers, strict=True))

    without_change = {**_SUPPRESSED, "method.delta": (0.0,)}
    rows = [
        row(
            *("table1", "GauFuse", from_one(74.0, 69.4, 60.7, 51.8, 42.7, 26.2, 13.1), 48.3),
            note="the shipped checkpoint's own log says 48.1",
        ),
        row(
            *("table1-code", "GauFuse with the constants of its code", {}, 48.3),
            presets=("code",),
            note="paper and code differ in most constants",
        ),
        row("table4-base", "baseline", thirds(55.8, 38.2, 12.5), 45.1, method="rskp"),
        row("table4-linpro", "+ LinPro", thirds(57.4, 36.2, 12.2), 44.9, settings=_LINPRO_ONLY),
        row("table4-gaussian", "+ Gaussian fusion", thirds(58.2, 36.6, 12.7), 45.6, settings=without_change),
        row("table4-delta", "+ delta pseudo labels", thirds(58.4, 37.6, 12.2), 46.2, settings=_SUPPRESSED),
        row("table4-all", "+ Gaussian fusion at test", thirds(60.7, 42.7, 13.1), 48.3),
    ]
    for name, title, training, test in _TEMPLATES:
        settings = without_change | {"method.template": name}
        numbers = {0.5: training[0], 0.7: training[1]}
        rows.append(
            row(f"table3-training-{name}", f"{title}, training", numbers, training[2], settings=settings, note=_TABLE_3)
        )
        settings = {**_LINPRO_ONLY, "method.test_template": name}
        numbers = {0.5: test[0], 0.7: test[1]}
        rows.append(row(f"table3-test-{name}", f"{title}, test", numbers, test[2], settings=settings, note=_TABLE_3))
    return tuple(rows)


def _acn() -> tuple[Row, ...]:
    kind = "the paper's UntrimmedNet snippets of 15 frames and their heads are not public; heads are trained here"
    rows = [Row("table1", "ACN", "acn", tenths(35.9, 30.7, 24.2, 15.7, 7.4), presets=_OURS, features="unt", note=kind)]
    studies = (
        ("rgb", "RGB, score -L", ("rgb",), tenths(20.9, 14.8, 9.7, 4.5, 1.9)),
        ("flow", "flow, score -L", ("flow",), tenths(35.2, 29.7, 22.8, 15.0, 7.2)),
        ("rgb-coherence", "RGB, score -L_c", ("rgb_coherence",), tenths(11.3, 7.8, 4.2, 1.9, 0.7)),
        ("flow-coherence", "flow, score -L_c", ("flow_coherence",), tenths(13.7, 10.0, 6.8, 3.9, 1.7)),
        ("rgb-contrast", "RGB, score -L_OIC", ("rgb_contrast",), tenths(19.6, 14.4, 9.1, 4.5, 1.4)),
        ("flow-contrast", "flow, score -L_OIC", ("flow_contrast",), tenths(33.4, 28.1, 22.1, 14.4, 6.9)),
    )
    for key, title, presets, numbers in studies:
        rows.append(Row(f"table3-{key}", title, "acn", numbers, presets=(*_OURS, *presets), features="unt", note=kind))
    for stream, numbers_at_half in (("rgb", (8.8, 9.1, 9.7, 9.6, 9.4)), ("flow", (21.5, 22.2, 22.8, 22.7, 22.6))):
        for tenth, number in enumerate(numbers_at_half, start=4):
            rows.append(
                Row(
                    *(f"alpha-{stream}-.{tenth}", f"alpha .{tenth}, {stream}", "acn", {0.5: number}),
                    presets=(*_OURS, stream),
                    settings={"method.alpha": tenth / 10},
                    features="unt",
                    note=kind,
                )
            )
    return tuple(rows)


_MIXED = tuple(
    Row(level, f"mixed, {level}", "mixed", supervision=level, features="")
    for level in ("video", "one-segment", "clicks", "two-segment", "semi1", "semi3", "full")
)

WTALC_CODE = "W-TALC's code: whole snippets, first free instance, AP not interpolated, ambiguous time deleted"
BEST_CODE = "the paper's code: whole snippets, nearest free instance, interpolated AP, ambiguous time deleted"
UNSTATED = "the paper names no evaluation code; "

PAPERS: tuple[Paper, ...] = (
    Paper(
        *("wtalc", "W-TALC (ECCV 2018)", "wtalc", WTALC_CODE),
        (
            Row(
                *("i3d", "I3D, video labels", "topk_mil", tenths(40.1, 31.1, 22.8, 14.8, 7.6)),
                presets=_OURS,
                settings={"training.steps": _WTALC_STEPS},
                note="as quoted by TTC-Loc's table 3, whose first row is W-TALC; its code picks on test videos",
            ),
        ),
    ),
    Paper(
        *("ttc_loc", "TTC-Loc (ECCV 2020)", "wtalc", UNSTATED + "it builds on W-TALC, so " + WTALC_CODE),
        _ttc_loc(),
    ),
    Paper(
        *("lpat", "LPAT (arXiv 1910.11285, first text)", "wtalc", UNSTATED + "it builds on W-TALC, so " + WTALC_CODE),
        _lpat(),
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
    Paper("gaufuse", "GauFuse (CVPR 2023)", "wtalc-best", BEST_CODE, _gaufuse()),
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
