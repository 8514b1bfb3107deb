"""Scores in the words and the order of scikit-learn: ``(y_true, y_pred)``, ``average``, ``zero_division``. Only numpy is needed.

>>> from voxdice.sklearn import dice_score, recall_score
>>> dice_score([0, 1, 1], [0, 1, 0], average="macro")
0.6666666666666666
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ._counts import Counts
from ._counts import counts as _count
from ._voxdice import Error

__all__ = ["confusion_counts", "dice_score", "jaccard_score", "precision_score", "recall_score"]

def confusion_counts(y_true: Any, y_pred: Any, *, labels: Iterable[int] | None = None) -> Counts:
    """Exact counts of each label but 0, or of those listed."""
    return _count(pred=y_pred, truth=y_true, labels=labels)


def _score(name: str, y_true: Any, y_pred: Any, labels: Any, average: str | None, zero_division: float) -> Any:
    found = confusion_counts(y_true, y_pred, labels=labels)
    if zero_division not in (0, 1) and zero_division == zero_division:
        raise Error(f"zero_division is {zero_division}, and must be nan, 0 or 1")
    if average == "micro":
        columns = (found.tp, found.n_pred, found.n_truth, found.n)
        sums = [column.sum(keepdims=True) for column in columns]
        none = np.zeros_like(sums[0])
        found = Counts(*sums, none, none, classes=("all",), labels=((),))
    values = found.scores(name)[name]
    # Whatever has a denominator of 0, also where the maps differ: recall of a class that is only predicted.
    values = np.where(np.isnan(values), zero_division, values)
    if average is None:
        return values
    if average == "micro":
        return float(values[0])
    if average not in ("macro", "weighted"):
        raise Error(f"average is `{average}`, and must be one of None, micro, macro, weighted")
    defined = ~np.isnan(values)
    weights = found.n_truth[defined]
    if not defined.any():
        return float("nan")
    # Without any truth the classes weigh the same.
    is_weighted = average == "weighted" and weights.any()
    return float(np.average(values[defined], weights=weights if is_weighted else None))


def dice_score(y_true: Any, y_pred: Any, *, labels: Iterable[int] | None = None, average: str | None = None,
               zero_division: float = float("nan")) -> Any:
    """Dice of each label (``average=None``), or a mean over labels: ``"micro"``, ``"macro"``, ``"weighted"``."""
    return _score("dice", y_true, y_pred, labels, average, zero_division)


def jaccard_score(y_true: Any, y_pred: Any, *, labels: Iterable[int] | None = None, average: str | None = None,
                  zero_division: float = float("nan")) -> Any:
    """Intersection over union, as :func:`dice_score`."""
    return _score("iou", y_true, y_pred, labels, average, zero_division)


def recall_score(y_true: Any, y_pred: Any, *, labels: Iterable[int] | None = None, average: str | None = None,
                 zero_division: float = float("nan")) -> Any:
    """Recall, as :func:`dice_score`."""
    return _score("recall", y_true, y_pred, labels, average, zero_division)


def precision_score(y_true: Any, y_pred: Any, *, labels: Iterable[int] | None = None, average: str | None = None,
                    zero_division: float = float("nan")) -> Any:
    """Precision, as :func:`dice_score`."""
    return _score("precision", y_true, y_pred, labels, average, zero_division)
