"""Step 7: split."""

import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from builders import belong_together, number, training_data
from conftest import TinyArchive
from hypothesis import given, settings
from hypothesis import strategies as st

from bloodcell_tut import (
    ArgumentError,
    DatasetError,
    Split,
    TrainingData,
    choose_dataset,
    create_training_data,
    cross_validate_by_photograph,
    shuffle,
    split_by_image,
    split_by_photograph,
)

SEEDS = st.integers(0, 2**32 - 1)
DATA = training_data()


@settings(max_examples=50)
@given(SEEDS, st.floats(0.01, 0.99))
def test_split_by_photograph_tears_no_photograph(seed: int, share: float) -> None:
    split = split_by_photograph(DATA, test_size=share, seed=seed)
    assert split.leaked_fraction == 0
    assert not set(split.train.photographs) & set(split.test.photographs)
    assert set(split.train.labels) == set(split.test.labels) == {0, 1, 2, 3}
    assert sorted([*number(split.train), *number(split.test)]) == list(range(len(DATA)))
    assert belong_together(split.train, DATA) and belong_together(split.test, DATA)


@given(SEEDS)
def test_split_by_photograph_does_not_depend_on_the_order_of_the_files(seed: int) -> None:
    a, b = (set(split_by_photograph(d, seed=0).test.paths) for d in (DATA, shuffle(DATA, seed)))
    assert a == b


def test_split_by_image_leaks() -> None:
    split = split_by_image(training_data(files=20), test_size=0.2, seed=0)
    assert split.leaked_fraction is not None and split.leaked_fraction > 0.95
    assert len(split.test) == round(0.2 * (len(split.test) + len(split.train)))


def test_leaked_fraction_counts_images() -> None:
    train, test = DATA.take(np.arange(2)), DATA.take(np.array([2, 3, 4, 90]))
    assert Split(train, test).leaked_fraction == 0.5
    assert Split(replace(train, photographs=None), test).leaked_fraction is None


def test_unknown_photographs_are_said_plainly() -> None:
    with pytest.warns(UserWarning, match="no photograph ids are known"):
        split = split_by_photograph(training_data(known=False))
    assert split.leaked_fraction is None
    assert split_by_image(training_data(known=False)).leaked_fraction is None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        split_by_photograph(DATA)


@pytest.mark.parametrize("split", [split_by_image, split_by_photograph])
@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, float("nan")])
def test_impossible_shares(split: Callable[..., object], share: float) -> None:
    with pytest.raises(ArgumentError, match="test_size: found"):
        split(DATA, test_size=share)


def test_one_photograph_of_a_class() -> None:
    one = np.where(DATA.labels == 2, "one", DATA.photographs)
    with pytest.raises(DatasetError, match=r"MONOCYTE: found 1 photograph; expected at least 2"):
        split_by_photograph(replace(DATA, photographs=one))


@pytest.mark.parametrize("share", [0.01, 0.2, 0.99])
def test_a_rare_class_is_on_both_sides(share: float) -> None:
    rare = (DATA.labels != 1) | np.isin(DATA.photographs, ["photo6", "photo7"])
    split = split_by_photograph(DATA.take(rare), test_size=share)
    assert set(split.train.labels) == set(split.test.labels) == {0, 1, 2, 3}


def test_a_photograph_keeps_its_side_for_all_of_its_files() -> None:
    sides: dict[str, set[bool]] = {}
    split = split_by_photograph(shuffle(training_data(files=7), 5), test_size=0.4, seed=1)
    for in_test, part in ((False, split.train), (True, split.test)):
        for name in part.photographs:
            sides.setdefault(name, set()).add(in_test)
    assert all(len(side) == 1 for side in sides.values())


def test_share_is_counted_in_photographs_of_each_class() -> None:
    data = training_data(photographs_per_class=10)
    held_back = split_by_photograph(data, test_size=0.3).test
    counts = [len(set(held_back.photographs[held_back.labels == c])) for c in range(4)]
    assert counts == [3, 3, 3, 3]


PAIRS = {"photo1": "photo0", "photo7": "photo6", "photo13": "photo5"}
CELLS = replace(DATA, groups={"cell": PAIRS})
"""Two pairs of photographs of one cell within a class, and one across two classes."""


