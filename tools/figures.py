"""The site's figures as small files, and how each is shown on a dark page.

On a dark page the style turns a figure's lightness around, and its white ground with it.
Photographs keep their colors: each is laid over the figure again, as a second view of its file.
"""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

# what covers the white ground and is so large, in pixels, is no letter
SIDE, FILLED = 36, 0.6
# a photograph has many colors and no few that are nearly everywhere; bars and letters have few
RARE, COLORS, EIGHT_COMMONEST = 0.0005, 25, 0.83
# in a large part with more shades than gray alone has, few may be everywhere: an even ground
LARGE, GRAYS, EVEN_GROUND = 100, 32, 0.93
# more than the width of a page's text, for screens with two pixels in place of one
WIDEST = 1200
LINK = re.compile(r'(href="[./]*_images/([^"]+))\.png(?=")')
IMAGE = re.compile(r'<img ([^>]*?)src="([./]*_images/)([^"]+)\.png"([^>]*?) ?/?>')


@dataclass(frozen=True)
class Figure:
    """A figure's width and height in pixels, and the places of the pictures in it."""

    width: int
    height: int
    pictures: list[tuple[slice, slice]]


def shrink(folder: Path) -> dict[str, Figure]:
    """Write each PNG of a folder again, as WebP, and say what the figures are, by name."""
    paths = sorted(folder.glob("*.png"))
    with ThreadPoolExecutor(2) as threads:
        return dict(zip([p.stem for p in paths], threads.map(_shrink, paths), strict=True))


def _shrink(path: Path) -> Figure:
    picture = Image.open(path).convert("RGB")
    figure = look_at(np.asarray(picture))
    # lines and letters stay as they are, photographs nearly so
    quality, method = (50, 6) if figure.pictures else (60, 1)
    if figure.pictures:
        picture.thumbnail((WIDEST, figure.height))
    small = path.with_suffix(".webp")
    picture.save(small, lossless=not figure.pictures, quality=quality, method=method)
    return figure


def look_at(rgb: np.ndarray) -> Figure:
    """Return what is to be known of a figure; one without a photograph has no pictures."""
    places = filled_places(rgb)
    has_photograph = any(is_photograph(rgb[place]) for place in places)
    return Figure(rgb.shape[1], rgb.shape[0], places if has_photograph else [])


def filled_places(rgb: np.ndarray) -> list[tuple[slice, slice]]:
    """Return where rectangles cover a figure's white ground."""
    covered = (rgb.min(axis=2) < 253).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(covered, connectivity=4)
    return [
        (slice(y, y + height), slice(x, x + width))
        for x, y, width, height, area in stats[1:].tolist()
        if min(width, height) >= SIDE and area >= FILLED * width * height
    ]


def is_photograph(rgb: np.ndarray) -> bool:
    """Return whether a part of a figure is a photograph or a map of many shades."""
    coarse = (rgb >> 3).reshape(-1, 3) @ np.array([1024, 32, 1])
    shares = np.sort(np.bincount(coarse))[::-1] / len(coarse)
    shades = (shares >= RARE).sum()
    has_ground = shades > GRAYS and min(rgb.shape[:2]) >= LARGE
    most = EVEN_GROUND if has_ground else EIGHT_COMMONEST
    return bool(shades > COLORS and shares[:8].sum() < most)


def show(page: str, figures: dict[str, Figure]) -> str:
    """Return a page whose figures have their sizes and are loaded when they come into sight."""

    def shown(found: re.Match[str]) -> str:
        before, folder, name, after = found.groups()
        if name not in figures:
            return found[0]
        figure = figures[name]
        width, height = shown_size(before + after, figure)
        told = re.sub(r'\b(width|height|style)="[^"]*" ?', "", f"{before}{after}").strip()
        told += f' src="{folder}{name}.webp" width="{width}" height="{height}"'
        tag = f'<img {told} loading="lazy" decoding="async">'
        if not figure.pictures:
            return tag
        again = tag.replace(">", f' aria-hidden="true" style="clip-path:{outline(figure)}">')
        return f'<span class="with-pictures">{tag}{again}</span>'

    page = IMAGE.sub(shown, page)
    return LINK.sub(lambda m: f"{m[1]}.webp" if m[2] in figures else m[0], page)


def shown_size(attributes: str, figure: Figure) -> tuple[int, int]:
    """Return the width and height that a figure takes on a page."""
    width = re.search(r'width(?:="|: )(\d+)', attributes)
    if width is None:
        return figure.width, figure.height
    return int(width[1]), round(int(width[1]) * figure.height / figure.width)


def outline(figure: Figure) -> str:
    """Return the outline of a figure's pictures in the style's words; between them it runs back
    to the corner and encloses nothing."""
    points = [(0.0, 0.0)]
    for ys, xs in figure.pictures:
        top, bottom = 100 * ys.start / figure.height, 100 * ys.stop / figure.height
        left, right = 100 * xs.start / figure.width, 100 * xs.stop / figure.width
        points += [(left, top), (right, top), (right, bottom), (left, bottom), (left, top), (0, 0)]
    return f"polygon({','.join(f'{x:.4g}% {y:.4g}%' for x, y in points)})"
