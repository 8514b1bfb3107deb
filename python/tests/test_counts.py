"""Counts of arrays against numpy's masks, for every type, memory order and way of asking."""

from __future__ import annotations

import itertools
import json
import pickle

import numpy as np
import pytest
from conftest import blobs, expected_counts

import voxdice as vd

TYPES = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64"]


def check(found: vd.Counts, pred: np.ndarray, truth: np.ndarray, labels: list[int], ignore: int | None = None) -> None:
    expected = np.array([expected_counts(pred, truth, label, ignore) for label in labels]).reshape(-1, 4)
    for at, name in enumerate(("tp", "n_pred", "n_truth", "n")):
        assert getattr(found, name).tolist() == expected[:, at].tolist(), name
        assert getattr(found, name).dtype == np.int64


@pytest.mark.parametrize("of_pred, of_truth", [*zip(TYPES, TYPES), ("int64", "uint8"), ("float32", "bool"), ("uint16", "int8")])
def test_every_type_of_number_counts_alike(rng, of_pred, of_truth):
    most = 1 if "bool" in (of_pred, of_truth) else 5
    pred, truth = blobs(rng, (9, 14, 11), most), blobs(rng, (9, 14, 11), most)
    found = vd.counts(pred=pred.astype(of_pred), truth=truth.astype(of_truth), labels=range(1, most + 1))
    check(found, pred, truth, list(range(1, most + 1)))


@pytest.mark.parametrize("kind", ["int16", "int64", "uint32", "float64"])
def test_labels_beyond_a_byte_are_exact(rng, kind):
    most = {"int16": 32_000, "int64": 4_294_967_295, "uint32": 4_294_967_295, "float64": 4_294_967_295}[kind]
    # More than one block of 65,536, where some blocks are narrow and some are not.
    truth = np.zeros(200_000, dtype=kind)
    truth[70_000:90_000] = most
    truth[5:10] = 7
    pred = np.roll(truth, 1000)
    found = vd.counts(pred=pred, truth=truth)
    assert found.labels == ((7,), (most,))
    check(found, pred, truth, [7, most])


ORDERS = {
    "C": lambda a: np.ascontiguousarray(a),
    "F": lambda a: np.asfortranarray(a),
    "gaps": lambda a: np.repeat(a, 2, axis=1)[:, ::2],
    "backwards": lambda a: np.ascontiguousarray(a[::-1])[::-1],
    "turned": lambda a: np.ascontiguousarray(a.transpose(1, 2, 0)).transpose(2, 0, 1),
    "read-only": lambda a: np.frombuffer(a.tobytes(), dtype=a.dtype).reshape(a.shape),
    "big-endian": lambda a: a.astype(">i4"),
}


@pytest.mark.parametrize("of_pred, of_truth", list(itertools.product(ORDERS, ORDERS)))
def test_orders_of_memory_do_not_matter(rng, of_pred, of_truth):
    pred, truth = blobs(rng, (7, 5, 6), 3), blobs(rng, (7, 5, 6), 3)
    check(vd.counts(pred=ORDERS[of_pred](pred), truth=ORDERS[of_truth](truth), labels=[1, 2, 3]), pred, truth, [1, 2, 3])


def test_samples_have_rows_of_their_own(rng):
    pred, truth = blobs(rng, (8, 4, 6, 5), 2), blobs(rng, (8, 4, 6, 5), 2)
    for axis in (0, 1, -1):
        found = vd.counts(pred=pred, truth=truth, labels=[1, 2], sample_axis=axis)
        for sample in range(pred.shape[axis]):
            p, t = pred.take(sample, axis), truth.take(sample, axis)
            rows = [expected_counts(p, t, label) for label in (1, 2)]
            assert found.tp[sample].tolist() == [row[0] for row in rows]
            assert found.n[sample].tolist() == [row[3] for row in rows]
        assert found.pooled() == vd.counts(pred=pred, truth=truth, labels=[1, 2])
    found = vd.counts(pred=pred, truth=truth, sample_axis=0)
    assert found.tp.shape == (8, 2) and found.found


