"""What judges get wrong: a better run held back, a worse one shown."""

import pytest

from app.job_kinds import folds
from benchmarks.judges import wrong


@pytest.mark.parametrize(
    ("is_shown", "gap", "expected"),
    [
        (False, 0.1, (True, False)),  # better, and held back
        (True, 0.1, (False, False)),
        (True, -0.1, (False, True)),  # worse, and shown
        (False, -0.1, (False, False)),
        (True, 0.01, (False, False)),  # level in truth: nothing is wrong
        (False, 0.01, (False, False)),
    ],
)
def test_wrong_is_to_hold_back_the_better_and_to_show_the_worse(is_shown, gap, expected):
    assert wrong(is_shown, gap, folds.MARGIN) == expected
