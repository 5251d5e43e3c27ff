"""A limit from too few photographs is none, and then all say "not known"; from enough it holds."""

import json
import zipfile
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest
from builders import noise
from sklearn.datasets import load_digits, load_sample_images
from typer.testing import CliRunner

import bloodcell_tut as bt
from bloodcell_tut.cli import app
from bloodcell_tut.inference import (
    ENOUGH_PHOTOGRAPHS,
    OutOfDistributionDetector,
    fit_out_of_distribution_detector,
    out_of_distribution,
)

KINDS = ("EOSINOPHIL", "LYMPHOCYTE", "MONOCYTE", "NEUTROPHIL")
CIFAR = Path(__file__).parents[3] / "shared" / "data" / "cifar10.zip"
N_TRAINED, N_CELLS = 60, 150
SIZE = 32


@pytest.fixture(scope="module")
def cells() -> np.ndarray:
    drawn = [
        bt.draw_photograph(KINDS[i % 4], np.random.default_rng([7, i])) for i in range(N_CELLS)
    ]
    return np.stack([bt.prepare_image(photograph.image, SIZE) for photograph in drawn])


@pytest.fixture(scope="module")
def model(cells: np.ndarray) -> keras.Model:
    """A small network that has learned from the first cells for a few seconds."""
    paths = tuple(Path(f"{i}.png") for i in range(N_TRAINED))
    labels = np.arange(N_TRAINED) % 4
    network = bt.small_cnn(4, SIZE)
    bt.train(network, bt.TrainingData(cells[:N_TRAINED], labels, None, paths, KINDS), epochs=3)
    return network


def resized(images: list[np.ndarray]) -> np.ndarray:
    return np.stack([cv2.resize(i, (SIZE, SIZE), interpolation=cv2.INTER_AREA) for i in images])


def foreign(seed: int) -> dict[str, np.ndarray]:
    """What no network of cells has seen, twenty of each."""
    rng = np.random.default_rng(seed)
    corners = rng.integers(0, 260, (2, 20, 2))
    textures = {
        name: resized([picture[r : r + 160, c : c + 160] for r, c in places])
        for name, picture, places in zip(
            ("temple", "flower"), load_sample_images().images, corners, strict=True
        )
    }
    digits = (load_digits().images[rng.integers(0, 1700, 20)] * 15.9).astype(np.uint8)
    return textures | {
        "digits": np.repeat(resized(list(digits))[..., None], 3, axis=-1),
        "noise": rng.integers(0, 256, (20, SIZE, SIZE, 3), np.uint8),
        "black": np.zeros((1, SIZE, SIZE, 3), np.uint8),
        "white": np.full((1, SIZE, SIZE, 3), 255, np.uint8),
    }


