"""What an audit takes: any folder of images, and a table that says their classes."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

import bloodcell_tut as bt

pytestmark = pytest.mark.filterwarnings("ignore:.*the classes are read from")


def texture(seed: int) -> np.ndarray:
    small = np.random.default_rng(seed).integers(40, 220, (12, 16, 3), np.uint8)
    return cv2.resize(small, (64, 48), interpolation=cv2.INTER_CUBIC)


def put(folder: Path, names: str) -> Path:
    for seed, name in enumerate(names.split()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), texture(seed))
    return folder


def table(path: Path, *rows: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(("file,label,patient", *rows)))
    return path


@pytest.fixture
def flat(tmp_path: Path) -> Path:
    return put(tmp_path / "images", "0.png 1.png 2.png 3.png")


@pytest.fixture
def said(tmp_path: Path) -> Path:
    rows = (f"{i},{'round' if i % 2 else 'lobed'},{'AABB'[i]}" for i in range(4))
    return table(tmp_path / "said" / "classes.csv", *rows)


def call(*arguments: object) -> Result:
    return CliRunner().invoke(bt.cli.app, [str(argument) for argument in arguments])


@pytest.mark.parametrize(
    "names",
    [
        "0.png 1.png",
        "deep/er/0.png deep/er/1.jpeg",
        "one/0.png one/1.png",
        "images/0.png images/1.png masks/0.png masks/1.png",
        "train/0.png train/1.png test/2.png test/3.png",
        "a/0.png a/1.png 2.png 3.png",
        "0.png broken.xml 1.png",
        "0.gif 1.tif 2.webp",
    ],
)
def test_any_folder_of_images_is_audited(names: str, tmp_path: Path) -> None:
    folder = put(tmp_path / "data", names.replace("broken.xml", "").replace(".gif", ".png"))
    if "broken.xml" in names:
        (folder / "0.xml").write_text("<annotation><object></annotation>")
    found = bt.audit(folder)
    assert len(found.own) >= 2
    assert set(found.classes) == {"(none)"} and "the classes are not known" in found.notes[0]
    bt.auditing.audit_text(found)
    bt.auditing.audit_page(found)


def test_a_table_says_classes_and_groups(flat: Path, said: Path) -> None:
    found = bt.audit(flat, labels=said)
    assert found.class_balance() == {"lobed": (2, 2), "round": (2, 2)}
    assert found.photographs.tolist() == [0, 1, 0, 1]  # by class, and then by patient
    text = said.read_text().replace("patient", "patient,run")
    said.write_text("\n".join(f"{row},{i % 3}" for i, row in enumerate(text.split("\n"))))
    rows = ["file,label,patient,run"] + [f"{i},{'ab'[i % 2]},P,{'xyzz'[i]}" for i in range(4)]
    said.write_text("\n".join(rows))
    assert len(set(bt.audit(flat, labels=said, group_column="run").photographs)) == 3


def test_two_labels_of_one_picture_are_found_by_a_table(flat: Path, said: Path) -> None:
    (flat / "3.png").write_bytes((flat / "0.png").read_bytes())
    rows = (f"{i},{'round' if i % 2 else 'lobed'}," for i in range(4))
    table(said, *rows)
    found = bt.audit(flat, labels=said)
    assert [len(finding.files) for finding in found.of_kind("two labels")] == [2]


def test_a_table_that_does_not_fit_is_told(flat: Path, said: Path, tmp_path: Path) -> None:
    other = table(tmp_path / "other.csv", "nine,round,A")
    with pytest.raises(bt.DatasetError, match="none of its 1 rows"):
        bt.audit(flat, labels=other)
    with pytest.raises(bt.DatasetError, match="and slide; rename"):
        bt.audit(flat, labels=said, group_column="slide")
    with pytest.raises(bt.ArgumentError, match="labels: found them beside an ImageDataset"):
        bt.audit(bt.choose_dataset(flat, labels=said), labels=said)


def test_the_table_helps_where_the_test_data_has_no_classes(
    flat: Path, said: Path, tmp_path: Path
) -> None:
    test = put(tmp_path / "later" / "b", "0.png 3.png").parent
    assert set(bt.audit(flat, test, labels=said).classes[4:]) == {"lobed", "round"}
    put(test / "a", "0.png 1.png")
    assert set(bt.audit(flat, test, labels=said).classes[4:]) == {"a", "b"}
    foreign = put(tmp_path / "foreign", "8.png 9.png")
    assert set(bt.audit(flat, foreign, labels=said).classes[4:]) == {"(none)"}


def test_a_first_data_set_that_cannot_be_read(flat: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "0.png").write_bytes(b"no image")
    with pytest.raises(bt.DatasetError, match=r"bad: found 0 readable images of 1; expected two"):
        bt.audit(bad, flat)
    assert len(bt.audit(flat, bad).of_kind("unreadable")) == 1


def test_the_command_takes_the_table(flat: Path, said: Path) -> None:
    done = call("audit", flat, "--labels", said, "--group-column", "patient", "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["classes"] == {
        "lobed": {"images": 2, "photographs": 2},
        "round": {"images": 2, "photographs": 2},
    }
    assert found["n_photographs"] == 2
    assert call("audit", flat, "--labels", said.with_name("no.csv")).exit_code == 1
