"""Whether a run cuts the cells out: by what its images show, or as told, and what it says of it."""

import warnings
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest
from builders import evaluation, report
from no_smears import NO_SMEARS, smear

import bloodcell_tut as bt
from bloodcell_tut.pages import PageFigure
from bloodcell_tut.runs import page
from bloodcell_tut.runs.cropping import CropDecision, decide_crop, no_blood_cells
from bloodcell_tut.runs.figures import encode_png

SHOW = "show one white cell of fitting size, on pale ground among red cells"


def data(folder: Path, n_smears: int, n_birds: int = 0, names: tuple[str, str] = ("a", "b")):
    """Write smears and birds into each of two classes."""
    for k, name in enumerate(names):
        (folder / name).mkdir(parents=True)
        for i in range(n_smears + n_birds):
            draw = smear if i < n_smears else NO_SMEARS["blue birds"]
            image = draw(2 * i + k)
            (folder / name / f"{i}.png").write_bytes(encode_png(image, image.shape[0]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nobody knows the photographs
        return bt.choose_dataset(folder)


CELLS = ("EOSINOPHIL", "MONOCYTE")


def test_cells_are_cut_out_of_smears_and_the_share_is_said(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dataset = data(tmp_path, 4, names=CELLS)
        decision = decide_crop(bt.RunSettings(), dataset)
    assert decision.crop and decision.notes == ()
    assert (
        decision.said == f"the white cell cut out of each: 8 of 8 images looked at (100.0%) {SHOW}"
    )


def test_birds_stay_whole_and_the_reason_is_said(tmp_path: Path) -> None:
    decision = decide_crop(bt.RunSettings(), data(tmp_path, 1, 3, CELLS))
    assert decision == CropDecision(
        False,
        f"each squeezed into a square: only 2 of 8 images looked at (25.0%) {SHOW}, not more than "
        "half; most often a purple nucleus is missing (6 of 8)",
        (),
        decision.figures,
        cells=False,
    )


def test_told_to_cut_against_the_evidence(tmp_path: Path) -> None:
    dataset = data(tmp_path, 0, 3, CELLS)
    with pytest.warns(UserWarning) as caught:
        decision = decide_crop(bt.RunSettings(crop="cell"), dataset)
    assert decision.crop and decision.said.startswith(
        "the white cell cut out of each, as --crop cell says; only 0 of 6 images looked at (0.0%)"
    )
    assert [str(warning.message) for warning in caught] == list(decision.notes)
    assert len(decision.notes) == 1
    assert decision.notes[0].startswith("white cells are cut out although only 0 of 6 images")
    assert Path(caught[0].filename).name == "test_cropping.py"


def test_told_to_take_whole_images(tmp_path: Path) -> None:
    decision = decide_crop(bt.RunSettings(crop="whole"), data(tmp_path, 2))
    assert not decision.crop and decision.notes == ()
    said = "each squeezed into a square, as --crop whole says; 4 of 4 images looked at (100.0%)"
    assert decision.said == f"{said} {SHOW}"


def test_the_articles_network_needs_no_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("bloodcell_tut.runs.cropping.crop_evidence")
    dataset = bt.ImageDataset((), np.array([], int), ("a", "b"), None, "nowhere")
    decision = decide_crop(bt.RunSettings(model="article"), dataset)
    assert decision == CropDecision(False, "each squeezed into a square, as the article does it")


def test_classes_that_are_no_blood_cells_are_noted_where_cells_are_cut_out(tmp_path: Path) -> None:
    dataset = data(tmp_path, 2, names=("bird", "EOSINOPHIL"))
    with pytest.warns(UserWarning, match=r"1 of 2 class names aren't blood cells \(bird\)"):
        decision = decide_crop(bt.RunSettings(), dataset)
    assert decision.crop and len(decision.notes) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert decide_crop(bt.RunSettings(crop="whole"), dataset).notes == ()


@pytest.mark.parametrize(
    "name",
    [
        "EOSINOPHIL", "LYMPHOCYTE", "MONOCYTE", "NEUTROPHIL", "basophils", "Eosinophile",
        "éosinophile", "eosinófilo", "Linfocito", "Lymphozyten", "monocitos", "Basofiler", "EO",
        "eos", "LY", "Lym", "MO", "mono", "NEU", "neut", "BA", "BAS", "SNE", "BNE", "MMY", "PMY",
        "ig", "immature_granulocyte", "Segmentkernige", "band-neutrophil", "erythroblast",
        "platelets", "PLT", "Thrombozyt", "leukocyte", "Leucocytes", "WBC", "RBCs",
        "03 lymphoblast", "plasma cell", "Blasts", "myelocyte",
    ],
)  # fmt: skip
def test_names_of_blood_cells(name: str) -> None:
    assert no_blood_cells((name,)) == ()


@pytest.mark.parametrize(
    "name",
    [
        "bird", "tumor", "0", "common", "monkey", "neon", "lymphoma", "glioblastoma", "mosque",
        "normal", "airplane", "monument", "seagull", "baseball", "nest", "",
    ],
)  # fmt: skip
def test_names_of_other_things(name: str) -> None:
    assert no_blood_cells((name, "WBC")) == (name,)


def colors(figure: PageFigure) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(figure.image, np.uint8), cv2.IMREAD_COLOR_RGB)


@pytest.mark.parametrize("crop", ["cell", "whole"])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_the_pictures_show_both_and_frame_what_is_taken(tmp_path: Path, crop: str) -> None:
    decision = decide_crop(bt.RunSettings(crop=crop), data(tmp_path, 2, 3))
    assert len(decision.figures) == 4, "two that show a cell, two that don't"
    captions = [figure.caption.split(" · ")[0] for figure in decision.figures]
    assert captions == ["has everything we look for"] * 2 + ["lacks a purple nucleus"] * 2
    taken = "the square" if crop == "cell" else "the squeezed image"
    for figure in decision.figures:
        assert figure.name in "ab" and f"of class {figure.name} " in figure.alt
        assert figure.alt.endswith(f"the network gets {taken}.") and taken in figure.caption
        picture = colors(figure)
        assert picture.shape == (160, 213 + 160 + 160, 3)
        orange = (picture == (213, 94, 0)).all(axis=2)
        assert orange[80, 213] == (crop == "cell") and orange[80, -1] == (crop == "whole")
        assert (picture[:, :213] == (0, 114, 178)).all(axis=2).sum() > 100, "the square's frame"


def test_a_file_that_is_no_image_and_a_single_pixel_stop_nothing(tmp_path: Path) -> None:
    dataset = data(tmp_path, 1)
    dataset.paths[0].write_bytes(b"no image")
    dataset.paths[1].write_bytes(encode_png(np.zeros((1, 1, 3), np.uint8), 1))
    assert decide_crop(bt.RunSettings(), dataset).said.startswith(
        "each squeezed into a square: only 0 of 1 images"
    )
    dataset.paths[1].write_bytes(b"no image either")
    said = decide_crop(bt.RunSettings(), dataset).said
    assert said.startswith("each squeezed into a square: 0 of 0 images")


def test_the_page_shows_the_decision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = [PageFigure(name, b"", "-") for name in ("learning_curves", "confusion")]
    monkeypatch.setattr(page, "draw_figures", lambda *_: figures)
    monkeypatch.setattr(page, "save_model", lambda model, path, *_, **__: path.write_text("-"))
    shown = PageFigure("bird", b"picture", "a bird <whole>", "the square, the whole")
    decision = CropDecision(False, "each <whole>", ("look & see",), (shown,))
    result, model = evaluation(), keras.Sequential()
    page.write_report(tmp_path, report(result, 0.0), result, model, decision=decision)
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<h3>Cut out or whole?</h3><p>Each &lt;whole&gt;.</p>" in html
    assert '<li class="warning">Look &amp; see.</li>' in html
    assert 'alt="a bird &lt;whole&gt;"' in html and "the square, the whole" in html
    page.write_report(tmp_path, report(result, 0.0), result, model)
    assert "Cut out or whole?" not in (tmp_path / "report.html").read_text(encoding="utf-8")
