"""Choices: written one way or another they are one, and those that contradict each other are refused."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import blobs, write_nifti

import voxdice as vd


@pytest.mark.parametrize(
    "wrong, part",
    [("9-5", "9-5"), ("4294967296", "4294967296"), ("1,,2", "missing|label"), ("0-4294967295", "65,?536|many"), ("a", "`a`")],
)
def test_lists_of_labels_are_those_of_the_command(wrong, part):
    maps = np.array([1, 2, 5, 6])
    assert vd.counts(pred=maps, truth=maps, labels="6,1, 5-6").classes == ("1", "5", "6")
    with pytest.raises(vd.Error, match=part):
        vd.counts(pred=maps, truth=maps, labels=wrong)
    with pytest.raises(vd.Error, match=part):
        vd.counts(pred=maps, truth=maps, regions={"all": wrong})


def test_ignored_labels_are_a_set():
    maps = np.array([1, 2, 255])
    found = [vd.counts(pred=maps, truth=maps, labels=[2], ignore=ignore) for ignore in ([255, 1], [1, 255, 1], "255,1", " 1, 255")]
    assert all(one == found[0] for one in found) and found[0].ignored == "1,255"
    assert (found[0] + found[1]).n.tolist() == [2]
    rows = [vd.rows(maps, maps, labels=[2], ignore=ignore) for ignore in ([255, 1], "1,255")]
    assert rows[0] == rows[1]
    assert vd.counts(pred=maps, truth=maps, labels=[2], ignore="-3,-1,255").ignored == "-3,-1,255"


def test_negative_labels_may_be_ignored_on_both_sides():
    pred, truth = np.array([-1, 1, 1]), np.array([-1, 1, 0])
    for kind in ("int8", "int64", "float32"):
        found = vd.counts(pred=pred.astype(kind), truth=truth.astype(kind), labels=[1], ignore=-1)
        assert (found.tp[0], found.n_pred[0], found.n_truth[0], found.n[0]) == (1, 2, 1, 2), kind
    with pytest.raises(vd.Error, match="pred holds -2"):
        vd.counts(pred=pred * 2, truth=truth, labels=[1], ignore=-1)


@pytest.mark.parametrize("kind", ["uint32", "uint64", "int64", "float64"])
def test_large_labels_are_not_taken_for_negative_ones(kind):
    truth = np.array([2**32 - 1, 1], dtype=kind)
    with pytest.raises(vd.Error, match="4294967295"):
        vd.counts(pred=np.array([1, 1]), truth=truth, labels=[1], ignore=-1)
    assert vd.counts(pred=np.array([1, 1]), truth=truth, labels=[1]).n.tolist() == [2]


def test_what_takes_two_files_takes_no_folders(folders):
    truth, pred, _ = folders
    for call in (vd.counts, vd.surfaces, vd.instances):
        with pytest.raises(vd.Error, match="predictions|labelsTs.*is a folder.*evaluate takes folders"):
            call(pred=pred, truth=truth)
        with pytest.raises(vd.Error, match="is a folder"):
            call(pred=pred / "case_1.nii", truth=truth)
        with pytest.raises(vd.Error, match="no such file"):
            call(pred=pred / "none.nii", truth=truth / "case_1.nii")
    with pytest.raises(vd.Error, match="is a folder"):
        vd.dice(pred, truth)
    with pytest.raises(vd.Error, match="is a folder"):
        vd.rows(truth, pred)


def test_files_have_three_lengths(folders):
    truth, pred, _ = folders
    files = {"truth": truth / "case_1.nii", "pred": pred / "case_1.nii"}
    for wrong in [(1,), (1, 0), (1, 1, 1, 1), (1, 1, 0), (1, 1, float("nan"))]:
        with pytest.raises(vd.Error, match="three lengths"):
            vd.evaluate(**files, spacing=wrong)
        with pytest.raises(vd.Error, match="three lengths"):
            vd.surfaces(**files, spacing=wrong)
    with pytest.raises(vd.Error, match="two axes"):
        vd.surfaces(**files, metrics="hd", spacing=(1, 1))
    near = vd.surfaces(**files, metrics="hd", spacing=(1, 1, 5)).scores()["hd"]
    assert (near != vd.surfaces(**files, metrics="hd", spacing=(1, 1, 1)).scores()["hd"]).any()


@pytest.mark.parametrize(
    "choices, part",
    [
        ({"shard": "1/2"}, "shard"),
        ({"cases": "case_1"}, "cases"),
        ({"cases": ["case_1"]}, "cases"),
        ({"pairs": [("a", "b")]}, "pairs"),
        ({"pair_regex": "(.*)"}, "pattern"),
    ],
)
def test_what_is_for_folders_is_refused_for_files(folders, choices, part):
    truth, pred, _ = folders
    with pytest.raises(vd.Error, match=f"{part}.* is for two folders"):
        vd.evaluate(truth / "case_1.nii", pred / "case_1.nii", **choices)


@pytest.mark.parametrize(
    "choices, part",
    [
        ({"pairs": [("case_1.nii", "case_1.nii")], "pair_regex": "(.*)"}, "pairs and pair_regex"),
        ({"labels": [1], "dataset": {"labels": {"background": 0, "a": 1}}}, "labels and dataset"),
        ({"round": 0.6}, "round is 0.6"),
        ({"round": 0}, "round is 0"),
        ({"round": float("nan")}, "round is nan"),
        ({"threshold": float("inf")}, "threshold"),
        ({"instances": "components", "size_classes": [float("inf")]}, "size_classes"),
        ({"instances": "components", "size_classes": [10, 5]}, "size_classes"),
        ({"shard": "1/2", "num_parts": 2, "part_id": 0}, "shard"),
        ({"metrics": "dice", "pool": "lesions"}, "pool"),
        ({"metrics": "lesion_f1", "pool": "all"}, "over"),
        ({"instances": "components", "lesion_choices": {"near": 1}}, 'near goes with match="any"'),
        ({"instances": "labels", "lesion_choices": {"connectivity": "faces"}}, "connectivity is about components"),
        ({"instances": "components", "lesion_choices": {"match": "optimal"}, "many_to_one": True}, "many_to_one does not go"),
        ({"like": "lits", "lesion_choices": {"criterion": "iou"}}, "criterion does not go with"),
        ({"lesion_choices": {"connectivity": "faces"}}, "none are looked for"),
        ({"many_to_one": True}, "none are looked for"),
    ],
)
def test_choices_that_contradict_each_other_are_refused(folders, choices, part):
    truth, pred, _ = folders
    with pytest.raises(vd.Error, match=part):
        vd.evaluate(truth, pred, **choices)


def test_sums_have_a_threshold_of_one_kind():
    pred, truth = np.full((1, 1, 2, 2), 0.4, dtype=np.float32), np.ones((1, 1, 2, 2), dtype=np.uint8)
    with pytest.raises(vd.Error, match='activation="threshold"'):
        vd.sums(pred=pred, truth=truth, threshold=0.3)
    assert vd.sums(pred=pred, truth=truth, activation="threshold", threshold=0.3).pred.tolist() == [[4.0]]
    assert vd.sums(pred=pred, truth=truth, activation="threshold").pred.tolist() == [[0.0]], "0.5 where nothing is said"


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("threshold", [0.3, 0.7, -0.0, 1e-300])
def test_sums_compare_as_numpy_does(dtype, threshold):
    near = np.nextafter(dtype(threshold), np.array([-1, 1], dtype=dtype))
    pred = np.array([threshold, np.float16(threshold), *near], dtype=dtype).reshape(1, 1, 4)
    found = vd.sums(pred=pred, truth=np.ones_like(pred), activation="threshold", threshold=threshold)
    assert found.pred[0, 0] == (pred >= threshold).sum()
    both = np.concatenate([pred, pred[..., ::-1]], axis=1)
    found = vd.sums(pred=both, truth=np.ones_like(both), activation="argmax")
    assert found.pred[0].tolist() == [(both.argmax(axis=1) == c).sum() for c in (0, 1)]


def test_arrays_are_told_of_in_words_of_arrays(rng):
    pred, truth = blobs(rng, (2, 6, 5, 4), 1), blobs(rng, (2, 6, 5, 4), 1)
    for call, choices in ((vd.surfaces, {}), (vd.instances, {"size_classes": [5]})):
        with pytest.raises(vd.Error, match="say spacing") as told:
            call(pred=pred[0], truth=truth[0], **choices)
        assert ".npy" not in str(told.value) and "header" not in str(told.value)
        with pytest.raises(vd.Error, match="^sample 0: nothing says"):
            call(pred=pred, truth=truth, sample_axis=0, **choices)
    with pytest.raises(vd.Error, match="^truth") as told:
        vd.surfaces(pred=pred, truth=truth, spacing=(1, 1, 1, 1), metrics="hd")
    assert ".npy" not in str(told.value)


def test_an_evaluation_of_nothing_is_an_error(folders, tmp_path):
    truth, pred, _ = folders
    for path in pred.iterdir():
        path.write_bytes(b"nothing")
    with pytest.raises(vd.Error, match="no case could be evaluated.*case_1"):
        vd.evaluate(truth, pred)
    for name in ("a.nii", "b.nii"):
        write_nifti(tmp_path / name, np.zeros((3, 3, 3)))
    with pytest.raises(vd.Error, match="label other than 0"):
        vd.evaluate(tmp_path / "a.nii", tmp_path / "b.nii")
    assert vd.counts(pred=tmp_path / "a.nii", truth=tmp_path / "b.nii").classes == (), "nothing to count is no fault"


def test_digits_have_bounds(folders):
    truth, pred, _ = folders
    report = vd.evaluate(truth, pred)
    for wrong in (-1, 16, True):
        for call in (report.markdown, report.latex, lambda digits: vd.compare(a=report, b=report, digits=digits)):
            with pytest.raises(vd.Error, match="digits"):
                call(digits=wrong)
    assert "0.1" in report.markdown(digits=15) or "0." in report.markdown(digits=15)


def test_one_score_is_named(folders):
    truth, pred, _ = folders
    report = vd.evaluate(truth, pred)
    for call in (report.mean, lambda names: report.worst(2, names)):
        with pytest.raises(vd.Error, match="several scores"):
            call("dice,iou")


def test_iterators_are_read_once(folders):
    truth, pred, _ = folders
    files = {"truth": truth / "case_1.nii", "pred": pred / "case_1.nii"}
    found = vd.counts(**files, labels=iter([1]), regions={"w": iter([1, 2])})
    assert found == vd.counts(**files, labels=[1], regions={"w": [1, 2]})
    assert vd.dice(files["pred"], files["truth"], labels=iter([1]), regions={"w": [1, 2]}) == dict(
        zip(found.classes, found.scores("dice")["dice"])
    )
    models = {"a": pred, "b": truth}
    lists = vd.compare(models, truth=truth, metrics=["dice", "iou"], evaluation={"labels": [1, 2], "regions": {"w": [1, 3]}})
    once = vd.compare(models, truth=truth, metrics=(name for name in ("dice", "iou")),
                      evaluation={"labels": iter([1, 2]), "regions": {"w": iter([1, 3])}})
    assert once.to_dict() == lists.to_dict()


@pytest.mark.parametrize("group", [["g1"] * 4, [("case_1", "a")], lambda case: case, 5, {"case_1": 1}, {1: "a"}])
def test_a_group_is_a_pattern_or_a_dict(folders, group):
    truth, pred, _ = folders
    with pytest.raises(vd.Error, match="group"):
        vd.compare(a=vd.evaluate(truth, pred), b=vd.evaluate(truth, truth), metrics="dice", group=group)


@pytest.mark.parametrize(
    "choices, part",
    [
        *[
            ({name: wrong}, f"{name} is {wrong}.*whole number from")
            for name in ("threads", "resamples", "seed")
            for wrong in (-1, 2.5, 2**70)
        ],
        ({"threads": 0}, "threads is 0"),
        ({"resamples": 99}, "99 resamples make no interval; 100 to 1000000 do"),
        ({"resamples": 1_000_001}, "1000001 resamples make no interval"),
        ({"num_parts": 2.5, "part_id": 0}, "num_parts is 2.5"),
        ({"num_parts": 2, "part_id": "0"}, "part_id is '0'"),
        ({"labels": b"12"}, "labels"),
        ({"regions": 5}, "regions"),
        ({"regions": "12"}, "regions"),
        ({"regions": {1: [1]}}, "a region is called 1"),
        ({"regions": {"": [1]}}, "a region is called ''"),
        ({"spacing": "123"}, "spacing is '123'"),
        ({"spacing": [1, 1, "1"]}, "spacing"),
        ({"spacing": 1.0}, "spacing is 1.0"),
        ({"spacing": (None, 1, 1)}, "spacing"),
        ({"instances": "components", "size_classes": "12"}, "size_classes is '12'"),
        ({"instances": "components", "size_classes": 5}, "size_classes is 5"),
        ({"instances": "components", "many_to_one": "x"}, "many_to_one is 'x'"),
        ({"stack": 1}, "stack is 1"),
        ({"progress": 1}, "progress is 1"),
        ({"instances": "components", "lesion_choices": "a"}, "lesion_choices is 'a'"),
        ({"instances": "components", "lesion_choices": {1: 2}}, "lesion_choices"),
        ({"surface_choices": [1]}, "surface_choices"),
        ({"threshold": "x"}, "threshold is 'x'"),
        ({"round": "x"}, "round is 'x'"),
        ({"like": 5}, "like is 5"),
        ({"missing": True}, "missing is True"),
        ({"metrics": 5}, "metrics are names"),
        ({"metrics": [1]}, "metrics are names"),
        ({"dataset": {"labels": {1, 2}}}, "dataset"),
    ],
)
def test_choices_of_wrong_types_are_named(folders, choices, part):
    truth, pred, _ = folders
    with pytest.raises(vd.Error, match=part):
        vd.evaluate(truth, pred, **choices)


def test_regions_have_texts_for_names_for_arrays_too():
    maps = np.array([1, 2])
    for wrong in (5, "12", {1: [1]}, {"": [1]}):
        with pytest.raises(vd.Error, match="region"):
            vd.counts(pred=maps, truth=maps, regions=wrong)
    assert vd.counts(pred=maps, truth=maps, labels=np.array(2)).classes == ("2",)


@pytest.mark.parametrize(
    "choices, part",
    [
        ({"resamples": -1}, "resamples is -1"),
        ({"resamples": 1_000_001}, "1000001 resamples make no interval"),
        ({"seed": -1}, "seed is -1"),
        ({"resamples": None}, "resamples is None"),
        ({"digits": 2.5}, "digits is 2.5"),
        ({"alpha": "x"}, "alpha is 'x'"),
        ({"alpha": None}, "alpha is"),
        ({"classes": 1}, "classes are names"),
        ({"weights": [1]}, "weights"),
        ({"weights": {"dice": "1"}}, "weights"),
        ({"test": None}, "test"),
        ({"metric": "dice"}, "taken for a model.*write metrics"),
        ({"higher_is_better": 5}, "higher_is_better"),
    ],
)
def test_choices_of_comparisons_are_named(folders, choices, part):
    truth, pred, _ = folders
    models = {"a": vd.evaluate(truth, pred), "b": vd.evaluate(truth, truth)}
    with pytest.raises(vd.Error, match=part):
        vd.compare(models, **choices)


@pytest.mark.parametrize("ignore, code", [(-1, -1), (255, 255), ([-1, 7], 7)])
def test_ignored_labels_are_no_classes_of_arrays_and_files(tmp_path, ignore, code):
    pred = np.array([[[1, 2, code, 1, 3, code]]])
    truth = np.array([[[1, 2, 2, code, code, 1]]])
    found = vd.counts(pred=pred, truth=truth, ignore=ignore)
    assert found.classes == ("1", "2")
    assert (found.tp.tolist(), found.n_pred.tolist(), found.n_truth.tolist(), found.n.tolist()) == ([1, 1], [1, 1], [2, 2], [4, 4])
    for name, array in (("pred", pred), ("truth", truth)):
        np.save(tmp_path / f"{name}.npy", array.astype(np.int16))
    of_files = vd.counts(pred=tmp_path / "pred.npy", truth=tmp_path / "truth.npy", ignore=ignore)
    assert vd.dice(pred, truth, ignore=ignore) == {"1": 2 / 3, "2": 2 / 3}
    assert of_files == found


@pytest.mark.parametrize("call, name, choice, options", [
    (vd.instances, "lesion_choices", {"connectivity": "zz"}, 'connectivity="zz".*faces'),
    (vd.instances, "lesion_choices", {"match": "zz"}, 'match="zz".*greedy'),
    (vd.instances, "lesion_choices", {"match_threshold": "x"}, 'match_threshold="x".*a number'),
    (vd.instances, "lesion_choices", {"zz": 1}, "`zz` is no choice about lesions; these are by, connectivity"),
    (vd.surfaces, "surface_choices", {"boundary": "zz"}, 'boundary="zz".*edge'),
    (vd.surfaces, "surface_choices", {"zz": 1}, "`zz` is no choice about surfaces; these are boundary"),
])
def test_a_wrong_choice_is_named_with_its_options(call, name, choice, options):
    maps = np.ones((3, 3, 3), dtype=np.uint8)
    with pytest.raises(vd.Error, match=options):
        call(pred=maps, truth=maps, **{name: choice})


@pytest.mark.parametrize("call, name", [(vd.instances, "lesion_choices"), (vd.surfaces, "surface_choices")])
def test_the_options_that_a_message_names_are_there(call, name):
    maps = np.ones((3, 3, 3), dtype=np.uint8)
    with pytest.raises(vd.Error) as told:
        call(pred=maps, truth=maps, **{name: {"zz": "zz"}})
    options = str(told.value).split("these are ")[1].split(", ")
    assert len(options) >= 6
    for option in options:
        with pytest.raises(vd.Error, match=f'^{option}="zz"'):
            call(pred=maps, truth=maps, **{name: {option: "zz"}})


def test_messages_have_the_words_of_python():
    pred, truth = np.full((1, 1, 2, 2), np.nan, dtype=np.float32), np.ones((1, 2, 2), dtype=np.uint8)
    with pytest.raises(vd.Error, match='say non_finite="ignore"') as told:
        vd.sums(pred=pred, truth=truth)
    assert "NonFinite" not in str(told.value) and "Propagate" not in str(told.value)
    for threshold in (float("nan"), float("inf"), "x"):
        with pytest.raises(vd.Error, match="^threshold is"):
            vd.sums(pred=truth[None].astype(np.float32), truth=truth, activation="threshold", threshold=threshold)
    for name in ("activation", "non_finite"):
        with pytest.raises(vd.Error, match=f"^{name} is None"):
            vd.sums(pred=truth[None].astype(np.float32), truth=truth, **{name: None})
    found = vd.counts(pred=truth, truth=truth)
    for wrong in ({"empty": 5}, {"empty": None}):
        with pytest.raises(vd.Error, match="^empty is"):
            found.scores("dice", **wrong)
    with pytest.raises(vd.Error, match="metrics are names"):
        found.scores(5)