def halves(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return numbers of n cells to hold back, and of those that are left for questions."""
    order = np.random.default_rng(seed).permutation(np.arange(N_TRAINED, N_CELLS))
    return order[:n], order[n:]


def test_with_enough_the_promise_is_kept_and_what_is_foreign_flagged(
    model: keras.Model, cells: np.ndarray
) -> None:
    alarms, flagged = [], dict[str, list[bool]]()
    for seed in range(10):
        held, fresh = halves(seed, 40)
        detector = fit_out_of_distribution_detector(model, cells[:N_TRAINED], cells[held])
        assert detector is not None
        shown = {"fresh": cells[fresh]} | foreign(seed)
        scores = detector.scores(model, np.concatenate(list(shown.values())))
        ends = np.cumsum([len(images) for images in shown.values()])[:-1]
        for name, part in zip(shown, np.split(scores > 1, ends), strict=True):
            flagged.setdefault(name, []).extend(part.tolist())
    alarms = flagged.pop("fresh")
    assert np.mean(alarms) <= 0.05, "of fresh cells"
    shares = {name: float(np.mean(said)) for name, said in flagged.items()}
    assert min(shares.values()) >= 0.95, shares


def test_real_pictures_of_other_things_are_flagged(model: keras.Model, cells: np.ndarray) -> None:
    if not CIFAR.is_file():
        pytest.skip(f"NOT TESTED on real pictures of other things: {CIFAR} is not there")
    with zipfile.ZipFile(CIFAR) as archive:
        names = [n for n in archive.namelist() if n.startswith("test/") and n.endswith("7.jpg")]
        files = [np.frombuffer(archive.read(name), np.uint8) for name in names[::20]]
    pictures = resized([cv2.imdecode(file, cv2.IMREAD_COLOR)[..., ::-1] for file in files])
    shares = []
    for seed in range(10):
        held, _ = halves(seed, 40)
        detector = fit_out_of_distribution_detector(model, cells[:N_TRAINED], cells[held])
        assert detector is not None
        shares.append((detector.scores(model, pictures) > 1).mean())
    assert np.mean(shares) > 0.8, "of a network that has seen 60 cells"


@pytest.mark.parametrize("n", [1, 2, 10, ENOUGH_PHOTOGRAPHS - 1])
def test_with_too_few_nothing_claims_to_know(model: keras.Model, cells: np.ndarray, n: int) -> None:
    for seed in range(10):
        held, _ = halves(seed, n)
        copies = np.tile(held, 50)
        for photographs in (None, copies):
            assert (
                fit_out_of_distribution_detector(
                    model, cells[:N_TRAINED], cells[copies], photographs
                )
                is None
            )
    held, _ = halves(0, ENOUGH_PHOTOGRAPHS)
    assert fit_out_of_distribution_detector(model, cells[:N_TRAINED], cells[held]) is not None


def test_whoever_is_asked_says_not_known(model: keras.Model, tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    bt.save_model(model, path, KINDS, crop=False)
    with zipfile.ZipFile(path) as archive:
        facts = json.loads(archive.read("bloodcell_tut.json"))
    assert facts["out_of_distribution"] == "not known"
    saved = bt.load_model(path)
    shown = {name: images[0] for name, images in foreign(0).items()}
    for name, image in shown.items():
        (finding,) = bt.predict_photograph(saved, image)
        assert finding.is_out_of_distribution is finding.out_of_distribution_score is None
        assert str(finding.note).startswith("not known")
        assert "not known" in bt.plot_findings(image, [finding]).get_title()
        cv2.imwrite(str(tmp_path / f"{name}.png"), image)
    command = ["predict", *(str(tmp_path / f"{name}.png") for name in shown), "--model", str(path)]
    _, *rows = CliRunner().invoke(app, command).stdout.splitlines()
    assert len(rows) == len(shown) and all("not known" in row for row in rows)
    answers = json.loads(CliRunner().invoke(app, [*command, "--json"]).stdout)
    for answer in answers:
        (cell,) = answer["cells"]
        assert cell["out_of_distribution"] is cell["out_of_distribution_score"] is None
        assert cell["note"].startswith("not known")


def test_the_number_that_is_needed_follows_from_the_promise() -> None:
    assert 1 / (ENOUGH_PHOTOGRAPHS + 1) <= 0.05 < 1 / ENOUGH_PHOTOGRAPHS


SHAPES = {
    "normal": lambda rng, n: rng.normal(0, 0.2, n),
    "heavy": lambda rng, n: rng.standard_t(2, n),
    "two kinds": lambda rng, n: np.where(rng.random(n) < 0.08, 1.0, rng.normal(0, 0.01, n)),
    "right tail": lambda rng, n: rng.exponential(1, n) ** 2,
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("k", "promised"), [(19, 0.05), (59, 0.05), (99, 0.03), (299, 0.01)])
def test_the_promise_holds_whatever_the_shape(shape: str, k: int, promised: float) -> None:
    """Files of one photograph lie close together, and there are one to nine of each."""
    rng, beyond = np.random.default_rng(0), []
    for _ in range(150):
        photographs = np.repeat(np.arange(k), rng.integers(1, 10, k))
        middles = SHAPES[shape](rng, k)[photographs]
        distances = np.exp(middles + rng.normal(0, 0.01, len(photographs)))
        fresh = np.exp(SHAPES[shape](rng, 500) + rng.normal(0, 0.01, 500))
        beyond.append((fresh > out_of_distribution._limit(distances, photographs)).mean())
    assert np.mean(beyond) <= promised + 3 * np.std(beyond) / 12


def test_a_cloud_that_is_none_gives_no_limit(model: keras.Model, cells: np.ndarray) -> None:
    held = cells[N_TRAINED:]
    for same in (np.repeat(cells[:1], 30, axis=0), cells[:1], cells[:2]):
        assert fit_out_of_distribution_detector(model, same, held) is None
    faint = keras.models.clone_model(model)
    faint.set_weights([weights * 1e-20 for weights in model.get_weights()])
    assert fit_out_of_distribution_detector(faint, cells[:N_TRAINED], held) is None


def test_fewer_images_than_features_are_enough_for_a_cloud(
    model: keras.Model, cells: np.ndarray
) -> None:
    few = cells[:12]
    detector = fit_out_of_distribution_detector(model, few, cells[N_TRAINED:])
    assert detector is not None and len(few) < detector.mean.size
    assert (detector.scores(model, noise(20, SIZE)) > 1).all()


def test_features_that_are_not_finite_are_refused(model: keras.Model, cells: np.ndarray) -> None:
    detector = fit_out_of_distribution_detector(model, cells[:N_TRAINED], cells[N_TRAINED:])
    broken = keras.models.clone_model(model)
    broken.set_weights([weights * np.nan for weights in model.get_weights()])
    for ask in (
        lambda: fit_out_of_distribution_detector(broken, cells[:N_TRAINED], cells[N_TRAINED:]),
        lambda: detector.scores(broken, cells),
    ):
        with pytest.raises(bt.ModelError, match="features that are not finite"):
            ask()


def test_photographs_are_told_for_each_image(model: keras.Model, cells: np.ndarray) -> None:
    with pytest.raises(bt.ArgumentError, match="photographs: found 5 for 150 images"):
        fit_out_of_distribution_detector(model, cells, cells, np.arange(5))


@pytest.mark.parametrize(("limit", "kept"), [(30.0, True), (75_035.0, False)])
def test_a_file_of_the_first_edition_is_read_and_its_nonsense_is_not(
    model: keras.Model, tmp_path: Path, limit: float, kept: bool
) -> None:
    path = tmp_path / "model.keras"
    detector = OutOfDistributionDetector(np.zeros(99), np.eye(99), limit)
    bt.save_model(model, path, KINDS, detector=detector)
    facts = json.dumps({"class_names": KINDS, "crop": True})
    rewrite(path, "bloodcell_tut.json", facts.encode())
    found = bt.load_model(path).detector
    assert (found is not None and found.limit == limit) is kept


def test_a_file_that_has_lost_what_it_knew_is_refused(model: keras.Model, tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    bt.save_model(model, path, KINDS, detector=OutOfDistributionDetector(np.zeros(9), np.eye(9), 1))
    rewrite(path, "bloodcell_tut_out_of_distribution.npz", None)
    with pytest.raises(bt.ModelError, match="has lost its out-of-distribution detector"):
        bt.load_model(path)


def rewrite(path: Path, member: str, content: bytes | None) -> None:
    """Replace a member of a model file, or leave it out."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in (members | {member: content}).items():
            if data is not None:
                archive.writestr(name, data)
