"""The referee: metrics that tell a good generator from a bad one, and observables of events."""

from __future__ import annotations

import json
from typing import Any, Callable

from ._data import Dataset
from ._errors import low
from ._handles import Config, Context, settings_handle
from ._progress import bar


def metrics() -> list[dict]:
    """The metrics: name, family, summary, description, fields, references."""
    return json.loads(low.castalia_metrics())


def observable_sets() -> list[dict]:
    """The sets of observables: name, summary, description, fields, references."""
    return json.loads(low.castalia_observable_sets())


def evaluate(
    metric: str,
    generated: Any,
    reference: Any,
    /,
    *,
    training: Any = None,
    seed: int = 0,
    progress: bool | None = None,
    callback: Callable[[float], object] | None = None,
    settings: Context | None = None,
    **options: Any,
) -> dict:
    """How far generated events are from reference events.

    Args:
        metric: the name of a metric; `castalia.metrics()` lists them.
        generated, reference: arrays (events, features), or Datasets where there are weights or context.
        training: what the generator learned from, for the metrics that ask for it.
        seed: of what the metric draws.
        progress: a progress bar on stderr; None: where stderr is a terminal.
        callback: called with the share done, 0 to 1; False stops the evaluation.
        options: fields of the metric.

    Returns:
        A dictionary: `value`, `error` (one standard deviation), `null_value` and `null_error` (what two
        samples of one distribution and of these sizes give; None where no law gives it) of the figure
        to quote; `figures`, all of them; `settings`, `details`.
    """
    with bar(progress, 100, unit="%") as shown, Config(options) as config:

        def step(done: int, steps: int, *_: float) -> bool:
            shown.show(100 * done // steps)
            return callback is not None and callback(done / steps) is False

        # Held until the call returns: a handle alone keeps nothing alive.
        events = [None if x is None else _dataset(x) for x in (generated, reference, training)]
        handles = [None if x is None else x._handle for x in events]
        *_, text = low.castalia_evaluate(
            settings_handle(settings), metric, *handles, config._handle, seed, step
        )
    result = json.loads(text)
    quoted = result["figures"][0]
    return {**{k: quoted[k] for k in ("value", "error", "null_value", "null_error")}, **result}


def _dataset(events: Any) -> Dataset:
    return events if isinstance(events, Dataset) else Dataset(events)
