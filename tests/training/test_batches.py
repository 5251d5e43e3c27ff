"""What is in a batch, and what is refused before the first one."""

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
from builders import training_data

from bloodcell_tut.errors import ArgumentError, ModelError
from bloodcell_tut.training.batches import Batches, check_fit, sampling_weights, wants_one_hot


def network(shape: tuple[int, ...] = (8, 8, 3), outputs: int = 4) -> keras.Model:
    last = [keras.layers.Flatten(), keras.layers.Dense(outputs, "softmax")]
    return keras.Sequential([keras.Input(shape), *last], name="own")


def maps() -> keras.Model:
    return keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3)])


def test_sampling_weights() -> None:
    labels = np.array([0] * 8 + [1] * 2)
    photographs = np.array(["a"] * 6 + ["b"] * 2 + ["c", "d"])
    weights = sampling_weights(labels, photographs)
    assert weights.sum() == pytest.approx(1)
    assert weights[:8].sum() == pytest.approx(weights[8:].sum())
    # six files of a photograph are worth less than three times two, and more than as much
    assert weights[:6].sum() == pytest.approx(3**0.5 * weights[6:8].sum())
    # a class that is not there at all leaves the others as they are
    np.testing.assert_allclose(sampling_weights(labels + 2, photographs), weights)


def test_each_image_comes_once_an_epoch_unless_balanced() -> None:
    data = training_data()
    n = len(data)
    numbers = np.arange(n, dtype=np.uint8)[:, None, None, None] + np.zeros_like(data.images)
    data = replace(data, images=numbers)
    for seed in (None, 1):
        batches = Batches(data, 5, seed=seed)
        seen = [int(image.max()) for i in range(len(batches)) for image in batches[i][0]]
        assert sorted(seen) == list(range(n)) and (seen == list(range(n))) == (seed is None)
    counts = np.bincount(Batches(data.take(np.arange(n) % 7), 1000, balanced=True, seed=1)[0][1])
    assert counts[counts > 0].min() > 0.5 * counts.max()


def test_the_order_depends_on_seed_and_epoch_alone() -> None:
    data = training_data()
    one, other = Batches(data, 4, seed=1), Batches(data, 4, seed=1)
    first = one.order.copy()
    one.go_to(1)
    assert not np.array_equal(one.order, first)
    other.go_to(1)
    np.testing.assert_array_equal(one.order, other.order)


@pytest.mark.parametrize("dense", [False, True])
def test_half_of_a_batch_is_additional(dense: bool) -> None:
    data = training_data()
    black, white = (replace(data, images=np.full_like(data.images, value)) for value in (0, 255))
    images, labels = Batches(black, 8, seed=0, additional=white, dense=dense)[0]
    assert (images.reshape(8, -1).max(axis=1) == 255).sum() == 4
    assert images.dtype == np.uint8 and labels.shape == ((8, 4) if dense else (8,))


def sparse_by_hand(y_true: object, y_pred: object) -> object:
    return keras.losses.sparse_categorical_crossentropy(y_true, y_pred)


@pytest.mark.parametrize(
    ("loss", "dense"),
    [
        (sparse_by_hand, False),
        ("sparse_categorical_crossentropy", False),
        (keras.losses.SparseCategoricalCrossentropy(name="mine"), False),
        (keras.losses.sparse_categorical_crossentropy, False),
        (["sparse_categorical_crossentropy"], False),
        ("categorical_crossentropy", True),
        (keras.losses.CategoricalFocalCrossentropy(), True),
        (["mse"], True),
        ("binary_crossentropy", True),
        ("kl_divergence", True),
    ],
)
def test_the_form_that_a_loss_wants(loss: object, dense: bool) -> None:
    model = network()
    model.compile("sgd", loss, metrics=["accuracy"])
    assert wants_one_hot(model, 4) is dense


def test_two_losses_are_one_too_many() -> None:
    model = network()
    model.compile("sgd", "mse")
    model.loss = ["mse", "mae"]
    with pytest.raises(ModelError, match="expected one"):
        wants_one_hot(model, 4)


def test_trying_a_loss_leaves_no_trace() -> None:
    model = network()
    model.compile("sgd", "mse", metrics=["accuracy"])
    wants_one_hot(model, 4)
    assert all(float(value) == 0 for value in model.get_metrics_result().values())


def test_what_fits() -> None:
    data = training_data(size=8)
    check_fit(network(), data)
    pooled = [keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(4)]
    check_fit(keras.Sequential([keras.Input((None, None, 3)), *pooled]), data)


@pytest.mark.parametrize(
    ("model", "changes", "message"),
    [
        (network((9, 9, 3)), {}, r"shape \(8, 8, 3\), uint8; expected one or more of \(9, 9, 3\)"),
        (network((192,)), {}, r"expected one or more of \(192,\)"),
        (network(outputs=5), {}, "one number for each class; make the model with n_classes=4"),
        (maps(), {}, r"answers of shape \(None, 6, 6, 4\); expected \(None, 4\)"),
        (keras.Sequential([keras.layers.Dense(4)]), {}, r"begin the network with keras.Input"),
        (network(), {"class_names": tuple("ABCDE")}, "n_classes=5"),
    ],
)
def test_what_does_not_fit(model: keras.Model, changes: dict, message: str) -> None:
    data = replace(training_data(size=8), **changes)
    with pytest.raises(ModelError, match=message):
        check_fit(model, data)


def test_pixels_alone_are_no_data() -> None:
    pixels: Any = training_data(size=8).images
    with pytest.raises(ArgumentError, match="data: found an array of uint8 "):
        check_fit(network(), pixels)


def test_a_recipes_variation_changes_each_batch_anew_and_alike_with_the_same_seed() -> None:
    data = training_data(photographs_per_class=4, files=2)

    def add_noise(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return images + rng.integers(1, 5, images.shape, np.uint8)

    plain, varied, again = (Batches(data, 8, seed=3, variation=v) for v in (None, *[add_noise] * 2))
    assert (varied[0][0] != plain[0][0]).all() and (varied[0][1] == plain[0][1]).all()
    assert (varied[0][0] == again[0][0]).all()
    first = varied[0][0] - plain[0][0]
    assert (varied[1][0] - plain[1][0] != first).any(), "another batch, other noise"
    for batches in (plain, varied):
        batches.go_to(1)
    assert (varied[0][0] - plain[0][0] != first).any(), "another epoch, other noise"
