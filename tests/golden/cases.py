#!/usr/bin/env python3
"""The golden cases: samples that sit on the borders of the block format, by number of README.md's list.

cases.py list             names, numbers and what each case is about
cases.py input NAME       the series lines of a case
cases.py write ORACLE     write every case's folder anew with the oracle; `make golden`
cases.py check ORACLE     fail where a folder isn't what `write` would make
"""

import dataclasses
import datetime
import hashlib
import json
import pathlib
import random
import re
import shutil
import sys

import block_files
import claims
import head_model
import histogram_cases
from series_lines import STALE, bits, line, sample_line

HERE = pathlib.Path(__file__).resolve().parent
HOUR = 3_600_000
RANGE = 4 * HOUR  # the chunk range of blocks of 2h
EVEN = 1_700_000_000_000 // RANGE * RANGE  # start of a block in the first half of its chunk range
ODD = EVEN + 2 * HOUR  # … in the second half
FILES_BYTES_MAX = 400_000  # a case that is larger keeps checksums in place of its files
PRODUCER = b"(tests/oracle)"  # the date goes behind it


@dataclasses.dataclass
class Case:
    name: str
    covers: int
    about: str
    flags: list
    series: object  # function that returns [(labels, [(t, value), …]), …]; with histograms, samples are objects

    def has_histograms(self):
        return isinstance(self.series()[0][1][0], dict)

    def input(self):
        if self.has_histograms():
            lines = [sample_line(labels, sample) for labels, samples in self.series() for sample in samples]
        else:
            lines = [line(labels, samples) for labels, samples in self.series()]
        return "".join(one + "\n" for one in lines).encode()


CASES = []


def case(covers, about, *flags):
    """Register a function that returns the series of a case; its name is the case's."""

    def register(series):
        CASES.append(Case(series.__name__, covers, about, list(flags), series))
        return series

    return register


def named_case(name):
    return next(c for c in CASES if c.name == name)


def named(name, **labels):
    return {"__name__": name, **labels}


def at(start, step, values):
    """Samples every `step` ms."""
    return [(start + i * step, value) for i, value in enumerate(values)]


def xor_chain(changes, first=0):
    """Values of which each differs from the one before by the bits of a change."""
    values = [first]
    for change in changes:
        values.append(values[-1] ^ change)
    return [bits(v) for v in values]


def noise(seed, count):
    generator = random.Random(seed)
    return [bits(generator.getrandbits(64)) for _ in range(count)]


# --- Chunk content


@case(1, "one sample a series: at 0, before 0, far from 0; values 0, -0, 1")
def single_sample():
    lowest, highest = -(1 << 63) + RANGE, (1 << 63) - 1 - 2 * RANGE
    times = {lowest: 1, -RANGE: 1, -1: "-0", 0: 0, EVEN: 1, EVEN + 2 * HOUR - 1: 2, highest: 1}
    return [(named("single", at=str(t)), [(t, value)]) for t, value in times.items()]


@case(2, "two samples, and three and more with a steady interval")
def few_samples():
    return [(named("few", n=str(n)), at(EVEN, 15_000, [1] * n)) for n in (2, 3, 4, 5)]


@case(3, "changes of the interval at each edge of each width, both signs")
def interval_edges():
    edges = [1, 4095, 4096, 8191, 8192, 8193, 65535, 65536, 65537, 524287, 524288, 524289]
    edges += [-e for e in edges] + [-4097]
    start, step = EVEN, 1_000_000
    return [
        (named("edge", change=str(e)), [(start, 1), (start + step, 1), (start + 2 * step + e, 1), (start + 4 * step, 2)])
        for e in edges
    ]


@case(4, "an interval of 2^63 ms, whose change wraps", "--one-block", "--range-factor", "700000000000")
def wrapping_interval():
    far = 1 << 62
    return [
        (named("wraps", case="gap"), [(-far, 1), (far, 1), (far + 1, 1)]),
        (named("wraps", case="longer_gap"), [(-far - 5, 1), (-far, 2), (far, 3), (far + 1, 4), (far + 3, 4)]),
    ]


