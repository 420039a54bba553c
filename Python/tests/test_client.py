import json
import sys
import unittest
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from support import FolderTestCase

import jointlab
from jointlab.views import JobView, Listing, curve, visible

ROUND = {
    "round": 1, "task": "train", "status": "closed", "stage": "final", "participants": ["a", "b"],
    "contributions": [
        {"metricsMicro": {"holdoutLoss": 200_000, "holdoutRows": 1}},
        {"metricsMicro": {"holdoutLoss": 600_000, "holdoutRows": 3}},
    ],
}  # fmt: skip


class ViewTests(unittest.TestCase):
    def test_a_round_s_loss_is_weighted_by_the_rows_that_it_was_seen_on(self) -> None:
        view = JobView({"job": {"job": "j", "status": "running"}, "rounds": [ROUND, {"round": 2}]})
        self.assertEqual(view.losses, [(1, 0.5)])
        self.assertEqual(view.rounds[0]["sites"], "2/2")
        self.assertIsNone(view.rounds[1]["loss"])
        self.assertEqual(repr(view), "<job j: running, 2 rounds, loss 0.5000>")

    def test_what_others_wrote_is_text_and_never_markup_or_a_terminal_s_order(self) -> None:
        rows = [{"title": "<script>alert(1)</script>\x1b[2J"}]
        html = Listing(rows, ["title"])._repr_html_()
        self.assertNotIn("<script>", html)
        self.assertIn("&lt;script&gt;", html)
        self.assertNotIn("\x1b", html + repr(Listing(rows, ["title"])))
        job = JobView({"job": {"job": "<b>", "status": "abandoned", "reason": "<img src=x>"}})
        self.assertNotIn("<img", job._repr_html_())
        self.assertEqual(visible("a\nb\u202e"), "a\\u000ab\\u202e")

    def test_the_curve_has_a_point_for_each_loss_and_one_point_is_no_curve(self) -> None:
        self.assertEqual(curve([(1, 0.5)]), "")
        drawn = curve([(1, 0.5), (2, 0.25), (3, 0.25)])
        self.assertEqual(len(drawn.split('points="')[1].split('"')[0].split()), 3)
        self.assertIn(">0.5<", drawn)

    def test_a_listing_is_a_sequence(self) -> None:
        listing = Listing([{"a": 1}, {"a": True, "b": 2.5}], ["a", "b"])
        self.assertEqual((len(listing), listing[1]["b"], listing.column("b")), (2, 2.5, [None, 2.5]))
        self.assertEqual(repr(listing), "a    b\n1\nyes  2.5000")


class ClientTests(FolderTestCase):
    """Against a command that writes down how it was called, and answers as it is told."""

    def client(self, answers: list[object], error: str = "", code: int = 0) -> jointlab.Client:
        program = self.folder / "jointlab"
        lines = "".join(json.dumps(answer) + "\n" for answer in answers)
        program.write_text(
            f"#!{sys.executable}\nimport pathlib, shutil, sys\n"
            f"pathlib.Path({str(self.folder / 'words')!r}).write_text('\\n'.join(sys.argv[1:]))\n"
            "for word in sys.argv:\n"
            "    if word.startswith('--out='):\n"
            f"        shutil.copy({str(self.folder / 'model')!r}, word[6:])\n"
            f"sys.stdout.write({lines!r})\nsys.stderr.write({error!r})\nsys.exit({code})\n"
        )
        program.chmod(0o700)
        return jointlab.Client(self.folder / "home", program)

    @property
    def words(self) -> list[str]:
        return (self.folder / "words").read_text().split("\n")

    def test_a_proposal_is_one_command_with_all_that_was_said(self) -> None:
        lab = self.client([{"index": 7}])
        receipt = lab.propose(
            "j", model="m", purpose="-x", licences=["l1", "l2"], rounds=3, bundle=Path("b"),
            config={"a": [1]}, strategy={"kind": "fedadam"}, options={"round-timeout": "5s"}, wait="final",
        )  # fmt: skip
        self.assertEqual(receipt, {"index": 7})
        self.assertEqual(self.words[:4], ["job", "propose", "j", "--wait=final"])
        for word in (
            "--purpose=-x", "--rounds=3", "--bundle=b", '--bundle-config={"a": [1]}',
            '--strategy={"kind": "fedadam"}', "--round-timeout=5s", "--licence=l1", "--licence=l2",
            "--json", f"--home={self.folder / 'home'}",
        ):  # fmt: skip
            self.assertIn(word, self.words)

    def test_what_the_lab_refuses_is_an_exception_with_its_code_and_rule(self) -> None:
        error = {"code": "licence.stage", "detail": "no\x1b", "status": 409, "refusal": {"rule": "r"}}
        lab = self.client([], "a warning\n" + json.dumps({"error": error}), 1)
        with self.assertRaises(jointlab.LabError) as caught:
            lab.start("j")
        self.assertEqual((caught.exception.code, caught.exception.status), ("licence.stage", 409))
        self.assertEqual(caught.exception.refusal, {"rule": "r"})
        self.assertEqual(str(caught.exception), "no\\u001b (licence.stage)")

    def test_a_command_that_dies_without_a_word_is_an_exception_too(self) -> None:
        with self.assertRaisesRegex(jointlab.LabError, "the command ended with 9") as caught:
            self.client([], "", 9).jobs()
        self.assertEqual(caught.exception.exit_code, 9)
        with self.assertRaisesRegex(jointlab.LabError, "Segmentation"):
            self.client([], "Segmentation fault", 139).jobs()

    def test_no_such_command_and_a_name_that_is_an_option(self) -> None:
        with self.assertRaisesRegex(jointlab.LabError, "program.missing"):
            jointlab.Client(program=self.folder / "none").members()
        with self.assertRaisesRegex(ValueError, "'--version' is no name"):
            self.client([]).job("--version")

    def test_watching_gives_each_change_and_ends_also_with_an_abandoned_job(self) -> None:
        answers: list[object] = [
            {"job": {"job": "j", "status": "running"}, "rounds": []},
            {"job": {"job": "j", "status": "abandoned", "reason": "tired"}, "rounds": [ROUND]},
        ]
        views = list(self.client(answers, code=1).watch("j"))
        self.assertEqual([view.status for view in views], ["running", "abandoned"])
        self.assertTrue(views[-1].is_over)
        with self.assertRaisesRegex(jointlab.LabError, "connection.failed"):
            error = json.dumps({"error": {"code": "connection.failed", "detail": "away"}})
            list(self.client(answers[:1], error, 69).watch("j"))
        first = next(iter(self.client(answers).watch("j")))
        self.assertFalse(first.is_over)

    def test_a_version_s_tensors_come_as_arrays(self) -> None:
        save_file({"w": np.arange(3, dtype=np.float32)}, self.folder / "model")
        weights = self.client([{"bytes": 1}]).fetch("m/1")
        self.assertEqual(weights["w"].tolist(), [0, 1, 2])
        self.assertEqual(self.words[:3], ["model", "fetch", "m/1"])


if __name__ == "__main__":
    unittest.main()
