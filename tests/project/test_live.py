"""The network in the page: it finds, cuts out, names and refuses the same as Python does."""

import base64
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import live_page
import make_site
import numpy as np
import pytest
from firefox import Firefox, firefox
from playwright.sync_api import Browser, Page
from site_pages import browser

import bloodcell_tut as bt
from bloodcell_tut.inference.own_images import PreparedCell, cells_for
from bloodcell_tut.inference.predict import predict_probabilities

N_PICTURES = 200
ASK = """async address => {
  const blob = await (await fetch(address)).blob();
  const { width, height, data } = await bloodcells.pixelsOf(blob);
  const cells = await bloodcells.call("find", { width, height, data });
  const answer = cells.length ? await bloodcells.call("ask", cells[0].image) : null;
  return {
    boxes: cells.map(({box}) => [box.x, box.y, box.width, box.height, box.confidence]),
    squares: cells.map(({square}) => [square.x, square.y, square.side]),
    crops: cells.map(({image}) => btoa(String.fromCharCode(...image.pixels))),
    probabilities: answer?.probabilities, score: answer?.score,
    heat: answer && [...answer.heat.values],
  };
}"""
SAID = """const said = () => document.querySelector(".live-said").textContent;
  const until = async begins => {
    while (!said().match(begins)) await new Promise(go => setTimeout(go, 20));
    return said();
  };"""
READY = f"async () => {{ {SAID} return until(/^I say/); }}"


