"""The ledger of the article's defects: complete, in step with its table, and kept mended."""

import ast
import copy
import importlib
import importlib.util
import inspect
import re
import shutil
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from configparser import ConfigParser
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

import cv2
import keras
import lessons
import numpy as np
import pytest
from builders import CLASSES, training_data
from conftest import TinyArchive
from lesson_table import code_lines, is_export
from lessons import NBS, NOTEBOOKS

import bloodcell_tut
from bloodcell_tut import (
    Evaluation,
    article_cnn,
    choose_dataset,
    create_training_data,
    crop_white_cell,
    features_and_labels,
    one_hot,
    predict_probabilities,
    read_image,
    resize_image,
    shuffle,
    small_cnn,
    split_by_photograph,
    train,
)
from bloodcell_tut.lab import DEFECTS, Defect, defect_table
from bloodcell_tut.training import RECIPES

ROOT = NBS.parent
LEDGER = NBS / "errata.ipynb"
MODULES = sorted((ROOT / "bloodcell_tut").rglob("*.py"))
PARTS = ("**The article**", "**What happens**", "**Why.**", "**The fix.**")

Cells = list[dict]
Defects = tuple[Defect, ...]


# what makes a ledger complete


def is_test(test: str) -> bool:
    """Whether a pytest id names a function of a test file."""
    file, _, name = test.partition("::")
    path = ROOT / file
    if not file.startswith("tests/") or not path.name.startswith("test_") or not path.is_file():
        return False
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return any(isinstance(node, ast.FunctionDef) and node.name == name for node in tree.body)


def public_names() -> set[str]:
    """The names of the package and of its rooms and wings."""
    rooms = [getattr(bloodcell_tut, name) for name in dir(bloodcell_tut)]
    return set(bloodcell_tut.__all__).union(*(getattr(room, "__all__", ()) for room in rooms))


def sections(cells: Cells) -> dict[int, Cells]:
    """The cells from each numbered heading on."""
    found: dict[int, Cells] = {}
    for cell in cells:
        if cell["cell_type"] == "markdown" and (number := re.match(r"## (\d+)\.", cell["source"])):
            found[int(number[1])] = []
        if found:
            found[max(found)].append(cell)
    return found


def problems_of_section(section: Cells, defect: Defect) -> Iterator[str]:
    if section[0]["source"] != defect.heading():
        yield "its heading is out of step with the table; run `make export`"
    prose = "\n\n".join(c["source"] for c in section[1:] if c["cell_type"] == "markdown")
    yield from (f"{part} is missing" for part in PARTS if part not in prose)
    outputs = [c.get("outputs", []) for c in section if c["cell_type"] == "code"]
    if not any(outputs):
        yield "no code cell with a stored output"
    if any(output["output_type"] == "error" for cell in outputs for output in cell):
        yield "a stored output is an error that wasn't caught"
    fix = prose.partition(PARTS[-1])[2]
    if f"]({defect.notebook})" not in fix:
        yield f"its fix has no link to {defect.notebook}"
    if not set(re.findall(r"`(\w+)", fix)) & public_names():
        yield "its fix names no function of the package"


def problems(cells: Cells, defects: Defects) -> list[str]:
    """What is wrong with a ledger, in words."""
    found, said = sections(cells), []
    if [defect.id for defect in defects] != list(range(1, len(defects) + 1)):
        said.append("the ids are not 1 to n")
    if list(found) != [defect.id for defect in defects]:
        said.append(f"the sections are {list(found)}")
    for defect in defects:
        if not 0 <= defect.step <= 9:
            said.append(f"{defect.id}: step {defect.step} is none")
        if not (NBS / defect.notebook).is_file():
            said.append(f"{defect.id}: there is no notebook {defect.notebook}")
        if not is_test(defect.test):
            said.append(f"{defect.id}: there is no test {defect.test}")
        if section := found.get(defect.id):
            said += [f"{defect.id}: {what}" for what in problems_of_section(section, defect)]
    return said


def ledger() -> Cells:
    return copy.deepcopy(list(lessons.cells(LEDGER)))


def test_the_ledger_is_complete() -> None:
    assert len(DEFECTS) >= 20
    assert problems(ledger(), DEFECTS) == []


# each way of breaking it, on a copy of section 3 or its row


def row(**changes: object) -> Callable[[Cells], Defects]:
    return lambda cells: (*DEFECTS[:2], replace(DEFECTS[2], **changes), *DEFECTS[3:])  # type: ignore[arg-type]


def text(old: str, new: str) -> Callable[[Cells], Defects]:
    def spoil(cells: Cells) -> Defects:
        section = sections(cells)[3]
        assert any(old in cell["source"] for cell in section)
        for cell in section:
            cell["source"] = cell["source"].replace(old, new)
        return DEFECTS

    return spoil


