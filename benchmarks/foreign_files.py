"""Compare what we read of image files with what Pillow reads.

python benchmarks/foreign_files.py FOLDER    prints what came of a folder of files that others made
python benchmarks/foreign_files.py           makes files with Pillow and OpenCV, keeps the table

Pillow's 8-bit pictures are taken for the truth; of 16 bits and more it keeps the numbers, which are
scaled here by the range of their kind. A file that uses 10, 12 or 14 bits of 16 is listed as "other
pixels" therefore: we scale it by the bits that it uses.
"""

import argparse
import itertools
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL
from bench_tools import save
from PIL import Image, ImageOps

import bloodcell_tut as bt
from bloodcell_tut.files import IMAGE_ENDINGS

CLOSE = 2
"""Decoders round colors of JPEG and CMYK differently by so much."""

OUTCOMES = (
    *("the same", "nearly the same", "other pixels", "another size"),
    *("only we read it", "only Pillow reads it", "neither reads it"),
)
MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "LAB", "HSV")
DEEP = {"I": "i4", "I;16": "u2", "I;16B": ">u2", "F": "f4"}
SIZES = ((1, 1), (7, 3), (64, 48), (33, 100))
WAYS: tuple[tuple[str, str, tuple[dict[str, Any], ...]], ...] = (
    ("png", "PNG", ({}, {"optimize": True}, {"compress_level": 0})),
    ("apng", "PNG", ({"save_all": True},)),
    ("jpg", "JPEG", ({}, {"progressive": True}, {"quality": 100, "subsampling": 0})),
    ("bmp", "BMP", ({},)),
    ("dib", "DIB", ({},)),
    ("gif", "GIF", ({}, {"interlace": 0}, {"save_all": True})),
    ("webp", "WEBP", ({}, {"lossless": True}, {"save_all": True})),
    ("avif", "AVIF", ({}, {"quality": 100})),
    ("jp2", "JPEG2000", ({}, {"irreversible": True})),
    ("j2k", "JPEG2000", ({"no_jp2": True},)),
    ("ppm", "PPM", ({},)),
    ("tga", "TGA", ({}, {"compression": "tga_rle"})),
    (
        "tif",
        "TIFF",
        tuple(
            {"compression": c}
            for c in (
                *(None, "tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "packbits", "jpeg"),
                *("lzma", "zstd", "group3", "group4"),
            )
        ),
    ),
)


def pictures() -> Iterator[tuple[str, Image.Image]]:
    """Yield a picture of each mode and size: a smooth field with a cell and noise."""
    rng = np.random.default_rng(0)
    for width, height in SIZES:
        pixels = np.full((height, width, 3), (215, 190, 200), np.uint8)
        cv2.circle(pixels, (width // 2, height // 2), height // 3, (110, 60, 190), -1)
        pixels = np.clip(pixels + rng.normal(0, 5, pixels.shape), 0, 255).astype(np.uint8)
        for mode in MODES:
            image = Image.fromarray(pixels)
            if mode in ("LA", "PA", "RGBA"):
                image = image.convert("RGBA")
                image.putalpha(Image.fromarray(np.ascontiguousarray(pixels[..., 1])))
                image = image.convert("LA") if mode == "PA" else image
            yield f"{mode}-{width}x{height}", image.convert(mode)
        gray = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY) / 255
        for mode, dtype in DEEP.items():
            white = 1 if mode == "F" else 65_535
            name = mode.replace(";", "")
            yield f"{name}-{width}x{height}", Image.fromarray((gray * white).astype(dtype))


def make_files(folder: Path) -> None:
    """Write every picture in every way that Pillow has for it, and 16 bits of color by OpenCV."""
    for (name, image), (ending, kind, options) in itertools.product(pictures(), WAYS):
        for number, chosen in enumerate(options):
            more = {"append_images": [image.rotate(180)]} if "save_all" in chosen else {}
            path = folder / f"{name}-{number}.{ending}"
            try:
                image.save(path, kind, **chosen, **more)
            except (OSError, ValueError, RuntimeError, SystemError, KeyError):
                path.unlink(missing_ok=True)  # not every kind has every mode
    deep = (np.random.default_rng(1).random((48, 64, 3)) * 65_535).astype(np.uint16)
    for name in ("1.png", "3.png", "1.tif", "3.tif", "1.pgm", "3.ppm"):
        values = deep[..., 0] if name[0] == "1" else deep
        cv2.imwrite(str(folder / f"16-bits-{name}"), values)


def by_pillow(path: Path) -> np.ndarray:
    """Return the first picture of a file as Pillow has it, as red, green and blue."""
    with Image.open(path) as file:
        file.load()
        image = ImageOps.exif_transpose(file)
    values = np.asarray(image)
    if image.mode.startswith("I;16") or (image.mode == "I" and values.max() > 255):
        return np.dstack([(values.clip(0, 65_535) / 257).round().astype(np.uint8)] * 3)
    if image.mode == "F" and values.max() <= 1:
        return np.dstack([(values.clip(0, 1) * 255).round().astype(np.uint8)] * 3)
    return np.asarray(image.convert("RGB"))


def outcome(path: Path) -> tuple[str, str]:
    """Return what came of a file, and more about it."""
    truth = ours = None
    error = ""
    try:
        truth = by_pillow(path)
    except Exception as found:  # Pillow raises a dozen types on files that it can't read
        error = f"{type(found).__name__}: {found}"
    try:
        ours = bt.read_image(path)
    except bt.ImageError as found:
        error = str(found).split(": found ", 1)[-1]
    if truth is None or ours is None:
        names = {(True, True): "neither reads it", (True, False): "only we read it"}
        return names.get((truth is None, ours is None), "only Pillow reads it"), error
    if truth.shape != ours.shape:
        return "another size", f"{ours.shape[:2]}, Pillow {truth.shape[:2]}"
    most = int(np.abs(truth.astype(int) - ours).max())
    if most:
        return ("nearly the same" if most <= CLOSE else "other pixels"), f"up to {most} of 255"
    return "the same", ""


def compare(folder: Path) -> list[tuple[str, str, str]]:
    """Return for each image file of a folder its name in there, the outcome, and more about it."""
    found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in IMAGE_ENDINGS)
    return [(str(path.relative_to(folder)), *outcome(path)) for path in found]


def counted(compared: list[tuple[str, str, str]]) -> list[dict[str, Any]]:
    """Return a row for each ending, with the number of files of each outcome that there is."""
    endings = [Path(name).suffix.lower() for name, _, _ in compared]
    found = Counter(zip(endings, (outcome for _, outcome, _ in compared), strict=True))
    there = [o for o in OUTCOMES if any(outcome == o for _, outcome in found)]
    rows = [
        {"ending": ending, "files": endings.count(ending)} | {o: found[ending, o] for o in there}
        for ending in sorted(set(endings))
    ]
    total = {"ending": "all", "files": len(compared)}
    return [*rows, total | {o: sum(found[e, o] for e in set(endings)) for o in there}]


def main(folder: Path | None = None) -> None:
    warnings.filterwarnings("ignore", module="PIL")
    with tempfile.TemporaryDirectory() as made:
        if folder is None:
            make_files(Path(made))
        compared = compare(folder or Path(made))
    for name, found, more in compared:
        if found != "the same":
            print(f"{found}: {name} ({more})")
    rows = counted(compared)
    if folder is None:
        save("foreign_files", f"files made with Pillow {PIL.__version__} and OpenCV", rows)
    else:
        print(*rows, sep="\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=Path, nargs="?")
    main(parser.parse_args().folder)
