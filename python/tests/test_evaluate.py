"""Evaluations of folders, files and arrays, against numpy, scipy and a recorded summary of nnU-Net."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import scipy.ndimage as scipy_ndimage
from conftest import blobs, expected_counts, write_nifti

import voxdice as vd


def dice(pred: np.ndarray, truth: np.ndarray, label: int) -> float:
    tp, p, t, _ = expected_counts(pred, truth, label)
    return 2 * tp / (p + t) if p + t else float("nan")


def test_folders_give_counts_and_means(folders):
    truth, pred, arrays = folders
    report = vd.evaluate(truth, pred, metrics="dice,recall")
    assert report.cases == ("case_1", "case_2", "case_3", "case_4") and len(report) == 4
    assert report.metrics == ("dice", "recall") and not report.has_findings
    expected = np.array([[dice(p, t, label) for label in (1, 2, 3)] for t, p in arrays.values()])
    np.testing.assert_allclose(report.scores("dice")["dice"], expected, rtol=1e-15)
    assert report.mean("dice") == pytest.approx(expected.mean(axis=0).mean(), rel=1e-15)
    columns = report.columns()
    for case, label, *counts in zip(*(columns[name] for name in ("case", "label", "tp", "n_pred", "n_truth", "n"))):
        t, p = arrays[case]
        assert tuple(map(int, counts)) == expected_counts(p, t, int(label))
    assert vd.evaluate(truth, pred, cases=["case_2", "case_4.nii"]).cases == ("case_2", "case_4")
    assert vd.evaluate(truth, pred, cases="case_[13]").cases == ("case_1", "case_3")
    # Names are taken as they stand.
    for name in ("case_2\ncase_4", " case_2"):
        with pytest.raises(vd.Error):
            vd.evaluate(truth, pred, cases=[name])
    worst = report.worst(2)
    assert worst[0][2] == pytest.approx(expected.min()) and len(worst) == 2
    assert report["case_2"]["label"] == ["1", "2", "3"]
    with pytest.raises(KeyError):
        report["case_9"]
    assert list(report.frame().columns[:3]) == ["case", "label", "name"]


def test_reports_are_equal_merge_and_pickle(folders):
    truth, pred, _ = folders
    whole = vd.evaluate(truth, pred)
    assert whole == vd.evaluate(truth, pred, threads=1)
    assert pickle.loads(pickle.dumps(whole)) == whole == vd.Report.from_json(whole.to_json())
    here = os.path.relpath(truth), os.path.relpath(pred)
    assert whole == vd.evaluate(*here) and whole.to_json() != vd.evaluate(*here).to_json(), "the paths differ"
    by_list, by_file = vd.evaluate(truth, pred, labels=[1, 2]), vd.evaluate(truth, pred, dataset={"labels": {"1": 1, "2": 2}})
    assert by_list.scores("dice")["dice"].tolist() == by_file.scores("dice")["dice"].tolist()
    for other in (vd.evaluate(truth, truth), by_list, vd.evaluate(truth, pred, metrics="dice"), vd.evaluate(truth, pred, seed=1)):
        assert whole != other
    parts = [vd.evaluate(truth, pred, num_parts=3, part_id=part) for part in range(3)]
    assert [len(part) for part in parts] != [4, 0, 0]
    assert vd.merge(parts) == whole
    assert pickle.loads(pickle.dumps(parts[1])) == parts[1], "a part alone"
    with pytest.raises(vd.Error, match="shard"):
        vd.merge(parts[:2])
    with pytest.raises(vd.Error, match="case_1 is in part 1 and in part 2"):
        whole + whole
    again = vd.merge([whole], metrics="iou", empty="one")
    assert again.metrics == ("iou",)
    assert "<table>" in whole._repr_html_() and "4 cases" in repr(whole)


def test_forms_are_written_whole_or_not_at_all(folders, tmp_path):
    truth, pred, _ = folders
    report = vd.evaluate(truth, pred)
    for name in ("report.json", "summary.json", "cases.csv", "page.html", "table.md", "table.tex"):
        report.save(tmp_path / name)
        assert (tmp_path / name).stat().st_size > 100
    assert "voxdice" not in json.loads((tmp_path / "summary.json").read_text())
    assert vd.merge([tmp_path / "report.json"]) == report
    with pytest.raises(vd.Error, match="ending"):
        report.save(tmp_path / "report.xls")
    with pytest.raises(vd.Error, match="cannot be written"):
        report.save(tmp_path / "none" / "report.json")
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_findings_are_told_and_not_printed(folders, capfd):
    truth, pred, arrays = folders
    (pred / "case_1.nii").unlink()
    (pred / "case_2.nii").write_bytes(b"nothing")
    report = vd.evaluate(truth, pred)
    kinds = {(found["kind"], found["case"]) for found in report.findings}
    assert {("missing", "case_1"), ("failed", "case_2")} <= kinds and report.has_findings
    assert capfd.readouterr() == ("", "")
    with pytest.raises(vd.Error, match="case_1.*case_2"):
        vd.evaluate(truth, pred, strict=True)
    zero = vd.evaluate(truth, pred, missing="zero", labels=[1, 2, 3])
    assert np.all(zero.scores("dice")["dice"][0] == 0)
    with pytest.raises(vd.Error, match="no such"):
        vd.evaluate(truth, pred / "none")
    with pytest.raises(vd.Error, match="two paths"):
        vd.evaluate(truth, arrays["case_1"][0])


def test_progress_is_told(folders):
    truth, pred, _ = folders
    told: list[tuple[int, int]] = []
    vd.evaluate(truth, pred, progress=lambda done, cases: told.append((done, cases)))
    assert told == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]

    def stop(done, cases):
        if done == 1:
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        vd.evaluate(truth, pred, progress=stop, threads=1)


def test_classes_come_from_regions_and_datasets(folders, tmp_path):
    truth, pred, arrays = folders
    dataset = {"labels": {"background": 0, "whole": [1, 2, 3], "core": [2, 3]}, "regions_class_order": [1, 2]}
    path = tmp_path / "dataset.json"
    path.write_text(json.dumps(dataset))
    reports = [
        vd.evaluate(truth, pred, dataset=dataset),
        vd.evaluate(truth, pred, dataset=path),
        vd.evaluate(truth, pred, regions={"whole": [1, 2, 3], "core": [2, 3]}),
    ]
    for report in reports:
        assert [name for _, name, _ in report.classes] == ["whole", "core"]
        expected = [[dice(np.isin(p, union), np.isin(t, union), 1) for union in ([1, 2, 3], [2, 3])] for t, p in arrays.values()]
        np.testing.assert_allclose(report.scores("dice")["dice"], expected, rtol=1e-15)
    with pytest.raises(vd.Error, match="labels"):
        vd.evaluate(truth, pred, dataset={"names": {}})
    with pytest.raises(vd.Error, match="none of"):
        vd.evaluate(truth, pred, like="nobody")


def test_files_and_arrays_count_alike(folders):
    truth, pred, arrays = folders
    for case, (t, p) in arrays.items():
        of_files = vd.counts(pred=pred / f"{case}.nii", truth=truth / f"{case}.nii")
        assert of_files == vd.counts(pred=p, truth=t)
        listed = {"labels": [1], "ignore": 3}
        assert vd.counts(pred=pred / f"{case}.nii", truth=truth / f"{case}.nii", **listed) == vd.counts(pred=p, truth=t, **listed)


def surface_distances(pred: np.ndarray, truth: np.ndarray, spacing: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Distances of boundary voxels, those with background or the image's edge across a face, from either side."""
    edges = [mask & ~scipy_ndimage.binary_erosion(mask) for mask in (pred, truth)]
    to = [scipy_ndimage.distance_transform_edt(~edge, sampling=spacing) for edge in edges]
    return to[1][edges[0]], to[0][edges[1]]


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape, spacing", [((11, 9, 13), (2.0, 0.5, 0.75)), ((17, 12), (0.5, 1.25))])
def test_surfaces_are_those_of_scipy(rng, shape, spacing, order):
    pred, truth = (np.asarray(blobs(rng, shape, 2), order=order) for _ in range(2))
    report = vd.surfaces(pred=pred, truth=truth, metrics="hd,hd95,assd,nsd=1", spacing=spacing)
    scores = report.scores()
    for at, label in enumerate((1, 2)):
        a, b = surface_distances(pred == label, truth == label, spacing)
        both = np.concatenate([a, b])
        expected = {
            "hd": both.max(),
            "hd95": max(np.percentile(a, 95), np.percentile(b, 95)),
            "assd": both.mean(),
            "nsd=1": (both <= 1).mean(),
        }
        for name, value in expected.items():
            assert scores[name][0, at] == pytest.approx(value, rel=1e-12), name


