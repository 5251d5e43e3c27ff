"""Photographs and folders of one's own: all cells, no guesses, any format, many classes."""

import json
import zipfile
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import cv2
import numpy as np
import pytest
from sklearn.datasets import load_digits
from typer.testing import CliRunner

import bloodcell_tut as bt
from bloodcell_tut import novelty, smear
from bloodcell_tut.cells import draw_white_cell
from bloodcell_tut.cli import app
from bloodcell_tut.kinds import CELL_KINDS
from bloodcell_tut.run import RunSettings, run_steps

KINDS = list(CELL_KINDS)
FORMATS = (".png", ".jpg", ".tiff", ".bmp", ".webp")


def field(n: int, seed: int) -> tuple[np.ndarray, list[bt.Box]]:
    """Draw a field with n white cells that don't touch, and their boxes."""

    def no_cell(*how: object) -> object:
        cell = draw_white_cell(*how)
        return replace(cell, cell=cell.cell * 0, nucleus=cell.nucleus * 0)

    rng = np.random.default_rng(seed)
    with patch.object(smear, "draw_white_cell", no_cell):
        image = bt.draw_photograph(KINDS[0], rng).image
    taken, boxes = np.zeros((240, 320), np.uint8), []
    while len(boxes) < n:
        drawn = bt.draw_photograph(KINDS[rng.integers(4)], rng)
        cell = cv2.dilate((drawn.mask > 0).astype(np.uint8), np.ones((9, 9), np.uint8))
        if not (taken & cell).any():
            cover = cv2.GaussianBlur(cell.astype(np.float32), (0, 0), 1.5)[..., None]
            image = (image * (1 - cover) + drawn.image * cover).astype(np.uint8)
            boxes.append(bt.Box(*cv2.boundingRect((drawn.mask > 0).astype(np.uint8))))
            taken |= cell
    return image, boxes


def matched(found: list[bt.Box], true: list[bt.Box]) -> int:
    return sum(any(box.overlap(cell) >= 0.5 for box in found) for cell in true)


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_all_cells_of_a_field_are_found(n: int) -> None:
    fields = [field(n, seed) for seed in range(10)]
    found = [bt.find_white_cells(image) for image, _ in fields]
    right = sum(matched(boxes, cells) for boxes, (_, cells) in zip(found, fields, strict=True))
    assert right >= 0.95 * 10 * n
    assert sum(map(len, found)) <= 10 * n + (n > 0)


