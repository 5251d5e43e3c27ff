"""Photographs and folders of one's own: all cells, no guesses, any format, many classes."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest
from builders import field
from sklearn.datasets import load_digits
from typer.testing import CliRunner

import bloodcell_tut as bt
from bloodcell_tut import inference
from bloodcell_tut.cli import app
from bloodcell_tut.drawing.kinds import CELL_KINDS
from bloodcell_tut.drawing.laboratories import LABORATORIES
from bloodcell_tut.drawing.smear import draw_photograph
from bloodcell_tut.inference.own_images import findings_png
from bloodcell_tut.runs.run import RunSettings, run_steps
from bloodcell_tut.standardization import standard_cell

KINDS = list(CELL_KINDS)
OWN_IMAGES = "bloodcell_tut.inference.own_images"
FORMATS = (".png", ".jpg", ".tiff", ".bmp", ".webp")


@pytest.fixture(scope="module")
def saved() -> bt.SavedModel:
    """A network with random weights, and a detector for drawn cells."""
    cells = np.array([bt.prepare_image(field(1, seed)[0], 32) for seed in range(60)])
    model = bt.small_cnn(4, 32)
    return bt.SavedModel(
        model, tuple(KINDS), True, inference.fit_out_of_distribution_detector(model, cells, cells)
    )


def test_findings_are_what_the_network_says(saved: bt.SavedModel) -> None:
    image, cells = field(1, 5)
    (finding,) = bt.predict_photograph(saved, image)
    assert isinstance(finding, bt.CellFinding)
    expected = bt.predict_probabilities(saved.model, bt.prepare_image(image, 32)[None])[0]
    assert list(finding.probabilities.values()) == pytest.approx(expected.tolist(), abs=1e-5)
    assert finding.class_name == KINDS[expected.argmax()]
    assert finding.box.overlap(cells[0]) > 0.5 and 0 < finding.out_of_distribution_score <= 1
    assert finding.is_out_of_distribution is False
    assert json.loads(json.dumps(finding.as_json()))["class"] == finding.class_name


def test_no_guess_where_nothing_is_and_what_is_unlike_training(saved: bt.SavedModel) -> None:
    assert bt.predict_photograph(saved, field(0, 0)[0]) == []
    foreign = np.full((240, 320, 3), 255, np.uint8)
    cv2.rectangle(foreign, (130, 90), (190, 150), (0, 0, 255), -1)
    (finding,) = bt.predict_photograph(saved, foreign)
    assert (
        finding.out_of_distribution_score > 1
        and finding.is_out_of_distribution
        and finding.as_json()["class"] is None
    )
    (unknown,) = bt.predict_photograph(saved._replace(detector=None), foreign)
    assert unknown.is_out_of_distribution is None and unknown.as_json()["class"] in KINDS


def test_a_model_for_whole_images_names_the_whole_image(saved: bt.SavedModel) -> None:
    whole = saved._replace(crop=False, detector=None)
    (finding,) = bt.predict_photograph(whole, field(0, 0)[0])
    assert (finding.box.width, finding.box.height) == (320, 240)


def test_findings_are_drawn(saved: bt.SavedModel) -> None:
    image, _ = field(2, 1)
    findings = bt.predict_photograph(saved._replace(class_names=("$x_1$", *KINDS[1:])), image)
    plain = [replace(finding, out_of_distribution_score=None) for finding in findings]
    ax = bt.plot_findings(image, findings)
    assert len(ax.patches) == len(ax.texts) == 2
    texts = [text.get_text().rsplit(" ", 1)[0] for text in bt.plot_findings(image, plain).texts]
    assert texts == [finding.class_name for finding in findings]
    assert bt.plot_findings(image, []).get_title() == "no white cell here"
    assert bt.plot_findings(image, findings).get_title() == "found: 2"
    unknown = "found: 2; not known whether like the training images"
    assert bt.plot_findings(image, plain).get_title() == unknown
    assert findings[0].as_json()["note"] is None and "not known" in plain[0].as_json()["note"]
    odd = bt.plot_findings(image, [replace(findings[0], out_of_distribution_score=2.0)])
    assert odd.texts[0].get_text() == "unlike training"
    assert (
        cv2.imdecode(np.frombuffer(inference.findings_png(image, findings), np.uint8), 1).shape[0]
        > 200
    )


def test_predict_says_what_it_does_not_know(saved: bt.SavedModel, tmp_path: Path) -> None:
    model, pictures = tmp_path / "model.keras", tmp_path / "pictures"
    bt.save_model(saved.model, model, saved.class_names, True, saved.detector)
    foreign = np.full((240, 320, 3), 255, np.uint8)
    cv2.rectangle(foreign, (130, 90), (190, 150), (0, 0, 255), -1)
    files = {"none.png": field(0, 0)[0], "two.png": field(2, 1)[0], "other.png": foreign}
    paths = []
    for name, image in files.items():
        paths.append(str(tmp_path / name))
        cv2.imwrite(paths[-1], image[:, :, ::-1])
    command = ["predict", *paths, "--model", str(model)]
    for _ in range(2):  # nothing is overwritten
        result = CliRunner().invoke(app, [*command, "--pictures", str(pictures)])
    assert result.exit_code == 0, result.output
    header, none, *two, odd, _, _, advice = result.stdout.splitlines()
    assert header.split() == ["image", "x,", "y", "answer", "out-of-distribution", "probabilities"]
    assert "no white cell here" in none and len(two) == 2 and "%" in "".join(two)
    assert "unlike anything it was trained on" in odd and "%" not in odd
    assert "--recipe anywhere" in advice, "two of three cells are strange"
    assert len(list(pictures.glob("*_cells*.png"))) == 6
    answers = json.loads(CliRunner().invoke(app, [*command, "--json"]).stdout)
    assert [len(answer["cells"]) for answer in answers] == [0, 2, 1]
    assert answers[2]["cells"][0]["out_of_distribution"] and answers[2]["cells"][0]["class"] is None


def encoded(suffix: str, image: np.ndarray) -> bytes:
    done, data = cv2.imencode(suffix, image)
    assert done
    return data.tobytes()


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("kind", ["color", "gray", "alpha", "16 bit", "16 bit gray"])
def test_every_kind_of_file_is_read(tmp_path: Path, suffix: str, kind: str) -> None:
    if "16" in kind and suffix not in (".png", ".tiff"):
        pytest.skip(f"{suffix} has 8 bits")
    bgr = np.zeros((20, 30, 3), np.uint8)
    bgr[:] = (200, 60, 120) if "gray" not in kind else (90, 90, 90)
    image: np.ndarray = bgr[:, :, 0] if "gray" in kind else bgr
    image = cv2.cvtColor(bgr, cv2.COLOR_BGR2BGRA) if kind == "alpha" else image
    image = image.astype(np.uint16) * 257 if "16" in kind else image
    path = tmp_path / f"größe 🩸{suffix}"
    path.write_bytes(encoded(suffix, image))
    read = bt.read_image(path)
    assert read.shape == (20, 30, 3) and read.dtype == np.uint8
    np.testing.assert_allclose(read.astype(int), bgr[:, :, ::-1], atol=6)


def own_folder(folder: Path, n_classes: int, n_images: int) -> Path:
    """Make tiny images of mixed formats and sizes in folders of any names."""
    odd = ["größe", "красный 🩸", "$x_1$", "<b>", "a b", "日本", "it's"]
    rng = np.random.default_rng(0)
    for c in range(n_classes):
        name = folder / (odd[c] if c < len(odd) else f"class {c}")
        name.mkdir(parents=True)
        for i in range(n_images):
            image = rng.integers(0, 60, (*rng.integers(12, 60, 2), 3), np.uint8)
            image[3:9] = (c * 37 % 256, c * 91 % 256, c * 13 % 256)
            suffix = FORMATS[i % len(FORMATS)]
            image = image[:, :, 0] if i % 3 == 1 else image
            image = image.astype(np.uint16) * 257 if suffix in (".png", ".tiff") else image
            (name / f"{i}{suffix.upper()}").write_bytes(encoded(suffix, image))
    return folder


@pytest.mark.parametrize(("n_classes", "n_images"), [(2, 10), (200, 5)])
def test_a_folder_of_ones_own_goes_through_the_nine_steps(
    tmp_path: Path, n_classes: int, n_images: int, capsys: pytest.CaptureFixture[str]
) -> None:
    data = own_folder(tmp_path / "my data", n_classes, n_images)
    with pytest.warns(UserWarning, match="no photograph ids"):
        report = run_steps(RunSettings(data=data, epochs=1, out=tmp_path / "out"))
    assert report.skipped == () and len(report.class_names) == n_classes
    assert {"größe", "красный 🩸"} <= set(report.class_names)
    assert max(map(len, capsys.readouterr().out.splitlines())) < 340
    assert (tmp_path / "out" / "report.html").stat().st_size < 5e6
    model = bt.load_model(tmp_path / "out" / "model.keras")
    assert len(model.class_names) == n_classes
    held_back = report.n_images
    assert (model.detector is not None) is (held_back >= inference.ENOUGH_PHOTOGRAPHS)
    assert held_back == (4 if n_images == 10 else 200)
    assert ("trained on: 4 photographs" in report.steps[-1].result) is (held_back == 4)


def test_digits_are_learned_without_a_change_of_code(tmp_path: Path) -> None:
    """Four of them, none of which looks like another one when it is turned or mirrored."""
    images, labels = load_digits(n_class=5, return_X_y=True)
    for i in np.flatnonzero(labels != 2)[:320]:
        (tmp_path / "digits" / str(labels[i])).mkdir(parents=True, exist_ok=True)
        path = tmp_path / "digits" / str(labels[i]) / f"{i}.png"
        path.write_bytes(encoded(".png", (images[i].reshape(8, 8) * 15.9).astype(np.uint8)))
    with pytest.warns(UserWarning, match="no photograph ids"):
        report = run_steps(RunSettings(data=tmp_path / "digits", epochs=16, out=tmp_path / "out"))
    assert report.accuracy > 0.9
    saved = bt.load_model(tmp_path / "out" / "model.keras")
    assert saved.crop is False, "there is no white cell to cut out"
    (finding,) = bt.predict_photograph(saved, bt.read_image(path))
    assert finding.class_name == path.parent.name and finding.box == bt.Box(0, 0, 8, 8)


def test_figures_of_many_classes_stay_readable() -> None:
    names = tuple(f"class {i}" for i in range(200))
    paths = tuple(Path(f"{i}.png") for i in range(400))
    labels = np.arange(400) % 200
    data = bt.TrainingData(np.zeros((400, 8, 8, 3), np.uint8), labels, None, paths, names)
    ax = bt.plot_confusion(bt.Evaluation(data, np.eye(200, dtype=np.float32)[labels]))
    assert len(ax.get_yticklabels()) <= 20 and not ax.texts
    dataset = bt.ImageDataset(paths, labels, names, None, "here")
    figure = bt.plot_class_counts(dataset).get_figure(root=True)
    assert figure is not None and figure.get_size_inches()[1] < 50


@pytest.mark.parametrize("shape", [(240, 320), (3, 300_000)])
def test_the_square_is_that_of_training_and_never_huge(
    shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    image, squares = np.full((*shape, 3), 200, np.uint8), []

    def cut(image: np.ndarray, square: bt.Box) -> np.ndarray:
        squares.append(square)
        return np.zeros((8, 8, 3), np.uint8)

    box = bt.Box(shape[1] / 2 - 5, shape[0] / 2 - 5, 10, 10)
    monkeypatch.setattr(f"{OWN_IMAGES}.field_width", lambda image: max(image.shape))
    monkeypatch.setattr(f"{OWN_IMAGES}.cells_in_field", lambda *_: [box])
    monkeypatch.setattr(f"{OWN_IMAGES}.cut_square", cut)
    saved = bt.SavedModel(bt.small_cnn(size=16), tuple(KINDS), crop=True)
    assert len(bt.predict_photograph(saved, image)) == 1
    ((x, y, width, height),) = ((s.x, s.y, s.width, s.height) for s in squares)
    expected = bt.images.crop_square(image)
    assert (x, y, width, height) == (expected.x, expected.y, expected.width, expected.height)
    assert width <= 4096


def test_a_network_for_any_size_is_told_how_to_fix_one() -> None:
    last = [keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(4, "softmax")]
    model = keras.Sequential([keras.Input((None, None, 3)), *last])
    image = field(0, 0)[0]
    with pytest.raises(bt.ModelError, match="any size; expected one size"):
        bt.predict_photograph(bt.SavedModel(model, tuple(KINDS), False), image)
    fixed = keras.Sequential([keras.Input((32, 32, 3)), keras.layers.Rescaling(1 / 255), model])
    assert len(bt.predict_photograph(bt.SavedModel(fixed, tuple(KINDS), False), image)) == 1


# -- standard cells ------------------------------------------------------------------------------


def test_a_model_of_standard_cells_is_asked_about_those(saved: bt.SavedModel) -> None:
    drawn = draw_photograph("MONOCYTE", np.random.default_rng(3), laboratory=LABORATORIES["rapid"])
    standard = saved._replace(standardized=True, detector=None)
    (finding,) = bt.predict_photograph(standard, drawn.image)
    expected = standard_cell(drawn.image, 32, box=finding.box)
    assert finding.standard is not None and (finding.standard.image == expected.image).all()
    rows = bt.predict_probabilities(saved.model, expected.image[None])
    assert list(finding.probabilities.values()) == pytest.approx(rows[0].tolist(), abs=1e-5)
    said = finding.as_json()["standardized"]
    assert "made white" in said and "scaled to 32" in said and "stain times" in said
    (plain,) = bt.predict_photograph(saved._replace(detector=None), drawn.image)
    assert plain.standard is None and plain.as_json()["standardized"] is None
    heights = [
        cv2.imdecode(np.frombuffer(findings_png(drawn.image, [f]), np.uint8), 1).shape[0]
        for f in (plain, finding)
    ]
    assert heights[1] > heights[0] + 100, "the standard cell stands below the photograph"


def test_a_doubtful_answer_is_not_given(saved: bt.SavedModel) -> None:
    image, _ = field(1, 5)
    assert saved.detector is not None
    (finding,) = bt.predict_photograph(saved, image)
    assert not finding.is_doubtful
    best = max(finding.probabilities.values())
    for least, doubtful in ((best - 0.01, False), (best + 0.01, True)):
        careful = saved._replace(detector=replace(saved.detector, least_probability=least))
        (finding,) = bt.predict_photograph(careful, image)
        assert finding.is_doubtful is doubtful
        assert finding.as_json()["doubtful"] is doubtful
        assert (finding.as_json()["class"] is None) is doubtful
        assert (finding.caption == "not sure") is doubtful


def test_a_file_keeps_standard_cells_and_doubt(saved: bt.SavedModel, tmp_path: Path) -> None:
    assert saved.detector is not None
    careful = replace(saved.detector, least_probability=0.4)
    bt.save_model(saved.model, tmp_path / "a.keras", KINDS, True, careful, standardized=True)
    again = bt.load_model(tmp_path / "a.keras")
    assert again.standardized and again.detector is not None
    assert again.detector.least_probability == pytest.approx(0.4)
    bt.save_model(saved.model, tmp_path / "b.keras", KINDS, True, saved.detector)
    plain = bt.load_model(tmp_path / "b.keras")
    assert not plain.standardized and plain.detector is not None
    assert plain.detector.least_probability == 0
