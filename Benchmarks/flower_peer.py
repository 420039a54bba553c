"""Seconds a round takes of one and the same client, Examples/trainers/flower-torch-mnist/client.py, at
four sites: in a lab of real processes, under Flower's deployment, and under its simulation.

    flower_peer.py JOINTLAB MNIST-FOLDER [--rounds 5] [--each 1000]

JOINTLAB is the program; this Python has numpy, safetensors, torch and flwr with simulation, and is the
one that the lab's nodes run their trainers with. All of it runs on this machine, one after the other.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BUNDLE = ROOT / "Examples" / "trainers" / "flower-torch-mnist"
sys.path[:0] = [str(ROOT / "Python" / "src"), str(ROOT / "Examples" / "data")]

import digits  # noqa: E402

import jointlab  # noqa: E402

SITES = 4
LEARNING_RATE = 0.1
START_SECONDS = 60

SERVER = """
import time

from flwr.server import ServerApp, ServerAppComponents, ServerConfig
from flwr.server.strategy import FedAvg


class Timed(FedAvg):
    def aggregate_evaluate(self, server_round, results, failures):
        assert len(results) == self.min_available_clients, failures
        accuracy = sum(r.metrics["accuracy"] * r.num_examples for _, r in results)
        with open(self.path, "a") as file:
            print(time.time(), accuracy / sum(r.num_examples for _, r in results), file=file)
        return super().aggregate_evaluate(server_round, results, failures)

    def configure_fit(self, server_round, parameters, client_manager):
        if server_round == 1:
            with open(self.path, "a") as file:
                print(time.time(), 0, file=file)
        return super().configure_fit(server_round, parameters, client_manager)


def server_fn(context):
    sites = int(context.run_config["sites"])
    strategy = Timed(min_fit_clients=sites, min_evaluate_clients=sites, min_available_clients=sites)
    strategy.path = context.run_config["times"]
    return ServerAppComponents(
        strategy=strategy, config=ServerConfig(num_rounds=int(context.run_config["rounds"])))


app = ServerApp(server_fn=server_fn)
"""


class Processes:
    """What runs beside this program, and ends with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: list[subprocess.Popen[bytes]] = []
        self.environment = {
            **os.environ, "FLWR_HOME": str(folder / "flower"), "FLWR_TELEMETRY_ENABLED": "0",
            "FLWR_DISABLE_UPDATE_CHECK": "1", "RAY_USAGE_STATS_ENABLED": "0", "PYTHONWARNINGS": "ignore",
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }  # fmt: skip

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        log = open(self.folder / f"{len(list(self.folder.glob('*.log')))}-{Path(words[0]).name}.log", "wb")
        process = subprocess.Popen(
            words, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=self.environment,
            start_new_session=True,
        )  # fmt: skip
        self.running.append(process)
        return process

    def call(self, *words: str, folder: Path | None = None) -> str:
        done = subprocess.run(words, capture_output=True, text=True, env=self.environment, cwd=folder)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(words)}\n{done.stdout[-2_000:]}{done.stderr[-2_000:]}")
        return done.stdout

    def stop(self) -> None:
        for process in reversed(self.running):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.running:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.running.clear()