def test_surfaces_of_samples_and_files(folders):
    truth, pred, arrays = folders
    t, p = (np.stack([pair[side] for pair in arrays.values()]) for side in (0, 1))
    of_samples = vd.surfaces(pred=p, truth=t, metrics="hd,assd", spacing=(0.5, 1, 2), sample_axis=0)
    of_folders = vd.evaluate(truth, pred, metrics="hd,assd")
    for name in ("hd", "assd"):
        np.testing.assert_array_equal(of_samples.scores(name)[name], of_folders.scores(name)[name])
    of_files = vd.surfaces(pred=pred / "case_1.nii", truth=truth / "case_1.nii", metrics="hd")
    assert of_files.scores()["hd"].tolist() == of_folders.scores("hd")["hd"][:1].tolist()
    with pytest.raises(vd.Error, match="large a voxel"):
        vd.surfaces(pred=p[0], truth=t[0])
    with pytest.raises(vd.Error, match="3 lengths"):
        vd.surfaces(pred=p[0], truth=t[0], spacing=(1, 1))
    with pytest.raises(vd.Error, match="was not measured"):
        of_samples.scores("hd95")


def test_lesions_are_found_one_by_one(rng):
    truth = np.zeros((20, 20, 6), dtype=np.int64)
    pred = truth.copy()
    truth[1:5, 1:5, 1:3] = truth[10:14, 2:6, 2:5] = truth[2:4, 15:18, 0:2] = 1
    pred[1:5, 1:5, 1:3] = pred[10:14, 2:5, 2:5] = pred[15:19, 15:19, 1:4] = 1
    components, number = scipy_ndimage.label(truth, np.ones((3, 3, 3)))
    found = [((components == at) & (pred > 0)).sum() / ((components == at) | (components == at) & (pred > 0)).sum() >= 0.5
             for at in range(1, number + 1)]
    extra = 1
    report = vd.instances(pred=pred, truth=truth, metrics="lesion_f1,lesion_recall,lesion_precision", spacing=(1, 1, 1))
    tp = sum(found)
    assert report.scores()["lesion_recall"][0, 0] == tp / number
    assert report.scores()["lesion_precision"][0, 0] == tp / (tp + extra)
    assert report.scores()["lesion_f1"][0, 0] == tp / (tp + (extra + number - tp) / 2)
    rows = report.lesions()
    assert [row["status"] for row in rows].count("found") == 2 * tp and len(rows) == number + tp + extra
    sizes = sorted(int(row["voxels"]) for row in rows if row["side"] == "truth")
    assert sizes == sorted(np.bincount(components.ravel())[1:].tolist())
    cells = vd.instances(pred=pred * 2, truth=components, by="labels", metrics="lesion_recall")
    assert len(cells.classes) == 1
    # By hand: two of three objects are found, with IoU 1 and 36 / 48, and one is made up (panoptica: IoU of at least 0.5).
    panoptic = vd.instances(pred=pred, truth=truth, like="panoptica", metrics="pq,sq,rq").scores()
    assert (found, extra) == ([True, True, False], 1) or sorted(found) == [False, True, True]
    assert panoptic["sq"][0, 0] == (1 + 36 / 48) / 2
    assert panoptic["rq"][0, 0] == 2 / (2 + 1 / 2 + 1 / 2)
    assert panoptic["pq"][0, 0] == pytest.approx((1 + 36 / 48) / 3, rel=1e-15)
    with pytest.raises(vd.Error, match='connectivity="some".*one of faces, edges, corners'):
        vd.instances(pred=pred, truth=truth, lesion_choices={"connectivity": "some"})


