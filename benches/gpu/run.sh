#!/usr/bin/env bash
# All that a GPU has to be asked, in eight minutes; from the folder that build.sh made:
#
#   ./run.sh OUT [first|second]
#
# `first`: the card, whether its numbers are those of the CPU, its ceilings, and every kernel on volumes of 1 GB an operand
# and of a CT. `second`, on the same warm machine: the same rows again for their spread, small volumes, and torch and MONAI
# beside them, where python has them. Without either: both. README.md says how to read the files.
set -uo pipefail
out=$1
part=${2:-both}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$out"
step() { printf '\n== %s (%s s)\n' "$*" "$SECONDS"; }

if ! ldconfig -p | grep -q 'libvulkan\.so\.1'; then
  for package in "$here"/libvulkan1*.deb; do [ -e "$package" ] && dpkg -x "$package" / && ldconfig; done
fi
# A container may have NVIDIA's library without telling the loader of it.
if ! ls /usr/share/vulkan/icd.d/nvidia* /etc/vulkan/icd.d/nvidia* >/dev/null 2>&1 && ldconfig -p | grep -q libGLX_nvidia; then
  printf '{"file_format_version":"1.0.0","ICD":{"library_path":"libGLX_nvidia.so.0","api_version":"1.3.0"}}' >"$out/nvidia.json"
  export VK_DRIVER_FILES="$out/nvidia.json" VK_ICD_FILENAMES="$out/nvidia.json"
fi

watched=
if command -v nvidia-smi >/dev/null; then
  nvidia-smi --query-gpu=name,driver_version,clocks.sm,clocks.mem --format=csv | tee "$out/card.csv"
  # Clocks under load: a share of the ceiling means nothing without them.
  nvidia-smi dmon -s pucm -d 1 >>"$out/dmon.txt" &
  watched=$!
fi
cleanup() { [ -z "$watched" ] || kill "$watched"; }
trap cleanup EXIT

# One row of `voxdice bench`, of at most a minute.
row() {
  echo "# $*"
  timeout 60 "$here/voxdice" bench --quiet --backend gpu --seconds 1 --format csv "$@" 2>>"$out/errors.txt" || echo "# failed: $*"
}

# Volumes of 1 GiB of f32, and of a CT.
matrix() {
  for shape in 1,1,512,1024,512 1,1,125,512,512; do
    for types in f32xu8 f32xf32 u8xu8; do row --shape "$shape" --statistic sums --dtype "$types"; done
    row --shape "$shape" --statistic counts --classes 5
  done
  row --shape 1,1,2048,1024,512 --statistic counts --classes 5
  row --statistic counts --classes 117
  row --statistic gradient --dtype f32xf32
}

if [ "$part" != second ]; then
  step "adapters"
  timeout 60 "$here/voxdice" devices | tee "$out/devices.txt" || exit 3
  step "correct?"
  timeout 150 "$here/voxdice" verify --quiet >"$out/verify.txt" 2>&1
  echo "verify ended with $?" | tee -a "$out/verify.txt"
  step "roofline"
  matrix | tee "$out/bench1.csv" | cut -c1-110
fi
if [ "$part" != first ]; then
  step "spread"
  matrix >"$out/bench2.csv"
  step "small volumes"
  timeout 90 "$here/gpu-bench" --bench --quick '16x16x16|36x50x35' 2>&1 | tee "$out/small.txt" | grep -E 'time:|thrpt:'
  step "torch and MONAI"
  if command -v python3 >/dev/null; then timeout 90 python3 "$here/peers.py" | tee "$out/peers.csv"; else echo "no python3"; fi
fi
step "done"
