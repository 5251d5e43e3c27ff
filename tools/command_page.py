"""The page of all commands, made from the command line's own help."""

import re
import subprocess
import sys

from command_examples import NAME, markdown

VARIABLES = {
    "BLOODCELL_TUT_CACHE": "folder for drawn samples, unpacked archives and prepared images; by "
    "default the system's folder for caches",
    "KERAS_BACKEND": "tensorflow, jax or torch: what trains and predicts; Keras reads it",
    "TQDM_DISABLE": "1 hides progress bars; in a log file they are hidden anyway",
    "MPLBACKEND": "how matplotlib draws; the commands draw into files, with `agg`",
    "TF_CPP_MIN_LOG_LEVEL": "0 brings TensorFlow's greeting back",
    "MPLCONFIGDIR": "folder of Matplotlib; like the five below it is set to a temporary folder if "
    "your home can't be written to",
    "KERAS_HOME": "folder of Keras",
    "KAGGLEHUB_CACHE": "folder that `--data kaggle` downloads into",
    "JUPYTER_CONFIG_DIR": "folder of Jupyter's settings",
    "JUPYTER_DATA_DIR": "folder of Jupyter's kernels",
    "IPYTHONDIR": "folder of IPython",
}
CODES = {
    "0": "it is done",
    "1": "something is wrong with a file or an argument's value; the message says which, what was "
    "found and what to do; or the memory is too small",
    "2": "the command itself is wrong, such as an option that doesn't exist",
    "130": "you pressed Ctrl-C; what was finished is kept",
}


def page() -> str:
    """Return the page in Markdown."""
    docs = ["-m", "typer", "bloodcell_tut.cli", "utils", "docs", "--name", NAME]
    made = subprocess.run([sys.executable, *docs], check=True, capture_output=True, text=True)
    commands = "## " + made.stdout.partition("## ")[2].strip()
    commands = commands.replace("```console\n$ ", "```text\n")
    commands = re.sub(
        rf"(?<=^## `{NAME} )(\w+)`[\s\S]*?(?=\n## |\Z)", with_examples, commands, flags=re.M
    )
    return f"""# Commands

> Every command of `{NAME}`, with its options and their defaults

`{NAME} --help` prints the commands, `{NAME} run --help` the options of one.

{commands}

## Exit codes

{_table("code", CODES)}

## Environment variables

{_table("variable", VARIABLES)}
"""


def with_examples(section: re.Match[str]) -> str:
    """Return a command's section with its examples below its options."""
    return f"{section[0].rstrip()}\n\n{markdown(section[1])}\n"


def _table(name: str, rows: dict[str, str]) -> str:
    lines = [f"| {name} | what it means |", "| --- | --- |"]
    return "\n".join(lines + [f"| `{key}` | {meaning} |" for key, meaning in rows.items()])


if __name__ == "__main__":
    print(page())
