"""Options are given by name: at most the first two arguments of a function go without."""

import ast
from pathlib import Path

import pytest

import bloodcell_tut

PACKAGE = Path(bloodcell_tut.__file__).parent
STEPS = ("dataset", "images", "training_data", "shuffling", "features", "split", "evaluation")
WINGS = ("files", "drawing", "photographs", "auditing", "baselines")
BESIDE = ("finder", "sources", "plots", "intervals", "stain", "standardization")
MODULES = [PACKAGE / f"{name}.py" for name in (*STEPS, *BESIDE)]
MODULES += [path for wing in WINGS for path in sorted((PACKAGE / wing).glob("[a-z]*.py"))]


def options_without_a_name(code: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            names = [a.arg for a in node.args.args if a.arg != "self"]
            optional = names[len(names) - len(node.args.defaults) :] if node.args.defaults else []
            found += [f"{node.name}({name}=)" for name in optional if names.index(name) > 1]
    return found


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_options_have_names(module: Path) -> None:
    assert options_without_a_name(module.read_text(encoding="utf-8")) == []


def test_the_guard_sees_one() -> None:
    assert options_without_a_name("def f(a, b, c=1, *, d=2): ...") == ["f(c=)"]
    assert options_without_a_name("def f(a, b=1, *, c=2): ...") == []
