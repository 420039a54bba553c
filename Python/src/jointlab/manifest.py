"""The part of ``jointlab.toml`` that a run without a lab needs. A node checks the whole of it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Manifest:
    """What a bundle says of itself."""

    name: str
    entry: str
    kind: str
    inputs: str
    features: tuple[str, ...]
    label: str | None

    @classmethod
    def read(cls, bundle: Path) -> Manifest:
        """Read the manifest of a bundle's folder."""
        with open(bundle / "jointlab.toml", "rb") as file:
            found = tomllib.load(file)
        try:
            program, inputs = found["program"], found["inputs"]
            return cls(
                name=found["name"],
                entry=program["entry"],
                kind=program.get("kind", "trainer"),
                inputs=inputs.get("kind", "table"),
                features=tuple(inputs.get("features", ())),
                label=inputs.get("label"),
            )
        except KeyError as error:
            raise ValueError(f"jointlab.toml lacks {error.args[0]}") from None
