"""A lesson that is taken away from the others: its links lead to the site, or become words.

Its stored figures stay behind, on the site; a run draws them again.
"""

import json
import re

from contents import notebook_text

LINK = re.compile(r"\[(?P<text>[^][]*)\]\((?P<page>[\w/.-]+)\.ipynb(?P<anchor>#[\w-]+)?\)")


def alone(notebook: str, address: str = "") -> str:
    """Return a notebook with links that work without the other notebooks beside it.

    Parameters
    ----------
    notebook
        The notebook, JSON.
    address
        Where the site is; without one there is nothing to link to, and the words stay.
    """
    lesson = json.loads(notebook)
    to_site = rf"[\g<text>]({address.rstrip('/')}/\g<page>.html\g<anchor>)"
    for cell in lesson["cells"]:
        if cell["cell_type"] == "markdown":
            text = LINK.sub(to_site if address else r"\g<text>", "".join(cell["source"]))
            cell["source"] = text.splitlines(keepends=True)
        else:
            cell["outputs"] = [o for o in cell["outputs"] if "image/png" not in o.get("data", {})]
    return notebook_text(lesson)
