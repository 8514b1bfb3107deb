"""Metrics of torchmetrics 1.9 with whole numbers for states, so that sums over batches and processes are exact.

>>> from voxdice.torchmetrics import DiceScore, SegmentationScores                              # doctest: +SKIP
>>> metric = SegmentationScores(num_classes=4, include_background=False, scores=("dice", "recall"))  # doctest: +SKIP
>>> metric(preds, target)                                                                       # doctest: +SKIP
{'dice_1': ..., 'dice_2': ..., 'recall_1': ...}
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torchmetrics.functional.segmentation.utils import _segmentation_inputs_format
from torchmetrics.metric import Metric
from torchmetrics.segmentation import DiceScore as _DiceScore

from . import _voxdice
from ._counts import counts as _count
from ._voxdice import Error

__all__ = ["DiceScore", "SegmentationScores"]


def _classes(classes: int, include_background: bool) -> list[int]:
    """The classes that are scored. A single one is never left out, as torchmetrics has it."""
    return list(range(0 if include_background or classes == 1 else 1, classes))


def _table(preds: torch.Tensor, target: torch.Tensor, classes: int, include_background: bool, form: str) -> torch.Tensor:
    """tp, n_pred, n_truth, n per sample and class: int64 [samples, classes, 4]."""
    if form == "index" and not preds.is_floating_point() and not target.is_floating_point():
        if preds.shape != target.shape:
            raise RuntimeError(
                f"Predictions and targets are expected to have the same shape, but got {preds.shape} and {target.shape}."
            )
        listed = _classes(classes, include_background)
        found = _count(pred=preds, truth=target, labels=listed, sample_axis=0)
        if found.out_of_range_pred.any() or found.out_of_range_truth.any():
            raise Error(f"class indices are 0 to {classes - 1}, and a map holds others; correct num_classes or the maps")
        columns = [found.tp, found.n_pred, found.n_truth, found.n]
        return torch.from_numpy(np.stack(columns, axis=-1))
    preds, target = _segmentation_inputs_format(preds, target, include_background, classes, form)
    shape = preds.shape[:2]
    cells = (side.reshape(-1, *side.shape[2:]) for side in (preds, target))
    pred, truth = cells
    found = _count(pred=pred, truth=truth, labels=[1], sample_axis=0)
    if found.out_of_range_pred.any() or found.out_of_range_truth.any():
        raise Error("one-hot maps hold 0 and 1, and this one holds other numbers; binarize it")
    table = np.stack([found.tp, found.n_pred, found.n_truth, found.n], axis=-1)
    return torch.from_numpy(table.reshape(*shape, 4))


class DiceScore(_DiceScore):
    """torchmetrics' DiceScore: its states and its means, of exact counts, and without one-hot maps of class indices."""

    def update(self, preds: torch.Tensor, target: torch.Tensor) -> None:
        table = _table(preds, target, self.num_classes, self.include_background, self.input_format)
        tp, n_pred, n_truth = (table[..., at] for at in range(3))
        self.numerator.append(2 * tp)
        self.denominator.append(n_pred + n_truth)
        self.support.append(n_truth)


class SegmentationScores(Metric):
    """Any scores of voxdice, of class indices or one-hot maps.

    ``scores`` are names of ``voxdice eval --metrics`` that need counts alone. The state is one int64 tensor
    ``[classes, 4]`` that is added over processes: exact. With ``aggregation_level="samplewise"`` each sample is scored, and the
    scores are averaged over the samples that have one. ``average`` is ``"none"`` (a dictionary with a key per score and class,
    such as ``dice_1``) or ``"macro"`` (a key per score).
    """

    full_state_update = False
    is_differentiable = False

    def __init__(self, num_classes: int, include_background: bool = True, scores: Iterable[str] = ("dice",),
                 average: str | None = "none", aggregation_level: str = "samplewise", input_format: str = "index",
                 empty: str = "nan", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if average not in ("none", None, "macro"):
            raise Error(f"average is `{average}`, and must be one of none, macro")
        if aggregation_level not in ("samplewise", "global"):
            raise Error(f"aggregation_level is `{aggregation_level}`, and must be one of samplewise, global")
        if input_format not in ("index", "one-hot", "mixed"):
            raise Error(f"input_format is `{input_format}`, and must be one of index, one-hot, mixed")
        self.num_classes, self.include_background = num_classes, include_background
        self.average, self.aggregation_level, self.input_format, self.empty = average, aggregation_level, input_format, empty
        self.classes = _classes(num_classes, include_background)
        self.scores = [name for name, _ in _voxdice.score(",".join(scores), empty, [])]
        size = (len(self.scores), len(self.classes))
        self.add_state("counts", torch.zeros(len(self.classes), 4, dtype=torch.int64), dist_reduce_fx="sum")
        self.add_state("total", torch.zeros(size, dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("defined", torch.zeros(size, dtype=torch.int64), dist_reduce_fx="sum")

    def _of(self, table: torch.Tensor) -> torch.Tensor:
        """Scores of rows: [scores, rows]."""
        found = _voxdice.score(",".join(self.scores), self.empty, table.reshape(-1, 4).tolist())
        return torch.tensor([values for _, values in found], dtype=torch.float64)

    def update(self, preds: torch.Tensor, target: torch.Tensor) -> None:
        table = _table(preds, target, self.num_classes, self.include_background, self.input_format)
        self.counts += table.sum(dim=0)
        values = self._of(table).reshape(len(self.scores), *table.shape[:2])
        self.total += values.nansum(dim=1)
        self.defined += (~values.isnan()).sum(dim=1)

    def compute(self) -> dict[str, torch.Tensor]:
        values = self._of(self.counts) if self.aggregation_level == "global" else self.total / self.defined
        if self.average == "macro":
            return {name: values[at].nanmean().float() for at, name in enumerate(self.scores)}
        return {
            f"{name}_{label}": values[at, place].float()
            for at, name in enumerate(self.scores)
            for place, label in enumerate(self.classes)
        }
