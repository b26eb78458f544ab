"""Training: a loop over the step-wise trainer, so that Ctrl-C, the garbage collector and other threads
get their turn."""

from __future__ import annotations

import json
import os
import time
import warnings
from typing import TYPE_CHECKING, Any, Callable, NamedTuple

from ._errors import low
from ._handles import Config, Handle
from ._progress import bar

if TYPE_CHECKING:
    from ._data import Dataset
    from ._model import Model
    from ._target import Target


class Status(NamedTuple):
    """Where training stands; losses are NaN before the first."""

    step: int
    steps: int
    loss: float
    validation_loss: float
    finished: bool


class Trainer(Handle):
    """Step-wise training. While it lives the model is busy to others; one that is closed without
    `finish` leaves the model as it was. Fields: see `castalia.training_fields()`."""

    _destroy = staticmethod(low.castalia_trainer_destroy)

    def __init__(
        self,
        model: Model,
        data: Dataset | None = None,
        target: Target | None = None,
        **training: Any,
    ) -> None:
        self._target = target  # its function is called while this trainer lives
        events = None if data is None else data._handle
        with Config(training) as config:
            if target is None:
                handle = low.castalia_trainer_create(model._handle, events, config._handle)
            else:
                handle = low.castalia_trainer_create_target(
                    model._handle, target._handle, events, config._handle
                )
            super().__init__(handle)

    def advance(self, steps: int = 1) -> Status:
        """Takes up to this number of further steps."""
        low.castalia_trainer_advance(self._handle, steps)
        return self.status

    @property
    def status(self) -> Status:
        step, steps, loss, validation_loss, finished = low.castalia_trainer_status(self._handle)
        return Status(step, steps, loss, validation_loss, bool(finished))

    def checkpoint(self, path: str | os.PathLike) -> None:
        """Writes the state of training, atomically."""
        low.castalia_trainer_checkpoint(self._handle, os.fspath(path))

    @property
    def history(self) -> dict:
        """Lists of step, loss, validation loss and learning rate; with a target of log_z, log_z_error and
        effective_fraction of the draws, of an adversarial model of critic_loss, penalty, told_apart and the
        norms of both gradients, too; `stopped` says why training ended early, where it did."""
        return json.loads(low.castalia_trainer_history(self._handle))

    def finish(self) -> None:
        """Puts the best weights so far into the model and frees it for other use."""
        low.castalia_trainer_finish(self._handle)


def train(
    model: Model,
    data: Dataset | None,
    target: Target | None,
    progress: bool | None,
    callback: Callable[[Status], object] | None,
    training: dict[str, Any],
) -> None:
    with Trainer(model, data, target, **training) as trainer:
        status = trainer.status
        with bar(progress, status.steps, status.step) as shown:
            steps, since = 1, time.monotonic()
            while not status.finished:
                status = trainer.advance(steps)
                shown.show(
                    status.step,
                    loss=f"{status.loss:.4f}",
                    validation=f"{status.validation_loss:.4f}",
                )
                if callback is not None and callback(status) is False:
                    break
                # About ten looks at the outside a second.
                now = time.monotonic()
                steps = max(1, min(2 * steps, round(steps * 0.1 / max(now - since, 1e-4))))
                since = now
        stopped = trainer.history.get("stopped", "")
        if stopped and "training.patience" not in stopped:
            warnings.warn(f"step {status.step}: {stopped}", stacklevel=3)
        trainer.finish()
