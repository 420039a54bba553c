"""Write a trainer once: run it on a laptop, then at every member of a lab.

>>> import jointlab
>>> class Mean(jointlab.Trainer):
...     def initial(self, job):
...         return {"mean": np.zeros(1, np.float32)}
...     def fit(self, weights, data, job):
...         rows = data.matrix()
...         return jointlab.Fitted({"mean": rows.mean(axis=0)[:1]}, examples=len(rows))

See :class:`Trainer` for what it may do, and ``python -m jointlab.test --help`` to try it; :class:`Client`
lists, proposes, watches and fetches from a notebook.
"""

from typing import TYPE_CHECKING, Any

from jointlab.data import Data, Files, Table
from jointlab.trainer import Evaluated, Fitted, Job, Metrics, Trainer, Weights

if TYPE_CHECKING:
    from jointlab.client import Client, LabError

__version__ = "0.1.0"

__all__ = [
    "Client",
    "Data",
    "Evaluated",
    "Files",
    "Fitted",
    "Job",
    "LabError",
    "Metrics",
    "Table",
    "Trainer",
    "Weights",
    "__version__",
]


def __getattr__(name: str) -> Any:
    # A trainer's worker needs no client, and starts the quicker without.
    if name in ("Client", "LabError"):
        from jointlab import client

        return getattr(client, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
