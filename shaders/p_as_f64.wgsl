// Elements of the prediction as f32 bits: the f32 next to f64 bits, ties to even. What is beyond f32 becomes infinity, and
// subnormal results are kept. By integers, because a device may do neither in a conversion. Twin: kernel/doubles.rs.

fn p_nearest(raw: vec2<u32>) -> u32 {
  let sign = raw.y & 0x80000000u;
  let exponent = (raw.y >> 20u) & 2047u;
  if exponent == 2047u {
    return sign | select(INFINITY, NAN, ((raw.y & 0xfffffu) | raw.x) != 0u);
  }
  // 1150 is the exponent of the largest f32, 897 that of the smallest one that is normal, 24 below it nothing is left.
  if exponent > 1150u || exponent < 873u {
    return sign | select(0u, INFINITY, exponent > 1150u);
  }
  let fraction = ((raw.y & 0xfffffu) << 3u) | (raw.x >> 29u);
  // What is cut off, its first bit at the top; bits beyond the last one are as good as that.
  var cut = raw.x << 3u;
  var bits = ((exponent - 896u) << 23u) | fraction;
  if exponent < 897u {
    let by = 897u - exponent;
    let significand = fraction | 0x800000u;
    cut = (significand << (32u - by)) | select(0u, 1u, cut != 0u);
    bits = significand >> by;
  }
  let up = cut > 0x80000000u || (cut == 0x80000000u && (bits & 1u) != 0u);
  // A carry makes the next exponent, and infinity behind the last one.
  return sign | (bits + select(0u, 1u, up));
}

// The loader has made them f32 bits.
fn p_bits(raw: vec4<u32>) -> vec4<u32> {
  return raw;
}
