"""Wrong answers to lesson 2."""

import cv2
import numpy as np
from cv2 import cvtColor

from bloodcell_tut.exercises.lesson_02 import (
    check_largest,
    check_letterbox,
    check_load,
    check_to_rgb,
)
from bloodcell_tut.images import read_image


def swap_views(bgra):
    rgb = bgra[..., :3].copy()
    rgb[..., 0], rgb[..., 2] = rgb[..., 2], rgb[..., 0]
    return rgb


def swap_in_place(bgra):
    bgra[..., [0, 2]] = bgra[..., [2, 0]]
    return bgra[..., :3]


def stretch(image):
    side = max(image.shape[:2])
    return cv2.resize(image, (side, side))


def corner(image, fill=0, dtype=np.uint8):
    side = max(image.shape[:2])
    square = np.full((side, side, 3), fill, dtype)
    square[: image.shape[0], : image.shape[1]] = image
    return square


def middle(image, fill=0, dtype=np.uint8, rounding=0, side=0):
    height, width = image.shape[:2]
    side = side or max(height, width)
    top, left = (side - height + rounding) // 2, (side - width + rounding) // 2
    square = np.full((side, side, 3), fill, dtype)
    square[top : top + height, left : left + width] = image
    return square


def only_lying(image):
    height, width = image.shape[:2]
    top = (width - height) // 2
    square = np.zeros((width, width, 3), np.uint8)
    square[top : top + height] = image
    return square


def equal_bars(image):
    height, width = image.shape[:2]
    rows, columns = max(width - height, 0) // 2, max(height - width, 0) // 2
    return np.pad(image, ((rows, rows), (columns, columns), (0, 0)))


def cut(image):
    side = min(image.shape[:2])
    return image[:side, :side]


def stats(mask, connectivity=8):
    mask = mask.astype(np.uint8)
    return cv2.connectedComponentsWithStats(mask, connectivity=connectivity)[2]


def box(mask, change=lambda x, y, w, h: (x, y, w, h), first=1, column=cv2.CC_STAT_AREA, **kwargs):
    table = stats(mask, **kwargs)
    row = first + table[first:, column].argmax()
    return change(*(int(side) for side in table[row, :4]))


def load(path, flag=cv2.IMREAD_COLOR, error=ValueError, text="{name} is no picture"):
    bgr = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), flag)
    if bgr is None:
        raise error(text.format(name=path.name))
    return np.ascontiguousarray(bgr[..., ::-1]) if bgr.ndim == 3 else bgr


def hands_on_none(path):
    bgr = cv2.imread(str(path))
    return None if bgr is None else bgr[..., ::-1]


def keeps_transparency(path):
    pixels = load(path, cv2.IMREAD_UNCHANGED)
    pixels = np.dstack([pixels] * 3) if pixels.ndim == 2 else pixels
    return pixels[..., [1, 2, 3, 0]] if pixels.shape[2] == 4 else pixels


def refuses_names(path):
    if not path.name.isascii():
        raise ValueError(path.name)
    return load(path)


def black_for_a_bad_one(path):
    try:
        return load(path)
    except ValueError:
        return np.zeros((240, 320, 3), np.uint8)


def always_the_first(path):
    return load(path.parent / "cell.png")


