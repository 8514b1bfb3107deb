// A voxel of the prediction as f64 bits, from its f32 bits, which are exact. What is below the normal range of f32 becomes
// some number there: nothing of either is left on the grid.

fn p_exact(row: u32, channel: u32, near: u32) -> vec2<u32> {
  let magnitude = near & 0x7fffffffu;
  return vec2<u32>(magnitude << 29u, (near & 0x80000000u) | ((magnitude >> 3u) + (896u << 20u)));
}
