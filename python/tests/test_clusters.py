"""Engines of clusters on this machine: a folder in parts equals the single run to the bit, a dying worker included."""

from __future__ import annotations

import os

import numpy as np
import pytest
from conftest import blobs, of_group

import voxdice as vd

pytestmark = pytest.mark.cluster
LABELS = [1, 2, 3]


def pairs(folders):
    truth, pred, arrays = folders
    return [(str(truth / f"{case}.nii"), str(pred / f"{case}.nii"), case) for case in arrays]


def single(folders) -> vd.Counts:
    return sum((vd.counts(truth=truth, pred=pred, labels=LABELS) for truth, pred, _ in pairs(folders)), vd.Counts.zero(LABELS))


def counted(pair) -> vd.Counts:
    return vd.counts(truth=pair[0], pred=pair[1], labels=LABELS)


def counted_by_a_mortal(pair, grave) -> vd.Counts:
    """The first worker that sees the second case dies; the engine asks another one."""
    if pair[2] == "case_2":
        try:
            os.close(os.open(grave, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            pass
        else:
            os._exit(9)
    return counted(pair)


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_dask_workers(folders, tmp_path, workers):
    distributed = of_group("CLUSTERS", "distributed")
    bag = of_group("CLUSTERS", "dask.bag")
    with distributed.LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None, host="127.0.0.1",
                                  local_directory=str(tmp_path)) as cluster, distributed.Client(cluster) as client:
        of_bag = bag.from_sequence(pairs(folders), npartitions=4).map(counted)
        assert of_bag.fold(vd.Counts.__add__, initial=vd.Counts.zero(LABELS)).compute() == single(folders)
        futures = client.map(counted_by_a_mortal, pairs(folders), grave=str(tmp_path / "grave"), pure=False)
        assert sum(client.gather(futures)) == single(folders)
        assert (tmp_path / "grave").exists(), "a worker died"


def test_one_volume_of_many_chunks(tmp_path, rng):
    dask, array, zarr = (of_group("CLUSTERS", name) for name in ("dask", "dask.array", "zarr"))
    truth, pred = blobs(rng, (40, 36, 50), 3), blobs(rng, (40, 36, 50), 3)
    for name, side, chunks in (("truth", truth, (16, 18, 20)), ("pred", pred, (10, 36, 25))):
        zarr.create_array(store=str(tmp_path / f"{name}.zarr"), data=side, chunks=chunks)
    t, p = (array.from_zarr(str(tmp_path / f"{name}.zarr")) for name in ("truth", "pred"))
    p = p.rechunk(t.chunks)
    parts = [dask.delayed(vd.counts)(truth=a, pred=b, labels=LABELS)
             for a, b in zip(t.to_delayed().ravel(), p.to_delayed().ravel())]
    assert len(parts) > 10
    assert dask.delayed(sum)(parts).compute(scheduler="threads") == vd.counts(truth=truth, pred=pred, labels=LABELS)


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_ray_workers(folders, tmp_path, workers, monkeypatch):
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([os.path.dirname(__file__), os.environ.get("PYTHONPATH", "")]))
    ray = of_group("CLUSTERS", "ray")
    ray.init(num_cpus=workers, include_dashboard=False, _node_ip_address="127.0.0.1", log_to_driver=False)
    try:
        work = ray.remote(max_retries=3)(counted_by_a_mortal)
        parts = ray.get([work.remote(pair, str(tmp_path / "grave")) for pair in pairs(folders)], timeout=120)
        assert sum(parts) == single(folders) and (tmp_path / "grave").exists(), "a worker died"
    finally:
        ray.shutdown()


def test_ray_data_rows(folders, monkeypatch):
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    ray = of_group("CLUSTERS", "ray")
    of_group("CLUSTERS", "pyarrow")
    ray.init(num_cpus=2, include_dashboard=False, _node_ip_address="127.0.0.1", log_to_driver=False)
    try:
        import ray.data

        items = [{"truth": truth, "pred": pred, "case": case} for truth, pred, case in pairs(folders)]
        dataset = ray.data.from_items(items).flat_map(lambda p: vd.rows(p["truth"], p["pred"], p["case"], labels=[1, 2, 3]))
        frame = dataset.to_pandas()
    finally:
        ray.shutdown()
    assert len(frame) == 12 and frame["rules"].nunique() == 1
    pooled = frame.groupby("label")[["tp", "n_pred", "n_truth", "n"]].sum()
    expected = single(folders)
    for at, name in enumerate(expected.classes):
        row = [getattr(expected, column)[at] for column in ("tp", "n_pred", "n_truth", "n")]
        np.testing.assert_array_equal(pooled.loc[name].to_numpy(), row)
