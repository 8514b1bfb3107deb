// Four voxels of a channel of the prediction from row `row` on, or, with `single`, the one at `row` four times.

fn p_load(row: u32, channel: u32, single: bool) -> vec4<u32> {
  let i = p_index(row, channel);
  if single {
    return p_bits(vec4<u32>(p_one(i)));
  }
  return p_bits(p_quad(i, params.p_row));
}

fn p_index(row: u32, channel: u32) -> u32 {
  return params.p_head + row * params.p_row + channel * params.p_channel;
}
