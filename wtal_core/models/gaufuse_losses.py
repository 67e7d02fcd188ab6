"""What the labels of GauFuse teach: cross-entropy towards them, (7) and (9) of the paper; FACTS 7.3."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from wtal_core.models.gaufuse_form import Rest
from wtal_core.models.method import Output

PLAIN_SHARE = 0.8
"""Of the label loss on RSKP's plain branch; the walked one has the rest (FACTS 7.3)."""


def branches(output: Output) -> list[tuple[float, Tensor]]:
    """Logits that learn from the labels, (B, T, C + 1) with the background last, and their share of the loss.

    A threshold of its own for each class is an extreme of the same curve and no score of the background; such methods
    (W-TALC's) decide whether a class occurs by the sign of its scores, so 0 is their background.
    """
    used = output.loss_extras
    if "spread.frames" in used:
        return [(PLAIN_SHARE, used["plain.frames"]), (1 - PLAIN_SHARE, used["spread.frames"])]
    scores = output.cas - output.background[..., None] if output.background.dim() == 2 else output.cas
    return [(1.0, F.pad(scores, (0, 1)))]


def with_rest(label: Tensor, mask: Tensor, rest: Rest) -> Tensor:
    """The label with what is said of the background behind it.

    Parameters
    ----------
    label
        y, (B, T, C), zero in the padding.
    mask
        Real snippets, (B, T).
    rest
        ``silent``: nothing (the paper). ``background``: what y lacks to 1. ``balanced``: the same, in each video scaled
        to the sum of its y. Most of a video is background, and unweighed it drowns the few snippets of an action.

    Returns
    -------
    Tensor
        (B, T, C + 1).
    """
    if rest == "silent":
        return F.pad(label, (0, 1))
    missing = (1 - label.sum(-1, keepdim=True)).clamp(min=0.0) * mask[..., None]  # (B, T, 1)
    if rest == "balanced":
        missing = missing * label.sum((1, 2), keepdim=True) / missing.sum((1, 2), keepdim=True).clamp(min=1e-6)
    return torch.cat([label, missing], dim=-1)


def label_loss(logits: Tensor, target: Tensor, open_: Tensor, lengths: Tensor) -> Tensor:
    """Cross-entropy towards labels that need not sum to 1 and may be negative, (7) and (9).

    Its gradient at a logit is ``P[t, c] sum_c' y[t, c'] - y[t, c]``: where y is 0 throughout, nothing is said.

    Parameters
    ----------
    logits
        (B, T, C + 1).
    target
        y, or its change, (B, T, C + 1).
    open_
        Snippets that take part, (B, T).
    lengths
        Snippets of each video, (B,).

    Returns
    -------
    Tensor
        Sum over snippets divided by each video's length, mean over videos, shape ().
    """
    per_snippet = -(target * F.log_softmax(logits, dim=-1)).sum(-1)  # (B, T)
    return (per_snippet.masked_fill(~open_, 0.0).sum(1) / lengths).mean()
