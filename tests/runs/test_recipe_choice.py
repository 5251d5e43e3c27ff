"""The recipe and the size of a run's images fit what the images are."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from builders import draw_cross_or_disc, draw_letter

import bloodcell_tut as bt
from bloodcell_tut.runs.cropping import decide_crop
from bloodcell_tut.runs.recipe_choice import RecipeChoice, choose_recipe


def letters(folder: Path, words: str, side: int, n: int = 240) -> Path:
    for i in range(n):
        part = folder / words[i % len(words)]
        part.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(part / f"{i}.png"), draw_letter(words[i % len(words)], side, seed=i))
    return folder


def chosen(data: Path | str, **settings: Any) -> RecipeChoice:
    run = bt.RunSettings(data, **settings)
    dataset = bt.choose_dataset(data)
    return choose_recipe(run, dataset, decide_crop(run, dataset))


@pytest.mark.parametrize(
    ("words", "side", "name", "size"),
    [("bd", 40, "letters", 40), ("AV", 28, "natural", 28)],
)
def test_the_images_choose(tmp_path: Path, words: str, side: int, name: str, size: int) -> None:
    choice = chosen(letters(tmp_path, words, side))
    assert (choice.name, choice.size) == (name, size)
    assert (
        choice.said.startswith(f"recipe {name}: told by the nearest image ")
        and ", turned " in choice.said
    )


def test_what_may_be_turned_is_turned(tmp_path: Path) -> None:
    for i in range(240):
        image = np.zeros((150, 170, 3), np.uint8)
        draw_cross_or_disc(image, i)
        path = tmp_path / ("cross" if i % 2 else "disc") / f"{i}.png"
        path.parent.mkdir(exist_ok=True)
        cv2.imwrite(str(path), image)
    choice = chosen(tmp_path)
    assert (choice.name, choice.size) == ("cells", 96)


def test_you_choose(tmp_path: Path) -> None:
    choice = chosen(letters(tmp_path, "bd", 20), recipe="natural")
    assert choice == RecipeChoice("natural", 24, "recipe natural, as --recipe says")


def test_cells_are_as_they_were() -> None:
    sample = "sample"
    assert chosen(sample) == RecipeChoice("cells", 64, "recipe cells")
    assert chosen(sample, crop="whole") == RecipeChoice("cells", 64, "recipe cells")
    assert chosen(sample, model="article") == RecipeChoice("article", 200, "recipe article")


def test_files_that_cannot_be_read_do_not_count(tmp_path: Path) -> None:
    folder = letters(tmp_path, "bd", 30, n=8)
    for path in sorted(folder.rglob("*.png"))[:-1]:
        path.write_bytes(b"no image")
    choice = choose_recipe(
        bt.RunSettings(folder), dataset := bt.choose_dataset(folder),
        decide_crop(bt.RunSettings(folder), dataset),
    )  # fmt: skip
    assert (choice.name, choice.size) == ("natural", 30)


def test_a_run_of_letters_learns_them(tmp_path: Path) -> None:
    report = bt.run_steps(
        bt.RunSettings(letters(tmp_path / "data", "bd", 24), epochs=60, out=tmp_path / "out")
    )
    assert report.recipe == "letters" and not report.crop and report.accuracy > 0.9
    assert "recipe letters" in report.steps[1].result
    model = bt.load_model(tmp_path / "out" / "model.keras")
    assert model.model.input_shape == (None, 24, 24, 3)
