// Elements of the prediction as f32 bits, from bfloat16 bits, which are their upper halves. Twin: kernel/voxel.rs.

fn p_bits(raw: vec4<u32>) -> vec4<u32> {
  return raw << vec4<u32>(16u);
}
