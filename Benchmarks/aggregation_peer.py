"""Prints how many GB of updates a second Flower's strategies aggregate: a name, a tab, a rate.

Arguments: the number of updates, and of their parameters. Flower's records hold whole models as
arrays in NumPy's file format; they are made before the clock starts, and all are in memory.
"""

import statistics
import sys
import time

import numpy as np
from flwr.app import ArrayRecord, Message, MetricRecord, RecordDict
from flwr.serverapp.strategy import FedAvg, FedMedian, FedTrimmedAvg
from flwr.supercore.task_identity import TaskIdentity


def replies(updates, parameters, layers):
    rng = np.random.default_rng(1)
    for client in range(updates):
        arrays = [
            rng.random(parameters // layers, dtype=np.float32) - np.float32(0.5)
            for _ in range(layers)
        ]
        content = RecordDict(
            {"arrays": ArrayRecord(arrays), "metrics": MetricRecord({"num-examples": 100})}
        )
        yield Message(content, dst_node_id=client, message_type="train")


def main():
    updates, parameters = map(int, sys.argv[1:])
    # Messages want to know who made them.
    TaskIdentity.task_id = TaskIdentity.run_id = TaskIdentity.node_id = 1
    size = 4 * updates * parameters / 1e9
    # The robust ones consume their inputs, so that only their first turn counts.
    for name, strategy, layers, turns in [
        ("Flower FedAvg, 20 layers", FedAvg(), 20, 5),
        ("Flower FedAvg, 1 layer", FedAvg(), 1, 5),
        ("Flower FedMedian, 20 layers", FedMedian(), 20, 1),
        ("Flower FedTrimmedAvg, 20 layers", FedTrimmedAvg(beta=0.2), 20, 1),
    ]:
        messages = list(replies(updates, parameters, layers))
        rates = []
        for _ in range(turns):
            start = time.perf_counter()
            arrays, _ = strategy.aggregate_train(1, messages)
            rates.append(size / (time.perf_counter() - start))
            assert arrays is not None
        print(f"{name}\t{statistics.median(rates)}", flush=True)


main()
