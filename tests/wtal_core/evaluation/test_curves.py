"""Precision over recall, and that average precision is its area."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wtal_core.domain import Proposal, Segment
from wtal_core.evaluation import ActionInstance, GroundTruth, evaluate
from wtal_core.evaluation.curves import precision_recall

SECOND = 1_000_000


def span(start, end):
    return Segment(start * SECOND, end * SECOND)


def truth(*instances):
    return GroundTruth({"a": tuple(ActionInstance("run", one) for one in instances)})


def test_a_curve_worked_by_hand():
    """Two instances; the proposals by score: right, wrong, right. Recall 1/2 1/2 1, precision 1 1/2 2/3; the best
    precision from each recall on is 1 2/3 2/3, so AP = 1/2 * 1 + 1/2 * 2/3 = 5/6."""
    found = [
        Proposal("run", span(0, 10), 0.9),
        Proposal("run", span(40, 50), 0.8),
        Proposal("run", span(20, 30), 0.7),
    ]
    curve = precision_recall(truth(span(0, 10), span(20, 30)), {"a": found})["run"]
    np.testing.assert_allclose(curve.recall, [1 / 2, 1 / 2, 1])
    np.testing.assert_allclose(curve.precision, [1, 1 / 2, 2 / 3])
    np.testing.assert_allclose(curve.envelope, [1, 2 / 3, 2 / 3])
    assert curve.average_precision == pytest.approx(5 / 6)
    assert curve.n_instances == 2


def test_a_class_nobody_proposed_has_an_empty_curve_and_no_area():
    curve = precision_recall(truth(span(0, 10)), {})["run"]
    assert (len(curve.recall), curve.average_precision) == (0, 0.0)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 15), st.integers(0, 20)), max_size=12))
def test_the_area_is_the_average_precision_of_the_evaluator(rows):
    instances = truth(span(0, 10), span(15, 20), span(30, 42))
    found = {"a": [Proposal("run", span(first, first + length), score / 20) for first, length, score in rows]}
    for tiou in (0.3, 0.5, 0.7):
        [expected] = evaluate(instances, found, tiou=[tiou]).ap["run"]
        assert precision_recall(instances, found, tiou)["run"].average_precision == pytest.approx(expected, abs=1e-12)
