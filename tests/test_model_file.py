"""Saving and loading, and what a model file may not do."""

import json
import zipfile

import keras
import numpy as np
import pytest

from bloodcell_tut.errors import ArgumentError, ModelError
from bloodcell_tut.model import predict_probabilities, small_cnn
from bloodcell_tut.model_file import SavedModel, load_model, save_model

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


def test_a_model_file_can_not_run_programs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path, mark = tmp_path / "model.keras", tmp_path / "was here"
    program = keras.layers.Lambda(lambda x: (open("was here", "w").close(), x)[1])  # noqa: PTH123
    network = keras.Sequential(
        [keras.Input((8, 8, 3)), program, keras.layers.Flatten(), keras.layers.Dense(4)]
    )
    save_model(network, path, NAMES)
    assert mark.exists()
    mark.unlink()
    with pytest.raises(ModelError, match=r"model\.keras: found"):
        load_model(path)
    assert not mark.exists()