@case(5, "value windows: reused where they fit, opened where a bit lies outside on either side")
def value_windows():
    wide = 0x0000_FFFF_FF00_0000
    chains = {
        "repeats": [0, 0, wide, 0, 0, wide, 0],
        "exact_fit": [wide, wide, wide],
        "narrower_inside": [wide, 0x0000_00FF_0000_0000, 0x0000_0000_0100_0000, 0x0000_8000_0000_0000, wide],
        "left_of_it": [wide, 0x0001_0000_0000_0000, 0x0001_0000_0000_0000, wide],
        "right_of_it": [wide, 0x0000_0000_0080_0000, 0x0000_0000_0080_0000, wide],
        "outside_on_both": [wide, 0x0001_0000_0080_0000, wide],
        "never_narrowed": [(1 << 64) - 1] + [1 << 30] * 6,
    }
    return [(named("window", chain=name), at(EVEN, 1000, xor_chain(chain))) for name, chain in chains.items()]


@case(6, "leading zeros above the 31 that their field holds, 64 significant bits, single bits")
def leading_zeros():
    chains = {f"leading_{n}": [1 << (63 - n), 1 << (63 - n), 3] for n in (0, 1, 30, 31, 32, 33, 62, 63)}
    chains["significant_64"] = [(1 << 63) | 1, (1 << 63) | 1, 2, (1 << 64) - 1]
    chains["significant_33_after_clamp"] = [1, 1 << 32, (1 << 32) | 1]
    chains["each_bit"] = [1 << n for n in range(64)]
    return [(named("zeros", chain=name), at(EVEN, 1000, xor_chain(chain))) for name, chain in chains.items()]


@case(7, "NaN with payloads, stale markers, infinities, both zeros, subnormals, random bits")
def special_values():
    nan, quiet, odd, negative = (bits(b) for b in (0x7FF8000000000001, 0x7FF8000000000000, 0x7FF0000000000003, 0xFFF8DEADBEEF0001))
    values = {
        "nan": [nan, 1, nan, nan, 2],
        "nan_payloads": [quiet, odd, negative, nan, odd],
        "stale_first": [STALE, 1, 1],
        "stale_middle": [1, STALE, 1, STALE, STALE, 2],
        "stale_last": [1, 2, STALE],
        "stale_only": [STALE, STALE],
        "infinities": ["+Inf", "-Inf", 1, "+Inf", "+Inf"],
        "zeros": [0, "-0", 0, "-0", "-0", 0],
        "subnormals": [5e-324, 1e-310, "-0", 2.2250738585072014e-308, bits(0x000FFFFFFFFFFFFF)],
        "extremes": [1.7976931348623157e308, -1.7976931348623157e308, 2.2250738585072014e-308],
        "random_bits": noise(7, 60),
    }
    return [(named("special", values=name), at(EVEN, 15_000, v)) for name, v in values.items()]


@case(8, "bit streams that end on a byte border and at each bit after it")
def stream_alignment():
    # A window of w bits takes 13 + w bits, a repeat at a steady interval 2: all eight remainders, twice.
    return [
        (named("aligned", significant=str(w), repeats=str(n)), at(EVEN, 1000, xor_chain([((1 << w) - 1) << 40] + [0] * n)))
        for w in range(1, 9)
        for n in (0, 3)
    ]


# --- Where chunks end


@case(9, "numbers of samples around 30, 120, 240 and 480 at steady intervals")
def sample_counts():
    return [
        (named("counted", n=str(n), step=str(step)), at(EVEN, step, range(n)))
        for step in (1000, 7000, 15_000)
        for n in (29, 30, 31, 119, 120, 121, 239, 240, 241, 480, 481)
    ]