def test_regions_and_ignored_labels(rng):
    pred, truth = blobs(rng, (9, 9, 9), 3), blobs(rng, (9, 9, 9), 3)
    truth[0] = 255
    found = vd.counts(pred=pred, truth=truth, labels=[3], regions={"WT": [1, 2, 3], "TC": [1, 3]}, ignore=255)
    assert found.classes == ("3", "WT", "TC")
    keep = truth != 255
    for at, union in enumerate(([3], [1, 2, 3], [1, 3])):
        p, t = np.isin(pred, union) & keep, np.isin(truth, union) & keep
        assert (found.tp[at], found.n_pred[at], found.n_truth[at], found.n[at]) == ((p & t).sum(), p.sum(), t.sum(), keep.sum())
    signed = truth.astype(np.int64)
    signed[signed == 255] = -100
    assert vd.counts(pred=pred, truth=signed, labels=[1], ignore=-100).tp[0] == ((pred == 1) & (truth == 1) & keep).sum()
    listed = vd.counts(pred=pred, truth=truth, labels=[1], ignore=255)
    assert listed.out_of_range_pred[0] == (np.isin(pred, [2, 3]) & keep).sum()


def test_scores_are_the_formulas(rng):
    pred, truth = blobs(rng, (9, 14, 11), 4), blobs(rng, (9, 14, 11), 4)
    found = vd.counts(pred=pred, truth=truth, labels=[1, 2, 3, 4, 9])
    tp, fp, fn, tn = (np.asarray(a, dtype=np.float64) for a in (found.tp, found.fp, found.fn, found.tn))
    with np.errstate(invalid="ignore"):
        expected = {
            "dice": 2 * tp / (2 * tp + fp + fn),
            "iou": tp / (tp + fp + fn),
            "recall": tp / (tp + fn),
            "precision": tp / (tp + fp),
            "specificity": tn / (tn + fp),
            "fbeta=2": 5 * tp / (5 * tp + 4 * fn + fp),
        }
    scores = found.scores(*expected)
    for name, values in expected.items():
        np.testing.assert_allclose(scores[name], values, rtol=1e-15, err_msg=name)
    assert np.isnan(scores["dice"][-1])
    assert found.scores("dice", empty="one")["dice"][-1] == 1 and found.scores("dice", empty="zero")["dice"][-1] == 0
    assert vd.dice(pred, truth, labels=[2]) == {"2": scores["dice"][1]}
    assert "volume_truth_ml" not in found.scores("all") and len(found.scores("all")) > 10


def test_counts_add_up_in_any_order(rng):
    pred, truth = blobs(rng, (16, 9, 9), 5), blobs(rng, (16, 9, 9), 5)
    pred[:8][pred[:8] == 5] = 0
    truth[:8][truth[:8] == 5] = 0
    whole = vd.counts(pred=pred, truth=truth)
    parts = [vd.counts(pred=pred[at : at + 4], truth=truth[at : at + 4]) for at in range(0, 16, 4)]
    assert sum(parts) == sum(reversed(parts)) == whole
    assert parts[0].classes != whole.classes, "the test needs a class that a part lacks"
    assert sum(parts, vd.Counts.zero()) == whole
    fixed = [vd.counts(pred=pred[at : at + 4], truth=truth[at : at + 4], labels="1-5") for at in range(0, 16, 4)]
    assert sum(fixed, vd.Counts.zero("1-5")) == vd.counts(pred=pred, truth=truth, labels="1-5") != whole
    with pytest.raises(vd.Error, match="do not add up"):
        fixed[0] + vd.counts(pred=pred, truth=truth, labels=[1])


def test_counts_go_through_pickle_and_json(rng):
    pred, truth = blobs(rng, (4, 9, 9), 3), blobs(rng, (4, 9, 9), 3)
    for found in (vd.counts(pred=pred, truth=truth), vd.counts(pred=pred, truth=truth, sample_axis=0, labels=[1])):
        assert pickle.loads(pickle.dumps(found)) == found
        assert vd.Counts.from_dict(json.loads(json.dumps(found.to_dict()))) == found
        assert "<table>" in found._repr_html_() and "class" in repr(found)
        assert list(found.frame("dice")["dice"]) == found.scores("dice")["dice"].reshape(-1).tolist()


