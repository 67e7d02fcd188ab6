"""Cross-entropy on the snippets a person has judged."""

from __future__ import annotations

import torch
from torch import Tensor


def known_loss(log_p: Tensor, action: Tensor, background: Tensor) -> Tensor:
    """Cross-entropy on what a person said of a snippet; the others stay silent.

    Parameters
    ----------
    log_p
        (B, T, C + 1), background last.
    action, background
        (B, T, C) bool; neither means unknown, as in the padding. A snippet with an action is one of its actions; a
        snippet that is checked background of some classes is none of these.

    Returns
    -------
    Tensor
        Minus the log of the probability of all that is still possible, mean over known snippets; exactly 0 when nothing
        is known.
    """
    happens = action.any(dim=-1, keepdim=True)
    possible = torch.cat([torch.where(happens, action, ~background), ~happens], dim=-1)  # (B, T, C + 1)
    known = happens[..., 0] | background.any(dim=-1)
    chosen = log_p.masked_fill(~possible, -torch.inf)[known]  # (N, C + 1)
    return -torch.logsumexp(chosen, dim=-1).mean() if len(chosen) else log_p.sum() * 0.0
