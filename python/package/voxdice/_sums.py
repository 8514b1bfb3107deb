"""Exact sums of probabilities, logits and masks."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from . import _choices, _inputs, _voxdice
from ._voxdice import Error

_TERMS = ("pred", "truth", "product", "pred_squared", "truth_squared", "abs_difference")


@dataclass(frozen=True, eq=False)
class Sums:
    """Exact sums per sample and channel: Σp, Σt, Σpt, Σp², Σt² and Σ|p − t|, each an integer times a power of two.

    They add up without rounding, whatever the order: ``a + b`` are the sums of all voxels together. The attributes ``pred``,
    ``truth``, ``product``, ``pred_squared``, ``truth_squared`` and ``abs_difference`` are the nearest floats, float64 arrays of
    shape ``[samples, channels]``.
    """

    #: Per cell the exact sums as (units, exponent): units · 2^exponent, Python's whole numbers.
    exact: tuple[tuple[tuple[int, int], ...], ...]
    #: Samples and channels.
    shape: tuple[int, int]
    #: Voxels of a cell.
    voxels: tuple[int, ...]
    #: Voxels of a cell that were left out as they were not finite.
    non_finite: tuple[int, ...]
    activation: str = "none"

    def _term(self, name: str) -> np.ndarray:
        place = _TERMS.index(name)
        of = (float(_fraction(cell[place])) for cell in self.exact)
        return np.array(list(of), dtype=np.float64).reshape(self.shape)

    pred = property(lambda self: self._term("pred"), doc="Σp")
    truth = property(lambda self: self._term("truth"), doc="Σt")
    product = property(lambda self: self._term("product"), doc="Σpt")
    pred_squared = property(lambda self: self._term("pred_squared"), doc="Σp²")
    truth_squared = property(lambda self: self._term("truth_squared"), doc="Σt²")
    abs_difference = property(lambda self: self._term("abs_difference"), doc="Σ|p − t|")

    def dice(self, smooth: float = 0.0) -> np.ndarray:
        """(2 Σpt + smooth) / (Σp + Σt + smooth); NaN where that is 0 / 0."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return (2 * self.product + smooth) / (self.pred + self.truth + smooth)

    def __add__(self, other: Any) -> Sums:
        if not isinstance(other, Sums):
            return NotImplemented
        if (self.shape, self.activation) != (other.shape, other.activation):
            raise Error("sums of other samples, channels or activations do not add up; make both in one way")
        cells = zip(self.exact, other.exact)
        exact = tuple(tuple(_added(a, b) for a, b in zip(one, two)) for one, two in cells)
        voxels = tuple(a + b for a, b in zip(self.voxels, other.voxels))
        left = tuple(a + b for a, b in zip(self.non_finite, other.non_finite))
        return Sums(exact, self.shape, voxels, left, self.activation)

    def __radd__(self, other: Any) -> Sums:
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def _value(self) -> tuple[Any, ...]:
        """What was summed, without the exponents in which it is written."""
        exact = tuple(tuple(map(_fraction, cell)) for cell in self.exact)
        return exact, self.shape, self.voxels, self.non_finite, self.activation

    def __eq__(self, other: Any) -> bool:
        return self._value() == other._value() if isinstance(other, Sums) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._value())

    def __repr__(self) -> str:
        return f"<voxdice.Sums: {self.shape[0]} samples, {self.shape[1]} channels>"


def _fraction(term: tuple[int, int]) -> Fraction:
    units, exponent = term
    return Fraction(units) * Fraction(2) ** exponent


def _added(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    exponent = min(a[1], b[1])
    return (a[0] << (a[1] - exponent)) + (b[0] << (b[1] - exponent)), exponent


#: Types of soft volumes that are read as they are.
_SOFT = ("float64", "float32", "float16", "bfloat16", "uint8", "uint16", "bool")


def soft(volume: Any, name: str) -> tuple[np.ndarray, str, tuple[int, ...]]:
    """A soft volume as one contiguous axis, its type, and its shape."""
    found = _inputs.field(volume, name)
    if found.kind not in _SOFT:
        raise Error(f"{name} is {found.kind}, and soft volumes are {', '.join(_SOFT)}; convert it, such as with astype('float32')")
    flat = np.ascontiguousarray(found.array).reshape(-1)
    return _inputs._bits(flat), found.kind, found.array.shape


def axes_of(shape: tuple[int, ...]) -> tuple[int, int, list[int]]:
    if len(shape) < 3:
        raise Error(f"pred has shape {shape}, and must be [samples, channels, axes of space...]; add axes with pred[None, None]")
    return shape[0], shape[1], list(shape[2:])


def truth_of(truth: Any, axes: tuple[int, int, list[int]]) -> tuple[np.ndarray, str, bool]:
    """A truth of the prediction's shape, or a map of labels of shape [samples, (1,) axes of space...]."""
    found = _inputs.field(truth, "truth")
    samples, channels, space = axes
    shape = found.array.shape
    if shape == (samples, channels, *space):
        flat, kind, _ = soft(truth, "truth")
        return flat, kind, False
    if shape in ((samples, *space), (samples, 1, *space)):
        return _inputs._bits(np.ascontiguousarray(found.array).reshape(-1)), found.kind, True
    raise Error(f"truth has shape {shape}; it must be {(samples, channels, *space)}, or {(samples, *space)} of labels")


def sums(*, pred: Any, truth: Any, activation: str = "none", threshold: float | None = None, non_finite: str = "error") -> Sums:
    """Exact sums of a soft prediction and its truth, per sample and channel.

    ``pred`` has shape ``[samples, channels, axes of space...]`` and is float64, float32, float16, bfloat16 (of torch),
    uint8, uint16 or bool. ``truth`` is of that shape, or a map of labels of shape ``[samples, axes of space...]``, of which
    channel c has label c (and a single channel label 1). ``activation`` is ``"none"``, ``"sigmoid"``, ``"softmax"``,
    ``"normalise"``, ``"argmax"`` or ``"threshold"`` (1 from ``threshold`` on, by default 0.5, as NumPy
    compares). ``non_finite`` says what NaN and infinities are: ``"error"`` or ``"ignore"``, which leaves voxels out where either
    side is not finite.

    ``"threshold"`` and ``"argmax"`` compare all digits of float64; other activations take the float32 next to it. Values within
    ±1 are summed on the grid 2^-46, for any order and number of threads (docs/arithmetic.md). Raises :class:`voxdice.Error` for
    other types and shapes, and for what is not finite.
    """
    if threshold is not None and activation != "threshold":
        raise Error(f'threshold is for activation="threshold", and this is "{activation}"; leave one of the two out')
    threshold = _choices.finite(0.5 if threshold is None else threshold, "threshold")
    _choices.words({"activation": activation, "non_finite": non_finite}, ("activation", "non_finite"), needed=True)
    flat, kind, shape = soft(pred, "pred")
    axes = axes_of(shape)
    of_truth, truth_kind, are_labels = truth_of(truth, axes)
    cells = _voxdice.sums(flat, kind, of_truth, truth_kind, axes, are_labels, activation, threshold, non_finite)
    exact = tuple(tuple(terms) for _, terms, _ in cells)
    named = f"threshold {threshold}" if activation == "threshold" else activation
    return Sums(exact, axes[:2], tuple(cell[0] for cell in cells), tuple(cell[2] for cell in cells), named)
