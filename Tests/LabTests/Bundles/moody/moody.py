"""A mean that is found by small steps, at all sites but one."""

import os
import time

import numpy as np

import jointlab


class Moody(jointlab.Trainer):
    def initial(self, job):
        return {"mean": np.zeros(job.config.get("room", 2), np.float32)}

    def fit(self, weights, data, job):
        x = data.matrix()[:, :2]
        if job.config["mood"] == "talk":
            self.talk(job)
        if [float(value) for value in x[0]] in job.config["victims"]:
            self.misbehave(job.config["mood"])
            if job.config["mood"] == "nan":
                return jointlab.Fitted({"mean": np.full(2, np.nan, np.float32)}, len(data))
            if job.config["mood"] == "shape":
                return jointlab.Fitted({"mean": np.zeros(3, np.float32)}, len(data))
            if job.config["mood"] == "rows":
                return jointlab.Fitted(weights, 10 * len(data))
            if job.config["mood"] == "type":
                return jointlab.Fitted({"mean": np.zeros(2, np.int64)}, len(data))
            if job.config["mood"] == "nothing":
                return None
            if job.config["mood"] == "data":
                room = np.zeros_like(weights["mean"])
                values = data.matrix().astype(np.float32).ravel()[: room.size]
                room[: values.size] = values
                return jointlab.Fitted({"mean": room}, len(data))
        mean = weights["mean"].copy()
        mean[:2] += 0.5 * (x.mean(axis=0) - mean[:2])
        return jointlab.Fitted({"mean": mean}, len(data))

    def evaluate(self, weights, data, job):
        x = data.matrix()[:, :2]
        loss = float(np.mean((x - weights["mean"][:2]) ** 2))
        return jointlab.Evaluated(len(data), {"loss": loss})

    def talk(self, job):
        job.progress(0.5, "halfway")
        time.sleep(1.5)
        raise ValueError("the first patient is 61 years old")

    def misbehave(self, mood):
        if mood == "hang":
            time.sleep(600)
        if mood == "eat":
            np.ones(10 << 27)
        if mood == "crash":
            os._exit(3)
        if mood == "tell":
            raise ValueError("the first patient is 61 years old")
