"""Recipes are values, and say what a training is made of."""

from dataclasses import FrozenInstanceError, replace

import keras
import pytest

from bloodcell_tut import small_cnn
from bloodcell_tut.errors import ArgumentError
from bloodcell_tut.training.recipe import (
    ANYWHERE,
    ARTICLE,
    CELLS,
    LETTERS,
    NATURAL,
    RECIPES,
    Recipe,
    default_epochs,
    slow_backend,
)


def rates(recipe: Recipe, steps: int) -> list[float]:
    optimizer, found = recipe.optimizer(steps), []
    for step in range(steps + 1):
        optimizer.iterations.assign(step)
        found.append(float(optimizer.learning_rate))
    return found


def test_default_epochs_shrink_with_the_data() -> None:
    epochs = [default_epochs(n) for n in (0, 1, 100, 1_000, 10_000, 100_000)]
    assert epochs == sorted(epochs, reverse=True) and epochs[-1] >= 1


def test_a_recipe_is_a_value() -> None:
    assert replace(CELLS) == CELLS and hash(replace(CELLS)) == hash(CELLS)
    assert replace(CELLS, batch_size=8) != CELLS
    with pytest.raises(FrozenInstanceError):
        CELLS.batch_size = 8  # type: ignore[misc]
    with pytest.raises(ArgumentError, match="batch_size: found 0"):
        replace(CELLS, batch_size=0)


def test_recipes_are_found_by_name() -> None:
    known = {"natural": NATURAL, "letters": LETTERS}
    assert {"cells": CELLS, "article": ARTICLE, "anywhere": ANYWHERE} | known == RECIPES
    assert all(recipe.name == name for name, recipe in RECIPES.items())


@pytest.mark.parametrize("steps", [1, 2, 50])
def test_the_recipe_for_cells_rises_and_falls(steps: int) -> None:
    found = rates(CELLS, steps)
    peak = found.index(max(found))
    assert peak == max(1, steps // 10) and max(found) == pytest.approx(3e-3)
    assert found[:peak] == sorted(found[:peak]) and found[0] > 0
    assert found[peak:] == sorted(found[peak:], reverse=True)
    assert found[-1] == pytest.approx(0, abs=1e-9) or steps == 1
    assert isinstance(CELLS.optimizer(steps), keras.optimizers.AdamW)
    assert (CELLS.batch_size, CELLS.balanced) == (64, True)


def test_the_article_recipe_stays() -> None:
    assert rates(ARTICLE, 3) == pytest.approx([1e-3] * 4)
    assert [ARTICLE.epochs(n) for n in (1, 100_000)] == [5, 5]
    assert (ARTICLE.batch_size, ARTICLE.balanced, ARTICLE.augmentation) == (16, False, ())


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_a_recipe_compiles(recipe: Recipe) -> None:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, "softmax")])
    recipe.compile(model, steps=10)
    assert model.compiled and model.loss == "sparse_categorical_crossentropy"
    assert type(model.optimizer) is type(recipe.optimizer(10))


def test_layers_of_augmentation_are_made_anew_each_time() -> None:
    first, second = ([make() for make in CELLS.augmentation] for _ in range(2))
    assert [type(layer) for layer in first] == [type(layer) for layer in second]
    assert not set(map(id, first)) & set(map(id, second))


@pytest.mark.parametrize(("backend", "says"), [("jax", "3 times"), ("torch", "10 times")])
def test_slow_backends_are_named(backend: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert slow_backend() is None
    monkeypatch.setattr(keras.backend, "backend", lambda: backend)
    assert says in slow_backend()


def test_jax_compiles_the_augmentation(monkeypatch: pytest.MonkeyPatch) -> None:
    model = small_cnn(size=16)
    assert not all(layer.supports_jit for layer in model.layers)
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    CELLS.compile(model, steps=1)
    assert all(layer.supports_jit for layer in model.layers)
