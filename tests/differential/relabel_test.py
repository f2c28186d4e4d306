#!/usr/bin/env python3
"""promfill relabels as Prometheus 3.14's model/relabel does.

relabel_test.py ORACLE RELABEL_LABELS [SEED]

2,000 random lists of rules, each applied to a dozen label sets, and refused alike; some rules are mistakes. A failure
prints the seed and the case.
"""

import json
import random
import subprocess
import sys

CASES = 2000
SETS = 12
GOOD_MIN = 1000  # the rest may be refused

ACTIONS = ["replace"] * 8 + ["keep", "drop", "keepequal", "dropequal", "hashmod", "labelmap", "labeldrop", "labelkeep",
                             "lowercase", "uppercase", "Replace", "KEEP"]
NAMES = ["__name__", "job", "instance", "a", "b", "ab", "näme", "__meta_x", "x.y", "__tmp"]
VALUES = ["up", "node_cpu_seconds_total", "a", "b", "ab", "AB", "a;b", "web01:9100", "10.0.0.1:80", "ÄÖü ß ǅ İ ſ ΣΑΣ", "x\ny", "$1",
          "日本語", "servers.web01.cpu.user", "0", "01", " ", "\U0001e900\U00010400"]
REGEXES = ["(.*)", "", ".*", ".+", "a", "(a)(b)?", "(?P<x>a).*", "(?<x>[^;]*);?(.*)", "a)|(b", "(?i)A.*", "([^:]+)(?::\\d+)?",
           "__meta_(.+)", "(.)(.)", "[[:alpha:]]+", "[](?<x>)]*", "\\Q(?<x>\\E", "servers\\.(?P<host>[^.]+)\\.(.*)", "\\w+", "^a$", "x.y",
           "(a|ab)(c|bcd)?(d*)", "日.*", "\\pL+", "(?s-s:.*)", "(?m:^a$)", "x\\ny", "(?U)(a*)(.*)", "\\x{61}", "a**", "(", "[", "\\C",
           "(?P<x>a)(?P<x>b)", "a{1001}", "\\8", "(?=a)", "", "|a", "(a?)*?", "(?:)", "$", "\\b.*", "..*.."]
REPLACEMENTS = ["$1", "${1}", "$2", "${1}_$2", "$1x", "${x}", "$x", "$host/$2", "$$", "$", "a$", "${", "${1", "${é}", "$é", "$01", "$0",
                "$999999999999", "constant", "", "a b", "é", "$1$1", "${host}-${2}", "$_", "_$1", "$$1"]
TARGETS = ["a", "b", "new", "__name__", "${1}", "x_$1", "$x", "näme", "x.y", "job", "a b", "$", "${1}_${2}", ""]


def random_rule(r):
    rule = {}
    action = r.choice(ACTIONS)
    if action != "replace" or r.random() < 0.3:
        rule["action"] = action
    action = action.lower()
    by_name = action in ("labelmap", "labeldrop", "labelkeep")
    by_equality = action in ("keepequal", "dropequal")
    odd = r.random() < 0.04  # gives keys that the action has no use for, or leaves out what it needs
    if not by_name != odd:
        rule["source_labels"] = r.sample(NAMES, r.randint(0, 3))
    if (not by_equality and r.random() < 0.75) or odd:
        rule["regex"] = r.choice(REGEXES)
    if not by_name and not by_equality and r.random() < 0.3:
        rule["separator"] = r.choice(["", ",", ";", "ab", "é"])
    if (not by_name and action not in ("keep", "drop")) != odd:
        rule["target_label"] = r.choice(TARGETS)
    if (action in ("replace", "labelmap") and r.random() < 0.7) or odd:
        rule["replacement"] = r.choice(REPLACEMENTS)
    if action == "hashmod" and not odd:
        rule["modulus"] = r.choice([1, 2, 7, 1000, 2**32, 2**64 - 1])
    return rule


def random_case(r):
    rules = [random_rule(r) for _ in range(r.randint(1, 4))]
    sets = [{name: r.choice(VALUES) for name in r.sample(NAMES, r.randint(0, 6))} for _ in range(SETS)]
    # JSON is YAML; a rule a line.
    text = "".join(f"- {json.dumps(rule, ensure_ascii=False)}\n" for rule in rules)
    return {"rules": text, "labels": sets}


def answers(command, lines):
    done = subprocess.run(command, input=lines, capture_output=True, text=True, encoding="utf-8", check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def main():
    oracle, ours = sys.argv[1:3]
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 314
    r = random.Random(seed)
    cases = [random_case(r) for _ in range(CASES)]
    lines = "".join(json.dumps(case, ensure_ascii=False) + "\n" for case in cases)
    expected = answers([oracle, "relabel"], lines)
    got = answers([ours], lines)
    if len(expected) != CASES or len(got) != CASES:
        sys.exit(f"{CASES} cases, {len(expected)} answers of the oracle, {len(got)} of promfill")
    different, good, dropped, changed = 0, 0, 0, 0
    for case, theirs, mine in zip(cases, expected, got):
        good += "error" not in theirs
        if ("error" in theirs) != ("error" in mine):
            different += 1
            print(f"seed {seed}: refused by one only\n{case['rules']}  oracle {theirs}\n  promfill {mine}")
            continue
        if "error" in theirs:
            continue
        for labels, there, here in zip(case["labels"], theirs["labels"], mine["labels"]):
            dropped += there is None
            changed += there is not None and dict(there) != labels
            if there != here:
                different += 1
                print(f"seed {seed}:\n{case['rules']}  of {labels}\n  oracle   {there}\n  promfill {here}")
    print(f"{good} of {CASES} lists of rules accepted; {dropped} label sets dropped, {changed} changed, {different} differ")
    if different or good < GOOD_MIN or not dropped or not changed:
        sys.exit(1)


if __name__ == "__main__":
    main()
