#!/usr/bin/env bash
# Records how fast this machine is, and what others take in the same minutes:
#
#   benches/record/make.sh benches/record/NAME [--backend gpu ...]
#
# writes about.txt (device, driver, date, commit) and bench.csv (what `voxdice bench` prints, for one shape, for sizes and
# for small volumes). What comes after NAME goes to every `voxdice bench`. With PEERS=DIR, a folder with bench_peers.py,
# and PYTHON=PROGRAM, which has numpy, torch, monai and SimpleITK, also peers5.json and peers117.json. On a GPU:
# PEER_OPTIONS="--device cuda". FOLDERS="DIR ...", folders with truth/ and pred/, adds what evaluating them takes.
# SECONDS_EACH is the time of a row, POWERS the sizes as powers of two, BUILD what else `cargo build` is told, such as
# "--no-default-features --features cli,parallel". Nothing else should run.
set -euo pipefail
out=$1
shift
root=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$out"
out=$(cd "$out" && pwd)
cd "$root"
# shellcheck disable=SC2086
cargo build --release --quiet ${BUILD:-}
voxdice=target/release/voxdice
each=${SECONDS_EACH:-2}

bench() {
  "$voxdice" bench --quiet --format csv --seconds "$each" "$@"
}

# Asked before anything is written: a record that is replaced would be a change itself.
commit=$(git describe --always --dirty)
{
  echo "date: $(date --utc +%Y-%m-%d)"
  echo "commit: $commit"
  echo "processor: $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores"
  echo "system: $(uname -sr), $(rustc --version)"
  echo "command: benches/record/make.sh NAME $*"
  "$voxdice" devices --format json 2>/dev/null | grep -E '"(name|api|driver)"' || true
} >"$out/about.txt"

bench "$@" >"$out/bench.csv.new"
# Sizes, up to where a volume fits into a quarter of the memory.
bytes=$(awk '/^MemTotal/ {printf "%.0f", $2 * 1024}' /proc/meminfo)
for power in ${POWERS:-16 18 20 22 24 26 28 30 31}; do
  voxels=$((1 << power))
  ((voxels * 4 > bytes)) || bench --shape "1,1,$voxels" --statistic sums --dtype u8xu8 "$@" | tail -n +2
  ((voxels * 4 > bytes)) || bench --shape "1,1,$voxels" --statistic counts --classes 5 "$@" | tail -n +2
  ((voxels * 16 > bytes)) || bench --shape "1,1,$voxels" --statistic sums --dtype f32xf32 "$@" | tail -n +2
done >>"$out/bench.csv.new"
# One small pair, and 260 in one call.
for shape in 1,1,36,50,35 260,1,36,50,35; do
  for statistic in sums counts; do bench --shape "$shape" --statistic "$statistic" "$@" | tail -n +2; done
done >>"$out/bench.csv.new"
# A GPU's transfers of a shape are timed by each call; the first ones count.
awk '{match($0, /^[^,]*,"[^"]*"/); key = substr($0, 1, RLENGTH)} key == "" || !seen[key]++' "$out/bench.csv.new" >"$out/bench.csv"
rm "$out/bench.csv.new"

if [ -n "${PEERS:-}" ]; then
  # What is set for other programs' sake would slow numpy down.
  peers() {
    # shellcheck disable=SC2086
    env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE "${PYTHON:-python3}" "$PEERS/bench_peers.py" --shape 1 125 512 512 \
      ${PEER_OPTIONS:-} "$@"
  }
  peers --labels 5 --json "$out/peers5.json"
  peers --labels 117 --only "per-label" SimpleITK --repeat 3 --json "$out/peers117.json"
fi

for folder in ${FOLDERS:-}; do
  name=$(basename "$folder")
  VOXDICE_BENCH_FOLDER=$folder cargo bench --quiet --bench folder -- no-more | grep -E 'medians|median' >"$out/$name.txt"
  [ -z "${PEERS:-}" ] || {
    env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE "${PYTHON:-python3}" "$PEERS/bench_folder.py" "$folder/truth" "$folder/pred" \
      --ways sitk nnunet --procs 2 --threads 1 --json "$out/$name.all.json"
    # Without the scores of every case.
    "${PYTHON:-python3}" - "$out/$name" <<'PYTHON'
import json, pathlib, sys
whole = pathlib.Path(sys.argv[1] + ".all.json")
record = json.loads(whole.read_text())
for row in record["rows"]:
    del row["dice"]
pathlib.Path(sys.argv[1] + ".json").write_text(json.dumps(record, indent=1) + "\n")
whole.unlink()
PYTHON
  }
done