def test_models_are_compared(folders):
    truth, pred, arrays = folders
    ours = vd.evaluate(truth, pred)
    perfect = vd.evaluate(truth, truth)
    found = vd.compare({"ours": ours, "perfect": perfect}, metrics="dice", seed=1)
    assert found == vd.compare(ours=ours, perfect=perfect, metrics=["dice"], seed=1)
    assert found == pickle.loads(pickle.dumps(found))
    expected = np.mean([np.mean([dice(p, t, label) for label in (1, 2, 3)]) - 1 for t, p in arrays.values()])
    assert f"{expected:.4f}".replace("-", "") in found.table.replace("−", "-")
    assert found.to_dict() and found.columns() and not found.has_findings and "<table>" in found._repr_html_()
    assert vd.compare({"ours": pred, "perfect": truth}, truth=truth, metrics="dice", seed=1).csv == found.csv
    for choices, part in [({"test": "x"}, "test is x"), ({"interval": "x"}, "interval is x"), ({"rank": "best"}, "is best")]:
        with pytest.raises(vd.Error, match=part):
            vd.compare({"a": ours, "b": perfect}, **choices)
    with pytest.raises(vd.Error):
        vd.compare({"a": ours})


def test_models_have_weights_and_every_interval(folders):
    truth, pred, _ = folders
    models = {"ours": vd.evaluate(truth, pred), "perfect": vd.evaluate(truth, truth)}
    usual = vd.compare(models, metrics="dice", seed=1).columns()
    skewed = vd.compare(models, metrics="dice", seed=1, interval="bca").columns()
    assert usual["mean_difference"] == skewed["mean_difference"] and usual["interval_low"] != skewed["interval_low"]
    for weights, part in [({"iou": 1.0}, "iou"), ({"dice": 0.0}, "dice"), ({"dice": float("nan")}, "dice")]:
        with pytest.raises(vd.Error, match=part):
            vd.compare(models, metrics="dice", weights=weights)
    # One model is better in the one score, the other in the other: the heavier score decides.
    tables = {"a": "case,dice,hd95\n" + "".join(f"c{at},0.9,{5 + at}\n" for at in range(6)),
              "b": "case,dice,hd95\n" + "".join(f"c{at},0.8,{3 + at}\n" for at in range(6))}
    paths = {}
    for name, text in tables.items():
        paths[name] = truth.parent / f"{name}.csv"
        paths[name].write_text(text)
    ranks = []
    for weights in ({"dice": 3.0, "hd95": 1.0}, {"dice": 1.0, "hd95": 3.0}):
        overall = vd.compare(paths, weights=weights).to_dict()["overall"]
        ranks.append(json.dumps(overall))
    assert ranks[0] != ranks[1]