def outputs(value: list[dict]) -> Callable[[Cells], Defects]:
    def spoil(cells: Cells) -> Defects:
        for cell in sections(cells)[3]:
            if cell["cell_type"] == "code":
                cell["outputs"] = value
        return DEFECTS

    return spoil


def without_section(cells: Cells) -> Defects:
    for cell in sections(cells)[3]:
        cells.remove(cell)
    return DEFECTS


def without_code(cells: Cells) -> Defects:
    for cell in sections(cells)[3]:
        if cell["cell_type"] == "code":
            cells.remove(cell)
    return DEFECTS


BROKEN = {
    "no section": (without_section, "the sections are [1, 2, 4"),
    "no row": (lambda cells: DEFECTS[:-1], "the sections are"),
    "a row twice": (lambda cells: (*DEFECTS, DEFECTS[-1]), "the ids are not 1 to n"),
    "another number": (row(id=30), "the ids are not 1 to n"),
    "another step": (row(step=1), "3: its heading is out of step"),
    "another summary": (row(summary="Other"), "3: its heading is out of step"),
    "another heading": (text("## 3. ", "## 3. Not "), "3: its heading is out of step"),
    "no such step": (row(step=10), "3: step 10 is none"),
    "no such notebook": (row(notebook="00_x.ipynb"), "3: there is no notebook 00_x.ipynb"),
    "no such file of tests": (row(test="tests/test_x.py::test_x"), "3: there is no test"),
    "no such test": (row(test="tests/lab/test_errata.py::test_x"), "3: there is no test"),
    "a helper, no test": (row(test="tests/builders.py::number"), "3: there is no test"),
    "no test": (row(test="tests/lab/test_errata.py"), "3: there is no test"),
    "no code": (without_code, "3: no code cell with a stored output"),
    "no output": (outputs([]), "3: no code cell with a stored output"),
    "an error": (outputs([{"output_type": "error"}]), "3: a stored output is an error"),
    "no article": (text("**The article**", "It"), "3: **The article** is missing"),
    "nothing happens": (text("**What happens**", "Look"), "3: **What happens** is missing"),
    "no reason": (text("**Why.**", ""), "3: **Why.** is missing"),
    "no fix": (text("**The fix.**", ""), "3: **The fix.** is missing"),
    "no link": (text("](00_why_a_cnn.ipynb) shows", "] shows"), "3: its fix has no link"),
    "no function": (text("`small_cnn`", "`it`"), "3: its fix names no function"),
}


@pytest.mark.parametrize(("spoil", "said"), BROKEN.values(), ids=BROKEN)
def test_a_broken_ledger_is_noticed(spoil: Callable[[Cells], Defects], said: str) -> None:
    cells = ledger()
    defects = spoil(cells)
    assert any(problem.startswith(said) for problem in problems(cells, defects))


def test_headings_are_written_from_the_table(tmp_path: Path) -> None:
    copied = Path(shutil.copy(LEDGER, tmp_path))
    whole = LEDGER.read_text(encoding="utf-8")
    copied.write_text(whole.replace(f"## 7. {DEFECTS[6].summary}", "## 7. Other"), "utf-8")
    assert copied.read_text(encoding="utf-8") != whole
    command = [sys.executable, str(ROOT / "tools" / "ledger.py"), str(copied)]
    subprocess.run(command, check=True)
    assert copied.read_text(encoding="utf-8") == whole
    copied.write_text(whole.replace("## 7. ", "## Seven. "), "utf-8")
    failed = subprocess.run(command, capture_output=True, text=True)
    assert failed.returncode and "no section for 7" in failed.stderr


def test_the_ledger_shows_its_table() -> None:
    shown = [
        "".join(output["data"]["text/markdown"])
        for cell in lessons.cells(LEDGER)
        for output in cell.get("outputs", [])
        if "text/markdown" in output.get("data", {})
    ]
    assert shown == [defect_table()]
    for defect, line in zip(DEFECTS, defect_table().splitlines()[2:], strict=True):
        assert line.startswith(f"| {defect.id} | {defect.step} | {defect.summary} |")
        name = defect.test.split("::test_")[1]
        assert f"]({defect.notebook})" in line and line.replace(" ", "_").endswith(f"{name}_|")


def test_the_ledger_keeps_to_the_form() -> None:
    assert lessons.output_bytes(LEDGER) < 300_000
    for source in lessons.code(LEDGER):
        assert is_export(source) or code_lines(source) <= 12
        if re.search(r"^(import|from) ", source, re.M):
            assert lessons.imports_only(source)


# tests that keep defects mended and that no step's own tests have


