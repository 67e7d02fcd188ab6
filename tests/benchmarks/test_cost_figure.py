"""Annotation time against mAP: points and picture, by hand."""

import math
from xml.etree import ElementTree

import pytest

from benchmarks.cost_figure import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Point, across, drawing, lines, points
from benchmarks.paper_tables import TABLES

SVG = "{http://www.w3.org/2000/svg}"


def test_points_are_what_was_run_cheapest_first():
    """40 and 44 over two seeds: mean 42, deviation sqrt(8) = 2.8; the row in between was not run."""
    phi = {"m:full": 1.17, "m:two": 0.32, "m:video": 0.24}
    found = points(phi, {"m:full": {0: 50.0}, "m:video": {0: 40.0, 1: 44.0}, "other:video": {0: 1.0}})
    assert found == [Point("m:video", 0.24, 42.0, math.sqrt(8), 2), Point("m:full", 1.17, 50.0, 0.0, 1)]
    assert [line.split() for line in lines(found)] == [
        ["phi", "0.24", "m:video", "42.0", "±", "2.8", "2", "seeds"],
        ["phi", "1.17", "m:full", "50.0", "one", "seed"],
    ]


def test_a_point_lies_where_its_numbers_say():
    """Phi is logarithmic from .2 to 1.4: their geometric mean is half way. The other axis is 40 to 60 percent."""
    middle = math.sqrt(0.2 * 1.4)
    assert across(0.2) == LEFT
    assert across(middle) == pytest.approx((LEFT + WIDTH - RIGHT) / 2)
    joined = [Point("m:one", middle, 50.0, 0.0, 1), Point("m:full", 1.4, 60.0, 0.0, 1)]
    single = [Point("n:video+a=b", 0.2, 42.0, 2.0, 3)]
    picture = ElementTree.fromstring(drawing({"set <1>": joined, "set 2": single}))
    at = [(float(each.get("cx")), float(each.get("cy"))) for each in picture.iter(f"{SVG}circle")]
    high, low = TOP, HEIGHT - BOTTOM
    expected = [
        ((LEFT + WIDTH - RIGHT) / 2, (high + low) / 2),
        (WIDTH - RIGHT, high),
        (LEFT, low - (low - high) / 10),
    ]
    assert at == [pytest.approx(point, abs=0.06) for point in expected]
    words = [each.text for each in picture.iter(f"{SVG}text")]
    assert {"set <1>", "set 2", "video 0.20", "one 0.53", "full 1.40", "40", "50", "60"} <= set(words)


def test_figure_5_stands_at_the_times_that_were_clocked_for_it():
    phi = TABLES["segment_level:figure 5"].phi
    assert [phi[f"segment_level:{name}"] for name in ("video", "one", "two", "full")] == [0.24, 0.30, 0.32, 1.17]
