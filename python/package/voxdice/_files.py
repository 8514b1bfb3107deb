"""Text files, read and written whole."""

from __future__ import annotations

import os
import secrets
import shutil
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
    """Writes a file under another name first, so that none is left half, whatever ends the writing. Of threads and processes
    that write one file at once the last one stays, whole. A file that was there keeps its mode."""
    path = Path(path)
    hidden = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        try:
            with open(hidden, "x", encoding="utf-8", newline="") as file:
                file.write(text)
            if path.exists():
                shutil.copymode(path, hidden)
            hidden.replace(path)
        finally:
            hidden.unlink(missing_ok=True)
    except OSError as error:
        raise Error(f"{path}: cannot be written: {error}") from error