WRONG = [
    (check_to_rgb, lambda bgra: bgra[..., ::-1], "all four channels are there, backward"),
    (check_to_rgb, lambda bgra: bgra[..., [2, 1, 0, 3]], "the transparency is still there"),
    (check_to_rgb, lambda bgra: bgra[..., ::-1][..., :3], "the wrong end was dropped"),
    (check_to_rgb, lambda bgra: bgra[..., :3], "is it BGR and not RGB"),
    (check_to_rgb, swap_views, "a slice is a view"),
    (check_to_rgb, swap_in_place, "changes the array that it is given"),
    (check_to_rgb, lambda bgra: bgra[..., 1:], "blue was dropped"),
    (check_to_rgb, lambda bgra: np.moveaxis(bgra, 2, 0)[2::-1], "the axes changed places"),
    (check_to_rgb, lambda bgra: bgra[..., 2:0:-1], "has shape (2, 3, 2)"),
    (check_to_rgb, lambda bgra: bgra[::-1, :, :3], "upside down"),
    (check_to_rgb, lambda bgra: bgra[:, ::-1, :3], "mirrored"),
    (check_to_rgb, lambda bgra: bgra[..., 2::-1] / 255, "holds float64; expected uint8"),
    (check_to_rgb, lambda bgra: bgra[..., 2::-1].tolist(), "expected a NumPy array"),
    (check_to_rgb, lambda bgra: print(bgra.shape), "returns nothing"),
    (check_to_rgb, lambda bgra: cv2.cvtColor(bgra, cv2.COLOR_BGRA2RGB), "`cv2.cvtColor` was"),
    (check_to_rgb, lambda bgra: cvtColor(bgra, cv2.COLOR_BGRA2RGB), "`cv2.cvtColor` was"),
    (check_to_rgb, lambda bgra: cv2.merge(cv2.split(bgra)[2::-1]), "`cv2.split` was called"),
    (check_letterbox, stretch, "was it stretched"),
    (check_letterbox, corner, "upper left corner"),
    (check_letterbox, lambda image: corner(image, 255), "upper left corner"),
    (check_letterbox, lambda image: middle(image, 255), "the bars are not black"),
    (check_letterbox, lambda image: middle(image, dtype=float), "holds float64"),
    (check_letterbox, lambda image: middle(image, rounding=1), "a pixel too far down or right"),
    (check_letterbox, lambda image: middle(image, side=12), "has shape (12, 12, 3)"),
    (check_letterbox, equal_bars, "both bars were rounded down"),
    (check_letterbox, lambda image: corner(image[::-1, ::-1])[::-1, ::-1], "lies at the end"),
    (check_letterbox, lambda image: middle(image)[..., ::-1], "turned or recolored"),
    (check_letterbox, lambda image: middle(image).tolist(), "expected a NumPy array"),
    (check_letterbox, lambda image: middle(image) * 0, "all black"),
    (check_letterbox, cut, "a part was cut off"),
    (check_letterbox, only_lying, "could not broadcast"),
    (check_letterbox, lambda image: image, "has the image's own shape"),
    (check_letterbox, lambda image: middle(image)[..., 0], "2 axes and not 3"),
    (check_largest, lambda mask: box(mask, first=0), "number 0 is the background"),
    (check_largest, lambda mask: cv2.boundingRect(mask.astype(np.uint8)), "around all components"),
    (check_largest, lambda mask: tuple(stats(mask)[1, :4]), "that of the first component"),
    (check_largest, lambda mask: box(mask, lambda x, y, w, h: (x, y, x + w, y + h)), "right and b"),
    (check_largest, lambda mask: box(mask, lambda x, y, w, h: (y, x, h, w)), "left comes first"),
    (check_largest, lambda mask: box(mask, lambda x, y, w, h: (x, y, w - 1, h - 1)), "off by one"),
    (check_largest, lambda mask: box(mask, connectivity=4), "touch by a corner"),
    (check_largest, lambda mask: box(mask, column=cv2.CC_STAT_HEIGHT), "fewer pixels"),
    (check_largest, lambda mask: tuple(stats(mask)[1]), "five numbers"),
    (check_largest, lambda m: box(m, lambda x, y, w, h: (x, y, x + w - 1, y + h - 1)), "last col"),
    (check_largest, lambda mask: box(mask, lambda x, y, w, h: (w, h, x, y)), "size first"),
    (check_largest, lambda mask: box(mask, lambda x, y, w, h: (x, y)), "fewer than four"),
    (check_largest, lambda mask: max(map(tuple, stats(mask)[1:, :4].tolist())), "to the right"),
    (check_largest, lambda mask: stats(mask)[1, :4], "expected a tuple"),
    (check_largest, lambda mask: cv2.connectedComponents(mask)[0], "takes no array of bool"),
    (check_load, lambda path: cv2.imread(str(path)), "is it BGR and not RGB"),
    (check_load, hands_on_none, "hands on None"),
    (check_load, lambda path: cv2.imread(str(path))[..., ::-1], "with TypeError: ask first"),
    (check_load, lambda path: cv2.cvtColor(cv2.imread(str(path)), 4), "late with error"),
    (check_load, lambda path: load(path, cv2.IMREAD_UNCHANGED), "equal ones for gray"),
    (check_load, lambda path: load(path, cv2.IMREAD_GRAYSCALE), "give it three channels"),
    (check_load, lambda p: np.dstack([load(p, 0)] * 3), "the colors were lost"),
    (check_load, keeps_transparency, "the transparency is there"),
    (check_load, lambda path: load(path) / 255, "holds float64; expected uint8"),
    (check_load, always_the_first, "do you read the path that is given"),
    (check_load, refuses_names, "which is a good picture"),
    (check_load, black_for_a_bad_one, "returns an array of uint8"),
    (check_load, lambda path: load(path, text="bad file"), "name the file in it"),
    (check_load, lambda path: load(path, error=OSError), "you raise OSError; expected ValueError"),
    (check_load, read_image, "read the file yourself"),
    (check_load, lambda path: load(path)[:200], "has shape (200, 320, 3)"),
    (check_load, lambda path: path.name, "expected a NumPy array"),
    (check_load, lambda path: load(path)[::-1], "for the file 'cell.png' is"),
]
