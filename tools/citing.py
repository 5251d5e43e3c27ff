"""The page that says how to cite, from CITATION.cff."""

import contents
import yaml


def page() -> str:
    """Return the page: the citation as a sentence and as BibTeX."""
    cff = yaml.safe_load((contents.ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    names = " and ".join(author["name"] for author in cff["authors"])
    year = cff["date-released"].year
    bibtex = "\n".join(
        [
            f"@software{{{cff['title']},",
            f"  author = {{{{{names}}}}},",
            f"  title = {{{{{cff['title']}: {cff['abstract']}}}}},",
            f"  version = {{{cff['version']}}},",
            f"  year = {{{year}}}",
            "}",
        ]
    )
    return f"""# How to cite

{cff["message"]}

> {names} ({year}). *{cff["title"]}: {cff["abstract"]}*. Version {cff["version"]}.

```bibtex
{bibtex}
```

The same stands in `CITATION.cff` at the top of the repository, for programs that read it.
Whoever shows images of the public archive credits their makers, too: [credits](credits.md).
"""
