"""Reads the objects of a JSON array, or JSON objects one after the other, a piece at a time."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import IO

from mallard.texts.said import said
from mallard.transfer.sources import Unreadable

PIECE_BYTES = 1 << 18
LONGEST_OBJECT = 16 << 20
_BETWEEN = " \t\r\n,"


def objects(file: IO[bytes]) -> Iterator[bytes]:
    """The JSON of what stands in the outermost array, or by itself. Raises Unreadable."""
    decode = codecs.getincrementaldecoder("utf-8-sig")("replace").decode
    parse = json.JSONDecoder().raw_decode
    text, count, is_at_end = "", 0, False
    while not is_at_end:
        piece = file.read(PIECE_BYTES)
        is_at_end = not piece
        text += decode(piece, is_at_end)
        if not count:
            text = text.lstrip(_BETWEEN).removeprefix("[")
        while text := text.lstrip(_BETWEEN):
            try:
                _, end = parse(text)
            except (ValueError, RecursionError):
                break
            if end == len(text) and not is_at_end:
                break  # a number may go on
            yield text[:end].encode()
            count, text = count + 1, text[end:]
        if len(text) > LONGEST_OBJECT:
            break
    if text.strip(f"{_BETWEEN}]"):
        raise Unreadable(said("the JSON cannot be read behind object %(count)s", count=count))