def test_a_larger_file_of_one_field_gives_the_same_cells() -> None:
    image, cells = field(2, 0)
    large = cv2.resize(image, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    assert bt.field_width(large) == 1280
    scaled = [bt.Box(4 * c.x, 4 * c.y, 4 * c.width, 4 * c.height) for c in cells]
    assert matched(bt.find_white_cells(large), scaled) == len(bt.find_white_cells(large)) == 2


def test_a_wide_view_is_known_by_its_red_cells() -> None:
    fields = [field(1 + i % 2, i) for i in range(16)]
    view = np.vstack([np.hstack([f[0] for f in fields[4 * r : 4 * r + 4]]) for r in range(4)])
    cells = [
        replace(cell, x=cell.x + 320 * (i % 4), y=cell.y + 240 * (i // 4))
        for i, (_, boxes) in enumerate(fields)
        for cell in boxes
    ]
    assert 240 < bt.field_width(view) < 480
    found = bt.find_white_cells(view)
    assert matched(found, cells) >= 0.9 * len(cells) and len(found) <= 1.1 * len(cells)


def test_the_first_cell_is_that_of_lesson_2() -> None:
    for seed in range(5):
        image, _ = field(1, 100 + seed)
        assert bt.find_white_cells(image)[0] == bt.find_white_cell(image)


def test_lobes_of_one_nucleus_are_one_cell_and_platelets_are_none() -> None:
    image = np.full((240, 320, 3), (230, 215, 210), np.uint8)
    cv2.circle(image, (150, 120), 34, (200, 170, 205), -1)
    for x, y in ((135, 105), (168, 112), (146, 142)):
        cv2.circle(image, (x, y), 13, (90, 50, 150), -1)
    for x in range(40, 300, 60):
        cv2.circle(image, (x, 25), 5, (120, 90, 170), -1)
    (cell,) = bt.find_white_cells(image)
    assert cell.overlap(bt.Box(116, 86, 68, 68)) > 0.5


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 3), (2, 2), (2000, 3000)])
def test_no_picture_is_too_odd(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    found = bt.find_white_cells(rng.integers(0, 256, (*shape, 3), np.uint8))
    assert len(found) <= (min(shape) < 10), "enlarged to a single patch, or none"
    assert bt.find_white_cells(np.full((*shape, 3), 255, np.uint8)) == []


@pytest.fixture(scope="module")
def saved() -> bt.SavedModel:
    """A network with random weights, and a detector for drawn cells."""
    cells = np.array([bt.prepare_image(field(1, seed)[0], 32) for seed in range(60)])
    model = bt.small_cnn(4, 32)
    return bt.SavedModel(model, tuple(KINDS), True, bt.fit_novelty_detector(model, cells, cells))


def test_findings_are_what_the_network_says(saved: bt.SavedModel) -> None:
    image, cells = field(1, 5)
    (finding,) = bt.predict_photograph(saved, image)
    assert isinstance(finding, bt.CellFinding)
    expected = bt.predict_probabilities(saved.model, bt.prepare_image(image, 32)[None])[0]
    assert list(finding.probabilities.values()) == pytest.approx(expected.tolist(), abs=1e-5)
    assert finding.class_name == KINDS[expected.argmax()]
    assert finding.box.overlap(cells[0]) > 0.5 and 0 < finding.novelty <= 1
    assert finding.strange is False
    assert json.loads(json.dumps(finding.as_json()))["class"] == finding.class_name


def test_no_guess_where_nothing_is_and_what_is_strange(saved: bt.SavedModel) -> None:
    assert bt.predict_photograph(saved, field(0, 0)[0]) == []
    strange = np.full((240, 320, 3), 255, np.uint8)
    cv2.rectangle(strange, (130, 90), (190, 150), (0, 0, 255), -1)
    (finding,) = bt.predict_photograph(saved, strange)
    assert finding.novelty > 1 and finding.strange and finding.as_json()["class"] is None
    (unknown,) = bt.predict_photograph(saved._replace(detector=None), strange)
    assert unknown.strange is None and unknown.as_json()["class"] in KINDS


def test_a_model_for_whole_images_names_the_whole_image(saved: bt.SavedModel) -> None:
    whole = saved._replace(crop=False, detector=None)
    (finding,) = bt.predict_photograph(whole, field(0, 0)[0])
    assert (finding.box.width, finding.box.height) == (320, 240)


def test_the_detector_alarms_at_its_rate(saved: bt.SavedModel) -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (800, 32, 32, 3), np.uint8) // 4 + 90
    detector = bt.fit_novelty_detector(saved.model, images[:200], images[200:500])
    assert isinstance(detector, bt.NoveltyDetector) and bt.FALSE_ALARMS == 0.01
    assert (detector.scores(saved.model, images[500:]) > 1).mean() < 0.05
    cells = np.array([bt.prepare_image(field(1, seed)[0], 32) for seed in range(9)])
    assert (detector.scores(saved.model, cells) > 1).all()
    with pytest.raises(bt.ArgumentError, match="0 held back"):
        bt.fit_novelty_detector(saved.model, images, images[:0])


@pytest.mark.parametrize(("k", "factor"), [(10, 3.981), (50, 2.862), (100, 2.684), (20, 3.295)])
def test_the_limit_is_the_tolerance_limit_of_the_tables(k: int, factor: float) -> None:
    # one-sided normal tolerance factors, 99 % of the values, confidence 95 %, as in printed tables
    values = np.exp(np.random.default_rng(0).normal(1, 0.2, 500))
    logarithms = np.log(values)
    expected = logarithms.mean() + factor * logarithms.std()
    assert np.log(novelty._tolerance_limit(values, k)) == pytest.approx(expected, abs=2e-4)


