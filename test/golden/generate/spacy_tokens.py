"""Golden tokens of spaCy's English rule tokenizer: tricky texts with their tokens, and a digest of the tokens of every file of real data.
Made with spaCy 3.8.18 under Python 3.11.7:
python test/golden/generate/spacy_tokens.py DATA > test/eval/golden/spacy.json
python test/golden/generate/spacy_tokens.py DATA --dump FOLDER   # every text and its tokens, for a comparison text by text
python test/golden/generate/spacy_tokens.py --fuzz SEED COUNT    # random texts and their tokens, one pair a line"""
import contextlib
import gzip
import hashlib
import json
import pathlib
import random
import sys
import zipfile

import spacy

TOKENIZER = spacy.blank("en").tokenizer
BINARY = {".bin", ".onnx", ".safetensors"}
MASK = (1 << 48) - 1


def tokens(text):
    return [token.text for token in TOKENIZER(text)]


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from strings(one)


def no_constant(name):
    raise ValueError(name)


def texts_of(name, data):
    """The strings of a JSON file or of JSON lines, keys too; of anything else, and of what is no JSON, the lines. Each is taken once."""
    text = data.decode("utf-8", errors="replace").removeprefix("\ufeff")
    if name.endswith((".json", ".jsonl")) and "lab-cases" not in name and "/n_" not in name and "/i_" not in name:
        try:
            return list(strings(json.loads(text, parse_constant=no_constant)))
        except ValueError:
            pass
        out = []
        for line in text.split("\n"):
            try:
                out.extend(strings(json.loads(line, parse_constant=no_constant)))
            except ValueError:
                out.append(line)
        return out
    return text.split("\n")


def files(root):
    for path in sorted(p for p in pathlib.Path(root).rglob("*") if p.is_file()):
        name = path.relative_to(root).as_posix()
        if path.suffix in BINARY:
            continue
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                for member in sorted(archive.namelist()):
                    if not member.endswith("/"):
                        yield f"{name}/{member}", archive.read(member)
        elif path.suffix == ".gz":
            yield name.removesuffix(".gz"), gzip.decompress(path.read_bytes())
        else:
            yield name, path.read_bytes()


def usable(text):
    """spaCy cannot store half a surrogate pair, and its time grows with the square of a chunk's length."""
    return not any(0xD800 <= ord(c) < 0xE000 for c in text) and max(map(len, text.split()), default=0) <= 5000


def digest(rows):
    """Whatever the order: the sum of the first 48 bits of each text's SHA-256 over its tokens."""
    total = 0
    for row in rows:
        total += int.from_bytes(hashlib.sha256("\0".join(row).encode()).digest()[:6], "big")
    return f"{total & MASK:012x}"


