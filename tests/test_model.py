"""Training and interruption, on images whose class is a color."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from bloodcell_tut.checkpoint import Checkpoint
from bloodcell_tut.errors import ArgumentError, ModelError
from bloodcell_tut.model import (
    article_cnn,
    default_epochs,
    plot_history,
    predict_probabilities,
    sampling_weights,
    small_cnn,
    train,
)
from bloodcell_tut.model_file import load_model, save_model
from bloodcell_tut.training_data import TrainingData

NAMES = ("EOSINOPHIL", "LYMPHOCYTE", "MONOCYTE", "NEUTROPHIL")


def colored(n=64, size=16, n_classes=4):
    """Noise, with a bright square whose size is the class."""
    rng = np.random.default_rng(0)
    labels = np.arange(n) % n_classes
    images = rng.integers(0, 60, (n, size, size, 3), np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[2 : 4 + 3 * label, 2 : 4 + 3 * label] += 150
    photographs = (np.arange(n) // 8).astype(str)
    paths = tuple(Path(f"{i}.jpeg") for i in range(n))
    return TrainingData(images, labels, photographs, paths, NAMES[:n_classes])


def weights_of(model):
    return np.concatenate([w.ravel() for w in model.get_weights()])


def test_article_cnn_is_the_article_s():
    model = article_cnn()
    kinds = [type(layer).__name__ for layer in model.layers]
    expected = "Rescaling Conv2D MaxPooling2D Conv2D MaxPooling2D Dropout Flatten Dense Dense"
    assert kinds == expected.split()
    assert model.input_shape == (None, 200, 200, 3)
    assert model.count_params() == 10_250_788
    assert isinstance(model.optimizer, keras.optimizers.Adam)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.001)
    convolutions = [layer for layer in model.layers if type(layer).__name__ == "Conv2D"]
    assert all(c.padding == "same" and c.filters == 32 for c in convolutions)
    assert model.layers[5].rate == 0.5


def test_small_cnn_is_small_and_takes_any_size():
    assert small_cnn().count_params() < 200_000
    for size in (8, 33, 80):
        model = small_cnn(3, size)
        said = predict_probabilities(model, np.zeros((2, size, size, 3), np.uint8))
        assert said.shape == (2, 3) and np.allclose(said.sum(1), 1, atol=1e-5)


@pytest.mark.parametrize("make", [small_cnn, article_cnn])
def test_model_arguments(make):
    with pytest.raises(ArgumentError, match="n_classes=1"):
        make(n_classes=1)
    with pytest.raises(ArgumentError, match="size=7"):
        make(size=7)


def test_it_learns():
    data = colored(128)
    model = small_cnn(size=16)
    history = train(model, data, epochs=25)
    said = predict_probabilities(model, data.images)
    assert (said.argmax(1) == data.labels).mean() > 0.9
    assert history.history["loss"][-1] < history.history["loss"][0]


def test_article_s_training_is_the_article_s():
    data = colored(40)
    history = train(article_cnn(size=16), data)
    assert len(history.history["loss"]) == 5
    assert history.params["steps"] == 3  # 40 images in batches of 16


@pytest.mark.parametrize("make", [small_cnn, article_cnn])
def test_same_seed_same_weights(make):
    data, results = colored(), []
    for _ in range(2):
        model = make(size=16, seed=3)
        train(model, data, epochs=2, seed=3)
        results.append(weights_of(model))
    np.testing.assert_array_equal(*results)
    assert not np.array_equal(weights_of(make(size=16, seed=3)), weights_of(make(size=16, seed=4)))


def test_validation_is_only_watched():
    data, results = colored(), []
    for validation in (None, data.take(np.arange(10))):
        model = article_cnn(size=16)
        history = train(model, data, validation, epochs=2).history
        results.append(weights_of(model))
        assert ("val_accuracy" in history) == (validation is not None)
    np.testing.assert_array_equal(*results)


def test_data_is_not_copied_to_float_or_changed():
    data = colored()
    before = data.images.copy()
    train(article_cnn(size=16), data, epochs=1)
    np.testing.assert_array_equal(data.images, before)


def test_ctrl_c_keeps_what_was_learned(tmp_path):
    class Interrupt(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                raise KeyboardInterrupt

    model = article_cnn(size=16)
    before = weights_of(model)
    with pytest.raises(KeyboardInterrupt):
        train(model, colored(), epochs=5, callbacks=[Interrupt()])
    assert not np.array_equal(weights_of(model), before)
    assert len(model.history.history["loss"]) >= 1
    save_model(model, tmp_path / "so far.keras", NAMES)
    again = load_model(tmp_path / "so far.keras").model
    np.testing.assert_array_equal(weights_of(again), weights_of(model))
    train(again, colored(), epochs=1)


def test_ctrl_c_while_the_first_step_is_compiled_leaves_a_model_that_loads(tmp_path, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    model = small_cnn(size=16)
    # what the optimizer makes before its first update must be whole by then
    monkeypatch.setattr(keras.optimizers.AdamW, "update_step", interrupt)
    with pytest.raises(KeyboardInterrupt):
        train(model, colored(), epochs=5)
    monkeypatch.undo()
    save_model(model, tmp_path / "so far.keras", NAMES)
    train(load_model(tmp_path / "so far.keras").model, colored(), epochs=1)


def test_data_that_does_not_fit():
    data = colored()
    model = small_cnn(size=24)
    with pytest.raises(ModelError, match=r"expected one or more of \(24, 24, 3\)"):
        train(model, data, epochs=1)
    with pytest.raises(ModelError, match="n_classes=4"):
        train(small_cnn(2, 16), data, epochs=1)
    with pytest.raises(ModelError, match="0 images"):
        train(small_cnn(size=16), data.take(np.arange(0)), epochs=1)
    with pytest.raises(ModelError, match="float64"):
        train(small_cnn(size=16), replace(data, images=data.images / 255), epochs=1)
    with pytest.raises(ModelError, match="expected one or more"):
        train(small_cnn(size=16), data, validation=colored(size=8), epochs=1)
    with pytest.raises(ArgumentError, match="epochs: found 0"):
        train(small_cnn(size=16), data, epochs=0)
    with pytest.raises(ModelError, match=r"expected \(n, 24, 24, 3\)"):
        predict_probabilities(model, data.images)


def test_default_epochs_shrink_with_the_data():
    epochs = [default_epochs(n) for n in (0, 1, 100, 1_000, 10_000, 100_000)]
    assert epochs == sorted(epochs, reverse=True) and epochs[-1] >= 1


def test_sampling_weights():
    labels = np.array([0] * 8 + [1] * 2)
    photographs = np.array(["a"] * 6 + ["b"] * 2 + ["c", "d"])
    weights = sampling_weights(labels, photographs)
    assert weights.sum() == pytest.approx(1)
    assert weights[:8].sum() == pytest.approx(weights[8:].sum())
    # six files of a photograph are worth less than three times two, and more than as much
    assert weights[:6].sum() == pytest.approx(3**0.5 * weights[6:8].sum())
    # a class that is not there at all leaves the others as they are
    np.testing.assert_allclose(sampling_weights(labels + 2, photographs), weights)


def test_predictions_do_not_depend_on_batches():
    data, model = colored(50), small_cnn(size=16)
    one = predict_probabilities(model, data.images, batch_size=7)
    np.testing.assert_allclose(one, predict_probabilities(model, data.images), atol=1e-5)
    assert predict_probabilities(model, data.images[:0]).shape == (0, 4)


def test_flips_do_not_change_the_answer_of_a_network_that_was_trained_on_flips():
    images = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), dtype=np.uint8)
    small, plain = small_cnn(size=16), article_cnn(size=16)
    said = predict_probabilities(small, images)
    for flipped in (images[:, ::-1], images[:, :, ::-1], images[:, ::-1, ::-1]):
        np.testing.assert_allclose(predict_probabilities(small, flipped), said, atol=1e-6)
        assert np.abs(predict_probabilities(plain, flipped) - plain.predict(images)).max() > 1e-6
    np.testing.assert_allclose(predict_probabilities(plain, images), plain.predict(images))


def test_plot_history():
    ax = plot_history({"accuracy": [0.2, 0.4], "val_accuracy": [0.1, 0.2]})
    assert len(ax.lines) == 2 and ax.get_xlabel() == "epoch"
    ax.get_figure().draw_without_rendering()
    # no point can be covered by the legend
    assert ax.get_legend().get_window_extent().y0 >= ax.get_window_extent().y1


def test_a_stopped_training_goes_on_as_if_it_had_not_been(tmp_path):
    def stop(epoch, logs):
        if epoch == 1:
            raise KeyboardInterrupt

    data, path = colored(), tmp_path / "training.npz"
    whole, stopped, again = (small_cnn(size=16, seed=3) for _ in range(3))
    history = train(whole, data, data, epochs=4, seed=2).history
    with pytest.raises(KeyboardInterrupt):
        callback = keras.callbacks.LambdaCallback(on_epoch_end=stop)
        train(stopped, data, data, 4, 2, [callback], path)
    seen = []
    callback = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, _: seen.append(epoch))
    assert train(again, data, data, 4, 2, [callback], path).history == history
    assert seen == [2, 3]
    for one, other in zip(whole.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("change", ["seed", "epochs", "images", "network"])
def test_the_state_of_another_training_is_not_used(tmp_path, change):
    data, path, seen = colored(), tmp_path / "training.npz", []
    train(small_cnn(size=16), data, epochs=1, checkpoint=path)
    other = replace(data, images=255 - data.images) if change == "images" else data
    callback = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, _: seen.append(epoch))
    model = small_cnn(size=16, seed=int(change == "network"))
    epochs = 1 + (change == "epochs")
    train(model, other, None, epochs, int(change == "seed"), [callback], path)
    assert seen == list(range(epochs))


@pytest.mark.parametrize("facts", ["[]", "{}", "3", "no JSON"])
def test_a_file_that_is_no_state_is_not_used(tmp_path, facts):
    path, model = tmp_path / "training.npz", small_cnn(size=16)
    np.savez(path, facts=np.array(facts))
    assert Checkpoint(path, "key").restore(model) == 0


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_other_backends_give_the_same_predictions(tmp_path, backend):
    pytest.importorskip(backend)
    model, data = small_cnn(size=16), colored()
    train(model, data, epochs=1)
    save_model(model, tmp_path / "model.keras", NAMES)
    np.save(tmp_path / "images.npy", data.images)
    code = """
import numpy as np
from bloodcell_tut import TrainingData, load_model, predict_probabilities
from bloodcell_tut import save_model, small_cnn, train
images = np.load("images.npy")
np.save("said.npy", predict_probabilities(load_model("model.keras").model, images))
labels = np.arange(len(images)) % 2
data = TrainingData(images, labels, None, ("x",) * len(images), ("a", "b"))
own = small_cnn(2, 16)
train(own, data, epochs=1)
save_model(own, "own.keras", data.class_names)
np.save("own.npy", predict_probabilities(own, images))
"""
    environment = os.environ | {"KERAS_BACKEND": backend}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True)
    said = predict_probabilities(model, data.images)
    np.testing.assert_allclose(np.load(tmp_path / "said.npy"), said, atol=1e-4)
    own = predict_probabilities(load_model(tmp_path / "own.keras").model, data.images)
    np.testing.assert_allclose(np.load(tmp_path / "own.npy"), own, atol=1e-4)
