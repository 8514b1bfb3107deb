// Sigmoid of a voxel, 1 / (1 + e^-x). One voxel at a time, whatever is asked for.

fn pred(row: u32, channel: u32, single: bool) -> vec4<u32> {
  let bits = p_load(row, channel, true);
  return vec4<u32>(select(sigmoid(bits.x), NAN, non_finite(bits).x));
}
