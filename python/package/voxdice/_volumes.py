"""Surfaces and objects of two volumes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from . import _choices, _inputs, _voxdice
from ._report import Report
from ._voxdice import Error


def surfaces(
    *,
    pred: Any,
    truth: Any,
    metrics: _choices.Metrics = "hd,hd95,assd,masd",
    labels: _choices.Labels = None,
    regions: _choices.Regions = None,
    ignore: _choices.Labels = None,
    spacing: Sequence[float] | None = None,
    surface: str | None = None,
    surface_choices: Mapping[str, Any] | None = None,
    sample_axis: int | None = None,
    geometry: str = "strict",
) -> Report:
    """Distances in mm between the surfaces of two label maps with 2 or 3 axes, and their topology, class by class.

    Inputs, classes and errors are those of :func:`counts`; both maps are held in memory, and copied first where the last axis
    (of nibabel's images the first) is not the one that lies closest together. ``metrics`` are names such as
    ``"hd95,assd,nsd=2,boundary_iou=2"``, and of topology ``"betti,cldice"`` (``voxdice eval --metrics help``). ``surface`` is the
    definition of another tool (``"monai"``, ``"deepmind"``, ...), ``surface_choices`` are single choices. ``spacing`` is the size of a voxel along each
    axis of the arrays, in their order, in mm (for paths x first, three lengths, or two for pictures); images and files know their own. With
    ``sample_axis`` each sample is a case.

    Raises :class:`voxdice.Error` without a spacing where distances are asked for.
    """
    choices = _choices.measured(metrics, surface, surface_choices, None, None, False, ())
    return _of_volumes(pred, truth, choices, labels, regions, ignore, spacing, sample_axis, geometry)


def instances(
    *,
    pred: Any,
    truth: Any,
    by: str = "components",
    metrics: _choices.Metrics = None,
    labels: _choices.Labels = None,
    regions: _choices.Regions = None,
    ignore: _choices.Labels = None,
    spacing: Sequence[float] | None = None,
    like: str | None = None,
    lesion_choices: Mapping[str, Any] | None = None,
    many_to_one: bool = False,
    size_classes: Sequence[float] = (),
    sample_axis: int | None = None,
    geometry: str = "strict",
) -> Report:
    """Lesions, cells and other objects of two label maps with 2 or 3 axes, one by one: found, missed, extra, panoptic quality.

    ``by`` is ``"components"`` (connected voxels of a class) or ``"labels"`` (each label is an object, and there is one class of
    them). ``like`` is the rule of a challenge or tool (``"brats23-gli"``, ``"panoptica"``, ``"cellpose"``), ``lesion_choices``
    single choices (``{"connectivity": "faces", "match": "greedy", "match_threshold": 0.1}``). ``size_classes`` and sizes such
    as ``"10mm3"`` need ``spacing``, which is as in :func:`surfaces`. :meth:`Report.lesions` has a row per lesion. Inputs and
    errors are those of :func:`counts`. Objects are numbered, and found at x, y and z, with x the first axis of nibabel's images
    and the last one of all other arrays, whatever their order of memory.
    """
    own = None if like is not None and by == "components" else by
    choices = _choices.measured(metrics, None, None, own, lesion_choices, many_to_one, size_classes)
    return _of_volumes(pred, truth, {**choices, "like": like}, labels, regions, ignore, spacing, sample_axis, geometry)


def _of_volumes(pred: Any, truth: Any, choices: dict[str, Any], labels: Any, regions: Any, ignore: Any,
                spacing: Sequence[float] | None, axis: int | None, geometry: str) -> Report:
    common = {
        "labels": _choices.labels(labels),
        "regions": _choices.regions(regions),
        "ignore": _choices.ignore(ignore) or None,
        "resamples": 0,
    }
    if _inputs.is_path(pred) and _inputs.is_path(truth):
        if axis is not None:
            raise Error("sample_axis is for arrays, and these are paths; leave it out, or evaluate two folders")
        _inputs.check_files(pred, truth, "surfaces and instances take")
        found = _choices.chosen(**choices, **common, spacing=_choices.spacing(spacing), geometry=geometry)
        return Report(_voxdice.evaluate(os.fspath(truth), os.fspath(pred), found, None))
    of_pred, of_truth = _inputs.pair(pred, truth, geometry)
    axis = _inputs.sample_axis(axis, of_truth.array.ndim)
    of_pred, of_truth = (_inputs.samples_first(side, axis) for side in (of_pred, of_truth))
    axes = of_truth.array.ndim - 1
    if axes not in (2, 3):
        more = "" if axis is not None else "; name the axis of samples with sample_axis, or take one volume"
        raise Error(f"truth has {axes} axes, and surfaces and lesions are of volumes with 2 or 3{more}")
    samples = of_truth.array.shape[0]
    if samples == 0:
        raise Error(f"axis {axis} has no samples, and nothing can be measured; leave such arrays out")
    own = spacing if spacing is not None else of_truth.spacing if of_truth.spacing is not None else of_pred.spacing
    own = _choices.spacing(own, axes)
    order = _inputs.order_of_axes(of_pred, of_truth)
    flat_pred, flat_truth = _inputs.together(of_pred, of_truth, order)
    inner = [place - 1 for place in order[1:]]
    shape = [of_truth.array.shape[1 + place] for place in inner]
    # The last axis is x. An image has no third one.
    x_first = None if own is None else [own[place] for place in reversed(inner)]
    x_first = [*x_first, 1.0] if x_first is not None and len(x_first) == 2 else x_first
    digits = len(str(samples))
    names = ["case"] if axis is None else [f"{sample:0{digits}}" for sample in range(samples)]

    def side(flat: np.ndarray, kind: str) -> list[Any]:
        return [(name, part, kind, shape) for name, part in zip(names, flat.reshape(samples, -1))]

    found = _choices.chosen(**choices, **common, spacing=x_first, geometry="off")
    inner_report = _voxdice.evaluate(side(flat_truth, of_truth.kind), side(flat_pred, of_pred.kind), found, None)
    return Report(inner_report)
