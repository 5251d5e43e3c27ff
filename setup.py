"""Build the package; every fact about it is in settings.ini."""

import json
import runpy
from configparser import ConfigParser
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
settings = ConfigParser(delimiters=("=",), interpolation=None)
settings.read(HERE / "settings.ini", encoding="utf-8")
facts = settings["DEFAULT"]


def lines(key: str) -> list[str]:
    return facts[key].strip().splitlines()


def lessons_and_linked() -> list[str]:
    """Return the notebooks that travel with the package."""
    code = runpy.run_path(str(HERE / "bloodcell_tut" / "lab" / "linked.py"))
    return list(code["lessons_and_linked"](HERE / "nbs"))


def public(index: dict) -> dict:
    """Return nbdev's index without what is private."""
    shown = {
        module: {name: where for name, where in names.items() if "._" not in name}
        for module, names in index["syms"].items()
    }
    return index | {"syms": shown}


class BuildPy(build_py):
    """Keep the wheel small: lessons without outputs, which a learner makes anew, and without ids;
    an index of public names alone."""

    def run(self) -> None:
        super().run()
        index = Path(self.build_lib) / "bloodcell_tut" / "_modidx.py"
        index.write_text(f"d = {public(runpy.run_path(str(index))['d'])}\n", encoding="utf-8")
        for path in Path(self.build_lib).glob("bloodcell_tut/lessons/**/*.ipynb"):
            notebook = json.loads(path.read_text(encoding="utf-8"))
            # the last format without ids
            notebook["nbformat_minor"] = 4
            for cell in notebook["cells"]:
                cell.pop("id", None)
                cell["source"] = "".join(cell["source"])
                if cell["cell_type"] == "code":
                    cell |= {"outputs": [], "execution_count": None}
            text = json.dumps(notebook, ensure_ascii=False, separators=(",", ":"))
            path.write_text(text + "\n", encoding="utf-8")


names = ("tensorflow", "cluster", "kaggle", "lab", "docs", "test")
extras = {name: lines(f"{name}_requirements") for name in names}
extras["dev"] = sorted({line for lines_ in extras.values() for line in lines_})
# what each developer needn't have
extras |= {name: lines(f"{name}_requirements") for name in ("heic", "jax", "torch")}

setup(
    name=facts["lib_name"],
    version=facts["version"],
    description=facts["description"],
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    keywords=facts["keywords"],
    author=facts["author"],
    license=facts["license"],
    license_files=["LICENSE"],
    python_requires=f">={facts['min_python']}",
    install_requires=lines("requirements"),
    extras_require=extras,
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Intended Audience :: Education",
        "Topic :: Scientific/Engineering :: Image Recognition",
        *(f"Programming Language :: Python :: {v}" for v in facts["python_versions"].split()),
        "Typing :: Typed",
    ],
    # the lessons travel inside the wheel, so that `bloodcell-tut lab` finds them without a checkout
    packages=[*find_packages(include=["bloodcell_tut*"]), "bloodcell_tut.lessons"],
    package_dir={"bloodcell_tut.lessons": "nbs"},
    package_data={
        "": ["*.pyi", "templates/*.html"],
        "bloodcell_tut": ["py.typed"],
        "bloodcell_tut.photographs": ["known_photographs.npz"],
        "bloodcell_tut.lessons": lessons_and_linked(),
    },
    entry_points={
        "console_scripts": lines("console_scripts"),
        "nbdev": [f"{facts['lib_name']}={facts['lib_name']}._modidx:d"],
    },
    cmdclass={"build_py": BuildPy},
    zip_safe=False,
)
