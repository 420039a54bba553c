"""Flower's ``ClientApp``, as it is; flwr must be installed beside it.

All of flwr that is used is imported here, some of it beyond its public interface: a new release of
flwr may ask for changes in this file and nowhere else. Tested with flwr 1.42.
"""

from __future__ import annotations

import time
from typing import Any

from flwr.app import Array, ArrayRecord, ConfigRecord, Context, RecordDict
from flwr.app.message.message import make_message
from flwr.app.message_type import MessageType
from flwr.app.metadata import Metadata
from flwr.common import (
    EvaluateIns,
    FitIns,
    GetParametersIns,
    ndarrays_to_parameters,
    parameters_to_ndarrays,
)
from flwr.common.constant import MessageTypeLegacy
from flwr.compat.common import recorddict_compat as compat

from jointlab.data import Data
from jointlab.flower import like, named, node_config, numbers, path_of, unnamed
from jointlab.trainer import Evaluated, Fitted, Job, Trainer, Weights

_EXAMPLES = "num-examples"


class ClientAppTrainer(Trainer):
    """Sends a ``ClientApp`` the messages that a Flower node would send it.

    An app with ``@app.train()`` finds the model in ``content["arrays"]``, under the tensors' own
    names, and the job's settings in ``content["config"]``; it answers with ``arrays`` and with a
    record of metrics that holds ``num-examples``. An app with a ``client_fn`` gets the messages of
    that older interface, and its arrays are named ``0000``, ``0001`` and so on.

    Parameters
    ----------
    app
        The app. What it keeps in ``context.state`` stays until the node starts again.
    """

    def __init__(self, app: Any) -> None:
        self.app = app
        # Flower's own answer to which of its two interfaces an app was written for.
        self._is_legacy = getattr(app, "_call", None) is not None
        self._contexts: dict[str, Context] = {}

    def initial(self, job: Job) -> Weights:
        if not self._is_legacy:
            raise NotImplementedError(
                "a ClientApp with @app.train() has no weights of its own; propose the job with a model file"
            )
        content = compat.getparametersins_to_recorddict(GetParametersIns(_scalars(job)))
        reply = self._send(MessageTypeLegacy.GET_PARAMETERS, content, None, job)
        answer = compat.recorddict_to_getparametersres(reply, keep_input=False)
        return named(parameters_to_ndarrays(answer.parameters))

    def fit(self, weights: Weights, data: Data, job: Job) -> Fitted:
        if self._is_legacy:
            ins = FitIns(ndarrays_to_parameters(unnamed(weights)), _scalars(job))
            reply = self._send(MessageType.TRAIN, compat.fitins_to_recorddict(ins, True), data, job)
            res = compat.recorddict_to_fitres(reply, keep_input=False)
            arrays = parameters_to_ndarrays(res.parameters)
            return Fitted(like(weights, arrays), res.num_examples, numbers(res.metrics))
        reply = self._send(MessageType.TRAIN, _content(weights, job), data, job)
        records = list(reply.array_records.values())
        if len(records) != 1:
            raise ValueError(f"the app answered with {len(records)} array records; one is expected")
        trained = {}
        for name, array in records[0].items():
            value = array.numpy()
            known = weights.get(name)
            trained[name] = value if known is None else value.astype(known.dtype, copy=False)
        metrics = _metrics(reply)
        return Fitted(trained, int(metrics.pop(_EXAMPLES, 0)), metrics)

    def evaluate(self, weights: Weights, data: Data, job: Job) -> Evaluated:
        if self._is_legacy:
            ins = EvaluateIns(ndarrays_to_parameters(unnamed(weights)), _scalars(job))
            content = compat.evaluateins_to_recorddict(ins, True)
            res = compat.recorddict_to_evaluateres(self._send(MessageType.EVALUATE, content, data, job))
            return Evaluated(res.num_examples, {"loss": float(res.loss), **numbers(res.metrics)})
        metrics = _metrics(self._send(MessageType.EVALUATE, _content(weights, job), data, job))
        return Evaluated(int(metrics.pop(_EXAMPLES, 0)), metrics)

    def _send(self, type: str, content: RecordDict, data: Data | None, job: Job) -> RecordDict:
        path = path_of(data)
        if path not in self._contexts:
            self._contexts[path] = Context(
                run_id=1, node_id=1, node_config=node_config(path), state=RecordDict(),
                run_config=_scalars(job),
            )  # fmt: skip
        metadata = Metadata(
            run_id=1, message_id="", src_node_id=0, dst_node_id=1, reply_to_message_id="",
            group_id="", created_at=time.time(), ttl=86_400.0, message_type=type,
        )  # fmt: skip
        reply = self.app(make_message(metadata, content), self._contexts[path])
        if reply.has_error():
            raise RuntimeError(f"the app answered with an error: {reply.error.reason}")
        content_of_reply: RecordDict = reply.content
        return content_of_reply


def _content(weights: Weights, job: Job) -> RecordDict:
    arrays = ArrayRecord(dict(sorted((name, Array(value)) for name, value in weights.items())))
    return RecordDict({"arrays": arrays, "config": ConfigRecord(_scalars(job))})


def _scalars(job: Job) -> dict[str, Any]:
    """Of the settings those that Flower's records hold."""
    return {
        name: value for name, value in job.config.items() if isinstance(value, (bool, int, float, str))
    }


def _metrics(content: RecordDict) -> dict[str, float]:
    metrics: dict[str, float] = {}
    for record in content.metric_records.values():
        metrics |= numbers(record)
    return metrics
