// The power terms as |x|^power, rounded to f32, on their grid. Twin: `power` in kernel/voxelwise.rs.

fn fix_power(bits: u32, scale: u32) -> Acc {
  let power = raised(of_bits(bits & 0x7fffffffu), of_f32(params.power));
  return fix_magnitude(bits_of(power), 2u * scale);
}
