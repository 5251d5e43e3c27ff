"""Image files of every kind: what Pillow reads is read the same, and what is no image is named."""

import io
import lzma
import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

import bloodcell_tut as bt
from bloodcell_tut.files.image_file import decode_image
from bloodcell_tut.files.image_kinds import (
    IMAGE_ENDINGS,
    bits_per_color,
    foreign_kind,
    image_kind,
    jpeg_scans,
    too_many_scans,
)
from bloodcell_tut.files.png_and_bmp import bmp_with_masks, must_be_mended, plain_png, png_chunks
from bloodcell_tut.files.tiff import (
    deep_tiff,
    is_deep,
    jpegs_in_tiff,
    opencv_is_right,
    tiff_tags,
    to_8_bits,
    used_white,
)

ROOT = Path(__file__).parents[2]
FOUND = np.zeros((21, 30, 3), np.uint8)
FOUND[..., 0] = np.linspace(0, 255, 30).round()
FOUND[..., 1] = np.linspace(255, 0, 21).round()[:, None]
FOUND[..., 2] = 120
FOUND[5:10, 8:15] = (110, 60, 190)
GRAY = FOUND[..., 0]


def encode(image: Image.Image | np.ndarray, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image = Image.fromarray(image) if isinstance(image, np.ndarray) else image
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., np.ndarray]:
    """Write bytes into a file and read it."""

    def _read(data: bytes, name: str = "a.image", **options: Any) -> np.ndarray:
        (tmp_path / name).write_bytes(data)
        return bt.read_image(tmp_path / name, **options)

    return _read


def picture(mode: str) -> Image.Image:
    if mode in ("I", "I;16", "F"):
        dtype = {"I": np.int32, "I;16": np.uint16, "F": np.float32}[mode]
        white = 1 if mode == "F" else 65_535
        return Image.fromarray((GRAY / 255 * white).round(6).astype(dtype))
    image = Image.fromarray(FOUND)
    if mode in ("LA", "RGBA"):
        image = image.convert(mode[:-1])
        image.putalpha(Image.fromarray(np.ascontiguousarray(FOUND[..., 1])))
        return image
    return image.convert("P").convert("PA") if mode == "PA" else image.convert(mode)


def as_pillow_has_it(data: bytes) -> np.ndarray:
    image = Image.open(io.BytesIO(data))
    values = np.asarray(image)
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        white = 1 if image.mode == "F" else 65_535
        return np.dstack([(values / white * 255).round().astype(np.uint8)] * 3)
    return np.asarray(image.convert("RGB"))


