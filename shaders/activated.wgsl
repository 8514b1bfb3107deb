// Helpers on f32 bits, which all predictions need. Twin: kernel/fixed.rs.

fn non_finite(bits: vec4<u32>) -> vec4<bool> {
  return (bits & vec4<u32>(0x7fffffffu)) >= vec4<u32>(INFINITY);
}

// f32 bits as integers that order like the values; -0 counts as 0.
fn order(bits: vec4<u32>) -> vec4<u32> {
  let canonical = select(bits, vec4<u32>(0u), (bits << vec4<u32>(1u)) == vec4<u32>(0u));
  return select(canonical | vec4<u32>(0x80000000u), ~canonical, (canonical >> vec4<u32>(31u)) != vec4<u32>(0u));
}
