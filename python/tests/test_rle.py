"""Masks in runs, against numpy and against texts that pycocotools 2.0 wrote."""

import numpy as np
import pytest
import voxdice as vd

MASK = np.array([[0, 1, 1, 0, 0], [1, 1, 0, 0, 1], [0, 0, 0, 1, 1]], np.uint8)


def kaggle(mask):
    flat = np.concatenate([[0], mask.T.ravel(), [0]])
    ends = np.flatnonzero(np.diff(flat)).reshape(-1, 2)
    return " ".join(f"{start + 1} {end - start}" for start, end in ends)


def test_runs_go_down_the_columns_and_kaggle_counts_from_1():
    assert kaggle(MASK) == "2 1 4 2 7 1 12 1 14 2"
    assert np.array_equal(vd.from_rle(kaggle(MASK), MASK.shape), MASK)
    assert np.array_equal(vd.from_rle({"size": [3, 5], "counts": [1, 1, 1, 2, 1, 1, 4, 1, 1, 2]}), MASK)
    assert vd.from_rle("", (2, 2)).sum() == 0
    assert vd.from_rle("1 4", (2, 2), label=300).tolist() == [[300, 300], [300, 300]]
    assert vd.from_rle("1 1", (2, 2)).flags.c_contiguous


@pytest.mark.parametrize("seed", range(5))
def test_random_masks_come_back(seed):
    random = np.random.default_rng(seed)
    mask = (random.random((37, 53)) < 0.3).astype(np.uint8)
    assert np.array_equal(vd.from_rle(kaggle(mask), mask.shape), mask)


# The first is MASK, the second np.kron(MASK, np.ones((40, 2))).
PYCOCO = [
    ([3, 5], "11110O30M1"),
    ([120, 10], "X1X1`20hNX1000hNX10`20`M0hNX100"),
]


def test_texts_of_pycocotools_are_read():
    for (size, counts), mask in zip(PYCOCO, [MASK, np.kron(MASK, np.ones((40, 2), np.uint8))]):
        for text in (counts, counts.encode()):
            assert np.array_equal(vd.from_rle({"size": size, "counts": text}), mask)


def test_runs_of_nothing_are_runs():
    assert vd.from_rle({"size": [2, 3], "counts": [0, 0, 0, 0, 0, 0, 0, 0, 6]}).sum() == 0
    assert vd.from_rle({"size": [1, 3], "counts": np.array([0, 1, 0, 1, 0, 1])}).tolist() == [[1, 1, 1]]


@pytest.mark.parametrize("label", [0, 1.5, None, True, "1", 2**32, float("nan")])
def test_a_label_is_a_whole_number(label):
    with pytest.raises(vd.Error, match="label is"):
        vd.from_rle("2 3", (2, 3), label=label)


@pytest.mark.parametrize(
    ("rle", "shape", "part"),
    [
        ("1 2", None, "how large"),
        ("1 2 3", (2, 2), "left over"),
        ("0 2", (2, 2), "begins before 1"),
        ("1 2 2 1", (2, 2), "does not fit behind"),
        ("4 2", (2, 2), "leaves the picture"),
        ("a 1", (2, 2), "whole numbers"),
        ("1 1", (0, 2), "cannot be"),
        ({"counts": [4]}, None, "size"),
        ({"size": [2, 2], "counts": [3]}, None, "3 pixels"),
        ({"size": [2, 2], "counts": [5, -1]}, None, "below 0"),
        ({"size": [2, 2], "counts": "T"}, None, "inside a number"),
        ({"size": [2, 2], "counts": " "}, None, "pycocotools"),
        (7, None, "int"),
        ({"size": [2, 3], "counts": [2**63 - 1, 2**63 - 1, 8]}, None, "pixels"),
        ({"size": [2, 3], "counts": [2**70]}, None, "pixels"),
        ({"size": [2, 3], "counts": [1.9, 4.1]}, None, "counts are whole numbers"),
        ({"size": [2, 3], "counts": None}, None, "counts are .* this is None"),
        ({"size": [2, 3], "counts": []}, None, "no runs"),
        ({"size": [2.9, 3], "counts": [1, 5]}, None, "2.9"),
        ({"size": "23", "counts": [1, 5]}, None, "height and width are whole numbers in a list, and this is '23'"),
        ("2 3", "23", "height and width are whole numbers in a list, and this is '23'"),
        ("2 3", (2.5, 3), "2.5"),
        ("2 3", 6, "height and width are whole numbers in a list, and this is 6"),
    ],
)
def test_what_is_no_mask_is_refused(rle, shape, part):
    with pytest.raises(vd.Error, match=part):
        vd.from_rle(rle, shape)
