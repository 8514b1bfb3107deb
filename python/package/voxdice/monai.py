"""Metrics of MONAI 1.6, exact and without one-hot maps: the same constructors, and instances of MONAI's own classes, so that
buffers, ``aggregate()``, gathering over processes and handlers are MONAI's.

>>> from voxdice.monai import DiceMetric                                                        # doctest: +SKIP
>>> dice = DiceMetric(include_background=False, num_classes=118)                                # doctest: +SKIP
>>> dice(y_pred=logits.argmax(1, keepdim=True), y=labels)                                       # doctest: +SKIP

Tensors must be on the CPU. What is neither 0 nor 1 in one-hot maps is an error here and a silent wrong score there.
"""

from __future__ import annotations

from typing import Any

import monai.metrics as host
import numpy as np
import torch
from monai.metrics.utils import create_ignore_mask, ignore_background, prepare_spacing

from ._counts import Counts
from ._counts import counts as _count
from ._volumes import surfaces
from ._voxdice import Error

__all__ = [
    "ConfusionMatrixMetric",
    "DiceMetric",
    "HausdorffDistanceMetric",
    "MeanIoU",
    "SurfaceDiceMetric",
    "SurfaceDistanceMetric",
]


def _dimensions(y_pred: torch.Tensor, y: torch.Tensor, least: int = 3) -> None:
    if y_pred.ndim < least:
        raise ValueError(f"y_pred should have at least {least} dimensions (batch, channel, spatial), got {y_pred.ndim}.")
    if y_pred.shape[0] != y.shape[0] or y_pred.shape[2:] != y.shape[2:]:
        raise ValueError(f"y_pred and y should have same shapes, got {y_pred.shape} and {y.shape}.")


