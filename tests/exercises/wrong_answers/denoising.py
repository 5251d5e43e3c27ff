"""Wrong answers to the exercises of the lesson on denoising."""

import numpy as np

from bloodcell_tut.exercises.denoising import check_dead_pixels, check_photons, check_psnr


def mse(truth, image):
    return np.mean((truth.astype(float) - image) ** 2)


def ratio(truth, image):
    error = mse(truth, image)
    return 10 * np.log10(255**2 / error) if error else 0.0


def dead(image, share, rng, *, white=0.5, whole=True, levels=(0, 255)):
    chance = rng.random(image.shape[:2] if whole else image.shape)
    changed = image.copy()
    changed[chance < share] = levels[1]
    changed[chance < share * (1 - white)] = levels[0]
    return changed


WRONG = [
    (check_psnr, lambda a, b: 10 * np.log10(255**2 / np.mean((a - b) ** 2)), "and so do squares"),
    (
        check_psnr,
        lambda a, b: 10 * np.log10(255**2 / np.mean((a - b).astype(float) ** 2)),
        "wrap around",
    ),
    (check_psnr, lambda a, b: 10 * np.log10(mse(a, b) / 255**2), "the other way round"),
    (check_psnr, lambda a, b: 10 * np.log10(255 / mse(a, b)), "as its square"),
    (check_psnr, lambda a, b: 10 * np.log(255**2 / mse(a, b)), "natural logarithm"),
    (check_psnr, lambda a, b: np.log10(255**2 / mse(a, b)), "factor of 10"),
    (check_psnr, lambda a, b: 10 * np.log10(255**2 / mse(a, b) ** 0.5), "the root of the error"),
    (
        check_psnr,
        lambda a, b: 10 * np.log10(255**2 / abs(a.astype(float) - b).mean()),
        "square the differences",
    ),
    (check_psnr, mse, "the mean squared error"),
    (check_psnr, lambda a, b: 10 * np.log10(int(a.max()) ** 2 / mse(a, b) / 4), "too small"),
    (check_psnr, lambda a, b: f"{ratio(a, b)} dB", "expected one number"),
    (check_psnr, ratio, "infinite"),
    (check_dead_pixels, lambda image, share, rng: image, "no pixel has changed"),
    (check_dead_pixels, lambda image, share, rng: image / 255, "expected an array of uint8"),
    (check_dead_pixels, lambda *a: dead(*a, whole=False), "colors die one by one"),
    (check_dead_pixels, lambda *a: dead(*a, white=1), "100% of the dead pixels are white"),
    (check_dead_pixels, lambda *a: dead(*a, white=0), "0% of the dead pixels are white"),
    (check_dead_pixels, lambda *a: dead(*a, levels=(0, 1)), "other levels than 0, 255"),
    (check_dead_pixels, lambda i, share, rng: dead(i, 2 * share, rng), "expected about 20%"),
    (check_dead_pixels, lambda i, share, rng: dead(i, share / 2, rng), "expected about 20%"),
    (
        check_dead_pixels,
        lambda i, share, rng: dead(i, share, np.random.default_rng(0)),
        "two generators give the same picture",
    ),
    (
        check_dead_pixels,
        lambda i, share, rng: dead(i, share, np.random.default_rng()),
        "generators of one seed give two pictures",
    ),
    (check_photons, lambda s: s.var(axis=0).mean() / s.mean(), "the other way round"),
    (check_photons, lambda s: s.mean() / s.var(axis=0).mean(), "multiply by 255"),
    (check_photons, lambda s: 255 * s.mean() / s.std(axis=0).mean(), "not its root"),
    (check_photons, lambda s: s.mean() ** 2 / s.var(axis=0).mean(), "of average level"),
    (check_photons, lambda s: 255 * s.mean() / s.var(), "from place to place"),
    (check_photons, lambda s: 255 * s.mean(axis=0) / s.var(axis=0), "expected one number"),
    (check_photons, lambda s: 255, "expected about 25"),
]