TRICKY = [
    "", " ", "  ", "\n", "a", " a", "a ", "a  b", "a\n\n b", "\t\ta", "a\u00a0b", "a\u3000b", "\u00a0", "a \u00a0 b", "a\u2028b", "a\x1cb", "a\x85b", "a\ufeffb", "a\u200bb", "a\x00b",
    "Hello, world!", "don't can't won't shan't I'm I've you'll he'd she's it's we're they'd've y'all Y'all yall", "Don’t can’t I’m y’all ‘s ‘S", "DON'T I'M", "cannot Cannot gonna gotta", "how'd'y c'mon let's",
    "its Its ill Ill well Well were", "im Im ive hes shes whats thats", "U.S. U.S.A. D.C. N.Y. a.m. p.m. 10a.m. 10 p.m. 12pm 13pm 1am", "Mr. Smith vs. Dr. Jones, Ph.D., Inc. and Co.", "e.g. i.e., E.g.) (i.e.",
    "http://www.example.com/a?b=c#d", "www.example.com.", "example.com/path, and example.org;", "https://user:pw@host.co.uk:8080/x", "mailto:a@b.com", "a@b.com", "a.b@c.d.ee", "@a.com", "a.b", "a.B", "A.b", "foo.Bar", "x.yz", "x.y", "1.2.3.4", "10.0.0.1", "127.0.0.1:80/x", "255.255.255.255", "192.168.1.1", "8.8.8.8", "8.8.8.8:53", "http://8.8.8.8/", "http://-a.com", "http://a_.com", "http://a-b.com", "http://a..com", "ftp://x.y.zz", "://a.com", "a://b.com", "ab://c.com", "a.com:1", "a.com:12345", "a.com:123456", "a.com/)", "(a.com)", "a.com.", "a.com?", "b.co,", "http://例え.jp", "http://a.com\u00a0b", "a.c\u0661m", "1.2.3.\u0664",
    "5km 5km. 5 km 5km² 10m/s 3kg, 20% 20%. 5°C 5°C. °F. °c. °x. 3US$ 3C$ 5$ $5 US$5 A$5 C$5 £5 5£ 5€.", "1,000 1,000.50 1-2 1--2 1+1 2*3 2^3 3- -3 +3 +a 3+ 3+. a+b", "a-b a--b a---b a----b a–b a—b a——b a~b well-known 1-a a-1 -a a-", "a,b 1,a a,1 a, ,a", "a/b a:b a=b a<b a>b 1/2 and/or w/o", "a.B. C.D e.F 'a'.'b' \"a\".\"b\"",
    "... .. . …. …… a... ...a a...b a..b a…b a....", "wow!!! what?!?! (((deep))) [[x]] {{y}} <<z>>", "\"quoted\" 'single' “curly” ‘curly’ «guillemets» 「kagi」 （full）", "it's' 's 'S ’s x's' X'S.", "''a'' ``b``",
    ":) :-) :( ;-) :D xD XD :P :'( >:( (: =) :/ <3 </3 ^_^ -_- o.O ._. (._.) (^_^) ¯\\(ツ)/¯ (╯°□°）╯︵┻━┻ ಠ_ಠ ><(((*>", "hi:) hi:)) :)hi :):) (hi:) :-)))) <33 <3333 8) (8) :1 : ) ) :", "C++ C++. c++ C# .NET", "\\n \\t \\\") <space>",
    "I ❤️ 🎉🎉 a🎉b 👨‍👩‍👧‍👦 🇩🇪 ☺ ™ © ° a°b 𝕏 𝟘 𐍈 𠀀𠀁 a𠀀b-𠀀c", "naïve café cafe\u0301 e\u0301-a a\u0301.B ß.ẞ Ä.Ö", "Привет, мир! 5км м/с Москва.Питер", "你好，世界。日本語のテキスト", "مرحبا، 5كم", "हिन्दी।", "한국어-테스트", "İstanbul ıI ǅ",
    "#hashtag @user *bold* _it_ ~x~ `code` a_b __init__", "A.B.C. AB. Ab. aB. ABC. a1. 1a. 1. 1A. %. +. -. ). |.", "x|. |. ||. a|b", "No Answer Present.", "CANNOTANSWER", "3'5\" 6'2\"", "rock'n'roll o'clock ma'am 'tis 'em 'cause 'bout lovin' doin'", "<br/> <a href=\"x.html\">y</a> &amp; &#39;", "{\"a\": [1, \"b\"]}", "key=value;x=y", "a.m.) p.m.: 9a.m.-5p.m.", "§5 =a %a —a –a a— a–", "(a) (b).", "end.\"", "end.'", "end.)", "end.”", "St. Louis, Mo. (U.S.)", "1990's '90s 90's", "$1.5m 1.5m $5-6", "12:30 12:30pm 12:ab ab:12 a:b:c",
    *(f"{'a' * n}.com/a,b {'b' * n}-x.{'c' * n}/a,b x.{'d' * n}/a,b" for n in (61, 62, 63, 64, 65)), "a_.bc/a,b a_b.cd/a,b _a.bc/a,b -a.bc/a,b a-.bc/a,b a.b1/a,b a.bc1/a,b a.bC/a,b 172.16.0.1/a,b 172.32.0.1/a,b 223.1.1.1/a,b 224.1.1.1/a,b 1.2.3.255/a,b 1.2.3.254/a,b",
]
WORDS = ["a", "the", "Cat", "US", "U.S.", "don't", "Don’t", "it's", "we'll", "can't", "5km", "10", "3.5", "p.m.", "a.m", "e.g", "www", "com", "http", "Mr", "St", "vs", "x", "I", "im", "C", "F", "s", "S", "and/or", "日本", "мир", "кг", "كم", "é", "é", "ß", "Ä", "𠀀", "🎉", "👍🏽", "‍", "️", "™", "°", "²", "½", "٣", "𝟘", "€", "£", "US$", "A$", "ﷺ", "﷽", "〈", "〈", "ﬁ", "ǅ", "İ"]
SIGNS = list("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~") + ["…", "—", "–", "‘", "’", "“", "”", "«", "»", "。", "，", "（", "）", "·", "....", "..", "--", "---", "——", "://", "''", "n't", "'s", "’s", "'", ".", ".", ",", "-", "@", ":", "/", "0", "1", "25", "255", "192.168"]
SPACES = [" "] * 12 + ["  ", "\n", "\t", "\u00a0", "\u3000", "\u2003", "\r\n", " \n ", "\x1c", "\x85", "\u200b", "\ufeff"]


