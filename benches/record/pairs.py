#!/usr/bin/env python3
"""The losses that training compares: voxdice and others in turn, in a few minutes on a machine that need not be quiet.

    cargo build --release
    PYTHON benches/record/pairs.py --peers DIR [--rounds 5] [--json FILE]

DIR has bench_peers.py, PYTHON has numpy, torch and monai. Every round times voxdice, then the others, on volumes of the same
shape; what is printed is the least of all rounds, with the load of the machine in each. A ratio means little where the rounds
differ by more than it.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHAPE = (1, 125, 512, 512)
# Our rows, and those of others that do the same.
PAIRS = {
    "sums/f32xf32/cpu": ["torch.compile 3 sums", "MONAI DiceLoss"],
    "gradient/f32xf32/cpu": ["torch.compile 3 sums, forward + backward", "MONAI DiceLoss, forward + backward"],
}


def ours(voxdice, seconds):
    rows = {}
    for statistic in ("sums", "gradient"):
        shape = ",".join(map(str, (SHAPE[0], 1, *SHAPE[1:])))
        command = [voxdice, "bench", "--quiet", "--format", "json", "--seconds", str(seconds)]
        command += ["--shape", shape, "--statistic", statistic, "--dtype", "f32xf32"]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        rows.update({row["name"]: (row["seconds"], row["percent_of_floor"]) for row in found})
    return rows


def others(peers):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "peers.json"
        command = [sys.executable, peers / "bench_peers.py", "--shape", *map(str, SHAPE), "--labels", "1"]
        command += ["--only", "torch.compile", "MONAI DiceLoss", "--json", file]
        # What is set for other programs' sake would slow numpy down.
        env = {key: value for key, value in os.environ.items() if not key.startswith("OPENBLAS_")}
        subprocess.run(command, check=True, env=env, stdout=subprocess.DEVNULL)
        return {row["name"]: row["min_s"] for row in json.loads(file.read_text())["rows"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=pathlib.Path, required=True)
    parser.add_argument("--voxdice", default=ROOT / "target/release/voxdice")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--json", type=pathlib.Path)
    args = parser.parse_args()
    rounds, loads = [], []
    for _ in range(args.rounds):
        loads.append(os.getloadavg()[0])
        rounds.append((ours(args.voxdice, args.seconds), others(args.peers)))
    record = {"shape": SHAPE, "loads": loads, "rows": []}
    print("load before each round:", " ".join(f"{load:.1f}" for load in loads))
    for name, peers in PAIRS.items():
        own = [found[name] for found, _ in rounds]
        best, share = min(own)
        print(f"{name}: {1e3 * best:.1f} ms, {share:.0f} % of the floor; rounds", *(f"{1e3 * s:.1f}" for s, _ in own))
        for peer in peers:
            times = [found[peer] for _, found in rounds if peer in found]
            if not times:
                print(f"  {peer}: not there")
                continue
            print(f"  {peer}: {1e3 * min(times):.1f} ms, {min(times) / best:.2f}x; rounds", *(f"{1e3 * s:.1f}" for s in times))
            record["rows"].append({"ours": name, "other": peer, "seconds": [s for s, _ in own], "other_seconds": times})
    if args.json:
        args.json.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
