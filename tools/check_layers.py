#!/usr/bin/env python3
"""Fails when a source file includes a folder that layers.txt does not allow, or when layers.txt has a cycle."""
import graphlib
import pathlib
import re
import sys

src = pathlib.Path(sys.argv[1])
allowed = {}
for line in (src / "layers.txt").read_text().splitlines():
    folder, colon, below = line.partition("#")[0].partition(":")
    if colon:
        allowed[folder.strip()] = set(below.split())

order = list(graphlib.TopologicalSorter(allowed).static_order())  # raises CycleError
faults = []
for file in sorted(src.rglob("*.[ch]*")):
    folder = file.relative_to(src).parts[0]
    if folder not in allowed:
        faults.append(f"{file}: {folder}/ stands on no line of layers.txt")
    for number, line in enumerate(file.read_text().splitlines(), 1):
        if m := re.match(r'#include "([a-z0-9_]+)/', line):
            if m[1] != folder and m[1] not in allowed.get(folder, ()):
                faults.append(f"{file}:{number}: {folder}/ may not include {m[1]}/")
print("\n".join(faults) or f"layers hold: {' < '.join(order)}")
sys.exit(bool(faults))
