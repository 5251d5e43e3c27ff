"""A real JupyterLab as tests see it: a learner's folder, a page in a browser, what cells say."""

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lessons import LESSONS, NBS, TRAINING, tagged
from playwright.sync_api import Browser, Page, expect

COMMAND = [sys.executable, "-c", "from bloodcell_tut.cli import app; app()"]
MINUTE = 60_000
DRIVEN = [LESSONS[number] for number in (0, 4, 7)]
"""The lessons that tests/lab/test_jupyterlab.py runs, and does something with afterwards."""
expect.set_options(timeout=MINUTE / 2)  # beside other tests a page may take its time


@dataclass
class Lab:
    """A running JupyterLab: the learner's folder, and where to find it."""

    folder: Path
    address: str
    token: str

    def url(self, path: str = "") -> str:
        return f"{self.address}/lab{path}?token={self.token}"

    def saved(self, name: str) -> dict:
        """Read a notebook; while JupyterLab writes it, it is empty for a moment."""
        for _ in range(50):
            if text := (self.folder / name).read_text(encoding="utf-8"):
                return json.loads(text)
            time.sleep(0.1)
        raise AssertionError(f"{name} stays empty")


@contextmanager
def running_lab(home: Path) -> Iterator[Lab]:
    """Start JupyterLab as a learner does, with settings of its own, on a free port."""
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
        try:
            yield Lab(folder, f"http://127.0.0.1:{port}", found[1])
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:  # it waits for a kernel that is no more
                server.kill()


@contextmanager
def new_page(chrome: Browser, lab: Lab) -> Iterator[Page]:
    """Open an empty page; its kernels end with it."""
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
    limit = time.monotonic() + 600
    while time.monotonic() < limit:
        page.wait_for_timeout(500)
        expect(indicator).to_have_attribute("data-status", "idle", timeout=10 * MINUTE)
        page.keyboard.press("Control+s")
        page.wait_for_timeout(300)
        if is_done(lab.saved(name)):
            return lab.saved(name)
    raise AssertionError(f"{name}: some cells have not been run within ten minutes")


def outputs(notebook: dict) -> Iterator[tuple[str, dict]]:
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            yield "".join(cell["source"]), output


def run_all(page: Page, lab: Lab, name: str) -> None:
    """Run a lesson: no cell fails, TensorFlow keeps quiet, each exercise says what it should."""
    open_lesson(page, lab, name)
    menu(page, "Run", "Run All Cells")
    notebook, lesson = save_when_done(page, lab, name), NBS / name
    assert errors(notebook) == []
    streams = {"stdout": "", "stderr": ""}
    for _, out in outputs(notebook):
        if out["output_type"] == "stream":
            streams[out["name"]] += "".join(out["text"])
    said = streams["stderr"]
    # in a notebook TensorFlow's own warnings go to stdout
    assert "WARNING:tensorflow" not in said + streams["stdout"]
    assert not re.search(r"^(WARNING: All log|[IWEF]\d{4} )", said, re.M), "TensorFlow greets"
    replies = [out["data"]["text/plain"] for code, out in outputs(notebook) if code[:6] == "check_"]
    firsts = ["".join(reply).split(": ")[0] for reply in replies]
    solved = ["Not tried yet", "Right"] if lesson in TRAINING else ["Not tried yet"]
    assert len(firsts) >= 2 and firsts == solved * len(tagged(lesson, "solution"))


def errors(notebook: dict) -> list[dict]:
    return [output for _, output in outputs(notebook) if output["output_type"] == "error"]


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
