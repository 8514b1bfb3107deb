// The truth as a label map: channel c is 1 where the label is c, which is never written out. A single channel stands
// for label 1.

fn truth(row: u32, channel: u32, single: bool) -> vec4<u32> {
  let label = select(channel, 1u, params.channels == 1u);
  return select(vec4<u32>(0u), vec4<u32>(ONE), t_load(row, 0u, single) == vec4<u32>(label));
}
