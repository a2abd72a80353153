"""Every number of the papers' tables, read from the text of the papers: python papers.py FOLDER > papers.json

FOLDER holds NAME.txt for each eval/reference/NAME.json, with tables as tab-separated lines above their captions. Rows are [values, marked]:
null where the paper has a dash, marked where a value carries a dagger. What follows an arrow in Table 6 of UniConv is a row of its own.
"""
import json
import re
import sys
from pathlib import Path


def blocks(text):
    """The tab-separated lines above each caption."""
    found, lines = {}, []
    for line in text.splitlines():
        caption = re.match(r"(Table \d+):", line)
        if "\t" in line:
            lines.append(re.sub(r"<[^>]+>|\*\*", "", line).split("\t"))
        elif caption:
            found[caption[1]], lines = lines, []
    return found


def value(cell):
    return None if cell.strip() == "-" else float(re.match(r"\s*(\d[\d,.]*)", cell)[1].replace(",", ""))


def rows_of(lines):
    for cells in lines:
        cells = [cell.strip() for cell in cells]
        while cells and cells[-1] == "":
            cells.pop()
        numbers = []
        # Millions are counts of Table 8; elsewhere they are parameters, which are no score.
        million = "M?" if cells and cells[0].startswith("#") else ""
        while cells and re.fullmatch(rf"-|\d[\d,.]*{million}\s*(\[?[†‡]\]?)?(\s*\(\\(up|down)arrow [\d.]+\))?", cells[-1]):
            numbers.insert(0, cells.pop())
        if not numbers:
            continue
        yield [value(cell) for cell in numbers], ["†" in cell or "‡" in cell for cell in numbers]
        arrows = [re.search(r"\\(up|down)arrow ([\d.]+)", cell) for cell in numbers]
        if all(arrows):
            yield [float(arrow[2]) * (1 if arrow[1] == "up" else -1) for arrow in arrows], [False] * len(arrows)


def main():
    out = {}
    for path in sorted(Path(sys.argv[1]).glob("*.txt")):
        tables = {name: list(rows_of(lines)) for name, lines in blocks(path.read_text(encoding="utf8")).items()}
        for rows in tables.values():
            # UniGen's first column of numbers may be the dash of "# Params".
            width = min((len(values) for values, _ in rows), default=0)
            rows[:] = [[values[-width:], marked[-width:]] for values, marked in rows]
        out[path.stem] = {name: rows for name, rows in tables.items() if rows}
    print(json.dumps(out, separators=(",", ":")))


main()
