"""Writes eval/text/spacy/rules.ts: the characters and units that spaCy's English rules name.
Made with spaCy 3.8.18 (MIT): python test/golden/generate/spacy_rules.py > eval/text/spacy/rules.ts"""
import re

from spacy.lang.char_classes import ALPHA, ALPHA_LOWER, ALPHA_UPPER, CONCAT_ICONS, LIST_CURRENCY, LIST_PUNCT, LIST_QUOTES, LIST_UNITS


def members(group):
    pattern = re.compile(f"[{group}]")
    return [c for c in range(0x110000) if not 0xD800 <= c < 0xE000 and pattern.match(chr(c))]


def spans(points):
    """Sorted code points as `a`, `a-b` (every one) and `a-b/2` (every other one), in hexadecimal; the longest first."""
    out, i = [], 0
    while i < len(points):
        best = (i, 1)
        for step in (1, 2):
            j = i
            while j + 1 < len(points) and points[j + 1] == points[j] + step:
                j += 1
            if j > best[0]:
                best = (j, step)
        j, step = best
        # Two are cheaper apart than with a step, and the second may begin a longer span.
        if step == 2 and j - i < 2:
            j = i
        out.append(f"{points[i]:x}" if j == i else f"{points[i]:x}-{points[j]:x}" + ("/2" if step == 2 else ""))
        i = j + 1
    return out


def wrapped(words, width=136):
    lines, line = [], ""
    for word in words:
        if len(line) + len(word) + 1 > width:
            lines.append(line)
            line = ""
        line += (" " if line else "") + word
    return "\n".join([*lines, line])


def plain(entries):
    return [re.sub(r"\\(.)", r"\1", entry) for entry in entries if entry.strip()]


# The rules in eval/text/spacy/affixes.ts take these to be all that is longer than one character.
assert [p for p in plain(LIST_PUNCT) if len(p) > 1] == ["……"]
assert [q for q in plain(LIST_QUOTES) if len(q) > 1] == []
assert [c for c in plain(LIST_CURRENCY) if len(c) > 1] == ["US$", "C$", "A$"]
single = lambda entries: sorted({ord(e) for e in plain(entries) if len(e) == 1})

print("""/** @file The characters and units that spaCy's English rules name. From spaCy 3.8.18 (MIT, see NOTICE); made by test/golden/generate/spacy_rules.py. */

// Code points in hexadecimal: a, a-b, or a-b/2 for every other one.""")
for name, about, points in [
    ("LETTERS", "Letters.", members(ALPHA)),
    ("LOWER_CASE_LETTERS", "Lower case letters, and those of scripts without case.", members(ALPHA_LOWER)),
    ("UPPER_CASE_LETTERS", "Upper case letters, and those of scripts without case.", members(ALPHA_UPPER)),
    ("ICONS", "Symbols such as dingbats and emoji.", members(CONCAT_ICONS)),
    ("PUNCTUATION", "Punctuation.", single(LIST_PUNCT)),
    ("QUOTES", "Quotation marks and brackets of East Asia.", single(LIST_QUOTES)),
    ("CURRENCY", "Signs of currencies.", single(LIST_CURRENCY)),
]:
    text = spans(points)
    check = [c for span in text for c in (lambda a, b, s: range(int(a, 16), int(b or a, 16) + 1, int(s or 1)))(*re.match(r"(\w+)(?:-(\w+))?(?:/(\d))?$", span).groups())]
    assert check == points, name
    print(f"\n/** {about} {len(points)} of them. */\nexport const {name} = `\n{wrapped(text)}\n`;")
print(f"\n/** Units: split off a number. */\nexport const UNITS = `\n{wrapped(plain(LIST_UNITS))}\n`;")
