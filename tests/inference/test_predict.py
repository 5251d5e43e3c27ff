"""One way from images to probabilities: whoever answers says the same of the same ten images."""

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest
from builders import field, noise
from typer.testing import CliRunner

import bloodcell_tut as bt
from bloodcell_tut import baselines, inference
from bloodcell_tut.cli import app
from bloodcell_tut.inference.out_of_distribution import _features
from bloodcell_tut.inference.predict import check_probabilities, outputs_of

KINDS = ("EOSINOPHIL", "LYMPHOCYTE", "MONOCYTE", "NEUTROPHIL")
CLASSIFIERS = "bloodcell_tut.baselines.classifiers"
TEN = [bt.draw_photograph(KINDS[i % 4], np.random.default_rng([5, i])).image for i in range(10)]
CELLS = np.stack([bt.prepare_image(photograph, 32) for photograph in TEN])
HELD_BACK = np.stack([bt.prepare_image(field(1, seed)[0], 32) for seed in range(30)])
PATHS = tuple(Path(f"{i}.png") for i in range(10))
DATA = bt.TrainingData(CELLS, np.arange(10) % 4, None, PATHS, KINDS)
FLIPS = [(1, 1), (1, -1), (-1, 1), (-1, -1)]


@pytest.fixture(scope="module")
def saved() -> bt.SavedModel:
    """A network in doubt between the classes, so that each flip of an image changes its answer."""
    model = bt.small_cnn(size=32, seed=1)
    kernel, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([200 * kernel, bias])
    logits = np.log(keras.ops.convert_to_numpy(model(CELLS, training=False)))
    model.layers[-1].bias.assign(-logits.mean(axis=0))
    detector = inference.fit_out_of_distribution_detector(model, CELLS, HELD_BACK)
    return bt.SavedModel(model, KINDS, True, detector)


@pytest.fixture(scope="module")
def once(saved: bt.SavedModel) -> np.ndarray:
    return keras.ops.convert_to_numpy(saved.model(CELLS, training=False))


@pytest.fixture(scope="module")
def four_times(saved: bt.SavedModel, once: np.ndarray) -> np.ndarray:
    """The mean over an image and its flips, by hand."""
    views = [saved.model(CELLS[:, ::down, ::right], training=False) for down, right in FLIPS]
    mean = np.mean([keras.ops.convert_to_numpy(view) for view in views], axis=0)
    assert np.abs(mean - once).max(axis=1).min() > 1e-3, "else the flips can't be missed"
    return mean


def by_predict_probabilities(saved: bt.SavedModel) -> np.ndarray:
    return bt.predict_probabilities(saved.model, CELLS)


def by_evaluate(saved: bt.SavedModel) -> np.ndarray:
    return bt.evaluate(saved.model, DATA).probabilities


def by_predict_photograph(saved: bt.SavedModel) -> np.ndarray:
    found = [bt.predict_photograph(saved, photograph)[0] for photograph in TEN]
    return np.array([list(finding.probabilities.values()) for finding in found])


def by_explain_photograph(saved: bt.SavedModel) -> np.ndarray:
    found = [inference.explain_photograph(saved, photograph).finding for photograph in TEN]
    return np.array([list(finding.probabilities.values()) for finding in found])


@pytest.mark.parametrize(
    "answer", [by_predict_probabilities, by_evaluate, by_predict_photograph, by_explain_photograph]
)
def test_all_say_the_same(
    saved: bt.SavedModel, four_times: np.ndarray, answer: Callable[[bt.SavedModel], np.ndarray]
) -> None:
    np.testing.assert_allclose(answer(saved), four_times, atol=1e-5, rtol=0)


