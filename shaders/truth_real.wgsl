// The truth as a volume: a value per voxel and channel, as f32 bits.

fn truth(row: u32, channel: u32, single: bool) -> vec4<u32> {
  return t_load(row, channel, single);
}
