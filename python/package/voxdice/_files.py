"""Text files, read and written whole."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ._voxdice import Error


def text_of(path: Any) -> str:
    """A text file. What cannot be read is an error of voxdice."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Error(f"{os.fspath(path)}: cannot be read: {error}; check the name") from error


def write_whole(path: str | os.PathLike[str], text: str) -> None:
    """Writes a file under another name first, so that none is left half, whatever ends the writing."""
    path = Path(path)
    hidden = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            hidden.write_text(text, encoding="utf-8", newline="")
            hidden.replace(path)
        finally:
            hidden.unlink(missing_ok=True)
    except OSError as error:
        raise Error(f"{path}: cannot be written: {error}") from error
