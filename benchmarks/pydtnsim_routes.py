"""Answer questions with pydtnsim: JSON on stdin, JSON on stdout; run by the Python of .venv-bench.

In: ``contacts`` as ``[from, to, start_ms, end_ms, bits_per_ms, light_ms]`` and ``questions`` as
``[from, to, now_ms]``. Out: its version, the CPU time of its graph, and for each question the CPU time
and the arrival, null where it finds no route. Nothing of Starlight is imported.
"""

from __future__ import annotations

import json
import math
import sys
import time
from importlib.metadata import version

import pydtnsim
from pydtnsim.routing import cgr_utils, dijkstra


def main() -> None:
    """Read, answer, print."""
    asked = json.load(sys.stdin)
    plan = pydtnsim.ContactPlan(1, 1)
    for one, other, start, end, bits_per_ms, light_ms in asked["contacts"]:
        plan.add_contact(str(one), str(other), start, end, bits_per_ms, light_ms, bidirectional=False)
    begun = time.process_time()
    graph = pydtnsim.ContactGraph(plan)
    graph_ms = (time.process_time() - begun) * 1e3
    answers = []
    for source, destination, now_ms in asked["questions"]:
        ends = [
            pydtnsim.ContactIdentifier(str(node), str(node), 0, math.inf, math.inf, 0)
            for node in (source, destination)
        ]
        begun = time.process_time()
        path, arrival_ms = dijkstra.get_best_route(
            *ends, graph, cgr_utils.cgr_neighbor_function, now_ms, hashes=graph.hashes
        )
        took_ms = (time.process_time() - begun) * 1e3
        answers.append({"cpu_ms": took_ms, "arrival_ms": arrival_ms if path else None})
    json.dump({"version": version("pydtnsim"), "graph_cpu_ms": graph_ms, "answers": answers}, sys.stdout)


if __name__ == "__main__":
    main()
