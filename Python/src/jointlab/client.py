"""A lab from a notebook: list, propose, watch, fetch.

It calls the ``jointlab`` command, which has the member's keys and signs, and reads its JSON. Nothing of
a lab's rules is decided here.

>>> lab = jointlab.Client("~/.jointlab")
>>> lab.datasets()
>>> lab.propose("first", model="tumour", purpose="research", licences=["north-licence"])
>>> lab.start("first")
>>> for job in lab.watch("first"):
...     clear_output(wait=True)
...     display(job)
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from safetensors.numpy import load_file

from jointlab.trainer import Weights
from jointlab.views import JobView, Listing, visible

Stage = Literal["sequenced", "certified", "final"]
"""How far an entry of the ledger is: ordered, cosigned by a quorum, or final for everybody."""


class LabError(Exception):
    """What a command refused or could not do.

    Attributes
    ----------
    code
        A name that never changes, such as ``connection.failed``; ``failed`` where there is none.
    detail
        What was wrong, for people.
    exit_code
        The command's own; see Documentation/operating.md.
    status, refusal
        Of what the lab refused: the HTTP status, and the rule with the values that it saw.
    """

    def __init__(self, code: str, detail: str, exit_code: int, more: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"{visible(detail)} ({visible(code)})")
        self.code = code
        self.detail = detail
        self.exit_code = exit_code
        self.status: int | None = (more or {}).get("status")
        self.refusal: Mapping[str, Any] | None = (more or {}).get("refusal")


class Client:
    """A member's view of its lab.

    Parameters
    ----------
    home
        The member's folder, with its keys; none: ``$JOINTLAB_HOME``, or else ``~/.jointlab``.
    program
        The command.
    timeout
        How many seconds a command may take; watching takes as long as the job.
    """

    def __init__(
        self, home: str | Path | None = None, program: str | Path = "jointlab", timeout: float = 600
    ) -> None:
        self.home = None if home is None else Path(home).expanduser()
        self.program = str(Path(program).expanduser()) if "/" in str(program) else str(program)
        self.timeout = timeout

    def __repr__(self) -> str:
        return f"jointlab.Client({str(self.home or '~/.jointlab')!r})"

    # Reading

    def lab(self) -> dict[str, Any]:
        """The lab: its rules, its quorum, and how far the ledger is."""
        return self._call(["lab", "show"])

    def members(self) -> Listing:
        """Who belongs to the lab."""
        columns = ("member", "title", "category", "roles", "status", "connected")
        return self._list(["member", "list"], columns)

    def datasets(self) -> Listing:
        """The datasets that are registered: their schemas, never their rows."""
        return self._list(["dataset", "list"], ("dataset", "owner", "title", "rows", "status"))

    def licences(self) -> Listing:
        """The licences, agreed on or not."""
        columns = ("licence", "dataset", "licensor", "licensee", "stage")
        return self._list(["licence", "list"], columns)

    def jobs(self) -> Listing:
        """The jobs."""
        return self._list(["job", "list"], ("job", "owner", "model", "purpose", "closed", "status"))

    def models(self) -> Listing:
        """The versions of all models, the newest of each last."""
        answer = self._call(["model", "list"])
        versions = [version for model in answer["items"] for version in model["versions"]]
        return Listing(versions, ("model", "version", "job", "rounds", "status"))

    def job(self, job: str) -> JobView:
        """A job with its rounds, as the member's own node has verified them."""
        return JobView(self._call(["job", "show", _name(job)]))

    def verify(self, job: str) -> Listing:
        """Every closed round, added up again from what the sites contributed.

        ``sum`` is ``holds``, ``DIFFERS``, or says why there was nothing to add up.
        """
        answer = self._call(["job", "verify", _name(job)], accepted=(0, 1))
        return Listing(answer["items"], ("round", "task", "contributions", "result", "sum"))

    # Acting

    def propose(
        self,
        job: str,
        *,
        model: str,
        purpose: str,
        licences: Sequence[str],
        rounds: int = 20,
        trainer: str | None = None,
        bundle: str | Path | None = None,
        config: Mapping[str, Any] | None = None,
        strategy: str | Mapping[str, Any] | None = None,
        participants_min: int | None = None,
        options: Mapping[str, Any] | None = None,
        wait: Stage = "sequenced",
    ) -> dict[str, Any]:
        """Propose a training job.

        Parameters
        ----------
        job, model, purpose, licences, rounds
            What the lab will call the job and its model, what for, and on which licences.
        trainer
            One of the lab's own, such as ``logistic-regression``.
        bundle, config
            In its place the folder of a trainer of your own, and what it gets as ``job.config``.
        strategy
            A name, such as ``fedadam``, or an object with its hyperparameters.
        options
            Further options of ``jointlab job propose`` by name: ``{"learning-rate": 0.1}``.
        wait
            How far the entry should be before this returns.

        Returns
        -------
        dict
            The ledger's receipt.
        """
        words = ["job", "propose", _name(job), f"--wait={wait}"]
        given = {
            "model": model, "purpose": purpose, "rounds": rounds, "trainer": trainer, "bundle": bundle,
            "bundle-config": None if config is None else dict(config),
            "strategy": strategy, "participants-min": participants_min, **(options or {}),
        }  # fmt: skip
        for name, value in given.items():
            if value is not None:
                # With a sign of equality, a value that begins with a dash stays a value.
                words.append(f"--{name}={_text(value)}")
        return self._call([*words, *(f"--licence={licence}" for licence in licences)])

    def start(self, job: str, wait: Stage = "sequenced") -> dict[str, Any]:
        """Let the coordinator open a job's rounds."""
        return self._call(["job", "start", _name(job), f"--wait={wait}"])

    def abandon(self, job: str, reason: str, wait: Stage = "sequenced") -> dict[str, Any]:
        """End a job of yours early."""
        return self._call(["job", "abandon", _name(job), f"--reason={reason}", f"--wait={wait}"])

    def register(self, job: str, wait: Stage = "final") -> dict[str, Any]:
        """Make a complete job's result a version of its model."""
        return self._call(["model", "register", _name(job), f"--wait={wait}"])

    def watch(self, job: str) -> Iterator[JobView]:
        """The job whenever something has changed, until it ends: its rounds, and what sites report.

        Whoever stops early ends the command, not the job.
        """
        with tempfile.TemporaryFile() as errors:
            try:
                process = subprocess.Popen(
                    self._words(["job", "watch", _name(job)]), stdout=subprocess.PIPE, stderr=errors,
                    stdin=subprocess.DEVNULL,
                )  # fmt: skip
            except FileNotFoundError:
                raise self._missing() from None
            try:
                assert process.stdout is not None
                for line in process.stdout:
                    yield JobView(json.loads(line))
                code = process.wait()
                errors.seek(0)
                said = errors.read()
                # An abandoned job ends with 1 too, and says nothing on standard error.
                if code != 0 and said.strip():
                    raise _error(code, said)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    process.terminate()
                process.wait()
                if process.stdout is not None:
                    process.stdout.close()

    def fetch(self, version: str) -> Weights:
        """A version's tensors by name; ``version`` is like ``tumour/1``.

        Its digest is checked against the ledger.
        """
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.safetensors"
            self._call(["model", "fetch", _name(version), f"--out={path}"])
            weights: Weights = load_file(path)
            return weights

    # The command

    def _missing(self) -> LabError:
        return LabError(
            "program.missing", f"there is no command {self.program}; name it: Client(program=…)", 127
        )

    def _words(self, words: Sequence[str]) -> list[str]:
        home = [] if self.home is None else [f"--home={self.home}"]
        return [self.program, *words, "--json", *home]

    def _call(self, words: Sequence[str], accepted: Sequence[int] = (0,)) -> dict[str, Any]:
        try:
            done = subprocess.run(
                self._words(words), capture_output=True, timeout=self.timeout, stdin=subprocess.DEVNULL
            )
        except FileNotFoundError:
            raise self._missing() from None
        except subprocess.TimeoutExpired:
            what = " ".join(words[:2])
            raise LabError("timeout", f"{what} took more than {self.timeout:g} s", 124) from None
        if done.returncode not in accepted or not done.stdout.strip():
            raise _error(done.returncode, done.stderr)
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def _list(self, words: Sequence[str], columns: Sequence[str]) -> Listing:
        return Listing(self._call(words)["items"], columns)


def _name(text: str) -> str:
    """A name that the command will not take for an option."""
    if not text or text.startswith("-"):
        raise ValueError(f"{text!r} is no name; names begin with a letter or digit")
    return text


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, Mapping) else str(value)


def _error(code: int, said: bytes) -> LabError:
    text = said.decode("utf-8", "replace").strip()
    try:
        error = json.loads(text.splitlines()[-1])["error"]
        return LabError(str(error["code"]), str(error["detail"]), code, error)
    except (IndexError, KeyError, TypeError, ValueError):
        return LabError("failed", text or f"the command ended with {code}", code)
