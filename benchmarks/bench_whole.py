"""`make bench ARGS=whole`: whole commands beside what a user of Keras would write, in one go.

Each row is a process of its own, from its start to its end, with its import of TensorFlow. The
user's script unpacks the archive, reads whole pictures with `image_dataset_from_directory`, trains
the same network as long, without our augmentation, and scores it on a fifth of the files.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

from bench_tools import QUIET, REAL, save

SIDE = 64
CLASSES = ("EOSINOPHIL", "LYMPHOCYTE", "MONOCYTE", "NEUTROPHIL")
COMMAND = Path(sys.executable).with_name("bloodcell-tut")


def keras_user(data: str, epochs: str, out: str) -> None:
    """Train and score as a user of Keras would."""
    import keras

    import bloodcell_tut as bt
    from bloodcell_tut.training import ARTICLE

    keras.utils.set_random_seed(0)
    folder = Path(data)
    if zipfile.is_zipfile(folder):
        zipfile.ZipFile(folder).extractall(out)
        folder = Path(out)
    classes = next(folder.rglob(f"TRAIN/{CLASSES[0]}")).parent
    train, test = keras.utils.image_dataset_from_directory(
        classes, class_names=CLASSES, image_size=(SIDE, SIDE), batch_size=64, seed=0,
        validation_split=0.2, subset="both", verbose=False,
    )  # fmt: skip
    body = bt.small_cnn(len(CLASSES), SIDE, recipe=ARTICLE).layers
    model = keras.Sequential([keras.Input((SIDE, SIDE, 3)), *body])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(train, validation_data=test, epochs=int(epochs), verbose=0)
    accuracy = model.evaluate(test, verbose=0)[1]
    model.save(Path(out) / "model.keras")
    (Path(out) / "report.json").write_text(json.dumps({"accuracy": accuracy}), encoding="utf-8")


def keras_user_asks(model: str, picture: str) -> None:
    """Name one cell as a user of Keras would."""
    import keras

    image = keras.utils.load_img(picture, target_size=(SIDE, SIDE))
    rows = keras.models.load_model(model).predict(keras.utils.img_to_array(image)[None], verbose=0)
    print(CLASSES[rows[0].argmax()])


def measured(*command: object, **environment: str) -> dict[str, float]:
    """Run a command; return its seconds, those of the processors, and its peak memory."""
    begun = time.perf_counter()
    child = subprocess.Popen(
        list(map(str, command)), env=os.environ | QUIET | environment, stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, command
    spent = {"CPU s": used.ru_utime + used.ru_stime, "MB": used.ru_maxrss / 1000}
    return {"seconds": time.perf_counter() - begun} | spent


def one_round(real: Path, place: Path) -> dict[str, dict[str, dict[str, float]]]:
    """Return for each question what ours took, and what a user's script took right after it."""
    cache = {"BLOODCELL_TUT_CACHE": str(place / "cache")}
    mine, users = place / "ours", place / "theirs"

    def run(*options: object) -> dict[str, float]:
        spent = measured(COMMAND, "run", "--out", mine, *options, **cache)
        return spent | {"right": 100 * report_of(mine)["accuracy"]}

    def user_trains(data: Path) -> dict[str, float]:
        epochs = len(report_of(mine)["history"]["loss"])
        spent = measured(sys.executable, __file__, "keras_user", data, epochs, users)
        return spent | {"right": 100 * report_of(users)["accuracy"]}

    users.mkdir()
    runs: dict[str, tuple[Path, tuple[object, ...]]] = {
        "drawn cells, first time": (place / "cache", ()),
        "drawn cells, again": (place / "cache", ()),
    }
    if real.exists():
        runs["archive, first time"] = real, ("--data", real)
        runs["archive, again"] = real, ("--data", real)
        runs["archive, --fast, first time"] = real, ("--data", real, "--fast")
    found = {
        what: {"ours": run(*options), "theirs": user_trains(data)}
        for what, (data, options) in runs.items()
    }
    picture = min((place / "cache").rglob("sample-*/**/*.jpeg"))
    found["one picture named"] = {
        "ours": measured(COMMAND, "predict", picture, "--model", mine / "model.keras", **cache),
        "theirs": measured(
            sys.executable, __file__, "keras_user_asks", users / "model.keras", picture
        ),
    }
    return found


def report_of(folder: Path) -> Any:
    return json.loads((folder / "report.json").read_text(encoding="utf-8"))


def in_rows(rounds: list[dict[str, dict[str, dict[str, float]]]]) -> list[dict[str, object]]:
    """Return a row for each question, with our figures, a user's, and their ratios."""
    rows = []
    for what in rounds[0]:
        row: dict[str, object] = {"what": what}
        for name in ("seconds", "CPU s", "MB", "right"):
            for whose, ending in (("ours", ""), ("theirs", ", Keras")):
                row[name + ending] = [r[what][whose].get(name) for r in rounds]
        ratios = [r[what]["ours"]["seconds"] / r[what]["theirs"]["seconds"] for r in rounds]
        rows.append(row | {"seconds, times Keras": ratios})
    return rows


def main(real: Path = REAL, runs: int = 3) -> None:
    rounds = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as place:
            rounds.append(one_round(real, Path(place)))
    save("whole", "drawn, and the real archive where there is one", in_rows(rounds))


if __name__ == "__main__":
    work = keras_user if sys.argv[1] == "keras_user" else keras_user_asks
    work(*sys.argv[2:])
