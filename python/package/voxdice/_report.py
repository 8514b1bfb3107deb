"""Evaluations: cases, classes and scores, from files, folders or arrays."""

from __future__ import annotations

import csv
import html
import io
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from . import _choices, _inputs, _voxdice
from ._voxdice import Error


def pandas() -> Any:
    try:
        import pandas as found
    except ImportError as error:
        raise Error("a frame needs pandas, which is not installed; use columns(), or `pip install pandas`") from error
    return found


def html_table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    def row(cells: Iterable[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(str(cell))}</{tag}>" for cell in cells) + "</tr>"

    body = "".join(row(cells, "td") for cells in rows)
    return f"<table><thead>{row(header, 'th')}</thead><tbody>{body}</tbody></table>"


#: Rows of a table in a notebook.
_MOST_ROWS = 40


class Report:
    """Cases with their exact counts and scores; what :func:`evaluate`, :func:`surfaces`, :func:`instances` and :func:`merge`
    return.

    Counts are integers, so two runs are equal with ``==`` or differ, and ``a + b`` are the cases of both. Scores are made when
    they are asked for. Of lesions one by one (:meth:`lesions`) nothing is kept by :meth:`save` and pickle but their numbers.
    """

    def __init__(self, inner: _voxdice.Report) -> None:
        self._inner = inner

    @property
    def cases(self) -> tuple[str, ...]:
        """The names of the cases, sorted."""
        return tuple(self._inner.case_names())

    @property
    def classes(self) -> tuple[tuple[str, str, tuple[int, ...]], ...]:
        """Key, name and labels of each class."""
        return tuple((key, name, tuple(labels)) for key, name, labels in self._inner.class_list())

    @property
    def metrics(self) -> tuple[str, ...]:
        """The scores that were asked for."""
        return tuple(self._inner.score_names())

    @property
    def findings(self) -> list[dict[str, str]]:
        """What was found beside scores: ``kind`` (missing, extra, failed, warning, note), ``case`` and ``message``."""
        return [{"kind": kind, "case": case, "message": message} for kind, case, message in self._inner.finding_list()]

    @property
    def has_findings(self) -> bool:
        """Whether a case is missing, broken, or on grids that truly differ: where the command ends with exit code 1."""
        return self._inner.has_findings()

    def columns(self, metrics: _choices.Metrics = None) -> dict[str, Any]:
        """A row per case and class as columns: lists ``case``, ``label``, ``name``; int64 arrays ``tp``, ``n_pred``, ``n_truth``,
        ``n``; and a float64 array per score, NaN where it is undefined. Distances are in mm, volumes in mL."""
        return self._inner.columns(_choices.metrics(metrics))

    def frame(self, metrics: _choices.Metrics = None) -> Any:
        """The same as a pandas DataFrame. Raises :class:`voxdice.Error` without pandas."""
        return pandas().DataFrame(self.columns(metrics))

    def scores(self, *metrics: str) -> dict[str, np.ndarray]:
        """Scores by name: float64 arrays of shape ``[cases, classes]``. Raises :class:`voxdice.Error` for distances and lesions
        that were not measured."""
        asked = ",".join(metrics) or None
        columns = self.columns(asked)
        shape = (len(self.cases), len(self.classes))
        rest = list(columns)[7:]
        return {name: columns[name].reshape(shape) for name in rest}

    def mean(self, metric: str = "dice") -> float:
        """The one number of a score: the mean over cases, then over classes but the background (``like`` may say otherwise), of
        what is defined."""
        return self._inner.mean(metric)

    def worst(self, most: int = 5, metric: str | None = None) -> list[tuple[str, str, float]]:
        """The cases and classes with the worst values, worst first."""
        return self._inner.worst(most, metric)

    def lesions(self) -> list[dict[str, str]]:
        """A row per lesion of either side, as the command's ``--lesions`` file has them."""
        return list(csv.DictReader(io.StringIO(self._inner.lesions())))

    def summary(self) -> str:
        """The table that the command prints."""
        return self._inner.table()

    def markdown(self, digits: int | None = None) -> str:
        """Classes by scores, means with their intervals."""
        return self._inner.markdown(digits)

    def latex(self, digits: int | None = None) -> str:
        """The same for a paper, with booktabs."""
        return self._inner.latex(digits)

    def to_json(self) -> str:
        """All that :func:`merge` and :func:`compare` need: what the command prints with ``--format json``."""
        return self._inner.json()

    @classmethod
    def from_json(cls, text: str, name: str = "report") -> Report:
        """A report from :meth:`to_json`, or from a summary.json of nnU-Net. ``name`` is what errors call it."""
        return cls(_voxdice.parse(text, name))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a file by its ending: ``.json`` (all of it), ``.csv``, ``.html`` (a page with pictures), ``.md``, ``.tex``; and
        nnU-Net's layout to ``summary.json``. It is written under another name first, so that none is left half."""
        path = Path(path)
        writers: dict[str, Callable[[], str]] = {
            ".json": self._inner.nnunet if path.name == "summary.json" else self.to_json,
            ".csv": self._inner.csv,
            ".html": self._inner.html,
            ".md": self.markdown,
            ".tex": self.latex,
        }
        if path.suffix not in writers:
            raise Error(f"{path}: the ending says no form; name it one of {', '.join(writers)}")
        text = writers[path.suffix]()
        hidden = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            hidden.write_text(text, encoding="utf-8", newline="")
            hidden.replace(path)
        except OSError as error:
            hidden.unlink(missing_ok=True)
            raise Error(f"{path}: cannot be written: {error}") from error

    def __getitem__(self, case: str) -> dict[str, Any]:
        """The columns of one case."""
        columns = self.columns()
        rows = [at for at, name in enumerate(columns["case"]) if name == case]
        if not rows and case not in self.cases:
            raise KeyError(case)
        pick = slice(rows[0], rows[-1] + 1) if rows else slice(0, 0)
        return {name: values[pick] for name, values in columns.items()}

    def __len__(self) -> int:
        return len(self.cases)

    def __iter__(self) -> Iterator[str]:
        return iter(self.cases)

    def __add__(self, other: Any) -> Report:
        return merge([self, other]) if isinstance(other, Report) else NotImplemented

    def __radd__(self, other: Any) -> Report:
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def __eq__(self, other: Any) -> bool:
        return self.to_json() == other.to_json() if isinstance(other, Report) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return Report.from_json, (self.to_json(),)

    def __repr__(self) -> str:
        failed = sum(found["kind"] == "failed" for found in self.findings)
        beside = f", {failed} failed" if failed else ""
        return f"<voxdice.Report: {len(self.cases)} cases, {len(self.classes)} classes{beside}>"

    def _repr_html_(self) -> str:
        names, rows = self.metrics, []
        columns = self.columns()
        for at, case in enumerate(columns["case"][:_MOST_ROWS]):
            values = (columns[name][at] for name in names)
            rows.append([case, columns["name"][at], *("-" if v != v else f"{v:.4f}" for v in values)])
        rows.append(["mean", "", *(f"{self.mean(name):.4f}" for name in names)])
        more = len(columns["case"]) - _MOST_ROWS
        note = f"<p>{more} more rows: frame() has them</p>" if more > 0 else ""
        return html_table(["case", "class", *names], rows) + note


def _chosen(**given: Any) -> dict[str, Any]:
    """Every choice that the compiled part reads."""
    none: dict[str, Any] = dict.fromkeys(
        ("labels", "dataset", "ignore", "round", "threshold", "geometry", "spacing", "surface", "metrics", "empty", "like",
         "resamples", "seed", "missing", "shard", "cases", "case_list", "pairs", "pair_regex", "jobs")
    )
    none.update(regions=[], surface_choices=[], lesion_choices=[], many_to_one=False, size_classes=[])
    unknown = set(given) - set(none)
    assert not unknown, unknown
    return {**none, **given}


def _pairs(given: Any) -> tuple[str, str] | None:
    """The text of a CSV: from a path, or of pairs (truth, pred) or (truth, pred, name)."""
    if given is None:
        return None
    if isinstance(given, (str, os.PathLike)):
        return os.fspath(given), _choices.text_of(given)
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
    pairs: Any = None,
    pair_regex: str | None = None,
    cases: str | Iterable[str] | None = None,
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
    default every label that occurs but 0. ``metrics`` are names such as ``"dice,hd95,nsd=2"``; distances are in mm. ``like``
    takes the conventions of another evaluator (``"nnunet"``, ``"monai"``, ``"brats23-gli"``). ``missing`` is ``"error"`` (a
    finding), ``"skip"`` or ``"zero"``. ``surface_choices`` and ``lesion_choices`` are single choices by their names, such as
    ``{"boundary": "edge"}`` and ``{"connectivity": "faces"}``; ``instances`` is ``"components"`` or ``"labels"``. ``spacing``
    is in mm, x first. ``cases`` are names, or a pattern for them. ``shard`` is ``"1/4"``, or ``num_parts=4, part_id=0``, which counts from 0. ``threads`` are cases at a
    time. ``progress`` is True for a bar of tqdm, or a function of how many cases are done and how many there are.

    A case that cannot be evaluated is a finding (:attr:`Report.findings`), unless ``strict``. Raises :class:`voxdice.Error`
    where nothing can be evaluated, KeyboardInterrupt on Ctrl-C.
    """
    if not (_inputs.is_path(truth) and _inputs.is_path(pred)):
        raise Error("evaluate takes two paths; for arrays and images there are counts, surfaces and instances")
    for side in (truth, pred):
        if not os.path.exists(side):
            raise Error(f"{os.fspath(side)}: no such file or folder; check the name")
    if (num_parts is None) != (part_id is None) or (shard is not None and num_parts is not None):
        raise Error('say shard="1/4", or num_parts=4 with part_id=0')
    if num_parts is not None and part_id is not None:
        if not 0 <= part_id < num_parts:
            raise Error(f"part_id is {part_id}, and counts from 0 to num_parts - 1, which is {num_parts - 1}")
        shard = f"{part_id + 1}/{num_parts}"
    choices = _measured(metrics, surface, surface_choices, instances, lesion_choices, many_to_one, size_classes)
    choices = _chosen(
        **choices,
        labels=_choices.labels(labels),
        regions=_choices.regions(regions),
        dataset=_choices.dataset(dataset),
        ignore=_choices.ignore(ignore) or None,
        like=like,
        empty=empty,
        missing=missing,
        spacing=_choices.spacing_x_first(spacing),
        geometry=geometry,
        round=round,
        threshold=threshold,
        pairs=_pairs(pairs),
        pair_regex=pair_regex,
        cases=cases if isinstance(cases, str) else None,
        case_list=None if cases is None or isinstance(cases, str) else "\n".join(cases),
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
    return report


class _Heard:
    """Progress: a function, or a bar of tqdm."""

    def __init__(self, progress: bool | Callable[[int, int], Any]) -> None:
        self.progress, self.bar = progress, None

    def __enter__(self) -> Callable[[int, int], Any] | None:
        if not isinstance(self.progress, bool):
            return self.progress
        if not self.progress:
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


def _measured(metrics: _choices.Metrics, surface: str | None, surface_choices: Mapping[str, Any] | None,
              instances: str | None, lesion_choices: Mapping[str, Any] | None, many_to_one: bool,
              size_classes: Sequence[float]) -> dict[str, Any]:
    lesions = {**({"by": instances} if instances else {}), **(lesion_choices or {})}
    return {
        "metrics": _choices.metrics(metrics),
        "surface": surface,
        "surface_choices": _choices.named(surface_choices),
        "lesion_choices": _choices.named(lesions),
        "many_to_one": many_to_one,
        "size_classes": [float(bound) for bound in size_classes],
    }


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
    """Distances between the surfaces of two label maps with 2 or 3 axes, class by class, in mm.

    Inputs, classes and errors are those of :func:`counts`; both maps are held in memory. ``metrics`` are names such as
    ``"hd95,assd,nsd=2,boundary_iou=2"`` (``voxdice eval --metrics help``). ``surface`` is the definition of another tool
    (``"monai"``, ``"deepmind"``, ...), ``surface_choices`` are single choices. ``spacing`` is the size of a voxel along each
    axis of the arrays, in their order, in mm; images and files know their own. With ``sample_axis`` each sample is a case.

    Raises :class:`voxdice.Error` without a spacing where distances are asked for.
    """
    choices = _measured(metrics, surface, surface_choices, None, None, False, ())
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
    errors are those of :func:`counts`; objects are numbered in the order of memory.
    """
    own = None if like is not None and by == "components" else by
    choices = _measured(metrics, None, None, own, lesion_choices, many_to_one, size_classes)
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
        found = _chosen(**choices, **common, spacing=_choices.spacing_x_first(spacing), geometry=geometry)
        return Report(_voxdice.evaluate(os.fspath(truth), os.fspath(pred), found, None))
    of_pred, of_truth = _inputs.pair(pred, truth, geometry)
    own = spacing if spacing is not None else of_truth.spacing if of_truth.spacing is not None else of_pred.spacing
    axis = _inputs.sample_axis(axis, of_truth.array.ndim)
    of_pred, of_truth = (_inputs.samples_first(side, axis) for side in (of_pred, of_truth))
    axes = of_truth.array.ndim - 1
    if own is not None and len(own) != axes:
        raise Error(f"spacing has {len(own)} lengths, and a volume has {axes} axes; give one for each, in their order")
    flat_pred, flat_truth, order = _inputs.together(of_pred, of_truth, lead=1)
    inner = [place - 1 for place in order[1:]]
    shape = [of_truth.array.shape[1 + place] for place in inner]
    # The last axis in memory is x.
    in_order = None if own is None else [own[place] for place in reversed(inner)]
    samples = of_truth.array.shape[0]
    digits = len(str(samples))
    names = ["case"] if axis is None else [f"{sample:0{digits}}" for sample in range(samples)]

    def side(flat: np.ndarray, kind: str) -> list[Any]:
        return [(name, part, kind, shape) for name, part in zip(names, flat.reshape(samples, -1))]

    found = _chosen(**choices, **common, spacing=_choices.spacing_x_first(in_order), geometry="off")
    inner_report = _voxdice.evaluate(side(flat_truth, of_truth.kind), side(flat_pred, of_pred.kind), found, None)
    return Report(inner_report)


def merge(
    parts: Iterable[Report | str | os.PathLike[str]],
    *,
    metrics: _choices.Metrics = None,
    empty: str | None = None,
    like: str | None = None,
    resamples: int | None = None,
    seed: int | None = None,
) -> Report:
    """Joins reports, or files of ``voxdice eval --format json`` and nnU-Net's summary.json, into what one run would have found.

    Every score is made anew, so the choices about scores may be changed here. Raises :class:`voxdice.Error` where cases are
    there twice, shards are missing, or the parts were counted by other rules.
    """
    texts = [_text_of(part, f"part {at}") for at, part in enumerate(parts, 1)]
    choices = _chosen(metrics=_choices.metrics(metrics), empty=empty, like=like, resamples=resamples, seed=seed)
    return Report(_voxdice.merge(texts, choices))


def _text_of(part: Any, name: str) -> tuple[str, str]:
    if isinstance(part, Report):
        return name, part.to_json()
    if _inputs.is_path(part):
        return os.fspath(part), _choices.text_of(part)
    raise Error(f"{name} is of type {type(part).__name__}; give reports, or paths of results")


def rows(truth: Any, pred: Any, case: str | None = None, **choices: Any) -> list[dict[str, Any]]:
    """The counts of a pair as plain rows, for engines that work on tables: ``case``, ``label``, ``tp``, ``n_pred``, ``n_truth``,
    ``n`` and ``rules``, a hash of what cannot be changed afterwards (labels, regions, ignored labels). Rows of one case and
    label add up; rows with other rules do not belong together. ``choices`` are those of :func:`counts`."""
    import hashlib

    from ._counts import counts

    found = counts(pred=pred, truth=truth, **choices).pooled()
    identity = repr((None if found.found else (found.classes, found.labels), found.ignored))
    rules = hashlib.sha256(identity.encode()).hexdigest()[:16]
    name = case if case is not None else Path(pred).name if _inputs.is_path(pred) else "case"
    numbers = zip(found.tp, found.n_pred, found.n_truth, found.n)
    return [
        {"case": name, "label": label, "tp": int(tp), "n_pred": int(p), "n_truth": int(t), "n": int(n), "rules": rules}
        for label, (tp, p, t, n) in zip(found.classes, numbers)
    ]
