"""Right answers in many styles: no constraint may refuse one of them."""

import random
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import PIL.Image
import pytest
import sklearn.utils
from numpy.lib.stride_tricks import as_strided, sliding_window_view
from numpy.random import Generator, default_rng
from skimage.metrics import peak_signal_noise_ratio
from sklearn.dummy import DummyClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from bloodcell_tut.exercises.denoising import check_dead_pixels, check_photons, check_psnr
from bloodcell_tut.exercises.engine import Exercise
from bloodcell_tut.exercises.lesson_00 import check_pool
from bloodcell_tut.exercises.lesson_02 import check_load, check_to_rgb
from bloodcell_tut.exercises.lesson_04 import check_together
from bloodcell_tut.exercises.lesson_06 import check_rows
from bloodcell_tut.exercises.lesson_07 import check_two_scores
from bloodcell_tut.exercises.lesson_08 import check_early_stop, check_softmax
from bloodcell_tut.exercises.lesson_09 import check_shares, check_two_methods
from bloodcell_tut.exercises.more_machines import check_deal, check_loss_of_all, check_speed_up

array = np.ndarray


def even(image: array) -> array:
    return image[: image.shape[0] // 2 * 2, : image.shape[1] // 2 * 2]


def by_places(image: array) -> array:
    image = even(image)
    return np.maximum.reduce([image[r::2, c::2] for r in (0, 1) for c in (0, 1)])


def by_a_loop_over_places(image: array) -> array:
    image = even(image)
    pooled = image[::2, ::2]
    for r, c in ((0, 1), (1, 0), (1, 1)):
        pooled = np.maximum(pooled, image[r::2, c::2])
    return pooled


def by_strides(image: array) -> array:
    image = even(image)
    shape = (image.shape[0] // 2, image.shape[1] // 2, 2, 2)
    down, right = image.strides
    return as_strided(image, shape, (2 * down, 2 * right, down, right)).max(axis=(2, 3))


def axis_by_axis(image: array) -> array:
    image = even(image)
    halved = image.reshape(len(image) // 2, 2, -1).max(axis=1)
    return halved.reshape(len(halved), -1, 2).max(axis=2)


def by_split(image: array) -> array:
    image = even(image)
    rows = np.max(np.split(image, len(image) // 2, axis=0), axis=1)
    return np.max(np.split(rows, rows.shape[1] // 2, axis=1), axis=2).T


def by_dilation(image: array) -> array:
    return cv2.dilate(even(image), np.ones((2, 2), np.uint8), anchor=(0, 0))[::2, ::2]


def by_einsum(image: array) -> array:
    image = even(image)
    squares = np.einsum("ijkl->ikjl", image.reshape(len(image) // 2, 2, -1, 2))
    return squares.reshape(*squares.shape[:2], 4).max(axis=-1)


def by_sorting(image: array) -> array:
    image = even(image)
    squares = np.swapaxes(image.reshape(len(image) // 2, 2, -1, 2), 1, 2)
    return np.sort(squares.reshape(*squares.shape[:2], 4))[..., -1]


POOL = [
    by_places,
    by_a_loop_over_places,
    by_strides,
    axis_by_axis,
    by_split,
    by_dilation,
    by_einsum,
    by_sorting,
    lambda a: np.maximum(
        np.maximum(even(a)[::2, ::2], even(a)[1::2, ::2]),
        np.maximum(even(a)[::2, 1::2], even(a)[1::2, 1::2]),
    ),
    lambda a: sliding_window_view(a, (2, 2))[::2, ::2].max(axis=(2, 3)),
    lambda a: np.amax(even(a).reshape(a.shape[0] // 2, 2, a.shape[1] // 2, 2), (1, 3)),
    lambda a: np.stack([even(a)[i // 2 :: 2, i % 2 :: 2] for i in range(4)]).max(0),
    lambda a: np.apply_over_axes(np.max, even(a).reshape(len(a) // 2, 2, -1, 2), (1, 3)).squeeze(
        (1, 3)
    ),
]


def by_assignment(bgra: array) -> array:
    rgb = np.empty((*bgra.shape[:2], 3), np.uint8)
    rgb[..., 0], rgb[..., 1], rgb[..., 2] = bgra[..., 2], bgra[..., 1], bgra[..., 0]
    return rgb


def by_channels(bgra: array) -> array:
    blue, green, red, _ = bgra.transpose(2, 0, 1)
    return np.stack([red, green, blue], axis=-1)


def by_a_loop(bgra: array) -> array:
    return np.array([[[r, g, b] for b, g, r, _ in row] for row in bgra.tolist()], np.uint8)


def names_of_opencv(bgra: array) -> array:
    """Call split, min and max of Python, whose names OpenCV has as well."""
    text = "2 1 0"
    return bgra[..., [max(0, min(2, int(place))) for place in text.split()]]


RGB = [
    by_assignment,
    by_channels,
    by_a_loop,
    names_of_opencv,
    lambda bgra: bgra[..., 2::-1],
    lambda bgra: bgra[:, :, :3][:, :, ::-1].copy(),
    lambda bgra: np.flip(bgra[..., :3], axis=-1),
    lambda bgra: bgra[..., (2, 1, 0)],
    lambda bgra: np.take(bgra, [2, 1, 0], axis=2),
    lambda bgra: np.dstack((bgra[..., 2], bgra[..., 1], bgra[..., 0])),
    lambda bgra: np.delete(bgra, 3, axis=2)[..., ::-1],
    lambda bgra: np.concatenate([bgra[..., [k]] for k in (2, 1, 0)], axis=-1),
    lambda bgra: np.moveaxis(np.moveaxis(bgra, -1, 0)[2::-1], 0, -1),
]


def by_pillow(path: Path) -> array:
    try:
        return np.asarray(PIL.Image.open(path).convert("RGB"))
    except PIL.UnidentifiedImageError:
        raise ValueError(f"{path}: no picture") from None


def by_the_missing_line(path: Path) -> array:
    img_array = cv2.imread(str(path))
    if img_array is None:
        raise ValueError(path)
    return img_array[..., ::-1]


def with_an_open_file(path: Path) -> array:
    with path.open("rb") as file:
        pixels = cv2.imdecode(np.asarray(bytearray(file.read())), cv2.IMREAD_COLOR_RGB)
    if pixels is None:
        raise ValueError(f"can't read {path.name!r}")
    return pixels


LOAD = [by_pillow, by_the_missing_line, with_an_open_file]


def with_an_index_list(images: array, labels: array, seed: int) -> tuple[array, array]:
    order = list(range(len(labels)))
    random.Random(seed).shuffle(order)
    return images[order], labels[order]


def with_a_shuffled_index(images: array, labels: array, seed: int) -> tuple[array, array]:
    order = np.arange(len(labels))
    default_rng(seed).shuffle(order)
    return images[order], labels[order]


def with_pairs(images: array, labels: array, seed: int) -> tuple[array, array]:
    pairs = list(zip(images, labels, strict=True))
    random.Random(seed).shuffle(pairs)
    mixed, mixed_labels = zip(*pairs, strict=True)
    return np.stack(mixed), np.array(mixed_labels)


def with_a_check_of_the_seed(images: array, labels: array, seed: Any) -> tuple[array, array]:
    rng = seed if isinstance(seed, Generator) else np.random.default_rng(seed)
    assert isinstance(rng, np.random.Generator) and isinstance(rng, Generator)
    order = default_rng(rng).permutation(len(labels))
    return images[order], labels[order]


def with_a_spare_generator(images: array, labels: array, seed: int) -> tuple[array, array]:
    np.random.default_rng(seed).random()
    order = np.random.default_rng(seed).permutation(len(labels))
    return images[order], labels[order]


def with_old_generator(images: array, labels: array, seed: int) -> tuple[array, array]:
    order = np.random.RandomState(seed).permutation(len(labels))
    return np.take(images, order, axis=0), np.take(labels, order)


def seeded_later(images: array, labels: array, seed: int) -> tuple[array, array]:
    rng = random.Random()
    rng.seed(seed)
    order = np.array(rng.sample(range(len(labels)), len(labels)))
    return images[order], labels[order]


def with_keys(images: array, labels: array, seed: int) -> tuple[array, array]:
    order = np.random.Generator(np.random.PCG64(seed)).random(len(labels)).argsort()
    return images[order], labels[order]


def with_choice(images: array, labels: array, seed: int) -> tuple[array, array]:
    order = np.random.default_rng(seed).choice(len(labels), len(labels), replace=False)
    return images[order], labels[order]


def one_array_of_both(images: array, labels: array, seed: int) -> tuple[array, array]:
    both = np.column_stack([images.reshape(len(images), -1), labels])
    both = np.random.default_rng(seed).permutation(both)
    return both[:, :-1].astype(np.uint8).reshape(images.shape), both[:, -1].copy()


def swap_by_swap(images: array, labels: array, seed: int) -> tuple[array, array]:
    images, labels, rng = images.copy(), labels.copy(), np.random.default_rng(seed)
    for last in range(len(labels) - 1, 0, -1):
        other = int(rng.integers(last + 1))
        images[[last, other]] = images[[other, last]]
        labels[[last, other]] = labels[[other, last]]
    return images, labels


class Shuffler:
    def __call__(self, images: array, labels: array, seed: int) -> tuple[array, array]:
        return with_choice(images, labels, seed)


TOGETHER = [
    with_an_index_list,
    with_a_shuffled_index,
    with_pairs,
    with_a_check_of_the_seed,
    with_a_spare_generator,
    with_old_generator,
    seeded_later,
    with_keys,
    with_choice,
    one_array_of_both,
    swap_by_swap,
    Shuffler(),
    partial(with_keys),
    lambda a, b, seed: tuple(sklearn.utils.shuffle(a, b, random_state=seed)),
    lambda a, b, seed: (
        [x[np.random.RandomState(seed).permutation(1)[0] :] for x in (a, b)]
        and with_keys(a, b, seed)
    ),
]


def by_number(names: array, class_names: tuple[str, ...]) -> array:
    order = np.argsort(class_names)
    return np.eye(len(order), dtype=np.float32)[
        order[np.searchsorted(class_names, names, sorter=order)]
    ]


ROWS = [
    by_number,
    lambda names, classes: np.equal.outer(names, np.array(classes)).astype("float32"),
    lambda names, classes: np.float32(names.reshape(-1, 1) == np.asarray(classes)),
]


def largest_first(logits: array) -> array:
    powers = np.exp(logits.T - logits.max(1)).T
    return powers / powers.sum(1)[:, None]


def early(losses: list[float], patience: int) -> tuple[int, int]:
    best, waited, epoch = 0, 0, 0
    while epoch + 1 < len(losses) and waited < patience:
        epoch += 1
        waited = 0 if losses[epoch] < losses[best] else waited + 1
        best = epoch if waited == 0 else best
    return epoch, best


def by_pairs(true: array, predicted: array, n: int) -> array:
    counts = np.bincount(n * true + predicted, minlength=n * n).reshape(n, n)
    images = counts.sum(axis=1, keepdims=True)
    return np.divide(counts, images, out=np.zeros((n, n)), where=images > 0)


def by_scikit_learn(features: array, labels: array, *splits: array) -> tuple[array, ...]:
    one = KNeighborsClassifier(1)
    return tuple(one.fit(features[~s], labels[~s]).score(features[s], labels[s]) for s in splits)


def with_any_seed(x: array, y: array, test_x: array, test_y: array) -> tuple[array, ...]:
    both = DummyClassifier(strategy="prior"), DecisionTreeClassifier(max_depth=3, random_state=7)
    return tuple(np.mean(one.fit(x, y).predict(test_x) == test_y) for one in both)


def by_the_norm(truth: array, image: array) -> float:
    apart = float(np.linalg.norm(truth.astype(int) - image))
    return 20 * np.log10(255 * truth.size**0.5 / apart) if apart else float("inf")


def in_chosen_places(image: array, share: float, rng: Generator) -> array:
    changed = image.reshape(-1, 3).copy()
    dead = rng.choice(len(changed), round(share * len(changed)), replace=False)
    changed[dead] = rng.choice(np.array([0, 255], np.uint8), len(dead))[:, None]
    return changed.reshape(image.shape)


def in_each_pixel(image: array, share: float, rng: Generator) -> array:
    changed = image.copy()
    for place in np.ndindex(image.shape[:2]):
        if rng.uniform() < share:
            changed[place] = 255 * rng.integers(2)
    return changed


def pixel_by_pixel(shots: array) -> float:
    return 255 * np.mean(shots.mean(axis=0) / shots.var(axis=0, ddof=1))


def from_the_slope(shots: array) -> float:
    means = shots.mean(axis=0).ravel()
    return 255 / np.linalg.lstsq(means[:, None], shots.var(axis=0).ravel())[0][0]


def by_turns(n_rows: int, n: int, number: int) -> array:
    return np.arange(number, n_rows, n, dtype=np.int32)


def by_rounded_bounds(n_rows: int, n: int, number: int) -> array:
    return np.arange(round(number * n_rows / n), round((number + 1) * n_rows / n))


RIGHT: list[tuple[Exercise, Any]] = [
    (check_deal, by_turns),
    (check_deal, by_rounded_bounds),
    (check_loss_of_all, lambda losses, counts: np.average(losses, weights=counts)),
    (check_loss_of_all, lambda losses, counts: losses @ counts / counts.sum()),
    (check_speed_up, lambda share, n: n / (share * n + 1 - share)),
    (check_psnr, by_the_norm),
    (check_psnr, peak_signal_noise_ratio),
    (check_dead_pixels, in_chosen_places),
    (check_dead_pixels, in_each_pixel),
    (check_photons, pixel_by_pixel),
    (check_photons, from_the_slope),
    *((check_pool, answer) for answer in POOL),
    *((check_to_rgb, answer) for answer in RGB),
    *((check_load, answer) for answer in LOAD),
    *((check_together, answer) for answer in TOGETHER),
    *((check_rows, answer) for answer in ROWS),
    (check_softmax, largest_first),
    (check_early_stop, early),
    (check_shares, by_pairs),
    (check_two_scores, by_scikit_learn),
    (check_two_methods, with_any_seed),
]


@pytest.mark.parametrize(("check", "answer"), RIGHT)
def test_a_right_answer_is_right(check: Exercise, answer: object) -> None:
    made = np.random.default_rng, np.random.Generator, np.random.RandomState, random.Random
    reply = check(answer)
    assert reply.state == "right", reply
    assert made == (
        np.random.default_rng,
        np.random.Generator,
        np.random.RandomState,
        random.Random,
    )
    assert default_rng is np.random.default_rng and Generator is np.random.Generator


@pytest.mark.parametrize(("check", "answer"), [(check_to_rgb, RGB[0]), (check_pool, POOL[0])])
def test_an_answer_may_be_a_method(check: Exercise, answer: Any) -> None:
    assert check(SimpleNamespace(answer=answer).answer).state == "right"
