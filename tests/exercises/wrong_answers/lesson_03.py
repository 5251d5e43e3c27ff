"""Wrong answers to the exercises of lesson 3."""

import numpy as np

from bloodcell_tut.exercises.lesson_03 import check_bytes, check_fill, check_indices


def makes_it(n, height, width, channels, dtype):
    return np.empty((n, height, width, channels), dtype).nbytes


def product(n, height, width, channels, dtype):
    return n * height * width * channels * np.dtype(dtype).itemsize


def runs_over(n, height, width, channels, dtype):
    with np.errstate(over="ignore"):
        return np.prod([n, height, width, channels], dtype=np.int32) * np.dtype(dtype).itemsize


def padded(pictures, sides=None, dtype=np.uint8, rest=0, right=False):
    sides = sides or [max(p.shape[k] for p in pictures) for k in (0, 1)]
    out = np.full((len(pictures), *sides, 3), rest, dtype)
    for i, p in enumerate(pictures):
        height, width = min(p.shape[0], sides[0]), min(p.shape[1], sides[1])
        left = sides[1] - width if right else 0
        out[i, :height, left : left + width] = p[:height, :width]
    return out


def objects(pictures):
    out = np.empty(len(pictures), object)
    for i, p in enumerate(pictures):
        out[i] = p
    return out


def darkens(pictures):
    for p in pictures:
        p //= 2
    return padded(pictures)


def labels(folders, names=None, start=0, dtype=np.int64):
    names = names or sorted(set(folders))
    return np.array([names.index(f) + start for f in folders], dtype)


def sorts(folders):
    folders.sort()
    return labels(folders)


WRONG = [
    (check_bytes, 4.8, "expected a function"),
    (check_bytes, lambda n, h, w, c, d: n * h * w * c, "the count of numbers"),
    (check_bytes, lambda *q: product(*q) * 8, "in bits"),
    (check_bytes, lambda n, h, w, c, d: product(n, h, w, 1, d), "without the channels"),
    (check_bytes, lambda n, h, w, c, d: product(1, h, w, c, d), "for one image only"),
    (check_bytes, lambda *q: product(*q) / 1e9, "in gigabytes"),
    (check_bytes, lambda *q: product(*q) / 1e6, "in megabytes"),
    (check_bytes, lambda n, h, w, c, d: product(n, h, w, c, float), "8 bytes a number"),
    (check_bytes, lambda n, h, w, c, d: product(n, h, w, c, "float32"), "for 4 bytes a number"),
    (check_bytes, lambda n, h, w, c, d: product(n, h, w, 3, d), "for three channels"),
    (check_bytes, lambda n, h, w, c, d: (n + h + w + c) * np.dtype(d).itemsize, "added up"),
    (check_bytes, lambda *q: product(*q) / 1024, "in units of 1,024"),
    (check_bytes, lambda *q: product(*q) / 2**20, "1,024 times 1,024"),
    (check_bytes, runs_over, "a NumPy integer ran over"),
    (check_bytes, lambda n, h, w, c, d: float(product(n, h, w, c, d)), "expected a whole number"),
    (check_bytes, lambda *q: print(product(*q)), "returns nothing"),
    (check_bytes, lambda *q: str(product(*q)), "expected a number"),
    (check_bytes, makes_it, "tries to make the array"),
    (check_bytes, lambda n, h, w, c, d: n * h * w * c * d.itemsize, "AttributeError"),
    (check_fill, padded([np.ones((1, 2, 3))]), "expected a function"),
    (check_fill, lambda pictures: pictures, "expected a NumPy array"),
    (check_fill, lambda pictures: np.array(pictures), "inhomogeneous"),
    (check_fill, objects, "array of objects"),
    (check_fill, lambda p: padded(p, list(p[0].shape[:2])), "the size of the first picture"),
    (check_fill, lambda p: padded(p, [2, 3]), "the smallest sides"),
    (check_fill, lambda p: padded(p, dtype=float), "makes unless told"),
    (check_fill, lambda p: padded(p, dtype=np.int64), "holds int64"),
    (check_fill, lambda p: padded(p, rest=255), "there is 255, not 0"),
    (check_fill, lambda p: padded(p, right=True), "not all in the upper left corner"),
    (check_fill, lambda p: np.zeros_like(padded(p)), "all 0"),
    (check_fill, lambda p: padded(p).transpose(0, 2, 1, 3), "height comes before width"),
    (check_fill, lambda p: padded(p)[..., ::-1], "BGR"),
    (check_fill, lambda p: padded(p)[::-1], "row 0 of the result holds picture 2"),
    (check_fill, lambda p: np.array([np.resize(q, padded(p)[0].shape) for q in p]), "repeated to"),
    (check_fill, lambda p: padded([q[::-1] for q in p]), "not all in the upper left corner"),
    (check_fill, lambda p: padded(p).reshape(len(p), -1), "it has 2 axes"),
    (check_fill, lambda p: padded(p)[0], "it has 3 axes"),
    (check_fill, darkens, "changes the pictures"),
    (check_indices, [0, 1], "expected a function"),
    (check_indices, lambda f: labels(f).tolist(), "expected a NumPy array"),
    (check_indices, lambda f: labels(f, list(dict.fromkeys(f))), "first come"),
    (check_indices, lambda f: labels(f, start=1), "counted from 1"),
    (check_indices, lambda f: labels(f, sorted(set(f), reverse=True)), "from the end"),
    (check_indices, lambda f: labels(f, sorted(f)), "take each name once"),
    (check_indices, lambda f: np.arange(len(f)), "the files' own positions"),
    (check_indices, lambda f: np.sort(labels(f)), "in the order of the files"),
    (check_indices, lambda f: labels(f)[::-1], "in the reverse order of the files"),
    (check_indices, lambda f: np.array([f.count(n) for n in f]), "how often each name"),
    (check_indices, lambda f: labels(f, sorted(set(f), key=str.lower)), "Python's `sorted`"),
    (check_indices, lambda f: labels(f, dtype=float), "holds float64"),
    (check_indices, lambda f: labels(f, dtype=np.int32), "holds int32"),
    (check_indices, lambda f: np.array(f), "the result holds names"),
    (check_indices, lambda f: np.arange(len(set(f))), "one number for each of"),
    (check_indices, lambda f: np.unique(f, return_inverse=True), "a tuple of length 2"),
    (check_indices, lambda f: np.eye(9)[labels(f)], "axes and not 1"),
    (check_indices, sorts, "changes the list"),
]
