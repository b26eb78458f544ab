"""Does what the lines of a file say and prints what came of each: name, status, message.

A line is NAME, OPERATION and any number of KEY=VALUE, with tabs between. runner.c, runner.f90 and
runner.jl do the same.
At the end, `alive` says whether the model still draws the events it drew at the beginning.
"""

import json
import sys

import castalia
import numpy as np

SMALL = dict(features=2, layers=2, hidden=16, hidden_layers=1, bins=4)


class OwnError(Exception):
    pass


def matrix(rows, columns, case):
    """Numbers that differ, one of them as the case wants it."""
    x = castalia.normal((rows, columns), seed=1)
    if "constant" in case:
        x[:] = float(case["constant"])
    if "row" in case:
        x[int(case["row"]), int(case["column"])] = float(case["value"])
    return x


def context(case):
    if "context_rows" not in case:
        return None
    values = castalia.normal((int(case["context_rows"]), int(case["context_columns"])), seed=2)
    if "value" in case:
        values[2, 0] = float(case["value"])
    return values


def dataset(case):
    rows = int(case.get("rows", 200))
    weights = None
    if "weight" in case or "weights" in case:
        weights = np.full(rows, float(case.get("weights", 1)))
        weights[3] = float(case.get("weight", weights[3]))
    return castalia.Dataset(matrix(rows, int(case.get("columns", 2)), case), context(case), weights)


def training(case):
    return {"steps": 5, "batch": 64, **json.loads(case.get("training", "{}"))}


def create(case):
    castalia.create(case["architecture"], **json.loads(case["json"]))


def fit(case):
    castalia.CouplingFlow(**SMALL).fit(dataset(case), progress=False, **training(case))


def fit_in_use(case):
    model = castalia.load("flow.safetensors")
    with model.sampler(1):
        model.fit(dataset(case), progress=False, **training(case))


def two_trainers(case):
    model, data = castalia.load("flow.safetensors"), dataset(case)
    with castalia.Trainer(model, data, **training(case)):
        castalia.Trainer(model, data, **training(case))


def fit_callback(case):
    def fail(status):
        raise OwnError("the callback's own")

    castalia.load("flow.safetensors").fit(
        dataset(case), progress=False, callback=fail, **training(case)
    )


def fit_target(case):
    def density(x):
        if case.get("mode") == "fail":
            raise OwnError("the callback's own")
        values = -0.5 * (x**2).sum(axis=1)
        values[3] = {"nan": np.nan, "zero": -np.inf}.get(case.get("mode"), values[3])
        return values

    fields = {"objective": "reverse_kl", **training(case)}
    castalia.CouplingFlow(**SMALL).fit(
        target=castalia.Target(density, features=2), progress=False, **fields
    )


def sample(case):
    model = castalia.load(case.get("model", "flow") + ".safetensors")
    out = np.zeros((4, int(case.get("columns", 2))))
    model.sample(
        context=context(case), seed=1, first_event=int(case.get("first_event", 0)), out=out
    )


def log_prob(case):
    castalia.load("flow.safetensors").log_prob(matrix(4, int(case.get("columns", 2)), case))


def event(case):
    energy = float(case["energy"])
    with castalia.EventWriter("event.lhe", "lhe") as writer:
        momenta = [[50, 0, 0, 50], [50, 0, 0, -50], [energy, 50, 0, 0], [50, -50, 0, 0]]
        writer.write(
            [2, -2, 13, -13],
            [-1, -1, 1, 1],
            [[0, 0], [0, 0], [1, 2], [1, 2]],
            momenta,
            [0, 0, 0, 0],
        )


def options(case):
    return json.loads(case.get("options", "{}"))


def reference(case):
    """Events beside those of the case."""
    return castalia.Dataset(castalia.normal((200, int(case.get("reference_columns", 2))), seed=3))


def evaluate(case):
    castalia.evaluate(case["metric"], dataset(case), reference(case), **options(case))


def encode(case):
    castalia.load(case.get("model", "flow") + ".safetensors").encode(dataset(case))


def stale(case):
    data, model = dataset(case), castalia.load("flow.safetensors")
    (model if case["operation"] == "encode" else data).close()
    {
        "evaluate": lambda: castalia.evaluate("mmd", data, reference(case)),
        "observe": lambda: data.observe("kinematics"),
        "describe": lambda: data.describe(),
        "encode": lambda: model.encode(data),
    }[case["operation"]]()


def after_destroy(case):
    model = castalia.load("flow.safetensors")
    sampler = model.sampler(1)
    if case["object"] == "model":
        model.close()
        model.sample(1)
    else:
        sampler.close()
        sampler.next(1)


OPERATIONS = {
    "create": create,
    "threads": lambda case: castalia.Context(threads=int(case["threads"])),
    "device": lambda case: castalia.Context(device=case["device"]),
    "dataset": dataset,
    "dataset_open": lambda case: castalia.Dataset.open(case["path"], case["x"]),
    "fit": fit,
    "fit_in_use": fit_in_use,
    "two_trainers": two_trainers,
    "fit_callback": fit_callback,
    "fit_target": fit_target,
    "target": lambda case: castalia.Target(case["target"]),
    "sample": sample,
    "sample_untrained": lambda case: castalia.CouplingFlow(**SMALL).sample(1),
    "seek": lambda case: castalia.load("flow.safetensors").sampler(1).seek(int(case["event"])),
    "log_prob": log_prob,
    "uniform": lambda case: castalia.uniform((1, 1), seed=1, stage=int(case["stage"])),
    "evaluate": evaluate,
    "observe": lambda case: dataset(case).observe(case["set"], **options(case)),
    "encode": encode,
    "weights": lambda case: dataset(case).weights(int(case["first"]), 4),
    "stale": stale,
    "load": lambda case: castalia.load(case["path"]),
    "save": lambda case: castalia.load("flow.safetensors").save(case["path"]),
    "event_file": lambda case: castalia.EventWriter(case["path"], case["format"]),
    "event": event,
    "after_destroy": after_destroy,
}


def main(lines):
    model = castalia.load("flow.safetensors")
    before = model.sample(4, seed=1)
    for line in lines:
        name, operation, *pairs = line.rstrip("\n").split("\t")
        status, message = "OK", ""
        try:
            OPERATIONS[operation](dict(pair.split("=", 1) for pair in pairs))
        except castalia.Error as error:
            status, message = error.name, str(error)
        except OwnError as error:
            status, message = "RAISED", str(error)
        print(name, status, message, sep="\t")
    print(
        "alive",
        "OK" if np.array_equal(model.sample(4, seed=1), before) else "CHANGED",
        "",
        sep="\t",
    )


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        main(file)
