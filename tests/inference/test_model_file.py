"""Saving and loading, and what a model file may not do."""

import io
import json
import zipfile
from pathlib import Path
from typing import ClassVar

import keras
import numpy as np
import pytest
from builders import noise

from bloodcell_tut.errors import ArgumentError, ModelError
from bloodcell_tut.evaluation import evaluate
from bloodcell_tut.inference import network_file
from bloodcell_tut.inference.model_file import SavedModel, load_model, save_model
from bloodcell_tut.inference.own_images import predict_photograph
from bloodcell_tut.inference.predict import predict_probabilities
from bloodcell_tut.model import small_cnn
from bloodcell_tut.training_data import TrainingData

NAMES = ("EOSINOPHIL", "LYMPHOCYTE", "MONOCYTE", "NEUTROPHIL")


def test_save_and_load(tmp_path):
    model = small_cnn(size=16)
    images = np.random.default_rng(0).integers(0, 256, (9, 16, 16, 3), np.uint8)
    path = tmp_path / "größe 😀.keras"
    save_model(model, path, NAMES, crop=False)
    saved = load_model(path)
    assert isinstance(saved, SavedModel)
    assert saved.class_names == NAMES and saved.crop is False
    np.testing.assert_array_equal(
        predict_probabilities(saved.model, images), predict_probabilities(model, images)
    )
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_save_refuses(tmp_path):
    with pytest.raises(ArgumentError, match=r"expected '\.keras'"):
        save_model(small_cnn(size=16), tmp_path / "model.h5", NAMES)
    with pytest.raises(ArgumentError, match="found 2; expected 4"):
        save_model(small_cnn(size=16), tmp_path / "model.keras", NAMES[:2])
    assert not list(tmp_path.iterdir())