@case(10, "a rate that rises after the prediction, up to 240 samples a chunk; a rate that falls")
def rate_changes():
    rises = at(EVEN, 60_000, range(30)) + at(EVEN + 30 * 60_000, 1000, range(600))
    falls = at(EVEN, 1000, range(30)) + at(EVEN + 30_000, 45_000, range(120))
    bursts = [(EVEN + burst * 600_000 + i * 100, i) for burst in range(12) for i in range(50)]
    return [(named("rate", change="rises"), rises), (named("rate", change="falls"), falls), (named("rate", change="bursts"), bursts)]


def filled_to(length, start):
    """Samples of a chunk that is `length` bytes long before another is appended, and a few more."""
    generator = random.Random(length)
    t, samples = start, [(start, bits(generator.getrandbits(64)))]
    series = head_model.Series(RANGE, samples)
    while series.chunks[-1].bytes != length:
        # 83 bits at first; then a repeated value, 17 bits where the interval changes and 2 where it doesn't.
        room = length - series.chunks[-1].bytes
        value = bits(generator.getrandbits(64)) if room > 12 else samples[-1][1]
        t += 7000 + (len(samples) % 2 if room > 3 else 0)
        samples.append((t, value))
        series.append(t, value)
    series.append(t + 7000, 0)
    assert len(series.chunks) == (2 if length > 1005 else 1)
    return [*samples, *at(t + 7000, 7000, noise(length, 20))]


@case(11, "values that don't compress: chunks end at more than 1005 bytes, with 1004, 1005 and 1006 before the append")
def byte_limit():
    exact = [(named("bytes", before=str(n)), filled_to(n, EVEN)) for n in (1004, 1005, 1006)]
    return [*exact, (named("bytes", before="any"), at(EVEN, 15_000, noise(11, 480)))]


@case(12, "a sample exactly where its chunk's end was predicted, and 1 ms to each side")
def predicted_ends():
    series = []
    for step in (1000, 7000, 15_000):
        first = at(EVEN, step, range(31))
        end = head_model.predicted_end(EVEN, first[29][0], EVEN + RANGE)
        for offset in (-1, 0, 1):
            tail = [(end + offset, 100), (end + offset + 1, 101), (end + offset + 2, 102)]
            series.append((named("predicted", step=str(step), offset=str(offset)), first + tail))
    return series


@case(12, "samples around the end of the chunk range, inside one block", "--one-block")
def range_ends():
    return [
        (named("range_end", offset=str(offset)), [(EVEN, 1), (EVEN + RANGE + offset, 2), (EVEN + RANGE + 60_000, 3), (EVEN + 2 * RANGE, 4)])
        for offset in (-1, 0, 1)
    ]