@pytest.mark.parametrize(
    "pred, truth, choices, part",
    [
        ([0, -1], [0, 1], {}, "pred holds -1 at voxel 1"),
        ([0, 1], [0.5, 1], {}, "truth holds 0.5 at voxel 0"),
        ([0, 1], [np.nan, 1], {}, "truth holds NaN"),
        ([0, 1], [2**32, 1], {}, "truth holds 4294967296"),
        ([0, 1], [0, 1, 1], {}, "both must be equal"),
        (np.zeros((2, 3)), np.zeros((3, 2)), {}, "transpose one"),
        ([0, 1], [0, 1], {"labels": [1.5]}, "whole numbers"),
        ([0, 1], [0, 1], {"labels": [1, 1]}, "alike"),
        ([0, 1], [0, 1], {"labels": []}, "at least one label"),
        ([0, 1], [0, 1], {"labels": [1], "ignore": 1}, "to be ignored"),
        ([0, 1], [0, 1], {"sample_axis": 1}, "sample_axis"),
        ([1j, 1], [0, 1], {}, "complex128"),
        (["a", "b"], [0, 1], {}, "has no labels"),
        ([0, 1], "truth.nii.gz", {}, "two paths"),
    ],
)
def test_what_cannot_be_counted_says_why(pred, truth, choices, part):
    given = [side if isinstance(side, str) else np.array(side) for side in (pred, truth)]
    with pytest.raises(vd.Error, match=part):
        vd.counts(pred=given[0], truth=given[1], **choices)


def test_sides_are_named():
    with pytest.raises(TypeError):
        vd.counts(np.zeros(2), np.zeros(2))  # type: ignore[misc]
    assert issubclass(vd.Error, ValueError)


def test_nothing_to_count():
    for shape in ((0,), (0, 3), (2, 0)):
        found = vd.counts(pred=np.zeros(shape, dtype=np.uint8), truth=np.zeros(shape, dtype=np.uint8), labels=[1])
        assert found.n.tolist() == [0] and np.isnan(found.scores("dice")["dice"][0])
    assert vd.counts(pred=np.zeros(3), truth=np.zeros(3)).classes == ()


def test_no_copy_is_made_of_arrays_in_one_order():
    import tracemalloc

    truth = np.zeros((200, 300, 250), dtype=np.int64, order="F")
    tracemalloc.start()  # numpy tells it what it allocates
    vd.counts(pred=truth, truth=truth, labels=[1])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20 < truth.nbytes


def test_a_dictionary_of_counts_is_whole():
    maps = np.array([[0, 1, 2], [2, 1, 0]])
    for found in (vd.counts(pred=maps, truth=maps), vd.counts(pred=maps, truth=maps, labels=[1], ignore="-1,7", sample_axis=0)):
        given = json.loads(json.dumps(found.to_dict()))
        assert vd.Counts.from_dict(given) == found
        for change in ({"tp": [1.9] * 2}, {"tp": [-1, 1]}, {"tp": [2**63, 1]}, {"tp": [1]}, {"tp": [True, False]},
                       {"classes": ["1", "2", "3"]}, {"labels": [[1]] * 3}, {"labels": [[1.5], [2]]}, {"voxels": [[1]]}, {"n": None}):
            with pytest.raises(vd.Error, match="no dictionary of counts"):
                vd.Counts.from_dict({**given, **change})


def test_counts_of_samples_do_not_pass_64_bits():
    maps = np.array([[1], [1], [1]])
    found = vd.counts(pred=maps, truth=maps, labels=[1], sample_axis=0)
    found.n[:] = 2**62
    with pytest.raises(vd.Error, match="64 bits"):
        found.pooled()
    found.n[2] = 0
    found.n[1] = 2**61
    assert found.pooled().n.tolist() == [2**62 + 2**61]


def test_zeros_are_arrays_of_their_own():
    zero = vd.Counts.zero([1, 2])
    zero.tp[0] = 5
    assert zero.n.tolist() == zero.n_pred.tolist() == [0, 0]
