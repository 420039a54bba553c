"""What a data scientist writes."""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from jointlab.data import Data

Weights: TypeAlias = dict[str, NDArray[Any]]
"""A model: arrays of float32 or float64 by name. Names, shapes and types stay the same for a job."""

Metrics: TypeAlias = Mapping[str, float]
"""Finite numbers by name; names of letters, digits and ``. _ -``, at most 64 of them."""


@dataclass(frozen=True)
class Fitted:
    """What training on one site's data gave.

    Attributes
    ----------
    weights
        The trained model, with the names, shapes and types of the one that training began with.
        What leaves the site is the difference of both.
    examples
        How many examples it was trained on: its weight among the sites.
    metrics
        Numbers that the job's owner sees.
    """

    weights: Weights
    examples: int
    metrics: Metrics = field(default_factory=dict)


@dataclass(frozen=True)
class Evaluated:
    """How a model did on one site's data."""

    examples: int
    metrics: Metrics


@dataclass(frozen=True)
class Job:
    """What the job says, the same at all sites but for the seed.

    Attributes
    ----------
    config
        The job's settings for the trainer.
    seed
        Of this site and round, from 0 to 2**53 − 1. Draw all randomness from it: the same seed and
        data must give the same update.
    features, label
        The columns that the bundle's manifest names.
    """

    config: Mapping[str, Any]
    seed: int
    features: tuple[str, ...] = ()
    label: str | None = None
    report: Callable[[float, str], None] = lambda fraction, text: None

    @property
    def random(self) -> np.random.Generator:
        """A generator that begins with the seed, anew each time it is asked for."""
        return np.random.default_rng(self.seed)

    def progress(self, fraction: float, text: str = "") -> None:
        """Say how far the work is, from 0 to 1. Only the site's owner sees it."""
        self.report(min(max(float(fraction), 0.0), 1.0), text)


class Trainer(abc.ABC):
    """A program that trains on data that it cannot take away.

    It runs without network; it reads the bundle's files and the site's data, and writes to the
    scratch folder in ``$TMPDIR``. One object serves all calls of a job at a site, one after the
    other; what it keeps in attributes is lost when the site's node starts again, so a round may not
    depend on it. What it prints goes to the site's owner.
    """

    @abc.abstractmethod
    def initial(self, job: Job) -> Weights:
        """The model that the first round starts from. Runs where the job is proposed, without data."""

    @abc.abstractmethod
    def fit(self, weights: Weights, data: Data, job: Job) -> Fitted:
        """Train on this site's data, starting from these weights.

        The arrays are read-only, and valid until this method returns: copy what you change or keep.
        """

    def evaluate(self, weights: Weights, data: Data, job: Job) -> Evaluated:
        """Judge a model by this site's data."""
        raise NotImplementedError(f"{type(self).__name__} has no evaluate")

    def predict(self, weights: Weights, data: Data, job: Job) -> NDArray[Any]:
        """What a model says of each example, one row of float32 or float64 for each."""
        raise NotImplementedError(f"{type(self).__name__} has no predict")