@settings(max_examples=50)
@given(SEEDS, st.floats(0.01, 0.99))
def test_split_by_cell_tears_no_cell(seed: int, share: float) -> None:
    split = split_by_photograph(shuffle(CELLS, 1), test_size=share, seed=seed, level="cell")
    assert split.leaked("cell") == split.leaked_fraction == 0
    assert set(split.train.labels) == set(split.test.labels) == {0, 1, 2, 3}
    names = set(split.test.photographs)
    assert all((a in names) == (b in names) for a, b in PAIRS.items())
    assert sorted([*number(split.train), *number(split.test)]) == list(range(len(DATA)))


def test_split_by_photograph_tears_cells() -> None:
    leaks = [
        split_by_photograph(CELLS, test_size=0.3, seed=seed).leaked("cell") for seed in range(10)
    ]
    assert max(leaks) > 0 and Split(CELLS, CELLS).leaked("cell") == 1


def test_without_shared_cells_the_level_changes_nothing() -> None:
    alone = replace(DATA, groups={"cell": {}})
    a, b = (
        split_by_photograph(alone, test_size=0.3, seed=5, level=level)
        for level in ("photograph", "cell")
    )
    assert a.test.paths == b.test.paths


@pytest.mark.parametrize("split", [split_by_photograph, cross_validate_by_photograph])
def test_levels_that_nobody_knows(split: Callable[..., object]) -> None:
    with pytest.raises(ArgumentError, match="nobody knows the fields of view of this data"):
        split(CELLS, level="field")
    with pytest.raises(ArgumentError, match="expected one of photograph, cell, field"):
        split(CELLS, level="slide")
    assert Split(CELLS, DATA).leaked("cell") is None


def hang_together(*cells: tuple[int, ...]) -> TrainingData:
    """Return two photographs of each class, of which some show one cell."""
    few = training_data(photographs_per_class=2)
    same = {f"photo{i}": f"cell {cell}" for cell in cells for i in cell}
    return replace(few, groups={"cell": same})


def test_cells_with_two_labels_where_each_class_has_two() -> None:
    # the classes hang together in a ring, so only two of all divisions are good
    ring = hang_together((1, 2), (3, 4), (5, 6), (7, 0))
    for seed in range(20):
        split = split_by_photograph(ring, test_size=0.5, seed=seed, level="cell")
        assert split.leaked("cell") == 0
        assert set(split.train.labels) == set(split.test.labels) == {0, 1, 2, 3}


def test_no_split_is_possible() -> None:
    with pytest.raises(DatasetError, match=r"EOSINOPHIL: found 1 cell; expected at least 2"):
        split_by_photograph(hang_together((0, 1)), level="cell")
    triangle = hang_together((1, 2), (3, 4), (0, 5))
    with pytest.raises(DatasetError, match=r"no split with all classes .* cells carry several"):
        split_by_photograph(triangle, level="cell")


@settings(max_examples=30)
@given(SEEDS, st.integers(2, 6), st.sampled_from(["photograph", "cell"]))
def test_folds_hold_each_image_back_once_and_tear_nothing(
    seed: int, n_folds: int, level: Literal["photograph", "cell"]
) -> None:
    own = replace(CELLS, groups={"cell": {"photo1": "photo0"}}) if n_folds < 6 else DATA
    level = level if n_folds < 6 else "photograph"
    splits = list(cross_validate_by_photograph(own, n_folds, seed=seed, level=level))
    assert len(splits) == n_folds
    assert sorted(i for s in splits for i in number(s.test)) == list(range(len(DATA)))
    for split in splits:
        assert split.leaked(level) == split.leaked_fraction == 0
        assert set(split.train.labels) == set(split.test.labels) == {0, 1, 2, 3}
        assert len(split.train) + len(split.test) == len(DATA)
        assert belong_together(split.train, DATA) and belong_together(split.test, DATA)


def test_folds_of_unequal_photographs_have_every_class() -> None:
    rng = np.random.default_rng(0)
    for seed in range(20):
        sizes = rng.integers(1, 40, 24)
        data = DATA.take(np.repeat(np.arange(0, 96, 4), sizes))
        for split in cross_validate_by_photograph(data, 6, seed=seed):
            assert set(split.test.labels) == {0, 1, 2, 3} and split.leaked_fraction == 0


