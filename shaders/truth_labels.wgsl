// The truth as a label map: channel c is 1 where the label is c, which is never written out. A single channel stands
// for label 1. A label that no channel stands for has no value; the host has refused such maps, but where results stay
// on the GPU.

fn truth(row: u32, channel: u32, single: bool) -> vec4<u32> {
  let label = select(channel, 1u, params.channels == 1u);
  let labels = t_load(row, 0u, single);
  let bits = select(vec4<u32>(0u), vec4<u32>(ONE), labels == vec4<u32>(label));
  return select(bits, vec4<u32>(NAN), labels >= vec4<u32>(max(params.channels, 2u)));
}
