"""Maps of what a network sees: against the logit, gradients, the true cell, scrambled weights."""

import os
import subprocess
import sys
from typing import NamedTuple

import cv2
import keras
import numpy as np
import pytest
from matplotlib.axes import Axes

from bloodcell_tut import (
    Photograph,
    article_cnn,
    choose_dataset,
    class_activation_maps,
    create_training_data,
    draw_photograph,
    feature_maps,
    map_on_photograph,
    occlusion_maps,
    plot_explanation,
    plot_feature_maps,
    plot_filters,
    plot_map,
    prepare_image,
    scramble,
    small_cnn,
    train,
    weight_inside,
)
from bloodcell_tut.errors import ArgumentError, ModelError
from bloodcell_tut.explain import _slopes, _take_apart
from bloodcell_tut.model_file import load_model, save_model

KINDS = ("EOSINOPHIL", "LYMPHOCYTE", "MONOCYTE", "NEUTROPHIL")


def noise(n=3, size=16):
    return np.random.default_rng(1).integers(0, 256, (n, size, size, 3), np.uint8)


def say(model, images):
    return keras.ops.convert_to_numpy(model(images, training=False))


def softmax(logits):
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


def with_skips():
    """A network that is no chain: a convolution around which its input is carried."""
    keras.utils.set_random_seed(0)
    first = keras.Input((16, 16, 3), dtype="uint8")
    x = keras.layers.Rescaling(1 / 255)(first)
    x = keras.layers.Conv2D(8, 3, padding="same", activation="relu")(x)
    y = keras.layers.Conv2D(8, 3, padding="same", activation="relu")(x)
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Add()([x, y]))
    return keras.Model(first, keras.layers.Dense(4, "softmax")(x), name="with_skips")


def logits_of_means(model, images, n_classes=4):
    """Return the mean of each class's map plus the class's bias."""
    bias = keras.ops.convert_to_numpy(model.layers[-1].bias)
    asked = [np.full(len(images), k) for k in range(n_classes)]
    maps = [class_activation_maps(model, images, labels) for labels in asked]
    return np.stack([each.mean(axis=(1, 2)) for each in maps], axis=1) + bias


class Trained(NamedTuple):
    """A small network that has to find the cell, and photographs that it has never seen."""

    model: keras.Model
    photographs: list[Photograph]
    images: np.ndarray
    said: np.ndarray
    right: np.ndarray


@pytest.fixture(scope="module")
def trained(sample_folder):
    model, data = small_cnn(), choose_dataset(sample_folder)
    train(model, create_training_data(data, 64, crop=False, cache=True), epochs=12)
    photographs = [
        draw_photograph(KINDS[i % 4], np.random.default_rng([77, i])) for i in range(160)
    ]
    images = np.array([prepare_image(one.image, crop=False) for one in photographs])
    said = say(model, images).argmax(axis=1)
    right = said == np.arange(160) % 4
    assert right.mean() > 0.6, "a network that knows nothing proves nothing"
    return Trained(model, photographs, images, said, right)


@pytest.mark.parametrize("make", [lambda: small_cnn(size=16), with_skips])
def test_behind_global_average_pooling_the_mean_of_the_map_is_the_logit(make):
    model, images = make(), noise()
    model.layers[-1].bias.assign([0.5, -1, 0, 2])
    logits = logits_of_means(model, images)
    np.testing.assert_allclose(softmax(logits), say(model, images), atol=1e-5)


def test_maps_are_of_the_class_that_is_asked_about_or_the_one_that_is_said():
    model, images = small_cnn(size=16), noise()
    said = say(model, images).argmax(axis=1)
    maps = class_activation_maps(model, images)
    assert maps.shape == (3, 2, 2) and maps.dtype == np.float32
    np.testing.assert_array_equal(maps, class_activation_maps(model, images, said))
    assert not np.allclose(maps, class_activation_maps(model, images, (said + 1) % 4))


def test_a_network_that_was_read_from_a_file_has_the_same_maps(tmp_path):
    model, images = small_cnn(size=16), noise()
    save_model(model, tmp_path / "model.keras", KINDS)
    loaded = load_model(tmp_path / "model.keras").model
    before = say(loaded, images)
    maps = class_activation_maps(loaded, images)
    np.testing.assert_allclose(maps, class_activation_maps(model, images), atol=1e-6)
    np.testing.assert_array_equal(say(loaded, images), before)
    save_model(loaded, tmp_path / "again.keras", KINDS)
    again = load_model(tmp_path / "again.keras").model
    np.testing.assert_allclose(say(again, images), before, atol=1e-6)


