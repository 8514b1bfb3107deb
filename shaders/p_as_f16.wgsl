// Elements of the prediction as f32 bits, from binary16 bits; exact, subnormals included. By integers, because a
// device may flush subnormals in any floating-point conversion. Twin: kernel/voxel.rs.

fn p_bits(raw: vec4<u32>) -> vec4<u32> {
  let sign = (raw & vec4<u32>(0x8000u)) << vec4<u32>(16u);
  let exponent = (raw >> vec4<u32>(10u)) & vec4<u32>(31u);
  let fraction = raw & vec4<u32>(0x3ffu);
  let normal = ((exponent + vec4<u32>(112u)) << vec4<u32>(23u)) | (fraction << vec4<u32>(13u));
  let special = vec4<u32>(0x7f800000u) | (fraction << vec4<u32>(13u));
  // A subnormal is fraction · 2^-24 with its leading bit at `top`.
  let top = firstLeadingBit(fraction) & vec4<u32>(31u);
  let subnormal = ((top + vec4<u32>(103u)) << vec4<u32>(23u))
    | ((fraction << ((vec4<u32>(23u) - top) & vec4<u32>(31u))) & vec4<u32>(0x7fffffu));
  var bits = select(normal, special, exponent == vec4<u32>(31u));
  bits = select(bits, subnormal, exponent == vec4<u32>(0u));
  bits = select(bits, vec4<u32>(0u), (raw & vec4<u32>(0x7fffu)) == vec4<u32>(0u));
  return sign | bits;
}
