// The prediction as it stands.

fn pred(row: u32, channel: u32, single: bool) -> vec4<u32> {
  return p_load(row, channel, single);
}
