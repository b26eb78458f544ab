"""The page of L2LFlows, from the rows that bench/l2l_flows has written."""

from __future__ import annotations

HEAD = """# L2LFlows on photons in thirty layers

`l2l_flows` ([2302.11594](https://arxiv.org/abs/2302.11594)) on photons of 10 to 50 GeV, simulated by Geant4
in {layers} layers of lead and liquid argon: the energies in the argon of 10 by 10 cells a layer, of which
82 % are zero. A flow gives the energies of the layers, and a masked autoregressive flow for each layer
those of its cells, given all of these and the cells of the five layers before it. This page is written by

    python -m bench.l2l_flows --data DIR

**Training.** {showers} showers in their eight images under rotations by 90 degrees and reflections, of
which nothing in the detector or the beam tells one from another; {steps:,} steps of Adam of {batch}
showers, a learning rate of {rate:g} in one cycle, {parameters:,} weights ({blocks} layers of {hidden}
hidden units and splines of {bins} bins for each of the {layers} flows). It took {minutes:.0f} minutes of
one thread, {step:.2f} s a step: that is a short training of a small network, and the figures are what came
of it.

**Judgement.** {test:,} drawn showers against as many test showers of the same incident energies. *Floor*:
as many training showers in place of the drawn ones, which no generator should be expected to beat; but
their incident energies are others, so that a total energy can come closer. The classifier is the referee's,
a perceptron with two hidden layers of {units} that sees all cells and the incident energy; below it stands
the separation power of observables, mean over their columns, 0 for equal histograms.
"""
ENDING = """**Time.** {one:.2f} ms a shower drawn one at a time, {hundred:.2f} ms in batches of 100, user
time of one thread on a busy machine, the least of five times.
Geant4 took 80 ms for one of these showers on such a core.

"""


def figure(found: dict) -> str:
    null = f" (equal: {found['null_value']:.3g})" if found.get("null_value") is not None else ""
    return f"{found['value']:.3g} ± {found['error']:.1g}{null}"


def page(
    rows: dict[str, dict],
    times: dict[str, float],
    notes: dict,
    counts: dict[str, int],
    model: dict,
    training: dict,
    classifier: dict,
) -> str:
    head = HEAD.format(
        layers=len(model["cells"]),
        showers=f"{counts['train']:,}",
        steps=notes["step"],
        batch=training["batch"],
        rate=training["learning_rate"],
        parameters=counts["parameters"],
        blocks=model["layers"],
        hidden=model["hidden"],
        bins=model["bins"],
        minutes=notes["seconds"] / 60,
        step=notes["seconds"] / notes["step"],
        test=counts["test"],
        units=classifier["hidden"],
    )
    table = [["", "drawn against test", "floor: training against test"], ["---"] * 3]
    for name in rows["model"]:
        what = "classifier, area under the curve" if name == "classifier" else name
        table.append([what, figure(rows["model"][name]), figure(rows["floor"][name])])
    lines = "\n".join(f"| {' | '.join(row)} |" for row in table)
    return (
        f"{head}\n{lines}\n\n{ENDING.format(one=times['1'], hundred=times['100'])}".rstrip() + "\n"
    )
