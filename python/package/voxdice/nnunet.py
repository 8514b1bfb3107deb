"""nnU-Net's evaluation of folders, with its names, arguments, results and bytes.

>>> from voxdice.nnunet import compute_metrics_on_folder                                        # doctest: +SKIP
>>> compute_metrics_on_folder(ref, pred, "summary.json", None, ".nii.gz", [1, 2, (1, 2)])       # doctest: +SKIP

:func:`install` puts it in the place of nnU-Net's own in this process, in training too.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import numpy as np

from . import _choices
from ._evaluate import evaluate
from ._files import write_whole
from ._voxdice import Error

__all__ = ["compute_metrics_on_folder", "compute_metrics_on_folder2", "compute_metrics_on_folder_simple", "install"]

_ORDER = ("Dice", "IoU", "FP", "TP", "FN", "TN", "n_pred", "n_ref")


def _files(folder: str, ending: str) -> list[str]:
    names = (entry.name for entry in os.scandir(folder) if entry.is_file())
    return sorted(name for name in names if name.endswith(ending))


def _label(given: Any) -> Any:
    """As nnU-Net has them: numbers, and tuples of numbers."""
    return tuple(int(label) for label in given) if isinstance(given, (tuple, list)) else int(given)


def _numbers(tp: int, n_pred: int, n_ref: int, n: int) -> dict[str, Any]:
    fp, fn = n_pred - tp, n_ref - tp
    empty = tp + fp + fn == 0
    return {
        "Dice": float("nan") if empty else 2 * tp / (2 * tp + fp + fn),
        "IoU": float("nan") if empty else tp / (tp + fp + fn),
        "FP": fp, "TP": tp, "FN": fn, "TN": n - fp - n_ref, "n_pred": n_pred, "n_ref": n_ref,
    }


def compute_metrics_on_folder(
    folder_ref: str,
    folder_pred: str,
    output_file: str | None,
    image_reader_writer: Any,
    file_ending: str,
    regions_or_labels: list[Any],
    ignore_label: int | None = None,
    num_processes: int | None = None,
    chill: bool = True,
) -> dict[str, Any]:
    """nnU-Net's function of this name: the same dictionary, and the same bytes in ``output_file``.

    ``image_reader_writer`` is accepted and not used: files are read by voxdice, which looks at numbers and not at how readers
    turn axes, and turned axes change no count. ``num_processes`` are threads. The folder of predictions decides which cases
    there are; without ``chill`` each reference must have one. Raises :class:`voxdice.Error` where a case cannot be read, where
    nnU-Net ends with the exception of a worker, and AssertionError as nnU-Net does.
    """
    if output_file is not None:
        assert output_file.endswith(".json"), "output_file should end with .json"
    num_processes = _choices.count_or_none(num_processes, "num_processes", 1, 2**32 - 1)
    names = _files(folder_pred, file_ending)
    if not chill:
        predicted = set(names)
        missing = [name for name in _files(folder_ref, file_ending) if name not in predicted]
        assert not missing, f"Not all files in folder_ref exist in folder_pred: {', '.join(missing[:5])}"
    if not names:
        raise Error(f"{folder_pred}: there is no file with the ending {file_ending}; check the folder and the ending")
    absent = [name for name in names if not os.path.isfile(os.path.join(folder_ref, name))]
    if absent:
        raise Error(f"{folder_ref}: there is no {absent[0]}, which {folder_pred} has; add it, or take the prediction away")
    wanted = [_label(given) for given in regions_or_labels]
    report = evaluate(
        folder_ref,
        folder_pred,
        pairs=[(name, name, name) for name in names],
        labels=[label for label in wanted if isinstance(label, int)] or None,
        regions=[label for label in wanted if isinstance(label, tuple)],
        ignore=ignore_label,
        geometry="off",
        threads=num_processes,
        resamples=0,
        strict=True,
    )
    columns = report.columns("dice")
    rows = zip(columns["case"], columns["label"], columns["tp"], columns["n_pred"], columns["n_truth"], columns["n"])
    counted = {(case, key): tuple(map(int, numbers)) for case, key, *numbers in rows}
    results = [
        {
            "reference_file": os.path.join(folder_ref, name),
            "prediction_file": os.path.join(folder_pred, name),
            "metrics": {label: _numbers(*counted[name, str(label)]) for label in wanted},
        }
        for name in names
    ]
    with np.errstate(all="ignore"):
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # the mean of nothing is NaN, as nnU-Net has it
            of = {m: {label: [case["metrics"][label][m] for case in results] for label in wanted} for m in _ORDER}
            means = {label: {m: float(np.nanmean(of[m][label])) for m in _ORDER} for label in wanted}
            front = [label for label in means if label != 0]
            foreground = {m: float(np.mean([means[label][m] for label in front])) for m in _ORDER}
    result = {"metric_per_case": results, "mean": means, "foreground_mean": foreground}
    if output_file is not None:
        _save(result, output_file)
    return result


def _save(result: dict[str, Any], path: str) -> None:
    """As nnU-Net writes it: keys are text, sorted."""
    keyed = {
        "metric_per_case": [
            {**case, "metrics": {str(label): numbers for label, numbers in case["metrics"].items()}}
            for case in result["metric_per_case"]
        ],
        "mean": {str(label): numbers for label, numbers in result["mean"].items()},
        "foreground_mean": result["foreground_mean"],
    }
    write_whole(path, json.dumps(keyed, sort_keys=True, indent=4))


def compute_metrics_on_folder2(
    folder_ref: str, folder_pred: str, dataset_json_file: str, plans_file: str, output_file: str | None = None,
    num_processes: int | None = None, chill: bool = False,
) -> None:
    """nnU-Net's function of this name: labels and regions come from dataset.json and plans. It needs nnunetv2."""
    from nnunetv2.utilities.plans_handling.plans_handler import PlansManager

    with open(dataset_json_file) as file:
        dataset = json.load(file)
    manager = PlansManager(plans_file).get_label_manager(dataset)
    wanted = manager.foreground_regions if manager.has_regions else manager.foreground_labels
    output_file = os.path.join(folder_pred, "summary.json") if output_file is None else output_file
    compute_metrics_on_folder(folder_ref, folder_pred, output_file, None, dataset["file_ending"], wanted,
                              manager.ignore_label, num_processes, chill=chill)