@pytest.mark.parametrize("names", [("1", "2"), ("inf", "nan"), ("1e3", "0x1")])
def test_names_of_models_stay_texts(folders, names):
    truth, pred, _ = folders
    found = vd.compare({names[0]: vd.evaluate(truth, pred), names[1]: vd.evaluate(truth, truth)}, metrics="dice").columns()
    assert set(found["a"]) == {names[0]} and set(found["b"]) == {names[1]}
    assert {"1", "2", "3"} <= set(found["class"])
    assert all(isinstance(value, float) for value in found["mean_difference"])


@pytest.mark.parametrize(
    "choices, part",
    [
        ({"truth": "truth"}, "truth"),
        ({"evaluation": {"labels": [1]}}, "evaluation"),
        ({"pair_regex": "(.*)"}, "pair_regex"),
        ({"group": "(.*)_", "group_column": "patient"}, "group and group_column"),
        ({"group": {"case_1": "x"}, "group_column": "patient"}, "group and group_column"),
        ({"ours": "ours.json"}, "ours is there twice"),
    ],
)
def test_comparisons_do_not_contradict_themselves(folders, choices, part):
    truth, pred, _ = folders
    models = {"ours": vd.evaluate(truth, pred), "perfect": vd.evaluate(truth, truth)}
    with pytest.raises(vd.Error, match=part):
        vd.compare(models, metrics="dice", **choices)