class Lab:
    """A coordinator, a university that asks, and four sites with data: six processes."""

    def __init__(self, program: str, processes: Processes) -> None:
        self.program, self.processes = program, processes
        self.folder = processes.folder

    def command(self, member: str, *words: str) -> str:
        return self.processes.call(self.program, *words, "--home", str(self.folder / member))

    def found(self) -> None:
        keys = self.folder / "keys.json"
        keys.write_text(self.command("coordinator", "coordinator", "init"))
        card, port = str(self.folder / "lab.json"), free_port()
        self.member("university", "research", "researcher", "issuer")
        self.command(
            "university", "lab", "found", "--title", "Bench", "--origin", "bench.example/lab",
            "--coordinator-keys", str(keys), "--coordinator-url", f"http://127.0.0.1:{port}", "--out", card,
        )  # fmt: skip
        self.command("coordinator", "coordinator", "found", card)
        self.run("coordinator", "coordinator", "run", "--listen", f"127.0.0.1:{port}")
        self.run("university", "node", "run")
        for site in range(SITES):
            self.admit(f"site-{site}", card)

    def member(self, name: str, category: str, *roles: str) -> None:
        words = [word for role in roles for word in ("--role", role)]
        self.command(name, "node", "init", "--member", name, "--title", name, "--category", category, *words)
        settings = f"trainers:\n  python: {sys.executable}\n  package: {ROOT / 'Python' / 'src'}\n"
        limits = "  limits: {memory-bytes: 4294967296}\n"
        (self.folder / name / "node.yaml").write_text(settings + limits)

    def run(self, name: str, *words: str) -> None:
        address = self.folder / name / "address"
        process = self.processes.start(self.program, *words, "--home", str(self.folder / name))
        until(f"{name} listens", lambda: address.exists() or process.poll() is not None)

    def admit(self, name: str, card: str) -> None:
        self.member(name, "data", "data-owner")
        self.command(name, "node", "join", card)
        self.run(name, "node", "run")
        self.command(name, "member", "apply")
        for voter in self.client("university").members().column("member"):
            listed = json.loads(self.command(voter, "proposal", "list", "--json"))["items"]
            opened = [one["proposal"] for one in listed if one["status"] == "open"]
            for proposal in opened:
                subprocess.run(
                    [self.program, "proposal", "vote", proposal, "--yes", "--home", str(self.folder / voter)],
                    capture_output=True,
                )  # fmt: skip
        until(f"{name} is a member", lambda: name in self.client("university").members().column("member"))

    def client(self, member: str) -> jointlab.Client:
        return jointlab.Client(self.folder / member, self.program)

    def train(self, tables: list[Path], rounds: int) -> tuple[list[float], float]:
        """Milliseconds of each round, and the last model's accuracy on the sites' own holdouts."""
        self.command("university", "account", "register-currency", "FREE", "--title", "None", "--scale", "0")
        # A pixel that is 0 in all of a site's images would not count as a number there.
        kinds = [word for pixel in range(784) for word in ("--kind", f"p{pixel:03}=numeric")]
        licences = []
        for site, table in enumerate(tables):
            name = f"site-{site}"
            licences.append(f"licence-{site}")
            self.command(
                name, "dataset", "add", f"digits-{site}", "--file", str(table), "--label", "y",
                "--answer", "classes", "--holdout-per-mille", "500", *kinds,
            )  # fmt: skip
            self.command(name, "dataset", "register", f"digits-{site}", "--title", "Digits")
            self.command(
                "university", "licence", "offer", licences[-1], "--dataset", f"digits-{site}", "--purpose",
                "bench", "--rounds", "1000", "--fee", "0 FREE", "--expires", "1d", "--wait", "final",
            )  # fmt: skip
            self.command(name, "licence", "accept", licences[-1], "--wait", "final")
            self.command(name, "trainer", "approve", str(BUNDLE))
        client = self.client("university")
        client.propose(
            "bench", model="bench", purpose="bench", licences=licences, bundle=BUNDLE, rounds=rounds,
            config={"lr": LEARNING_RATE, "features": []},
        )  # fmt: skip
        client.start("bench")
        *_, last = client.watch("bench")
        if last.status != "complete":
            raise SystemExit(f"the job is {last.status}: {last.job.get('reason')}")
        trained = [one for one in last.rounds if one["task"] == "train"]
        return [(one["ended"] - one["opened"]) / 1e3 for one in trained], accuracy(last.rounds[-1])


def accuracy(round: Mapping[str, Any]) -> float:
    told = [float(one["metricsMicro"]["holdoutAccuracy"]) / 1e6 for one in round["contributions"]]
    return statistics.mean(told)


