// A voxel of the prediction as f64 bits, which its elements are; `near` is the f32 next to it.

fn p_exact(row: u32, channel: u32, near: u32) -> vec2<u32> {
  return p_double(p_index(row, channel));
}
