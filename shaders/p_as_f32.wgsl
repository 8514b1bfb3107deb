// Elements of the prediction as f32 bits: they are that already; also the raw elements where
// the accumulator takes integers. Twin: kernel/voxel.rs.

fn p_bits(raw: vec4<u32>) -> vec4<u32> {
  return raw;
}
