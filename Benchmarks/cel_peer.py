"""Prints, for each guard given, how many times a second the C++ engine decides and compiles it."""

import datetime
import sys
import time

from cel_expr_python import cel

UTC = datetime.timezone.utc
INTEGERS = {"terms.maxRounds": 1_000, "terms.epsilonBudgetMicro": 1_000_000, "input.epsilonMicro": 10,
            "state.rounds": 10, "state.epsilonMicro": 10}
OTHERS = {
    "now": (cel.Type.TIMESTAMP, datetime.datetime.fromtimestamp(1_764_000_000, UTC)),
    "terms.expires": (cel.Type.TIMESTAMP, datetime.datetime.fromtimestamp(1_800_000_000, UTC)),
    "terms.purposes": (cel.Type.List(cel.Type.STRING), ["care", "research"]),
    "input.purpose": (cel.Type.STRING, "research"),
}


def rate(body):
    start = time.perf_counter()
    count = 0
    while time.perf_counter() - start < 0.5:
        for _ in range(200):
            body()
        count += 200
    return count / (time.perf_counter() - start)


def main():
    variables = {name: cel.Type.INT for name in INTEGERS} | {name: t for name, (t, _) in OTHERS.items()}
    env = cel.NewEnv(variables=variables)
    activation = env.Activation(INTEGERS | {name: value for name, (_, value) in OTHERS.items()})
    for guard in sys.argv[1:]:
        compiled = env.compile(guard)
        assert compiled.eval(activation).value() is True, guard
        print(rate(lambda: compiled.eval(activation)), rate(lambda: env.compile(guard)), flush=True)


main()
