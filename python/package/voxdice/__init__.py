"""Exact, reproducible statistics of segmentations: Dice and its family, surface distances, lesions, comparisons of models.

Everything is counted in Rust, exactly: integers are the same with any number of threads, in any order and on any machine, so
that results are compared with ``==`` and merged with ``+``. Nothing is printed, and whatever cannot be evaluated is an
:class:`Error` that says what to do. Paths are read fastest: decoding and counting are one pass, without the GIL.

>>> import numpy as np, voxdice as vd
>>> truth, pred = np.array([[0, 1, 1], [2, 2, 0]]), np.array([[0, 1, 2], [2, 2, 0]])
>>> counts = vd.counts(pred=pred, truth=truth)
>>> counts.classes, counts.tp.tolist(), counts.scores("dice")["dice"].tolist()
(('1', '2'), [1, 2], [0.6666666666666666, 0.8])
"""

from ._compare import Comparison, compare
from ._counts import Counts, counts, dice, rows
from ._evaluate import evaluate
from ._report import Report, merge
from ._rle import from_rle
from ._sums import Sums, sums
from ._threads import set_threads, threads
from ._volumes import instances, surfaces
from ._voxdice import Error

__version__ = "0.2.0"

__all__ = [
    "Comparison",
    "Counts",
    "Error",
    "Report",
    "Sums",
    "compare",
    "counts",
    "dice",
    "evaluate",
    "from_rle",
    "instances",
    "merge",
    "rows",
    "set_threads",
    "sums",
    "surfaces",
    "threads",
]
