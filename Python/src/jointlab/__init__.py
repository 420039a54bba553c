"""Write a trainer once: run it on a laptop, then at every member of a lab.

>>> import jointlab
>>> class Mean(jointlab.Trainer):
...     def initial(self, job):
...         return {"mean": np.zeros(1, np.float32)}
...     def fit(self, weights, data, job):
...         rows = data.matrix()
...         return jointlab.Fitted({"mean": rows.mean(axis=0)[:1]}, examples=len(rows))

See :class:`Trainer` for what it may do, and ``python -m jointlab.test --help`` to try it.
"""

from jointlab.data import Data, Files, Table
from jointlab.trainer import Evaluated, Fitted, Job, Metrics, Trainer, Weights

__version__ = "0.1.0"

__all__ = [
    "Data",
    "Evaluated",
    "Files",
    "Fitted",
    "Job",
    "Metrics",
    "Table",
    "Trainer",
    "Weights",
    "__version__",
]
