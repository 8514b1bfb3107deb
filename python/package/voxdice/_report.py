"""Reports: cases, classes and scores."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from . import _choices, _inputs, _voxdice
from ._files import text_of, write_whole
from ._frames import html_table, pandas
from ._voxdice import Error

#: Rows of a table in a notebook.
_MOST_ROWS = 40


class Report:
    """Cases with their exact counts and scores; what :func:`evaluate`, :func:`surfaces`, :func:`instances` and :func:`merge`
    return.

    Counts are integers, so two runs are equal with ``==`` or differ, wherever the files lie and whatever counted them, and
    ``a + b`` are the cases of both (of more than two shards :func:`merge` all at once). Scores are made when
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
        """What was found beside scores: ``kind`` (missing, extra, failed, warning, note), ``case`` (empty where it is about all
        of them) and ``message``."""
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
        return self._inner.worst(_choices.count(most, "most", 0, 2**32 - 1), metric)

    def lesions(self) -> list[dict[str, str]]:
        """A row per lesion of either side, as the command's ``--lesions`` file has them."""
        return list(csv.DictReader(io.StringIO(self._inner.lesions())))

    def summary(self) -> str:
        """The table that the command prints."""
        return self._inner.table()

    def markdown(self, digits: int | None = None) -> str:
        """Classes by scores, means with their intervals."""
        return self._inner.markdown(_choices.digits(digits))

    def latex(self, digits: int | None = None) -> str:
        """The same for a paper, with booktabs."""
        return self._inner.latex(_choices.digits(digits))

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
        write_whole(path, writers[path.suffix]())

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
        if not isinstance(other, Report):
            return NotImplemented
        try:
            return merge([self, other])
        except Error as error:
            if not any(json.loads(part.to_json())["voxdice"]["options"]["shard"] for part in (self, other)):
                raise
            raise Error(f"{error}; of more than two shards make a list, and write merge(parts)") from None

    def __radd__(self, other: Any) -> Report:
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def __eq__(self, other: Any) -> bool:
        return self._content() == other._content() if isinstance(other, Report) else NotImplemented

    def _content(self) -> dict[str, Any]:
        """What was found, and by which rules: neither where the files lie, nor on which device it was counted, nor whether
        labels come from a list or a file."""
        found = json.loads(self.to_json())
        for case in found["metric_per_case"]:
            del case["reference_file"], case["prediction_file"]
        for name in ("backend", "device", "reason"):
            del found["voxdice"][name]
        del found["voxdice"]["options"]["labels_from"]
        # Messages name files.
        for name in ("missing_predictions", "extra_predictions", "failures"):
            found["voxdice"][name] = [told["case"] for told in found["voxdice"][name]]
        found["voxdice"]["warnings"] = [(told["case"], told["kind"]) for told in found["voxdice"]["warnings"]]
        return found

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


def merge(
    parts: Iterable[Report | str | os.PathLike[str]],
    *,
    metrics: _choices.Metrics = None,
    empty: str | None = None,
    like: str | None = None,
    pool: str | None = None,
    resamples: int | None = None,
    seed: int | None = None,
) -> Report:
    """Joins reports, or files of ``voxdice eval --format json`` and nnU-Net's summary.json, into what one run would have found.

    Every score is made anew, so the choices about scores may be changed here; ``pool`` is as in :func:`evaluate`. Raises
    :class:`voxdice.Error` where cases are there twice, shards are missing, or the parts were counted by other rules.
    """
    if isinstance(parts, (Report, str, os.PathLike)) or not isinstance(parts, Iterable):
        raise Error("merge takes a list of reports and paths, and this is one of them or none; write merge([a, b])")
    texts = [text_of_part(part, f"part {at}") for at, part in enumerate(parts, 1)]
    asked = {"empty": empty, "like": like, "pool": pool, "resamples": resamples, "seed": seed}
    choices = _choices.chosen(metrics=_choices.metrics(metrics), **asked)
    return Report(_voxdice.merge(texts, choices))


def text_of_part(part: Any, name: str) -> tuple[str, str]:
    if isinstance(part, Report):
        return name, part.to_json()
    if _inputs.is_path(part):
        return os.fspath(part), text_of(part)
    raise Error(f"{name} is of type {type(part).__name__}; give reports, or paths of results")