def _cells(y_pred: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """One-hot maps as masks, one per sample and channel."""
    if y_pred.shape != y.shape:
        raise ValueError(f"y_pred and y should have same shapes, got {y_pred.shape} and {y.shape}.")
    return y_pred.reshape(-1, *y_pred.shape[2:]), y.reshape(-1, *y.shape[2:])


def _of_masks(y_pred: torch.Tensor, y: torch.Tensor) -> np.ndarray:
    """tp, n_pred, n_truth and n of one-hot maps: [samples, channels, 4]."""
    pred, truth = _cells(y_pred, y)
    found = _count(pred=pred, truth=truth, labels=[1], sample_axis=0)
    if found.out_of_range_pred.any() or found.out_of_range_truth.any():
        raise Error("one-hot maps hold 0 and 1, and this one holds other numbers; give label maps of one channel, or binarize")
    table = np.stack([found.tp, found.n_pred, found.n_truth, found.n], axis=-1)
    return table.reshape(*y.shape[:2], 4)


def _of_labels(y_pred: torch.Tensor, y: torch.Tensor, classes: list[int], ignored: int | None) -> np.ndarray:
    """The same of label maps [samples, 1, ...]: [samples, classes, 4]. Of an ignored class MONAI counts what the prediction has
    elsewhere."""
    listed = [label for label in classes if label != ignored]
    table = np.zeros((y.shape[0], len(classes), 4), dtype=np.int64)
    if listed:
        found = _count(pred=y_pred[:, 0], truth=y[:, 0], labels=listed, ignore=ignored, sample_axis=0)
        places = [at for at, label in enumerate(classes) if label != ignored]
        table[:, places] = np.stack([found.tp, found.n_pred, found.n_truth, found.n], axis=-1)
    if ignored in classes:
        found = _count(pred=y_pred[:, 0], truth=y[:, 0], labels=[ignored], sample_axis=0)
        kept = found.n - found.n_truth
        table[:, classes.index(ignored)] = np.concatenate([0 * kept, found.fp, 0 * kept, kept], axis=1)
    return table


def _one_hot(maps: torch.Tensor, classes: list[int]) -> torch.Tensor:
    if maps.shape[1] > 1:
        return maps[:, classes]
    return torch.cat([maps == label for label in classes], dim=1)


def _kept(mask: torch.Tensor) -> np.ndarray:
    """How many voxels of each sample are not ignored: [samples, 1]. Whole numbers, as float32 ends at 2^24."""
    return mask.flatten(1).sum(dim=1, keepdim=True, dtype=torch.int64).numpy()


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return numerator / denominator


class DiceMetric(host.DiceMetric):
    """MONAI's DiceMetric: label maps ``[B, 1, ...]`` (with ``num_classes``) or one-hot maps ``[B, C, ...]``.

    ``counts`` are the exact counts of all samples since ``reset()``, ``frame()`` their scores by case and class.
    ``per_component`` is MONAI's alone, and refused.
    """

    def __init__(self, *args: Any, **choices: Any) -> None:
        super().__init__(*args, **choices)
        if self.per_component:
            raise Error("per_component is not here; use monai.metrics.DiceMetric for it, or voxdice.instances for lesions")

    def reset(self) -> None:
        super().reset()
        self._tables: list[np.ndarray] = []
        self._classes: list[int] = []

    def _compute_tensor(self, y_pred: torch.Tensor, y: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        _dimensions(y_pred, y)
        channels = self.num_classes or y_pred.shape[1]
        classes = list(range(0 if self.include_background else 1, channels)) if channels > 1 else [1]
        if y_pred.shape[1] == y.shape[1] == 1:
            table = _of_labels(y_pred, y, classes, self.ignore_index)
        else:
            mask = create_ignore_mask(y, self.ignore_index)
            y_pred, y = _one_hot(y_pred, classes), _one_hot(y, classes)
            if mask is not None:
                y_pred, y = y_pred * mask, y * mask
            table = _of_masks(y_pred, y)
            if mask is not None:
                table[..., 3] = _kept(mask)
        self._tables.append(table)
        self._classes = classes
        tp, n_pred, n_truth = (table[..., at] for at in range(3))
        dice = _ratio(2 * tp, n_pred + n_truth)
        if self.ignore_empty:
            dice = np.where(n_truth > 0, dice, np.nan)
        else:
            dice = np.where(n_pred + n_truth > 0, dice, 1.0)
        return torch.from_numpy(dice.astype(np.float32))

    @property
    def counts(self) -> Counts:
        """Exact counts ``[samples, classes]`` since ``reset()``, of this process."""
        if not self._tables:
            raise Error("nothing was counted since reset(); call the metric with a batch first")
        table = np.concatenate(self._tables)
        columns = [np.ascontiguousarray(table[..., at]) for at in range(4)]
        none = np.zeros_like(columns[0])
        names = tuple(f"label_{label}" for label in self._classes)
        return Counts(*columns, none, none, classes=names, labels=tuple((label,) for label in self._classes),
                      ignored="" if self.ignore_index is None else str(self.ignore_index), voxels=table[:, 0, 3])

    def frame(self, cases: list[str] | None = None) -> Any:
        """A pandas DataFrame with a row per sample and class; ``cases`` are names for the samples."""
        frame = self.counts.frame()
        if cases is not None:
            samples = self.counts.tp.shape[0]
            if len(cases) != samples:
                raise Error(f"there are {len(cases)} names for {samples} samples; give one for each")
            frame["sample"] = [cases[sample] for sample in frame["sample"]]
        return frame


def _one_hot_without(
    y_pred: torch.Tensor, y: torch.Tensor, include_background: bool, ignored: int | None
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
    """MONAI's rules for IoU and confusion matrices: an ignored channel is emptied, other ignored voxels are masked out."""
    original = y
    if not include_background:
        y_pred, y = ignore_background(y_pred=y_pred, y=y)
    if ignored is None:
        return y_pred, y, None
    if 0 <= ignored < y_pred.shape[1] + (not include_background):
        channel = ignored - (not include_background)
        if 0 <= channel < y_pred.shape[1]:
            y_pred, y = y_pred.clone(), y.clone()
            y_pred[:, channel] = 0
            y[:, channel] = 0
        return y_pred, y, None
    mask = create_ignore_mask(original, ignored)
    assert mask is not None
    return y_pred * mask, y * mask, mask


class MeanIoU(host.MeanIoU):
    """MONAI's MeanIoU of one-hot maps ``[B, C, ...]``."""

    def _compute_tensor(self, y_pred: torch.Tensor, y: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        _dimensions(y_pred, y)
        y_pred, y, _ = _one_hot_without(y_pred, y, self.include_background, self.ignore_index)
        table = _of_masks(y_pred, y)
        tp, n_pred, n_truth = (table[..., at] for at in range(3))
        union = n_pred + n_truth - tp
        if self.ignore_empty:
            iou = np.where(n_truth > 0, _ratio(tp, union), np.nan)
        else:
            iou = np.where(union > 0, _ratio(tp, union), 1.0)
        return torch.from_numpy(iou.astype(np.float32))


class ConfusionMatrixMetric(host.ConfusionMatrixMetric):
    """MONAI's ConfusionMatrixMetric of one-hot maps ``[B, C, ...]``; MONAI's formulas of exact counts."""

    def _compute_tensor(self, y_pred: torch.Tensor, y: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        if y_pred.ndim < 3 or (y_pred.ndim == 3 and y_pred.shape[-1] == 1):
            return super()._compute_tensor(y_pred, y)  # classification: a handful of numbers, and MONAI's warning
        _dimensions(y_pred, y)
        y_pred, y, mask = _one_hot_without(y_pred, y, self.include_background, self.ignore_index)
        table = _of_masks(y_pred, y)
        tp, n_pred, n_truth, n = (table[..., at] for at in range(4))
        if mask is not None:
            n = _kept(mask)
        fp, fn = n_pred - tp, n_truth - tp
        return torch.from_numpy(np.stack([tp, fp, n - fp - n_truth, fn], axis=-1).astype(np.float32))


def _as_masks(maps: torch.Tensor) -> torch.Tensor:
    return maps if maps.dtype == torch.bool else maps != 0


def _distances(y_pred: torch.Tensor, y: torch.Tensor, names: list[str], spacing: Any, preset: str) -> dict[str, np.ndarray]:
    """Scores of one-hot maps by name: [samples, channels]."""
    samples, channels = y.shape[:2]
    axes = y.ndim - 2
    y_pred, y = _as_masks(y_pred), _as_masks(y)
    own: list[tuple[float, ...]] = []
    for given in prepare_spacing(spacing=spacing, batch_size=samples, img_dim=axes):
        lengths = 1.0 if given is None else given
        own.append((float(lengths),) * axes if np.ndim(lengths) == 0 else tuple(float(length) for length in lengths))
    found = {name: np.empty((samples, channels)) for name in names}
    for lengths in sorted(set(own)):
        places = [at for at, other in enumerate(own) if other == lengths]
        some = slice(None) if len(places) == samples else places
        pred, truth = _cells(y_pred[some], y[some])
        report = surfaces(pred=pred, truth=truth, labels=[1], metrics=names, surface=preset, spacing=lengths, sample_axis=0)
        columns = report.columns()
        # Scores have names of their own, such as hd95, and the order that was asked for.
        for name, values in zip(names, list(columns.values())[7:], strict=True):
            if name == "hd_pred":  # where one side is empty it is infinite there, as without a direction
                values = np.where((columns["n_pred"] > 0) != (columns["n_truth"] > 0), np.inf, values)
            found[name][places] = values.reshape(len(places), channels)
    return found


def _masked(y_pred: torch.Tensor, y: torch.Tensor, include_background: bool, ignored: int | None) -> Any:
    if y_pred.shape != y.shape:
        raise ValueError(f"y_pred and y should have same shapes, got {y_pred.shape} and {y.shape}.")
    mask = create_ignore_mask(y, ignored)
    if mask is not None:
        y_pred, y = y_pred * mask, y * mask
    return (y_pred, y) if include_background else ignore_background(y_pred=y_pred, y=y)


def _euclidean(metric: Any) -> None:
    if metric.distance_metric != "euclidean":
        name = type(metric).__name__
        raise Error(f"distance_metric {metric.distance_metric} is not here; use monai.metrics.{name} for it, or euclidean")


class HausdorffDistanceMetric(host.HausdorffDistanceMetric):
    """MONAI's HausdorffDistanceMetric of one-hot maps ``[B, C, ...]`` with 2 or 3 axes of space; ``spacing`` in the call."""

    def __init__(self, *args: Any, **choices: Any) -> None:
        super().__init__(*args, **choices)
        _euclidean(self)

    def _compute_tensor(self, y_pred: torch.Tensor, y: torch.Tensor, **kwargs: Any) -> torch.Tensor:  # type: ignore[override]
        _dimensions(y_pred, y)
        y_pred, y = _masked(y_pred, y, self.include_background, self.ignore_index)
        name = "hd_pred" if self.directed else "hd"
        if self.percentile:
            if not 0 <= self.percentile <= 100:
                raise ValueError(f"percentile should be a value between 0 and 100, get {self.percentile}.")
            name += f"={float(self.percentile)!r}".removesuffix(".0")
        values = _distances(y_pred, y, [name], kwargs.get("spacing"), "monai")[name]
        if self.ignore_index is not None and 0 <= self.ignore_index - (not self.include_background) < values.shape[1]:
            values[:, self.ignore_index - (not self.include_background)] = np.nan
        return torch.from_numpy(values.astype(np.float32))


class SurfaceDistanceMetric(host.SurfaceDistanceMetric):
    """MONAI's SurfaceDistanceMetric of one-hot maps ``[B, C, ...]``: from the prediction, or of both sides."""

    def __init__(self, *args: Any, **choices: Any) -> None:
        super().__init__(*args, **choices)
        _euclidean(self)

    def _compute_tensor(self, y_pred: torch.Tensor, y: torch.Tensor, **kwargs: Any) -> torch.Tensor:  # type: ignore[override]
        _dimensions(y_pred, y)
        y_pred, y = _masked(y_pred, y, self.include_background, self.ignore_index)
        name = "assd" if self.symmetric else "asd_pred"
        values = _distances(y_pred, y, [name], kwargs.get("spacing"), "monai")[name]
        return torch.from_numpy(values.astype(np.float32))


class SurfaceDiceMetric(host.SurfaceDiceMetric):
    """MONAI's SurfaceDiceMetric of one-hot maps ``[B, C, ...]``, a tolerance per class; ``use_subvoxels`` is DeepMind's."""

    def __init__(self, *args: Any, **choices: Any) -> None:
        super().__init__(*args, **choices)
        _euclidean(self)

    def _compute_tensor(self, y_pred: torch.Tensor, y: torch.Tensor, **kwargs: Any) -> torch.Tensor:  # type: ignore[override]
        y_pred, y = _masked(y_pred, y, self.include_background, self.ignore_index)
        if y_pred.ndim not in (4, 5):
            raise ValueError("y_pred and y should be one-hot encoded: [B,C,H,W] or [B,C,H,W,D].")
        if y.shape[1] != len(self.class_thresholds):
            raise ValueError(
                f"number of classes ({y.shape[1]}) does not match number of class thresholds ({len(self.class_thresholds)})."
            )
        if not np.isfinite(self.class_thresholds).all() or min(self.class_thresholds) < 0:
            raise ValueError("All class thresholds need to be finite and >= 0.")
        names = [f"nsd={float(threshold)!r}".removesuffix(".0") for threshold in self.class_thresholds]
        preset = "monai-subvoxel" if self.use_subvoxels else "monai"
        found = _distances(y_pred, y, sorted(set(names)), kwargs.get("spacing"), preset)
        values = np.stack([found[name][:, at] for at, name in enumerate(names)], axis=1)
        return torch.from_numpy(values.astype(np.float32))
