"""Models compared: which one is better, by how much, and how sure that is."""

from __future__ import annotations

import csv
import difflib
import io
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import _choices, _inputs, _voxdice
from ._evaluate import evaluate
from ._frames import html_table, pandas
from ._report import Report, text_of_part
from ._voxdice import Error


@dataclass(frozen=True)
class Comparison:
    """What :func:`compare` found, in the forms that the command has."""

    #: Everything, as JSON.
    text: str = field(repr=False)
    #: A row per score, class and pair of models.
    csv: str = field(repr=False)
    #: A row per case, class and model.
    scores_csv: str = field(repr=False)
    #: The table that the command prints.
    table: str = field(repr=False)
    markdown: str = field(repr=False)
    latex: str = field(repr=False)
    #: What a reader should know.
    notes: list[str]
    #: Whether results are missing, or undefined for some models only.
    has_findings: bool

    def to_dict(self) -> dict[str, Any]:
        """Everything; undefined numbers are None."""
        return json.loads(self.text)

    def columns(self) -> dict[str, list[Any]]:
        """A row per score, class and pair of models, as columns of texts and numbers."""
        rows = list(csv.DictReader(io.StringIO(self.csv)))
        of = {name: str if name in _NAMES else _number for name in (rows[0] if rows else {})}
        return {name: [read(row[name]) for row in rows] for name, read in of.items()}

    def frame(self) -> Any:
        """The same as a pandas DataFrame."""
        return pandas().DataFrame(self.columns())

    def _repr_html_(self) -> str:
        rows = list(csv.reader(io.StringIO(self.csv)))
        return html_table(rows[0], rows[1:]) if rows else "<table></table>"


#: Columns of texts. A class or a model may be called 1, or inf.
_NAMES = ("metric", "class", "name", "a", "b", "test", "method", "verdict")


def _number(text: str) -> float | None:
    return float(text) if text else None


#: Choices of one word, and those that cannot be None.
_WORDS = ("undefined", "missing", "against", "group_column", "empty", "like")
_NEEDED = ("test", "zeros", "adjust", "family", "rank", "interval")


def _is_result(given: Any) -> bool:
    """Whether it may be the results of a model: a report, a path that exists, or a list of these."""
    return isinstance(given, (Report, list, tuple)) or _inputs.is_path(given) and os.path.exists(given)


def _texts(given: Any) -> Any:
    """Names of classes, which may be numbers."""
    return list(map(str, given)) if isinstance(given, Iterable) and not isinstance(given, str) else given


def _weights(given: Mapping[str, float] | None) -> dict[str, float]:
    values = _choices.numbers(list(given.values())) if isinstance(given, Mapping) else None if given is not None else []
    if values is None or not all(isinstance(name, str) for name in given or ()):
        raise Error(f"weights is {given!r}, and must be a dict from scores to numbers, such as {{'dice': 2}}")
    return dict(zip(given or (), values))