def test_folds_have_a_seed_and_do_not_depend_on_the_order_of_the_files() -> None:
    def folds(data: TrainingData, seed: int) -> list[frozenset]:
        return [frozenset(s.test.paths) for s in cross_validate_by_photograph(data, 3, seed=seed)]

    assert folds(DATA, 1) == folds(DATA, 1) == folds(shuffle(DATA, 9), 1) != folds(DATA, 2)


@pytest.mark.parametrize("seed", range(8))
def test_each_fold_has_its_share_of_each_class(seed: int) -> None:
    per_class = (12, 16, 24, 40)
    labels = np.repeat(np.arange(4), per_class)
    data = training_data(photographs_per_class=sum(per_class) // 4, files=1)
    data = replace(data, labels=labels, photographs=np.arange(len(labels)).astype(str))
    for split in cross_validate_by_photograph(data, 4, seed=seed):
        assert np.bincount(split.test.labels).tolist() == [n // 4 for n in per_class]


def test_folds_of_large_and_small_photographs_have_near_equal_shares() -> None:
    sizes = np.random.default_rng(0).integers(15, 158, 120)
    labels = np.repeat(np.arange(120) % 4, sizes)
    data = training_data(photographs_per_class=1, files=len(labels) // 4 + 1)
    data = data.take(np.arange(len(labels)))
    photographs = np.repeat(np.arange(120), sizes).astype(str)
    data = replace(data, labels=labels, photographs=photographs)
    for seed in range(5):
        for split in cross_validate_by_photograph(data, 4, seed=seed):
            shares = np.bincount(split.test.labels) / np.bincount(labels)
            assert shares.min() > 0.2 and shares.max() < 0.3


def test_folds_are_the_same_on_every_version_of_scikit_learn() -> None:
    folds = cross_validate_by_photograph(DATA, 3, seed=1)
    found = [sorted({int(p.removeprefix("photo")) for p in s.test.photographs}) for s in folds]
    assert found == [
        [0, 5, 6, 7, 12, 17, 19, 20],
        [1, 4, 8, 10, 13, 14, 21, 22],
        [2, 3, 9, 11, 15, 16, 18, 23],
    ]


def test_impossible_folds() -> None:
    for n_folds in (1, 0, -2):
        with pytest.raises(
            ArgumentError, match=f"n_folds: found {n_folds}; expected a whole number, 2"
        ):
            cross_validate_by_photograph(DATA, n_folds)
    with pytest.raises(ArgumentError, match="seed: found -1"):
        cross_validate_by_photograph(DATA, seed=-1)
    with pytest.raises(DatasetError, match="EOSINOPHIL: found 6 photographs; expected at least 7"):
        cross_validate_by_photograph(DATA, 7)
    with pytest.raises(DatasetError, match="found a fold without it"):
        cross_validate_by_photograph(hang_together((1, 2), (3, 4), (0, 5)), 2, level="cell")
    with pytest.warns(UserWarning, match="no photograph ids are known"):
        splits = list(cross_validate_by_photograph(training_data(known=False)))
    assert Counter(split.leaked_fraction for split in splits) == {None: 5}


def test_groups_survive_take_and_shuffle() -> None:
    data = shuffle(CELLS, 3).take(np.arange(50))
    expected = [PAIRS.get(name, name) for name in data.photographs]
    assert data.group_ids("cell").tolist() == expected
    assert (data.group_ids() == data.photographs).all()
    assert replace(data, photographs=None).group_ids("cell") is None


def test_cells_come_along_from_the_table_to_the_split(
    tiny_archive: TinyArchive, tmp_path: Path
) -> None:
    folder = tiny_archive.folder / "dataset2-master" / "images" / "TRAIN"
    files = sorted(folder.rglob("*.jpeg"))
    rows = [f"{f.parent.name},{f.name},p{i},c{max(i - i % 3, i - 1)}" for i, f in enumerate(files)]
    table = tmp_path / "table.csv"
    table.write_text("\n".join(["class,file,original,cell_group", *rows]), encoding="utf-8")
    dataset = choose_dataset(tiny_archive.folder, photographs=table)
    assert dataset.take([1, 0]).groups == dataset.groups and set(dataset.groups) == {"cell"}
    data = shuffle(create_training_data(dataset, size=8, crop=False))
    assert [len(set(data.group_ids(level))) for level in ("photograph", "cell")] == [12, 8]
    assert split_by_photograph(data, test_size=0.4, level="cell").leaked("cell") == 0