def test_the_command_says_the_same(
    saved: bt.SavedModel, four_times: np.ndarray, tmp_path: Path
) -> None:
    model, paths = tmp_path / "model.keras", [str(tmp_path / f"{i}.png") for i in range(10)]
    bt.save_model(saved.model, model, KINDS)
    for path, photograph in zip(paths, TEN, strict=True):
        cv2.imwrite(path, photograph[:, :, ::-1])
    result = CliRunner().invoke(app, ["predict", *paths, "--json", "--model", str(model)])
    said = [answer["cells"][0]["probabilities"] for answer in json.loads(result.stdout)]
    said = [list(shares.values()) for shares in said]
    np.testing.assert_allclose(said, four_times, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    "learn",
    [
        baselines.article_network,
        baselines.small_network,
        baselines.small_network_with_drawn,
        baselines.small_network_asked_once,
    ],
)
def test_baselines_say_the_same(
    saved: bt.SavedModel,
    once: np.ndarray,
    four_times: np.ndarray,
    learn: baselines.Learner,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(f"{CLASSIFIERS}._trained", lambda *_: saved.model)
    monkeypatch.setattr(f"{CLASSIFIERS}.drawn_cells", lambda size, seed: None)
    expected = once if learn is baselines.small_network_asked_once else four_times
    np.testing.assert_allclose(learn(DATA, 0)(CELLS), expected, atol=1e-5, rtol=0)


def test_a_figure_s_title_is_that_of_the_finding(saved: bt.SavedModel) -> None:
    sure = saved._replace(detector=None)
    for photograph in TEN:
        (finding, *_) = bt.predict_photograph(sure, photograph)
        name, share = bt.plot_explanation(sure, photograph).get_title().rsplit(" ", 1)
        assert name == finding.class_name
        assert share == f"{finding.probabilities[name]:.0%}"
        assert bt.plot_findings(photograph, [finding]).texts[0].get_text() == f"{name} {share}"


def softmax(logits: np.ndarray) -> np.ndarray:
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


def test_the_detector_sees_the_same(saved: bt.SavedModel, once: np.ndarray) -> None:
    kernel, bias = saved.model.layers[-1].get_weights()
    last = _features(saved.model, CELLS)[:, : len(kernel)]
    np.testing.assert_allclose(softmax(last @ kernel + bias), once, atol=1e-5, rtol=0)
    scores = saved.detector.scores(saved.model, CELLS)
    found = [bt.predict_photograph(saved, photograph)[0] for photograph in TEN]
    shown = [finding.out_of_distribution_score for finding in found]
    np.testing.assert_allclose(shown, scores, rtol=1e-5)


def test_a_map_s_mean_is_the_logit_of_one_view(saved: bt.SavedModel, once: np.ndarray) -> None:
    bias = saved.model.layers[-1].get_weights()[1]
    asked = [np.full(10, k) for k in range(4)]
    maps = [bt.class_activation_maps(saved.model, CELLS, labels) for labels in asked]
    logits = np.stack([each.mean(axis=(1, 2), dtype=float) for each in maps], axis=1) + bias
    np.testing.assert_allclose(softmax(logits), once, atol=1e-5, rtol=0)


def test_maps_are_of_the_class_that_all_views_together_say(saved: bt.SavedModel) -> None:
    images = np.concatenate([CELLS, CELLS // 2, CELLS[:, ::-1], CELLS[:, :, ::-1]])
    four = bt.predict_probabilities(saved.model, images).argmax(axis=1)
    one = bt.predict_probabilities(saved.model, images, flips=False).argmax(axis=1)
    doubtful = np.flatnonzero(four != one)[:3]
    assert len(doubtful), "no image whose flips are named otherwise"
    some, said = images[doubtful], four[doubtful]
    for maps in (bt.class_activation_maps, inference.occlusion_maps):
        np.testing.assert_array_equal(maps(saved.model, some), maps(saved.model, some, said))
        assert not np.allclose(maps(saved.model, some), maps(saved.model, some, one[doubtful]))


def test_an_explanation_is_of_the_class_in_its_title(saved: bt.SavedModel) -> None:
    for photograph in TEN:
        finding, heat = inference.explain_photograph(saved, photograph)
        cell = bt.prepare_image(photograph, 32)[None]
        label = np.array([KINDS.index(finding.class_name)])
        (map_,) = bt.class_activation_maps(saved.model, cell, label)
        expected = inference.map_on_photograph(map_, photograph)
        np.testing.assert_allclose(heat, expected, atol=1e-4 * np.abs(map_).max())


@pytest.mark.parametrize("mode", ["horizontal", "vertical", "horizontal_and_vertical", None])
def test_a_model_is_asked_about_the_flips_that_it_learned_from(mode: str | None) -> None:
    keras.utils.set_random_seed(0)
    flip = [] if mode is None else [keras.layers.RandomFlip(mode)]
    layers = [keras.layers.Flatten(), keras.layers.Dense(4, "softmax")]
    model = keras.Sequential([keras.Input((6, 6, 3)), *flip, *layers])
    images = noise(5, 6)
    down = (1, -1) if "vertical" in (mode or "") else (1,)
    right = (1, -1) if "horizontal" in (mode or "") else (1,)
    views = [model.predict(images[:, ::i, ::j], verbose=0) for i in down for j in right]
    said = bt.predict_probabilities(model, images, batch_size=2)
    np.testing.assert_allclose(said, np.mean(views, axis=0), atol=1e-5)


@pytest.mark.parametrize("batch_size", [1, 3, 7, 100])
def test_batches_hold_each_image_once_and_in_order(batch_size: int) -> None:
    sizes = []

    class Half(keras.layers.Layer):
        def call(self, x: np.ndarray, training: bool | None = None) -> np.ndarray:
            assert training is False
            sizes.append(x.shape[0])
            return x / 2

    numbers = np.arange(14, dtype=np.float32).reshape(7, 2)
    np.testing.assert_array_equal(outputs_of(Half(), numbers, batch_size), numbers / 2)
    assert sum(sizes) == 7 and max(sizes) <= batch_size
    assert outputs_of(Half(), numbers[:0], batch_size).shape == (0, 2)


def dense(outputs: int, activation: str | None, *first: keras.layers.Layer) -> keras.Model:
    """A network of one layer with weights, behind others."""
    keras.utils.set_random_seed(1)
    last = [keras.layers.Flatten(), keras.layers.Dense(outputs, activation)]
    return keras.Sequential([keras.Input((6, 6, 3)), *first, *last], name="own")


def data_of(images: np.ndarray, n_classes: int) -> bt.TrainingData:
    paths = tuple(Path(f"{i}.png") for i in range(len(images)))
    labels = np.arange(len(images)) % n_classes
    return bt.TrainingData(images, labels, None, paths, KINDS[:n_classes])


@pytest.mark.parametrize("mode", ["horizontal", "vertical"])
def test_flips_inside_a_network_within_count_and_survive_a_file(mode: str, tmp_path: Path) -> None:
    inner = keras.Sequential([keras.Input((6, 6, 3)), keras.layers.RandomFlip(mode)])
    model, images = dense(4, "softmax", inner), noise(5, 6)
    bt.save_model(model, tmp_path / "own.keras", KINDS)
    for asked in (model, bt.load_model(tmp_path / "own.keras").model):
        turned = images[:, ::-1] if mode == "vertical" else images[:, :, ::-1]
        views = [asked.predict(view, verbose=0) for view in (images, turned)]
        said = bt.predict_probabilities(asked, images)
        np.testing.assert_allclose(said, np.mean(views, axis=0), atol=1e-5)


def test_a_network_without_flips_is_asked_once() -> None:
    images = noise(5, 6)
    turning = keras.layers.RandomRotation(0.1)
    for model in (dense(4, "softmax"), dense(4, "softmax", turning)):
        said = bt.predict_probabilities(model, images)
        np.testing.assert_array_equal(said, model.predict(images, verbose=0))


@pytest.mark.parametrize(
    ("activation", "found"), [(None, "numbers from -"), ("sigmoid", "add up to"), ("nan", "nan")]
)
def test_what_are_no_probabilities_is_refused(activation: str | None, found: str) -> None:
    model = dense(4, "softmax" if activation == "nan" else activation)
    if activation == "nan":
        model.layers[-1].bias.assign([np.nan] * 4)
    images = noise(6, 6) // 64
    for ask in (
        lambda: bt.predict_probabilities(model, images),
        lambda: bt.evaluate(model, data_of(images, 4)),
    ):
        with pytest.raises(bt.ModelError, match=f"own: probabilities: found .*{found}"):
            ask()


@pytest.mark.parametrize("value", [np.nan, np.inf, 2.0, -0.5, 0.3])
def test_an_evaluation_takes_probabilities_alone(value: float) -> None:
    rows = np.full((6, 4), 0.25)
    rows[2, 1] = value
    with pytest.raises(bt.ArgumentError, match="probabilities: found"):
        bt.Evaluation(data_of(noise(6, 6), 4), rows)
    with pytest.raises(bt.ArgumentError, match="probabilities: found"):
        bt.Evaluation(data_of(noise(6, 6), 2), rows[:, 1:2] + 1)


def test_half_precision_is_precise_enough() -> None:
    rows = np.random.default_rng(0).dirichlet(np.ones(200), 6).astype(np.float16)
    check_probabilities(rows)


def test_one_sigmoid_column_is_two_classes() -> None:
    model, images = dense(1, "sigmoid"), noise(8, 6) // 64
    share = model.predict(images, verbose=0)[:, 0]
    said = bt.predict_probabilities(model, images)
    np.testing.assert_allclose(said, np.stack([1 - share, share], axis=1), atol=1e-5)
    data = data_of(images, 2)
    for result in (bt.evaluate(model, data), bt.Evaluation(data, share[:, None])):
        np.testing.assert_array_equal(result.predictions, share > 0.5)
    with pytest.raises(bt.ArgumentError, match="probabilities: found shape"):
        bt.evaluate(model, data_of(images, 4))


def minus_one_to_one(pixels: np.ndarray) -> np.ndarray:
    return pixels.astype(np.float32) / 127.5 - 1


@pytest.mark.parametrize(
    ("preprocess", "scaled"),
    [
        ("[-1, 1]", minus_one_to_one),
        (minus_one_to_one, minus_one_to_one),
        ("[0, 1]", lambda pixels: pixels / np.float32(255)),
        ("[0, 255]", lambda pixels: pixels),
    ],
)
def test_a_network_gets_pixels_in_the_range_it_learned(
    preprocess: inference.Preprocess, scaled: Callable[[np.ndarray], np.ndarray]
) -> None:
    flip = keras.layers.RandomFlip("horizontal")
    for model in (dense(4, "softmax"), dense(4, "softmax", flip)):
        images = noise(6, 6) // 8
        turned = [images, images[:, :, ::-1]][: 1 + (flip in model.layers)]
        expected = np.mean([model.predict(scaled(v), verbose=0) for v in turned], axis=0)
        said = bt.predict_probabilities(model, images, preprocess=preprocess)
        np.testing.assert_allclose(said, expected, atol=1e-5)
        found = bt.evaluate(model, data_of(images, 4), preprocess=preprocess).probabilities
        np.testing.assert_array_equal(found, said)


def test_an_unknown_range_is_refused() -> None:
    with pytest.raises(bt.ArgumentError, match=r"preprocess: found 'imagenet'; .*\[-1, 1\]"):
        bt.predict_probabilities(dense(4, "softmax"), noise(2, 6), preprocess="imagenet")


class Broken(keras.layers.Layer):
    """A layer that fails when it is asked, and not before."""

    def call(self, x: np.ndarray) -> np.ndarray:
        return keras.ops.reshape(x, (-1, 7, 4))[:, 0]


def test_whatever_fails_while_predicting_is_ours() -> None:
    model = keras.Sequential([keras.Input((6, 6, 3)), Broken()], name="own")
    with pytest.raises(bt.ModelError, match="own: it gave no answer"):
        bt.predict_probabilities(model, noise(1, 6))


def test_two_inputs_or_outputs_are_refused() -> None:
    first, second = keras.Input((6, 6, 3)), keras.Input((6, 6, 3))
    flat = keras.layers.Flatten()
    last = [keras.layers.Dense(n, "softmax")(flat(first)) for n in (2, 3)]
    with pytest.raises(bt.ModelError, match="expected one output"):
        bt.evaluate(keras.Model(first, last), data_of(noise(4, 6), 2))
    both = keras.layers.Dense(2, "softmax")(flat(keras.layers.Add()([first, second])))
    with pytest.raises(bt.ModelError, match="expected one input"):
        bt.evaluate(keras.Model([first, second], both), data_of(noise(4, 6), 2))
    with pytest.raises(bt.ModelError, match="expected one input"):
        bt.evaluate(keras.Sequential([keras.layers.Dense(2)]), data_of(noise(4, 6), 2))


def test_a_network_for_any_size_is_asked_at_that_of_the_images() -> None:
    last = [keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(2, "softmax")]
    model = keras.Sequential([keras.Input((None, None, 3)), *last])
    for size in (6, 9):
        images = noise(4, size) // 64
        said = bt.evaluate(model, data_of(images, 2)).probabilities
        np.testing.assert_allclose(said, model.predict(images, verbose=0), atol=1e-5)
