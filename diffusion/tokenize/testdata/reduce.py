"""Makes vocab.json and merges.txt beside this file: of CLIP's vocabulary (OpenAI, MIT licence) the bytes, the special
tokens, and those merges that the texts of cases.json need. Ids stay the published ones.

    python reduce.py FOLDER    # with vocab.json.gz, merges.txt.gz and cases.json of the reference data
"""
import gzip
import json
import sys
from pathlib import Path

source, here = Path(sys.argv[1]), Path(__file__).parent
vocab = json.loads(gzip.open(source / "vocab.json.gz").read())
lines = gzip.open(source / "merges.txt.gz").read().decode().rstrip("\n").split("\n")[1:]
made_by = {"".join(line.split()): line for line in lines}
token_of = {i: t for t, i in vocab.items()}
cases = json.loads((source / "cases.json").read_text())

kept = set()


def keep(token):
    """The merge that makes a token, and those that make its two halves."""
    line = made_by.get(token)
    if line and line not in kept:
        kept.add(line)
        for half in line.split():
            keep(half)


for case in cases:
    for i in case["open_clip"] + case["hf"]:
        keep(token_of[i])
merges = [line for line in lines if line in kept]
tokens = list(vocab)[:512] + ["".join(m.split()) for m in merges] + ["<|startoftext|>", "<|endoftext|>"]
(here / "vocab.json").write_text(json.dumps({t: vocab[t] for t in tokens}, ensure_ascii=False) + "\n")
(here / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n")
