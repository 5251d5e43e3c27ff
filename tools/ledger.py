"""Write the headings of the ledger, nbs/errata.ipynb, from its table of defects."""

import re
import sys
from pathlib import Path

from fastcore.nbio import read_nb, write_nb

from bloodcell_tut.lab.errata import DEFECTS

LEDGER = Path(__file__).parent.parent / "nbs" / "errata.ipynb"


def write_headings(ledger: Path) -> None:
    """Replace the first cell of each section; the section's number says whose it is."""
    notebook = read_nb(ledger)
    headings = {str(defect.id): defect.heading() for defect in DEFECTS}
    for cell in notebook.cells:
        found = re.match(r"## (\d+)\. ", cell.source)
        if found and cell.cell_type == "markdown":
            cell.source = headings.pop(found[1], cell.source)
    if headings:
        raise SystemExit(f"{ledger.name}: no section for {', '.join(headings)}; write them first")
    write_nb(notebook, ledger)


if __name__ == "__main__":
    write_headings(Path(sys.argv[1]) if len(sys.argv) > 1 else LEDGER)