def trees() -> Iterator[tuple[str, ast.Module]]:
    """All code of the project: each code cell of each notebook, and each module."""
    for notebook in NOTEBOOKS:
        for source in lessons.code(notebook):
            yield notebook.name, ast.parse(source)
    for module in MODULES:
        yield module.name, ast.parse(module.read_text(encoding="utf-8"))


def imports() -> Iterator[tuple[str, str, str]]:
    """Where, the module, and the name that is taken from it ("" for the module itself)."""
    for where, tree in trees():
        yield from ((where, module, name) for module, name in lessons.imports(tree))


def test_every_import_of_the_notebooks_works() -> None:
    extras = {"anywidget", "ipywidgets", "kagglehub"}
    for module, name in {(module, name) for _, module, name in imports()}:
        if module in extras and importlib.util.find_spec(module) is None:
            continue
        found = importlib.import_module(module)
        is_module = importlib.util.find_spec(module).submodule_search_locations is not None
        if name and not hasattr(found, name) and is_module:
            importlib.import_module(f"{module}.{name}")
        else:
            assert not name or hasattr(found, name), f"{module} has no {name}"


def test_no_star_imports() -> None:
    assert [where for where, _, name in imports() if name == "*"] == []


def test_the_package_says_keras_and_never_tensorflow() -> None:
    said = [where for where, module, _ in imports() if module.split(".")[0] == "tensorflow"]
    assert said == []


def test_what_is_required_is_imported() -> None:
    settings = ConfigParser(interpolation=None)
    settings.read(ROOT / "settings.ini", encoding="utf-8")
    required = re.findall(r"^([\w-]+)", settings["DEFAULT"]["requirements"].strip(), re.M)
    used = {module.split(".")[0] for _, module, _ in imports()}
    modules = metadata.packages_distributions()
    names = {d.lower().replace("_", "-") for m in used for d in modules.get(m, [])}
    assert {r.lower().replace("_", "-") for r in required} - names == set()


def test_no_notebook_imports_what_it_does_not_use() -> None:
    ruff = Path(sys.executable).with_name("ruff")
    checked = subprocess.run(
        [ruff, "check", "--no-cache", "--select", "F401", "nbs"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda p: p.stem)
def test_every_code_cell_is_python(notebook: Path) -> None:
    for source in lessons.code(notebook):
        compile(source, notebook.name, "exec")


def test_headings_promise_what_is_there(sample_folder: Path) -> None:
    assert choose_dataset(sample_folder).class_names == CLASSES
    for notebook in NOTEBOOKS:
        for heading in re.findall(r"^#+ .*", "\n".join(lessons.markdown(notebook)), re.M):
            other = re.search(r"CIFAR|MNIST|ImageNet", heading)
            assert notebook == LEDGER or not other, f"{notebook.name}: {heading}"


def test_a_color_picture_has_three_numbers_for_each_pixel() -> None:
    counts = []
    for channels in (1, 3):
        picture = keras.Input((50, 50, channels))
        hidden = keras.layers.Dense(100)(keras.layers.Flatten()(picture))
        counts.append(keras.Model(picture, keras.layers.Dense(2)(hidden)).count_params())
    assert counts == [250_302, 750_302]
    shown = str([cell.get("outputs") for cell in lessons.cells(NBS / "00_why_a_cnn.ipynb")])
    assert all(f"{count:,}" in shown for count in counts), "lesson 0 shows both"


def test_a_convolution_multiplies_and_adds_up() -> None:
    layer = next(x for x in article_cnn(size=8).layers if isinstance(x, keras.layers.Conv2D))
    picture = np.random.default_rng(0).random((6, 7, 3), np.float32)
    kernel, bias = layer.get_weights()
    windows = [[picture[r : r + 3, c : c + 3] for c in range(5)] for r in range(4)]
    sums = [[(window[..., None] * kernel).sum((0, 1, 2)) for window in line] for line in windows]
    answer = keras.ops.convert_to_numpy(layer(picture[None]))[0, 1:-1, 1:-1]
    np.testing.assert_allclose(answer, np.maximum(np.array(sums) + bias, 0), atol=1e-5)


def test_only_a_global_pool_forgets_the_place() -> None:
    cell = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    pictures = np.zeros((2, 64, 64, 3), np.uint8)
    pictures[0, 24:32, 24:32] = pictures[1, 32:40, 24:32] = cell
    here, there = predict_probabilities(small_cnn(size=64), pictures)
    np.testing.assert_allclose(here, there, atol=1e-6)
    here, there = predict_probabilities(article_cnn(size=64), pictures)
    assert np.abs(here - there).max() > 1e-3


def test_a_round_cell_stays_round() -> None:
    def width_and_height(image: np.ndarray) -> tuple[int, int]:
        rows, columns = np.nonzero(image[..., 1] < 120)
        return int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1

    smear = np.full((240, 320, 3), (205, 215, 205), np.uint8)
    cv2.circle(smear, (150, 110), 30, (110, 60, 190), -1)
    width, height = width_and_height(crop_white_cell(smear, 64))
    assert abs(width - height) <= 1 and width > 20
    width, height = width_and_height(resize_image(smear, 200))
    assert height / width == pytest.approx(4 / 3, abs=0.06), "the article's way, for comparison"


def test_an_image_is_read_from_its_path(tmp_path: Path) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (2, 5, 7, 3), np.uint8)
    for name, picture in zip(("a.png", "b.png"), pictures, strict=True):
        cv2.imwrite(str(tmp_path / name), picture[..., ::-1])
    for name, picture in zip(("a.png", "b.png"), pictures, strict=True):
        np.testing.assert_array_equal(read_image(tmp_path / name), picture)


