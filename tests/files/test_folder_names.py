"""What the names of folders say."""

import pytest

from bloodcell_tut.files import PARTS, part_of
from bloodcell_tut.files.folder_names import is_litter, is_no_class


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("TRAIN", "TRAIN"), ("Training", "TRAIN"), ("training_set", "TRAIN"), ("trainset", "TRAIN"),
        ("seg_train", "TRAIN"), ("train_images", "TRAIN"), ("Test", "TEST"), ("Testing", "TEST"),
        ("test-set", "TEST"), ("seg_test", "TEST"), ("TEST_SIMPLE", "TEST_SIMPLE"),
        ("val", "VALIDATION"), ("valid", "VALIDATION"), ("validation_set", "VALIDATION"),
        ("trainer", None), ("valley", None), ("attest", None), ("MONOCYTE", None), ("", None),
        ("train_masks", None), ("seg_pred", None),
    ],
)  # fmt: skip
def test_parts(name: str, part: str | None) -> None:
    assert part_of(name) == part and (part is None or part in PARTS)


def test_companions_and_litter() -> None:
    assert all(map(is_no_class, ("images", "Masks", "annotations", "train_masks", "seg_pred")))
    assert not any(map(is_no_class, ("no_mask", "masked", "labelled", "tests of mice")))
    assert is_litter("@eaDir") and is_litter("New Folder (3)") and not is_litter("new")
