"""Build the site: lay its sources side by side, let Sphinx render them, add icons and twins."""

import argparse
import re
import shutil
import sys
from pathlib import Path

from sphinx.cmd.build import build_main

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]

import citing
import command_page
import contents
import findable
import house
import icons
import live_page
import pictures
import reference
import slim
import twins
from alone import alone

from bloodcell_tut.lab import learners_copy, quiet_tensorflow


def stage(folder: Path) -> None:
    """Lay the sources of all pages into an empty folder; the exercises' checks stay out."""
    unwanted = shutil.ignore_patterns(".*", "_*", "*.yml", f"{Path(contents.CHECKS).name}*")
    shutil.copytree(contents.NBS, folder, ignore=unwanted)
    for name, source in contents.TOP_PAGES.items():
        text = (contents.ROOT / source).read_text(encoding="utf-8")
        write(folder / f"{name}.md", re.sub(r"\]\(nbs/", "](", text))
    write(folder / "citing.md", citing.page())
    write(folder / "house.md", house.page())
    write(folder / "commands.md", command_page.page())
    for wing in contents.wings():
        write(folder / wing / "index.md", house.wing_page(wing))
    write(folder / "api" / "index.md", reference.index())
    for name in reference.pages():
        write(folder / "api" / f"{name}.md", reference.page(name))
    for name in contents.with_exercises():
        lesson = contents.source(name)
        full, address = lesson.read_text(encoding="utf-8"), contents.facts().get("doc_host", "")
        for kind, text in (("full", full), ("learner", learners_copy(lesson))):
            write(folder / "_files" / kind / f"{name}.ipynb", alone(text, address, name))
    pictures.draw(folder / "_static")


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def build(out: Path, work: Path) -> int:
    """Build the site into `out`, with `work` for what is needed on the way."""
    live_page.check()
    for folder in (work / "site", work / "doctrees"):
        shutil.rmtree(folder, ignore_errors=True)
    if (out / "searchindex.js").exists():
        shutil.rmtree(out)
    stage(work / "site")
    options = ["--quiet", "--fail-on-warning", "--keep-going", "--jobs", "2"]
    places = ["-c", contents.ROOT / "docs", "-d", work / "doctrees", work / "site", out]
    failed = build_main([*options, *map(str, places)])
    if not failed:
        icons.use_style(out)
        slim.slim(out)
        findable.make_findable(out)
        twins.write_all(work / "site", out)
    return failed


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="folder of the site")
    parser.add_argument("--work", type=Path, default=contents.ROOT / "build")
    arguments = parser.parse_args()
    quiet_tensorflow()
    sys.exit(build(arguments.out, arguments.work))