def test_shrinking_uses_every_pixel() -> None:
    image = np.zeros((40, 40, 3), np.uint8)
    image[:, ::4] = 200  # one column in four: two by two neighbors would miss it
    np.testing.assert_allclose(resize_image(image, 10), 50, atol=1)


def test_shuffle_and_split_can_be_repeated() -> None:
    data = training_data(photographs_per_class=10)
    first, again, other = (shuffle(data, seed) for seed in (1, 1, 2))
    assert first.paths == again.paths != other.paths
    held_back = [set(split_by_photograph(d, seed=4).test.paths) for d in (data, first, other)]
    assert held_back[0] == held_back[1] == held_back[2], "the order undoes the split's seed"


def test_images_are_in_memory_once(tiny_archive: TinyArchive) -> None:
    dataset = choose_dataset(tiny_archive.folder)
    tracemalloc.start()
    data = create_training_data(dataset, size=400, crop=False, workers=1)
    X, _ = features_and_labels(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert X is data.images and X.dtype == np.uint8
    assert peak < 1.5 * X.nbytes


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "categorical_crossentropy"])
def test_train_feeds_the_labels_of_step_5_as_the_loss_wants_them(loss: str) -> None:
    data = training_data()
    X, y = features_and_labels(data)
    model = article_cnn(size=X.shape[1])
    model.compile(keras.optimizers.SGD(1e-9), loss)
    history = train(model, data, data, epochs=1).history
    given = (predict_probabilities(model, X) * one_hot(y, 4)).sum(axis=1)
    assert history["val_loss"][0] == pytest.approx(-np.log(given).mean(), rel=1e-3)


def test_labels_are_an_int64_array(tiny_archive: TinyArchive) -> None:
    data = create_training_data(choose_dataset(tiny_archive.folder), size=8, crop=False)
    with pytest.warns(UserWarning, match="no photograph ids"):
        split = split_by_photograph(shuffle(data))
    for part in (data, split.train, split.test):
        X, y = features_and_labels(part)
        assert isinstance(y, np.ndarray) and y.dtype == np.int64 and y.shape == X.shape[:1]


@pytest.mark.parametrize("make", [article_cnn, small_cnn])
def test_train_compiles_what_nobody_compiled(make: Callable[..., keras.Model]) -> None:
    model, data = make(size=8), training_data()
    history = train(model, data, data, epochs=1).history
    assert set(history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    scores = model.evaluate(data.images, data.labels, verbose=0, return_dict=True)
    assert set(scores) == {"loss", "accuracy"}


@pytest.mark.parametrize("make", [article_cnn, small_cnn])
def test_every_argument_of_the_networks_matters(make: Callable[..., keras.Model]) -> None:
    def facts(**arguments: Any) -> tuple:
        model = make(**({"size": 16} | arguments))
        weights = float(sum(np.abs(w).sum() for w in model.get_weights()))
        return model.input_shape, model.output_shape, len(model.layers), weights

    usual = facts()
    value: Any
    for parameter in inspect.signature(make).parameters.values():
        if parameter.name == "recipe":
            value = next(r for r in RECIPES.values() if r != parameter.default)
        else:
            value = 24 if parameter.name == "size" else parameter.default + 1
        assert facts(**{parameter.name: value}) != usual, parameter.name


def test_a_higher_score_is_better() -> None:
    data = training_data()
    right = np.eye(4, dtype=np.float32)[data.labels]
    worse = np.where(np.arange(len(data))[:, None] % 3 > 0, right, np.roll(right, 1, axis=1))
    wrong = np.roll(right, 1, axis=1)
    results = [Evaluation(data, p) for p in (wrong, worse, right)]
    properties = [name for name, x in vars(Evaluation).items() if isinstance(x, property)]
    scores = [name for name in properties if isinstance(getattr(results[0], name), float)]
    assert {"accuracy", "balanced_accuracy"} <= set(scores) and "score" not in properties
    for name in scores:
        low, middle, high = (getattr(result, name) for result in results)
        assert 0 == low < middle <= high == 1, name
