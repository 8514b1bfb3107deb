"""Counts of label maps, class by class."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from . import _choices, _inputs, _voxdice
from ._frames import html_table, pandas
from ._report import Report
from ._voxdice import Error

_FIELDS = ("tp", "n_pred", "n_truth", "n", "out_of_range_pred", "out_of_range_truth")


@dataclass(frozen=True, eq=False)
class Counts:
    """Exact voxel counts per sample and class.

    ``tp``, ``n_pred``, ``n_truth``, ``n``, ``out_of_range_pred`` and ``out_of_range_truth`` are int64 arrays of shape
    ``[classes]``, or ``[samples, classes]`` where a sample axis was named: voxels of the class in both maps, in either, all
    voxels that count, and voxels whose label is neither listed, nor 0, nor ignored. They are what any overlap score is a
    formula of, and they add up: ``a + b`` and ``sum(parts)`` are the counts of all voxels together, whatever the order.
    """

    tp: np.ndarray
    n_pred: np.ndarray
    n_truth: np.ndarray
    n: np.ndarray
    out_of_range_pred: np.ndarray
    out_of_range_truth: np.ndarray
    #: What classes are called.
    classes: tuple[str, ...]
    #: The labels of each class.
    labels: tuple[tuple[int, ...], ...]
    #: Labels of the truth whose voxels do not count, as they were named.
    ignored: str = ""
    #: Whether the classes are those that occurred: then sums have the classes of either.
    found: bool = False
    #: Voxels that count, per sample: of all classes alike, and there without any class.
    voxels: Any = 0

    @property
    def fp(self) -> np.ndarray:
        """Voxels of the prediction that the truth lacks."""
        return self.n_pred - self.tp

    @property
    def fn(self) -> np.ndarray:
        """Voxels of the truth that the prediction lacks."""
        return self.n_truth - self.tp

    @property
    def tn(self) -> np.ndarray:
        """Voxels of neither."""
        return self.n - self.n_pred - self.fn

    def scores(self, *names: str, empty: str = "nan") -> dict[str, np.ndarray]:
        """Scores by name, such as ``scores("dice", "recall", "fbeta=2")``: float64 arrays of the shape of the counts. Without a
        name they are Dice and IoU; ``"all"`` is every score of counts.

        ``empty`` is what a score with a denominator of 0 is: ``"nan"``, ``"one"`` (1 where both maps are equal, else 0) or
        ``"zero"``. Raises :class:`voxdice.Error` for names that are no score of counts.
        """
        rows = np.stack([self.tp, self.n_pred, self.n_truth, self.n], axis=-1)
        _choices.words({"empty": empty}, ("empty",), needed=True)
        found = _voxdice.score(_choices.metrics(names) or "dice,iou", empty, rows.reshape(-1, 4).tolist())
        return {name: np.array(values, dtype=np.float64).reshape(self.tp.shape) for name, values in found}

    def frame(self, *names: str, empty: str = "nan") -> Any:
        """A pandas DataFrame: a row per sample and class with counts and scores."""
        columns: dict[str, Any] = {}
        if self.tp.ndim == 2:
            columns["sample"] = np.repeat(np.arange(self.tp.shape[0]), self.tp.shape[1])
        columns["label"] = list(self.classes) * (self.tp.shape[0] if self.tp.ndim == 2 else 1)
        for name in _FIELDS[:4]:
            columns[name] = getattr(self, name).reshape(-1)
        columns.update({name: values.reshape(-1) for name, values in self.scores(*names, empty=empty).items()})
        return pandas().DataFrame(columns)

    def pooled(self) -> Counts:
        """All samples as one."""
        if self.tp.ndim == 1:
            return self
        arrays = {name: getattr(self, name).sum(axis=0, dtype=np.int64) for name in _FIELDS}
        if any((getattr(self, name).sum(axis=0, dtype=np.float64) > 9.2e18).any() for name in _FIELDS):
            raise Error("the sum of these counts passes 64 bits; keep them apart")
        return Counts(**arrays, **self._identity(), voxels=int(np.sum(self.voxels)))

    def _identity(self) -> dict[str, Any]:
        return {"classes": self.classes, "labels": self.labels, "ignored": self.ignored, "found": self.found}

    @classmethod
    def zero(cls, labels: _choices.Labels = None, *, regions: _choices.Regions = None, ignore: _choices.Labels = None) -> Counts:
        """Counts of no voxels, to begin a sum with."""
        classes, sets = _classes(_choices.labels(labels), _choices.regions(regions))
        none = np.zeros(len(classes or ()), dtype=np.int64)
        named = {"classes": classes or (), "labels": tuple(map(tuple, sets or ())), "ignored": _choices.ignore(ignore)}
        return cls(*(none.copy() for _ in _FIELDS), **named, found=sets is None)

    def __add__(self, other: Any) -> Counts:
        if not isinstance(other, Counts):
            return NotImplemented
        if (self.found, self.ignored) != (other.found, other.ignored) or self.tp.ndim != other.tp.ndim:
            raise Error("these counts were made with other classes, ignored labels or sample axes; count both in one way")
        if self.tp.ndim == 2 and self.tp.shape[0] != other.tp.shape[0]:
            raise Error(f"counts of {self.tp.shape[0]} and {other.tp.shape[0]} samples do not add up; pool them first")
        a, b = (self, other) if not self.found else (self._with(other), other._with(self))
        if (a.classes, a.labels) != (b.classes, b.labels):
            raise Error(f"counts of {', '.join(a.classes)} and of {', '.join(b.classes)} do not add up; count the same classes")
        arrays = {name: getattr(a, name) + getattr(b, name) for name in _FIELDS}
        if any((array < 0).any() for array in arrays.values()):
            raise Error("the sum of these counts passes 64 bits; keep them apart")
        return Counts(**arrays, **a._identity(), voxels=a.voxels + b.voxels)

    def __radd__(self, other: Any) -> Counts:
        """``sum(parts)`` begins with 0."""
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def _with(self, other: Counts) -> Counts:
        """The same with the classes of both, where they are those that occurred."""
        labels = tuple(sorted(set(self.labels) | set(other.labels)))
        if labels == self.labels:
            return self
        place = {label: at for at, label in enumerate(self.labels)}

        def spread(name: str) -> np.ndarray:
            # A label that does not occur has no voxels, and all voxels were looked at.
            missing = np.asarray(self.voxels) if name == "n" else np.zeros_like(np.asarray(self.voxels))
            columns = [getattr(self, name)[..., place[label]] if label in place else missing for label in labels]
            return np.stack(columns, axis=-1).astype(np.int64)

        arrays = {name: spread(name) for name in _FIELDS}
        identity = {**self._identity(), "labels": labels, "classes": tuple(str(label[0]) for label in labels)}
        return Counts(**arrays, **identity, voxels=self.voxels)

    def __eq__(self, other: Any) -> bool:
        if not isinstance(other, Counts):
            return NotImplemented
        same = self._identity() == other._identity() and np.array_equal(self.voxels, other.voxels)
        return same and all(np.array_equal(getattr(self, name), getattr(other, name)) for name in _FIELDS)

    __hash__ = None  # type: ignore[assignment]  # arrays can be written

    def to_dict(self) -> dict[str, Any]:
        """Plain lists and numbers, as JSON has them."""
        arrays = {name: getattr(self, name).tolist() for name in _FIELDS}
        return {**arrays, **self._identity(), "voxels": np.asarray(self.voxels).tolist()}

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Counts:
        """Counts from :meth:`to_dict`, also after JSON."""
        try:
            arrays = {name: _wholes(given[name]) for name in _FIELDS}
            classes = tuple(map(str, given["classes"]))
            labels = tuple(tuple(_choices.whole(label, "labels") for label in labels) for labels in given["labels"])
            voxels = _wholes(given["voxels"])
            shapes = {array.shape for array in arrays.values()}
            if shapes != {(*voxels.shape, len(classes))} or len(labels) != len(classes) or voxels.ndim > 1:
                raise ValueError(f"counts of shapes {sorted(shapes)} for {len(classes)} classes and {voxels.size} samples")
            return cls(**arrays, classes=classes, labels=labels, ignored=_choices.ignore(given["ignored"] or None),
                       found=bool(given["found"]), voxels=voxels if voxels.ndim else int(voxels))
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise Error(f"this is no dictionary of counts ({error!r}); give what to_dict() returned") from error

    def __repr__(self) -> str:
        samples = f"{self.tp.shape[0]} samples, " if self.tp.ndim == 2 else ""
        return f"<voxdice.Counts: {samples}{len(self.classes)} classes>"

    def _repr_html_(self) -> str:
        scores = self.pooled().scores()
        rows = ([name, *(f"{scores[score][at]:.4f}" for score in scores)] for at, name in enumerate(self.classes))
        return html_table(["label", *scores], rows)


def _wholes(given: Any) -> np.ndarray:
    """Whole numbers from 0 on that int64 can hold."""
    array = np.array(given)
    if array.size and (array.dtype.kind not in "iu" or array.min() < 0 or array.max() >= 2**63):
        raise ValueError("counts are whole numbers from 0 to 2^63 - 1")
    return array.astype(np.int64)


def _classes(
    listed: list[int] | None, unions: list[tuple[str | None, list[int]]]
) -> tuple[tuple[str, ...] | None, list[list[int]] | None]:
    """Names of classes, and the labels of each; None where classes are the labels that occur."""
    if listed is None and not unions:
        return None, None
    sets = [[label] for label in listed or []] + [union for _, union in unions]
    named = [name or "(" + ", ".join(map(str, union)) + ("," if len(union) == 1 else "") + ")" for name, union in unions]
    names = (*map(str, listed or []), *named)
    if len(set(names)) < len(names):
        raise Error(f"two classes are called alike in {', '.join(names)}; give each a name of its own")
    return names, sets


def counts(
    *,
    pred: Any,
    truth: Any,
    labels: _choices.Labels = None,
    regions: _choices.Regions = None,
    ignore: _choices.Labels = None,
    sample_axis: int | None = None,
    geometry: str = "strict",
) -> Counts:
    """Exact counts of two label maps, class by class.

    ``pred`` and ``truth`` are paths of files, or arrays, tensors or images of one shape: bool, integers of 8 to 64 bits, or
    floats that hold whole numbers, in any order of memory. They are read where they lie, without a copy, unless the two lie in
    different orders, with gaps, backwards, with samples that are not the outermost axis, or in the byte order of another machine.
    ``labels`` are the classes (``[1, 2]``, ``range(1, 118)``, ``"1,2,5-9"``; by default all that occur but
    0), ``regions`` unions of labels with names, ``ignore`` labels of the truth whose voxels do not count. With
    ``sample_axis`` each place on that axis is a sample of its own. ``geometry`` is ``"strict"`` or ``"off"`` for images that
    know where they lie; for paths also ``"warn"``, which is the command's.

    Raises :class:`voxdice.Error` for numbers that are no labels (negative ones that are not ignored, fractions, NaN), with
    the place of the first one, and for shapes and grids that differ.
    """
    # Read once: these may be iterators.
    listed, unions = _choices.labels(labels), _choices.regions(regions)
    classes, sets = _classes(listed, unions)
    ignored = _choices.ignore(ignore)
    if _inputs.is_path(pred) and _inputs.is_path(truth):
        if sample_axis is not None:
            raise Error("sample_axis is for arrays, and these are paths; leave it out, or evaluate two folders")
        return _of_files(pred, truth, classes, sets, listed, unions, ignored, geometry)
    of_pred, of_truth = _inputs.pair(pred, truth, geometry)
    axis = _inputs.sample_axis(sample_axis, of_truth.array.ndim)
    of_pred, of_truth = (_inputs.samples_first(side, axis) for side in (of_pred, of_truth))
    samples = of_truth.array.shape[0]
    flat_pred, flat_truth = _inputs.together(of_pred, of_truth, _inputs.order_in_memory(of_truth))
    found, rows, voxels = _voxdice.count(
        flat_pred, of_pred.kind, flat_truth, of_truth.kind, samples, sets, ignored
    )
    table = np.array(rows, dtype=np.int64).reshape(samples, len(found), 6)
    n: Any = np.array(voxels, dtype=np.int64)
    if axis is None:
        table, n = table[0], int(n[0])
    names = classes if classes is not None else tuple(str(own[0]) for own in found)
    arrays = {name: np.ascontiguousarray(table[..., at]) for at, name in enumerate(_FIELDS)}
    return Counts(**arrays, classes=names, labels=tuple(map(tuple, found)), ignored=ignored, found=sets is None, voxels=n)


def _of_files(
    pred: Any, truth: Any, classes: Any, sets: Any, listed: Any, unions: Any, ignored: str, geometry: str
) -> Counts:
    """Files are decoded while they are counted."""
    _inputs.check_files(pred, truth, "counts takes")
    named = {"labels": listed, "regions": unions, "ignore": ignored or None}
    choices = _choices.chosen(**named, geometry=geometry, resamples=0)
    report = Report(_voxdice.evaluate(os.fspath(truth), os.fspath(pred), choices, None))
    columns = report.columns()
    beyond = np.array(report._inner.out_of_range(), dtype=np.int64).reshape(-1, 2)
    arrays = {name: columns[name] for name in _FIELDS[:4]}
    arrays.update(zip(_FIELDS[4:], (beyond[:, 0].copy(), beyond[:, 1].copy())))
    names = classes if classes is not None else tuple(columns["label"])
    own = sets if sets is not None else [labels for _, _, labels in report.classes]
    return Counts(**arrays, classes=names, labels=tuple(map(tuple, own)), ignored=ignored, found=sets is None,
                  voxels=report._inner.voxels()[0])


def dice(a: Any, b: Any, *, labels: _choices.Labels = None, regions: _choices.Regions = None,
         ignore: _choices.Labels = None, empty: str = "nan", geometry: str = "strict") -> dict[str, float]:
    """Dice of each class, by its name. It is symmetric but for ``ignore``, which looks at ``b`` as the truth.

    Inputs and errors are those of :func:`counts`.
    """
    found = counts(pred=a, truth=b, labels=labels, regions=regions, ignore=ignore, geometry=geometry)
    return dict(zip(found.classes, found.scores("dice", empty=empty)["dice"].tolist()))


def rows(truth: Any, pred: Any, case: str | None = None, **choices: Any) -> list[dict[str, Any]]:
    """The counts of a pair as plain rows, for engines that work on tables: ``case``, ``label``, ``tp``, ``n_pred``, ``n_truth``,
    ``n`` and ``rules``, a hash of what cannot be changed afterwards (labels, regions, ignored labels). Rows of one case and
    label add up; rows with other rules do not belong together. ``choices`` are those of :func:`counts`."""
    found = counts(pred=pred, truth=truth, **choices).pooled()
    identity = repr((None if found.found else (found.classes, found.labels), found.ignored))
    rules = hashlib.sha256(identity.encode()).hexdigest()[:16]
    name = case if case is not None else Path(pred).name if _inputs.is_path(pred) else "case"
    numbers = zip(found.tp, found.n_pred, found.n_truth, found.n)
    return [
        {"case": name, "label": label, "tp": int(tp), "n_pred": int(p), "n_truth": int(t), "n": int(n), "rules": rules}
        for label, (tp, p, t, n) in zip(found.classes, numbers)
    ]
