"""A lesson that is taken away from the others: its links lead to the site, or become words.

Its stored figures stay behind, on the site; a run draws them again.
"""

import json
import posixpath
import re

LINK = re.compile(r"\[(?P<text>[^][]*)\]\((?P<page>[\w/.-]+)\.ipynb(?P<anchor>#[\w-]+)?\)")


def alone(notebook: str, address: str = "", name: str = "") -> str:
    """Return a notebook with links that work without the other notebooks beside it.

    Parameters
    ----------
    notebook
        The notebook, JSON.
    address
        Where the site is; without one there is nothing to link to, and the words stay.
    name
        The notebook's page, such as ``"beyond/another_laboratory"``; its links begin there.
    """
    lesson = json.loads(notebook)

    def linked(link: re.Match[str]) -> str:
        page = posixpath.normpath(posixpath.join(posixpath.dirname(name), link["page"]))
        place = f"({address.rstrip('/')}/{page}.html{link['anchor'] or ''})"
        return f"[{link['text']}]{place}" if address else link["text"]

    for cell in lesson["cells"]:
        if cell["cell_type"] == "markdown":
            text = LINK.sub(linked, "".join(cell["source"]))
        else:
            cell["outputs"] = [o for o in cell["outputs"] if "image/png" not in o.get("data", {})]
            text = "".join(cell["source"])
        # in one line: nobody compares it with an earlier one
        cell["source"] = text
    return json.dumps(lesson, ensure_ascii=False, separators=(",", ":")) + "\n"
