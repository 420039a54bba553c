"""What a trainer could try. Each method is one attempt; its name stands in the job's settings."""

import ctypes
import ctypes.util
import json
import mmap
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import numpy as np

import jointlab


class Hostile(jointlab.Trainer):
    def initial(self, job):
        return {"w": np.zeros(job.config.get("size", 3), np.float32), "b": np.ones(2, np.float64)}

    def fit(self, weights, data, job):
        result = getattr(self, job.config["do"])(weights, data, job)
        if isinstance(result, dict):
            return jointlab.Fitted(result, examples=len(data), metrics={"loss": 0.5})
        return result

    def evaluate(self, weights, data, job):
        return jointlab.Evaluated(len(data), {"accuracy": 1.0})

    def predict(self, weights, data, job):
        return data.matrix()[:, 0]

    # What is allowed

    def add_one(self, weights, data, job):
        return {name: array + 1 for name, array in weights.items()}

    def add(self, weights, data, job):
        return {name: array + job.config["by"] for name, array in weights.items()}

    def say(self, weights, data, job):
        print("to the log", flush=True)
        job.progress(0.5, "half")
        return weights

    def scratch(self, weights, data, job):
        for path in ["/scratch/x", "/dev/shm/x", os.path.join(os.environ["TMPDIR"], "y")]:
            with open(path, "w") as file:
                file.write("x")
        return weights

    def subprocess(self, weights, data, job):
        text = subprocess.run([sys.executable, "-c", "print(6 * 7)"], capture_output=True, check=True).stdout
        return jointlab.Fitted(weights, 1, {"answer": int(text)})

    # Attempts to see what it may not; what came of each is a metric

    def look_around(self, weights, data, job):
        attempts = {
            "internet": lambda: socket.create_connection(("1.1.1.1", 53), 2),
            "host_port": lambda: socket.create_connection(("127.0.0.1", job.config["port"]), 2),
            "unix_socket": lambda: socket.socket(socket.AF_UNIX).connect(job.config["socket"]),
            "abstract_socket": lambda: socket.socket(socket.AF_UNIX).connect("\0" + job.config["abstract"]),
            "raw_socket": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW),
            "secret": lambda: open(job.config["secret"]).read(),
            "other_dataset": lambda: open(job.config["other"]).read(),
            "etc_passwd": lambda: open("/etc/passwd").read(),
            "root_folder": lambda: os.listdir("/home"),
            "host_process": lambda: open(f"/proc/{job.config['pid']}/environ").read(),
            "host_memory": lambda: open("/proc/kcore", "rb").read(1),
            "symlink": lambda: (os.symlink(job.config["secret"], "/scratch/link"), open("/scratch/link").read()),
            "symlink_parent": lambda: (os.symlink("/proc/1/root", "/scratch/up"), os.listdir("/scratch/up/" + "home")),
            "write_data": lambda: open("/data/table.csv", "a").write("x"),
            "write_bundle": lambda: open("/bundle/trainer.py", "a").write("x"),
            "write_root": lambda: open("/x", "w"),
            "write_dev": lambda: open("/dev/x", "w"),
            "write_usr": lambda: open("/usr/x", "w"),
            "write_python": lambda: open(os.path.join(sys.prefix, "x"), "w"),
            "write_base": lambda: weights["w"].__setitem__(0, 7),
            "map_base": lambda: __import__("mmap").mmap(3, 4096),
            "shrink_input": lambda: os.ftruncate(3, 0),
            "shrink_output": lambda: os.ftruncate(4, 0),
            "grow_output": lambda: os.ftruncate(4, 1 << 40),
            "mount": lambda: call("mount", b"none", b"/scratch", b"tmpfs", 0, None),
            "unshare": lambda: call("unshare", 0x10000000),
            "ptrace": lambda: call("ptrace", 16, os.getppid(), 0, 0),
            "memory_file": lambda: os.memfd_create("x"),
            "kill_first": lambda: (os.kill(1, signal.SIGKILL), os.kill(1, 0), still_there()),
            "become_root": lambda: os.setuid(0),
            "more_processes": lambda: raise_limits(),
        }
        reached = {}
        for name, attempt in attempts.items():
            try:
                attempt()
                reached[name] = 1.0
            except (OSError, ValueError) as error:
                print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)
                reached[name] = 0.0
        others = [entry for entry in os.listdir("/proc") if entry.isdigit()]
        reached["processes"] = float(len(others))
        reached["environment"] = float(any("JOINTLAB_TEST_SECRET" in name for name in os.environ))
        reached["descriptors"] = float(len(os.listdir("/proc/self/fd")))
        return jointlab.Fitted(weights, 1, reached)

    # Attempts to use up more than is allowed

    def fork_bomb(self, weights, data, job):
        while True:
            try:
                os.fork()
            except OSError:
                pass

    def threads(self, weights, data, job):
        for _ in range(500):
            try:
                threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
            except RuntimeError:
                break
        time.sleep(600)

    def burn(self, weights, data, job):
        while True:
            pass

    def burn_in_children(self, weights, data, job):
        for _ in range(2):
            if os.fork() == 0:
                while True:
                    pass
        time.sleep(600)

    def hang(self, weights, data, job):
        time.sleep(600)

    def say_and_hang(self, weights, data, job):
        job.progress(0.1)
        time.sleep(600)

    def eat_memory(self, weights, data, job):
        np.ones(10 << 30, np.uint8)

    def eat_memory_in_children(self, weights, data, job):
        # Each is below what the kernel allows one process.
        for _ in range(4):
            if os.fork() == 0:
                kept = np.random.default_rng(1).bytes(100 << 20)
                time.sleep(600)
                del kept
        time.sleep(600)

    def fill_scratch(self, weights, data, job):
        with open("/scratch/x", "wb") as file:
            while True:
                file.write(b"x" * (1 << 16))

    def many_files(self, weights, data, job):
        for number in range(10**7):
            os.close(os.open(f"/scratch/{number}", os.O_CREAT))

    def print_much(self, weights, data, job):
        while True:
            print("x" * 1_000)

    def progress_much(self, weights, data, job):
        job.report.__closure__[1].cell_contents.last_progress = 0
        while True:
            job.report.__closure__[1].cell_contents.last_progress = -1e9
            job.progress(0.5, "x" * 500)

    # Ways to end

    def exit(self, weights, data, job):
        print("last words", file=sys.stderr, flush=True)
        os._exit(3)

    def crash(self, weights, data, job):
        ctypes.string_at(8)

    def exception(self, weights, data, job):
        raise ValueError("the row of Alice")

    def leave_children(self, weights, data, job):
        for _ in range(3):
            if os.fork() == 0:
                os.setsid()
                time.sleep(600)
        return weights

    def forget_child(self, weights, data, job):
        os.fork()
        return weights

    # Wrong results

    def nan(self, weights, data, job):
        return {**weights, "w": np.array([1, np.nan, 3], np.float32)}

    def infinite(self, weights, data, job):
        return {**weights, "b": np.array([1, np.inf])}

    def wrong_shape(self, weights, data, job):
        return {**weights, "w": np.zeros((3, 1), np.float32)}

    def wrong_type(self, weights, data, job):
        return {**weights, "w": np.zeros(3, np.float64)}

    def integers(self, weights, data, job):
        return {**weights, "w": np.zeros(3, np.int64)}

    def one_missing(self, weights, data, job):
        return {"w": weights["w"]}

    def one_more(self, weights, data, job):
        return {**weights, "rows": np.zeros(3, np.float32)}

    def nothing(self, weights, data, job):
        return None

    def no_tensors(self, weights, data, job):
        return {}

    def not_fitted(self, weights, data, job):
        return jointlab.Evaluated(1, {})

    def the_data(self, weights, data, job):
        rows = np.tile(data.matrix(), (2_000_000, 1))
        return {**weights, "w": rows}

    def nan_metric(self, weights, data, job):
        return jointlab.Fitted(weights, 1, {"loss": float("nan")})

    def telling_metric(self, weights, data, job):
        return jointlab.Fitted(weights, 1, {"Alice, born 1970": 1.0})

    def negative_weight(self, weights, data, job):
        return jointlab.Fitted(weights, -5, {})

    # Results that it changes after its answer

    def write_on(self, weights, data, job):
        """Answers, and has a child write to the result's numbers from then on."""
        memory = np.frombuffer(mmap.mmap(4, 0), np.float32)
        if os.fork() == 0:
            while True:
                # The header, and what is aligned with it, stay as they are.
                memory[1_000:100_000] = job.config["value"]
        return {name: array + 1 for name, array in weights.items()}

    # Messages of its own

    def garbage(self, weights, data, job):
        os.write(protocol_pipe(), b"\x05\x00\x00\x00hello")
        time.sleep(600)

    def long_message(self, weights, data, job):
        os.write(protocol_pipe(), b"\xff\xff\xff\x7f")
        time.sleep(600)

    def answer_twice(self, weights, data, job):
        send({"type": "result", "call": 999, "examples": 1, "metrics": {}})
        time.sleep(600)

    def forged_header(self, weights, data, job):
        header = json.dumps({"w": {"dtype": "F32", "shape": [3], "data_offsets": [0, 12]},
                             "b": {"dtype": "F64", "shape": [2], "data_offsets": [12, 28]},
                             "__metadata__": {"rows": "Alice"}}).encode()
        file = len(header).to_bytes(8, "little") + header + bytes(28)
        os.pwrite(4, file, 0)
        send({"type": "result", "call": job.config["call"], "examples": 1, "metrics": {}, "bytes": len(file)})
        time.sleep(600)

    def too_many_bytes(self, weights, data, job):
        send({"type": "result", "call": job.config["call"], "examples": 1, "metrics": {}, "bytes": 10 << 30})
        time.sleep(600)


def call(name, *arguments):
    library = ctypes.CDLL(ctypes.util.find_library("c") or "libc.so.6", use_errno=True)
    if getattr(library, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), name)


def still_there():
    raise OSError("the first process of the sandbox ignores signals from within")


def raise_limits():
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    resource.setrlimit(resource.RLIMIT_NPROC, (hard + 1_000, hard + 1_000))


def protocol_pipe():
    """The pipe to the node, which the worker has moved out of the way."""
    for descriptor in range(5, 64):
        try:
            if os.readlink(f"/proc/self/fd/{descriptor}").startswith("pipe:") and (
                os.get_inheritable(descriptor) is False
                and __import__("fcntl").fcntl(descriptor, 3) & os.O_WRONLY
            ):
                return descriptor
        except OSError:
            pass
    raise OSError("the worker hides its pipe")


def send(message):
    text = json.dumps(message).encode()
    os.write(protocol_pipe(), len(text).to_bytes(4, "little") + text)
