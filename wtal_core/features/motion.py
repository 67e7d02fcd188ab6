"""The descriptor of the built-in extractor ``motion``: two streams, no weights, nothing trained.

Appearance: histograms of gradient orientation (Dalal and Triggs, CVPR 2005) and colour. Motion: dense optical flow
(DIS, Kroeger et al., ECCV 2016) of pictures from which the camera's own motion has been taken out, as histograms of
flow orientation (HOF) and of motion boundaries (MBH; Dalal et al., ECCV 2006; camera motion as in Wang and Schmid, ICCV
2013).

Every histogram is collected on a fine grid of cells over the picture and pooled at the end of a snippet on a 4 x 4 grid
that follows the centre and the spread of the motion: what is done then looks alike wherever in the picture it is done.
(Average precision per snippet, actors left out, Weizmann training: 0.79 on a grid fixed to the picture, 0.85 on both,
0.89 on the one that follows.) Square roots keep large values from ruling, and the blocks are scaled to like size,
because the methods rotate features by an unscaled PCA.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[Any]
"""Floating-point array; the typing of OpenCV knows no closer."""

AREA = 19_200
"""Pixels of the working picture, about 160 x 120 with the video's proportions."""

ROWS, COLUMNS, ORIENTATIONS = 16, 20, 8
_POOL = 4
_FAINT = 0.25
"""Motion per fine cell and picture that is added everywhere before its centre is looked for."""

_STILL = 0.4
"""Pixels per 40 ms under which motion is taken for noise."""
_CUT = 45
"""Mean difference in grey levels of two steady pictures above which they are taken for different shots."""


