"""Occlusion, the true cell and randomized weights tell whether a map is to be believed."""

import os
import subprocess
import sys
from typing import NamedTuple

import cv2
import keras
import numpy as np
import pytest
from builders import noise
from trained_once import train_once

from bloodcell_tut import (
    article_cnn,
    choose_dataset,
    class_activation_maps,
    create_training_data,
    draw_photograph,
    feature_maps,
    predict_probabilities,
    prepare_image,
    small_cnn,
    train,
)
from bloodcell_tut.drawing import Photograph
from bloodcell_tut.errors import ArgumentError
from bloodcell_tut.inference import (
    map_on_photograph,
    occlusion_maps,
    randomize_weights,
    weight_inside,
)
from bloodcell_tut.inference.model_file import save_model

KINDS = ("EOSINOPHIL", "LYMPHOCYTE", "MONOCYTE", "NEUTROPHIL")


class Trained(NamedTuple):
    """A small network that has to find the cell, and photographs that it has never seen."""

    model: keras.Model
    photographs: list[Photograph]
    images: np.ndarray
    said: np.ndarray
    right: np.ndarray


@pytest.fixture(scope="module")
def trained(sample_folder, trainings):
    """As in nbs/inference/saliency_checks.ipynb, where the network may have been trained before."""
    model, data = small_cnn(), choose_dataset(sample_folder)
    once = train_once(train, trainings)
    once(model, create_training_data(data, 64, crop=False, cache=True), epochs=12)
    photographs = [
        draw_photograph(KINDS[i % 4], np.random.default_rng([77, i])) for i in range(160)
    ]
    images = np.array([prepare_image(one.image, crop=False) for one in photographs])
    said = predict_probabilities(model, images).argmax(axis=1)
    right = said == np.arange(160) % 4
    assert right.mean() > 0.6, "a network that knows nothing proves nothing"
    return Trained(model, photographs, images, said, right)


def test_occlusion_finds_the_only_place_that_matters():
    """A network whose logit of class 1 is the red in one corner."""
    model = keras.Sequential([
        keras.Input((16, 16, 3), dtype="uint8"),
        keras.layers.Rescaling(1 / 255),
        keras.layers.Conv2D(1, 1, use_bias=False),
        keras.layers.Flatten(),
        keras.layers.Dense(2, "softmax"),
    ])  # fmt: skip
    weights = np.zeros((256, 2), np.float32)
    weights[0, 1] = 3
    model.set_weights([np.array([[[[1.0], [0.0], [0.0]]]]), weights, np.zeros(2)])
    image = np.zeros((1, 16, 16, 3), np.uint8)
    image[0, 0, 0] = 255
    falls = occlusion_maps(model, image, np.array([1]), places=4)[0]
    assert falls.shape == (4, 4)
    # the mean color is 255/256 of a level, and rounds to 1
    assert falls[0, 0] == pytest.approx(3 * 254 / 255, abs=1e-4)
    assert falls[1:].max() == pytest.approx(0, abs=1e-6)
    heat = class_activation_maps(model, image, np.array([1]))[0]
    assert heat.argmax() == 0 and np.count_nonzero(heat) == 1


@pytest.mark.parametrize("places", [0, 17])
def test_places_out_of_range(places):
    with pytest.raises(ArgumentError, match=f"places: found {places}"):
        occlusion_maps(small_cnn(size=16), noise(1), places=places)


def test_randomizing_keeps_the_numbers_and_not_their_places():
    model = small_cnn(size=16)
    before = [w.copy() for w in model.get_weights()]
    copy = randomize_weights(model, 1)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    changed = [
        layer.name
        for layer, other in zip(model.layers, copy.layers, strict=True)
        if any(
            not np.array_equal(a, b)
            for a, b in zip(layer.get_weights(), other.get_weights(), strict=True)
        )
    ]
    assert changed == [model.layers[-1].name]
    for a, b in zip(before, randomize_weights(model).get_weights(), strict=True):
        np.testing.assert_array_equal(np.sort(a, axis=None), np.sort(b, axis=None))
        assert a.ndim < 2 or not np.array_equal(a, b)


