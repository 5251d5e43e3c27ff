"""Wrong answers to the exercises of lesson 0."""

import cv2
import numpy as np

from bloodcell_tut.exercises.lesson_00 import check_edges, check_pool, check_weights


def prints(kernel, channels, filters):
    print((kernel**2 * channels + 1) * filters)


def even(image):
    return image[: len(image) // 2 * 2, : image.shape[1] // 2 * 2]


def four_in_a_row(image):
    rows, columns = image.shape[0] // 2, image.shape[1] // 2
    return even(image).reshape(rows, columns, 2, 2).max(axis=(2, 3))


def other_axes(image):
    rows, columns = image.shape[0] // 2, image.shape[1] // 2
    return even(image).reshape(rows, 2, columns, 2).max(axis=(0, 2))


def columns_only(image):
    return even(image).reshape(len(even(image)), -1, 2).max(axis=2)


def place_first(image):
    rows, columns = image.shape[0] // 2, image.shape[1] // 2
    return even(image).reshape(2, rows, 2, columns).max(axis=(0, 2))


def one_after_the_other(image):
    rows, columns = image.shape[0] // 2, image.shape[1] // 2
    return even(image).reshape(rows, 2, columns, 2).max(axis=1).max(axis=1)


def forgets_odd_sides(image):
    rows, columns = image.shape
    return image.reshape(rows // 2, 2, columns // 2, 2).max(axis=(1, 3))


def averages(image):
    return cv2.resize(
        even(image).astype(float),
        (image.shape[1] // 2, image.shape[0] // 2),
        interpolation=cv2.INTER_AREA,
    )


def pads(image):
    padded = np.pad(image, [(0, n % 2) for n in image.shape], mode="edge")
    return forgets_odd_sides(padded)


def from_zero(image):
    return np.maximum(forgets_odd_sides(even(image)), 0)


def as_float(image):
    return forgets_odd_sides(even(image)).astype(float)


def writes_into_it(image):
    image[image < 0] = 0
    return forgets_odd_sides(even(image))


def maximum_over(*axes):
    def pool(image):
        rows, columns = image.shape[0] // 2, image.shape[1] // 2
        return even(image).reshape(rows, 2, columns, 2).max(axis=axes)

    return pool


def counts_exchanged(image):
    rows, columns = image.shape[0] // 2, image.shape[1] // 2
    return even(image).reshape(columns, 2, rows, 2).max(axis=(1, 3))


def by_two_loops(image):
    rows, columns = image.shape[0] // 2, image.shape[1] // 2
    pooled = np.empty((rows, columns), image.dtype)
    for r in range(rows):
        for c in range(columns):
            pooled[r, c] = image[2 * r : 2 * r + 2, 2 * c : 2 * c + 2].max()
    return pooled


def by_comprehension(image):
    rows = [image[r : r + 2] for r in range(0, image.shape[0] - 1, 2)]
    last = image.shape[1] // 2 * 2
    return np.array([np.maximum(*pair)[:last].reshape(-1, 2).max(axis=1) for pair in rows])


def by_map(image):
    squares = even(image).reshape(len(image) // 2, 2, -1, 2).swapaxes(1, 2).reshape(-1, 4)
    pooled = np.array(list(map(lambda square: square.max(), squares)), image.dtype)  # noqa: C417
    return pooled.reshape(image.shape[0] // 2, -1)


UPRIGHT = np.array([[-1, 0, 1]] * 3, np.float32)

WRONG = [
    (check_weights, lambda k, c, f: k * k * c * f, "the biases are missing"),
    (check_weights, lambda k, c, f: k * k * c * f + 1, "one bias for each filter"),
    (check_weights, lambda k, c, f: (k * k + 1) * c * f, "not one for each channel"),
    (check_weights, lambda k, c, f: k * k * c * f + c, "biases belong to filters"),
    (check_weights, lambda k, c, f: (k * k + 1) * f, "as deep as its input"),
    (check_weights, lambda k, c, f: k * k * c + 1, "one filter only"),
    (check_weights, lambda k, c, f: (k * c + 1) * f, "a square, not a row"),
    (check_weights, lambda k, c, f: (2 * k * c + 1) * f, "has not 5 + 5 places"),
    (check_weights, lambda k, c, f: k * k * c + f, "the weights of one filter only"),
    (check_weights, lambda k, c, f: k * k * (c + 1) * f, "not one at each place"),
    (check_weights, lambda k, c, f: (3 * 3 * c + 1) * f, "not always 3"),
    (check_weights, lambda k, c, f: (50 - k + 1) ** 2 * f, "too large"),
    (check_weights, lambda k, c, f: float((k * k * c + 1) * f), "expected a whole number"),
    (check_weights, lambda k, c, f: str((k * k * c + 1) * f), "expected a number"),
    (check_weights, lambda k, c, f: np.full(f, k * k * c + 1), "not one number"),
    (check_weights, prints, "does it end with `return`?"),
    (check_weights, 896, "expected a function"),
    (check_edges, lambda: UPRIGHT, "it answers to changes from left to right"),
    (check_edges, lambda: -UPRIGHT.T, "its sign is reversed"),
    (check_edges, lambda: UPRIGHT + UPRIGHT.T, "left to right as well"),
    (check_edges, lambda: np.full((3, 3), 1 / 9), "what do the weights add up to?"),
    (check_edges, lambda: np.zeros((3, 3)), "all zeros"),
    (check_edges, lambda: np.array([[-1], [0], [1]]), "shape"),
    (check_edges, lambda: UPRIGHT.T.astype(np.int8).view(np.uint8), "a signed integer"),
    (check_edges, lambda: np.array([[-1, 2, -1]] * 3).T, "a line is what it finds"),
    (check_edges, lambda: np.array([[-1, 2, -1], [0, 0, 0], [1, -2, 1]]), "it gives 0"),
    (check_edges, lambda: np.array([[-1] * 3, [0] * 3, [2] * 3]), "an even area of ones gives 3"),
    (check_edges, lambda: [[-1, -1], [1, 1]], "shape"),
    (check_edges, UPRIGHT.T, "expected a function"),
    (check_edges, lambda: np.array([-1, 0, 1]), "has shape (3,); expected (3, 3): this is one row"),
    (check_edges, lambda: [[-1, 0, 1]], "this is one row of weights"),
    (check_edges, lambda: np.array([[-1], [0], [1]]), "this is one column of weights"),
    (check_edges, lambda: UPRIGHT.T.ravel(), "not in three rows of three"),
    (check_edges, lambda: [[-1, 0, 1], [1, 2]], "rows differ in length"),
    (check_edges, lambda: 3, "the filter is 3 (int)"),
    (check_edges, lambda: UPRIGHT / np.zeros((3, 3), np.float32), "NaN or infinity"),
    (check_pool, lambda image: image[::2, ::2], "every second number"),
    (check_pool, lambda image: even(image)[::2, ::2], "every second number"),
    (check_pool, averages, "holds the averages"),
    (check_pool, lambda image: -forgets_odd_sides(-even(image)), "the smallest"),
    (check_pool, lambda image: even(image)[1::2, 1::2], "always from the same place"),
    (check_pool, lambda image: 4 * averages(image), "the sums"),
    (check_pool, lambda image: np.maximum(even(image)[::2], even(image)[1::2]), "rows only"),
    (check_pool, lambda image: even(image).reshape(-1, 2).max(axis=1), "has 1 axis"),
    (check_pool, columns_only, "columns only"),
    (check_pool, place_first, "half a map apart"),
    (check_pool, one_after_the_other, "the first maximum took one away"),
    (check_pool, four_in_a_row, "not a square"),
    (check_pool, other_axes, "over the other axes"),
    (check_pool, forgets_odd_sides, "your code stopped with ValueError"),
    (check_pool, pads, "off by one"),
    (check_pool, from_zero, "holds nothing but zeros"),
    (check_pool, as_float, "holds float64; expected float32"),
    (check_pool, lambda image: forgets_odd_sides(even(image)).tolist(), "a NumPy array"),
    (check_pool, writes_into_it, "changes the array"),
    (check_pool, maximum_over(0), "over axis 0 of (rows, 2, columns, 2)"),
    (check_pool, maximum_over(1), "over axis 1 of"),
    (check_pool, maximum_over(2), "over axis 2 of"),
    (check_pool, maximum_over(3), "over axis 3 of"),
    (check_pool, maximum_over(0, 1), "over axes 0 and 1 of"),
    (check_pool, maximum_over(0, 3), "over axes 0 and 3 of"),
    (check_pool, maximum_over(2, 3), "over axes 2 and 3 of"),
    (check_pool, lambda image: maximum_over(1, 3)(image).T, "the axes changed places"),
    (check_pool, counts_exchanged, "splits the first axis by the number of columns"),
    (check_pool, by_two_loops, "it takes a loop over the map"),
    (check_pool, by_comprehension, "it takes a loop over the map"),
    (check_pool, by_map, "it takes a loop over the map"),
]
