"""One fixed piece of arithmetic, so that a cost measured on one machine carries over to another.

OMP_NUM_THREADS=1 python benchmarks/calibration.py

A calibration step is one training step of Linear 512-512, ReLU, Conv1d k=3 512-512, Linear 512-11 on a (10, 320, 512)
batch with Adam, on one thread. Costs of the public codes are published in multiples of it.
"""

import statistics
import time

import torch
from torch import Tensor, nn


class _Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.conv, self.last = nn.Linear(512, 512), nn.Conv1d(512, 512, 3, padding=1), nn.Linear(512, 11)

    def forward(self, features: Tensor) -> Tensor:
        hidden = torch.relu(self.first(features)).transpose(1, 2)
        return self.last(self.conv(hidden).transpose(1, 2))


def calibration_seconds(n_warm: int = 3, n_steps: int = 9) -> float:
    """Median CPU seconds of a step."""
    torch.set_num_threads(1)
    network, seconds = _Network(), []
    features, target = torch.randn(10, 320, 512), torch.randn(10, 320, 11)
    adam = torch.optim.Adam(network.parameters())
    for _ in range(n_warm + n_steps):
        begun = time.process_time()
        adam.zero_grad()
        (network(features) - target).square().mean().backward()
        adam.step()
        seconds.append(time.process_time() - begun)
    return statistics.median(seconds[n_warm:])


if __name__ == "__main__":
    print(f"{calibration_seconds(20, 30):.4f}")