def rewrite(path, **members):
    """Replace members of a model file; None leaves one out."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()} | members
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            if data is not None:
                archive.writestr(name, data)


def test_load_refuses_what_is_not_ours(tmp_path):
    path = tmp_path / "model.keras"
    with pytest.raises(ModelError, match="no such file"):
        load_model(path)
    with pytest.raises(ModelError, match=r"expected a \.keras file"):
        load_model(tmp_path)
    for content in (b"", b"text", b"PK\x03\x04 and no more"):
        path.write_bytes(content)
        with pytest.raises(ModelError, match=r"model\.keras: found"):
            load_model(path)
    save_model(small_cnn(size=16), path, NAMES)
    whole = path.read_bytes()
    for end in (100, len(whole) // 2, len(whole) - 10):
        path.write_bytes(whole[:end])
        with pytest.raises(ModelError, match=r"model\.keras: found"):
            load_model(path)


@pytest.mark.parametrize(
    "members",
    [
        {"bloodcell_tut.json": b"[]"},
        {"bloodcell_tut.json": b"{}"},
        {"bloodcell_tut.json": json.dumps({"class_names": ["A"], "crop": True}).encode()},
        {"config.json": b"{}"},
        {"model.weights.h5": b"nothing"},
        {"model.weights.h5": None},
        {"bloodcell_tut.json": None},
    ],
)
def test_load_refuses_a_file_that_was_changed(tmp_path, members):
    path = tmp_path / "model.keras"
    save_model(small_cnn(size=16), path, NAMES)
    rewrite(path, **members)
    with pytest.raises(ModelError, match=r"model\.keras: found"):
        load_model(path)


def test_what_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "model.keras"
    save_model(small_cnn(size=16), path, NAMES)
    monkeypatch.setattr(network_file, "_MAX_BYTES", 2 * path.stat().st_size)
    load_model(path)
    zeros = io.BytesIO()
    np.savez_compressed(zeros, mean=np.zeros(path.stat().st_size))
    rewrite(path, **{"bloodcell_tut_out_of_distribution.npz": zeros.getvalue()})
    with pytest.raises(ModelError, match="more than 1 GB when unpacked"):
        load_model(path)
    rewrite(path, **{"bloodcell_tut_out_of_distribution.npz": None})
    monkeypatch.setattr(network_file, "_MAX_BYTES", path.stat().st_size // 2)
    monkeypatch.delattr(json, "load")  # its facts are not even read
    with pytest.raises(ModelError, match="more than 1 GB when unpacked"):
        load_model(path)


def test_a_model_file_can_not_run_programs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path, mark = tmp_path / "model.keras", tmp_path / "was here"
    program = keras.layers.Lambda(lambda x: (open("was here", "w").close(), x)[1])  # type: ignore[func-returns-value] # noqa: PTH123
    network = keras.Sequential(
        [keras.Input((8, 8, 3)), program, keras.layers.Flatten(), keras.layers.Dense(4)]
    )
    network.save(path)
    facts = json.dumps({"class_names": NAMES, "crop": True}).encode()
    rewrite(path, **{"bloodcell_tut.json": facts})
    assert mark.exists()
    mark.unlink()
    with pytest.raises(ModelError, match=r"model\.keras: found"):
        load_model(path)
    assert not mark.exists()


@keras.saving.register_keras_serializable("tests")
class Noted(keras.initializers.Initializer):
    """Notes the shape of the weights that it is asked to make."""

    asked: ClassVar[list[tuple[int, ...]]] = []

    def __call__(self, shape, dtype=None):
        self.asked.append(tuple(shape))
        return np.zeros(shape, np.float32)

    def get_config(self):
        return {}


def test_a_refused_file_leaves_no_weights_to_be_made_later(tmp_path):
    path = tmp_path / "model.keras"
    save_model(small_cnn(size=16), path, NAMES)
    with zipfile.ZipFile(path) as archive:
        plan = json.loads(archive.read("config.json"))
    last = plan["config"]["layers"][-1]["config"]
    last["units"] = 10**6
    last["kernel_initializer"] = keras.saving.serialize_keras_object(Noted())
    rewrite(path, **{"config.json": json.dumps(plan).encode()})
    with pytest.raises(ModelError, match="weights in a file of"):
        load_model(path)
    keras.Sequential([keras.Input((8,)), keras.layers.Lambda(lambda x: x)])
    assert Noted.asked == []


def sequence(*layers):
    return keras.Sequential([keras.Input((16, 16, 3)), *layers])


def shared(side=16):
    """A layer that is used again and again, on ever larger images."""
    image = inside = keras.Input((side, side, 3))
    larger = keras.layers.UpSampling2D(4)
    for _ in range(5):
        inside = larger(inside)
    return keras.Model(image, inside)


def of_any_size():
    layers = [keras.Input((None, None, 3)), keras.layers.ZeroPadding2D(8000)]
    return keras.Sequential(layers)


@pytest.mark.parametrize(
    ("build", "values"),
    [
        (lambda: sequence(keras.layers.ZeroPadding2D(40_000)), 3 * 80_016**2),
        (lambda: sequence(keras.layers.ZeroPadding2D(8000)), 3 * 16_016**2),
        (lambda: sequence(keras.layers.UpSampling2D(200)), 3 * 3200**2),
        (lambda: sequence(sequence(keras.layers.ZeroPadding2D(8000))), 3 * 16_016**2),
        (lambda: sequence(shared()), 3 * 16_384**2),
        (of_any_size, 3 * 16_064**2),
    ],
)
def test_what_puts_out_too_much_is_refused_before_it_does(tmp_path, build, values):
    path = tmp_path / "model.keras"
    inner = build()
    last = [keras.layers.GlobalMaxPooling2D(), keras.layers.Dense(4)]
    model = keras.Sequential([keras.Input(inner.input_shape[1:]), inner, *last])
    refused = f"returns {values:,} values for an image, where"
    with pytest.raises(ModelError, match=refused):
        save_model(model, path, NAMES)
    assert not path.exists(), "what can't be loaded is not saved"
    model.save(path)
    rewrite(path, **{"bloodcell_tut.json": json.dumps({"class_names": NAMES, "crop": True})})
    with pytest.raises(ModelError, match=refused):
        load_model(path)
    assert keras.KerasTensor((1, 9000, 9000)).shape == (1, 9000, 9000), "Keras is as it was"


def test_what_vgg16_puts_out_is_taken(tmp_path):
    path = tmp_path / "model.keras"
    first = [keras.Input((224, 224, 3)), keras.layers.Conv2D(64, 3, padding="same")]
    last = [keras.layers.GlobalMaxPooling2D(), keras.layers.Dense(4)]
    save_model(keras.Sequential([*first, *last]), path, NAMES)
    assert load_model(path).model.layers[0].output.shape == (None, 224, 224, 64)


def ending_in(*layers, side=8):
    """A network that ends in 4 classes."""
    last = [keras.layers.Flatten(), keras.layers.Dense(4, "softmax")]
    return keras.Sequential([keras.Input((side, side, 3)), *layers, *last])


def own_loss(truth, said):
    return keras.losses.sparse_categorical_crossentropy(truth, said)


def with_own_loss():
    model = ending_in()
    model.compile("adam", own_loss)
    return model


class Nameless(keras.layers.Layer):
    """A layer that Keras does not know."""

    def call(self, x):
        return 2 * x


class Unsaved(keras.layers.Layer):
    """A layer that tells nobody how it was made."""

    def __init__(self, factors):
        super().__init__()
        self.factors = keras.ops.convert_to_tensor(factors)

    def call(self, x):
        return x * self.factors


@keras.saving.register_keras_serializable("tests")
class Forgetful(keras.layers.Layer):
    """A layer that is found again, and is not what it was."""

    factor = 1.0

    def call(self, x):
        return x * self.factor


def forgetful():
    layer = Forgetful()
    layer.factor = 0.001
    return ending_in(layer)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: ending_in(keras.layers.Lambda(lambda x: 2 * x)),
            "again .a Lambda layer, which is a program.;",
        ),
        (with_own_loss, "the function 'own_loss', which Keras doesn.t know"),
        (lambda: ending_in(Nameless()), "the class 'Nameless', which .*register_keras"),
        (lambda: ending_in(Unsaved([2.0])), "can't be loaded again"),
        (forgetful, "found other answers after it was saved and loaded"),
    ],
)
def test_what_can_not_be_loaded_again_replaces_nothing(tmp_path, build, message):
    path = tmp_path / "model.keras"
    path.write_bytes(b"before")
    with pytest.raises(ModelError, match=message):
        save_model(build(), path, NAMES)
    assert path.read_bytes() == b"before" and len(list(tmp_path.iterdir())) == 1


@keras.saving.register_keras_serializable("tests")
class Scaled(keras.layers.Layer):
    """A layer of one's own, as Keras wants it."""

    def __init__(self, factor, **rest):
        super().__init__(**rest)
        self.factor = factor

    def call(self, x):
        return x * self.factor

    def get_config(self):
        return super().get_config() | {"factor": self.factor}


