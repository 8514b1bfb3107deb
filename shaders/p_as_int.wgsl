// Elements of the prediction as f32 bits, from unsigned integers below 2^24; exact. Twin: kernel/voxel.rs.

fn p_bits(raw: vec4<u32>) -> vec4<u32> {
  let top = firstLeadingBit(raw) & vec4<u32>(31u);
  let bits = ((top + vec4<u32>(127u)) << vec4<u32>(23u))
    | ((raw << ((vec4<u32>(23u) - top) & vec4<u32>(31u))) & vec4<u32>(0x7fffffu));
  return select(bits, vec4<u32>(0u), raw == vec4<u32>(0u));
}