def working_size(width: int, height: int) -> tuple[int, int]:
    """Width and height of the working picture for a video shown at ``width`` x ``height``; :data:`AREA` pixels."""
    w = min(max(round((AREA * width / height) ** 0.5 / 4) * 4, 40), AREA // 32)
    return w, min(max(round(AREA / w / 4) * 4, 32), AREA // 40)


class CameraMotion:
    """Pan, zoom and turn of the camera from one picture to the next.

    One corner per block of pixels is tracked (Lucas and Kanade, pyramids), so that a large background with little in it
    outvotes a small textured person; RANSAC then finds the motion most of them share. A similarity and nothing more: an
    affine or projective model can shear so that background on one side and a moving object on the other both fit.
    """

    block = 12
    tolerance = 0.6  # pixels
    least_corner = 2e-4  # smallest eigenvalue of the gradient matrix of a corner
    least_points = 10

    def __call__(self, before: NDArray[np.uint8], after: NDArray[np.uint8]) -> Floats:
        """The motion as a matrix (2, 3): a background point ``p`` of ``before`` is at ``M @ (p, 1)`` in ``after``."""
        points = self._corners(before)
        if len(points) >= self.least_points:
            moved, found, _ = cv2.calcOpticalFlowPyrLK(
                before, after, points, np.empty_like(points), winSize=(11, 11), maxLevel=3
            )
            kept = found[:, 0] == 1
            if kept.sum() >= self.least_points:
                model, inliers = cv2.estimateAffinePartial2D(
                    points[kept], moved[kept], method=cv2.RANSAC, ransacReprojThreshold=self.tolerance
                )
                if model is not None and inliers.mean() > 0.3 and self._is_plausible(model, before.shape):
                    return np.asarray(model, np.float32)
        return np.eye(2, 3, dtype=np.float32)

    def _corners(self, picture: NDArray[np.uint8]) -> Floats:
        """The best corner of every block that has one, shape (N, 2), x and y."""
        strength: Floats = cv2.cornerMinEigenVal(picture, 3)
        rows, columns = picture.shape[0] // self.block, picture.shape[1] // self.block
        blocks: Floats = strength[: rows * self.block, : columns * self.block].reshape(
            rows, self.block, columns, self.block
        )
        blocks = blocks.transpose(0, 2, 1, 3).reshape(rows * columns, -1)
        place = blocks.argmax(axis=1)
        y = np.arange(rows * columns) // columns * self.block + place // self.block
        x = np.arange(rows * columns) % columns * self.block + place % self.block
        good = blocks.max(axis=1) > self.least_corner
        return np.asarray(np.stack([x, y], axis=1)[good], np.float32)

    @staticmethod
    def _is_plausible(model: NDArray[np.float64], shape: tuple[int, ...]) -> bool:
        """A camera turns and zooms little in 40 ms; anything wilder is a cut or a failed fit."""
        centre = np.array([shape[1] / 2, shape[0] / 2, 1.0])
        shift = model @ centre - centre[:2]
        return bool(np.abs(model[:, :2] - np.eye(2)).max() < 0.06 and np.abs(shift).max() < min(shape[:2]) / 3)


class ResidualFlow:
    """Dense flow from one grey picture to the next, with the camera's motion taken out."""

    def __init__(self) -> None:
        self.camera = CameraMotion()
        self.dense: Any = cv2.DISOpticalFlow_create(  # type: ignore[attr-defined]
            cv2.DISOPTICAL_FLOW_PRESET_MEDIUM
        )
        self.dense.setPatchStride(4)  # with the next line 1.7 times as fast as the preset, errors within a tenth
        self.dense.setVariationalRefinementIterations(2)

    def __call__(self, before: NDArray[np.uint8], after: NDArray[np.uint8]) -> tuple[Floats, Floats]:
        """Residual flow (H, W, 2) in pixels and the camera motion (2, 3).

        The second picture is first moved back by the camera motion; what then still differs is what the flow sees. In
        plain areas, where flow knows nothing, that gives 0 and not the opposite of the camera. What the camera has
        just uncovered at the border counts as still, and so does a cut, where nothing of the first picture is left.
        """
        model = self.camera(before, after)
        h, w = before.shape
        steady = cv2.warpAffine(
            after,
            model,
            (w, h),
            dst=before.copy(),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_TRANSPARENT,
        )
        if cv2.norm(before, steady, cv2.NORM_L1) > _CUT * before.size:
            return np.zeros((h, w, 2), np.float32), model
        return np.asarray(self.dense.calc(before, steady, None), np.float32), model


def orientation_histogram(dx: Floats, dy: Floats, cells: NDArray[np.int64], least: float = 0.0) -> Floats:
    """Magnitude of a vector field by orientation, per fine cell, shape (ROWS * COLUMNS, ORIENTATIONS).

    Parameters
    ----------
    dx, dy
        The field, shape (H, W).
    cells
        Fine cell of every pixel, shape (H * W,).
    least
        Shorter vectors count nothing. Each other one is shared linearly between the two nearest orientations.
    """
    magnitude, angle = cv2.cartToPolar(dx, dy)
    strong = np.flatnonzero(magnitude.ravel() > least)
    length, turn = magnitude.ravel()[strong], angle.ravel()[strong] * (ORIENTATIONS / (2 * np.pi))
    low = turn.astype(np.int64)
    share = turn - low
    base = cells[strong] * ORIENTATIONS
    size = ROWS * COLUMNS * ORIENTATIONS
    counts = np.bincount(base + low % ORIENTATIONS, length * (1 - share), size)
    counts += np.bincount(base + (low + 1) % ORIENTATIONS, length * share, size)
    return counts.reshape(-1, ORIENTATIONS).astype(np.float32)


def fine_cells(height: int, width: int) -> NDArray[np.int64]:
    """Fine cell of every pixel of a picture, row by row, shape (H * W,)."""
    rows = np.arange(height) * ROWS // height
    columns = np.arange(width) * COLUMNS // width
    return np.asarray((rows[:, None] * COLUMNS + columns[None, :]).ravel(), np.int64)


@dataclass(frozen=True, slots=True)
class PictureCounts:
    """Fine-grid counts of one picture, or their sums over a snippet.

    Attributes
    ----------
    gradient
        Gradient orientation, (ROWS * COLUMNS, ORIENTATIONS).
    colour
        Mean Y, Cb, Cr per fine cell, (ROWS * COLUMNS, 3), 0 to 1.
    """

    gradient: Floats
    colour: Floats


def describe_picture(rgb: NDArray[np.uint8], grey: NDArray[np.uint8], cells: NDArray[np.int64]) -> PictureCounts:
    """Appearance of one working picture (H, W, 3)."""
    dx = cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=1)
    dy = cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=1)
    colour = cv2.resize(cv2.cvtColor(rgb, cv2.COLOR_RGB2YCrCb), (COLUMNS, ROWS), interpolation=cv2.INTER_AREA)
    return PictureCounts(
        orientation_histogram(dx, dy, cells, least=4.0), colour.reshape(-1, 3).astype(np.float32) / 255.0
    )


def describe_flow(flow: Floats, cells: NDArray[np.int64]) -> Floats:
    """HOF and MBH of x and y of a flow (H, W, 2) in pixels per 40 ms, shape (3, ROWS * COLUMNS, ORIENTATIONS)."""
    x, y = np.ascontiguousarray(flow[:, :, 0]), np.ascontiguousarray(flow[:, :, 1])
    parts = [orientation_histogram(x, y, cells, least=_STILL)]
    for component in (x, y):
        dx = cv2.Sobel(component, cv2.CV_32F, 1, 0, ksize=3, scale=0.25)
        dy = cv2.Sobel(component, cv2.CV_32F, 0, 1, ksize=3, scale=0.25)
        parts.append(orientation_histogram(dx, dy, cells, least=0.1))
    return np.stack(parts)


