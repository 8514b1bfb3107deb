"""The drop-ins against their hosts, on random data in the same run. Without `.ci/python hosts`, absent ones are skipped, and said."""

from __future__ import annotations

import itertools
import pickle

import numpy as np
import pytest
from conftest import blobs, of_group, write_nifti

import voxdice as vd

torch = of_group("HOSTS", "torch")

#: MONAI computes in float32.
NEAR = 2e-6


def same(own, host, tolerance=NEAR):
    if isinstance(host, dict):
        assert own.keys() == host.keys()
        return [same(own[key], host[key], tolerance) for key in host]
    if isinstance(host, (tuple, list)):
        assert len(own) == len(host)
        return [same(a, b, tolerance) for a, b in zip(own, host)]
    own, host = torch.as_tensor(own), torch.as_tensor(host)
    assert own.shape == host.shape and own.dtype == host.dtype
    torch.testing.assert_close(own, host, rtol=tolerance, atol=tolerance, equal_nan=True)


def label_maps(rng, shape=(3, 1, 12, 10, 9), labels=4):
    """Maps with a class that one sample lacks in its truth, one that another lacks in its prediction, and one that is nowhere."""
    pair = []
    for _ in range(2):
        maps = np.stack([blobs(rng, shape[2:], labels - 1) for _ in range(shape[0])])[:, None]
        pair.append(torch.from_numpy(maps.astype(np.int64)))
    pair[1][0][pair[1][0] == 2] = 0
    pair[0][1][pair[0][1] == 3] = 0
    return pair


def one_hot(maps, classes):
    return torch.cat([maps == label for label in range(classes)], dim=1).float()