def gradients(parts, maps, label):
    """Return the sum over places of the logit's gradient, by Keras' backend."""
    kernel = keras.ops.convert_to_tensor(parts.kernel[:, label : label + 1])

    def logit(x):
        return keras.ops.sum(parts.head(x, training=False) @ kernel)

    if keras.backend.backend() == "jax":
        import jax

        gradient = jax.grad(logit)(maps[None])
    elif keras.backend.backend() == "torch":
        import torch

        x = torch.tensor(maps[None], requires_grad=True)
        gradient = torch.autograd.grad(logit(x), x)[0]
    else:
        tensorflow = pytest.importorskip("tensorflow")
        x = tensorflow.Variable(maps[None])
        with tensorflow.GradientTape() as tape:
            value = logit(x)
        gradient = tape.gradient(value, x)
    return keras.ops.convert_to_numpy(gradient).sum(axis=(0, 1, 2))


@pytest.mark.parametrize("seed", range(3))
def test_slopes_are_the_gradients_of_grad_cam(seed):
    model = article_cnn(size=32, seed=seed)
    parts = _take_apart(model)
    maps = keras.ops.convert_to_numpy(parts.eye(noise(1, 32), training=False))[0]
    for label in range(4):
        expected = gradients(parts, maps, label)
        found = _slopes(parts, maps, label)
        assert np.abs(found - expected).max() < 0.05 * np.abs(expected).max()
        assert np.corrcoef(found, expected)[0, 1] > 0.999


def test_slopes_are_the_weights_where_the_rest_is_a_mean():
    parts = _take_apart(small_cnn(size=16))
    maps = keras.ops.convert_to_numpy(parts.eye(noise(1), training=False))[0]
    np.testing.assert_allclose(_slopes(parts, maps, 2), parts.kernel[:, 2], atol=1e-3)


def test_the_map_of_the_article_s_network_weighs_its_last_maps_by_slopes():
    model, images = article_cnn(size=32), noise(2, 32)
    maps = class_activation_maps(model, images, np.array([1, 3]))
    assert maps.shape == (2, 8, 8)
    parts = _take_apart(model)
    last = keras.ops.convert_to_numpy(parts.eye(images[1:], training=False))[0]
    np.testing.assert_allclose(maps[1], last @ gradients(parts, last, 3), rtol=0.1, atol=0.05)


def test_dead_maps_give_an_empty_map():
    model = article_cnn(size=16)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            layer.set_weights([0 * w for w in layer.get_weights()])
    assert not class_activation_maps(model, noise()).any()


def test_feature_maps_are_what_the_layers_return():
    model, image = article_cnn(size=16), noise(1)[0]
    maps = feature_maps(model, image)
    kinds = ["1 Conv2D", "2 MaxPooling2D", "3 Conv2D", "4 MaxPooling2D", "5 Dropout"]
    assert list(maps) == kinds
    assert [m.shape for m in maps.values()] == [(16, 16, 32), (8, 8, 32), (8, 8, 32)] + [
        (4, 4, 32)
    ] * 2
    kernel, bias = model.layers[1].get_weights()
    window = image[4:7, 6:9] / 255
    by_hand = np.maximum((window[..., None] * kernel).sum(axis=(0, 1, 2)) + bias, 0)
    np.testing.assert_allclose(maps["1 Conv2D"][5, 7], by_hand, atol=1e-5)
    highest = maps["1 Conv2D"].reshape(8, 2, 8, 2, 32).max(axis=(1, 3))
    np.testing.assert_array_equal(maps["2 MaxPooling2D"], highest)


def test_layers_that_change_pictures_at_random_do_not():
    model, image = small_cnn(size=16), noise(1)[0]
    one, other = feature_maps(model, image), feature_maps(model, image)
    assert len(one) == 18
    for name, maps in one.items():
        np.testing.assert_array_equal(maps, other[name])


def test_figures():
    model = small_cnn(size=16)
    ax = plot_filters(model)
    shown = [a.images[0].get_array() for a in ax.figure.axes if a.images]
    kernel = model.layers[5].get_weights()[0]
    assert len(shown) == 16 and all(s.shape == (3, 3, 3) for s in shown)
    assert min(s.min() for s in shown) >= 0 and max(s.max() for s in shown) <= 1
    assert np.corrcoef(shown[3].ravel(), kernel[..., 3].ravel())[0, 1] == pytest.approx(1)
    maps = {"a": np.zeros((4, 4, 9), np.float32), "b": np.zeros((2, 2, 5), np.float32)}
    maps["a"][0, 0, 7], maps["a"][0, 0, 2] = 9, 5
    ax = plot_feature_maps(maps)
    titles = [a.get_title() for a in ax.figure.axes]
    assert len(titles) == 10 and titles[:2] == ["a: 7", "a: 2"] and titles[5].startswith("b:")


