"""Networks of others get names, and their files are looked at with the same care as ours."""

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import h5py
import keras
import numpy as np
import pytest
from builders import field, noise
from keras import layers
from typer.testing import CliRunner

import bloodcell_tut as bt
from bloodcell_tut.cli import app
from bloodcell_tut.inference import load_keras_model
from bloodcell_tut.inference.model_file import save_model


def network(n_classes: int = 3, *inside: keras.layers.Layer, side: int | None = 8) -> keras.Model:
    """A network such as others have: no layer scales its pixels."""
    last = [layers.GlobalAveragePooling2D(), layers.Dense(n_classes, "softmax")]
    return keras.Sequential([keras.Input((side, side, 3)), *inside, layers.Conv2D(4, 3), *last])


@pytest.mark.parametrize("ending", [".keras", ".h5"])
@pytest.mark.parametrize(
    ("preprocess", "scaled"),
    [
        ("[0, 255]", lambda pixels: pixels),
        ("[0, 1]", lambda pixels: pixels / 255),
        ("[-1, 1]", lambda pixels: pixels / 127.5 - 1),
    ],
)
def test_a_named_network_says_what_it_said(
    tmp_path: Path, ending: str, preprocess: str, scaled: Callable[[np.ndarray], np.ndarray]
) -> None:
    path, model, images = tmp_path / f"own{ending}", network(), noise(3, 8)
    model.compile("adam", lambda truth, said: said)  # a loss that no file can keep
    model.save(path)
    saved = load_keras_model(path, ["a", "b", "c"], preprocess=preprocess)
    assert saved.class_names == ("a", "b", "c") and saved.crop is False and saved.detector is None
    expected = model.predict(scaled(images.astype(np.float32)), verbose=0)
    np.testing.assert_allclose(bt.predict_probabilities(saved.model, images), expected, atol=1e-5)
    save_model(saved.model, tmp_path / "ours.keras", saved.class_names, saved.crop)
    again = bt.load_model(tmp_path / "ours.keras").model
    np.testing.assert_allclose(bt.predict_probabilities(again, images), expected, atol=1e-5)


def in_old_words(plan: dict) -> dict:
    """A description as Keras 2 wrote it: no modules, shapes of whole batches."""
    first = {"batch_input_shape": [None, 8, 8, 3], "dtype": "float32", "name": "first"}
    found = [{"class_name": "InputLayer", "config": first}]
    for layer in plan["config"]["layers"][1:]:
        kept = ("name", "filters", "kernel_size", "units", "activation", "padding")
        config = {key: layer["config"][key] for key in kept if key in layer["config"]}
        found.append({"class_name": layer["class_name"], "config": config | {"dtype": "float32"}})
    return {"class_name": "Sequential", "config": {"name": "old", "layers": found}}


def change(path: Path, made: Callable[[dict], dict]) -> None:
    with h5py.File(path, "r+") as file:
        file.attrs["model_config"] = json.dumps(made(json.loads(file.attrs["model_config"])))


def test_a_file_of_keras_2_is_read(tmp_path: Path) -> None:
    path, model = tmp_path / "old.h5", network()
    model.save(path)
    change(path, in_old_words)
    said = bt.predict_probabilities(load_keras_model(path, list("abc")).model, noise(3, 8))
    np.testing.assert_allclose(said, model.predict(noise(3, 8), verbose=0), atol=1e-5)


def with_lambda(tmp_path: Path) -> Path:
    network(3, layers.Lambda(lambda x: 2 * x)).save(tmp_path / "own.h5")
    return tmp_path / "own.h5"


def heavy(tmp_path: Path) -> Path:
    def more(plan: dict) -> dict:
        plan["config"]["layers"][1]["config"]["filters"] = 10**5
        return plan

    network().save(tmp_path / "own.h5")
    change(tmp_path / "own.h5", more)
    return tmp_path / "own.h5"


def wide(ending: str) -> Callable[[Path], Path]:
    def make(tmp_path: Path) -> Path:
        network(3, layers.ZeroPadding2D(8000), layers.MaxPooling2D(1000)).save(
            tmp_path / f"own{ending}"
        )
        return tmp_path / f"own{ending}"

    return make


def long(tmp_path: Path) -> Path:
    network().save(tmp_path / "own.h5")
    with h5py.File(tmp_path / "own.h5", "w", libver="latest") as file:
        file.attrs["model_config"] = "[" * 2_000_001
    return tmp_path / "own.h5"


