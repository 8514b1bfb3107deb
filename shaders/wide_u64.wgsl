// 64-bit integers where the adapter has them (SHADER_INT64): sums of products, rounded once. Same functions and same bits as
// wide_u32.wgsl. Twin: kernel/exact_gradient.rs.

alias Wide = i64;

fn wide_add(a: Wide, b: Wide) -> Wide {
  return a + b;
}

fn wide_product(a: i32, b: i32) -> Wide {
  return i64(a) * i64(b);
}

// Bits of the f32 next to sum · 2^exponent: ties to even, 0 below the normal range, infinity above it.
fn round_to_f32(sum: Wide, exponent: i32) -> u32 {
  let magnitude = u64(select(sum, -sum, sum < 0li));
  if magnitude == 0lu {
    return 0u;
  }
  let high = u32(magnitude >> 32u);
  let top = select(firstLeadingBit(u32(magnitude & 0xfffffffflu)), 32u + firstLeadingBit(high), high != 0u);
  // The significand at the top, and what is rounded in the 40 bits below it.
  let normal = magnitude << (63u - top);
  let significand = u32(normal >> 40u);
  let rest = normal & 0xfffffffffflu;
  let up = rest > 0x8000000000lu || (rest == 0x8000000000lu && (significand & 1u) != 0u);
  let field = i32(top) + exponent + 127;
  // A carry goes into the exponent.
  let bits = (u32(field) << 23u) + (significand & 0x7fffffu) + select(0u, 1u, up);
  if field < 0 || (field == 0 && bits < 0x800000u) {
    return 0u;
  }
  let sign = select(0u, 0x80000000u, sum < 0li);
  return sign | select(bits, INFINITY, field >= 255);
}
