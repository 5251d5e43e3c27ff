"""Bad, odd and hostile image files, and the cell finder on drawn discs of any size and place."""

import io
import struct
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from no_smears import NO_SMEARS, bird, smear
from PIL import Image

from bloodcell_tut.errors import ArgumentError, ImageError
from bloodcell_tut.files.image_file import MAX_PIXELS
from bloodcell_tut.images import (
    Box,
    crop_evidence,
    crop_square,
    crop_white_cell,
    find_white_cell,
    plot_box,
    prepare_image,
    read_image,
    resize_image,
    should_crop,
)

BACKGROUND, RED, NUCLEUS = (205, 215, 205), (190, 130, 120), (110, 60, 190)


@pytest.fixture
def photograph():
    rng = np.random.default_rng(0)
    image = np.full((48, 64, 3), BACKGROUND, np.uint8)
    cv2.circle(image, (20, 20), 9, NUCLEUS, -1)
    noisy = image + rng.normal(0, 6, image.shape)
    return cv2.GaussianBlur(noisy.clip(0, 255).astype(np.uint8), (3, 3), 0)


def encode(image, kind, **options):
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, kind, **options)
    return buffer.getvalue()


def refused(path, *words):
    with pytest.raises(ImageError) as error:
        read_image(path)
    message = str(error.value)
    assert message.startswith(str(path)) and "expected" in message
    assert all(word in message for word in words), message


def test_missing_folder_empty_and_text(tmp_path):
    refused(tmp_path / "a.jpeg", "no such file")
    refused(tmp_path, "folder")
    (tmp_path / "a.jpeg").touch()
    refused(tmp_path / "a.jpeg", "0 bytes")
    (tmp_path / "a.jpeg").write_text("hello " * 500)
    refused(tmp_path / "a.jpeg", "no image")
    (tmp_path / "file.png").write_bytes(b"x")
    refused(tmp_path / "file.png" / "inside.png")


def test_no_permission(tmp_path, monkeypatch):
    def denied(self):
        raise PermissionError(13, "Permission denied")

    (tmp_path / "a.png").touch()
    monkeypatch.setattr(Path, "read_bytes", denied)
    refused(tmp_path / "a.png", "Permission denied")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "BMP", "WEBP"])