def test_weight_inside_leaves_out_what_is_negative():
    heat, mask = np.array([[3.0, 1.0], [-5.0, 0.0]]), np.array([[2, 0], [1, 0]])
    assert weight_inside(heat, mask) == 0.75
    assert weight_inside(-np.ones((2, 2)), mask) == 0


def inside(trained, heats):
    """Return three answers for each map: does it lie inside the true cell?

    Its brightest place does; more than half of the weight above half of its maximum does; more
    of all its positive weight does than of a map that is the same everywhere. In the first two,
    the cell is widened by half a place of the map, 20 pixels to the sides and 15 up and down,
    and then covers 16 % of a photograph.
    """
    answers = []
    for heat, one in zip(heats, trained.photographs, strict=True):
        on = map_on_photograph(heat, one.image, crop=False)
        near = cv2.dilate((one.mask > 0).astype(np.uint8), np.ones((31, 41), np.uint8))
        strong = np.where(on > on.max() / 2, on, 0)
        answers.append([
            near.flat[on.argmax()] > 0,
            weight_inside(strong, near) > 0.5,
            weight_inside(on, one.mask) > (one.mask > 0).mean(),
        ])  # fmt: skip
    return np.array(answers)


def correlations(heats, others):
    pairs = zip(heats.reshape(len(heats), -1), others.reshape(len(others), -1), strict=True)
    return np.array([np.corrcoef(*pair)[0, 1] for pair in pairs])


def test_the_map_falls_inside_the_true_cell(trained):
    heats = class_activation_maps(trained.model, trained.images)
    shares = inside(trained, heats)[trained.right].mean(axis=0)
    print("brightest place, strong weight, all weight:", shares.round(3), trained.right.sum())
    assert shares.min() >= 0.95


def test_randomized_weights_destroy_it(trained):
    heats = class_activation_maps(trained.model, trained.images)
    shares, similar = [], []
    for seed in range(6):
        copy = randomize_weights(trained.model, seed=seed)
        others = class_activation_maps(copy, trained.images, trained.said)
        shares.append(inside(trained, others)[trained.right].mean(axis=0))
        similar.append(np.nanmean(correlations(heats, others)))
    mean = np.mean(shares, axis=0)
    print("randomized:", mean.round(3), "correlation", np.mean(similar).round(2))
    assert mean[0] < 0.25 and mean[1] < 0.25 and mean[2] < 0.6
    assert abs(np.mean(similar)) < 0.4


def test_occlusion_agrees_with_the_map(trained):
    some = np.flatnonzero(trained.right)[:20]
    heats = class_activation_maps(trained.model, trained.images[some])
    falls = occlusion_maps(trained.model, trained.images[some])
    similar = np.median(correlations(heats, falls))
    print(f"correlation of map and occlusion: {similar:.2f}")
    assert similar > 0.4


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_other_backends_give_the_same_maps(tmp_path, backend):
    pytest.importorskip(backend)
    images = noise(2, 32)
    expected = {}
    for make in (small_cnn, article_cnn):
        model = make(size=32)
        save_model(model, tmp_path / f"{make.__name__}.keras", KINDS)
        expected[make.__name__] = [
            class_activation_maps(model, images),
            occlusion_maps(model, images, places=4),
            list(feature_maps(model, images[0]).values())[-1],
        ]
    np.save(tmp_path / "images.npy", images)
    code = """
import numpy as np
from bloodcell_tut import class_activation_maps, feature_maps, load_model
from bloodcell_tut.inference import occlusion_maps
images = np.load("images.npy")
for name in ("small_cnn", "article_cnn"):
    model = load_model(name + ".keras").model
    last = list(feature_maps(model, images[0]).values())[-1]
    falls = occlusion_maps(model, images, places=4)
    np.savez(name, class_activation_maps(model, images), falls, last)
"""
    environment = os.environ | {"KERAS_BACKEND": backend}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True)
    for name, arrays in expected.items():
        with np.load(tmp_path / f"{name}.npz") as found:
            for one, other in zip(arrays, found.values(), strict=True):
                np.testing.assert_allclose(one, other, atol=2e-2 * np.abs(one).max())
