"""Parts that are added, merged and saved."""

from __future__ import annotations

import json
import os
import stat
import threading

import numpy as np
import pytest

import voxdice as vd
from voxdice import _threads


def test_shards_are_merged_at_once(folders):
    truth, pred, _ = folders
    parts = [vd.evaluate(truth, pred, num_parts=3, part_id=part) for part in range(3)]
    assert vd.merge(parts) == vd.evaluate(truth, pred)
    with pytest.raises(vd.Error, match=r"merge\(parts\)"):
        sum(parts)
    whole = vd.evaluate(truth, pred)
    with pytest.raises(vd.Error, match="is in") as told:
        whole + whole
    assert "merge(parts)" not in str(told.value)


def test_merge_takes_a_list(folders, tmp_path):
    truth, pred, _ = folders
    report = vd.evaluate(truth, pred)
    report.save(tmp_path / "x.json")
    for wrong in (str(tmp_path / "x.json"), tmp_path / "x.json", report, 5):
        with pytest.raises(vd.Error, match=r"merge\(\[a, b\]\)"):
            vd.merge(wrong)
    assert vd.merge([tmp_path / "x.json"]) == report


def test_sums_are_equal_by_value():
    pred, truth = np.full((1, 1, 8), 0.75, dtype=np.float32), np.ones((1, 8), dtype=np.uint8)
    whole = vd.sums(pred=pred, truth=truth)
    halves = vd.sums(pred=pred[..., :4], truth=truth[..., :4]) + vd.sums(pred=pred[..., 4:], truth=truth[..., 4:])
    written = tuple(tuple((units * 4, exponent - 2) for units, exponent in cell) for cell in whole.exact)
    finer = vd.Sums(written, whole.shape, whole.voxels, whole.non_finite, whole.activation)
    assert whole == halves == finer and hash(whole) == hash(halves) == hash(finer)
    assert whole != vd.sums(pred=pred / 2, truth=truth) and whole != 3


def test_a_file_is_whole_whoever_writes_it(folders, tmp_path):
    truth, pred, _ = folders
    report, errors = vd.evaluate(truth, pred), []
    path = tmp_path / "report.json"
    report.save(path)

    def save():
        try:
            for _ in range(40):
                report.save(path)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=save) for _ in range(4)]
    [thread.start() for thread in threads]
    for _ in range(40):
        assert path.read_text() == report.to_json()
    [thread.join() for thread in threads]
    assert errors == [] and os.listdir(tmp_path).count("report.json") == 1
    assert not [name for name in os.listdir(tmp_path) if name.endswith(".part")]


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
def test_a_file_keeps_its_mode(folders, tmp_path):
    truth, pred, _ = folders
    report, path = vd.evaluate(truth, pred), tmp_path / "report.csv"
    path.write_text("old")
    path.chmod(0o640)
    report.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640 and "case" in path.read_text()
    (tmp_path / "plain").write_text("")
    report.save(tmp_path / "other.csv")
    assert stat.S_IMODE((tmp_path / "other.csv").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


def test_the_worst_are_so_many(folders):
    truth, pred, _ = folders
    report = vd.evaluate(truth, pred)
    assert len(report.worst(2)) == 2 and report.worst(0) == []
    for wrong in (-1, 1.5, "2", None):
        with pytest.raises(vd.Error, match="most is"):
            report.worst(wrong)


@pytest.mark.parametrize("text, count", [("3", 3), (" 2 ", 2), ("0003", 3)])
def test_threads_of_the_environment(monkeypatch, text, count):
    before = vd.threads()
    try:
        for name in ("VOXDICE_THREADS", "OMP_NUM_THREADS"):
            monkeypatch.delenv("VOXDICE_THREADS", raising=False)
            monkeypatch.setenv(name, text)
            _threads._from_environment()
            assert vd.threads() == count
        for wrong in ("0", "-1", "2.5", "two", "\u00b2", "1" + "0" * 30, "9" * 5000):
            monkeypatch.setenv("VOXDICE_THREADS", wrong)
            with pytest.raises(vd.Error, match="VOXDICE_THREADS is"):
                _threads._from_environment()
        for wrong in (0, -1, 1.5, True, "2"):
            with pytest.raises(vd.Error, match="threads do no work"):
                vd.set_threads(wrong)
    finally:
        vd.set_threads(before)


def test_what_other_programs_take_for_threads_is_bounded(monkeypatch):
    asked = []
    monkeypatch.delenv("VOXDICE_THREADS", raising=False)
    monkeypatch.setattr(_threads, "set_threads", asked.append)
    for text in ("9" * 5000, "1025", "x", "0"):
        monkeypatch.setenv("OMP_NUM_THREADS", text)
        _threads._from_environment()
    assert asked == [1024, 1024, None, None]


def test_nnunet_says_what_is_missing(tmp_path, folders):
    from voxdice.nnunet import compute_metrics_on_folder, compute_metrics_on_folder_simple

    truth, pred, _ = folders
    (tmp_path / "empty").mkdir()
    with pytest.raises(vd.Error, match="there is no file"):
        compute_metrics_on_folder_simple(str(tmp_path / "empty"), str(tmp_path / "empty"), [1])
    for wrong in (-1, 0, 2.5):
        with pytest.raises(vd.Error, match=f"num_processes is {wrong}"):
            compute_metrics_on_folder(str(truth), str(pred), None, None, ".nii", [1], num_processes=wrong)


def test_counts_of_a_result_fit_int64(folders):
    truth, pred, _ = folders
    given = json.loads(vd.evaluate(truth, pred, labels=[1]).to_json())
    for case in given["metric_per_case"]:
        case["metrics"]["1"]["TN"] = 2**63
    for case in given["voxdice"]["cases"]:
        case["voxels"] = sum(given["metric_per_case"][0]["metrics"]["1"][name] for name in ("TP", "FP", "FN", "TN"))
    with pytest.raises(vd.Error):
        vd.Report.from_json(json.dumps(given)).columns()
    keys = {"metric_per_case", "mean", "foreground_mean"}
    report = vd.Report.from_json(json.dumps({key: given[key] for key in keys}))
    with pytest.raises(vd.Error, match="int64"):
        report.columns()
