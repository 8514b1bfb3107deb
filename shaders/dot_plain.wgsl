// Dot product of the four bytes of two words, where WGSL has no packed ones.

const PACKED: bool = false;

fn dot4(a: u32, b: u32) -> u32 {
  let shifts = vec4<u32>(0u, 8u, 16u, 24u);
  return dot((vec4<u32>(a) >> shifts) & vec4<u32>(0xffu), (vec4<u32>(b) >> shifts) & vec4<u32>(0xffu));
}