class TestMonai:
    @pytest.fixture(autouse=True)
    def _modules(self):
        self.host = of_group("HOSTS", "monai.metrics")
        import voxdice.monai

        self.own = voxdice.monai

    def both(self, name, batches, reductions=("mean", "mean_batch", "none", "sum_channel"), kwargs=None, **choices):
        for reduction in reductions:
            own, host = (getattr(module, name)(reduction=reduction, **choices) for module in (self.own, self.host))
            assert isinstance(own, getattr(self.host, name))
            for y_pred, y in batches:
                same(own(y_pred=y_pred, y=y, **(kwargs or {})), host(y_pred=y_pred, y=y, **(kwargs or {})))
            first = own.aggregate()
            same(first, host.aggregate())
            same(own.aggregate(), first)

    @pytest.mark.parametrize(
        "background, empty, not_nans, ignored", list(itertools.product([True, False], [True, False], [True, False], [None, 1, 255]))
    )
    def test_dice_of_label_maps(self, rng, background, empty, not_nans, ignored):
        y_pred, y = label_maps(rng)
        y[1, :, :3] = 255 if ignored == 255 else 1
        batches = [(y_pred, y), (y, y_pred)] if ignored != 255 else [(y_pred, y)]
        self.both("DiceMetric", batches, include_background=background, ignore_empty=empty, get_not_nans=not_nans,
                  num_classes=6, ignore_index=ignored)

    @pytest.mark.parametrize("background, empty, ignored", list(itertools.product([True, False], [True, False], [None, 1, 9])))
    def test_dice_of_one_hot_maps(self, rng, background, empty, ignored):
        y_pred, y = (one_hot(maps, 5) for maps in label_maps(rng))
        y[2, :, :4] = 0
        self.both("DiceMetric", [(y_pred, y)], include_background=background, ignore_empty=empty, ignore_index=ignored)
        self.both("DiceMetric", [(y_pred.bool(), y)], include_background=background, ignore_empty=empty)

    def test_dice_of_mixed_maps_and_lists(self, rng):
        y_pred, y = label_maps(rng)
        self.both("DiceMetric", [(one_hot(y_pred, 5), y)], num_classes=5)
        self.both("DiceMetric", [(list(y_pred), list(y))], num_classes=5, include_background=False)
        self.both("DiceMetric", [((y_pred > 1).float(), (y > 1).float())])
        own, host = (module.DiceMetric(num_classes=4, reduction="mean_batch", return_with_label=True)
                     for module in (self.own, self.host))
        own(y_pred, y), host(y_pred, y)
        assert own.aggregate() == pytest.approx(host.aggregate(), abs=1e-4)

    def test_dice_has_counts(self, rng):
        y_pred, y = label_maps(rng)
        metric = self.own.DiceMetric(num_classes=4, include_background=False)
        metric(y_pred, y), metric(y, y_pred)
        expected = vd.counts(pred=torch.cat([y_pred, y]), truth=torch.cat([y, y_pred]), labels=[1, 2, 3], sample_axis=0)
        assert metric.counts.tp.tolist() == expected.tp.tolist() and metric.counts.n.tolist() == expected.n.tolist()
        assert list(metric.frame(cases=[f"c{at}" for at in range(6)])["sample"][:4]) == ["c0", "c0", "c0", "c1"]
        metric.reset()
        with pytest.raises(vd.Error, match="nothing was counted"):
            metric.counts

    @pytest.mark.parametrize("ignored", [1, 9])
    def test_dice_of_one_hot_maps_has_the_counts_of_label_maps(self, rng, ignored):
        y_pred, y = label_maps(rng)
        y[1, :, :3] = ignored
        maps, hot = self.own.DiceMetric(num_classes=5, ignore_index=ignored), self.own.DiceMetric(ignore_index=ignored)
        maps(y_pred, y), hot(one_hot(y_pred, 5), one_hot(y, 5))
        for name in ("tp", "n_pred", "n_truth", "n"):
            assert getattr(hot.counts, name).tolist() == getattr(maps.counts, name).tolist(), name
        assert hot.counts.n[1, 0] == (y[1] != ignored).sum() < y[1].numel()

    def test_what_it_has_not_is_refused(self, rng):
        with pytest.raises(vd.Error, match="monai.metrics.DiceMetric"):
            self.own.DiceMetric(per_component=True)
        with pytest.raises(vd.Error, match="monai.metrics.HausdorffDistanceMetric"):
            self.own.HausdorffDistanceMetric(distance_metric="taxicab")
        half = torch.full((1, 2, 4, 4), 0.5)
        with pytest.raises(vd.Error, match="0.5"):
            self.own.DiceMetric()(half, half)
        with pytest.raises(vd.Error, match="0 and 1"):
            self.own.DiceMetric()(half * 4, half * 4)

    @pytest.mark.parametrize("background, empty, ignored", list(itertools.product([True, False], [True, False], [None, 0, 2, 9])))
    def test_iou(self, rng, background, empty, ignored):
        y_pred, y = (one_hot(maps, 5) for maps in label_maps(rng))
        y[2, :, :4] = 0
        self.both("MeanIoU", [(y_pred, y)], include_background=background, ignore_empty=empty, ignore_index=ignored)

    @pytest.mark.parametrize("background, sample, ignored", list(itertools.product([True, False], [True, False], [None, 0, 2, 9])))
    def test_confusion_matrices(self, rng, background, sample, ignored):
        names = ["sensitivity", "specificity", "precision", "npv", "fnr", "fpr", "fdr", "for", "ts", "accuracy",
                 "balanced accuracy", "f1 score", "fm", "informedness", "markedness"]
        y_pred, y = (one_hot(maps, 5) for maps in label_maps(rng))
        y[2, :, :4] = 0
        self.both("ConfusionMatrixMetric", [(y_pred, y)], include_background=background, compute_sample=sample,
                  metric_name=names, get_not_nans=True, ignore_index=ignored)

    SPACINGS = [None, 0.5, (2.0, 0.75, 1.25), [(2.0, 1.0, 1.0), (1.0, 1.0, 3.0), (2.0, 1.0, 1.0)]]

    @pytest.mark.filterwarnings("ignore:.*nan/inf distance:UserWarning", "ignore:the (ground truth|prediction) of class")
    @pytest.mark.parametrize("percentile, directed, spacing", list(itertools.product([None, 95, 50], [True, False], SPACINGS)))
    def test_hausdorff(self, rng, percentile, directed, spacing):
        y_pred, y = (one_hot(maps, 5) for maps in label_maps(rng))
        self.both("HausdorffDistanceMetric", [(y_pred, y)], ("none", "mean_batch"), {"spacing": spacing},
                  percentile=percentile, directed=directed, include_background=True)

    @pytest.mark.filterwarnings("ignore::UserWarning")
    @pytest.mark.parametrize("symmetric, spacing, ignored", list(itertools.product([True, False], SPACINGS, [None, 1])))
    def test_surface_distance(self, rng, symmetric, spacing, ignored):
        y_pred, y = (one_hot(maps, 5) for maps in label_maps(rng))
        self.both("SurfaceDistanceMetric", [(y_pred, y)], ("none", "mean"), {"spacing": spacing}, symmetric=symmetric,
                  ignore_index=ignored)

    @pytest.mark.filterwarnings("ignore::UserWarning")
    @pytest.mark.parametrize("subvoxels, spacing, ignored", list(itertools.product([False, True], SPACINGS, [None, 1])))
    def test_surface_dice(self, rng, subvoxels, spacing, ignored):
        if subvoxels and spacing == 0.5:
            spacing = (0.5, 0.5, 0.5)  # MONAI takes the length of a number here, and fails
        y_pred, y = (one_hot(maps, 5) for maps in label_maps(rng))
        self.both("SurfaceDiceMetric", [(y_pred, y)], ("none", "mean"), {"spacing": spacing},
                  class_thresholds=[1.0, 1.5, 2.0, 1.0], use_subvoxels=subvoxels, ignore_index=ignored)

    @pytest.mark.filterwarnings("ignore::UserWarning")
    def test_surfaces_in_two_axes(self, rng):
        y_pred, y = (one_hot(maps, 5) for maps in label_maps(rng, (3, 1, 21, 17)))
        self.both("HausdorffDistanceMetric", [(y_pred, y)], ("none",), {"spacing": (0.5, 1.25)}, percentile=95)
        self.both("SurfaceDiceMetric", [(y_pred, y)], ("none",), class_thresholds=[1, 1, 2, 2])

    @pytest.mark.filterwarnings("ignore::UserWarning")
    def test_percentiles_keep_their_digits(self, rng):
        y_pred, y = (one_hot(maps, 5) for maps in label_maps(rng))
        self.both("HausdorffDistanceMetric", [(y_pred, y)], ("none",), percentile=99.9999999)
        self.both("HausdorffDistanceMetric", [(y_pred, y)], ("none",), percentile=33.33333333333333)


