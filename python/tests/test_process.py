"""What concerns the process: threads, forks, signals, the command, what is printed and what is imported."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import os
import subprocess
import sys
import sysconfig
import threading
import time

import numpy as np
import pytest
from conftest import blobs, write_nifti

import voxdice as vd


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120,
                          env={**os.environ, **environment})


#: Cores that this process may use, as a container or a batch system gives them.
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def volumes() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    return blobs(rng, (64, 60, 60), 4), blobs(rng, (64, 60, 60), 4)


FORKED = """
import os, sys, numpy as np, voxdice as vd
vd.set_threads(3)
rng = np.random.default_rng(1)
pred, truth = (rng.integers(0, 3, (50, 50, 50)) for _ in range(2))
wide = [np.tile(side, (40, 1, 1)) for side in (pred, truth)]
def work():
    found = vd.counts(pred=wide[0], truth=wide[1])
    surfaces = vd.surfaces(pred=pred, truth=truth, metrics="hd,assd", spacing=(1, 1, 1))
    soft = vd.sums(pred=np.ones((1, 1, 400, 400), dtype=np.float32), truth=np.ones((1, 1, 400, 400), dtype=np.uint8))
    return repr((found.to_dict(), surfaces.to_json(), soft.exact))
before = work()                      # the pool has its threads now
for generation in range(2):          # a child, and its child
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        sys.exit(os.waitstatus_to_exitcode(status))
    assert work() == before
os._exit(0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_works_on():
    done = run(FORKED)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def _pooled(part: int) -> vd.Counts:
    pred, truth = volumes()
    return vd.counts(pred=pred[part::4], truth=truth[part::4], labels=[1, 2, 3, 4])


@pytest.mark.parametrize("method", [m for m in ("fork", "spawn") if m in multiprocessing.get_all_start_methods()])
def test_a_pool_of_processes_adds_up(method):
    pred, truth = volumes()
    whole = vd.counts(pred=pred, truth=truth, labels=[1, 2, 3, 4])
    context = multiprocessing.get_context(method)
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
        assert sum(pool.map(_pooled, range(4))) == whole


def test_threads_change_nothing():
    pred, truth = volumes()
    wide = np.tile(pred, (40, 1, 1)), np.tile(truth, (40, 1, 1))
    before, found = vd.threads(), []
    try:
        for count in (1, 2, 5, None):
            vd.set_threads(count)
            assert vd.threads() == (count or CORES)
            report = vd.surfaces(pred=pred, truth=truth, metrics="hd,assd", spacing=(1, 1, 1))
            found.append((vd.counts(pred=wide[0], truth=wide[1]), report))
    finally:
        vd.set_threads(before)
    assert all(other == found[0] for other in found)
    for wrong in (0, -1, True, 1025, 10**30):
        with pytest.raises(vd.Error, match="threads"):
            vd.set_threads(wrong)


@pytest.mark.parametrize(
    "environment, expected",
    [({"VOXDICE_THREADS": "3", "OMP_NUM_THREADS": "1"}, 3), ({"OMP_NUM_THREADS": "1"}, 1), ({"OMP_NUM_THREADS": "2,4"}, 2),
     ({"OMP_NUM_THREADS": "many"}, CORES)],
)
def test_threads_come_from_the_environment(environment, expected):
    clean = {"VOXDICE_THREADS": "", "OMP_NUM_THREADS": "", **environment}
    assert run("import voxdice; print(voxdice.threads())", **clean).stdout.strip() == str(expected)


def test_a_wrong_environment_is_refused():
    for wrong in ("x", "0", "1025"):
        assert f"VOXDICE_THREADS is `{wrong}`" in run("import voxdice", VOXDICE_THREADS=wrong).stderr


def test_other_threads_of_python_run_meanwhile():
    pred = np.zeros((400, 400, 400), dtype=np.int64)
    ticks, done = [], threading.Event()

    def tick():
        while not done.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.001)

    other = threading.Thread(target=tick)
    other.start()
    begin = time.perf_counter()
    vd.counts(pred=pred, truth=pred, labels=[1])
    end = time.perf_counter()
    done.set()
    other.join()
    assert sum(begin < at < end for at in ticks) >= 3, f"{end - begin:.3f} s"


INTERRUPTED = """
import os, signal, sys, threading, voxdice as vd
# A shell that starts tests in the background has them ignore the signal.
signal.signal(signal.SIGINT, signal.default_int_handler)
started = threading.Event()
def interrupt():
    started.wait()
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=interrupt, daemon=True).start()
try:
    vd.evaluate(sys.argv[1], sys.argv[2], metrics="hd95", progress=lambda *_: started.set(), threads=1)
except KeyboardInterrupt:
    print("interrupted")
    vd.evaluate(sys.argv[1] + "/case_0000.nii", sys.argv[2] + "/case_0000.nii")
    print("and usable")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
def test_ctrl_c_ends_an_evaluation(tmp_path, rng):
    folders = [tmp_path / "truth", tmp_path / "pred"]
    for folder in folders:
        folder.mkdir()
        write_nifti(folder / "case_0000.nii", rng.integers(0, 2, (24, 24, 24)))
        for case in range(1, 3000):
            os.link(folder / "case_0000.nii", folder / f"case_{case:04}.nii")
    begin = time.monotonic()
    done = subprocess.run([sys.executable, "-c", INTERRUPTED, *map(str, folders)], capture_output=True, text=True, timeout=300)
    assert done.stdout.split("\n")[:2] == ["interrupted", "and usable"], done.stderr
    assert time.monotonic() - begin < 120


@pytest.mark.parametrize("command", [[sys.executable, "-m", "voxdice"], ["voxdice"]])
def test_the_command_comes_along(folders, command):
    if command == ["voxdice"]:
        command = [os.path.join(sysconfig.get_path("scripts"), "voxdice")]
    truth, pred, _ = folders

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=120)

    done = call("eval", str(truth), str(pred), "--format", "json")
    assert done.returncode == 0
    assert vd.Report.from_json(done.stdout) == vd.evaluate(truth, pred)
    (pred / "case_1.nii").unlink()
    assert call("eval", str(truth), str(pred)).returncode == 1, "findings"
    assert call("eval").returncode == 2, "usage"
    assert call("--version").stdout.startswith("voxdice ")


def test_hosts_are_not_imported():
    code = "import sys, voxdice; print([m for m in ('torch', 'monai', 'pandas', 'nibabel', 'SimpleITK') if m in sys.modules])"
    assert run(code).stdout.strip() == "[]"


def test_examples_of_docstrings():
    import doctest

    import voxdice.sklearn

    for module in (vd, voxdice.sklearn):
        assert doctest.testmod(module).failed == 0


