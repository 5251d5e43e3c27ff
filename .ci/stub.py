"""Write bloodcell_tut/__init__.pyi, the list of all public names, from the exported modules."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "bloodcell_tut"


def public_names(module: Path) -> list[str]:
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return ast.literal_eval(node.value)
    return []


def stub() -> str:
    modules = {p.stem: public_names(p) for p in sorted(PACKAGE.glob("[a-z]*.py"))}
    names = sorted(name for names in modules.values() for name in names)
    if len(set(names)) < len(names):
        raise SystemExit(f"two modules export the same name: {names}")
    imports = [
        f"from .{m} import {name} as {name}" for m, ns in modules.items() for name in sorted(ns)
    ]
    return "\n".join(
        [*imports, "", "__version__: str", "__all__ = [", *(f'    "{n}",' for n in names), "]", ""]
    )


if __name__ == "__main__":
    (PACKAGE / "__init__.pyi").write_text(stub(), encoding="utf-8")