@keras.saving.register_keras_serializable("tests")
def known_loss(truth, said):
    return own_loss(truth, said)


def test_a_registered_layer_and_loss_are_loaded_where_they_are_known(tmp_path, monkeypatch):
    path = tmp_path / "model.keras"
    model, images = ending_in(Scaled(0.01)), noise(3, 8)
    model.compile("adam", known_loss)
    save_model(model, path, NAMES)
    saved = load_model(path)
    np.testing.assert_allclose(
        predict_probabilities(saved.model, images), model.predict(images, verbose=0), atol=1e-5
    )
    assert saved.model.loss is known_loss
    monkeypatch.delitem(keras.saving.get_custom_objects(), "tests>Scaled")
    with pytest.raises(ModelError, match="the class 'Scaled', which Keras doesn't know; import"):
        load_model(path)


@pytest.mark.parametrize("preprocess", ["[0, 255]", "[0, 1]", "[-1, 1]"])
def test_a_file_brings_the_scaling_that_its_network_needs(tmp_path, preprocess):
    images, path = noise(3, 8), tmp_path / "model.keras"
    pool = [keras.layers.Conv2D(3, 3), keras.layers.GlobalAveragePooling2D()]
    model = keras.Sequential([keras.Input((8, 8, 3)), *pool, keras.layers.Dense(4, "softmax")])
    scaled = {"[0, 255]": images, "[0, 1]": images / 255, "[-1, 1]": images / 127.5 - 1}
    expected = model.predict(scaled[preprocess], verbose=0)
    save_model(model, path, NAMES, crop=False, preprocess=preprocess)
    saved = load_model(path)
    said = predict_probabilities(saved.model, images)
    np.testing.assert_allclose(said, expected, atol=1e-5)
    (finding,) = predict_photograph(saved, images[0])
    np.testing.assert_allclose(list(finding.probabilities.values()), expected[0], atol=1e-5)
    test = TrainingData(
        images, np.arange(3), None, tuple(Path(f"{i}.png") for i in range(3)), NAMES
    )
    np.testing.assert_array_equal(evaluate(saved.model, test).probabilities, said)
    save_model(saved.model, path, NAMES)
    again = predict_probabilities(load_model(path).model, images)
    np.testing.assert_allclose(again, said, atol=1e-5)


