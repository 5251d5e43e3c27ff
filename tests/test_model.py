"""Training and interruption, on images whose class is a color."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from bloodcell_tut.errors import ArgumentError, ModelError
from bloodcell_tut.files.checkpoint import Checkpoint
from bloodcell_tut.inference.model_file import load_model, save_model
from bloodcell_tut.inference.predict import predict_probabilities
from bloodcell_tut.model import article_cnn, plot_history, small_cnn, train
from bloodcell_tut.training.batches import Batches
from bloodcell_tut.training.recipe import ARTICLE, CELLS, RECIPES
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
    with pytest.raises(ArgumentError, match="n_classes: found 1"):
        make(n_classes=1)
    with pytest.raises(ArgumentError, match="size: found 7"):
        make(size=7)


def test_it_learns():
    data = colored(128)
    model = small_cnn(size=16)
    history = train(model, data, epochs=25)
    said = predict_probabilities(model, data.images)
    assert (said.argmax(1) == data.labels).mean() > 0.9
    assert history.history["loss"][-1] < history.history["loss"][0]


def test_article_s_training_is_the_article_s():
    model = article_cnn(size=16)
    history = train(model, colored(40), recipe=ARTICLE)
    assert len(history.history["loss"]) == 5
    assert history.params["steps"] == 3  # 40 images in batches of 16
    assert type(model.optimizer) is keras.optimizers.Adam
    assert float(model.optimizer.learning_rate) == pytest.approx(0.001)


@pytest.mark.parametrize("make", [small_cnn, article_cnn])
def test_same_seed_same_weights(make):
    data, results = colored(), []
    for _ in range(2):
        model = make(size=16, seed=3)
        train(model, data, epochs=2, seed=3)
        results.append(weights_of(model))
    np.testing.assert_array_equal(*results)
    assert not np.array_equal(weights_of(make(size=16, seed=3)), weights_of(make(size=16, seed=4)))


def own(*last, rate=0.01, loss="sparse_categorical_crossentropy", metrics=("accuracy",)):
    """A learner's own network, compiled with plain gradient descent."""
    keras.utils.set_random_seed(0)
    start = [keras.Input((16, 16, 3)), keras.layers.Rescaling(1 / 255), keras.layers.Flatten()]
    last = last or (keras.layers.Dense(4, "softmax"),)
    model = keras.Sequential([*start, *last], name="own")
    model.compile(keras.optimizers.SGD(rate), loss, metrics=list(metrics), jit_compile=False)
    return model


def test_a_compiled_model_is_trained_as_it_was_compiled():
    model, data = own(rate=0.05), colored()
    optimizer, before = model.optimizer, weights_of(model)
    history = train(model, data, epochs=2).history
    assert model.optimizer is optimizer and type(optimizer) is keras.optimizers.SGD
    assert float(optimizer.learning_rate) == pytest.approx(0.05)
    assert set(history) == {"accuracy", "loss"}
    assert np.abs(weights_of(model) - before).max() > 1e-4
    # batches are those of `CELLS`
    descent = replace(CELLS, optimizer=lambda steps: keras.optimizers.SGD(0.05), augmentation=())
    twin = own(rate=9.0)
    train(twin, data, recipe=descent, epochs=2)
    np.testing.assert_array_equal(weights_of(model), weights_of(twin))


def test_a_compiled_model_of_ours_is_trained_as_it_was_compiled():
    model = small_cnn(size=16)
    model.compile("sgd", "categorical_crossentropy", metrics=["AUC"], loss_weights=[0.5])
    history = train(model, colored(), epochs=1).history
    assert type(model.optimizer) is keras.optimizers.SGD
    assert model.loss == "categorical_crossentropy" and model.get_compile_config()[
        "loss_weights"
    ] == [0.5]
    assert set(history) == {"AUC", "loss"}


def test_what_nobody_compiled_gets_our_recipe_whatever_its_name():
    last = [keras.layers.Flatten(), keras.layers.Dense(4, "softmax")]
    theirs = keras.Sequential([keras.Input((16, 16, 3)), *last])
    for model in (small_cnn(size=16), article_cnn(size=16), theirs):
        assert not model.compiled
        history = train(model, colored(65), epochs=1)
        assert type(model.optimizer) is keras.optimizers.AdamW
        assert history.params["steps"] == 2  # batches of 64