def both_slots(step):
    return [(named("slots"), at(EVEN, step, [i % 50 for i in range(RANGE // step)]))]


@case(13, "the same values in the first and the second half of a chunk range, as promtool writes")
def slots_of_twice_the_block():
    return both_slots(7000)


@case(13, "the same with the chunk range of a server's head", "--range-factor", "1")
def slots_of_the_block():
    return both_slots(7000)


@case(13, "blocks of 6h", "--block-duration", "6h")
def blocks_of_6h():
    start = EVEN // (6 * HOUR) * 6 * HOUR
    return [(named("longer"), at(start, 30_000, [i % 50 for i in range(12 * HOUR // 30_000)]))]


@case(13, "blocks of 18h", "--block-duration", "18h")
def blocks_of_18h():
    start = EVEN // (18 * HOUR) * 18 * HOUR
    return [(named("longest"), at(start, 90_000, [i % 50 for i in range(36 * HOUR // 90_000)]))]


@case(14, "a series that begins 1 ms before its block ends; a sample a block")
def block_ends():
    return [
        (named("begins_late"), [(ODD - 1, 1), (ODD, 2), (ODD + 1, 3)]),
        (named("sparse"), at(EVEN, 2 * HOUR, range(6))),
        (named("last_of_each"), at(EVEN + 2 * HOUR - 1, 2 * HOUR, range(6))),
    ]


@case(15, "times around 0, where truncating division makes two chunk ranges one")
def around_zero():
    return [
        (named("around_zero", step="15s"), at(-3 * HOUR, 15_000, [i % 50 for i in range(1440)])),
        (named("around_zero", step="20m"), at(-5 * HOUR, 20 * 60_000, range(30))),
        (named("around_zero", step="1ms"), at(-2, 1, range(5))),
    ]


# --- Index


@case(16, "blocks of one, two and three series")
def few_series():
    return [(named("few_series", i=str(i)), [(EVEN + block * 2 * HOUR, i) for block in range(i, 3)]) for i in range(3)]


@case(16, "series entries of every length modulo 16; blocks whose last entry ends at every residue modulo 4")
def series_lengths():
    series = []
    for pairs in range(1, 9):
        for span in (0, 100, 1000, 20_000):  # the chunk's length in time: a varint of 1, 1, 2 and 3 bytes
            labels = named("length", span=str(span), **{f"l{i}": "x" for i in range(pairs)})
            series.append((labels, [(EVEN, 1)] if span == 0 else [(EVEN, 1), (EVEN + span, 2)]))
    for block in range(4):  # each entry a byte longer than the one before
        start = EVEN + (block + 1) * 2 * HOUR
        labels = named("last_entry", block=str(block), **({"more": "more"} if block >= 2 else {}))
        series.append((labels, [(start, 1), (start + (1000 if block % 2 else 100), 2)]))
    return series


@case(16, "20 000 series: more than 16 383 symbols, references of every size")
def twenty_thousand_series():
    return [
        (named(f"wide_{i % 7}", instance=f"host-{i:05}", shard=str(i % 128)), at(EVEN + i % 1000, 60_000, [i, i + 1, i * 0.5]))
        for i in range(20_000)
    ]


@case(17, "label names on both sides of `_` and `__name__`; label sets that are prefixes of others")
def label_order():
    names = ["A", "Z", "__a", "__name", "__name__", "__name__x", "_x", "_", "a", "z", "aa", "~", "0"]
    series = [({name: "v"}, [(EVEN, i)]) for i, name in enumerate(names)]
    series += [({"__name__": "m", name: "v"}, [(EVEN, i)]) for i, name in enumerate(names) if name != "__name__"]
    series += [({"__name__": "m", "a": "v", "b": "v", "c": "v"}, [(EVEN, 1)]), ({"__name__": "m", "a": "v", "b": "v"}, [(EVEN, 2)])]
    return [*series, ({"__name__": "m"}, [(EVEN, 3)]), ({"__name__": "m", "a": "v\x00"}, [(EVEN, 4)])]


@case(18, "UTF-8 and control characters in names and values; strings around the borders of their length fields")
def hostile_text():
    texts = ["a", "a\x00", "a\x00b", "a\x01", "\x00", "\x7f", "\x80", "é", "日本", "\U0001f600", "\ufffd", "\uffff", "z", "a b"]
    texts += ['"', "\\", "\n", "\r\n", "\t", "{}", 'x"} 1\n# EOF', "../../etc", "%00", "$(x)", "'; --"]
    series = [({"__name__": "hostile", "text": t}, [(EVEN, i)]) for i, t in enumerate(texts)]
    series += [({"__name__": f"hostile{t}", t: "as a name"}, [(EVEN, i)]) for i, t in enumerate(texts)]
    for length in (1, 127, 128, 255, 256, 16_383, 16_384):
        series.append(({"__name__": "long", "value": "v" * length}, [(EVEN, length)]))
        series.append(({"__name__": "long", "n" * length: "v"}, [(EVEN, length)]))
    return series


@case(19, "strings that are names and values at once; 127, 128 and more symbols")
def shared_strings():
    series = [
        ({"__name__": "job", "job": "job", "instance": "job"}, [(EVEN, 1)]),
        ({"__name__": "__name__", "job": "__name__"}, [(EVEN, 2)]),
        ({"__name__": "instance", "job": "instance", "up": "up"}, [(EVEN, 3)]),
    ]
    series += [(named("symbols", i=f"{i:03}"), [(EVEN, i)]) for i in range(200)]
    # Symbols here: "", __name__, symbols, i and a value a series.
    for block, count in enumerate((122, 123, 124, 125), start=1):
        series += [(named("symbols", i=f"{i:03}"), [(EVEN + block * 2 * HOUR, i)]) for i in range(count)]
    merged = {}
    for labels, samples in series:
        merged.setdefault(tuple(labels.items()), []).extend(samples)
    return [(dict(labels), samples) for labels, samples in merged.items()]


@case(20, "empty label values, the metric name among them, are no labels")
def empty_values():
    return [
        ({"__name__": "empty", "a": ""}, [(EVEN, 1), (EVEN + 1000, 2)]),
        ({"__name__": "empty", "b": "", "c": "x", "d": ""}, [(EVEN, 3)]),
        ({"__name__": "", "only": "label"}, [(EVEN, 4)]),
        ({"only": "another", "": ""}, [(EVEN, 5)]),
    ]


@case(21, "two series whose labels have one hash in Prometheus; a series whose labels come in two orders")
def equal_hashes():
    return [
        ({"__name__": "metric", "lbl": "HFnEaGl"}, [(EVEN, 1), (EVEN + 1000, 2)]),
        ({"__name__": "metric", "lbl": "RqcXatm"}, [(EVEN, 3), (EVEN + 1000, 4)]),
        ({"__name__": "ordered", "a": "1", "b": "2"}, [(EVEN, 1), (EVEN + 2000, 3)]),
        ({"b": "2", "a": "1", "__name__": "ordered"}, [(EVEN + 1000, 2), (EVEN + 3000, 4)]),
    ]


@case(22, "chunk references below and above 127 and 16 383")
def chunk_references():
    return [(named("references", i=f"{i:02}"), at(EVEN, 60_000, noise(i, 110 if i else 3))) for i in range(20)]


# --- Native histograms and XOR2


@case(3, "XOR2: changes of the interval at each edge of each width, both signs", "--encoding", "xor2")
def xor2_interval_edges():
    edges = [1, 4095, 4096, 4097, 524287, 524288, 524289]
    start, step = EVEN, 1_000_000
    return [
        (named("edge", change=str(e)), [(start, 1), (start + step, 1), (start + 2 * step + e, 1), (start + 4 * step, 2)])
        for e in [*edges, *[-e for e in edges]]
    ]


@case(7, "XOR2: NaN with payloads, stale markers, infinities, both zeros, subnormals, random bits", "--encoding", "xor2")
def xor2_special_values():
    return special_values()


@case(9, "XOR2: numbers of samples around 30, 120, 240 and 480, and the field of start times", "--encoding", "xor2")
def xor2_sample_counts():
    return sample_counts()


@case(23, "histograms of both kinds: buckets that come and go, negative ones, spans in other notations, schemas, thresholds")
def histogram_buckets():
    return histogram_cases.buckets(EVEN)


@case(24, "custom bounds of every notation; bounds that change")
def custom_bounds():
    return histogram_cases.custom_bounds(EVEN)


@case(25, "counter resets by count, bucket and hint; gauges; stale markers; floats between; chunks that end by their size")
def histogram_resets():
    return histogram_cases.resets(EVEN, EVEN + 2 * HOUR)


@case(26, "start times of histograms: none, constant, set and changed around sample 127", "--histogram-st")
def start_times():
    return histogram_cases.start_times(EVEN)


# --- meta.json


@case(33, "ranges and counts: a single sample, before 0, over 0, several chunks")
def meta():
    return [
        (named("early"), [(-RANGE - 1, 1), (-RANGE, 2)]),
        (named("near_zero"), [(-1, 1), (0, 2)]),
        (named("chunks", i="0"), at(EVEN + 5, 15_000, range(300))),
        (named("chunks", i="1"), at(EVEN + 7, 15_000, range(10))),
        (named("alone"), [(EVEN + 3 * RANGE + 123, STALE)]),
    ]


# --- Folders


def expect_modelled_chunks(a_case, blocks):
    """The cases were aimed with head_model: it has to see as many chunks as Prometheus made."""
    hours = int(flag(a_case, "--block-duration", "2h").removesuffix("h"))
    width, factor = hours * HOUR, int(flag(a_case, "--range-factor", "2"))
    merged = {}
    for labels, samples in a_case.series():
        key = tuple(sorted(label for label in labels.items() if label[1]))
        for t, value in samples:
            merged.setdefault((key, 0 if "--one-block" in a_case.flags else t // width), []).append((t, value))
    modelled = sum(len(head_model.Series(width * factor, sorted(s, key=lambda p: p[0])).chunks) for s in merged.values())
    made = sum(json.loads((block / "meta.json").read_bytes())["stats"]["numChunks"] for block in blocks)
    if modelled != made:
        raise block_files.Failed(f"{a_case.name}: head_model sees {modelled} chunks, Prometheus made {made}")


def flag(a_case, name, otherwise):
    return a_case.flags[a_case.flags.index(name) + 1] if name in a_case.flags else otherwise


def made_by(a_case, oracle, scratch):
    """What belongs into the folder of a case, by relative name; `command` without its date."""
    stdin = a_case.input()
    # A commit a sample: in larger ones Prometheus's order of samples of several kinds depends on other series.
    commits = ["--batch", "1"] if a_case.has_histograms() else []
    blocks = block_files.write([oracle, "write", *commits], a_case.flags, stdin, scratch)
    block_files.run([oracle, "verify", "--strict", str(scratch)])
    if not a_case.has_histograms():
        expect_modelled_chunks(a_case, blocks)
    claims.check(a_case.name, a_case.series(), blocks)
    expected = {f"{n}/{name}": content for n, block in enumerate(blocks, 1) for name, content in block_files.files(block).items()}
    made = {}
    if len(stdin) + sum(map(len, expected.values())) <= FILES_BYTES_MAX:
        made["input.jsonl"] = stdin
        made |= {f"expected/{name}": content for name, content in expected.items()}
    else:
        sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(expected.items()))
        made["expected/SHA256SUMS"] = sums.encode()
    version = block_files.run([oracle, "version"]).decode().split()[1]
    made["command"] = (
        f"# Case {a_case.covers}: {a_case.about}\n# Written by Prometheus {version} {PRODUCER.decode()}\n"
        f"{' '.join(['write', *a_case.flags])}\n"
    ).encode()
    return made


def kept(folder):
    """What a folder holds, `command` without its date."""
    content = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    if "command" in content:
        content["command"] = re.sub(rb" on \d{4}-\d\d-\d\d$", b"", content["command"], count=1, flags=re.MULTILINE)
    return content


def write_all(oracle, only_check):
    stale = []
    for a_case in CASES:
        folder = HERE / a_case.name
        with block_files.scratch(in_memory=False) as scratch:
            made = made_by(a_case, oracle, pathlib.Path(scratch) / "out")
        if made == kept(folder):
            continue
        stale.append(a_case.name)
        if only_check:
            continue
        shutil.rmtree(folder, ignore_errors=True)
        made["command"] = made["command"].replace(PRODUCER, PRODUCER + f" on {datetime.date.today()}".encode())
        for name, content in made.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    names = {a_case.name for a_case in CASES}
    stale += [p.parent.name for p in HERE.glob("*/command") if p.parent.name not in names]
    return stale


def main(arguments):
    match arguments:
        case ["list"]:
            for a_case in sorted(CASES, key=lambda c: c.covers):
                print(f"{a_case.covers:2}  {a_case.name:26} {a_case.about}")
        case ["input", name]:
            sys.stdout.buffer.write(named_case(name).input())
        case ["write", oracle]:
            print("written:", *write_all(oracle, only_check=False))
        case ["check", oracle]:
            stale = write_all(oracle, only_check=True)
            if stale:
                sys.exit(f"not what `make golden` writes: {', '.join(stale)}")
            print(f"{len(CASES)} cases are what Prometheus writes")
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
