"""Rows of GauFuse on THUMOS'14 (FACTS 7.5), numbers as printed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wtal_core.reproduction.published import Row, from_one

_OURS = ("thumos14",)

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

_TRAIN_TEMPERATURES, _TEST_TEMPERATURES = (0.02, 0.05, 0.1, 0.2, 0.5), (0.01, 0.03, 0.05, 0.1, 0.2)
_FIGURE_3 = "points of ours: of the figure only what the text and table 4 say can be read"


_WITHOUT_CHANGE: Mapping[str, Any] = {**_SUPPRESSED, "method.delta": (0.0,)}


def gaufuse() -> tuple[Row, ...]:
    """Tables 1, 3 and 4, figure 3."""
    return (*_headline(), *_components(), *_templates(), *_temperatures())


def _row(key: str, title: str, numbers: Mapping[float, float], average: float | None, **more: Any) -> Row:
    method, presets = more.pop("method", "gaufuse"), more.pop("presets", _OURS)
    return Row(key, title, method, numbers, average, presets=presets, average_over=(0.1, 0.7), **more)


def _at(tiou: tuple[float, ...], numbers: tuple[float, ...]) -> dict[float, float]:
    return dict(zip(tiou, numbers, strict=True))


def _headline() -> list[Row]:
    """Table 1."""
    return [
        _row(
            *("table1", "GauFuse", from_one(74.0, 69.4, 60.7, 51.8, 42.7, 26.2, 13.1), 48.3),
            note="the shipped checkpoint's own log says 48.1",
        ),
        _row(
            *("table1-code", "GauFuse with the constants of its code", {}, 48.3),
            presets=("code",),
            note="paper and code differ in most constants",
        ),
    ]


def _components() -> list[Row]:
    """Table 4."""
    told: tuple[tuple[str, str, tuple[float, ...], float, dict[str, Any]], ...] = (
        ("base", "baseline", (55.8, 38.2, 12.5), 45.1, {"method": "rskp"}),
        ("linpro", "+ LinPro", (57.4, 36.2, 12.2), 44.9, {"settings": _LINPRO_ONLY}),
        ("gaussian", "+ Gaussian fusion", (58.2, 36.6, 12.7), 45.6, {"settings": _WITHOUT_CHANGE}),
        ("delta", "+ delta pseudo labels", (58.4, 37.6, 12.2), 46.2, {"settings": _SUPPRESSED}),
        ("all", "+ Gaussian fusion at test", (60.7, 42.7, 13.1), 48.3, {}),
    )
    return [
        _row(f"table4-{name}", title, _at((0.3, 0.5, 0.7), numbers), average, **more)
        for name, title, numbers, average, more in told
    ]


def _templates() -> list[Row]:
    """Table 3, both halves of a template side by side."""
    rows = []
    for name, title, training, test in _TEMPLATES:
        for half, (*numbers, average), settings in (
            ("training", training, {**_WITHOUT_CHANGE, "method.template": name}),
            ("test", test, {**_LINPRO_ONLY, "method.test_template": name}),
        ):
            printed = _at((0.5, 0.7), tuple(numbers))
            key = f"table3-{half}-{name}"
            rows.append(_row(key, f"{title}, {half}", printed, average, settings=settings, note=_TABLE_3))
    return rows


def _temperatures() -> list[Row]:
    """Figure 3."""
    told: list[tuple[str, float, float | None, dict[str, Any]]] = [
        ("training", tau, {0.1: 46.2}.get(tau), {**_SUPPRESSED, "method.temperature": (tau,)})
        for tau in _TRAIN_TEMPERATURES
    ]
    told += [
        ("test", tau, {0.01: 48.5, 0.03: 48.3}.get(tau), {"method.test_temperature": tau}) for tau in _TEST_TEMPERATURES
    ]
    return [
        _row(f"figure3-{half}-{tau:g}", f"temperature {tau:g}, {half}", {}, known, settings=settings, note=_FIGURE_3)
        for half, tau, known, settings in told
    ]
