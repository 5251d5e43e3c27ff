"""The lessons where learners are: a real JupyterLab, driven in a real browser."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from lab_pages import (
    MINUTE,
    Lab,
    answer,
    errors,
    menu,
    new_page,
    open_lesson,
    run_all,
    running_lab,
    save_when_done,
    to_heading,
)
from lessons import LESSONS, tagged
from playwright.sync_api import Browser, Locator, Page, expect
from site_pages import browser

import bloodcell_tut as bt


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def lab(chrome: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("home")) as started:
        yield started


@pytest.fixture
def page(chrome: Browser, lab: Lab) -> Iterator[Page]:
    with new_page(chrome, lab) as opened:
        yield opened


def test_it_opens_on_the_first_lesson_with_the_steps_beside_it(lab: Lab, page: Page) -> None:
    page.goto(lab.url())
    expect(page.locator(".jp-NotebookPanel:visible h1")).to_contain_text("Why a CNN?")
    contents = page.locator(".jp-TableOfContents-content")
    expect(contents.get_by_text("Counting weights")).to_be_visible()
    page.wait_for_timeout(3000)  # banners come late
    assert page.locator(".jp-Dialog, .Toastify__toast, .jp-Banner").count() == 0
    expect(page.get_by_text("| Idle")).to_be_visible()
    page.wait_for_timeout(1000)
    assert page.locator(".lm-TabBar-tab.jp-mod-dirty").count() == 0, "only looked at"
    page.locator(".lm-TabBar-tabLabel").get_by_text("START.md").click()
    start = page.locator(".jp-MarkdownViewer:visible")
    expect(start.get_by_role("link")).to_have_count(19)
    expect(start).to_contain_text("0 of 36 exercises solved")
    start.get_by_role("link", name="Step 7: split").click()
    expect(page.locator(".jp-NotebookPanel:visible h1")).to_contain_text("Step 7: split")


def test_a_reloaded_page_shows_the_progress(lab: Lab, page: Page) -> None:
    page.goto(lab.url() + "&reset")
    page.locator(".jp-DirListing-item").get_by_text("START.md").click(button="right")
    page.locator(".lm-Menu-itemLabel").get_by_text("Open With").hover()
    page.locator(".lm-Menu-itemLabel").get_by_text("Markdown Preview").click()
    start = page.locator(".jp-MarkdownViewer:visible")
    expect(start).to_contain_text("0 of 36 exercises solved")
    expect(start).to_contain_text("reload it in your browser to see what is new")
    page.wait_for_timeout(3000)  # until what is open is kept
    solved = lab.folder / "progress.json"
    solved.write_text('{"solved": {"check_weights": "2026-01-31"}}')
    bt.lab.write_start_page(lab.folder)
    page.goto(lab.url())
    expect(start).to_contain_text("1 of 36 exercises solved")
    solved.unlink()
    bt.lab.write_start_page(lab.folder)


def test_a_widget_moves_and_redraws(lab: Lab, page: Page) -> None:
    run_all(page, lab, "07_split.ipynb")
    to_heading(page, "By hand")
    knob = page.locator(".widget-slider .noUi-handle, .widget-slider [role=slider]").first
    for _ in range(40):
        if knob.count():
            break
        page.mouse.wheel(0, 600)
        page.wait_for_timeout(200)
    picture = page.locator(".jp-OutputArea-output:has(.widget-slider) img").first
    before = picture.get_attribute("src")
    knob.focus()
    page.keyboard.press("ArrowRight")
    expect(picture).not_to_have_attribute("src", before or "", timeout=MINUTE)


def test_wrong_then_right_and_progress(lab: Lab, page: Page) -> None:
    lesson = LESSONS[0]
    run_all(page, lab, "00_why_a_cnn.ipynb")
    to_heading(page, "Exercise 0.1")
    assert answer(page, "check_weights(3)").startswith("Not yet:")
    solution = tagged(lesson, "solution")[0].removeprefix("#| code-fold: true\n")
    name = re.findall(r"^(?:def )?(\w+)", solution, re.M)[0]
    said = answer(page, f"{solution}\n\ncheck_weights({name})")
    assert said.startswith("Right:") and "■□□ 1 of 36 exercises solved" in said
    assert list(bt.lab.read_progress(lab.folder)) == ["check_weights"]
    assert "1 of 36 exercises solved" in (lab.folder / "START.md").read_text(encoding="utf-8")


def test_a_cell_too_early_says_which_to_run_first(lab: Lab, page: Page) -> None:
    open_lesson(page, lab, "01_choose_dataset.ipynb")
    to_heading(page, "Exercise 1.1")
    said = answer(page, "check_counts(3)")
    assert "NameError" in said
    hint = page.locator(".jp-Cell.jp-mod-active .jp-OutputArea-output").nth(1)
    expect(hint).to_contain_text("`check_counts` is made by the cell that begins with `")


def test_restarted_closed_and_opened_again(lab: Lab, page: Page, chrome: Browser) -> None:
    run_all(page, lab, "04_shuffle.ipynb")
    menu(page, "Kernel", "Restart Kernel and Run All Cells…")
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    page.wait_for_timeout(3000)
    assert not errors(save_when_done(page, lab, "04_shuffle.ipynb"))
    page.context.close()
    later = chrome.new_page()
    later.goto(lab.url())
    panel = later.locator(".jp-NotebookPanel:visible")
    expect(panel.locator("h1")).to_contain_text("Step 4: shuffle", timeout=MINUTE)
    expect(panel.locator(".jp-OutputArea-output").first).to_be_visible()
    later.close()


def test_photographs_are_chosen_and_dropped(lab: Lab, page: Page, tmp_path: Path) -> None:
    drawn = bt.draw_photograph("MONOCYTE", np.random.default_rng(0)).image
    cv2.imwrite(str(tmp_path / "mine.png"), drawn[:, :, ::-1])
    large = tmp_path / "large.bmp"
    cv2.imwrite(str(large), cv2.resize(drawn[:, :, ::-1], None, fx=10, fy=10))
    assert large.stat().st_size > 2 * 10 * 2**20, "more than a message to a kernel may hold"
    (tmp_path / "notes.png").write_text("no picture")
    open_lesson(page, lab, "04_shuffle.ipynb")
    to_heading(page, "What to remember")
    answer(
        page,
        "import bloodcell_tut as bt, numpy as np\n"
        "model = bt.SavedModel(bt.small_cnn(), ('A', 'B', 'C', 'D'), True, None)\n"
        "bt.lab.upload_photographs(model, np.zeros((9, 9, 3), np.uint8))",
    )
    shown = page.locator(".jp-Cell.jp-mod-active .jp-OutputArea-output")
    field = shown.get_by_text("Drop photographs here")
    with page.expect_file_chooser() as chooser:
        field.click()
    chooser.value.set_files([tmp_path / "notes.png", tmp_path / "mine.png"])
    expect(shown.first).to_contain_text("notes.png: found no image", timeout=MINUTE)
    expect(shown.first.locator("img")).to_have_count(1, timeout=MINUTE)
    assert brightness(shown.first) < 200, "the photograph is in the picture"

    drop(page, field, [tmp_path, large])
    expect(shown.first).to_contain_text(f"{tmp_path.name}: found an empty file", timeout=MINUTE)
    expect(shown.first).not_to_contain_text("notes.png")
    expect(shown.first.locator("img")).to_have_count(1, timeout=MINUTE)
    assert brightness(shown.first) < 200, "the photograph is in the picture"


def brightness(output: Locator) -> float:
    source = output.locator("img").get_attribute("src") or ""
    png = np.frombuffer(base64.b64decode(source.split(",")[1]), np.uint8)
    picture = cv2.imdecode(png, cv2.IMREAD_COLOR)
    assert picture is not None
    return float(picture.mean())


def drop(page: Page, target: Locator, files: list[Path]) -> None:
    box = target.bounding_box()
    assert box is not None
    place = {"x": box["x"] + 5, "y": box["y"] + 5}
    data = {"items": [], "files": [str(file) for file in files], "dragOperationsMask": 1}
    mouse = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        mouse.send("Input.dispatchDragEvent", {"type": kind, "data": data} | place)
