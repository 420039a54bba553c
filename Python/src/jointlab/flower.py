"""Clients written for Flower's ``NumPyClient``, as they are. Flower itself is not needed."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jointlab.data import Data, Files
from jointlab.trainer import Evaluated, Fitted, Job, Trainer, Weights


class NumPyClientTrainer(Trainer):
    """Calls ``get_parameters``, ``fit`` and ``evaluate`` of a client.

    The client's list of arrays becomes tensors named ``0000``, ``0001`` and so on. An array of
    integers, such as a batch normalisation's counter, travels as float64.

    Parameters
    ----------
    source
        A client's class without arguments, or a function of a context (``client_fn``). The context
        has ``node_config`` with ``data-path``, ``partition-id`` 0 and ``num-partitions`` 1, and
        ``run_config``, the job's settings, as Flower's own.
    """

    def __init__(self, source: Any) -> None:
        self.source = source
        self._clients: dict[str, Any] = {}

    def initial(self, job: Job) -> Weights:
        return named(self._client(None, job).get_parameters(dict(job.config)))

    def fit(self, weights: Weights, data: Data, job: Job) -> Fitted:
        client = self._client(data, job)
        arrays, examples, metrics = client.fit(unnamed(weights), dict(job.config))
        return Fitted(like(weights, arrays), int(examples), numbers(metrics))

    def evaluate(self, weights: Weights, data: Data, job: Job) -> Evaluated:
        client = self._client(data, job)
        loss, examples, metrics = client.evaluate(unnamed(weights), dict(job.config))
        return Evaluated(int(examples), {"loss": float(loss), **numbers(metrics)})

    def _client(self, data: Data | None, job: Job) -> Any:
        path = path_of(data)
        if path not in self._clients:
            self._clients[path] = self._make(path, job)
        return self._clients[path]

    def _make(self, path: str, job: Job) -> Any:
        source = self.source
        if callable(source):
            required = [
                parameter
                for parameter in inspect.signature(source).parameters.values()
                if parameter.default is parameter.empty
                and parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
            ]
            context = SimpleNamespace(
                node_config=node_config(path), run_config=dict(job.config), state=SimpleNamespace()
            )
            source = source(*[context] * min(len(required), 1))
        # What `to_client` returns where Flower is installed wraps the client.
        return getattr(source, "numpy_client", source)


def node_config(path: str) -> dict[str, bool | float | int | str]:
    """What a Flower node would be told on its command line."""
    return {"data-path": path, "partition-id": 0, "num-partitions": 1}


def path_of(data: Data | None) -> str:
    """Where the data lies; empty where there is none."""
    if data is None:
        return ""
    return str(data.folder if isinstance(data, Files) else data.path)


def named(arrays: list[Any]) -> Weights:
    """A client's list as named arrays of floating-point numbers."""
    weights: Weights = {}
    for position, array in enumerate(arrays):
        array = np.asarray(array)
        weights[f"{position:04}"] = array if array.dtype.kind == "f" else array.astype(np.float64)
    return weights


def unnamed(weights: Weights) -> list[NDArray[Any]]:
    """The arrays in the client's order, copied: clients keep and change what they are given."""
    return [weights[name].copy() for name in sorted(weights)]


def like(weights: Weights, arrays: list[Any]) -> Weights:
    """A client's list named as the weights, and in their types."""
    result = named(arrays)
    for name, array in result.items():
        if name in weights and array.dtype != weights[name].dtype:
            result[name] = array.astype(weights[name].dtype)
    return result


def numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Of a client's metrics those that are numbers."""
    return {
        str(name): float(value)
        for name, value in metrics.items()
        if isinstance(value, (bool, int, float, np.number))
    }