def test_a_recipe_compiles_anew():
    model = own()
    with pytest.warns(UserWarning, match="found the augmentation none, which stays"):
        train(model, colored(), recipe=CELLS, epochs=1)
    assert type(model.optimizer) is keras.optimizers.AdamW
    model = small_cnn(size=16)
    with pytest.warns(UserWarning, match=r"RandomContrast.+recipe article has none"):
        assert train(model, colored(40), recipe=ARTICLE).params["steps"] == 3
    assert type(model.optimizer) is keras.optimizers.Adam


@pytest.mark.parametrize("make", [small_cnn, article_cnn])
@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_networks_are_built_with_the_augmentation_of_a_recipe(make, recipe, recwarn):
    model = make(size=16, recipe=recipe)
    names = [type(layer).__name__ for layer in model.layers]
    expected = {
        "natural": ["RandomFlip"],
        "letters": [],
        "cells": ["RandomFlip", "RandomRotation", "RandomBrightness", "RandomContrast"],
        "anywhere": ["RandomFlip"],
        "article": [],
    }
    assert [n for n in names if n.startswith("Random")] == expected[recipe.name]
    train(model, colored(), recipe=recipe, epochs=1)
    assert not [warning for warning in recwarn if issubclass(warning.category, UserWarning)]


def test_class_numbers_and_one_hot_rows_teach_the_same():
    weights = []
    for loss in ("sparse_categorical_crossentropy", keras.losses.CategoricalCrossentropy()):
        model = own(loss=loss)
        history = train(model, colored(), colored(32), epochs=2).history
        assert set(history) == {"accuracy", "loss", "val_accuracy", "val_loss"}
        weights.append(weights_of(model))
    np.testing.assert_allclose(weights[0], weights[1], atol=1e-6)


def test_weights_of_classes_in_a_loss_are_kept():
    loss = keras.losses.CategoricalFocalCrossentropy(alpha=[0, 0, 0, 1.0], gamma=0)
    model = own(loss=loss)
    train(model, colored(), epochs=30)
    assert model.loss is loss
    assert (predict_probabilities(model, colored().images).argmax(1) == 3).all()


def test_metrics_of_ones_own():
    f1, data = keras.metrics.F1Score(), colored()  # one number for each class
    history = train(
        own(loss="categorical_crossentropy", metrics=[f1]), data, data, epochs=2
    ).history
    assert set(history) == {"f1_score", "loss", "val_f1_score", "val_loss"}
    assert plot_history(history).get_ylabel() == "loss"
    assert set(train(own(metrics=[]), data, epochs=1).history) == {"loss"}


def test_a_compiled_model_with_metrics_of_ones_own_goes_on(tmp_path):
    def stop(epoch, logs):
        raise KeyboardInterrupt

    data, path = colored(), tmp_path / "training.npz"
    models = [own(loss="mse", metrics=[keras.metrics.F1Score()]) for _ in range(3)]
    whole = train(models[0], data, epochs=3).history
    callback = keras.callbacks.LambdaCallback(on_epoch_end=stop)
    with pytest.raises(KeyboardInterrupt):
        train(models[1], data, epochs=3, checkpoint=path, callbacks=[callback])
    history = train(models[2], data, epochs=3, checkpoint=path).history
    assert history["loss"] == whole["loss"]
    np.testing.assert_array_equal(history["f1_score"], whole["f1_score"])
    np.testing.assert_array_equal(weights_of(models[0]), weights_of(models[2]))


def by_hand(y_true, y_pred):
    return keras.losses.sparse_categorical_crossentropy(y_true, y_pred)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (lambda: own(loss=by_hand), "its loss by_hand .+ can't take one-hot rows of 4 classes"),
        (lambda: own(metrics=["categorical_accuracy"]), "can't take class numbers of 4 classes"),
        (lambda: own(loss="mse", metrics=["sparse_categorical_accuracy"]), "can't take one-hot"),
        (lambda: own(loss=None), "found the losses None; expected one"),
        (lambda: own(keras.layers.Dense(1), loss="mse"), r"\(None, 1\); expected \(None, 4\)"),
        (lambda: own(keras.layers.Dense(5, "softmax")), r"\(None, 5\).+n_classes=4"),
        (lambda: own(rate=0.0), "found a learning rate of 0 after 0 steps"),
    ],
)
def test_what_does_not_fit_is_said_before_the_first_batch(model, message):
    model = model()
    before = weights_of(model)
    with pytest.raises(ModelError, match=message):
        train(model, colored(), epochs=1)
    np.testing.assert_array_equal(weights_of(model), before)


