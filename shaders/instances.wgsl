// Runs of the rows of masks: voxels that follow each other along the last axis. The runs of a pass are numbered in the order
// of their first voxels, so that the smallest number of a component is its first run. Twin: src/cpu/instances/runs.rs.

@group(0) @binding(0) var<storage, read> mask: array<u32>;

// The voxels of a word, word k of its row, where a run begins.
fn starts(word: u32, k: u32) -> u32 {
  let own = mask[word];
  if k == 0u {
    return own & ~(own << 1u);
  }
  return own & ~((own << 1u) | (mask[word - 1u] >> 31u));
}