class Flower:
    """Flower's superlink, with four supernodes or with the simulation engine, all without TLS."""

    def __init__(self, processes: Processes, tables: list[Path], rounds: int) -> None:
        self.processes, self.tables, self.rounds = processes, tables, rounds
        self.times = processes.folder / "times"
        self.app = processes.folder / "app"
        (self.app / "bench").mkdir(parents=True)
        shutil.copy(BUNDLE / "client.py", self.app / "bench" / "client.py")
        (self.app / "bench" / "__init__.py").touch()
        (self.app / "bench" / "server.py").write_text(SERVER)
        (self.app / "pyproject.toml").write_text(
            '[project]\nname = "bench"\nversion = "1.0.0"\ndescription = "x"\nlicense = "Apache-2.0"\n'
            "dependencies = []\n"
            '[tool.flwr.app]\npublisher = "bench"\n'
            '[tool.flwr.app.components]\nserverapp = "bench.server:app"\nclientapp = "bench.client:app"\n'
            f'[tool.flwr.app.config]\nrounds = {rounds}\nlr = {LEARNING_RATE}\nsites = {SITES}\n'
            f'times = "{self.times}"\ndata-path = "{processes.folder / "data" / "site-{}.csv"}"\n'
        )

    def run(self, is_simulated: bool) -> tuple[list[float], float]:
        """Seconds of each round, and the last model's accuracy on the sites' data."""
        self.times.unlink(missing_ok=True)
        port, flower = free_port(), Path(sys.executable).parent
        home = self.processes.folder / "flower"
        home.mkdir(exist_ok=True)
        options = f"options.num-supernodes = {SITES}\noptions.backend.client-resources.num-cpus = 1\n"
        (home / "config.toml").write_text(
            f'[superlink]\ndefault = "bench"\n[superlink.bench]\naddress = "127.0.0.1:{port}"\n'
            f"insecure = true\n{options if is_simulated else ''}"
        )
        mode = ["--simulation"] if is_simulated else []
        self.processes.start(
            str(flower / "flower-superlink"), "--insecure", "--port", str(port),
            "--disable-runtime-dependency-installation", *mode,
        )  # fmt: skip
        until("the superlink listens", lambda: is_open(port))
        for table in [] if is_simulated else self.tables:
            self.processes.start(
                str(flower / "flower-supernode"), "--insecure", "--superlink", f"127.0.0.1:{port}",
                "--port", str(free_port()), "--node-config", f'data-path="{table}"',
            )  # fmt: skip
        self.processes.call(str(flower / "flwr"), "run", ".", "bench", "--stream", folder=self.app)
        self.processes.stop()
        lines = [line.split() for line in self.times.read_text().splitlines()]
        if len(lines) != self.rounds + 1:
            raise SystemExit(f"Flower ran {len(lines) - 1} rounds of {self.rounds}; see its log")
        moments = [float(line[0]) for line in lines]
        return [after - before for before, after in zip(moments, moments[1:])], float(lines[-1][1])


def half(table: Path, target: Path, rows: int) -> Path:
    target.parent.mkdir(exist_ok=True)
    with open(table) as source:
        target.write_text("".join(line for _, line in zip(range(rows + 1), source)))
    return target


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def is_open(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def until(what: str, holds: Callable[[], bool]) -> None:
    end = time.monotonic() + START_SECONDS
    while not holds():
        if time.monotonic() > end:
            raise SystemExit(f"after {START_SECONDS} s it is still not so that {what}")
        time.sleep(0.05)


def show(name: str, result: tuple[list[float], float]) -> None:
    seconds, reached = result
    print(
        f"{name:22} first round {seconds[0]:7.2f} s, later p50 {statistics.median(seconds[1:]):7.2f} s, "
        f"worst {max(seconds[1:]):7.2f} s; accuracy {reached:.3f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("program", type=Path)
    parser.add_argument("mnist", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--each", type=int, default=1_000, help="images a site")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load {load:.1f} at the start; {SITES} sites, {options.each} images each")
    with tempfile.TemporaryDirectory(prefix="jointlab-flower-") as name:
        folder = Path(name)
        # A lab holds out half of the rows to judge by, where Flower's client judges by what it trains on:
        # so both train on as many images in a round, and judge by as many.
        whole, _ = digits.make(options.mnist, folder / "whole", SITES, 2 * options.each, 10, "table")
        halves = [half(table, folder / "data" / table.name, options.each) for table in whole]
        processes = Processes(folder)
        try:
            lab = Lab(str(options.program.resolve()), processes)
            lab.found()
            show("jointlab, deployed", lab.train(whole, options.rounds))
            processes.stop()
            flower = Flower(processes, halves, options.rounds)
            show("Flower, simulation", flower.run(is_simulated=True))
            show("Flower, deployment", flower.run(is_simulated=False))
        except BaseException:
            for log in sorted(folder.glob("*.log")):
                print(f"--- {log.name}\n{log.read_text(errors='replace')[-1_500:]}", file=sys.stderr)
            raise
        finally:
            processes.stop()
    print(f"load {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    main()