@pytest.mark.parametrize("preprocess", ["imagenet", lambda x: x / 255, "[0, 1]"])
def test_a_scaling_that_no_file_can_keep_is_refused(tmp_path, preprocess):
    model = small_cnn(size=16)  # which takes whole numbers
    with pytest.raises(ArgumentError, match="preprocess: found"):
        save_model(model, tmp_path / "model.keras", NAMES, preprocess=preprocess)
    if preprocess == "[0, 1]":
        with pytest.raises(ArgumentError, match=r"takes uint8; expected '\[0, 255\]'"):
            predict_probabilities(model, noise(1, 16), preprocess=preprocess)
    assert not list(tmp_path.iterdir())


def test_one_sigmoid_has_two_names(tmp_path):
    path, images = tmp_path / "model.keras", noise(4, 8) // 64
    last = [keras.layers.Flatten(), keras.layers.Dense(1, "sigmoid")]
    model = keras.Sequential([keras.Input((8, 8, 3)), *last])
    save_model(model, path, ("NO", "YES"), crop=False)
    saved = load_model(path)
    share = model.predict(images, verbose=0)[:, 0]
    said = predict_probabilities(saved.model, images)
    np.testing.assert_allclose(said, np.stack([1 - share, share], axis=1), atol=1e-5)
    for image, yes in zip(images, share, strict=True):
        (finding,) = predict_photograph(saved, image)
        assert finding.probabilities == pytest.approx({"NO": 1 - yes, "YES": yes}, abs=1e-5)
    for names in (("YES",), ("NO", "YES", "MAYBE")):
        with pytest.raises(ArgumentError, match=f"found {len(names)}; expected 2, the second"):
            save_model(model, path, names)


def test_names_differ(tmp_path):
    path = tmp_path / "model.keras"
    with pytest.raises(ArgumentError, match="one name for each class, all different"):
        save_model(ending_in(), path, ("A", "B", "A", "C"))
    save_model(ending_in(), path, NAMES)
    facts = json.dumps({"class_names": ["A", "B", "A", "C"], "crop": True})
    rewrite(path, **{"bloodcell_tut.json": facts})
    with pytest.raises(ModelError, match="one name for each class, all different"):
        load_model(path)


def test_what_has_not_one_output_is_not_saved(tmp_path):
    first = keras.Input((8, 8, 3))
    flat = keras.layers.Flatten()(first)
    both = keras.Model(first, [keras.layers.Dense(n, "softmax")(flat) for n in (4, 2)])
    with pytest.raises(ModelError, match="expected one output"):
        save_model(both, tmp_path / "model.keras", NAMES)
    with pytest.raises(ModelError, match="expected one input"):
        save_model(keras.Sequential([keras.layers.Dense(4)]), tmp_path / "model.keras", NAMES)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["own.keras", "own.h5"])
def test_a_file_of_keras_own_is_told_how_it_gets_its_names(tmp_path, name):
    ending_in().save(tmp_path / name)
    with pytest.raises(ModelError, match="without class names") as told:
        load_model(tmp_path / name)
    path = str(tmp_path / name)
    assert f"'bloodcell-tut predict --classes A,B,C --model {path} IMAGE...'" in str(told.value)
    line = f"save_model(keras.saving.load_model({path!r}), 'named.keras', ['A', 'B', 'C', 'D']"
    assert line.replace(", 'D'", "") in str(told.value)
