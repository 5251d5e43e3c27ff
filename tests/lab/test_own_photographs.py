"""A field that takes photographs and shows what a model finds in them."""

import os
from pathlib import Path
from unittest.mock import patch

import cv2
import numpy as np
import pytest

import bloodcell_tut as bt
from bloodcell_tut.drawing.kinds import CELL_KINDS
from bloodcell_tut.drawing.smear import draw_field

OWN_PHOTOGRAPHS = "bloodcell_tut.lab.own_photographs"
IMAGE, _ = draw_field(1, np.random.default_rng(3))


@pytest.fixture(scope="module")
def saved() -> bt.SavedModel:
    return bt.SavedModel(bt.small_cnn(4, 32), tuple(CELL_KINDS), True)


def test_an_upload_is_answered(saved: bt.SavedModel, capsys: pytest.CaptureFixture[str]) -> None:
    png = cv2.imencode(".png", IMAGE[:, :, ::-1])[1].tobytes()
    with (
        patch(f"{OWN_PHOTOGRAPHS}.kernel_has", return_value=True),
        patch("IPython.display.display") as display,
        patch(f"{OWN_PHOTOGRAPHS}.show") as show,
    ):
        bt.lab.upload_photographs(saved, IMAGE)
        zone, _ = display.call_args.args[0].children
        for number, (name, content) in enumerate([("a.png", png), ("b.png", b"no")]):
            message = {"name": name, "number": number, "at": 0, "isLast": True}
            zone._handle_custom_msg(message, [content])
    (call,) = show.call_args_list
    (finding,) = bt.predict_photograph(saved, IMAGE)
    assert call.kwargs["alt"] == f"a.png: {finding.caption}"
    said = capsys.readouterr().out
    assert "b.png: found no image" in said
    assert "a.png: not known whether like the training images\n" in said


def test_without_a_kernel_the_example_is_shown(saved: bt.SavedModel) -> None:
    with patch(f"{OWN_PHOTOGRAPHS}.show") as show:
        bt.lab.upload_photographs(saved, np.full((240, 320, 3), 255, np.uint8))
    (call,) = show.call_args_list
    assert call.kwargs["alt"] == "The example: no white cell"


def test_the_newest_model_is_found_from_wherever_a_notebook_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the root, a wing's folder and a learner's copy."""
    models = [tmp_path / "runs" / name / "model.keras" for name in ("latest", "other", "stopped")]
    for age, model in enumerate(models):
        model.parent.mkdir(parents=True)
        if age < 2:
            model.touch()
            os.utime(model, (1e9 - age, 1e9 - age))
    for place in ("", "nbs/lab", "bloodcell_lessons/lab"):
        (tmp_path / place).mkdir(parents=True, exist_ok=True)
        monkeypatch.chdir(tmp_path / place)
        assert bt.lab.newest_model() == models[0]
    os.utime(models[1], (2e9, 2e9))
    assert bt.lab.newest_model() == models[1]
    nearer = tmp_path / "bloodcell_lessons" / "runs" / "mine" / "model.keras"
    nearer.parent.mkdir(parents=True)
    nearer.touch()
    assert bt.lab.newest_model() == nearer
