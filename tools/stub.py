"""Write the stubs: which names the package and each of its wings show, and where they come from."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "bloodcell_tut"

# what stands at the top; all other names are reached through their wing or module
TOP = (
    "choose_dataset", "ImageDataset", "plot_class_counts",
    "read_image", "resize_image", "crop_white_cell", "prepare_image", "find_white_cell",
    "find_white_cells", "Box", "plot_box",
    "create_training_data", "TrainingData",
    "shuffle",
    "features_and_labels",
    "normalize", "one_hot",
    "split_by_photograph", "split_by_image", "cross_validate_by_photograph", "Split",
    "small_cnn", "article_cnn", "train", "plot_history", "save_model", "load_model", "SavedModel",
    "evaluate", "Evaluation", "accuracy_interval", "compare_models", "plot_confusion",
    "plot_mistakes",
    "predict_probabilities", "predict_photograph", "CellFinding", "plot_findings",
    "class_activation_maps", "plot_explanation", "feature_maps", "plot_feature_maps",
    "find_photographs", "audit", "Audit",
    "draw_sample", "draw_photograph",
    "run_steps", "RunSettings",
    "show_images",
    "BloodcellError", "DatasetError", "ImageError", "ArchiveError", "ArgumentError", "ModelError",
    "BackendError",
)  # fmt: skip


def public_names(module: Path) -> list[str]:
    """Return a module's `__all__`."""
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return ast.literal_eval(node.value)
    return []


def names_in(folder: Path) -> dict[str, str]:
    """Return the public names of a folder's modules, each with its module; none may stand twice."""
    found: dict[str, str] = {}
    for module in sorted(folder.glob("[a-z]*.py")):
        for name in public_names(module):
            if name in found:
                raise SystemExit(f"{name} stands in {found[name]} and in {module.stem}")
            found[name] = module.stem
    return found


def names_of_wing(wing: Path) -> dict[str, str]:
    """Return the names that a wing shows; the checks of exercises belong to their lessons."""
    names = names_in(wing)
    checks = wing.name == "exercises"
    return {n: module for n, module in names.items() if not checks or module == "engine"}


def wings() -> list[Path]:
    """Return the folders of the package's wings."""
    return sorted(init.parent for init in PACKAGE.glob("[a-z]*/__init__.py"))


def stub(names: dict[str, str], rooms: list[str]) -> str:
    """Return a stub that shows names, each from its module, and rooms: modules and wings."""
    lines = [f"from . import {room} as {room}" for room in rooms]
    lines += [f"from .{names[name]} import {name} as {name}" for name in sorted(names)]
    shown = [f'    "{name}",' for name in sorted(names)]
    return "\n".join([*lines, "", "__all__ = [", *shown, "]", ""])


def top_names() -> dict[str, str]:
    """Return the names at the top, each with the module that it comes from."""
    everywhere = names_in(PACKAGE)
    for wing in wings():
        found = names_in(wing)
        everywhere |= {n: f"{wing.name}.{found[n]}" for n in TOP if n in found}
    return {name: everywhere[name] for name in TOP}


def write_all() -> None:
    """Write the package's stub and one for each wing."""
    rooms = sorted([p.stem for p in PACKAGE.glob("[a-z]*.py")] + [wing.name for wing in wings()])
    text = stub(top_names(), rooms) + "__version__: str\n"
    (PACKAGE / "__init__.pyi").write_text(text, encoding="utf-8")
    for wing in wings():
        rooms = sorted(p.stem for p in wing.glob("[a-z]*.py"))
        (wing / "__init__.pyi").write_text(stub(names_of_wing(wing), rooms), encoding="utf-8")


if __name__ == "__main__":
    write_all()