def test_few_photographs_put_the_limit_further_out(saved: bt.SavedModel) -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (200, 32, 32, 3), np.uint8)
    limits = [
        bt.fit_novelty_detector(saved.model, images[:100], images[100:], photographs).limit
        for photographs in (None, np.arange(100), np.arange(100) // 4, np.zeros(100))
    ]
    assert limits[0] == limits[1] < limits[2] < limits[3] < np.inf


def test_what_the_first_layers_saw_counts(saved: bt.SavedModel) -> None:
    """A stain that is off, or none at all, is no cell of the training's kind."""
    cells = np.array([bt.prepare_image(field(1, 200 + seed)[0], 32) for seed in range(30)])
    gray = np.repeat(cells.mean(-1, keepdims=True), 3, axis=-1).astype(np.uint8)
    assert (saved.detector.scores(saved.model, cells) > 1).mean() < 0.2
    for strange in (gray, 255 - cells, cells[..., ::-1]):
        assert (saved.detector.scores(saved.model, strange) > 1).mean() > 0.9


def test_a_detector_in_a_file(saved: bt.SavedModel, tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    bt.save_model(saved.model, path, saved.class_names, True, saved.detector)
    again = bt.load_model(path)
    for name in ("mean", "precision", "limit"):
        np.testing.assert_array_equal(getattr(again.detector, name), getattr(saved.detector, name))
    bt.save_model(saved.model, path, saved.class_names)
    assert bt.load_model(path).detector is None


@pytest.mark.parametrize("kind", ["pickle", "shape", "rubbish", "text"])
def test_a_detector_that_is_not_ours_is_refused(
    saved: bt.SavedModel, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "model.keras"
    bt.save_model(saved.model, path, saved.class_names)
    with zipfile.ZipFile(path, "a") as archive:
        with archive.open("bloodcell_tut_novelty.npz", "w") as member:
            wrong = {"pickle": np.array([print]), "text": np.array(["a"]), "shape": np.zeros(3)}
            if kind == "rubbish":
                member.write(b"PK\x05\x06 rubbish")
            else:
                np.savez(member, mean=wrong[kind], precision=np.eye(2), limit=1.0)
    with pytest.raises(bt.ModelError, match=r"model\.keras: found"):
        bt.load_model(path)


def test_findings_are_drawn(saved: bt.SavedModel) -> None:
    image, _ = field(2, 1)
    findings = bt.predict_photograph(saved._replace(class_names=("$x_1$", *KINDS[1:])), image)
    plain = [replace(finding, novelty=None) for finding in findings]
    ax = bt.plot_findings(image, findings)
    assert len(ax.patches) == len(ax.texts) == 2
    texts = [text.get_text().rsplit(" ", 1)[0] for text in bt.plot_findings(image, plain).texts]
    assert texts == [finding.class_name for finding in findings]
    assert bt.plot_findings(image, []).get_title() == "no white cell here"
    odd = bt.plot_findings(image, [replace(findings[0], novelty=2.0)])
    assert odd.texts[0].get_text() == "unlike training"
    assert cv2.imdecode(np.frombuffer(bt.findings_png(image, findings), np.uint8), 1).shape[0] > 200


def test_predict_says_what_it_does_not_know(saved: bt.SavedModel, tmp_path: Path) -> None:
    model, pictures = tmp_path / "model.keras", tmp_path / "pictures"
    bt.save_model(saved.model, model, saved.class_names, True, saved.detector)
    strange = np.full((240, 320, 3), 255, np.uint8)
    cv2.rectangle(strange, (130, 90), (190, 150), (0, 0, 255), -1)
    files = {"none.png": field(0, 0)[0], "two.png": field(2, 1)[0], "strange.png": strange}
    paths = []
    for name, image in files.items():
        paths.append(str(tmp_path / name))
        cv2.imwrite(paths[-1], image[:, :, ::-1])
    command = ["predict", *paths, "--model", str(model)]
    for _ in range(2):  # nothing is overwritten
        result = CliRunner().invoke(app, [*command, "--pictures", str(pictures)])
    assert result.exit_code == 0, result.output
    header, none, *two, odd = result.stdout.splitlines()
    assert header.split() == ["image", "x,", "y", "answer", "novelty", "probabilities"]
    assert "no white cell here" in none and len(two) == 2 and "%" in "".join(two)
    assert "unlike anything it was trained on" in odd and "%" not in odd
    assert len(list(pictures.glob("*_cells*.png"))) == 6
    answers = json.loads(CliRunner().invoke(app, [*command, "--json"]).stdout)
    assert [len(answer["cells"]) for answer in answers] == [0, 2, 1]
    assert answers[2]["cells"][0]["strange"] and answers[2]["cells"][0]["class"] is None


def test_an_upload_is_answered(saved: bt.SavedModel) -> None:
    image, _ = field(1, 3)
    png = cv2.imencode(".png", image[:, :, ::-1])[1].tobytes()
    with (
        patch("bloodcell_tut.own_images._kernel_listens", return_value=True),
        patch("IPython.display.display") as display,
        patch("bloodcell_tut.own_images.show") as show,
    ):
        bt.upload_photographs(saved, image)
        zone, _ = display.call_args.args[0].children
        for number, (name, content) in enumerate([("a.png", png), ("b.png", b"no")]):
            message = {"name": name, "number": number, "at": 0, "isLast": True}
            zone._handle_custom_msg(message, [content])
    (call,) = show.call_args_list
    assert call.kwargs["alt"].startswith("a.png: ")


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
    image = bgr[:, :, 0] if "gray" in kind else bgr
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
    assert report["skipped"] == [] and len(report["class_names"]) == n_classes
    assert {"größe", "красный 🩸"} <= set(report["class_names"])
    assert max(map(len, capsys.readouterr().out.splitlines())) < 300
    assert (tmp_path / "out" / "report.html").stat().st_size < 5e6
    model = bt.load_model(tmp_path / "out" / "model.keras")
    assert len(model.class_names) == n_classes and model.detector is not None


def test_digits_are_learned_without_a_change_of_code(tmp_path: Path) -> None:
    """Four of them, none of which looks like another one when it is turned or mirrored."""
    images, labels = load_digits(n_class=5, return_X_y=True)
    for i in np.flatnonzero(labels != 2)[:320]:
        (tmp_path / "digits" / str(labels[i])).mkdir(parents=True, exist_ok=True)
        path = tmp_path / "digits" / str(labels[i]) / f"{i}.png"
        path.write_bytes(encoded(".png", (images[i].reshape(8, 8) * 15.9).astype(np.uint8)))
    with pytest.warns(UserWarning, match="no photograph ids"):
        report = run_steps(RunSettings(data=tmp_path / "digits", epochs=16, out=tmp_path / "out"))
    assert report["accuracy"] > 0.9
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
    assert bt.plot_class_counts(dataset).figure.get_size_inches()[1] < 50


@pytest.mark.parametrize("shape", [(240, 320), (3, 300_000)])
def test_the_square_is_that_of_training_and_never_huge(
    shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    image, squares = np.full((*shape, 3), 200, np.uint8), []

    def cut(image: np.ndarray, square: bt.Box) -> np.ndarray:
        squares.append(square)
        return np.zeros((8, 8, 3), np.uint8)

    box = bt.Box(shape[1] / 2 - 5, shape[0] / 2 - 5, 10, 10)
    monkeypatch.setattr("bloodcell_tut.own_images.field_width", lambda image: max(image.shape))
    monkeypatch.setattr("bloodcell_tut.own_images._cells_in", lambda *_: [box])
    monkeypatch.setattr("bloodcell_tut.own_images._cut_square", cut)
    saved = bt.SavedModel(bt.small_cnn(size=16), tuple(KINDS), crop=True)
    assert len(bt.predict_photograph(saved, image)) == 1
    ((x, y, width, height),) = ((s.x, s.y, s.width, s.height) for s in squares)
    expected = bt.crop_square(image)
    assert (x, y, width, height) == (expected.x, expected.y, expected.width, expected.height)
    assert width <= 4096