@pytest.fixture(scope="module")
def light(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a page with both boxes and nothing else."""
    folder = tmp_path_factory.mktemp("light")
    shutil.copytree(live_page.STATIC, folder / "_static" / "live")
    boxes = "".join(live_page.html(box) for box in ("box", "playground"))
    start = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Boxes</title>'
    (folder / "page.html").write_text(f'{start}<main class="bd-article"><h1>Boxes</h1>{boxes}')
    return (folder / "page.html").as_uri()


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def page(chrome: Browser, light: str) -> Iterator[Page]:
    context = chrome.new_context(offline=True, viewport={"width": 390, "height": 844})
    opened = context.new_page()
    opened.goto(light)
    opened.evaluate(READY)
    yield opened
    context.close()


@pytest.fixture(scope="module")
def fox(tmp_path_factory: pytest.TempPathFactory, light: str) -> Iterator[Firefox]:
    with firefox(tmp_path_factory.mktemp("firefox")) as started:
        started.goto(light)
        started.evaluate(READY)
        yield started


@pytest.fixture(params=["page", "fox"])
def either(request: pytest.FixtureRequest) -> Page | Firefox:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def pictures(sample_folder: Path) -> list[np.ndarray]:
    """Drawn pictures, some of them in other sizes, and some side by side in one photograph."""
    files = sorted(sample_folder.rglob("*.jpeg"))
    places = np.linspace(0, len(files) - 1, N_PICTURES).astype(int)
    found = [bt.read_image(files[i]) for i in places]
    rng = np.random.default_rng(0)
    for i in range(0, N_PICTURES, 5):
        width, height = rng.integers(100, 480, 2).tolist()
        found[i] = cv2.resize(found[i], (width, height), interpolation=cv2.INTER_AREA)
    for i in range(1, N_PICTURES, 20):
        rows = [np.hstack(found[i + 1 : i + 4]), np.hstack(found[i + 6 : i + 9])]
        found[i] = cv2.resize(np.vstack(rows), None, fx=1.1, fy=1.1)
    found[96:100] = [bt.drawing.draw_field(0, rng)[0] for _ in range(4)]
    return found


def address(image: np.ndarray) -> str:
    """Return a picture as an address that holds it, without loss."""
    data = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1]
    return "data:image/png;base64," + base64.b64encode(data.tobytes()).decode()


class Both(NamedTuple):
    """What the page and Python say of one picture."""

    page: dict[str, Any]
    cells: list[PreparedCell]

    def crops(self) -> np.ndarray:
        read = [np.frombuffer(base64.b64decode(crop), np.uint8) for crop in self.page["crops"]]
        return np.array(read, int).reshape(-1, 64, 64, 3)


@pytest.fixture(scope="module")
def saved() -> bt.SavedModel:
    return bt.load_model(live_page.MODEL)


@pytest.fixture(scope="module")
def both(page: Page, saved: bt.SavedModel, pictures: list[np.ndarray]) -> list[Both]:
    return [Both(page.evaluate(ASK, address(p)), cells_for(saved, p)) for p in pictures]


def test_the_page_cuts_out_the_same_pixels(both: list[Both]) -> None:
    for found in both:
        boxes = [list(vars(cell.box).values()) for cell in found.cells]
        assert np.allclose(found.page["boxes"], boxes, rtol=1e-12)
        squares = [[cell.square.x, cell.square.y, cell.square.width] for cell in found.cells]
        assert found.page["squares"] == squares
        here = np.array([cell.image for cell in found.cells], int).reshape(-1, 64, 64, 3)
        assert (found.crops() == here).all()
    numbers = [len(found.cells) for found in both]
    assert sum(numbers) > N_PICTURES and min(numbers) == 0, "with none, one and several"


def test_the_page_answers_and_refuses_as_keras_does(both: list[Both], saved: bt.SavedModel) -> None:
    asked = [found for found in both if found.cells]
    images = np.stack([found.cells[0].image for found in asked])
    expected = predict_probabilities(saved.model, images)
    got = np.array([found.page["probabilities"] for found in asked])
    assert np.abs(got - expected).max() < 1e-5
    scores = saved.detector.scores(saved.model, images)
    got = np.array([found.page["score"] for found in asked])
    assert np.allclose(got, scores, rtol=1e-5)
    refused = scores > 1
    assert ((got > 1) == refused).all() and 0 < refused.mean() < 0.5
    maps = bt.class_activation_maps(saved.model, images[:20])
    got = np.array([found.page["heat"] for found in asked[:20]]).reshape(maps.shape)
    assert np.abs(got - maps).max() < 1e-3


def test_both_browsers_see_the_same(
    either: Page | Firefox, both: list[Both], pictures: list[np.ndarray]
) -> None:
    for found, picture in list(zip(both, pictures, strict=True))[:3]:
        again = either.evaluate(ASK, address(picture))
        assert again["crops"] == found.page["crops"]
        assert np.allclose(again["probabilities"], found.page["probabilities"], atol=1e-6)


def test_a_click_on_a_drawn_cell_names_it(either: Page | Firefox) -> None:
    said = either.evaluate(
        f"""async () => {{
          {SAID}
          const all = [];
          for (const button of document.querySelectorAll(".live-cells button")) {{
            document.querySelector(".live-said").textContent = "";
            button.click();
            all.push([button.querySelector("img").alt, await until(/^I /),
                      button.ariaPressed, document.querySelectorAll(".live-bars li").length,
                      document.querySelectorAll(".live-maps canvas").length]);
          }}
          return all;
        }}"""
    )
    cells = [each for each in said if each[0].startswith("Drawn cell: ")]
    assert len(cells) == 12 and len(said) == 14
    right = [each for each in cells if each[1].endswith("That is what was drawn.")]
    assert len(right) >= 10
    assert all(each[0].removeprefix("Drawn cell: ") in each[1] for each in cells)
    assert all(each[2:] == ["true", 4, 40] for each in cells)
    empty, eight = said[12:]
    assert empty[1].startswith("I find no white cell") and empty[3] == 0
    assert eight[1].startswith("I don't know") and eight[3] == 4


def test_what_is_no_picture_gets_a_sentence(either: Page | Firefox) -> None:
    said = either.evaluate(
        f"""async () => {{
          {SAID}
          const files = new DataTransfer(), input = document.querySelector(".live-drop input");
          files.items.add(new File(["a,b\\n1,2"], "table.png", {{type: "image/png"}}));
          input.files = files.files;
          input.dispatchEvent(new Event("change"));
          return until(/^This/);
        }}"""
    )
    assert "not a picture" in said


def test_nine_numbers_of_your_own(page: Page) -> None:
    levels = np.array(bytearray.fromhex(live_page.pixels())).reshape(24, 24) / 255
    page.get_by_role("button", name="level edges").click()
    page.get_by_label("A small cell; the arrow keys").focus()
    for key in ["ArrowRight"] * 30 + ["ArrowLeft"] * 6 + ["ArrowUp"] * 3:
        page.keyboard.press(key)
    page.get_by_label("Number in row 1, column 2").fill("0.5")
    weights = np.array([[-1, 0.5, -1], [0, 0, 0], [1, 1, 1]])
    products = levels[6:9, 15:18] * weights
    assert page.locator(".live-sum").text_content() == (
        f"Window in row 7, column 16: the nine products add up to {products.sum():.2f}.".replace(
            "-", "\u2212"
        )
    )
    shown = page.locator(".live-products span").all_text_contents()
    got = [float(text.replace("\u2212", "-")) for text in shown]
    assert np.abs(np.array(got) - products.ravel()).max() < 0.006


def test_a_stale_network_stops_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model.keras").write_bytes(live_page.MODEL.read_bytes() + b" ")
    monkeypatch.setattr(live_page, "MODEL", tmp_path / "model.keras")
    with pytest.raises(SystemExit, match=r"not made from model\.keras as it is now; make it anew"):
        make_site.build(tmp_path / "out", tmp_path / "work")
    assert not (tmp_path / "out").exists()
