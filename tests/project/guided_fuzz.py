"""Fuzzing of one reader, guided by the lines of the package that an input reaches (atheris).

By hand, since atheris is large and not there for every Python; libFuzzer's options follow:

    pip install atheris
    python tests/project/guided_fuzz.py archive -max_total_time=600
"""

import importlib
import random
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import atheris


def main() -> None:
    """Feed the reader named first until it fails, or for as long as asked for."""
    target = sys.argv.pop(1)
    with tempfile.TemporaryDirectory() as name:
        folder, corpus = Path(name, "work"), Path(name, "corpus")
        folder.mkdir()
        corpus.mkdir()
        with atheris.instrument_imports(include=["bloodcell_tut"]):
            fuzz = importlib.import_module("fuzz")
            whole = fuzz.whole_files(target)
            for i, data in enumerate(whole):
                (corpus / str(i)).write_bytes(data)
                fuzz.feed(target, data, folder)  # loads what is followed from here on

        def feed(data: bytes) -> None:
            fuzz.feed(target, data, folder)

        def mutate(data: bytes, max_size: int, seed: int) -> bytes:
            rng = random.Random(seed)
            if rng.random() < 0.5:
                with suppress(Exception):  # the members of a broken zip can't be broken further
                    return fuzz.broken(data, rng)[:max_size]
            return atheris.Mutate(data, max_size)

        options = [sys.argv[0], f"-max_len={2 * max(map(len, whole))}", *sys.argv[1:], str(corpus)]
        atheris.Setup(options, feed, custom_mutator=mutate)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
