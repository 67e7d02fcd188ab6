"""Rows of TTC-Loc and LPAT, which predict the threshold, on THUMOS'14 (FACTS 2 and 3), numbers as printed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wtal_core.models.ttc_loc_presets import strategy
from wtal_core.reproduction.published import Row, tenths

_OURS = ("thumos14",)
STEPS, _RATE = 10_000, 1e-4
"""As in TTC-Loc's own preset: neither it nor Ding et al. state a number of iterations."""
WTALC_STEPS = 100_000
"""The default of W-TALC's code."""


def _ttc_row(key: str, title: str, numbers: Mapping[float, float], average: float | None = None, **more: Any) -> Row:
    return Row(key, title, more.pop("method", "ttc_loc"), numbers, average, **({"presets": _OURS} | more))


def ttc_loc() -> tuple[Row, ...]:
    """TTC-Loc's tables 1, 3 and 4."""
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
        settings={"training.steps": WTALC_STEPS},
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
    uniform: Mapping[str, Any] = {"training.steps": STEPS, "training.class_pairs": 0}  # TTC-Loc's batches (FACTS 2.4)
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
        key, stages = f"table4b-{name.replace('_', '-')}", {"training.stages": strategy(name, STEPS, _RATE, share=0.1)}
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


def lpat() -> tuple[Row, ...]:
    """LPAT's tables 1, 3, 4 and 6, and what its section 4.4 says in words."""
    rows = [
        Row("table1-unt", "UNT", "lpat", tenths(39.9, 31.5, 22.6, 14.2, 7.9), 23.2, presets=_OURS, features="unt"),
        Row("table1-i3d", "I3D, plain", "lpat", tenths(46.7, 37.5, 27.9, 17.6, 10.0), 27.9, presets=_OURS),
        Row(
            *("table1-temconv", "I3D, +TemConv", "lpat", tenths(46.9, 37.4, 28.0, 16.6, 9.2), 27.6),
            presets=("thumos14_temconv",),
        ),
        Row("table6-casl", "I3D, +CASL", "lpat", tenths(47.8, 38.0, 29.5, 18.1, 9.5), presets=("thumos14_casl",)),
        Row(
            *("table6-wtalc", "W-TALC", "topk_mil", tenths(40.1, 31.1, 22.8, 14.8, 7.6)),
            presets=_OURS,
            settings={"training.steps": WTALC_STEPS},
        ),
        Row(
            *("table3-manual", "manual threshold at test", "lpat", tenths(37.7, 28.8, 21.5, 13.1, 6.7)),
            presets=_OURS,
            settings={"method.threshold_test": "manual"},
        ),
    ]
    studies = (  # table 4
        ("plain", _OURS, (19.0, 27.9, 26.3, 25.2, 25.0)),
        ("temconv", ("thumos14_temconv",), (18.9, 27.6, 26.1, 25.0, 24.9)),
    )
    for name, presets, averages in studies:
        for tenth, average in enumerate(averages, start=1):
            weight = {"method.classification_weight": tenth / 10}
            key, title = f"table4-{name}-.{tenth}", f"lambda .{tenth}, {name}"
            rows.append(Row(key, title, "lpat", {}, average, presets=presets, settings=weight))
        rows.append(
            Row(
                *(f"section4.4-{name}-1", f"lambda 1 (no L_conf), {name}", "lpat"),
                presets=presets,
                settings={"method.classification_weight": 1.0},
                note="in words only: 'similar to UntrimmedNets'",
            )
        )
    return tuple(rows)
