// Dot product of the four bytes of two words, by an instruction: WGSL's packed_4x8_integer_dot_product.

const PACKED: bool = true;

fn dot4(a: u32, b: u32) -> u32 {
  return dot4U8Packed(a, b);
}
