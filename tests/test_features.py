"""Step 5: features and labels."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from builders import training_data

from bloodcell_tut import (
    ArgumentError,
    features_and_labels,
)

DATA = training_data()


def test_features_and_labels_are_the_arrays_themselves() -> None:
    X, y = features_and_labels(DATA)
    assert X is DATA.images and y is DATA.labels


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("images", DATA.images[..., 0], "images: found an array of uint8 of shape"),
        ("images", DATA.images[..., :2], "images: found an array of uint8 of shape"),
        ("images", DATA.images / 255, "of float64 of shape .*; expected"),
        ("labels", DATA.labels + 1, r"labels: found 1 to 4; expected 0 to 3"),
        ("labels", DATA.labels - 1, r"labels: found -1 to 2"),
        ("labels", DATA.labels / 1, "of float64; expected"),
        ("labels", np.eye(4)[DATA.labels], r"labels: found shape \(96, 4\)"),
    ],
)
def test_features_and_labels_names_what_is_wrong(
    field: str, value: np.ndarray, message: str
) -> None:
    with pytest.raises(ArgumentError, match=message):
        features_and_labels(replace(DATA, **dict[str, Any]({field: value})))