class TestTorchmetrics:
    @pytest.fixture(autouse=True)
    def _modules(self):
        self.host = of_group("HOSTS", "torchmetrics.segmentation")
        import voxdice.torchmetrics

        self.own = voxdice.torchmetrics

    @pytest.mark.parametrize(
        "background, average, level, form",
        list(itertools.product([True, False], ["micro", "macro", "weighted", "none"], ["samplewise", "global"],
                               ["index", "one-hot", "mixed"])),
    )
    @pytest.mark.filterwarnings("ignore::UserWarning")
    def test_dice(self, rng, background, average, level, form):
        choices = dict(num_classes=5, include_background=background, average=average, aggregation_level=level, input_format=form)
        own, host = (module.DiceScore(**choices) for module in (self.own, self.host))
        for _ in range(2):
            preds, target = (maps[:, 0] for maps in label_maps(rng))
            if form != "index":
                preds = one_hot(preds[:, None], 5).long()
            if form == "one-hot":
                target = one_hot(target[:, None], 5).long()
            assert torch.equal(torch.nan_to_num(own(preds, target), 9), torch.nan_to_num(host(preds, target), 9))
        assert torch.equal(torch.nan_to_num(own.compute(), 9), torch.nan_to_num(host.compute(), 9)), "exact"
        assert pickle.loads(pickle.dumps(own)).compute().shape == own.compute().shape

    def test_states_merge_exactly(self, rng):
        choices = dict(num_classes=4, include_background=False, scores=("dice", "recall"), aggregation_level="global")
        whole, parts = self.own.SegmentationScores(**choices), []
        for _ in range(3):
            preds, target = (maps[:, 0] for maps in label_maps(rng))
            whole.update(preds, target)
            part = self.own.SegmentationScores(**choices)
            part.update(preds, target)
            parts.append(part)
        # As torchmetrics does it for states with dist_reduce_fx="sum".
        for name in ("counts", "defined"):
            summed = torch.stack([getattr(part, name) for part in parts]).sum(dim=0)
            assert torch.equal(summed, getattr(whole, name)) and summed.dtype == torch.int64
        tp, p, t, _ = whole.counts.double().unbind(-1)
        found = whole.compute()
        for at, label in enumerate((1, 2, 3)):
            assert float(found[f"dice_{label}"]) == pytest.approx(float(2 * tp[at] / (p[at] + t[at])), rel=1e-6)
            assert float(found[f"recall_{label}"]) == pytest.approx(float(tp[at] / t[at]), rel=1e-6)

    def test_a_single_class_is_scored(self, rng):
        maps = torch.zeros(2, 4, 4, dtype=torch.int64)
        metric = self.own.SegmentationScores(num_classes=1, include_background=False, scores=("dice",))
        metric.update(maps, maps)
        assert list(map(float, metric.compute().values())) == [1.0]

    def test_samples_are_averaged(self, rng):
        metric = self.own.SegmentationScores(num_classes=4, scores=("dice",), average="macro")
        preds, target = (maps[:, 0] for maps in label_maps(rng))
        metric.update(preds, target)
        counts = vd.counts(pred=preds, truth=target, labels=[0, 1, 2, 3], sample_axis=0)
        expected = np.nanmean(np.nanmean(counts.scores("dice")["dice"], axis=0))
        assert float(metric.compute()["dice"]) == pytest.approx(expected, rel=1e-6)
        with pytest.raises(vd.Error, match="class indices"):
            metric.update(preds + 9, target)


