"""Try a bundle without a lab: ``python -m jointlab.test BUNDLE --data FILE``.

Splits the data among simulated sites, trains for some rounds, averages the updates by their weights
as FedAvg does, and evaluates at each site. Nothing is sandboxed, masked or limited.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save_file

from jointlab import loading
from jointlab.manifest import Manifest
from jointlab.trainer import Fitted, Job, Trainer, Weights


class WrongResult(Exception):
    """What a trainer returned, a node would refuse."""


def run(
    bundle: Path,
    data: Sequence[Path],
    sites: int = 2,
    rounds: int = 2,
    seed: int = 1,
    config: Mapping[str, Any] | None = None,
    base: Weights | None = None,
    holdout: Path | None = None,
    show: Callable[[str], None] = lambda line: None,
) -> tuple[Weights, list[dict[str, float]]]:
    """Train a bundle at simulated sites.

    Parameters
    ----------
    bundle
        The bundle's folder.
    data
        A file or folder for each site; a single one is split among ``sites``.
    base
        The model to start from; else what the trainer's ``initial`` makes.
    holdout
        Data that no site trains on, by which the models are judged; none: the sites' own.

    Returns
    -------
    tuple
        The last model, and the metrics of each round's evaluation, on the holdout or averaged over
        the sites.

    Raises
    ------
    WrongResult
        For what a node would refuse.
    """
    manifest = Manifest.read(bundle)
    sys.path.insert(0, str(bundle.resolve()))
    try:
        trainer = loading.trainer(manifest.entry, manifest.kind)
        with tempfile.TemporaryDirectory() as scratch:
            parts = list(data) if len(data) > 1 else _split(data[0], sites, Path(scratch))
            shards = [
                loading.data(part, manifest.inputs, manifest.features, manifest.label) for part in parts
            ]
            judges = shards
            if holdout is not None:
                judges = [loading.data(holdout, manifest.inputs, manifest.features, manifest.label)]
            job = _job(manifest, config or {}, seed, show)
            weights = base if base is not None else trainer.initial(job)
            history = []
            for number in range(1, rounds + 1):
                results = []
                for site, shard in enumerate(shards):
                    own = _job(manifest, config or {}, seed + 1_000 * number + site, show)
                    frozen = {name: _read_only(array) for name, array in weights.items()}
                    fitted = trainer.fit(frozen, shard, own)
                    _check(fitted, weights)
                    results.append(fitted)
                    show(f"round {number}, site {site}: {fitted.examples} examples {_text(fitted.metrics)}")
                weights = _average(results)
                history.append(_evaluate(trainer, weights, judges, job))
                where = "all sites" if holdout is None else "holdout"
                show(f"round {number}, {where}: {_text(history[-1]) or 'the trainer has no evaluate'}")
            return weights, history
    finally:
        sys.path.remove(str(bundle.resolve()))
        _forget(bundle)


def _forget(bundle: Path) -> None:
    """Another bundle's modules may have the same names."""
    folder = bundle.resolve()
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and Path(file).resolve().is_relative_to(folder):
            del sys.modules[name]


def _job(manifest: Manifest, config: Mapping[str, Any], seed: int, show: Callable[[str], None]) -> Job:
    return Job(
        config=config, seed=seed, features=manifest.features, label=manifest.label,
        report=lambda fraction, text: show(f"  {fraction:4.0%} {text}"),
    )  # fmt: skip


def _read_only(array: Any) -> Any:
    view = np.asarray(array).view()
    view.flags.writeable = False
    return view


def _check(fitted: Any, base: Weights) -> None:
    if not isinstance(fitted, Fitted):
        raise WrongResult(f"fit should return a jointlab.Fitted, and returned {type(fitted).__name__}")
    if set(fitted.weights) != set(base):
        raise WrongResult(f"fit returned the tensors {sorted(fitted.weights)}, the model has {sorted(base)}")
    for name, array in fitted.weights.items():
        if array.shape != base[name].shape or array.dtype != base[name].dtype:
            raise WrongResult(
                f"{name} has the shape {array.shape} of {array.dtype}, the model's "
                f"{base[name].shape} of {base[name].dtype}"
            )
        if not np.isfinite(array).all():
            raise WrongResult(f"{name} has elements that are no finite numbers; the training diverged")
    if fitted.examples < 0:
        raise WrongResult("the number of examples is negative")
    for name, value in fitted.metrics.items():
        if not math.isfinite(value):
            raise WrongResult(f"the metric {name} is no finite number")


def _average(results: list[Fitted]) -> Weights:
    total = sum(result.examples for result in results)
    if total == 0:
        raise WrongResult("no site has any examples")
    average: Weights = {}
    for name, first in results[0].weights.items():
        total_array = sum(
            result.weights[name].astype(np.float64) * (result.examples / total) for result in results
        )
        average[name] = np.asarray(total_array).astype(first.dtype)
    return average


def _evaluate(trainer: Trainer, weights: Weights, shards: list[Any], job: Job) -> dict[str, float]:
    try:
        judged = [trainer.evaluate(weights, shard, job) for shard in shards]
    except NotImplementedError:
        return {}
    total = max(1, sum(result.examples for result in judged))
    names = {name for result in judged for name in result.metrics}
    return {
        name: sum(result.metrics.get(name, 0.0) * result.examples for result in judged) / total
        for name in sorted(names)
    }


def _split(path: Path, sites: int, scratch: Path) -> list[Path]:
    if sites == 1:
        return [path]
    if path.is_dir():
        return _split_folder(path, sites, scratch)
    if path.suffix != ".csv":
        raise ValueError(f"{path.name} is no CSV file, which could be split; name a file for each site")
    with open(path, newline="", encoding="utf-8-sig") as file:
        head, *rows = list(csv.reader(file))
    parts = []
    for site in range(sites):
        parts.append(scratch / f"site-{site}.csv")
        with open(parts[-1], "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([head, *rows[site::sites]])
    return parts


def _split_folder(folder: Path, sites: int, scratch: Path) -> list[Path]:
    with open(folder / "labels.csv", newline="", encoding="utf-8-sig") as file:
        head, *rows = list(csv.reader(file))
    parts = []
    for site in range(sites):
        part = scratch / f"site-{site}"
        for row in rows[site::sites]:
            target = part / row[head.index("file")]
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / row[head.index("file")], target)
        with open(part / "labels.csv", "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([head, *rows[site::sites]])
        parts.append(part)
    return parts


def _text(metrics: Mapping[str, float]) -> str:
    return " ".join(f"{name} {value:.4f}" for name, value in metrics.items())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="jointlab.test", description=__doc__)
    parser.add_argument("bundle", type=Path, help="the bundle's folder")
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="one file for all sites, or one each")
    parser.add_argument("--holdout", type=Path, help="data to judge by; default: the sites' own")
    parser.add_argument("--sites", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--config", type=json.loads, default={}, help="the job's settings, as JSON")
    parser.add_argument("--base", type=Path, help="a safetensors file to start from")
    parser.add_argument("--save", type=Path, help="where the last model goes, as safetensors")
    options = parser.parse_args(arguments)
    try:
        weights, _ = run(
            options.bundle, options.data, sites=options.sites, rounds=options.rounds, seed=options.seed,
            config=options.config, base=load_file(options.base) if options.base else None,
            holdout=options.holdout, show=print,
        )  # fmt: skip
    except (WrongResult, ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if options.save:
        save_file({name: np.ascontiguousarray(array) for name, array in weights.items()}, options.save)
    return 0


if __name__ == "__main__":
    sys.exit(main())