def test_truncated_anywhere(tmp_path, photograph, kind):
    data = encode(photograph, kind, **({"lossless": True} if kind == "WEBP" else {}))
    path = tmp_path / "a.image"
    path.write_bytes(data)
    assert read_image(path).shape == photograph.shape
    for end in {*range(1, len(data) - 4, max(1, len(data) // 40)), len(data) - 4}:
        path.write_bytes(data[:end])
        if kind == "PNG" and end >= len(data) - 16:  # only checksums and the mark of the end
            np.testing.assert_array_equal(read_image(path), photograph)
        else:
            refused(path)


def test_truncated_progressive_jpeg(tmp_path, photograph):
    data = encode(photograph, "JPEG", progressive=True)
    path = tmp_path / "a.jpg"
    for end in range(len(data) // 3, len(data) - 2, 20):
        path.write_bytes(data[:end])
        refused(path)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_broken_files_print_nothing(tmp_path, photograph, kind, capfd):
    data = encode(photograph, kind)
    path = tmp_path / "a.image"
    for end in (20, len(data) // 2, len(data) - 24):
        path.write_bytes(data[:end])
        refused(path)
    captured = capfd.readouterr()
    assert captured.out + captured.err == ""


def test_20000_pixels_a_side_is_refused_before_decoding(tmp_path, monkeypatch):
    def chunk(name, data):
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 0, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    (tmp_path / "huge.png").write_bytes(data)
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("decoded"))
    refused(tmp_path / "huge.png", f"{MAX_PIXELS:,}")
    header = struct.pack(">IIBBBBB", 12_000, 12_000, 8, 0, 0, 0, 0)
    data = data.replace(data[12:33], chunk(b"IHDR", header)[4:])
    (tmp_path / "huge.png").write_bytes(data)
    refused(tmp_path / "huge.png", f"{MAX_PIXELS:,}")


def test_gray_alpha_palette_and_one_bit(tmp_path, photograph):
    path = tmp_path / "a.png"
    gray = photograph[..., 1]
    path.write_bytes(encode(gray, "PNG"))
    np.testing.assert_array_equal(read_image(path), np.dstack([gray] * 3))
    alpha = np.dstack([photograph, np.zeros_like(gray)])
    path.write_bytes(encode(alpha, "PNG"))
    np.testing.assert_array_equal(read_image(path), photograph)
    buffer = io.BytesIO()
    Image.fromarray(photograph).quantize(8).save(buffer, "PNG")
    path.write_bytes(buffer.getvalue())
    assert read_image(path).shape == photograph.shape


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_16_bit_is_scaled(tmp_path, suffix):
    deep = (np.arange(256, dtype=np.uint16) * 257).reshape(16, 16)
    path = tmp_path / f"a{suffix}"
    assert cv2.imwrite(str(path), deep)
    np.testing.assert_array_equal(read_image(path)[..., 0], deep // 257)
    assert cv2.imwrite(str(path), np.dstack([deep * 0, deep * 0, deep]))
    np.testing.assert_array_equal(read_image(path)[..., 0], deep // 257)
    assert not read_image(path)[..., 1:].any()


def test_cmyk_keeps_its_colors(tmp_path, photograph):
    buffer = io.BytesIO()
    Image.fromarray(photograph).convert("CMYK").save(buffer, "JPEG", quality=98)
    (tmp_path / "a.jpg").write_bytes(buffer.getvalue())
    difference = read_image(tmp_path / "a.jpg").astype(int) - photograph
    assert np.abs(difference).mean() < 8


def test_camera_orientation_is_applied(tmp_path, photograph):
    exif = Image.Exif()
    exif[0x0112] = 6
    (tmp_path / "a.jpg").write_bytes(encode(photograph, "JPEG", exif=exif))
    height, width, _ = photograph.shape
    assert read_image(tmp_path / "a.jpg").shape == (width, height, 3)


@pytest.mark.parametrize("name", ["a b.png", 'it\'s "x".png', "zelle-ä-ß.png", "😀.png", "x.JPEG"])
def test_names(tmp_path, photograph, name):
    if sys.platform == "win32" and '"' in name:
        pytest.skip("Windows has no such names")
    (tmp_path / name).write_bytes(encode(photograph, "PNG"))
    np.testing.assert_array_equal(read_image(str(tmp_path / name)), photograph)


def test_one_pixel_goes_all_the_way(tmp_path):
    (tmp_path / "a.png").write_bytes(encode(np.array([[[1, 2, 3]]], np.uint8), "PNG"))
    image = read_image(tmp_path / "a.png")
    np.testing.assert_array_equal(image, [[[1, 2, 3]]])
    assert find_white_cell(image) is None
    np.testing.assert_array_equal(crop_white_cell(image, 8), np.full((8, 8, 3), [1, 2, 3]))


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((4, 4, 3)),
    ],
)
def test_arrays_that_are_no_images(image):
    for function in (find_white_cell, crop_white_cell, lambda i: resize_image(i, 4), prepare_image):
        with pytest.raises(ArgumentError, match="expected uint8"):
            function(image)


def test_resize_averages():
    checker = np.indices((200, 200)).sum(0) % 2 * 255
    small = resize_image(np.dstack([checker] * 3).astype(np.uint8), 50)
    assert small.min() >= 126 and small.max() <= 129


def test_overlap():
    box = Box(0, 0, 10, 10)
    assert box.overlap(box) == 1
    assert box.overlap(Box(10, 0, 5, 5)) == 0
    assert box.overlap(Box(20, 20, 5, 5)) == 0
    assert box.overlap(Box(5, 0, 10, 10)) == pytest.approx(1 / 3)


def disc(width, height, x, y, radius, color=NUCLEUS):
    image = np.full((height, width, 3), BACKGROUND, np.uint8)
    cv2.circle(image, (width // 5, height // 2), width // 14, RED, -1)
    cv2.circle(image, (round(x), round(y)), round(radius), color, -1)
    return image


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([(320, 240), (640, 480), (200, 200), (90, 160), (1000, 300)]),
    st.floats(0.25, 0.75),
    st.floats(0.25, 0.75),
    st.floats(0.06, 0.16),
)
def test_finds_a_disc(shape, x, y, radius):
    (width, height), longer = shape, max(shape)
    x, y, radius = x * width, y * height, radius * longer
    box = find_white_cell(disc(width, height, x, y, radius))
    cut = (max(0, x - radius), max(0, y - radius), min(width, x + radius), min(height, y + radius))
    truth = Box(cut[0], cut[1], cut[2] - cut[0], cut[3] - cut[1])
    assert box is not None and box.overlap(truth) > 0.5
    assert 0.5 <= box.confidence <= 1
    assert box.x >= 0 and box.x + box.width <= width + 1e-6


def test_a_platelet_and_red_cells_are_no_white_cell():
    assert find_white_cell(disc(320, 240, 200, 100, 6)) is None
    assert find_white_cell(disc(320, 240, 200, 100, 30, RED)) is None
    for level in (0, 128, 255):
        assert find_white_cell(np.full((240, 320, 3), level, np.uint8)) is None
    noise = np.random.default_rng(0).normal(180, 12, (240, 320, 3)).clip(0, 255).astype(np.uint8)
    assert find_white_cell(noise) is None


@pytest.mark.parametrize("nucleus", [NUCLEUS, (180, 110, 200), (90, 80, 150)])
@pytest.mark.parametrize("red", [RED, (165, 95, 125)])
def test_stains_differ(nucleus, red):
    image = disc(320, 240, 200, 100, 25, nucleus)
    for x in range(30, 150, 50):
        cv2.circle(image, (x, 200), 22, red, -1)
    box = find_white_cell(image)
    assert box is not None and box.overlap(Box(175, 75, 51, 51)) > 0.6


def test_black_fill_is_no_cell_and_hides_none():
    image = disc(320, 240, 200, 100, 25)
    image[:, :60] = 0
    image[200:] = 0
    box = find_white_cell(image)
    assert box is not None and box.overlap(Box(175, 75, 51, 51)) > 0.6
    image = disc(320, 240, 200, 100, 30, RED)
    image[:, :60] = 0
    assert find_white_cell(image) is None


def purple_pixels(image):
    return image[..., 2].astype(int) > image[..., 1] + 60.0


def test_crop_keeps_size_and_is_centered():
    small, large = (crop_white_cell(disc(320, 240, 150, 110, r), 64) for r in (15, 35))
    purple = [purple_pixels(i).sum() for i in (small, large)]
    assert purple[1] > 4 * purple[0]
    rows, columns = np.nonzero(purple_pixels(small))
    assert abs(rows.mean() - 31.5) < 2 and abs(columns.mean() - 31.5) < 2


def test_crop_is_the_same_at_twice_the_resolution():
    one = crop_white_cell(disc(320, 240, 150, 110, 30), 64).astype(int)
    two = crop_white_cell(disc(640, 480, 300, 220, 60), 64)
    assert np.abs(one - two).mean() < 4


def test_prepare_image_crops_or_squeezes():
    image = disc(320, 240, 150, 110, 30)
    np.testing.assert_array_equal(prepare_image(image), crop_white_cell(image, 64))
    np.testing.assert_array_equal(prepare_image(image, 9, crop=False), resize_image(image, 9))
    for crop in (True, False):
        with pytest.raises(ArgumentError, match="size: found 0"):
            prepare_image(image, 0, crop=crop)


@pytest.mark.parametrize(
    ("radii", "expected"),
    [
        ((30,), True),
        ((30, 30, 0), True),
        ((30, 0), False),
        ((80,), False),
        ((15,), False),
        ((), False),
    ],
)
def test_cutting_helps_where_most_show_a_cell_that_fits(
    radii: tuple[int, ...], expected: bool, tmp_path: Path
) -> None:
    paths = [tmp_path / f"{i}.png" for i in range(len(radii) + 1)]
    paths[-1].write_bytes(b"not a picture")
    for path, radius in zip(paths, radii, strict=False):
        cv2.imwrite(str(path), cv2.cvtColor(smear_of_discs(radius), cv2.COLOR_RGB2BGR))
    assert should_crop(paths) is expected


def smear_of_discs(radius: int) -> np.ndarray:
    image = disc(320, 240, 150, 110, radius)
    for x in range(20, 320, 70):
        cv2.circle(image, (x, 205), 22, RED, -1)
    return image


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that are looked at; each is drawn as the folder's name says, with its number."""
    looked_at = list[Path]()

    def read(path: Path, reduced: bool) -> np.ndarray:
        looked_at.append(path)
        return {"smear": smear, **NO_SMEARS}[path.parent.name](int(path.name))

    monkeypatch.setattr("bloodcell_tut.images.read_image", read)
    return looked_at


def files(kind: str, n: int) -> list[Path]:
    return [Path(kind) / str(i) for i in range(n)]


def test_cells_of_smears_are_cut_out(drawn: list[Path]) -> None:
    evidence = crop_evidence(files("smear", 24))
    assert evidence.crop and evidence.share >= 0.9 and len(drawn) == 24


@pytest.mark.parametrize("kind", NO_SMEARS)
def test_nothing_is_cut_out_of_what_is_no_smear(drawn: list[Path], kind: str) -> None:
    evidence = crop_evidence(files(kind, 12))
    assert not evidence.crop and evidence.share <= 0.1
    assert len(evidence.looked) == 12 and all(lack for _, lack in evidence.looked[:1])


@pytest.mark.parametrize(
    ("kind", "lack"),
    [
        ("tissue", "a white cell that is alone"),
        ("one nucleus in tissue", "pale ground"),
        ("fluorescence", "pale ground"),
        ("blue birds", "a purple nucleus"),
        ("violet birds", "red cells around"),
        ("cells that fill their picture", "a white cell of a size that fits"),
    ],
)
def test_what_an_image_lacks_is_named(drawn: list[Path], kind: str, lack: str) -> None:
    assert lack in {lack for _, lack in crop_evidence(files(kind, 12)).looked}


def test_one_smear_among_birds_decides_nothing(drawn: list[Path]) -> None:
    few = crop_evidence(files("smear", 1) + files("blue birds", 9))
    assert (few.n_good, few.share, few.crop) == (1, 0.1, False)
    half = crop_evidence(files("smear", 5) + files("blue birds", 5))
    assert (half.share, half.crop) == (0.5, False), "more than half are asked for"


def test_the_images_looked_at_are_of_all_classes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Were they taken as they come, a large class would hide the small ones."""
    monkeypatch.setattr("bloodcell_tut.images.read_image", lambda path, reduced: bird(0))
    paths = files("large", 9000) + files("small", 150) + files("tiny", 10)
    labels = np.repeat([0, 1, 2], [9000, 150, 10])
    looked = [path for path, _ in crop_evidence(paths, labels).looked]
    counts = [
        sum(path.parent.name == name for path in looked) for name in ("large", "small", "tiny")
    ]
    assert counts == [95, 95, 10] and len(set(looked)) == 200
    assert looked == [path for path, _ in crop_evidence(paths, labels).looked]
    numbers = [int(path.name) for path in looked if path.parent.name == "large"]
    assert max(numbers) - min(numbers) > 8000, "spread over the class as well"


def test_of_large_photographs_fewer_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    white = np.full((1000, 2000, 3), 255, np.uint8)
    monkeypatch.setattr("bloodcell_tut.images.read_image", lambda path, reduced: white)
    assert len(crop_evidence(files("photographs", 300)).looked) == 50
    monkeypatch.setattr("bloodcell_tut.images.read_image", lambda path, reduced: white[:250])
    assert len(crop_evidence(files("photographs", 300)).looked) == 100


def test_plot_box_draws_the_frame():
    image = disc(320, 240, 150, 110, 30)
    assert len(plot_box(image, find_white_cell(image)).patches) == 1
    assert "no white cell" in plot_box(image, None).get_title()


def test_the_square_is_what_is_cut_out():
    image = disc(320, 240, 150, 110, 20)
    square = crop_square(image)
    assert (square.width, square.height) == (96, 96) and square.confidence > 0.5
    assert abs(square.center[0] - 150) < 3 and abs(square.center[1] - 110) < 3
    x, y = int(square.x), int(square.y)
    np.testing.assert_array_equal(crop_white_cell(image, 96), image[y : y + 96, x : x + 96])
    assert crop_square(disc(320, 240, 20, 110, 20)).x < 0


@pytest.mark.parametrize("ask", [lambda image: resize_image(image, 64), find_white_cell])
@pytest.mark.parametrize(
    ("given", "found"),
    [
        (None, "found None, which cv2.imread returns"),
        ("a.png", "found 'a.png';"),
        ([[1]], "found list of length 1;"),
    ],
)
def test_what_beginners_take_for_an_image(ask, given, found) -> None:
    with pytest.raises(ArgumentError, match=found):
        ask(given)


@pytest.mark.parametrize("size", [(64, 64), 64.0, None, "64"])
def test_a_size_is_one_whole_number(size) -> None:
    with pytest.raises(ArgumentError, match=r"size: found .* for height and width"):
        resize_image(np.zeros((9, 9, 3), np.uint8), size)