class TestNnunet:
    @pytest.fixture(autouse=True)
    def _modules(self):
        of_group("HOSTS", "nnunetv2")
        self.host = of_group("HOSTS", "nnunetv2.evaluation.evaluate_predictions")
        import voxdice.nnunet

        self.own = voxdice.nnunet

    @pytest.mark.filterwarnings("ignore::RuntimeWarning")
    @pytest.mark.parametrize("wanted, ignored", [([1, 2, 3, 7], None), ([(1, 2), (3,), 2], 4), ([0, 1], 4)])
    def test_summaries_are_equal_to_the_byte(self, tmp_path, rng, wanted, ignored):
        from nnunetv2.imageio.simpleitk_reader_writer import SimpleITKIO

        ref, pred = tmp_path / "ref", tmp_path / "pred"
        for folder in (ref, pred):
            folder.mkdir()
            # nnU-Net sorts by file names: `a-1.nii` comes before `a.nii`.
            for case in ("a", "a-1", "b_2", "B"):
                write_nifti(folder / f"{case}.nii", blobs(rng, (9, 8, 7), 4), (1.0, 1.5, 2.0))
        write_nifti(ref / "more.nii", blobs(rng, (9, 8, 7), 4))
        files, results = [], []
        for name, module in (("own", self.own), ("host", self.host)):
            output = tmp_path / f"{name}.json"
            results.append(module.compute_metrics_on_folder(str(ref), str(pred), str(output), SimpleITKIO(), ".nii", wanted,
                                                            ignored, num_processes=2, chill=True))
            files.append(output.read_bytes())
        assert files[0] == files[1]
        assert repr(results[0]) == repr(results[1])
        with pytest.raises(AssertionError):
            self.own.compute_metrics_on_folder(str(ref), str(pred), None, None, ".nii", wanted, chill=False)

    def test_install_replaces_every_name(self):
        import nnunetv2.postprocessing.remove_connected_components as other

        before = [(module, module.compute_metrics_on_folder) for module in (self.host, other)]
        try:
            replaced = self.own.install()
            assert "nnunetv2.evaluation.evaluate_predictions.compute_metrics_on_folder" in replaced
            assert other.compute_metrics_on_folder is self.host.compute_metrics_on_folder is self.own.compute_metrics_on_folder
            assert self.own.install() == []
        finally:
            for module, function in before:
                module.compute_metrics_on_folder = function


