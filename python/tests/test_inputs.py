"""What arrays and images are given, and in which order of memory."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import blobs, of_group

import voxdice as vd


def test_masks_of_numpy_are_not_dropped():
    masked = np.ma.masked_array([1, 1, 1, 1], mask=[0, 1, 1, 0])
    plain = np.ones(4, dtype=int)
    for sides in ({"pred": masked, "truth": plain}, {"pred": plain, "truth": masked}):
        with pytest.raises(vd.Error, match="hides 2 voxels.*in the truth.*ignore"):
            vd.counts(**sides)
    found = vd.counts(pred=plain, truth=masked.filled(255), labels=[1], ignore=255)
    assert (found.tp.tolist(), found.n.tolist()) == ([2], [2])
    open_ = np.ma.masked_array([1, 1, 0, 1], mask=[0, 0, 0, 0])
    assert vd.counts(pred=plain, truth=open_) == vd.counts(pred=plain, truth=open_.data), "nothing is hidden"
    soft = np.ma.masked_array(np.ones((1, 1, 2, 2), np.float32), mask=np.eye(2, dtype=bool)[None, None])
    with pytest.raises(vd.Error, match="hides 2 voxels"):
        vd.sums(pred=soft, truth=np.ones((1, 2, 2), np.uint8))


@pytest.mark.parametrize("wrong", [[[1], [1, 2]], None, [2**70, 1], {1, 2}])
def test_what_is_no_array_is_named(wrong):
    with pytest.raises(vd.Error, match="pred is no array of numbers"):
        vd.counts(pred=wrong, truth=np.ones(2))


@pytest.mark.parametrize("axis", [1.0, "0", True, 4, -5])
def test_an_axis_of_samples_is_a_place(axis):
    maps = np.ones((2, 3, 3, 3), dtype=np.uint8)
    for call in (vd.counts, vd.surfaces, vd.instances):
        with pytest.raises(vd.Error, match="sample_axis is"):
            call(pred=maps, truth=maps, sample_axis=axis)


def test_no_samples_are_refused():
    maps = np.ones((0, 3, 3, 3), dtype=np.uint8)
    for call in (vd.surfaces, vd.instances):
        with pytest.raises(vd.Error, match="axis 0 has no samples"):
            call(pred=maps, truth=maps, labels=[1], sample_axis=0)


@pytest.mark.parametrize("spacing", ["123", 1.0, (1, 1, float("nan")), (1, 1, 0), (1, 1), (None, 1, 1), {1, 2, 3}, (1, 1, "1")])
def test_spacing_of_arrays_is_told_as_it_was_given(spacing):
    maps = np.ones((3, 3, 3), dtype=np.uint8)
    with pytest.raises(vd.Error, match="3 lengths above 0 in mm: one for each axis") as told:
        vd.surfaces(pred=maps, truth=maps, spacing=spacing)
    if spacing == (1, 1, 0):
        assert "(1.0, 1.0, 0.0)" in str(told.value)
    usual = vd.surfaces(pred=maps, truth=maps, spacing=(2, 2, 2))
    assert vd.surfaces(pred=maps, truth=maps, spacing=(2 for _ in range(3))) == usual


def orders(array: np.ndarray) -> list[np.ndarray]:
    """One array in several orders of memory."""
    turned = np.ascontiguousarray(array.transpose(1, *range(2, array.ndim), 0))
    return [array, np.asfortranarray(array), np.moveaxis(turned, -1, 0), np.ascontiguousarray(array[::-1])[::-1]]


@pytest.mark.parametrize("seed", range(6))
def test_centrelines_do_not_depend_on_the_order_of_memory(seed):
    rng = np.random.default_rng(seed)
    noise = (sum(np.roll(rng.random((9, 10, 11)), at, 0) for at in range(3)) for _ in range(2))
    pred, truth = ((one > 1.5).astype(np.uint8) for one in noise)
    expected = vd.surfaces(pred=pred, truth=truth, metrics="cldice").scores()["cldice"]
    for of_pred, of_truth in zip(orders(pred), reversed(orders(truth))):
        assert vd.surfaces(pred=of_pred, truth=of_truth, metrics="cldice").scores()["cldice"] == expected


def test_places_of_lesions_do_not_depend_on_the_order_of_memory():
    truth = np.zeros((4, 5, 6), dtype=np.uint8)
    truth[1, 2, 4] = truth[3, 0, 0] = 1
    for one in orders(truth):
        lesions = vd.instances(pred=one, truth=one).lesions()
        rows = [tuple(int(float(row[axis])) for axis in "xyz") for row in lesions if row["side"] == "truth"]
        assert rows == [(4, 2, 1), (0, 0, 3)]


def test_axes_of_images_are_named():
    nibabel = of_group("HOSTS", "nibabel")
    truth = np.zeros((6, 5, 4), dtype=np.uint8)
    truth[4, 2, 1] = 1
    image = nibabel.Nifti1Image(truth, np.eye(4))
    for sides in ((image, image), (image, truth), (truth, image)):
        row = vd.instances(pred=sides[0], truth=sides[1]).lesions()[0]
        assert [int(float(row[axis])) for axis in "xyz"] == [4, 2, 1]


def test_samples_of_images_have_no_size(rng):
    nibabel = of_group("HOSTS", "nibabel")
    pred, truth = blobs(rng, (7, 6, 5, 2), 1), blobs(rng, (7, 6, 5, 2), 1)
    affine = np.diag([1.0, 2.0, 3.0, 1.0])
    of_images = vd.surfaces(pred=nibabel.Nifti1Image(pred, affine), truth=nibabel.Nifti1Image(truth, affine), sample_axis=3)
    of_arrays = vd.surfaces(pred=pred, truth=truth, spacing=(1, 2, 3), sample_axis=3)
    for name, values in of_arrays.scores().items():
        np.testing.assert_array_equal(of_images.scores()[name], values)


def test_label_maps_of_simpleitk_are_refused():
    sitk = of_group("HOSTS", "SimpleITK")
    image = sitk.Cast(sitk.GetImageFromArray(np.ones((2, 2), np.uint8)), sitk.sitkLabelUInt8)
    with pytest.raises(vd.Error, match="LabelMapToLabel"):
        vd.counts(pred=image, truth=image)
    plain = sitk.LabelMapToLabel(image)
    assert vd.counts(pred=plain, truth=plain).tp.tolist() == [4]


def test_a_bad_voxel_is_told_with_its_sample():
    truth = np.ones((3, 4, 5), dtype=np.int64)
    pred = truth.copy()
    pred[1, 2, 3] = pred[2, 0, 0] = -7
    with pytest.raises(vd.Error, match="^sample 1: pred holds -7 at voxel 13 "):
        vd.counts(pred=pred, truth=truth, sample_axis=0)
    with pytest.raises(vd.Error, match="^sample 1: pred holds -7 at voxel 13 "):
        vd.counts(pred=pred, truth=truth, sample_axis=0, labels=[1])
    for call in (vd.surfaces, vd.instances):
        for order in (np.ascontiguousarray, np.asfortranarray):
            with pytest.raises(vd.Error, match="^sample 1: pred holds -7 at x=3, y=2, which"):
                call(pred=order(pred), truth=order(truth), sample_axis=0)
            with pytest.raises(vd.Error, match="^pred holds -7 at x=3, y=2, z=1, which"):
                call(pred=order(pred), truth=order(truth))
    with pytest.raises(vd.Error, match="^pred holds -7 at voxel 33 "):
        vd.counts(pred=pred, truth=truth)


def test_the_first_bad_voxel_is_told_with_any_threads():
    before, stretch = vd.threads(), 1 << 21
    truth = np.zeros(3 * stretch, dtype=np.int8)
    pred = truth.copy()
    # The thread of the second stretch meets its voxel at once, that of the first one late.
    pred[stretch - 1], pred[stretch], truth[stretch - 2] = -1, -2, -3
    try:
        for threads in (1, 2):
            vd.set_threads(threads)
            for _ in range(2):
                with pytest.raises(vd.Error, match=f"^truth holds -3 at voxel {stretch - 2} "):
                    vd.counts(pred=pred, truth=truth)
    finally:
        vd.set_threads(before)


def test_images_have_the_axes_of_their_files(rng, tmp_path):
    nibabel, sitk = of_group("HOSTS", "nibabel"), of_group("HOSTS", "SimpleITK")
    paths = []
    for side in ("pred", "truth"):
        paths.append(tmp_path / f"{side}.nii")
        labels = (rng.random((9, 10, 11)) < 0.6).astype(np.uint8)
        nibabel.save(nibabel.Nifti1Image(labels, np.diag([1.0, 2.0, 3.0, 1.0])), paths[-1])

    def measured(pred, truth):
        centrelines = vd.surfaces(pred=pred, truth=truth, metrics="cldice,hd95").scores()
        lesions = vd.instances(pred=pred, truth=truth, lesion_choices={"connectivity": "faces"}).lesions()
        return {name: float(values[0, 0]) for name, values in centrelines.items()}, [{**row, "case": ""} for row in lesions]

    of_files = measured(*paths)
    assert measured(*map(nibabel.load, paths)) == of_files
    assert measured(*map(sitk.ReadImage, map(str, paths))) == of_files
    assert measured(nibabel.load(paths[0]), sitk.ReadImage(str(paths[1]))) == of_files
