"""Tensors of torch and images of nibabel and SimpleITK, in the place of arrays and files."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from conftest import blobs, of_group

import voxdice as vd

torch = of_group("HOSTS", "torch")


class TestTensorsAndImages:
    def test_tensors_are_borrowed(self, rng):
        pred, truth = (torch.from_numpy(blobs(rng, (9, 8, 7), 3)) for _ in range(2))
        expected = vd.counts(pred=pred.numpy(), truth=truth.numpy())
        for dtype in (torch.int64, torch.float32, torch.float16, torch.bfloat16, torch.int8):
            assert vd.counts(pred=pred.to(dtype), truth=truth.to(dtype)) == expected
        assert vd.counts(pred=pred.float().requires_grad_(True), truth=truth) == expected
        assert vd.counts(pred=pred.permute(2, 0, 1), truth=truth.permute(2, 0, 1)) == expected
        with pytest.raises(vd.Error, match="cpu"):
            vd.counts(pred=pred.to("meta"), truth=truth)

    def test_metatensors(self, rng):
        data = of_group("HOSTS", "monai.data")
        pred, truth = (blobs(rng, (1, 9, 8, 7), 3) for _ in range(2))
        affine = torch.diag(torch.tensor([2.0, 1.0, 1.0, 1.0]))
        meta = [data.MetaTensor(torch.from_numpy(side), affine=affine) for side in (pred, truth)]
        assert vd.counts(pred=meta[0], truth=meta[1]) == vd.counts(pred=pred, truth=truth)
        moved = data.MetaTensor(torch.from_numpy(truth), affine=torch.eye(4))
        with pytest.raises(vd.Error, match="affines differ"):
            vd.counts(pred=meta[0], truth=moved)

    def test_images_of_both_libraries(self, rng, tmp_path):
        nibabel, sitk = of_group("HOSTS", "nibabel"), of_group("HOSTS", "SimpleITK")
        pred, truth = (blobs(rng, (9, 8, 7), 3) for _ in range(2))
        affine = np.diag([-0.5, -1.0, 2.0, 1.0])
        paths = []
        for name, side in (("pred", pred), ("truth", truth)):
            paths.append(str(tmp_path / f"{name}.nii.gz"))
            nibabel.save(nibabel.Nifti1Image(side, affine), paths[-1])
        expected = vd.counts(pred=paths[0], truth=paths[1])
        readers = (nibabel.load, sitk.ReadImage)
        for of_pred, of_truth in itertools.product(readers, readers):
            assert vd.counts(pred=of_pred(paths[0]), truth=of_truth(paths[1])) == expected
            near = vd.surfaces(pred=of_pred(paths[0]), truth=of_truth(paths[1]), metrics="hd,assd")
            files = vd.surfaces(pred=paths[0], truth=paths[1], metrics="hd,assd")
            np.testing.assert_allclose(near.scores("hd")["hd"], files.scores("hd")["hd"], rtol=1e-7)
        moved = sitk.ReadImage(paths[1])
        moved.SetOrigin((5.0, 0.0, 0.0))
        with pytest.raises(vd.Error, match="affines differ"):
            vd.counts(pred=nibabel.load(paths[0]), truth=moved)
        assert vd.counts(pred=nibabel.load(paths[0]), truth=moved, geometry="off") == expected
        with pytest.raises(vd.Error, match="two paths"):
            vd.counts(pred=paths[0], truth=moved)

    def test_images_with_further_axes(self, rng):
        nibabel = of_group("HOSTS", "nibabel")
        pred, truth = (blobs(rng, (9, 8, 3, 1), 3) for _ in range(2))
        affine = np.diag([1.0, 1.0, 1.0, 1.0])
        # x, y and z are the first three axes. The far end of x moves by 8 voxels where it is stretched.
        moved = affine.copy()
        moved[0, 0] = 1.0005
        of_pred, of_truth = nibabel.Nifti1Image(pred, affine), nibabel.Nifti1Image(truth, moved)
        with pytest.raises(vd.Error, match="0.004 mm apart"):
            vd.counts(pred=of_pred, truth=of_truth)
        assert vd.counts(pred=of_pred, truth=of_truth, geometry="off") == vd.counts(pred=pred, truth=truth)

    def test_images_of_two_axes(self, rng):
        sitk = of_group("HOSTS", "SimpleITK")
        pred, truth = (sitk.GetImageFromArray(blobs(rng, (9, 8), 3)) for _ in range(2))
        expected = vd.counts(pred=sitk.GetArrayFromImage(pred), truth=sitk.GetArrayFromImage(truth))
        assert vd.counts(pred=pred, truth=truth) == expected
        for change in (lambda image: image.SetOrigin((0.5, 0.0)), lambda image: image.SetSpacing((1.0, 1.5)),
                       lambda image: image.SetDirection((0.0, 1.0, 1.0, 0.0))):
            other = sitk.Image(truth)
            change(other)
            with pytest.raises(vd.Error, match="affines differ"):
                vd.counts(pred=pred, truth=other)
            assert vd.counts(pred=pred, truth=other, geometry="off") == expected
