"""Class activation maps against the logit, gradients and the place of the cell."""

import cv2
import keras
import numpy as np
import pytest
from builders import noise
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from bloodcell_tut import (
    SavedModel,
    article_cnn,
    class_activation_maps,
    draw_photograph,
    plot_explanation,
    predict_probabilities,
    small_cnn,
)
from bloodcell_tut.errors import ArgumentError, ModelError
from bloodcell_tut.inference import (
    Explanation,
    explain_photograph,
    map_on_photograph,
    occlusion_maps,
    plot_map,
)
from bloodcell_tut.inference.explain import _slopes, take_apart
from bloodcell_tut.inference.model_file import load_model, save_model

KINDS = ("EOSINOPHIL", "LYMPHOCYTE", "MONOCYTE", "NEUTROPHIL")


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


@pytest.mark.parametrize("make", [lambda: small_cnn(size=16), with_skips])
def test_behind_global_average_pooling_the_mean_of_the_map_is_the_logit(make):
    model, images = make(), noise()
    model.layers[-1].bias.assign([0.5, -1, 0, 2])
    logits = logits_of_means(model, images)
    np.testing.assert_allclose(softmax(logits), say(model, images), atol=1e-5)


def test_maps_are_of_the_class_that_is_asked_about_or_the_one_that_is_said():
    model, images = small_cnn(size=16), noise()
    said = predict_probabilities(model, images).argmax(axis=1)
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
    np.testing.assert_allclose(maps, class_activation_maps(model, images), atol=1e-5)
    np.testing.assert_array_equal(say(loaded, images), before)
    save_model(loaded, tmp_path / "again.keras", KINDS)
    again = load_model(tmp_path / "again.keras").model
    np.testing.assert_allclose(say(again, images), before, atol=1e-5)


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
    parts = take_apart(model)
    maps = keras.ops.convert_to_numpy(parts.feature_extractor(noise(1, 32), training=False))[0]
    for label in range(4):
        expected = gradients(parts, maps, label)
        found = _slopes(parts, maps, label)
        assert np.abs(found - expected).max() < 0.05 * np.abs(expected).max()
        assert np.corrcoef(found, expected)[0, 1] > 0.999


def test_slopes_are_the_weights_where_the_rest_is_a_mean():
    parts = take_apart(small_cnn(size=16))
    maps = keras.ops.convert_to_numpy(parts.feature_extractor(noise(1), training=False))[0]
    np.testing.assert_allclose(_slopes(parts, maps, 2), parts.kernel[:, 2], atol=1e-3)


def test_the_map_of_the_article_s_network_weighs_its_last_maps_by_slopes():
    model, images = article_cnn(size=32), noise(2, 32)
    maps = class_activation_maps(model, images, np.array([1, 3]))
    assert maps.shape == (2, 8, 8)
    parts = take_apart(model)
    last = keras.ops.convert_to_numpy(parts.feature_extractor(images[1:], training=False))[0]
    np.testing.assert_allclose(maps[1], last @ gradients(parts, last, 3), rtol=0.1, atol=0.05)


def test_dead_maps_give_an_empty_map():
    model = article_cnn(size=16)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            layer.set_weights([0 * w for w in layer.get_weights()])
    assert not class_activation_maps(model, noise()).any()


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


@pytest.mark.parametrize("crop", [True, False])
def test_a_figure_of_the_photograph_has_its_map_its_box_and_what_is_said(crop):
    saved = SavedModel(small_cnn(size=32), KINDS, crop)
    photograph = draw_photograph(KINDS[0], np.random.default_rng(0)).image
    ax = plot_explanation(saved, photograph)
    (frame,) = ax.patches
    assert isinstance(ax, Axes) and isinstance(frame, Rectangle) and frame.get_width() < 200
    explanation = explain_photograph(saved, photograph)
    assert isinstance(explanation, Explanation)
    assert ax.get_title() == explanation.finding.caption
    shown = ax.images[-1].get_array()
    assert shown.shape == (240, 320) and shown.max() == pytest.approx(1)
    assert shown.all() != crop, "the network saw all of it only if nothing was cut out"


def test_names_of_classes_are_shown_as_they_are():
    saved = SavedModel(small_cnn(size=32), ("$x_1$", "$y$", "$z$", "$a_0$"), False)
    ax = plot_explanation(saved, np.zeros((40, 40, 3), np.uint8))
    assert ax.get_title().startswith("$") and not ax.title.get_parse_math()


def test_without_a_white_cell_there_is_nothing_to_explain():
    saved = SavedModel(small_cnn(size=32), KINDS, True)
    empty = np.full((240, 320, 3), 255, np.uint8)
    assert explain_photograph(saved, empty) is None
    ax = plot_explanation(saved, empty)
    assert ax.get_title() == "no white cell" and len(ax.images) == 1 and not ax.patches


def test_what_speaks_against_a_class_is_not_drawn():
    heat = np.array([[-2.0, 1.0]], np.float32).repeat(2, axis=0)
    shown = plot_map(noise(1)[0], heat).images[-1]
    assert shown.get_array()[0, 0] == 0 and shown.get_array()[0, -1] == 1
    assert np.asarray(shown.get_alpha())[0, 0] == 0


def bad_model(last):
    return keras.Sequential([keras.Input((16, 16, 3)), keras.layers.Conv2D(2, 3), *last])


@pytest.mark.parametrize("function", [class_activation_maps, occlusion_maps])
@pytest.mark.parametrize(
    ("model", "images", "labels", "error", "message"),
    [
        (small_cnn(size=16), noise(2, 8), None, ModelError, "found images of shape"),
        (small_cnn(size=16), noise(2)[:0], None, ModelError, "found images of shape"),
        (small_cnn(size=16), noise(2), np.array([1]), ArgumentError, "found 1 for 2 images"),
        (small_cnn(size=16), noise(1), np.array([4]), ArgumentError, "expected 0 to 3"),
        (small_cnn(size=16), noise(1), np.array([-1]), ArgumentError, "expected 0 to 3"),
        (bad_model([]), noise(1), None, ModelError, "found Conv2D as its last layer"),
        (bad_model([keras.layers.Flatten(), keras.layers.Dense(2, "relu"), keras.layers.Softmax()]),
         noise(1), None, ModelError, "found a Dense with an activation before its softmax"),
        (keras.Sequential([keras.Input((16, 16, 3)), keras.layers.Flatten(),
                           keras.layers.Dense(2)]),
         noise(1), None, ModelError, "found no Conv2D"),
    ],
)  # fmt: skip
def test_errors_say_what_was_found(function, model, images, labels, error, message):
    with pytest.raises(error, match=message):
        function(model, images, labels)
