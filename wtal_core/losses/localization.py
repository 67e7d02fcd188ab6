"""Losses that hold gates against boundaries a person gave (TTC-Loc, FACTS 2.2 (8) and RECIPE 1 (B1))."""

from __future__ import annotations

from typing import Literal

from torch import Tensor


def gate_distance(
    gate: Tensor,
    action: Tensor,
    background: Tensor,
    is_complete: Tensor,
    form: Literal["balanced", "mean"] = "balanced",
) -> Tensor:
    """Mean absolute difference between gates and annotated truth, over the fully annotated videos of a batch.

    ``mean`` is the published (8): all entries of a video weigh the same. Positives are a few percent of the (T, C)
    entries, and L1 estimates a median, so more boundaries then push every gate to 0. ``balanced`` takes the mean over
    the positive entries and the mean over the negative ones, half and half.

    Parameters
    ----------
    gate
        Where a class beats its threshold, 0 to 1, (B, T, C).
    action, background
        What a person said, disjoint, (B, T, C); neither is unknown and stays silent, so padding does.
    is_complete
        Videos with full annotation, (B,). A crop of one that holds no action keeps its negative half.

    Returns
    -------
    Tensor
        Shape (); exactly 0 when no video of the batch is fully annotated.
    """
    miss = ((1 - gate) * action).sum((1, 2))  # (B,), |g - 1| where the action happens
    false = (gate * background).sum((1, 2))  # (B,), |g - 0| elsewhere
    n_action, n_background = action.sum((1, 2)), background.sum((1, 2))
    if form == "mean":
        per_video = (miss + false) / (n_action + n_background).clamp(min=1)
    else:
        per_video = 0.5 * miss / n_action.clamp(min=1) + 0.5 * false / n_background.clamp(min=1)
    return (per_video * is_complete).sum() / is_complete.sum().clamp(min=1)
