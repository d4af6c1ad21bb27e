"""Compares the rows of sockets: rondo, Boost.Asio, libuv, uvloop and asyncio.

    network_table.py NETWORK [--reps 5] [--rows ROW,...] [--cpu 1]

NETWORK is the program //tests/benchmarks:network. Everybody is measured in
turn, each row in a process of its own on one processor; the table has the
medians of rondo, in thousands a second (bulk: GB/s), and of rondo's rate over
each of the others', with the spread of rondo's (the slowest over the fastest
repetition). Python is Debian's (python3-uvloop), and left out without it.
"""

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

PYTHON = ["/usr/bin/python3", Path(__file__).with_name("network_metrics.py")]
PEERS = ["asio", "libuv", "uvloop", "asyncio"]

# asyncio allocates 256 KiB for each read; until glibc has freed a large block
# once, each is an mmap and a munmap. A long-lived process is past that.
WARM = {
    "MALLOC_MMAP_THRESHOLD_": "33554432",
    "MALLOC_TRIM_THRESHOLD_": "67108864",
}


def command(network, who, row):
    if who in ("uvloop", "asyncio"):
        return [*PYTHON, who, row]
    return [network, f"{who}:{row}"]


def rows_of(network):
    """{who: rows}."""
    text = subprocess.run([network, "--list"], check=True, text=True,
                          capture_output=True).stdout
    rows = {}
    for name in text.split():
        who, row = name.split(":")
        rows.setdefault(who, []).append(row)
    for who in ("uvloop", "asyncio"):
        listed = subprocess.run([*PYTHON, who, "--list"], text=True,
                                capture_output=True, check=False)
        has = subprocess.run([PYTHON[0], "-c", f"import {who}"],
                             capture_output=True, check=False)
        rows[who] = listed.stdout.split() if has.returncode == 0 else []
    return rows


def measure(arguments, who, row):
    run = subprocess.run(
        ["taskset", "-c", arguments.cpu,
         *command(arguments.network, who, row)],
        env={**os.environ, **WARM}, text=True, capture_output=True,
        check=False, timeout=300)
    words = run.stdout.split()
    if run.returncode != 0 or len(words) != 2 or float(words[1]) <= 0:
        sys.exit(f"{who} {row}: {run.stdout}{run.stderr}")
    return float(words[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network")
    parser.add_argument("--reps", type=int, default=5)
    parser.add_argument("--rows")
    parser.add_argument("--cpu", default="1")
    arguments = parser.parse_args()
    rows = rows_of(arguments.network)
    wanted = arguments.rows.split(",") if arguments.rows else rows["rondo"]
    print(f"| row | rondo | spread | {' | '.join(PEERS)} |")
    print("|---" * (3 + len(PEERS)) + "|")
    for row in wanted:
        rates = {who: [] for who in ["rondo", *PEERS] if row in rows[who]}
        for _ in range(arguments.reps):
            for who, measured in rates.items():
                measured.append(measure(arguments, who, row))
        ours = statistics.median(rates["rondo"])
        spread = min(rates["rondo"]) / max(rates["rondo"])
        shown = f"{ours:.2f}" if "bulk" in row else f"{ours / 1e3:.0f}k"
        ratios = [f"{ours / statistics.median(rates[who]):.2f}"
                  if who in rates else "" for who in PEERS]
        print(f"| `{row}` | {shown} | {spread:.2f} | {' | '.join(ratios)} |",
              flush=True)


if __name__ == "__main__":
    main()
