"""Networks that several notebooks and tests train alike: the first trains, the others take over.

Each keeps its state as an interrupted training does, under the fingerprint of all that decides how
it goes (`training_key`), so that a training that differs in anything begins anew.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import filelock

import bloodcell_tut as bt

Train = Callable[..., Any]
PATIENCE = 40
"""Seconds to wait for another process that trains the same; then each trains by itself."""


def train_once(train: Train, folder: Path) -> Train:
    """Return a `train` that keeps what it has trained in a folder, and looks there first."""

    def trained(model: Any, data: bt.TrainingData, *given: Any, **settings: Any) -> Any:
        if "checkpoint" in settings:
            return train(model, data, *given, **settings)
        state = folder / f"{_name(model, data, settings)}.npz"
        try:
            with filelock.FileLock(state.with_suffix(".lock"), timeout=PATIENCE):
                return train(model, data, *given, **settings, checkpoint=state)
        except filelock.Timeout:
            return train(model, data, *given, **settings)

    return trained


def _name(model: Any, data: bt.TrainingData, settings: dict[str, Any]) -> str:
    """What tells most trainings apart; the fingerprint inside the file tells all."""
    facts = (len(data), data.images.shape[1], "cut" if data.crop else "whole")
    return "-".join(map(str, (model.name, *facts, settings.get("epochs"))))
