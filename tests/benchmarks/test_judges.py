"""What judges get wrong: a better run held back, a worse one shown."""

import pytest

from benchmarks.judges import wrong


@pytest.mark.parametrize(
    ("own", "shown", "truth", "shown_truth", "expected"),
    [
        (0.4, 0.5, 0.6, 0.5, (True, False)),  # better, and held back
        (0.49, 0.5, 0.6, 0.5, (False, False)),  # better, level by the judges: shown
        (0.5, 0.4, 0.5, 0.6, (False, True)),  # worse, and shown
        (0.4, 0.5, 0.5, 0.6, (False, False)),  # worse, and held back
        (0.9, 0.1, 0.51, 0.5, (False, False)),  # level in truth: nothing is wrong
    ],
)
def test_wrong_is_to_hold_back_the_better_and_to_show_the_worse(own, shown, truth, shown_truth, expected):
    assert wrong(own, shown, truth, shown_truth, 0.02) == expected