def compute_metrics_on_folder_simple(
    folder_ref: str, folder_pred: str, labels: Any, output_file: str | None = None, num_processes: int | None = None,
    ignore_label: int | None = None, chill: bool = False,
) -> None:
    """nnU-Net's function of this name: the ending of the first reference decides which files there are."""
    names = _files(folder_ref, "")
    if not names:
        raise Error(f"{folder_ref}: there is no file; check the name of the folder")
    ending = os.path.splitext(names[0])[-1]
    output_file = os.path.join(folder_pred, "summary.json") if output_file is None else output_file
    compute_metrics_on_folder(folder_ref, folder_pred, output_file, None, ending, list(labels), ignore_label,
                              num_processes, chill=chill)


def install() -> list[str]:
    """Puts these functions in the place of nnU-Net's, in every module of nnU-Net that is or will be imported by this process.
    Returns the modules in which a name was replaced. Training in other processes needs it there too."""
    import nnunetv2.evaluation.evaluate_predictions as original

    replaced = []
    for name in ("compute_metrics_on_folder", "compute_metrics_on_folder2", "compute_metrics_on_folder_simple"):
        before, own = getattr(original, name), globals()[name]
        for module_name, module in list(sys.modules.items()):
            # Others import it by name, and keep what they got.
            if module_name.split(".")[0] == "nnunetv2" and getattr(module, name, None) is before and before is not own:
                setattr(module, name, own)
                replaced.append(f"{module_name}.{name}")
    return replaced
