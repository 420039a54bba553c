"""The program that a node runs in the sandbox: ``python -m jointlab.worker``.

Messages are JSON with its length before it, over standard input and output. Models lie in memory
that is shared: descriptor 3, read-only, holds the model that comes in; descriptor 4 takes the result.
"""

from __future__ import annotations

import json
import mmap
import os
import sys
import time
import traceback
from typing import Any

import numpy as np

from jointlab import __version__, loading, tensors
from jointlab.data import Data
from jointlab.trainer import Evaluated, Fitted, Job, Metrics, Trainer, Weights

PROTOCOL = 2
_INPUT, _OUTPUT = 3, 4
_MESSAGE_BYTES_MAX = 60_000
_PROGRESS_SECONDS = 0.1


class _Pipe:
    """Messages to and from the node."""

    def __init__(self, incoming: int, outgoing: int) -> None:
        self._in = incoming
        self._out = outgoing

    def receive(self) -> dict[str, Any] | None:
        head = self._read(4)
        if head is None:
            return None
        text = self._read(int.from_bytes(head, "little"))
        return None if text is None else json.loads(text)

    def send(self, message: dict[str, Any]) -> None:
        text = json.dumps(message, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
        if len(text) > _MESSAGE_BYTES_MAX:
            raise ValueError(f"a message of {len(text)} bytes")
        left = memoryview(len(text).to_bytes(4, "little") + text)
        while left:
            left = left[os.write(self._out, left) :]

    def _read(self, count: int) -> bytes | None:
        parts = []
        while count > 0:
            part = os.read(self._in, count)
            if not part:
                return None
            parts.append(part)
            count -= len(part)
        return b"".join(parts)


class _Worker:
    def __init__(self, pipe: _Pipe, hello: dict[str, Any]) -> None:
        self.pipe = pipe
        self.inputs: str = hello["inputs"]
        self.features = tuple(hello["features"])
        self.label: str | None = hello.get("label")
        self.base = memoryview(mmap.mmap(_INPUT, hello["inputBytes"], access=mmap.ACCESS_READ))
        self.result = memoryview(mmap.mmap(_OUTPUT, hello["outputBytes"]))
        self.trainer: Trainer = loading.trainer(hello["entry"], hello["kind"])
        self.data: dict[str, Data] = {}
        self.process = os.getpid()
        self.last_progress = 0.0

    def carry_out(self, order: dict[str, Any]) -> dict[str, Any]:
        weights: Weights = {}
        if order.get("baseBytes") is not None:
            weights = tensors.read(self.base[: order["baseBytes"]])
        job = Job(
            config=order["config"], seed=order["seed"], features=self.features, label=self.label,
            report=lambda fraction, text: self._progress(order["call"], fraction, text),
        )  # fmt: skip
        examples, byte_count = 0, None
        metrics: Metrics = {}
        try:
            match order["type"]:
                case "initial":
                    made = self.trainer.initial(job)
                    byte_count = None if made is None else tensors.write(made, self.result)
                case "fit":
                    fitted = self.trainer.fit(weights, self._data(order["data"]), job)
                    if fitted is not None:
                        _expect(fitted, Fitted)
                        examples, metrics = fitted.examples, fitted.metrics
                        byte_count = tensors.write(fitted.weights, self.result)
                case "evaluate":
                    judged = self.trainer.evaluate(weights, self._data(order["data"]), job)
                    _expect(judged, Evaluated)
                    examples, metrics = judged.examples, judged.metrics
                case "predict":
                    rows = np.asarray(self.trainer.predict(weights, self._data(order["data"]), job))
                    examples = len(rows)
                    byte_count = tensors.write({"predictions": rows}, self.result)
                case other:
                    raise ValueError(f"this version knows no task {other}")
        except tensors.OutputTooLarge as error:
            byte_count = error.byte_count
        result: dict[str, Any] = {
            "type": "result",
            "call": order["call"],
            "examples": int(examples),
            # Not-a-number has no place in JSON; as text it is refused by name.
            "metrics": {
                str(name): float(value) if np.isfinite(value) else str(value)
                for name, value in metrics.items()
            },
        }
        if byte_count is not None:
            result["bytes"] = byte_count
        return result

    def _data(self, path: str) -> Data:
        if path not in self.data:
            self.data[path] = loading.data(path, self.inputs, self.features, self.label)
        return self.data[path]

    def _progress(self, call: int, fraction: float, text: str) -> None:
        now = time.monotonic()
        if now - self.last_progress >= _PROGRESS_SECONDS and os.getpid() == self.process:
            self.last_progress = now
            self.pipe.send(
                {"type": "progress", "call": call, "fraction": fraction, "text": str(text)[:500]}
            )


def _expect(value: Any, wanted: type) -> None:
    if not isinstance(value, wanted):
        raise TypeError(f"should return a jointlab.{wanted.__name__}, and returned a {type(value).__name__}")


def _failure(error: BaseException, call: int | None) -> dict[str, Any]:
    kind = "MemoryError" if isinstance(error, MemoryError) else type(error).__name__
    where = traceback.extract_tb(error.__traceback__)
    place = f" ({os.path.basename(where[-1].filename)}, line {where[-1].lineno})" if where else ""
    failure: dict[str, Any] = {
        "type": "failure", "kind": kind[:100], "message": f"{str(error)[:1_000]}{place}",
    }  # fmt: skip
    if call is not None:
        failure["call"] = call
    return failure


def main() -> int:
    """Serve a node until it closes the pipe."""
    # What the trainer prints is for the log; only this program writes messages.
    incoming, outgoing = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    pipe = _Pipe(incoming, outgoing)
    process = os.getpid()
    hello = pipe.receive()
    if hello is None:
        return 0
    if hello.get("protocol") != PROTOCOL:
        pipe.send(_failure(ValueError(f"jointlab {__version__} speaks protocol {PROTOCOL}"), None))
        return 1
    try:
        worker = _Worker(pipe, hello)
    except Exception as error:
        traceback.print_exc()
        pipe.send(_failure(error, None))
        return 1
    pipe.send(
        {
            "type": "hello", "protocol": PROTOCOL, "package": __version__,
            "python": ".".join(map(str, sys.version_info[:3])),
        }
    )  # fmt: skip
    while (order := pipe.receive()) is not None:
        try:
            answer = worker.carry_out(order)
        except Exception as error:
            traceback.print_exc()
            answer = _failure(error, order.get("call"))
        if os.getpid() != process:
            # A copy that the trainer made of the process, and forgot.
            os._exit(1)
        pipe.send(answer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
