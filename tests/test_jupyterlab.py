"""The lessons where learners are: a real JupyterLab, driven in a real browser."""

import base64
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from lessons import LESSONS, tagged
from playwright.sync_api import Browser, Locator, Page, expect
from site_pages import browser

import bloodcell_tut as bt

COMMAND = [sys.executable, "-c", "from bloodcell_tut.cli import app; app()"]
MINUTE = 60_000


@dataclass
class Lab:
    """A running JupyterLab: the learner's folder, and where to find it."""

    folder: Path
    address: str
    token: str

    def url(self, path: str = "") -> str:
        return f"{self.address}/lab{path}?token={self.token}"

    def saved(self, name: str) -> dict:
        return json.loads((self.folder / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def lab(chrome: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    home = tmp_path_factory.mktemp("home")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"ip": "127.0.0.1", "port": port, "open_browser": False, "allow_root": True}
    (home / "config").mkdir()
    config = home / "config" / "jupyter_server_config.json"
    config.write_text(json.dumps({"ServerApp": settings}))
    own = {"JUPYTER_CONFIG_DIR": home / "config", "JUPYTER_DATA_DIR": home / "data"}
    environment = os.environ | {name: str(path) for name, path in own.items()}
    folder = home / "my lessons 🩸"
    with subprocess.Popen(
        [*COMMAND, "lab", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    ) as server:
        assert server.stdout is not None
        found = next(m for line in server.stdout if (m := re.search(r"\?token=(\w+)", line)))
        threading.Thread(target=server.stdout.read, daemon=True).start()
        yield Lab(folder, f"http://127.0.0.1:{port}", found[1])
        server.terminate()


@pytest.fixture
def page(chrome: Browser, lab: Lab) -> Iterator[Page]:
    context = chrome.new_context(viewport={"width": 1400, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(MINUTE)
    yield page
    context.close()
    headers = {"Authorization": f"token {lab.token}"}
    api = chrome.new_context(extra_http_headers=headers).request
    for kernel in api.get(f"{lab.address}/api/kernels").json():  # each holds TensorFlow
        assert api.delete(f"{lab.address}/api/kernels/{kernel['id']}").ok


def open_lesson(page: Page, lab: Lab, name: str) -> None:
    page.goto(lab.url(f"/tree/{name}") + "&reset")
    expect(page.locator(".jp-NotebookPanel:visible .jp-Notebook")).to_be_visible()
    # the notebook's own sign says idle before there is a kernel
    expect(page.get_by_text("| Idle")).to_be_visible(timeout=MINUTE)


def menu(page: Page, name: str, entry: str) -> None:
    page.get_by_role("menuitem", name=name, exact=True).click()
    page.locator(".lm-Menu-itemLabel").get_by_text(entry, exact=True).click()


def is_done(notebook: dict) -> bool:
    codes = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return all(cell["execution_count"] for cell in codes)


def save_when_done(page: Page, lab: Lab, name: str) -> dict:
    """Save the notebook whenever the kernel rests until each cell has been run; return it."""
    indicator = page.locator(".jp-NotebookPanel:visible .jp-Notebook-ExecutionIndicator")
    limit = time.monotonic() + 300
    while time.monotonic() < limit:
        page.wait_for_timeout(2000)
        expect(indicator).to_have_attribute("data-status", "idle", timeout=5 * MINUTE)
        page.keyboard.press("Control+s")
        page.wait_for_timeout(1000)
        if is_done(lab.saved(name)):
            return lab.saved(name)
    raise AssertionError(f"{name}: some cells have not been run within five minutes")


def outputs(notebook: dict) -> Iterator[tuple[str, dict]]:
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            yield "".join(cell["source"]), output


def answer(page: Page, code: str) -> str:
    """Run code in a new cell below the active one, and return what it shows."""
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    page.keyboard.press("Enter")
    page.keyboard.insert_text(code)
    page.keyboard.press("Control+Enter")
    shown = page.locator(".jp-Cell.jp-mod-active .jp-OutputArea-output")
    expect(shown.first).to_be_visible(timeout=2 * MINUTE)
    return shown.first.inner_text()


def to_heading(page: Page, title: str) -> None:
    """Go to a heading by the table of contents."""
    contents = page.locator(".jp-TableOfContents-content:visible")
    if not contents.count():
        page.locator(".jp-SideBar [data-id=table-of-contents]").click()
    contents.get_by_text(title).first.click()
    page.wait_for_timeout(500)
    page.locator(".jp-NotebookPanel:visible .jp-Cell.jp-mod-active").click()
    page.keyboard.press("Escape")


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
    expect(start.get_by_role("link")).to_have_count(14)
    expect(start).to_contain_text("0 of 30 exercises solved")
    start.get_by_role("link", name="Step 7: split").click()
    expect(page.locator(".jp-NotebookPanel:visible h1")).to_contain_text("Step 7: split")


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_run_all(lab: Lab, page: Page, lesson: Path) -> None:
    open_lesson(page, lab, lesson.name)
    menu(page, "Run", "Run All Cells")
    notebook = save_when_done(page, lab, lesson.name)
    errors = [output for _, output in outputs(notebook) if output["output_type"] == "error"]
    assert errors == []
    said = "".join(
        "".join(out["text"]) for _, out in outputs(notebook) if out.get("name") == "stderr"
    )
    assert not re.search(r"^(WARNING: All log|[IWEF]\d{4} )", said, re.M), "TensorFlow greets"
    replies = [out["data"]["text/plain"] for code, out in outputs(notebook) if code[:6] == "check_"]
    assert len(replies) >= 2
    assert all("".join(reply).startswith("Not tried yet: ") for reply in replies)


def test_a_widget_moves_and_redraws(lab: Lab, page: Page) -> None:
    open_lesson(page, lab, "07_split.ipynb")
    menu(page, "Run", "Run All Cells")
    save_when_done(page, lab, "07_split.ipynb")
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
    open_lesson(page, lab, lesson.name)
    menu(page, "Run", "Run All Cells")
    save_when_done(page, lab, lesson.name)
    to_heading(page, "Exercise 0.1")
    assert answer(page, "check_weights(3)").startswith("Not yet:")
    solution = tagged(lesson, "solution")[0].removeprefix("#| code-fold: true\n")
    name = re.findall(r"^(?:def )?(\w+)", solution, re.M)[0]
    assert answer(page, f"{solution}\n\ncheck_weights({name})").startswith("Right:")
    assert list(bt.read_progress(lab.folder)) == ["check_weights"]
    assert "1 of 30 exercises solved" in (lab.folder / "START.md").read_text(encoding="utf-8")
    menu(page, "Kernel", "Restart Kernel and Run All Cells…")
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    page.wait_for_timeout(3000)
    notebook = save_when_done(page, lab, lesson.name)
    assert not [out for _, out in outputs(notebook) if out["output_type"] == "error"]


def test_a_cell_too_early_says_which_to_run_first(lab: Lab, page: Page) -> None:
    open_lesson(page, lab, "01_choose_dataset.ipynb")
    to_heading(page, "Exercise 1.1")
    said = answer(page, "check_counts(3)")
    assert "NameError" in said
    hint = page.locator(".jp-Cell.jp-mod-active .jp-OutputArea-output").nth(1)
    expect(hint).to_contain_text("`check_counts` is made by the cell that begins with `")


def test_closed_and_opened_again(lab: Lab, page: Page, chrome: Browser) -> None:
    open_lesson(page, lab, "04_shuffle.ipynb")
    menu(page, "Run", "Run All Cells")
    save_when_done(page, lab, "04_shuffle.ipynb")
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
        "bt.upload_photographs(model, np.zeros((9, 9, 3), np.uint8))",
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
