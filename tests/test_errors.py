"""What works without anything that Keras computes with, and what is said where it is needed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

WITHOUT = """
import sys

class NoBackend:
    def find_spec(self, name, *_):
        if name in ("tensorflow", "jax", "torch"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, NoBackend())
"""
COMMAND = WITHOUT + "from bloodcell_tut.cli import app; app()"


def run(code: str, *arguments: str, folder: Path, **variables: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env=os.environ | variables,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
@pytest.mark.parametrize("use", ["bt.small_cnn()", "bt.inference.load_model('x')"])
def test_who_trains_or_asks_is_told_what_to_install(use: str, backend: str, tmp_path: Path) -> None:
    code = f"{WITHOUT}import bloodcell_tut as bt\ntry: {use}\nexcept bt.BackendError as e: print(e)"
    _, said, _ = run(code, folder=tmp_path, KERAS_BACKEND=backend)
    assert said == (
        f"found no {backend}, which Keras computes with; expected it for training and asking "
        f"networks; install it with: pip install '{backend}'\n"
    )


WITHOUT_OPENCV = "import sys; sys.modules['cv2'] = None\n"
OPENCV = (
    "found no cv2, which reads and draws images; expected OpenCV 4.13 or newer; "
    "install it with: pip install 'opencv-python-headless'\n"
)


def test_who_has_no_opencv_is_told_what_to_install(tmp_path: Path, sample_folder: Path) -> None:
    code = "import bloodcell_tut as bt\ntry: bt.read_image\nexcept bt.BackendError as e: print(e)"
    assert run(WITHOUT_OPENCV + code, folder=tmp_path)[1] == OPENCV
    command = WITHOUT_OPENCV + "from bloodcell_tut.cli import app; app()"
    found = run(command, "audit", str(sample_folder), folder=tmp_path)
    assert found == (1, "", f"bloodcell-tut: {OPENCV}")


def test_another_missing_module_is_named_as_it_is(tmp_path: Path) -> None:
    code = "import sys; sys.modules['sklearn'] = None; import bloodcell_tut as bt; "
    status, _, said = run(code + "bt.split_by_photograph", folder=tmp_path)
    assert status == 1 and "No module named 'sklearn" in said


def test_a_run_says_so_before_its_first_step(tmp_path: Path, sample_folder: Path) -> None:
    status, out, said = run(COMMAND, "run", "--data", str(sample_folder), folder=tmp_path)
    assert (status, out) == (1, "")
    assert (
        said.splitlines()[-1].startswith("bloodcell-tut: found no tensorflow")
        and "step" not in said
    )
    assert "Traceback" not in said


def test_so_does_a_question(tmp_path: Path) -> None:
    asked = run(COMMAND, "predict", "cell.png", "--model", "model.keras", folder=tmp_path)
    assert asked[:2] == (1, "") and asked[2].startswith("bloodcell-tut: found no tensorflow")
    assert asked[2].count("\n") == 1


def test_the_rest_works_without(tmp_path: Path, sample_folder: Path) -> None:
    status, out, said = run(COMMAND, "audit", str(sample_folder), folder=tmp_path)
    assert status in (0, 3) and "photographs" in out, said
    code = f"""
import bloodcell_tut as bt
data = bt.create_training_data(bt.choose_dataset({str(sample_folder)!r}), size=32)
split = bt.split_by_photograph(bt.shuffle(data))
X, y = bt.features_and_labels(split.train)
print(bt.normalize(X).max() <= 1, bt.one_hot(y, 4).shape == (len(y), 4))
bt.show_images(data.images[:4])
"""
    status, out, said = run(WITHOUT + code, folder=tmp_path, MPLBACKEND="agg")
    assert (status, out) == (0, "True True\n"), said
