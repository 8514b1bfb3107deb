#!/usr/bin/env bash
# Builds what run.sh needs into a folder that can be copied to a machine that has no more than a GPU driver:
#
#   benches/gpu/build.sh DIR
set -euo pipefail
out=$1
cd "$(dirname "$0")/../.."
mkdir -p "$out"
cargo build --release --quiet
# The last line of cargo's messages that names an executable is the benchmark's.
bench=$(cargo bench --no-run --bench gpu --message-format json | sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -n 1)
cp target/release/voxdice "$out/voxdice"
cp "$bench" "$out/gpu-bench"
cp benches/gpu/run.sh benches/gpu/peers.py "$out/"
# A Vulkan loader, for machines that have a driver and no loader.
if command -v apt-get >/dev/null; then (cd "$out" && apt-get download -qq libvulkan1 2>/dev/null) || true; fi
git describe --always --dirty >"$out/commit.txt"
