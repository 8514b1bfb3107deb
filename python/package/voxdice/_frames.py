"""Tables for people: pandas where it is there, and HTML for notebooks."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Any

from ._voxdice import Error


def pandas() -> Any:
    try:
        import pandas as found
    except ImportError as error:
        raise Error("a frame needs pandas, which is not installed; use columns(), or `pip install pandas`") from error
    return found


def html_table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    def row(cells: Iterable[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(str(cell))}</{tag}>" for cell in cells) + "</tr>"

    body = "".join(row(cells, "td") for cells in rows)
    return f"<table><thead>{row(header, 'th')}</thead><tbody>{body}</tbody></table>"
