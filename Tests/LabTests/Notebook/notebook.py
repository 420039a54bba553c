"""What a researcher does in a notebook, cell by cell: notebook.py PROGRAM HOME BUNDLE LICENCE …

Prints what was seen as one JSON object.
"""

import json
import sys

import jointlab

program, home, bundle, *licences = sys.argv[1:]
lab = jointlab.Client(home, program)

try:
    lab.fetch("model/1")
    missing = None
except jointlab.LabError as error:
    missing = {"code": error.code, "exit": error.exit_code}

receipt = lab.propose(
    "job", model="model", purpose="research", licences=licences, rounds=3, bundle=bundle,
    config={"epochs": 2},
)  # fmt: skip
try:
    lab.propose("job", model="model", purpose="research", licences=licences, bundle=bundle)
    refused = None
except jointlab.LabError as error:
    refused = {"code": error.code, "status": error.status, "rule": (error.refusal or {}).get("rule")}

lab.start("job", wait="final")
views = list(lab.watch("job"))
lab.register("job")
weights = lab.fetch("model/1")

json.dump(
    {
        "refused": refused,
        "missing": missing,
        "receipt": receipt["stage"],
        "members": lab.members().column("member"),
        "datasets": lab.datasets().column("dataset"),
        "licences": len(lab.licences()),
        "jobs": lab.jobs().column("status"),
        "versions": lab.models().column("version"),
        "statuses": [view.status for view in views],
        "reported": any(site["stage"] for view in views for site in view.sites),
        "losses": len(views[-1].losses),
        "curve": "<polyline" in views[-1]._repr_html_(),
        "sums": lab.verify("job").column("sum"),
        "shapes": {name: list(array.shape) for name, array in sorted(weights.items())},
    },
    sys.stdout,
)