def cut_short(tmp_path: Path) -> Path:
    network().save(tmp_path / "own.h5")
    content = (tmp_path / "own.h5").read_bytes()
    (tmp_path / "own.h5").write_bytes(content[: len(content) // 2])
    return tmp_path / "own.h5"


def weights(tmp_path: Path) -> Path:
    network().save_weights(tmp_path / "own.weights.h5")
    return tmp_path / "own.weights.h5"


def text(tmp_path: Path) -> Path:
    (tmp_path / "own.keras").write_text("no model")
    return tmp_path / "own.keras"


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (with_lambda, "a Lambda layer, which is a program"),
        (heavy, r"3,100,003 weights in a file of [\d,]+ bytes"),
        (wide(".h5"), "a layer that returns 768,[0-9,]+ values"),
        (wide(".keras"), "a layer that returns 768,[0-9,]+ values"),
        (long, "'model_config' of 2,000,001 bytes, where at most 2,000,000 are allowed"),
        (cut_short, ".+"),
        (weights, "weights without a network"),
        (text, "a file that isn't a model, or only a part of one"),
        (lambda folder: folder / "none.h5", "no such file"),
        (lambda folder: folder, "a folder"),
    ],
)
def test_files_are_looked_at_with_care(
    tmp_path: Path, make: Callable[[Path], Path], found: str
) -> None:
    path = make(tmp_path)
    with pytest.raises(bt.ModelError, match=f"found {found}.*; expected a network that Keras"):
        load_keras_model(path, list("abc"))


def test_a_file_with_names_is_not_renamed(tmp_path: Path) -> None:
    bt.save_model(network(), tmp_path / "ours.keras", list("abc"), crop=False)
    with pytest.raises(bt.ModelError, match="found a model file with class names"):
        load_keras_model(tmp_path / "ours.keras", list("cba"))


def photographs(folder: Path) -> list[str]:
    for seed in range(2):
        cv2.imwrite(str(folder / f"{seed}.png"), field(1, seed)[0][:, :, ::-1])
    return [str(folder / f"{seed}.png") for seed in range(2)]


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_predict_names_the_outputs_of_a_model_from_elsewhere(tmp_path: Path, ending: str) -> None:
    path, model = tmp_path / f"own{ending}", network(side=32)
    model.save(path)
    command = ["predict", *photographs(tmp_path), "--model", str(path), "--json"]
    chosen = ["--classes", "red, green,blue", "--preprocess", "[-1, 1]"]
    done = CliRunner().invoke(app, [*command, *chosen])
    assert done.exit_code == 0, done.output
    assert "its outputs are 0 red, 1 green, 2 blue; asked about the whole image" in done.stderr
    assert "(--crop whole), with pixels in [-1, 1]" in done.stderr
    for seed, answer in enumerate(json.loads(done.stdout)):
        (cell,) = answer["cells"]
        image = bt.prepare_image(field(1, seed)[0], 32, crop=False)[None]
        expected = model.predict(image / 127.5 - 1, verbose=0)[0]
        assert list(cell["probabilities"]) == ["red", "green", "blue"]
        np.testing.assert_allclose(list(cell["probabilities"].values()), expected, atol=1e-4)
    done = CliRunner().invoke(app, [*command, "--classes", "a,b,c", "--crop", "cell"])
    assert "asked about each white cell (--crop cell), with pixels in [0, 255]" in done.stderr
    for seed, answer in enumerate(json.loads(done.stdout)):
        image = bt.prepare_image(field(1, seed)[0], 32)[None]
        said = model.predict(image, verbose=0)[0]
        shares = answer["cells"][0]["probabilities"].values()
        np.testing.assert_allclose(list(shares), said, atol=1e-4)


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ([], 1, "predict --classes A,B,C --model"),
        (["--classes", "a,b"], 1, "class_names: found 2; expected 3, one for each output"),
        (["--classes", "a,b,b"], 1, "one name for each class, all different"),
        (["--crop", "cell"], 2, "--crop and --preprocess need --classes"),
        (["--preprocess", "[0, 1]"], 2, "--crop and --preprocess need --classes"),
        (["--classes", "a,b,c", "--preprocess", "0"], 2, "'[0, 255]', '[0, 1]', '[-1, 1]'"),
    ],
)
def test_predict_says_what_is_missing(
    tmp_path: Path, options: list[str], code: int, said: str
) -> None:
    network(side=32).save(tmp_path / "own.keras")
    image = photographs(tmp_path)[0]
    command = ["predict", image, "--model", str(tmp_path / "own.keras"), *options]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == code
    assert said in done.stderr and "Traceback" not in done.output