MODES = (
    *("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "LAB", "HSV"),
    *("I", "I;16", "F"),
)
WAYS = [
    *(
        ("PNG", {}),
        ("BMP", {}),
        ("DIB", {}),
        ("GIF", {}),
        ("JPEG2000", {}),
        ("PPM", {}),
        ("AVIF", {}),
    ),
    *(("WEBP", {"lossless": lossless}) for lossless in (True, False)),
    *(("JPEG", {"progressive": progressive}) for progressive in (True, False)),
    *(("TGA", options) for options in ({}, {"compression": "tga_rle"})),
    *(
        ("TIFF", {"compression": compression})
        for compression in (None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "lzma")
    ),
    *(("TIFF", {"compression": compression}) for compression in ("zstd", "group3", "group4")),
]


@pytest.mark.parametrize(("kind", "options"), WAYS, ids=str)
def test_whatever_pillow_writes_is_read_as_pillow_reads_it(
    kind: str, options: dict[str, Any], read: Callable[..., np.ndarray]
) -> None:
    written = 0
    for mode in MODES:
        try:
            data = encode(picture(mode), kind, **options)
        except (OSError, ValueError, RuntimeError, SystemError, KeyError):
            continue  # not every format has every mode
        written += 1
        ours = read(data, "a.tga" if kind == "TGA" else "a.image")
        lossy = kind in ("JPEG", "AVIF") or options.get("compression") == "jpeg"
        difference = np.abs(ours.astype(int) - as_pillow_has_it(data))
        assert difference.max() <= (2 if lossy or mode in ("I", "I;16", "YCbCr") else 0), mode
    assert written >= 1


@pytest.mark.parametrize("kind", ["TIFF", "PNG", "WEBP", "JPEG", "AVIF"])
@pytest.mark.parametrize("note", range(1, 9))
def test_a_cameras_note_turns_the_picture(
    kind: str, note: int, read: Callable[..., np.ndarray]
) -> None:
    exif = Image.Exif()
    exif[0x0112] = note
    upright = FOUND.swapaxes(0, 1) if note >= 5 else FOUND
    upright = upright[:: -1 if note in (3, 4, 7, 8) else 1, :: -1 if note in (2, 3, 6, 7) else 1]
    for options in ({"exif": exif}, {"exif": b"Exif\0\0" + exif.tobytes()[6:]}):
        ours = read(encode(FOUND, kind, quality=98, **options))
        assert ours.shape == upright.shape
        assert np.abs(ours.astype(int) - upright).mean() < 6


# BMP


def bmp(
    bits: int,
    rows: bytes,
    size: tuple[int, int],
    packing: int = 0,
    beside: bytes = b"",
    colors: int = 0,
) -> bytes:
    start = 54 + len(beside)
    head = struct.pack("<2sIII", b"BM", start + len(rows), 0, start)
    info = (40, *size, 1, bits, packing, len(rows), 0, 0, colors, 0)
    return head + struct.pack("<IiiHHIIIIII", *info) + beside + rows


def test_bitmaps_with_palettes(read: Callable[..., np.ndarray]) -> None:
    palette = b"\x10\x20\x30\0\xff\x80\x01\0"  # blue first
    red, other = [0x30, 0x20, 0x10], [1, 0x80, 0xFF]
    for bits, row in ((8, b"\0\1\1\0"), (4, b"\x01\x10\0\0"), (1, b"\x60\0\0\0")):
        data = bmp(bits, row, (4, 1), beside=palette, colors=2)
        np.testing.assert_array_equal(read(data), [[red, other, other, red]])
    packed = b"\x04\x01\0\0\0\1"  # a run of four pixels, alternating, and the end
    data = bmp(4, packed, (4, 1), 2, palette, 2)
    np.testing.assert_array_equal(read(data), [[red, other, red, other]])
    packed = b"\2\0\2\1\0\0\0\1"
    data = bmp(8, packed, (4, 1), 1, palette, 2)
    np.testing.assert_array_equal(read(data), [[red, red, other, other]])


@pytest.mark.parametrize(
    ("bits", "masks"),
    [
        (16, (0x7C00, 0x3E0, 0x1F)),
        (16, (0xF800, 0x7E0, 0x1F)),
        (16, (0xF800, 0x7C0, 0x3E)),
        (32, (0xFF0000, 0xFF00, 0xFF)),
        (32, (0xFF, 0xFF00, 0xFF0000)),
        (32, (0xFF000000, 0xFF0000, 0xFF00)),
        (32, (0x3FF00000, 0xFFC00, 0x3FF)),
    ],
)
def test_bitmaps_with_any_masks(
    bits: int, masks: tuple[int, int, int], read: Callable[..., np.ndarray]
) -> None:
    lows = [(mask & -mask).bit_length() - 1 for mask in masks]
    largest = [mask >> low for mask, low in zip(masks, lows, strict=True)]
    parts = [
        np.round(FOUND[..., k] / 255 * largest[k]).astype(np.uint64) << lows[k] for k in range(3)
    ]
    pixels = (parts[0] | parts[1] | parts[2]).astype(f"<u{bits // 8}")
    rows = b"".join(row.tobytes() + bytes(-row.nbytes % 4) for row in pixels[::-1])
    data = bmp(bits, rows, (30, 21), 3, struct.pack("<3I", *masks))
    steps = 255 / min(largest)
    assert np.abs(read(data).astype(int) - FOUND).max() <= steps / 2 + 1
    np.testing.assert_array_equal(bmp_with_masks(data), read(data))
    if masks in ((0x7C00, 0x3E0, 0x1F), (0xFF0000, 0xFF00, 0xFF)):
        plain = bmp(bits, rows, (30, 21))
        np.testing.assert_array_equal(read(plain), read(data))
    with pytest.raises(bt.ImageError, match="broken"):
        read(data[:-5])


# TIFF


def tiff(strips: list[bytes], order: Any = "<", **tags: Any) -> bytes:
    """Make a TIFF of FOUND's size; tags are t258=(16,) and the like, order is < or >."""
    every: dict[int, tuple[int, ...]] = {
        256: (30,),
        257: (21,),
        259: (1,),
        262: (1,),
        277: (1,),
        278: (21,),
    }
    every |= {int(tag[1:]): values for tag, values in tags.items()}
    at, offsets = 8, []
    for strip in strips:
        offsets.append(at)
        at += len(strip)
    starts, sizes = (324, 325) if 322 in every else (273, 279)
    every = {starts: tuple(offsets), sizes: tuple(map(len, strips)), **every}
    listed, beside = struct.pack(f"{order}H", len(every)), b""
    after = at + 2 + 12 * len(every) + 4
    for tag, values in sorted(every.items()):
        short = tag not in (273, 279, 324, 325, 513, 514)
        packed = struct.pack(f"{order}{len(values)}{'H' if short else 'I'}", *values)
        if len(packed) > 4:
            value, beside = struct.pack(f"{order}I", after + len(beside)), beside + packed
        else:
            value = packed.ljust(4, b"\0")
        listed += struct.pack(f"{order}HHI", tag, 3 if short else 4, len(values)) + value
    start = struct.pack(f"{order}2sHI", b"II" if order == "<" else b"MM", 42, at)
    return start + b"".join(strips) + listed + bytes(4) + beside


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(
    ("dtype", "white", "form"),
    [
        *(("u2", 65_535, 1), ("i2", 32_767, 2), ("u4", 2**32 - 1, 1), ("i4", 2**31 - 1, 2)),
        *(("f4", 1, 3), ("f8", 1, 3), ("f4", 255, 3), ("u4", 65_535, 1), ("i4", 255, 2)),
    ],
)
@pytest.mark.parametrize("samples", [1, 3, -3, 4, -4])
def test_deep_tiff(
    order: str,
    dtype: str,
    white: int,
    form: int,
    samples: int,
    read: Callable[..., np.ndarray],
) -> None:
    """Numbers of every kind, colors side by side and (samples below 0) one after the other."""
    planar, samples = samples < 0, abs(samples)
    alpha = (FOUND[::-1, :, 0],) if samples == 4 else ()
    colors = np.dstack([*np.moveaxis(FOUND[..., : min(samples, 3)], -1, 0), *alpha])
    values = (colors / 255 * white).astype(f"{order}{dtype}")
    strips = [p.tobytes() for p in np.moveaxis(values, -1, 0)] if planar else [values.tobytes()]
    tags = {"t258": (values.dtype.itemsize * 8,) * samples, "t339": (form,) * samples}
    tags |= {"t262": (1 if samples == 1 else 2,), "t277": (samples,), "t284": (1 + planar,)}
    tags |= {"t338": (2,)} if samples == 4 else {}
    ours = read(tiff(strips, order, **tags)).astype(int)
    expected = FOUND if samples > 1 else np.dstack([GRAY] * 3)
    assert np.abs(ours - expected).max() <= 1


def test_tiff_with_the_bits_that_its_tags_say(read: Callable[..., np.ndarray]) -> None:
    for bits in (10, 12, 14):
        values = (GRAY.astype(int) * ((1 << bits) - 1) // 255).astype("<u2")
        for tag in ({"t281": ((1 << bits) - 1,)}, {"t341": ((1 << bits) - 7,)}):
            ours = read(tiff([values.tobytes()], t258=(16,), **tag))
            assert np.abs(ours[..., 0].astype(int) - GRAY).max() <= 1
        said = read(tiff([values.tobytes()], t258=(16,), t281=(65_535,)))
        np.testing.assert_array_equal(said[..., 0], values >> 8)
        lying = read(tiff([(values * 4).tobytes()], t258=(16,), t281=((1 << bits) - 1,)))
        assert lying.max() == 255  # two bits more than it says
    values = (FOUND.astype(int) * 4095 // 255).astype("<u2")
    tags = {"t258": (16,) * 3, "t262": (2,), "t277": (3,), "t281": (4095,) * 3}
    assert np.abs(read(tiff([values.tobytes()], **tags)).astype(int) - FOUND).max() <= 1


@pytest.mark.parametrize("bits", [8, 10, 12, 14])
@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize("shift", [True, False])
def test_16_bits_that_are_not_all_used_become_as_bright_as_they_were(
    bits: int, samples: int, shift: bool, read: Callable[..., np.ndarray]
) -> None:
    """A camera's 10, 12 or 14 bits, stored in 16 with no word about it, in each format that can."""
    truth = FOUND if samples == 3 else np.dstack([GRAY] * 3)
    colors = (truth if samples == 3 else GRAY).astype(int)
    values = colors << bits - 8 if shift else (colors * ((1 << bits) - 1) / 255).round().astype(int)
    values = values.astype("<u2")
    tags = {"t258": (16,) * samples, "t262": (1 if samples == 1 else 2,), "t277": (samples,)}
    planes = [p.tobytes() for p in np.moveaxis(values.reshape(21, 30, samples), -1, 0)]
    inverted = ((1 << bits) - 1 - values).astype("<u2")
    files = {
        "TIFF": tiff([values.tobytes()], **tags),
        "TIFF, signed": tiff([values.tobytes()], **tags, t339=(2,) * samples),
        "TIFF, planar": tiff(planes, **tags, t284=(2,)),
        "PNG": cv2.imencode(".png", values[..., ::-1] if samples == 3 else values)[1].tobytes(),
        "PPM": b"P%d\n30 21\n65535\n" % (5 if samples == 1 else 6) + values.astype(">u2").tobytes(),
    }
    if samples == 3:
        alpha = np.full((21, 30, 1), 65_535, "<u2")
        files["PNG, transparent"] = cv2.imencode(".png", np.dstack([values[..., ::-1], alpha]))[
            1
        ].tobytes()
        tags |= {"t258": (16,) * 4, "t277": (4,), "t338": (2,)}
        files["TIFF, transparent"] = tiff([np.dstack([values, alpha]).tobytes()], **tags)
    for kind in ("JPEG2000", "TIFF") if samples == 1 else ():
        more = {"compression": "lzma"} if kind == "TIFF" else {}
        files[f"{kind} by Pillow"] = encode(np.ascontiguousarray(values), kind, **more)
    if samples == 1:
        files["TIFF, white is zero"] = tiff([inverted.tobytes()], **tags | {"t262": (0,)})
    for kind, data in files.items():
        assert np.abs(read(data).astype(int) - truth).max() <= 1, kind


def packed(strips: list[bytes], rows: list[int], compression: int) -> list[bytes]:
    """Pack strips of bytes as a TIFF does."""
    if compression == 34925:
        return [lzma.compress(strip) for strip in strips]
    if compression in (8, 32946):
        return [zlib.compress(strip) for strip in strips]
    if compression in (5, 32773, 50000):  # Pillow packs bytes as gray pictures of 8 bits
        name = {5: "tiff_lzw", 32773: "packbits", 50000: "zstd"}[compression]
        grays = [
            np.frombuffer(s, np.uint8).reshape(n, -1) for s, n in zip(strips, rows, strict=True)
        ]
        files = [encode(gray, "TIFF", compression=name) for gray in grays]
        found = [tiff_tags(file).pieces for file in files]
        assert all(len(pieces[273]) == 1 for pieces in found)
        return [f[p[273][0] :][: p[279][0]] for f, p in zip(files, found, strict=True)]
    return strips


def differences(values: np.ndarray) -> np.ndarray:
    """Return each number less the one before it in its row, as predictor 2 has them."""
    before = np.zeros_like(values)
    before[:, 1:] = values[:, :-1]
    return values - before


PACKINGS = (1, 5, 8, 32773, 32946, 34925, 50000)


@pytest.mark.parametrize(
    ("how", "compression"),
    [
        *product(("strips", "tiles"), PACKINGS),
        *(("differences", packing) for packing in PACKINGS if packing not in (1, 32773)),
    ],
)
@pytest.mark.parametrize("samples", [1, 3, -3])
@pytest.mark.parametrize("bits", [10, 12, 14, 16])
def test_bits_and_colors_in_every_packing_of_a_tiff(
    compression: int, samples: int, bits: int, how: str, read: Callable[..., np.ndarray]
) -> None:
    """Colors side by side and (samples below 0) one after the other."""
    planar, samples = samples < 0, abs(samples)
    truth = FOUND if samples == 3 else np.dstack([GRAY] * 3)
    values = (truth[..., :samples] / 255 * ((1 << bits) - 1)).round().astype("<u2")
    planes = np.split(values, samples, axis=2) if planar else [values]
    if how == "differences":
        planes = [differences(plane) for plane in planes]
    if how == "tiles":
        whole = [np.pad(plane, ((0, 11), (0, 2), (0, 0))) for plane in planes]
        parts = [w[y : y + 16, x : x + 16] for w in whole for y in (0, 16) for x in (0, 16)]
    else:
        parts = [plane[y : y + 8] for plane in planes for y in (0, 8, 16)]
    pieces = packed([p.tobytes() for p in parts], list(map(len, parts)), compression)
    tags = {"t258": (16,) * samples, "t262": (1 if samples == 1 else 2,), "t277": (samples,)}
    tags |= {"t278": (8,), "t259": (compression,), "t284": (1 + planar,)}
    tags |= {"t317": (2,)} if how == "differences" else {}
    tags |= {"t322": (16,), "t323": (16,)} if how == "tiles" else {}
    assert np.abs(read(tiff(pieces, **tags)).astype(int) - truth).max() <= 1


def test_a_tiff_of_countless_pieces_is_refused(read: Callable[..., np.ndarray]) -> None:
    tags = {"t256": (30,), "t257": (30_000,), "t258": (16,) * 3, "t262": (2,), "t277": (3,)}
    with pytest.raises(bt.ImageError, match="more pieces than pictures have"):
        read(tiff([lzma.compress(bytes(180))], **tags, t278=(1,), t259=(34925,)))


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize("ending", [".png", ".ppm", ".jp2"])
def test_bits_and_colors_in_every_other_kind(
    bits: int, samples: int, ending: str, read: Callable[..., np.ndarray]
) -> None:
    large = np.kron(FOUND, np.ones((4, 4, 1), np.uint8))
    truth = large if samples == 3 else np.dstack([large[..., 0]] * 3)
    values: np.ndarray = (truth / 255 * ((1 << bits) - 1)).round()
    values = values.astype(np.uint16 if bits > 8 else np.uint8)
    whole = [cv2.IMWRITE_JPEG2000_COMPRESSION_X1000, 1000] if ending == ".jp2" else []
    pixels = np.ascontiguousarray(values[..., ::-1] if samples == 3 else values[..., 0])
    name = ".pgm" if (ending, samples) == (".ppm", 1) else ending
    data = cv2.imencode(name, pixels, whole)[1].tobytes()
    assert np.abs(read(data).astype(int) - truth).max() <= 1
    assert ending == ".png" or bits_per_color(data) in ((0, 8) if bits == 8 else (16,))


def test_16_bits_that_are_all_used_stay_dark(read: Callable[..., np.ndarray]) -> None:
    """A dark picture that was 8 bits before, or that says how white its white is, is left alone."""
    dark = FOUND // 5
    for factor in (256, 257):
        values = dark.astype(np.uint16) * factor
        png = cv2.imencode(".png", values[..., ::-1])[1].tobytes()
        tags = {"t258": (16,) * 3, "t262": (2,), "t277": (3,)}
        for data in (png, tiff([values.tobytes()], **tags)):
            assert np.abs(read(data).astype(int) - dark).max() <= 1
    said = b"P6\n30 21\n4095\n" + (dark.astype(int) * 16).astype(">u2").tobytes()
    assert np.abs(read(said).astype(int) - dark).max() <= 1
    assert used_white(np.zeros(3, np.uint16)) == 65_535
    assert used_white(np.array([-9, 4000], np.int16)) == 4095


def test_a_note_turns_16_bits_as_well(read: Callable[..., np.ndarray]) -> None:
    values = GRAY.astype(np.uint16) * 16
    for white in (values, GRAY.astype(np.uint16) * 257):
        ours = read(tiff([white.tobytes()], t258=(16,), t274=(3,)))
        assert np.abs(ours[..., 0].astype(int) - GRAY[::-1, ::-1]).max() <= 1


def test_tiff_of_few_bits_and_with_a_color_map(read: Callable[..., np.ndarray]) -> None:
    row = np.arange(30) % 16
    packed = np.tile((row[::2] << 4 | row[1::2]).astype(np.uint8), (21, 1))
    np.testing.assert_array_equal(read(tiff([packed.tobytes()], t258=(4,)))[0, :, 1], row * 17)
    packed = np.tile(np.full(8, 0b00011011, np.uint8), (21, 1))
    ours = read(tiff([packed.tobytes()], t258=(2,)))
    np.testing.assert_array_equal(ours[3, :4, 2], [0, 85, 170, 255])
    colors = np.random.default_rng(0).integers(0, 256, (3, 256))
    index = np.random.default_rng(1).integers(0, 256, (21, 30)).astype(np.uint8)
    tags = {"t258": (8,), "t262": (3,), "t320": tuple(int(c) for c in (colors * 257).ravel())}
    np.testing.assert_array_equal(
        read(tiff([index.tobytes()], **tags)), np.moveaxis(colors[:, index], 0, -1)
    )


def test_tiff_white_is_zero(read: Callable[..., np.ndarray]) -> None:
    for dtype, white, form in (("u1", 255, 1), ("u2", 65535, 1), ("f4", 1, 3), ("i2", 32767, 2)):
        values = ((255 - GRAY) / 255 * white).astype(dtype)
        tags = {"t258": (values.itemsize * 8,), "t339": (form,), "t262": (0,)}
        assert np.abs(read(tiff([values.tobytes()], **tags))[..., 0].astype(int) - GRAY).max() <= 1


def test_transparency_does_not_darken_a_tiff(read: Callable[..., np.ndarray]) -> None:
    alpha = np.full((21, 30, 1), 100, np.uint8)
    tags = {"t258": (8,) * 4, "t262": (2,), "t277": (4,)}
    pixels = np.dstack([FOUND, alpha])
    np.testing.assert_array_equal(read(tiff([pixels.tobytes()], t338=(2,), **tags)), FOUND)
    for dtype, white in (("u1", 255), ("<u2", 65_535)):
        darkened = np.dstack([FOUND / 255 * 0.4, np.full((21, 30), 0.4)]) * white
        tags["t258"] = (np.dtype(dtype).itemsize * 8,) * 4
        data = tiff([darkened.round().astype(dtype).tobytes()], t338=(1,), **tags)
        assert np.abs(read(data).astype(int) - FOUND).max() <= 3


def test_tiff_with_an_old_style_jpeg(read: Callable[..., np.ndarray]) -> None:
    jpeg = encode(FOUND, "JPEG", quality=95, subsampling=0)
    tags = {"t258": (8, 8, 8), "t259": (6,), "t262": (6,), "t277": (3,)}
    data = tiff([jpeg], t513=(8,), t514=(len(jpeg),), **tags)
    assert np.abs(read(data).astype(int) - read(jpeg)).max() <= 3


def test_numbers_without_a_known_white_are_refused(read: Callable[..., np.ndarray]) -> None:
    for values in (np.float32(3.5), np.float32(1000), np.float32("nan"), np.float32("inf")):
        data = tiff([np.full((21, 30), values).tobytes()], t258=(32,), t339=(3,))
        with pytest.raises(bt.ImageError, match=r"numbers.*expected a readable image"):
            read(data)
    data = tiff([np.full((21, 30), 1000, np.uint32).tobytes()], t258=(32,))
    with pytest.raises(bt.ImageError, match=r"numbers up to 1000 in 32 bits .white is 255, 65,535"):
        read(data)
    black = tiff([bytes(4 * 21 * 30)], t258=(32,), t339=(3,))
    assert not read(black).any()


def test_8_bits_of_every_number() -> None:
    every = np.arange(65_536, dtype=np.uint16)
    np.testing.assert_array_equal(to_8_bits(every), (every.astype(int) + 128) // 257)
    np.testing.assert_array_equal(
        to_8_bits(np.array([-32768, -1, 0, 32767], np.int16)), [0, 0, 0, 255]
    )
    np.testing.assert_array_equal(to_8_bits(np.array([0, 5000], np.uint16), 4095), [0, 78])


def test_who_reads_which_tiff() -> None:
    plain = tiff_tags(encode(FOUND, "TIFF"))
    assert opencv_is_right(plain) and not is_deep(plain)
    data = tiff([GRAY.astype("<i2").tobytes()], t258=(16,), t339=(2,))
    tags = tiff_tags(data)
    assert is_deep(tags) and not opencv_is_right(tags)
    np.testing.assert_array_equal(deep_tiff(data, tags)[..., 0], GRAY)
    assert opencv_is_right(tiff_tags(tiff([GRAY.tobytes()], t258=(8,), t281=(255,))))


# PNG


def chunk(name: bytes, content: bytes, checksum: int | None = None) -> bytes:
    checksum = zlib.crc32(name + content) if checksum is None else checksum
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)


def test_damage_in_a_png_that_harms_no_pixel(read: Callable[..., np.ndarray]) -> None:
    png = encode(FOUND, "PNG")
    assert not must_be_mended(png) and plain_png(png) == png
    long = zlib.compress(b"a" * 3_000_000)
    pixels = png.index(b"IDAT") - 4
    size = struct.unpack_from(">I", png, pixels)[0]
    for data in (
        png[:33] + chunk(b"tEXt", b"Software\0x", 0) + png[33:],
        png[:33] + chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + long) + png[33:],
        png[:33] + chunk(b"zTXt", b"Comment\0\0" + long) + png[33:],
        png[:-12],  # no end
        png[:-3],
        png[:-4] + b"\0\0\0\0",
        png[:-12] + b"\0\0\0\0",
        png[: pixels + 8 + size] + b"\0\0\0\0" + png[-12:],  # the stream has its own checksum
        png + b"something after the end",
    ):
        np.testing.assert_array_equal(read(data), FOUND)


def test_damage_in_a_png_that_harms_pixels(read: Callable[..., np.ndarray]) -> None:
    png = encode(FOUND, "PNG")
    middle = png.index(b"IDAT") + 40
    for data in (
        png[:middle] + bytes([png[middle] ^ 8]) + png[middle + 1 :],
        png[:middle],
        png[:20] + b"\1" + png[21:],  # another size
    ):
        with pytest.raises(bt.ImageError, match="a broken image"):
            read(data)


def test_an_animated_png_shows_its_first_picture(read: Callable[..., np.ndarray]) -> None:
    rng = np.random.default_rng(0)
    first = Image.fromarray(rng.integers(0, 256, (20, 30, 4)).astype(np.uint8))
    others = [Image.fromarray(rng.integers(0, 256, (20, 30, 4)).astype(np.uint8)) for _ in "ab"]
    for blend in (0, 1):
        for default in (False, True):
            options = {"save_all": True, "append_images": others, "default_image": default}
            data = encode(first, "PNG", blend=blend, **options)
            np.testing.assert_array_equal(read(data), np.asarray(first)[..., :3])


def test_a_png_says_how_many_of_16_bits_are_used(read: Callable[..., np.ndarray]) -> None:
    values = (GRAY.astype(int) * 4095 // 255).astype(np.uint16)
    bits = chunk(b"sBIT", b"\x0c")
    raw = encode(values, "PNG")
    ours = read(raw[:33] + bits + raw[33:])
    assert np.abs(ours[..., 0].astype(int) - GRAY).max() <= 1
    full = chunk(b"sBIT", b"\x10")
    assert read(raw[:33] + full + raw[33:]).max() == 15
    spread = encode(values << 4 | values >> 8, "PNG")  # as the standard wants it
    np.testing.assert_array_equal(read(spread[:33] + bits + spread[33:]), read(spread))
    assert png_chunks(raw[:33] + bits + raw[33:])[b"sBIT"] == b"\x0c"


def test_ink_on_nothing_is_laid_on_paper(read: Callable[..., np.ndarray]) -> None:
    shape = (FOUND[..., 0] > 127).astype(np.uint8) * 255
    for color, paper in ((0, 255), (255, 0)):
        ink = np.dstack([np.full_like(shape, color)] * 3 + [shape])
        for kind in ("PNG", "TIFF"):
            ours = read(encode(ink, kind))
            np.testing.assert_array_equal(ours[..., 0], np.where(shape, color, paper))
    faint = np.full((3, 4, 4), (90, 60, 30, 128), np.uint8)  # a color alone draws nothing
    np.testing.assert_array_equal(read(encode(faint, "PNG")), faint[..., :3])
    clear = np.dstack([FOUND, np.zeros_like(shape)])
    np.testing.assert_array_equal(read(encode(clear, "PNG")), FOUND)


# WebP, GIF, JPEG


@pytest.mark.parametrize("kind", ["WEBP", "GIF", "AVIF"])
def test_the_first_picture_of_an_animation_counts(
    kind: str, read: Callable[..., np.ndarray]
) -> None:
    frames = [Image.new("RGB", (30, 20), color) for color in ("red", "blue", "lime")]
    options = {"save_all": True, "append_images": frames[1:], "lossless": True, "quality": 100}
    ours = read(encode(frames[0], kind, **options))
    assert ours.shape == (20, 30, 3)
    assert np.abs(ours.astype(int) - [255, 0, 0]).max() <= 3


def test_a_first_frame_that_is_smaller_than_the_animation(read: Callable[..., np.ndarray]) -> None:
    """In a WebP and in a GIF a frame may cover a part of the picture only."""
    still = encode(Image.new("RGB", (10, 8), "red"), "WEBP", lossless=True)
    place = struct.pack("<I", 2)[:3] * 2 + struct.pack("<I", 9)[:3] + struct.pack("<I", 7)[:3]
    frame = place + struct.pack("<I", 100)[:3] + b"\2" + still[12:]
    canvas = b"\2\0\0\0" + struct.pack("<I", 29)[:3] + struct.pack("<I", 19)[:3]
    parts = ((b"VP8X", canvas), (b"ANIM", bytes(6)), (b"ANMF", frame))
    body = b"".join(n + struct.pack("<I", len(b)) + b + bytes(len(b) % 2) for n, b in parts)
    data = b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body
    ours = read(data)
    assert ours.shape == (20, 30, 3)
    np.testing.assert_array_equal(ours[4, 4], [255, 0, 0])


def test_a_jpeg_without_an_end(read: Callable[..., np.ndarray]) -> None:
    jpeg = encode(FOUND, "JPEG")
    np.testing.assert_array_equal(read(jpeg[:-2]), read(jpeg))
    for cut in range(4, len(jpeg) // 2, 7):
        with pytest.raises(bt.ImageError, match="broken image"):
            read(jpeg[:-cut])


def test_jpegs_in_many_passes_are_refused_before_decoding(
    read: Callable[..., np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = encode(FOUND, "JPEG", progressive=True)
    assert jpeg_scans(usual) == 10 and jpeg_scans(encode(FOUND, "JPEG")) == 1
    assert np.abs(read(usual).astype(int) - FOUND).mean() < 6
    last = usual[usual.rindex(b"\xff\xda") : -2]
    for size, more, kept in ((64, 80, True), (64, 91, False), (6000, 20, False)):
        picture = encode(Image.new("RGB", (size, size)), "JPEG", progressive=True)
        last = picture[picture.rindex(b"\xff\xda") : -2]
        data = picture[:-2] + last * more + b"\xff\xd9"
        assert jpeg_scans(data) == 10 + more
        assert bool(too_many_scans(data, size * size)) != kept
        if kept:
            assert read(data).shape == (size, size, 3)
            continue
        with monkeypatch.context() as patch:
            patch.setattr(cv2, "imdecode", lambda *_: pytest.fail("decoded"))
            with pytest.raises(bt.ImageError, match=f"sent in {10 + more} passes"):
                read(data)


@pytest.mark.parametrize("old", [False, True])
def test_a_tiff_hides_no_jpeg_in_many_passes(old: bool, read: Callable[..., np.ndarray]) -> None:
    usual = encode(FOUND, "JPEG", progressive=True, quality=95, subsampling=0)
    last = usual[usual.rindex(b"\xff\xda") : -2]
    for more, kept in ((0, True), (91, False)):
        jpeg = usual[:-2] + last * more + b"\xff\xd9"
        tags = {"t258": (8, 8, 8), "t259": (6 if old else 7,), "t262": (6,), "t277": (3,)}
        data = tiff([jpeg], **tags, **({"t513": (8,), "t514": (len(jpeg),)} if old else {}))
        assert next(iter(jpegs_in_tiff(data))) == jpeg
        if kept:
            assert old or np.abs(read(data).astype(int) - FOUND).mean() < 6
            continue
        with pytest.raises(bt.ImageError, match="sent in 101 passes"):
            read(data)
    assert not list(jpegs_in_tiff(encode(FOUND, "TIFF")))
    thousand = {"t273": (8,) * 1000, "t279": (len(usual),) * 1000, "t278": (1,)}
    with pytest.raises(bt.ImageError, match="pieces that overlap"):
        read(tiff([usual], t258=(8, 8, 8), t259=(7,), t262=(6,), t277=(3,), **thousand))


def test_photographs_of_50_megapixels(read: Callable[..., np.ndarray]) -> None:
    image = Image.new("L", (8192, 6144), 255)
    image.paste(0, (0, 0, 4096, 6144))
    data = encode(image, "JPEG")
    whole = read(data)
    assert whole.shape == (6144, 8192, 3)
    half = read(data, reduced=True)
    assert half.shape == (3072, 4096, 3)
    np.testing.assert_array_equal(half[::512, ::512], whole[::1024, ::1024])
    small = encode(FOUND, "JPEG")
    np.testing.assert_array_equal(read(small, reduced=True), read(small))


# names


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".tiff", ".webp"])
def test_good_files_come_back_byte_for_byte(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"größe 😀{suffix}"
    path.write_bytes(cv2.imencode(suffix, np.zeros((5, 7, 3), np.uint8))[1].tobytes())
    assert bt.files.image_bytes(path) == path.read_bytes()
    np.testing.assert_array_equal(decode_image(path.read_bytes(), path), bt.read_image(path))


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "an empty file .0 bytes."),
        (b"text", "no image"),
        (b"\x89PNG\r\n", "no image"),
        (b"<!DOCTYPE html><html>404", "a web page"),
        (b"\n <html lang='en'>", "a web page"),
        (b"\xef\xbb\xbf<!-- x --><!doctype HTML>", "a web page"),
        (b"<?xml version='1.0'?><svg>", "a drawing"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS.*git lfs pull"),
        (b"\x93NUMPY\1\0", "a NumPy file"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp42", "a video .MP4"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "a video .MP4 or QuickTime"),
        (b"RIFF\0\0\0\0AVI LIST", "a video .AVI"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81", "a video .WebM"),
        (b"%PDF-1.7\n", "a PDF"),
        (b"PK\x03\x04" + bytes(30), "a zip archive"),
        (b"8BPS\0\1", "Photoshop"),
        (bytes(128) + b"DICM", "DICOM"),
    ],
)
def test_what_is_no_image_is_named(tmp_path: Path, content: bytes, found: str) -> None:
    for name in ("a.png", "a.jpg", "a.gif"):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(bt.ImageError, match=found) as caught:
            bt.files.image_bytes(path)
        message = str(caught.value)
        assert message.startswith(f"{path}: found ") and message.count(";") == 2
        assert str(bt.files.unreadable_image(path, "x")).split(";")[1] in message


def test_without_its_extra_heic_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    for name in ("a.heic", "a.jpg"):
        path = tmp_path / name
        path.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(400))
        with pytest.raises(bt.ImageError, match=r"a HEIC photograph.*pip install pillow-heif"):
            bt.read_image(path)


def test_heic_is_read_whatever_it_is_called(read: Callable[..., np.ndarray]) -> None:
    pytest.importorskip(
        "pillow_heif", reason="the extra heic is not installed"
    ).register_heif_opener()
    image = Image.fromarray(FOUND).resize((60, 42))
    for name in ("a.heic", "a.jpg"):
        ours = read(encode(image, "HEIF", quality=95), name)
        assert ours.shape == (42, 60, 3)
        assert np.abs(ours.astype(int) - np.asarray(image)).mean() < 8


def test_a_numpy_archive_is_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", images=FOUND)
    assert foreign_kind((tmp_path / "a.npz").read_bytes()).startswith("a NumPy file")


def test_the_content_decides_and_not_the_name(read: Callable[..., np.ndarray]) -> None:
    for kind in ("PNG", "BMP", "TIFF", "GIF", "PPM"):
        image = Image.fromarray(FOUND).quantize(16) if kind == "GIF" else Image.fromarray(FOUND)
        data = encode(image, kind)
        assert image_kind(data) == kind
        np.testing.assert_array_equal(read(data, "a.jpeg"), np.asarray(image.convert("RGB")))


def test_broken_and_mended_files_print_nothing(tmp_path: Path) -> None:
    jpeg, png = encode(FOUND, "JPEG"), encode(FOUND, "PNG")
    (tmp_path / "a.jpg").write_bytes(jpeg[:-2])
    (tmp_path / "b.png").write_bytes(png[:-12])
    (tmp_path / "c.tif").write_bytes(encode(FOUND, "TIFF", compression="lzma")[:-300])
    code = (
        "import sys, bloodcell_tut as bt\nfor name in sys.argv[1:]:\n"
        " try: bt.read_image(name)\n except bt.ImageError: pass"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert done.stdout + done.stderr == ""


def test_the_comparison_of_a_folder_with_pillow(tmp_path: Path) -> None:
    import foreign_files

    for kind in ("png", "gif", "tiff"):
        Image.fromarray(FOUND).save(tmp_path / f"a.{kind}")
    (tmp_path / "b.png").write_text("<html>")
    compared = foreign_files.compare(tmp_path)
    assert [(name, found) for name, found, _ in compared] == [
        ("a.gif", "the same"),
        ("a.png", "the same"),
        ("a.tiff", "the same"),
        ("b.png", "neither reads it"),
    ]
    rows = foreign_files.counted(compared)
    assert rows[1] == {"ending": ".png", "files": 2, "the same": 1, "neither reads it": 1}
    assert rows[-1] == {"ending": "all", "files": 4, "the same": 3, "neither reads it": 1}


def test_every_ending_is_read(tmp_path: Path) -> None:
    """What is listed as an image is written by Pillow under that ending, and read."""
    assert len(set(IMAGE_ENDINGS)) == len(IMAGE_ENDINGS)
    for ending in IMAGE_ENDINGS:
        assert ending == ending.lower() and ending.startswith(".")
        if ending in (".heic", ".heif"):
            continue  # an extra
        mode = {".pgm": "L", ".pbm": "1"}.get(ending, "RGB")
        path = tmp_path / f"a{ending}"
        Image.fromarray(FOUND).convert(mode).save(path)
        assert bt.read_image(path).shape == FOUND.shape, ending
