"""From an entry point's name to a trainer."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from jointlab.data import Data, Files, Table
from jointlab.trainer import Trainer


def trainer(entry: str, kind: str) -> Trainer:
    """The trainer that a manifest names.

    Parameters
    ----------
    entry
        ``module:object``; the module must be on the path.
    kind
        ``trainer``, ``numpy-client`` or ``client-app``.
    """
    module, _, name = entry.partition(":")
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    if kind == "numpy-client":
        from jointlab.flower import NumPyClientTrainer

        return NumPyClientTrainer(found)
    if kind == "client-app":
        from jointlab.flower_app import ClientAppTrainer

        return ClientAppTrainer(found)
    made = found() if isinstance(found, type) else found
    if not isinstance(made, Trainer):
        raise TypeError(f"{entry} is a {type(made).__name__}, and should be a jointlab.Trainer")
    return made


def data(path: str | Path, inputs: str, features: tuple[str, ...], label: str | None) -> Data:
    """A site's data as the manifest asks for it: a table, or a folder of files."""
    return Files(path, label) if inputs == "files" else Table(path, features, label)
