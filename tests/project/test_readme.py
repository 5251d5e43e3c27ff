"""README.md says what is true: each of its commands is run by CI, each target is there."""

import re
import subprocess
from pathlib import Path

import commands
import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_ci_runs_every_command_of_the_readme() -> None:
    found = commands.commands(README)
    assert {"make run", "make test", "make lab", ".venv/bin/bloodcell-tut lab"} <= set(found)
    # those for Windows and for who has a wheel alone can't be run here
    others = "".join(re.findall(r"^```(?:powershell|text)\n.*?^```", README, re.M | re.S))
    begins = re.compile(r"^(?:make|python3|\.venv)\b.*$|^\.venv", re.M)
    assert len(found) == len(begins.findall(README)) - len(begins.findall(others))
    workflow = (ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
    assert "run: python3 tools/commands.py" in workflow


def test_a_command_that_fails_is_noticed(tmp_path: Path) -> None:
    block = "```sh\necho one > ran.txt\n{}\necho three > ran.txt\n```\n"
    (tmp_path / "README.md").write_text(block.format("true"))
    commands.main(tmp_path)
    assert (tmp_path / "ran.txt").read_text() == "three\n"
    (tmp_path / "README.md").write_text(block.format("false"))
    with pytest.raises(subprocess.CalledProcessError):
        commands.main(tmp_path)
    assert (tmp_path / "ran.txt").read_text() == "one\n"


def test_a_lab_that_does_not_listen_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("```sh\necho no lab\n```\n")
    commands.run("echo http://localhost is running at lab", tmp_path)
    with pytest.raises(SystemExit):
        commands.run("echo no lab", tmp_path)


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_every_target_is_in_the_makefile(page: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.M))
    text = (ROOT / page).read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|^)make ([a-z]+)", text, re.M))
    assert named and named <= targets


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_files_that_are_linked_are_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)", text):
        assert re.match("https?://", target) or (ROOT / target).exists(), target


def test_facts_are_the_same_everywhere() -> None:
    settings = (ROOT / "settings.ini").read_text(encoding="utf-8")
    (version,) = re.findall(r"^version = (.+)$", settings, re.M)
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {version}\n" in citation
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"\n## {version}\n" in changes


def test_the_line_without_make_does_what_the_target_does() -> None:
    """Each installs what its extra asks for, and `make test` runs what README says."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target, extra in (("run", "[tensorflow]"), ("lab", "[lab,tensorflow]"), ("test", "[dev]")):
        assert re.search(
            rf"^{target}: \.venv/{'dev' if target == 'test' else target} ", makefile, re.M
        )
        assert f'.venv/bin/pip install -c constraints.txt -e ".{extra}"' in README
        assert f"EXTRA = {extra}\n" in makefile
    recipe = re.search(r"^test: .*\n((?:\t.*\n)+)", makefile, re.M)
    assert recipe is not None
    checks = recipe[1].replace("$(BIN)", ".venv/bin").strip().split("\n\t")
    assert f"{' && '.join(checks)}\n" in README


def test_windows_gets_the_same_commands() -> None:
    (block,) = re.findall(r"^```powershell\n(.*?)^```", README, re.M | re.S)
    lines = [
        line.replace("\\Scripts\\", "/bin/").replace("py -m", "python3 -m")
        for line in block.splitlines()
    ]
    found = " && ".join(commands.commands(README)).split(" && ")
    assert {*lines} <= {*found} and len(lines) == 4


def test_who_has_no_clone_can_follow() -> None:
    """The wheel's name is that of this version, and nothing is promised of PyPI."""
    settings = (ROOT / "settings.ini").read_text(encoding="utf-8")
    (version,) = re.findall(r"^version = (.+)$", settings, re.M)
    assert f'pip install "./bloodcell_tut-{version}-py3-none-any.whl[lab,tensorflow]"' in README
    files = [*(ROOT / "bloodcell_tut").rglob("*.py"), *(ROOT / "nbs").rglob("*.ipynb")]
    for file in (*files, ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"):
        promised = re.findall(
            r"pip install .?bloodcell_tut(?!-|\[[\w,]+\] @)", file.read_text(encoding="utf-8")
        )
        assert promised == [], f"{file.name}: the package is not on PyPI"
