"""Verdicts on the papers' orderings, by hand."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.cell import Cell
from benchmarks.orderings import judge, verdicts
from benchmarks.paper_tables import TABLES
from benchmarks.paper_tables.table import PaperTable

points = st.floats(0, 100)


def by_seed(*values):
    return dict(enumerate(values))


def test_a_gain_that_every_seed_shares_holds():
    """Gains 4, 5, 6: mean 5, deviation 1, t(2) at 97.5 % = 4.3027, half width 4.3027 / sqrt(3) = 2.484."""
    verdict = judge(by_seed(10, 20, 30), by_seed(14, 25, 36))
    assert (verdict.word, verdict.gain, verdict.n_ordered, verdict.n) == ("holds", 5, 3, 3)
    assert verdict.low == pytest.approx(5 - 4.302653 / math.sqrt(3), abs=1e-5)
    assert str(verdict) == "holds: +5.0 [+2.5, +7.5], 3 of 3 in order"


def test_the_same_gain_with_a_wide_spread_is_within_noise():
    """Gains 1, 5, 9: deviation 4, half width 9.94."""
    assert judge(by_seed(10, 20, 30), by_seed(11, 25, 39)).word == "within noise"


def test_the_other_way_round_it_is_reversed():
    assert judge(by_seed(14, 25, 36), by_seed(10, 20, 30)).word == "reversed"


def test_equal_results_are_within_noise_and_never_an_ordering():
    assert judge(by_seed(3, 4), by_seed(3, 4)).word == "within noise"


def test_only_common_seeds_are_paired_and_one_pair_is_no_evidence():
    verdict = judge({0: 10.0, 1: 90.0}, {0: 12.0, 2: 0.0})
    assert (verdict.word, verdict.gain, verdict.n) == ("one pair", 2, 1)
    assert str(verdict) == "one pair: +2.0, 1 of 1 in order"
    assert str(judge({0: 1.0}, {1: 2.0})) == "missing"


@given(st.lists(st.tuples(points, points), min_size=2, max_size=6))
def test_turning_an_ordering_round_turns_its_verdict_round(pairs):
    worse, better = (by_seed(*side) for side in zip(*pairs, strict=True))
    opposite = {"holds": "reversed", "reversed": "holds", "within noise": "within noise"}
    assert judge(better, worse).word == opposite[judge(worse, better).word]


@pytest.mark.parametrize("name", ["lpat:2", "ttc_loc:2"])
def test_a_row_printed_for_activitynet_is_run_with_its_lambda_and_says_so(name):
    """.4 there, where the default is THUMOS'14's .2 (FACTS 2.4 and 3)."""
    cells = [cell for cell in TABLES[name].rows if not cell.startswith("topk_mil")]
    assert len(cells) == 2
    for cell in cells:
        method, _, rest = cell.partition(":")
        supervision, variant = re.fullmatch("([a-z0-9]+)(.*)", rest).groups()
        assert "+classification_weight=0.4" in variant
        assert Cell("weizmann", method, supervision, variant, 0).settings()[0].classification_weight == 0.4


@pytest.mark.parametrize("name", list(TABLES))
def test_the_printed_numbers_claim_what_the_table_says_they_claim(name):
    for worse, better in TABLES[name].claims:
        printed = TABLES[name].rows[worse], TABLES[name].rows[better]
        assert None in printed or printed[0] < printed[1], (worse, better)


def test_an_ordering_between_rows_that_are_not_there_is_refused():
    with pytest.raises(ValueError, match="which is no row"):
        PaperTable("losses", {"a:video": 1.0}, (("a:video", "b:video"),))


def test_annotation_time_of_a_row_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="phi names b:video, which is no row"):
        PaperTable("costs", {"a:video": 1.0}, phi={"b:video": 0.24})


def test_only_the_table_of_video_classification_is_judged_by_it():
    assert [name for name, table in TABLES.items() if table.metric != "average_mAP"] == ["segment_level:5"]


def test_a_chain_claims_its_neighbours_once():
    table = PaperTable("losses", {"a": 1.0, "b": 2.0, "c": 3.0}, (("a", "b", "c"), ("b", "c")))
    assert table.claims == [("a", "b"), ("b", "c")]


def test_every_claim_is_one_line_beside_its_printed_numbers():
    table = PaperTable(
        "thresholds",
        {"m:video@manual": 23.9, "m:video": 28.2, "m:semi1": None},
        (("m:video@manual", "m:video", "m:semi1"),),
    )
    assert verdicts(table, {"m:video@manual": by_seed(50, 52), "m:video": by_seed(60, 62)}) == [
        "m:video@manual < m:video (23.9 < 28.2): holds: +10.0 [+10.0, +10.0], 2 of 2 in order",
        "m:video < m:semi1 (28.2 < None): missing",
    ]
