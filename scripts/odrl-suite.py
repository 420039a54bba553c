#!/usr/bin/env python3
"""Turn the ODRL Test Suite (https://github.com/SolidLabResearch/ODRL-Test-Suite, MIT) into JSON lines
that OdrlSuiteTests reads: one case a line, its policy as expanded JSON-LD.

    pip install rdflib
    scripts/odrl-suite.py ODRL-Test-Suite > odrl-suite.jsonl
    JOINTLAB_ODRL_SUITE=$PWD/odrl-suite.jsonl swift test --filter OdrlSuiteTests
"""

import json
import sys
from pathlib import Path

from rdflib import DCTERMS, RDF, Graph, Namespace

ODRL = Namespace("http://www.w3.org/ns/odrl/2/")
EX = Namespace("http://example.org/")
REPORT = Namespace("https://w3id.org/force/compliance-report#")
TEMP = Namespace("http://example.com/request/")


def reachable(graph: Graph, start) -> Graph:
    """What the graph says of a node and of all that it leads to."""
    part, open_nodes, seen = Graph(), [start], set()
    while open_nodes:
        node = open_nodes.pop()
        if node in seen:
            continue
        seen.add(node)
        for triple in graph.triples((node, None, None)):
            part.add(triple)
            open_nodes.append(triple[2])
    return part


def text(term) -> str | None:
    return None if term is None else str(term)


def main(folder: Path) -> None:
    world = Graph()
    for file in sorted((folder / "data" / "requests").glob("*.ttl")):
        world.parse(file)
    # One graph each: policies of the suite share the names of constraints that differ.
    policies = {}
    for file in sorted((folder / "data" / "policies").glob("*.ttl")):
        graph = Graph().parse(file)
        policies[next(graph.subjects(RDF.type, ODRL.Set))] = graph
    situations = {}
    for file in sorted((folder / "data" / "sotw").glob("*.ttl")):
        graph = Graph().parse(file)
        situations[next(graph.subjects(RDF.type, EX.Sotw))] = graph
    for file in sorted((folder / "data" / "test_cases").glob("*.ttl")):
        case = Graph().parse(file)
        subject = next(case.subjects(RDF.type, EX.TestCase))
        policy, request, sotw, report = (
            case.value(subject, EX[name]) for name in ["policy", "request", "sotw", "expectedReport"]
        )
        rule = world.value(request, ODRL.permission)
        situation = situations[sotw]
        states = {
            text(situation.value(node, REPORT.rule)): str(state).rsplit("#")[-1]
            for node, state in situation.subject_objects(REPORT.deonticState)
        }
        expected = {
            text(case.value(node, REPORT.rule)): str(state).endswith("#Active")
            for node, state in case.subject_objects(REPORT.activationState)
        }
        line = {
            "name": file.stem,
            "title": text(case.value(subject, DCTERMS.title)),
            "policy": text(policy),
            "document": json.loads(reachable(policies[policy], policy).serialize(format="json-ld")),
            "assignee": text(world.value(rule, ODRL.assignee)),
            "action": text(world.value(rule, ODRL.action)),
            "target": text(world.value(rule, ODRL.target)),
            "now": text(situation.value(TEMP.currentTime, DCTERMS.issued)),
            "memberships": sorted(
                [str(part), str(whole)] for part, whole in situation.subject_objects(ODRL.partOf)
            ),
            "duties": states,
            "expected": expected,
        }
        print(json.dumps(line, ensure_ascii=False, sort_keys=True))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
