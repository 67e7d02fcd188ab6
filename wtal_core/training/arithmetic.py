"""In which precision a step is computed: a network in bfloat16 on a GPU where that is asked for, losses in float32."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor

from wtal_core.models.method import Output


def network_arithmetic(device: torch.device, autocast: bool) -> AbstractContextManager[object]:
    """What a network's forward pass runs in.

    Parameters
    ----------
    device
        Where the network is. A CPU computes in float32 whatever is asked for, so that a run there is its seed's.
    autocast
        ``TrainingConfig.autocast``. A GPU without bfloat16 stays in float32: float16 would need its losses scaled.
    """
    if not autocast or device.type != "cuda" or not torch.cuda.is_bf16_supported():
        return nullcontext()
    return torch.autocast("cuda", torch.bfloat16)


def in_float32(output: Output) -> Output:
    """What a network says with every half-precision tensor widened; float32 and whole numbers are the same objects."""
    return Output(
        _widened(output.cas),
        _widened(output.background),
        _widened(output.video_scores),
        _all_widened(output.extras),
        _all_widened(output.loss_extras),
    )


def _widened(values: Tensor) -> Tensor:
    return values.float() if values.dtype in (torch.bfloat16, torch.float16) else values


def _all_widened(named: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: _widened(values) for name, values in named.items()}
