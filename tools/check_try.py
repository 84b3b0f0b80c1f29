#!/usr/bin/env python3
"""Fails where a TRY stands in a braced list behind another element: GCC 12 does not destroy what is built of the list
when TRY returns early, and so each error leaks it."""
import pathlib
import re
import sys


def is_list(text: str, brace: int) -> bool:
    """Whether the brace begins a list rather than a block: as clang-format sets it, a block's follows a space."""
    if brace and not text[brace - 1].isspace():
        return True
    return bool(re.search(r"(=|\breturn|[,({])\s*$", text[:brace]))


def stands_behind_another(text: str, at: int) -> bool:
    depth = 0
    comma = False
    for i in range(at - 1, -1, -1):
        c = text[i]
        if c in ")]}":
            depth += 1
        elif depth:
            depth -= c in "([{"
        elif c == ";":
            return False
        elif c == ",":
            comma = True
        elif c in "([":
            comma = False
        elif c == "{":
            if not is_list(text, i):
                return False
            if comma:
                return True
            comma = False
    return False


faults = []
for file in sorted(pathlib.Path(sys.argv[1]).rglob("*.[ch]*")):
    text = file.read_text()
    for found in re.finditer(r"\bTRY\(", text):
        if stands_behind_another(text, found.start()):
            faults.append(f"{file}:{text.count(chr(10), 0, found.start()) + 1}: TRY in a braced list: name its value first")
print("\n".join(faults) or "no TRY leaks")
sys.exit(bool(faults))