def test_a_map_lies_where_the_square_was_cut_out():
    photograph = np.full((240, 320, 3), (240, 200, 210), np.uint8)
    cv2.circle(photograph, (90, 60), 25, (90, 40, 150), -1)
    on = map_on_photograph(np.ones((8, 8)), photograph)
    ys, xs = np.nonzero(on)
    assert on.shape == (240, 320)
    assert (np.ptp(xs) + 1, np.ptp(ys) + 1) == (96, 96)
    assert abs(xs.mean() - 90) < 4 and abs(ys.mean() - 60) < 4
    corner = np.zeros((8, 8))
    corner[7, 0] = 1
    y, x = np.unravel_index(map_on_photograph(corner, photograph).argmax(), on.shape)
    assert x < xs.min() + 12 and y > ys.max() - 12


def test_a_map_is_cut_off_at_the_edge_and_covers_a_photograph_that_was_not_cut():
    photograph = np.full((240, 320, 3), (240, 200, 210), np.uint8)
    cv2.circle(photograph, (20, 120), 25, (90, 40, 150), -1)
    assert 0 < (map_on_photograph(np.ones((8, 8)), photograph) > 0).sum() < 96 * 96
    assert map_on_photograph(np.ones((8, 8)), photograph, crop=False).all()


def test_a_figure_of_the_photograph_has_its_map_its_box_and_what_is_said(trained):
    ax = plot_explanation(trained.model, trained.photographs[0].image, KINDS, crop=False)
    assert isinstance(ax, Axes) and len(ax.patches) == 1
    share = trained.model(trained.images[:1], training=False)[0]
    top = int(keras.ops.argmax(share))
    assert ax.get_title() == f"{KINDS[top]}, {float(share[top]):.0%}"
    shown = ax.images[-1].get_array()
    assert shown.shape == (240, 320) and shown.max() == pytest.approx(1)


def test_what_speaks_against_a_class_is_not_drawn():
    heat = np.array([[-2.0, 1.0]], np.float32).repeat(2, axis=0)
    shown = plot_map(noise(1)[0], heat).images[-1]
    assert shown.get_array()[0, 0] == 0 and shown.get_array()[0, -1] == 1
    assert shown.get_alpha()[0, 0] == 0


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


def bad_model(last):
    return keras.Sequential([keras.Input((16, 16, 3)), keras.layers.Conv2D(2, 3), *last])


@pytest.mark.parametrize("function", [class_activation_maps, occlusion_maps])
@pytest.mark.parametrize(
    ("model", "images", "labels", "error", "message"),
    [
        (small_cnn(size=16), noise(2, 8), None, ModelError, "found images of shape"),
        (small_cnn(size=16), noise(2)[:0], None, ModelError, "found images of shape"),
        (small_cnn(size=16), noise(2), np.array([1]), ArgumentError, "each of the 2 images"),
        (small_cnn(size=16), noise(1), np.array([4]), ArgumentError, "one from 0 to 3"),
        (small_cnn(size=16), noise(1), np.array([-1]), ArgumentError, "one from 0 to 3"),
        (bad_model([]), noise(1), None, ModelError, "found Conv2D as its last layer"),
        (bad_model([keras.layers.Flatten(), keras.layers.Dense(2), keras.layers.Softmax()]),
         noise(1), None, ModelError, "found Softmax as its last layer"),
        (keras.Sequential([keras.Input((16, 16, 3)), keras.layers.Flatten(),
                           keras.layers.Dense(2)]),
         noise(1), None, ModelError, "found no Conv2D"),
    ],
)  # fmt: skip
def test_errors_say_what_was_found(function, model, images, labels, error, message):
    with pytest.raises(error, match=message):
        function(model, images, labels)


@pytest.mark.parametrize("places", [0, 17])
def test_places_out_of_range(places):
    with pytest.raises(ArgumentError, match=f"places: found {places}"):
        occlusion_maps(small_cnn(size=16), noise(1), places=places)


def test_scrambling_keeps_the_numbers_and_not_their_places():
    model = small_cnn(size=16)
    before = [w.copy() for w in model.get_weights()]
    copy = scramble(model, 1)
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
    for a, b in zip(before, scramble(model).get_weights(), strict=True):
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


def test_scrambled_weights_destroy_it(trained):
    heats = class_activation_maps(trained.model, trained.images)
    shares, similar = [], []
    for seed in range(6):
        copy = scramble(trained.model, seed=seed)
        others = class_activation_maps(copy, trained.images, trained.said)
        shares.append(inside(trained, others)[trained.right].mean(axis=0))
        similar.append(np.nanmean(correlations(heats, others)))
    mean = np.mean(shares, axis=0)
    print("scrambled:", mean.round(3), "correlation", np.mean(similar).round(2))
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
from bloodcell_tut import class_activation_maps, feature_maps, load_model, occlusion_maps
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
