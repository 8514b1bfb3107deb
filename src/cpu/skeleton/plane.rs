//! Zhang and Suen's thinning of a plane mask (1984), as scikit-image 0.26 has it.

use super::three;
use crate::cpu::surface::bits::{Bits, each_bit};

/// Whether a pixel goes in the first (1), the second (2) or both of two turns, by its neighbours: bit 0 is the one before it in
/// the row above, and so on clockwise.
static GOES: [u8; 256] = table();

/// Where scikit-image's table is not the paper's, mostly at corners of stairs. Without this a skeleton has other pixels.
const OTHERS: [(u8, u8); 25] = [
    (3, 1),
    (6, 1),
    (10, 3),
    (11, 1),
    (12, 1),
    (14, 1),
    (24, 2),
    (26, 2),
    (40, 3),
    (48, 0),
    (56, 2),
    (96, 2),
    (104, 2),
    (108, 2),
    (129, 0),
    (130, 3),
    (131, 1),
    (134, 1),
    (160, 3),
    (161, 1),
    (176, 2),
    (192, 2),
    (194, 1),
    (198, 1),
    (224, 2),
];

const fn table() -> [u8; 256] {
    let mut goes = [0; 256];
    let mut around = 0;
    while around < 256 {
        goes[around] = of_paper(around as u8);
        around += 1;
    }
    let mut i = 0;
    while i < OTHERS.len() {
        goes[OTHERS[i].0 as usize] = OTHERS[i].1;
        i += 1;
    }
    goes
}

/// 2 to 6 neighbours in one piece; in each turn two sets of three of the neighbours across edges must not be there as a whole.
const fn of_paper(around: u8) -> u8 {
    const UP: u8 = 2;
    const RIGHT: u8 = 8;
    const DOWN: u8 = 32;
    const LEFT: u8 = 128;
    let begins = around & !around.rotate_left(1);
    if around.count_ones() < 2 || around.count_ones() > 6 || begins.count_ones() != 1 {
        return 0;
    }
    let (missing, all) = (!around, UP | RIGHT | DOWN | LEFT);
    let first = missing & (all ^ LEFT) != 0 && missing & (all ^ UP) != 0;
    let second = missing & (all ^ DOWN) != 0 && missing & (all ^ RIGHT) != 0;
    first as u8 | (second as u8) << 1
}

/// The skeleton of the one slice of a padded mask.
pub(super) fn skeleton(mask: &Bits) -> Bits {
    let mut left = mask.clone();
    loop {
        let again = [1, 2].map(|turn| thin(&mut left, turn));
        if again == [false; 2] {
            return left;
        }
    }
}

/// All pixels that go in a turn, judged by what was there before it; whether any did.
fn thin(left: &mut Bits, turn: u8) -> bool {
    let before = left.clone();
    let mut any = false;
    for y in 1..before.size[1] - 1 {
        let [above, own, below] = [y - 1, y, y + 1].map(|y| before.row(1, y));
        for (k, &word) in own.iter().enumerate() {
            let mut gone = 0u64;
            each_bit(word, |bit| {
                let [above, own, below] = [above, own, below].map(|row| three(row, 64 * k + bit));
                let around =
                    above | own >> 2 << 3 | below >> 2 << 4 | (below >> 1 & 1) << 5 | (below & 1) << 6 | (own & 1) << 7;
                gone |= u64::from(GOES[around as usize & 255] & turn != 0) << bit;
            });
            left.words[(before.size[1] + y) * before.width + k] &= !gone;
            any |= gone != 0;
        }
    }
    any
}