def test_folders_are_compared_without_resamples_of_their_own(folders, monkeypatch):
    import voxdice._compare as module

    truth, pred, _ = folders
    kept, evaluate = [], module.evaluate
    monkeypatch.setattr(module, "evaluate", lambda *given, **choices: kept.append(evaluate(*given, **choices)) or kept[-1])
    found = vd.compare({"ours": pred, "perfect": truth}, truth=truth, metrics="dice", evaluation={"labels": [1, 2]}, seed=1)
    assert [json.loads(report.to_json())["voxdice"]["options"]["bootstrap"] for report in kept] == [None, None]
    assert {"1", "2"} <= set(found.columns()["class"]) and "3" not in found.columns()["class"]
    for choice in ({"metrics": "iou"}, {"resamples": 10}):
        with pytest.raises(vd.Error, match="compare decides itself"):
            vd.compare({"ours": pred, "perfect": truth}, truth=truth, evaluation=choice)


def test_the_recorded_summary_of_nnunet(tmp_path):
    """The four small volumes of the recorded file, as shared/golden has them; it was written by nnU-Net."""
    shared = Path(__file__).parents[3] / "shared" / "golden" / "nnunet_summary_labels.example.json"
    if not shared.exists():
        assert os.environ.get("VOXDICE_TEST_SHARED") != "require", f"{shared} is required"
        pytest.skip("the recorded summaries are not beside the project")
    recorded = json.loads(shared.read_text())
    report = vd.Report.from_json(shared.read_text(), str(shared))
    for case in recorded["metric_per_case"]:
        for label, numbers in case["metrics"].items():
            place = [key for key, _, _ in report.classes].index(label)
            value = report.scores("dice")["dice"][recorded["metric_per_case"].index(case), place]
            assert value == pytest.approx(numbers["Dice"], nan_ok=True)


def test_rows_are_plain_sums(folders):
    truth, pred, arrays = folders
    rows = [row for case in arrays for row in vd.rows(truth / f"{case}.nii", pred / f"{case}.nii", case, labels=[1, 2, 3])]
    assert len(rows) == 12 and len({row["rules"] for row in rows}) == 1
    assert vd.rows(truth / "case_1.nii", pred / "case_1.nii", labels=[1, 2])[0]["rules"] != rows[0]["rules"]
    for row in rows:
        t, p = arrays[row["case"]]
        assert (row["tp"], row["n_pred"], row["n_truth"], row["n"]) == expected_counts(p, t, int(row["label"]))