def logits_of(loss):
    """A network that ends without softmax; compiled, if there is a loss."""
    model = own(keras.layers.Dense(4), loss=loss or "mse", rate=0.05)
    return model if loss else keras.Sequential([keras.Input((16, 16, 3)), *model.layers])


sparse = keras.losses.SparseCategoricalCrossentropy


@pytest.mark.parametrize(
    ("loss", "recipe"),
    [
        (None, None),
        (None, ARTICLE),
        ("sparse_categorical_crossentropy", None),
        ("categorical_crossentropy", None),
        (keras.losses.sparse_categorical_crossentropy, None),
        (sparse(), None),
        (keras.losses.CategoricalCrossentropy(), None),
        (sparse(from_logits=True), ARTICLE),
    ],
)
def test_logits_are_refused_by_a_loss_that_takes_probabilities(loss, recipe):
    model = logits_of(loss)
    before, compiled, kept = weights_of(model), model.compiled, model.loss if loss else None
    with pytest.raises(ModelError, match="end the network with a softmax"):
        train(model, colored(), epochs=1, recipe=recipe)
    np.testing.assert_array_equal(weights_of(model), before)
    assert model.compiled == compiled and (not loss or model.loss is kept)


def test_logits_are_trained_on_by_a_loss_that_takes_them_and_a_softmax_is_the_same():
    data = colored()
    plain, logits = own(rate=0.05), logits_of(sparse(from_logits=True))
    logits.set_weights(plain.get_weights())
    losses = [train(model, data, epochs=2).history["loss"] for model in (plain, logits)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)
    np.testing.assert_allclose(weights_of(plain), weights_of(logits), atol=1e-4)
    with pytest.raises(ModelError, match="end the network with a softmax"):
        predict_probabilities(logits, data.images)
    ended = keras.Sequential([logits, keras.layers.Softmax()])
    np.testing.assert_allclose(
        predict_probabilities(ended, data.images),
        predict_probabilities(plain, data.images),
        atol=1e-4,
    )


def test_a_mean_squared_error_may_be_asked_for_any_numbers():
    model = logits_of("mse")
    assert np.isfinite(train(model, colored(), epochs=1).history["loss"][0])


def test_a_schedule_that_is_over_is_not_trained_on_in_vain():
    model, data = small_cnn(size=16), colored()
    train(model, data, epochs=2)
    with pytest.raises(ModelError, match=r"after 2 steps.+recipe=CELLS"):
        train(model, data, epochs=1)
    before = weights_of(model)
    train(model, data, recipe=CELLS, epochs=1)
    assert np.abs(weights_of(model) - before).max() > 1e-5


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
    with pytest.raises(ModelError, match="expected one or more"):
        train(small_cnn(size=16), data, validation=colored(size=8), epochs=1)
    with pytest.raises(ArgumentError, match="epochs: found 0"):
        train(small_cnn(size=16), data, epochs=0)
    with pytest.raises(ModelError, match=r"expected \(n, 24, 24, 3\)"):
        predict_probabilities(model, data.images)


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
        np.testing.assert_allclose(predict_probabilities(small, flipped), said, atol=1e-5)
        assert np.abs(predict_probabilities(plain, flipped) - plain.predict(images)).max() > 1e-6
    np.testing.assert_allclose(predict_probabilities(plain, images), plain.predict(images))


@pytest.mark.parametrize(
    ("history", "shown"),
    [
        ({"loss": [2.0, 1.0]}, "loss"),
        ({"loss": [2.0], "learning_rate": [0.1], "val_loss": [3.0]}, "loss"),
        ({"auc": [0.5, 0.7], "loss": [2.0, 1.0]}, "auc"),
        ({"f1_score": [[0.5, 0.7]], "loss": [2.0]}, "loss"),
        ({"auc": [0.5], "accuracy": [0.2], "val_accuracy": [0.1]}, "accuracy"),
    ],
)
def test_plot_history_takes_what_is_there(history, shown):
    ax = plot_history(history)
    assert ax.get_ylabel() == shown
    assert len(ax.lines) == 1 + (f"val_{shown}" in history)
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), history[shown])


