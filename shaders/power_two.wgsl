// The power terms as squares, on their grid.

fn fix_power(bits: u32, scale: u32) -> Acc {
  return fix_product_magnitude(bits, bits, scale);
}