def test_sums_are_exact(rng):
    from fractions import Fraction

    pred = rng.random((2, 3, 5, 6, 7)).astype(np.float32)
    truth = (rng.random(pred.shape) < 0.5).astype(np.uint8)
    found = vd.sums(pred=pred, truth=truth)
    for sample in range(2):
        for channel in range(3):
            p, t = pred[sample, channel].ravel(), truth[sample, channel].ravel()
            units = sum(int(Fraction(float(value)) * 2**46) for value in p)
            both = sum(int(Fraction(float(value)) * 2**46) for value in p[t == 1])
            terms = found.exact[sample * 3 + channel]
            assert [Fraction(a) * Fraction(2) ** b * 2**46 for a, b in terms[:3]] == [units, int(t.sum()) * 2**46, both]
    labels = rng.integers(0, 3, (2, 5, 6, 7))
    one_hot = np.stack([labels == channel for channel in range(3)], axis=1)
    assert vd.sums(pred=pred, truth=labels).exact == vd.sums(pred=pred, truth=one_hot).exact
    halves = [vd.sums(pred=pred[:, :, at], truth=truth[:, :, at]) for at in (slice(0, 2), slice(2, 5))]
    assert sum(halves).exact == found.exact
    wide = pred + rng.random(pred.shape) * 2.0**-30
    found = vd.sums(pred=wide, truth=truth)
    units = sum(int(Fraction(value) * 2**46) for value in wide[0, 0].ravel().tolist())
    assert Fraction(found.exact[0][0][0]) * Fraction(2) ** found.exact[0][0][1] == Fraction(units, 2**46)
    assert vd.sums(pred=pred.astype(np.float64), truth=truth) == vd.sums(pred=pred, truth=truth)
    with pytest.raises(vd.Error, match="soft volumes are float64"):
        vd.sums(pred=pred.astype(np.int64), truth=truth)
    with pytest.raises(vd.Error, match="NaN|not finite|non-finite"):
        vd.sums(pred=np.where(pred > 0.99, np.nan, pred).astype(np.float32), truth=truth)
    assert "samples" in repr(found) and pickle.loads(pickle.dumps(found)) == found


def test_grids_that_differ_are_told(tmp_path, rng):
    labels = blobs(rng, (6, 5, 4), 1)
    write_nifti(tmp_path / "a.nii", labels)
    write_nifti(tmp_path / "b.nii", labels, (1.0, 1.0, 1.5))
    with pytest.raises(vd.Error, match="a.nii|b.nii|grid|apart"):
        vd.counts(pred=tmp_path / "a.nii", truth=tmp_path / "b.nii")
    assert vd.counts(pred=tmp_path / "a.nii", truth=tmp_path / "b.nii", geometry="off").tp[0] == labels.sum()


def test_topology_is_that_of_known_shapes():
    truth = np.zeros((7, 9, 11), np.uint8)
    truth[1:6, 1:8, 1:10] = 1
    truth[3, 4, 5] = 0  # a cavity
    pred = truth.copy()
    pred[3, 4, 5:] = 0  # which is open
    report = vd.surfaces(pred=pred, truth=truth, metrics="betti,betti_truth=2,betti_pred=2,cldice,tsens")
    scores = report.scores()
    assert [scores[name][0] for name in ("betti", "betti_truth=2", "betti_pred=2")] == [1, 1, 0]
    assert 0 < scores["cldice"][0] <= 1
    assert list(scores) == ["betti", "betti_truth=2", "betti_pred=2", "cldice", "tsens"]


def test_arrays_of_archives_are_named_behind_them(tmp_path):
    truth, pred = np.array([[0, 1, 1, 2]], np.uint8), np.array([[0, 1, 2, 2]], np.uint8)
    path = tmp_path / "m.npz"
    np.savez(path, truth=truth, **{"a.npz:b": pred})
    report = vd.evaluate(f"{path}:truth", f"{path}:a.npz:b")
    assert report.mean("dice") == pytest.approx((dice(pred, truth, 1) + dice(pred, truth, 2)) / 2)
    for call in (vd.evaluate, vd.counts):
        with pytest.raises(vd.Error, match="no such file"):
            call(truth=f"{tmp_path}/none.npz:truth", pred=f"{path}:truth")
