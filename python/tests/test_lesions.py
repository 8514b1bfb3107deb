"""Whose lesions hold: in an evaluation, and of results once the voxels are gone."""

from __future__ import annotations

import pytest

import voxdice as vd


def test_a_preset_brings_its_scores(folders):
    truth, pred, _ = folders
    report = vd.evaluate(truth, pred, like="brats23-gli")
    assert {"lesion_f1", "lesion_dice", "lesion_hd95"} <= set(report.metrics)
    found = vd.compare({"ours": pred, "perfect": truth}, truth=truth, like="brats23-gli", seed=1).columns()
    assert {"dice", "lesion_f1", "lesion_dice", "lesion_hd95"} <= set(found["metric"])
    stored = vd.compare(ours=report, perfect=vd.evaluate(truth, truth, like="brats23-gli"), like="brats23-gli", seed=1)
    assert set(stored.columns()["metric"]) == set(found["metric"])


def test_lesions_of_results_stay_those_that_were_found(folders):
    truth, pred, _ = folders
    plain, lesions = vd.evaluate(truth, pred), vd.evaluate(truth, pred, like="panoptica")
    assert vd.merge([lesions], like="panoptica") == lesions
    for parts, like in (([plain], "panoptica"), ([lesions], "coco")):
        with pytest.raises(vd.Error, match=f"{like} defines lesions"):
            vd.merge(parts, like=like)
        with pytest.raises(vd.Error, match=f"{like} defines lesions"):
            vd.compare(a=parts[0], b=parts[0], like=like)
    with pytest.raises(vd.Error, match="none of nnunet"):
        vd.merge([plain], like="nobody")