class TestTorch:
    CASES = [
        dict(sigmoid=True),
        dict(softmax=True),
        dict(sigmoid=True, squared_pred=True, batch=True),
        dict(softmax=True, include_background=False, jaccard=True),
        dict(sigmoid=True, smooth_nr=1.0, smooth_dr=0.5, reduction="sum"),
    ]

    @pytest.mark.parametrize("choices", CASES)
    def test_values_and_gradients_of_monai(self, choices):
        losses = of_group("HOSTS", "monai.losses")
        from voxdice.torch import DiceLoss

        generator = torch.Generator().manual_seed(1)
        logits = torch.randn(2, 3, 7, 6, 5, generator=generator)
        truth = one_hot(torch.randint(0, 3, (2, 1, 7, 6, 5), generator=generator), 3)
        found = []
        for loss in (DiceLoss(**choices), losses.DiceLoss(**choices)):
            pred = logits.clone().requires_grad_(True)
            value = loss(pred, truth)
            (3 * value).backward()
            found.append((value.detach(), pred.grad))
        (own, own_gradient), (host, host_gradient) = found
        torch.testing.assert_close(own, host, rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(own_gradient, host_gradient, rtol=1e-4, atol=1e-7)

    def test_types_labels_and_refusals(self):
        from voxdice.torch import DiceLoss, Loss

        logits, labels = torch.randn(1, 3, 8, 8), torch.randint(0, 3, (1, 8, 8))
        loss = DiceLoss(softmax=True)
        of_labels, of_one_hot = loss(logits, labels), loss(logits, one_hot(labels[:, None], 3))
        assert torch.equal(of_labels, of_one_hot) and of_labels.dtype == torch.float32
        narrow = logits.bfloat16().requires_grad_(True)
        loss(narrow, labels).backward()
        assert narrow.grad.dtype == torch.bfloat16
        with pytest.raises(vd.Error, match="meta"):
            loss(torch.empty(1, 3, 8, 8, device="meta"), labels)
        with pytest.raises(vd.Error, match="DiceLos"):
            Loss("monai.DiceLos()")(logits, labels)
        with pytest.raises(vd.Error, match="none of monai"):
            DiceLoss(preset="keras")
        with pytest.raises(vd.Error, match="values, and gradients"):
            DiceLoss(sigmoid=True, reduction="none")(logits.requires_grad_(True), one_hot(labels[:, None], 3))

    def test_check_finds_a_wrong_gradient(self):
        from voxdice.torch import Loss, check

        exact = Loss("monai.DiceLoss(sigmoid=True)")
        good = check(exact, shape=(1, 2, 8, 8))
        assert good["difference"] == good["gradient_difference"] == 0
        bad = check(lambda pred, truth: exact(pred, truth) + 0.01 * pred.mean(), shape=(1, 2, 8, 8))
        assert bad["gradient_difference"] == pytest.approx(0.01 / 128, rel=1e-2)


def test_scikit_learn(rng):
    metrics = of_group("HOSTS", "sklearn.metrics")
    import voxdice.sklearn as own

    y_true, y_pred = rng.integers(0, 4, 500), rng.integers(0, 4, 500)
    for average, (name, host) in itertools.product(
        [None, "micro", "macro", "weighted"],
        [("dice_score", "f1_score"), ("jaccard_score",) * 2, ("recall_score",) * 2, ("precision_score",) * 2],
    ):
        labels = [1, 2, 3]
        expected = getattr(metrics, host)(y_true, y_pred, labels=labels, average=average)
        np.testing.assert_allclose(getattr(own, name)(y_true, y_pred, labels=labels, average=average), expected, rtol=1e-14)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
@pytest.mark.parametrize("zero_division", [0, 1, np.nan])
def test_scikit_learn_divides_by_zero_alike(zero_division):
    metrics = of_group("HOSTS", "sklearn.metrics")
    import voxdice.sklearn as own

    # 1 in both, 2 only predicted, 3 only true, 4 in neither.
    y_true, y_pred = np.array([0, 1, 1, 3, 3, 0]), np.array([0, 1, 2, 0, 2, 2])
    for labels, average, (name, host) in itertools.product(
        [[1, 2, 3, 4], [2, 4], [4], [3, 4]],
        [None, "micro", "macro", "weighted"],
        [("dice_score", "f1_score"), ("jaccard_score",) * 2, ("recall_score",) * 2, ("precision_score",) * 2],
    ):
        if host == "jaccard_score" and np.isnan(zero_division):
            continue  # scikit-learn's has no nan
        choices = dict(labels=labels, average=average, zero_division=zero_division)
        expected = getattr(metrics, host)(y_true, y_pred, **choices)
        found = getattr(own, name)(y_true, y_pred, **choices)
        np.testing.assert_allclose(found, expected, rtol=1e-14, err_msg=f"{name} {choices}")


def test_scikit_learn_says_what_it_has_not():
    import voxdice.sklearn as own

    for choices, part in [({"zero_division": 0.5}, "zero_division"), ({"average": "samples"}, "average")]:
        with pytest.raises(vd.Error, match=part):
            own.recall_score([0, 1], [0, 1], **choices)
