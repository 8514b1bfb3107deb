//! The hot loop of a listing of AMD machine code, and what it costs.

use std::collections::BTreeMap;

/// What one trip through a loop does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// Instructions of the vector unit.
    pub vector: u32,
    /// The same with those counted four times that take four times as long: 64-bit shifts, 32-bit products,
    /// transcendental functions.
    pub cycles: u32,
    /// Loads from memory, and the bytes that a lane gets by the widest.
    pub loads: u32,
    pub widest: u32,
    /// Waits for loads.
    pub waits: u32,
}

/// A basic block: its instructions, without the jumps, and where they lead.
#[derive(Debug, Default)]
struct Block {
    cost: Cost,
    next: Vec<usize>,
}

/// Which way through a loop is the usual one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// What stands under a branch is rare.
    Cheapest,
    /// Branches skip what is usual, such as all but NaN.
    Dearest,
}

/// The usual way, from its first block back to it, through the loop that loads the most.
pub fn hot_loop(listing: &str, way: Way) -> Option<Cost> {
    let blocks = blocks(listing);
    let backward = |(&at, block): (&usize, &Block)| {
        block.next.iter().filter(|&&next| next <= at).map(|&next| (next, at)).collect::<Vec<_>>()
    };
    let loops = blocks.iter().flat_map(backward);
    let costs = loops.filter_map(|(first, last)| through(&blocks, first, last, way));
    costs.max_by_key(|cost| cost.loads * cost.widest)
}

fn through(blocks: &BTreeMap<usize, Block>, first: usize, last: usize, way: Way) -> Option<Cost> {
    let mut best: BTreeMap<usize, Cost> = BTreeMap::from([(first, blocks.get(&first)?.cost)]);
    for (&at, block) in blocks.range(first..=last) {
        let Some(so_far) = best.get(&at).copied() else { continue };
        for &next in block.next.iter().filter(|&&next| next > at && next <= last) {
            let cost = so_far.and(blocks.get(&next)?.cost);
            let known = best.entry(next).or_insert(cost);
            if (way == Way::Cheapest) == (cost.cycles < known.cycles) {
                *known = cost;
            }
        }
    }
    best.remove(&last)
}

impl Cost {
    fn and(self, other: Self) -> Self {
        Self {
            vector: self.vector + other.vector,
            cycles: self.cycles + other.cycles,
            loads: self.loads + other.loads,
            widest: self.widest.max(other.widest),
            waits: self.waits + other.waits,
        }
    }

    fn of(instruction: &str) -> Self {
        let name = instruction.split_whitespace().next().unwrap_or_default();
        if name.starts_with("v_") {
            const SLOW: [&str; 9] = [
                "lshlrev_b64",
                "lshrrev_b64",
                "ashrrev_i64",
                "mul_lo_u32",
                "mul_hi_u32",
                "mad_u64_u32",
                "exp_f32",
                "log_f32",
                "rcp_f32",
            ];
            let slow = SLOW.iter().any(|slow| name.contains(slow));
            return Self { vector: 1, cycles: if slow { 4 } else { 1 }, ..Self::default() };
        }
        if name.starts_with("buffer_load") || name.starts_with("global_load") {
            let bits = [("b128", 16), ("b96", 12), ("b64", 8), ("dwordx4", 16), ("dwordx3", 12), ("dwordx2", 8)];
            let widest = bits.iter().find(|(ending, _)| name.ends_with(ending)).map_or(4, |&(_, bytes)| bytes);
            return Self { loads: 1, widest, ..Self::default() };
        }
        let waits = u32::from(name == "s_waitcnt" && instruction.contains("vmcnt"));
        Self { waits, ..Self::default() }
    }
}

/// The blocks of a listing by their numbers.
fn blocks(listing: &str) -> BTreeMap<usize, Block> {
    let mut blocks: BTreeMap<usize, Block> = BTreeMap::new();
    let mut at = None;
    // Whether the code before goes on into the next block.
    let mut falls_through = false;
    for line in listing.lines() {
        let label = line.strip_prefix("BB").and_then(|rest| rest.split_once(':'));
        if let Some(number) = label.and_then(|(number, _)| number.parse().ok()) {
            if let (Some(before), true) = (at, falls_through) {
                blocks.entry(before).or_default().next.push(number);
            }
            blocks.entry(number).or_default();
            (at, falls_through) = (Some(number), true);
            continue;
        }
        let (Some(at), instruction) = (at, line.split(';').next().unwrap_or_default().trim()) else { continue };
        let block = blocks.entry(at).or_default();
        let target = instruction.rsplit_once("BB").and_then(|(_, number)| number.trim().parse().ok());
        match target {
            Some(target) if instruction.starts_with("s_cbranch") => block.next.push(target),
            Some(target) if instruction.starts_with("s_branch") => {
                block.next.push(target);
                falls_through = false;
            }
            _ => block.cost = block.cost.and(Cost::of(instruction)),
        }
        falls_through &= !instruction.starts_with("s_endpgm");
    }
    blocks
}

#[test]
fn the_usual_way_through_the_loop_that_loads_most_is_counted() {
    let listing = "BB0:\n\ts_mov_b32 s0, s1\nBB1:\n\tbuffer_load_b128 v[0:3], v4 ; 0 1\n\tbuffer_load_b32 v5, v6\n\
        \ts_waitcnt vmcnt(0)\n\tv_add_nc_u32 v0, v1, v2\n\ts_cbranch_execz BB3\nBB2:\n\tv_mul_lo_u32 v0, v1, v2\n\
        \tv_exp_f32 v0, v1\nBB3:\n\tv_lshrrev_b64 v[0:1], 3, v[0:1]\n\ts_cbranch_scc1 BB1\nBB4:\n\tbuffer_load_b32 v0, v1\n\
        \tv_xor_b32 v0, v1, v2\n\ts_branch BB4\nBB5:\n\ts_endpgm\n";
    let usual = Cost { vector: 2, cycles: 5, loads: 2, widest: 16, waits: 1 };
    assert_eq!(hot_loop(listing, Way::Cheapest), Some(usual));
    assert_eq!(hot_loop(listing, Way::Dearest), Some(Cost { vector: 4, cycles: 13, ..usual }));
    assert_eq!(hot_loop("BB0:\n\tbuffer_load_b128 v[0:3], v4\n\ts_endpgm\n", Way::Cheapest), None);
}