def fuzzed(rng):
    kind = rng.random()
    out = []
    for _ in range(rng.randrange(1, 14)):
        roll = rng.random()
        if roll < 0.32:
            out.append(rng.choice(WORDS))
        elif roll < 0.68:
            out.append(rng.choice(SIGNS))
        elif roll < 0.80:
            out.append(rng.choice(SPACES))
        elif roll < 0.88:
            out.append(rng.choice(EXCEPTIONS))
        elif kind < 0.3:
            code = rng.choice([rng.randrange(0x20, 0x250), rng.randrange(0x20, 0x3100), rng.randrange(0xA000, 0x10000), rng.randrange(0x10000, 0x20000), rng.randrange(0x10FFFF)])
            out.append("" if 0xD800 <= code < 0xE000 else chr(code))
        else:
            out.append(chr(rng.randrange(0x20, 0x7F)))
    return "".join(out)


EXCEPTIONS = sorted(TOKENIZER.rules)

if __name__ == "__main__":
    if sys.argv[1] == "--fuzz":
        rng = random.Random(int(sys.argv[2]))
        for _ in range(int(sys.argv[3])):
            text = fuzzed(rng)
            print(json.dumps([text, tokens(text)]))
        sys.exit()
    root, dump = sys.argv[1], sys.argv[3] if "--dump" in sys.argv else None
    summary = {}
    for name, data in files(root):
        rows = []
        with open(pathlib.Path(dump) / (name.replace("/", "__") + ".tokens"), "w") if dump else contextlib.nullcontext() as out:
            for text in dict.fromkeys(texts_of(name, data)):
                if usable(text):
                    rows.append(tokens(text))
                    if dump:
                        out.write(json.dumps([text, rows[-1]]) + "\n")
        # Runs hold ids and numbers: compared with --dump, too long for a test.
        if name.endswith(".trec") and name.startswith("vectors/"):
            continue
        summary[name] = [len(rows), sum(map(len, rows)), digest(rows)]
    rng = random.Random(5)
    cases = [*TRICKY, *(fuzzed(rng) for _ in range(600))]
    print(json.dumps({"spacy": spacy.__version__, "special_cases": digest([[k, *(t.text for t in TOKENIZER(k))] for k in EXCEPTIONS]), "cases": [[c, tokens(c)] for c in cases], "files": summary}, ensure_ascii=True, separators=(",", ":")))
