"""Write the headings of the ledger, nbs/errata.ipynb, from its table of defects."""

import json
import re
import sys
from pathlib import Path

from bloodcell_tut.errata import DEFECTS

LEDGER = Path(__file__).parent.parent / "nbs" / "errata.ipynb"


def write_headings(ledger: Path) -> None:
    """Replace the first cell of each section; the section's number says whose it is."""
    notebook = json.loads(ledger.read_text(encoding="utf-8"))
    headings = {str(defect.id): defect.heading() for defect in DEFECTS}
    for cell in notebook["cells"]:
        found = re.match(r"## (\d+)\. ", "".join(cell["source"]))
        if found and cell["cell_type"] == "markdown":
            heading = headings.pop(found[1], "".join(cell["source"]))
            cell["source"] = heading.splitlines(keepends=True)
    if headings:
        raise SystemExit(f"{ledger.name}: no section for {', '.join(headings)}; write them first")
    text = json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False)
    ledger.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_headings(Path(sys.argv[1]) if len(sys.argv) > 1 else LEDGER)
