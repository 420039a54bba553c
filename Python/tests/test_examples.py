"""The examples learn from public data what no site learns alone."""

from pathlib import Path
from typing import Any

import numpy as np
from support import EXAMPLES, FolderTestCase, maker, shared

from jointlab import test as local


class ExampleTests(FolderTestCase):
    def judged(
        self, example: str, sites: list[Path], holdout: Path, rounds: int, **config: Any
    ) -> dict[str, float]:
        """The metrics of the last model on the holdout."""
        _, history = local.run(
            EXAMPLES / example, sites, sites=1, rounds=rounds, config=config, holdout=holdout
        )
        return history[-1]

    def alone(
        self, metric: str, example: str, sites: list[Path], holdout: Path, rounds: int, **config: Any
    ) -> list[float]:
        """What a metric would be at each site that trained by itself, just as long."""
        return [self.judged(example, [site], holdout, rounds, **config)[metric] for site in sites]

    def test_three_banks_foresee_defaults_better_than_each_alone(self) -> None:
        folder = shared("credit-default")
        names = ("guest", "host_1", "host_2")
        banks = [self.head(folder / f"default_credit_homo_{name}.csv", 800) for name in names]
        holdout = folder / "default_credit_homo_test.csv"
        config = {"features": 23, "epochs": 3, "learningRate": 0.2}
        joint = self.judged("credit-numpy", banks, holdout, 15, **config)
        alone = self.alone("auc", "credit-numpy", banks, holdout, 15, **config)
        self.assertGreater(joint["auc"], max(alone))
        self.assertGreater(joint["auc"], 0.73)
        # Most customers pay: whoever says so of all is right for 78 of 100.
        self.assertGreater(joint["accuracy"], 0.79)

    def test_four_hospitals_recognise_heart_disease_better_than_each_alone(self) -> None:
        hospitals, holdout = maker("heart").make(shared("heart"), self.folder)
        joint = self.judged("heart-hospitals", hospitals, holdout, 15)
        alone = self.alone("auc", "heart-hospitals", hospitals, holdout, 15)
        self.assertGreater(joint["auc"], max(alone))
        self.assertGreater(joint["auc"], 0.86)
        losses = self.alone("loss", "heart-hospitals", hospitals, holdout, 15)
        self.assertLess(joint["loss"], min(losses))

    def test_sites_that_know_some_digits_each_learn_all_of_them(self) -> None:
        sites, holdout = maker("digits").make(shared("mnist"), self.folder)
        joint = self.judged("digit-images", sites, holdout, 10)
        self.assertGreater(joint["accuracy"], 0.84)
        alone = self.alone("accuracy", "digit-images", sites, holdout, 10)
        self.assertGreater(joint["accuracy"], max(alone) + 0.1)

    def test_opinions_on_three_things_make_one_model_of_opinions(self) -> None:
        sites, holdout = maker("sentences").make(shared("text"), self.folder)
        joint = self.judged("sentence-sentiment", sites, holdout, 8)
        alone = self.alone("accuracy", "sentence-sentiment", sites, holdout, 8)
        self.assertGreater(joint["accuracy"], max(alone))
        self.assertGreater(joint["accuracy"], 0.73)

    def test_a_word_is_understood_from_speakers_whom_no_other_site_knows(self) -> None:
        sites, holdout = maker("speech").make(shared("speech/recordings.tar.gz"), self.folder)
        joint = self.judged("spoken-digits", sites, holdout, 12)
        self.assertGreater(joint["accuracy"], 0.8)
        alone = self.alone("accuracy", "spoken-digits", sites, holdout, 12)
        self.assertGreater(joint["accuracy"], max(alone) + 0.08)

    def test_an_image_and_a_recording_say_more_together_than_each_of_them(self) -> None:
        mnist, recordings = shared("mnist"), shared("speech/recordings.tar.gz")
        sites, holdout = maker("pairs").make(mnist, recordings, self.folder)
        fused = self.judged("fused-digits", sites, holdout, 10)
        self.assertGreater(fused["accuracy"], 0.9)
        self.assertGreater(fused["accuracy"], max(fused["imageAccuracy"], fused["speechAccuracy"]) + 0.08)
        # Either modality alone is still far better than guessing one of ten.
        self.assertGreater(min(fused["imageAccuracy"], fused["speechAccuracy"]), 0.5)

    def test_adapters_on_a_transformer_that_nobody_trained_learn_opinions(self) -> None:
        sites, holdout = maker("sentences").make(shared("text"), self.folder, "tokens", length=16)
        joint = self.judged("lora-transformer", sites, holdout, 3)
        # Half of the sentences are content.
        self.assertGreater(joint["accuracy"], 0.62)
        self.assertLess(joint["loss"], np.log(2))

    def test_a_bundle_holds_all_that_it_needs_so_two_have_the_same_features(self) -> None:
        first, second = (EXAMPLES / name / "features.py" for name in ("spoken-digits", "fused-digits"))
        self.assertEqual(first.read_text(), second.read_text())

    def head(self, table: Path, rows: int) -> Path:
        lines = table.read_text().splitlines(keepends=True)[: rows + 1]
        target = self.folder / table.name
        target.write_text("".join(lines))
        return target