@dataclass
class SnippetDescriptor:
    """Sums over the pictures and picture pairs of one snippet, and the feature vector they give."""

    gradient: Floats = field(default_factory=lambda: np.zeros((ROWS * COLUMNS, ORIENTATIONS), np.float32))
    colour: Floats = field(default_factory=lambda: np.zeros((ROWS * COLUMNS, 3), np.float32))
    flow: Floats = field(default_factory=lambda: np.zeros((3, ROWS * COLUMNS, ORIENTATIONS), np.float32))
    n_pictures: int = 0
    n_pairs: int = 0

    def add_picture(self, counts: PictureCounts) -> None:
        """One more picture."""
        self.gradient += counts.gradient
        self.colour += counts.colour
        self.n_pictures += 1

    def add_flow(self, counts: Floats) -> None:
        """One more pair of pictures."""
        self.flow += counts
        self.n_pairs += 1

    def energy(self) -> Floats:
        """Motion per fine cell and pair, shape (ROWS * COLUMNS,)."""
        return np.asarray((self.flow[0] / max(1, self.n_pairs)).sum(axis=1), np.float32)

    def vector(self) -> Floats:
        """The feature vector, shape (:data:`DIM`,), ``rgb`` first."""
        gradient, colour = self.gradient / max(1, self.n_pictures), self.colour / max(1, self.n_pictures)
        flow = self.flow / max(1, self.n_pairs)
        pool = following_pool(self.energy())
        appearance = [_shares(pool @ gradient), 0.15 * (_FIXED_MEANS @ colour)]
        motion = [np.sqrt(pool @ part) / 30.0 for part in flow]
        return np.concatenate([part.ravel() for part in (*appearance, *motion)]).astype(np.float32)


def _shares(histogram: Floats) -> Floats:
    """Square roots of the shares of a histogram: a vector of length 1, or 0 for an empty one."""
    return np.sqrt(histogram / max(float(histogram.sum()), 1e-6))


def _tents(centre: float, half: float, n: int) -> Floats:
    """Weights (_POOL, n) of ``n`` cells in _POOL overlapping bins that span ``centre`` +- ``half``, all in 0 to 1."""
    places = (np.arange(n) + 0.5) / n
    position = (places - (centre - half)) / (2 * half) * _POOL - 0.5  # bin coordinate
    clipped = np.where((position > -1) & (position < _POOL), position, -9.0)
    return np.maximum(0.0, 1.0 - np.abs(clipped[None, :] - np.arange(_POOL)[:, None])).astype(np.float32)


def _pool(rows: Floats, columns: Floats) -> Floats:
    """Pooling matrix (_POOL * _POOL, ROWS * COLUMNS) out of weights per row and per column."""
    return np.asarray(np.einsum("ar,bc->abrc", rows, columns).reshape(_POOL * _POOL, ROWS * COLUMNS), np.float32)


_FIXED_MEANS = _pool(
    np.kron(np.eye(_POOL), np.full(ROWS // _POOL, _POOL / ROWS)).astype(np.float32),
    np.kron(np.eye(_POOL), np.full(COLUMNS // _POOL, _POOL / COLUMNS)).astype(np.float32),
)
"""Means over the coarse cells of a grid fixed to the picture."""


def following_pool(energy: Floats) -> Floats:
    """Pooling matrix of a grid around the motion.

    Parameters
    ----------
    energy
        Motion per fine cell, shape (ROWS * COLUMNS,).

    Returns
    -------
    Floats
        Shape (_POOL * _POOL, ROWS * COLUMNS). Centre and spread are those of the energy over a faint uniform one, so
        that a still snippet gives the whole picture and nothing jumps in between.
    """
    (y, height), (x, width) = focus(energy)
    return _pool(_tents(y, height, ROWS), _tents(x, width, COLUMNS))


def focus(energy: Floats) -> tuple[tuple[float, float], tuple[float, float]]:
    """Where the motion is: centre and half extent along y and along x, in shares of the picture.

    Parameters
    ----------
    energy
        Motion per fine cell, shape (ROWS * COLUMNS,).
    """
    weight = energy.astype(np.float64).reshape(ROWS, COLUMNS) + _FAINT
    weight /= weight.sum()
    found = []
    for n, along in ((ROWS, weight.sum(axis=1)), (COLUMNS, weight.sum(axis=0))):
        places = (np.arange(n) + 0.5) / n
        centre = float(along @ places)
        spread = float(np.sqrt(along @ (places - centre) ** 2))
        found.append((centre, min(max(1.8 * spread, 0.15), 0.5)))
    return found[0], found[1]


_BLOCK = _POOL * _POOL * ORIENTATIONS
N_APPEARANCE = _BLOCK + _POOL * _POOL * 3
DIM = N_APPEARANCE + 3 * _BLOCK