def compare(
    models: Mapping[str, Any] | None = None,
    /,
    *,
    truth: Any = None,
    metrics: _choices.Metrics = None,
    higher_is_better: Iterable[str] = (),
    lower_is_better: Iterable[str] = (),
    classes: Iterable[str] | None = None,
    undefined: str = "drop",
    missing: str = "error",
    against: str | None = None,
    weights: Mapping[str, float] | None = None,
    group: str | Mapping[str, str] | None = None,
    group_column: str | None = None,
    test: str = "wilcoxon",
    zeros: str = "drop",
    adjust: str = "holm",
    family: str = "metric",
    rank: str = "mean",
    interval: str = "expanded",
    alpha: float = 0.05,
    margin: float | None = None,
    empty: str | None = None,
    like: str | None = None,
    resamples: int = 10_000,
    seed: int = 0,
    digits: int | None = None,
    pair_regex: str | None = None,
    evaluation: Mapping[str, Any] | None = None,
    **named: Any,
) -> Comparison:
    """Compares models case by case: ``compare({"unet": report, "ours": other})`` or ``compare(unet=report, ours=other)``.

    A model is a :class:`Report`, a path of a result (JSON of ``voxdice eval``, nnU-Net's summary.json, a CSV of any tool with a
    column ``case``), a list of these (shards), or with ``truth`` a folder of predictions, which is evaluated with the choices
    in ``evaluation`` and matched by ``pair_regex``. Choices are those of ``voxdice compare`` (docs/compare.md); ``weights``
    say what scores weigh in the overall rank, such as ``{"dice": 2}``; ``group`` is a pattern whose first group is the patient
    in the name of a case, or a dict from cases to groups, and ``group_column`` a column of the CSV files. Differences are those
    of the first model less the second, in the order given. Raises :class:`voxdice.Error` where nothing can be compared.
    """
    if not isinstance(models, (Mapping, type(None))):
        raise Error("models are a dict from names to results; write compare({'a': ..., 'b': ...}), or compare(a=..., b=...)")
    for name, given in named.items():
        meant = difflib.get_close_matches(name, compare.__kwdefaults__ or (), 1)
        if meant and not _is_result(given):
            raise Error(f"{name}={given!r} is taken for a model, and is no result of one; if it is a choice, write {meant[0]}")
    twice = sorted(set(models or {}) & set(named))
    if twice:
        raise Error(f"{', '.join(twice)} is there twice, in the dict and by name; give each model a name of its own")
    if group is not None and group_column is not None:
        raise Error("group and group_column both say how cases form groups; leave one of them out")
    if not isinstance(group, (str, Mapping, type(None))):
        raise Error(f"group is of type {type(group).__name__}, and must be a text, which is a pattern for names, or a dict")
    if isinstance(group, Mapping) and not all(isinstance(text, str) for pair in group.items() for text in pair):
        raise Error("group has names that are no texts; write a dict such as {'case_1': 'patient_1'}")
    # What is read for each model must not be used up by the first one.
    asked, evaluation = _choices.metrics(metrics), _choices.kept(evaluation)
    # Resamples are drawn of the differences, and not once more of each model.
    own = {"metrics": asked, "like": like, "empty": empty, "missing": missing, "pair_regex": pair_regex, "resamples": 0}
    both = sorted(set(own) & set(evaluation or {}))
    if both:
        raise Error(f"evaluation holds {', '.join(both)}, which compare decides itself; take it out")
    texts, folders = [], 0
    for name, given in {**(models or {}), **named}.items():
        parts = given if isinstance(given, (list, tuple)) else [given]
        if len(parts) == 1 and _inputs.is_path(parts[0]) and Path(parts[0]).is_dir():
            if truth is None:
                raise Error(f"{os.fspath(parts[0])} is a folder; say with truth what its predictions are compared with")
            parts = [evaluate(truth, parts[0], **own, **(evaluation or {}))]
            folders += 1
        texts.append((name, [text_of_part(part, name) for part in parts]))
    of_folders = {"truth": truth, "evaluation": evaluation, "pair_regex": pair_regex}
    idle = [name for name, given in of_folders.items() if given is not None and not folders]
    if idle:
        raise Error(f"{', '.join(idle)}: this is about folders of predictions, and no model is one; leave it out")
    statistics = {
        "metrics": asked.split(",") if asked else None,
        "higher_is_better": _choices.names(higher_is_better, "higher_is_better"),
        "lower_is_better": _choices.names(lower_is_better, "lower_is_better"),
        "classes": None if classes is None else _choices.names(_texts(classes), "classes"),
        "undefined": undefined,
        "missing": missing,
        "against": against,
        "weights": _weights(weights),
        "group_pattern": group if isinstance(group, str) else None,
        "group_column": group_column,
        "groups": dict(group) if isinstance(group, Mapping) else None,
        "empty": empty,
        "like": like,
        "test": test,
        "zeros": zeros,
        "adjust": adjust,
        "family": family,
        "rank": rank,
        "interval": interval,
        "alpha": _choices.share(alpha if alpha is not None else float("nan"), "alpha", 0, 1),
        "margin": _choices.finite(margin, "margin"),
        "resamples": _choices.count(resamples, "resamples", 0, 2**32 - 1),
        "seed": _choices.count(seed, "seed", 0, 2**64 - 1),
        "digits": _choices.digits(digits),
    }
    _choices.words(statistics, _WORDS)
    _choices.words(statistics, _NEEDED, needed=True)
    return Comparison(*_voxdice.compare(texts, statistics))
