"""Evaluations of files and folders."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from . import _choices, _inputs, _voxdice
from ._files import text_of
from ._report import Report
from ._voxdice import Error


def _pairs(given: Any) -> tuple[str, str] | None:
    """The text of a CSV: from a path, or of pairs (truth, pred) or (truth, pred, name)."""
    if given is None:
        return None
    if isinstance(given, (str, os.PathLike)):
        return os.fspath(given), text_of(given)
    text = io.StringIO()
    csv.writer(text).writerows([list(map(os.fspath, pair[:2])) + list(pair[2:]) for pair in given])
    return "pairs", text.getvalue()


def evaluate(
    truth: Any,
    pred: Any,
    *,
    labels: _choices.Labels = None,
    regions: _choices.Regions = None,
    dataset: Any = None,
    colors: Any = None,
    ignore: _choices.Labels = None,
    metrics: _choices.Metrics = None,
    like: str | None = None,
    empty: str | None = None,
    missing: str = "error",
    surface: str | None = None,
    surface_choices: Mapping[str, Any] | None = None,
    instances: str | None = None,
    lesion_choices: Mapping[str, Any] | None = None,
    many_to_one: bool = False,
    size_classes: Sequence[float] = (),
    spacing: Sequence[float] | None = None,
    geometry: str = "warn",
    round: float | None = None,
    threshold: float | None = None,
    stack: bool = False,
    pairs: Any = None,
    pair_regex: str | None = None,
    cases: str | Iterable[str] | None = None,
    pool: str | None = None,
    shard: str | None = None,
    num_parts: int | None = None,
    part_id: int | None = None,
    resamples: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    strict: bool = False,
    progress: bool | Callable[[int, int], Any] = False,
) -> Report:
    """Evaluates two files or two folders, case by case and class by class: what ``voxdice eval TRUTH PRED`` does, with the words
    of its options (``voxdice eval --help``; docs/folders.md).

    ``truth`` and ``pred`` are paths. ``labels``, ``regions`` and ``dataset`` (a path, or the dict) say what is a class, by
    default every label that occurs but 0. ``colors`` says which colour of a picture is which: a dict such as ``{"road": (128,
    64, 128)}``, whose classes count from 1, the path of a CSV, or ``"804080=1"`` (docs/formats.md). ``metrics`` are names such as ``"dice,hd95,nsd=2"``; distances are in mm. ``like``
    takes the conventions of another evaluator (``"nnunet"``, ``"monai"``, ``"brats23-gli"``). ``missing`` is ``"error"`` (a
    finding), ``"skip"`` or ``"zero"``. ``surface_choices`` and ``lesion_choices`` are single choices by their names, such as
    ``{"boundary": "edge"}`` and ``{"connectivity": "faces"}``; ``instances`` is ``"components"`` or ``"labels"``. ``spacing``
    is in mm, x first, and in place of what the files say; pictures have two lengths. ``round`` is how far a number may be from
    the label it is rounded to, at most 0.5; ``threshold`` makes labels of a prediction that holds probabilities. ``stack``
    makes a volume of each folder of pictures, slice by slice. ``cases`` are names, or a pattern for them. ``pool`` says what
    means of lesion scores are over: ``"cases"``, or the ``"lesions"`` of all of them. ``shard`` is ``"1/4"``, or ``num_parts=4,
    part_id=0``, which counts from 0. ``threads`` are cases at a time. ``progress`` is True for a bar of tqdm, or a function of
    how many cases are done and how many there are.

    A case that cannot be evaluated is a finding (:attr:`Report.findings`), unless ``strict``. Raises :class:`voxdice.Error`
    where nothing can be evaluated, KeyboardInterrupt on Ctrl-C.
    """
    if not (_inputs.is_path(truth) and _inputs.is_path(pred)):
        raise Error("evaluate takes two paths; for arrays and images there are counts, surfaces and instances")
    for side in (truth, pred):
        if not _inputs.exists(side):
            raise Error(f"{os.fspath(side)}: no such file or folder; check the name")
    if (num_parts is None) != (part_id is None) or (shard is not None and num_parts is not None):
        raise Error('say shard="1/4", or num_parts=4 with part_id=0')
    if num_parts is not None:
        num_parts = _choices.count(num_parts, "num_parts", 1, 2**32 - 1)
        shard = f"{_choices.count(part_id, 'part_id', 0, num_parts - 1) + 1}/{num_parts}"
    if pairs is not None and pair_regex is not None:
        raise Error("pairs and pair_regex both say which files belong together; leave one of them out")
    if labels is not None and dataset is not None:
        raise Error("labels and dataset both say which classes there are; leave one of them out")
    choices = _choices.measured(metrics, surface, surface_choices, instances, lesion_choices, many_to_one, size_classes)
    choices = _choices.chosen(
        **choices,
        labels=_choices.labels(labels),
        regions=_choices.regions(regions),
        dataset=_choices.dataset(dataset),
        colors=_choices.colors(colors),
        ignore=_choices.ignore(ignore) or None,
        like=like,
        empty=empty,
        pool=pool,
        missing=missing,
        spacing=_choices.spacing(spacing),
        geometry=geometry,
        round=_choices.share(round, "round", 0, 0.5),
        threshold=_choices.finite(threshold, "threshold"),
        stack=_choices.flag(stack, "stack"),
        pairs=_pairs(pairs),
        pair_regex=pair_regex,
        cases=cases if isinstance(cases, str) else None,
        case_list=None if cases is None or isinstance(cases, str) else _choices.names(cases, "cases"),
        shard=shard,
        resamples=resamples,
        seed=seed,
        jobs=threads,
    )
    with _Heard(progress) as heard:
        report = Report(_voxdice.evaluate(os.fspath(truth), os.fspath(pred), choices, heard))
    broken = [found for found in report.findings if found["kind"] in ("missing", "extra", "failed")]
    if strict and broken and report.has_findings:
        lines = "; ".join(f"{found['case']}: {found['kind']} ({found['message']})" for found in broken)
        raise Error(f"{len(broken)} cases are not evaluated: {lines}")
    report._inner.check()
    return report


class _Heard:
    """Progress: a function, or a bar of tqdm."""

    def __init__(self, progress: bool | Callable[[int, int], Any]) -> None:
        self.progress, self.bar = progress, None

    def __enter__(self) -> Callable[[int, int], Any] | None:
        if callable(self.progress):
            return self.progress
        if not _choices.flag(self.progress, "progress"):
            return None
        try:
            from tqdm.auto import tqdm
        except ImportError as error:
            raise Error("progress=True needs tqdm, which is not installed; give a function of (done, cases)") from error
        self.bar = tqdm(unit="case")
        return self._show

    def _show(self, done: int, cases: int) -> None:
        self.bar.total = cases
        self.bar.update(done - self.bar.n)

    def __exit__(self, *_: Any) -> None:
        if self.bar is not None:
            self.bar.close()