def test_plot_history_without_an_epoch():
    with pytest.raises(ArgumentError, match="no number for an epoch"):
        plot_history({"loss": []})


def test_plot_history():
    ax = plot_history({"accuracy": [0.2, 0.4], "val_accuracy": [0.1, 0.2]})
    assert len(ax.lines) == 2 and ax.get_xlabel() == "epoch"
    ax.get_figure(root=True).draw_without_rendering()
    # no point can be covered by the legend
    assert ax.get_legend().get_window_extent().y0 >= ax.get_window_extent().y1


def test_a_stopped_training_goes_on_as_if_it_had_not_been(tmp_path):
    def stop(epoch, logs):
        if epoch == 1:
            raise KeyboardInterrupt

    data, path = colored(), tmp_path / "training.npz"
    whole, stopped, again = (small_cnn(size=16, seed=3) for _ in range(3))
    settings = {"epochs": 4, "seed": 2, "checkpoint": path}
    history = train(whole, data, data, epochs=4, seed=2).history
    with pytest.raises(KeyboardInterrupt):
        callback = keras.callbacks.LambdaCallback(on_epoch_end=stop)
        train(stopped, data, data, **settings, callbacks=[callback])
    seen = []
    callback = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, _: seen.append(epoch))
    assert train(again, data, data, **settings, callbacks=[callback]).history == history
    assert seen == [2, 3]
    for one, other in zip(whole.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_each_epoch_of_a_training_has_an_order_of_its_own():
    data, seen = colored(), []

    def note(images, rng):
        seen.append(images.tobytes())
        return images

    train(small_cnn(size=16), data, recipe=replace(CELLS, variation=note), epochs=3, seed=5)
    batches = Batches(data, CELLS.batch_size, CELLS.balanced, seed=5)
    for epoch in range(3):
        batches.go_to(epoch)
        assert batches[0][0].tobytes() in seen, epoch
    batches.go_to(3)
    assert batches[0][0].tobytes() not in seen


PLAIN = replace(ARTICLE, augmentation=CELLS.augmentation)


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """What trainings by two recipes have kept that were to take two epochs and were stopped."""

    def stop(epoch, logs):
        raise KeyboardInterrupt

    callback = keras.callbacks.LambdaCallback(on_epoch_end=stop)
    states = {}
    for recipe in (CELLS, PLAIN):
        path = tmp_path_factory.mktemp("stopped") / "training.npz"
        settings = {"epochs": 2, "callbacks": [callback], "checkpoint": path}
        with pytest.raises(KeyboardInterrupt):
            train(small_cnn(size=16), colored(), recipe=recipe, **settings)
        states[recipe.name] = path.read_bytes()
    return states


@pytest.mark.parametrize("change", ["", "seed", "epochs", "images", "network", "recipe", "batch"])
def test_the_state_of_another_training_is_not_used(tmp_path, stopped, change):
    data, path, seen = colored(), tmp_path / "training.npz", []
    path.write_bytes(stopped[(PLAIN if change == "batch" else CELLS).name])
    callback = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, _: seen.append(epoch))
    settings = {
        "epochs": 2 + (change == "epochs"),
        "seed": int(change == "seed"),
        "recipe": {"recipe": PLAIN, "batch": replace(PLAIN, batch_size=32)}.get(change),
    }
    model = small_cnn(size=16, seed=int(change == "network"))
    other = replace(data, images=255 - data.images) if change == "images" else data
    train(model, other, **settings, callbacks=[callback], checkpoint=path)
    assert seen == list(range(int(not change), settings["epochs"]))


@pytest.mark.parametrize("facts", ["[]", "{}", "3", "no JSON"])
def test_a_file_that_is_no_state_is_not_used(tmp_path, facts):
    path, model = tmp_path / "training.npz", small_cnn(size=16)
    CELLS.compile(model, steps=1)
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
