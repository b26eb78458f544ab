"""Trains a flow of zuko or flowjax and writes what it says of the test events.

    python bench/density/peers.py LIBRARY ARCHITECTURE SEED SETTINGS EVENTS.npz RESULT.npz

Runs in the environment of the benchmark's peers. EVENTS holds `train` and `test`, both standardised;
SETTINGS is the JSON object that bench/density/density.py makes. RESULT gets `log_prob` of the test
events and the number of `parameters`.
"""

import json
import sys

import numpy as np


def batches(events, settings, seed):
    """The rows of each step: without replacement within an epoch."""
    random = np.random.default_rng(seed)
    left = np.empty(0, np.int64)
    for _ in range(settings["steps"]):
        if len(left) < settings["batch"]:
            left = random.permutation(events)
        yield left[: settings["batch"]]
        left = left[settings["batch"] :]


def with_zuko(architecture, seed, settings, train, test):
    from functools import partial

    import torch
    import zuko

    torch.manual_seed(seed)
    torch.set_num_threads(1)
    features, bins = train.shape[1], settings["bins"]
    spline = {
        "univariate": partial(zuko.transforms.MonotonicRQSTransform, bound=settings["bound"]),
        "shapes": [(bins,), (bins,), (bins - 1,)],
    }
    hidden = {"hidden_features": (settings["hidden"], settings["hidden"])}
    if architecture == "autoregressive, affine":
        flow = zuko.flows.MAF(features, transforms=settings["layers"], **hidden)
    elif architecture == "autoregressive, spline":
        flow = zuko.flows.MAF(features, transforms=settings["layers"], **spline, **hidden)
    else:
        first = torch.arange(features) < features // 2
        couplings = [
            zuko.flows.GeneralCouplingTransform(
                features, mask=first if layer % 2 == 0 else ~first, **spline, **hidden
            )
            for layer in range(settings["layers"])
        ]
        base = zuko.lazy.UnconditionalDistribution(
            zuko.distributions.DiagNormal, torch.zeros(features), torch.ones(features), buffer=True
        )
        flow = zuko.lazy.Flow(couplings, base)

    optimiser = torch.optim.Adam(flow.parameters(), lr=settings["learning_rate"])
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, settings["steps"])
    x = torch.tensor(train)
    for rows in batches(len(train), settings, seed):
        optimiser.zero_grad(set_to_none=True)
        loss = -flow().log_prob(x[rows]).mean()
        loss.backward()
        optimiser.step()
        schedule.step()
    with torch.no_grad():
        log_prob = torch.cat([flow().log_prob(part) for part in torch.tensor(test).split(2000)])
    return log_prob.numpy(), sum(p.numel() for p in flow.parameters() if p.requires_grad)


def with_flowjax(architecture, seed, settings, train, test):
    import equinox as eqx
    import flowjax.flows
    import jax
    import jax.numpy as jnp
    import optax
    import paramax
    from flowjax.bijections import RationalQuadraticSpline
    from flowjax.distributions import Normal

    features = train.shape[1]
    spline = RationalQuadraticSpline(knots=settings["bins"] - 1, interval=settings["bound"])
    make = (
        flowjax.flows.coupling_flow
        if architecture.startswith("coupling")
        else flowjax.flows.masked_autoregressive_flow
    )
    distribution = make(
        jax.random.key(seed),
        base_dist=Normal(jnp.zeros(features)),
        transformer=spline if architecture.endswith("spline") else None,
        flow_layers=settings["layers"],
        nn_width=settings["hidden"],
        nn_depth=2,
    )
    optimiser = optax.adam(
        optax.cosine_decay_schedule(settings["learning_rate"], settings["steps"])
    )
    parameters, fixed = eqx.partition(
        distribution,
        eqx.is_inexact_array,
        is_leaf=lambda leaf: isinstance(leaf, paramax.NonTrainable),
    )

    def log_prob(parameters, x):
        return paramax.unwrap(eqx.combine(parameters, fixed)).log_prob(x)

    @jax.jit
    def step(parameters, state, x):
        gradient = jax.grad(lambda parameters: -log_prob(parameters, x).mean())(parameters)
        updates, state = optimiser.update(gradient, state)
        return optax.apply_updates(parameters, updates), state

    state = optimiser.init(parameters)
    for rows in batches(len(train), settings, seed):
        parameters, state = step(parameters, state, train[rows])
    judge = jax.jit(log_prob)
    found = np.concatenate(
        [judge(parameters, part) for part in np.split(test, range(2000, len(test), 2000))]
    )
    leaves = jax.tree_util.tree_leaves(
        eqx.filter(distribution.bijection, eqx.is_inexact_array),
    )
    return found, sum(leaf.size for leaf in leaves)


def main():
    library, architecture, seed, settings, events, result = sys.argv[1:]
    data = np.load(events)
    train, test = data["train"].astype(np.float32), data["test"].astype(np.float32)
    learn = {"zuko": with_zuko, "flowjax": with_flowjax}[library]
    log_prob, parameters = learn(architecture, int(seed), json.loads(settings), train, test)
    np.savez(
        result,
        log_prob=np.asarray(log_prob, np.float64),
        parameters=parameters,
    )


if __name__ == "__main__":
    main()
