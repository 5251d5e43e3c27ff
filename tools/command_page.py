"""The page of all commands, made from the command line's own help."""

import subprocess
import sys

NAME = "bloodcell-tut"
VARIABLES = {
    "BLOODCELL_TUT_CACHE": "folder for drawn samples, unpacked archives and prepared images; by "
    "default the system's folder for caches",
    "KERAS_BACKEND": "tensorflow, jax or torch: what trains and predicts; Keras reads it",
    "TQDM_DISABLE": "1 hides progress bars; in a log file they are hidden anyway",
    "MPLBACKEND": "how matplotlib draws; the commands draw into files, with `agg`",
    "TF_CPP_MIN_LOG_LEVEL": "0 brings TensorFlow's greeting back",
}
CODES = {
    "0": "it is done",
    "1": "something is wrong with a file or an argument's value; the message says which, what was "
    "found and what to do",
    "2": "the command itself is wrong, such as an option that doesn't exist",
    "130": "you pressed Ctrl-C; what was finished is kept",
}


def page() -> str:
    """Return the page in Markdown."""
    docs = ["-m", "typer", "bloodcell_tut.cli", "utils", "docs", "--name", NAME]
    made = subprocess.run([sys.executable, *docs], check=True, capture_output=True, text=True)
    commands = "## " + made.stdout.partition("## ")[2].strip()
    commands = commands.replace("```console\n$ ", "```text\n")
    return f"""# Commands

> Every command of `{NAME}`, with its options and their defaults

`{NAME} --help` prints the commands, `{NAME} run --help` the options of one.

{commands}

## Exit codes

{_table("code", CODES)}

## Environment variables

{_table("variable", VARIABLES)}
"""


def _table(name: str, rows: dict[str, str]) -> str:
    lines = [f"| {name} | what it means |", "| --- | --- |"]
    return "\n".join(lines + [f"| `{key}` | {meaning} |" for key, meaning in rows.items()])


if __name__ == "__main__":
    print(page())
