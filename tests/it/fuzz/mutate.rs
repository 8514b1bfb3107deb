//! A mutator with a fixed seed: the same damage on every machine and in every run.

/// xorshift64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

/// Numbers where arithmetic ends, as a text has them.
const WORDS: [&str; 22] = [
    "0",
    "-1",
    "1",
    "2",
    "3",
    "65536",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "1e309",
    "nan",
    "-0.0",
    "1e-320",
    "LOCAL",
    "v.raw",
    "none",
    "null",
    "[]",
    "NaN",
];

/// Bytes in which numbers end.
const EDGES: [u8; 6] = [0, 1, 0x7f, 0x80, 0xfe, 0xff];

/// Damages seeds.
pub struct Mutator<'a> {
    pub seeds: &'a [Vec<u8>],
    /// Bytes of a result at most.
    pub most: usize,
}

impl Mutator<'_> {
    pub fn next(&self, random: &mut Random) -> Vec<u8> {
        let mut bytes = self.seeds[random.below(self.seeds.len())].clone();
        for _ in 0..=random.below(4) {
            self.damage(&mut bytes, random);
        }
        bytes.truncate(self.most);
        bytes
    }

    fn damage(&self, bytes: &mut Vec<u8>, random: &mut Random) {
        if bytes.is_empty() {
            bytes.push(random.next() as u8);
        }
        // Half of the damage is to the start, where headers are.
        let within = if random.below(2) == 0 { bytes.len() } else { bytes.len().min(400) };
        let at = random.below(within);
        match random.below(10) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, random.next() as u8),
            // A part once more, or of another seed.
            2 => {
                let end = bytes.len().min(at + random.below(40));
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
            3 => {
                let other = &self.seeds[random.below(self.seeds.len())];
                let from = random.below(other.len());
                bytes.truncate(at);
                bytes.extend(&other[from..]);
            }
            // A binary number of 1 to 8 bytes at its ends.
            4 => {
                let edge = EDGES[random.below(EDGES.len())];
                let length = 1 << random.below(4);
                bytes.iter_mut().skip(at).take(length).for_each(|byte| *byte = edge);
            }
            5 => {
                bytes[at] ^= 1 << random.below(8);
            }
            6 => {
                let end = bytes.len().min(at + random.below(40));
                bytes.drain(at..end);
            }
            7 => bytes[at] = random.next() as u8,
            // A word or a number of a text.
            _ => reword(bytes, random),
        }
    }
}

fn reword(bytes: &mut Vec<u8>, random: &mut Random) {
    const SIGNS: &[u8] = b" (,:=[\"";
    let starts: Vec<usize> = (1..bytes.len()).filter(|&i| SIGNS.contains(&bytes[i - 1])).collect();
    if starts.is_empty() {
        return;
    }
    let word = |start: usize| {
        let rest = &bytes[start..];
        start..start + rest.iter().position(|byte| b" ,)]}\"\n\r".contains(byte)).unwrap_or(rest.len())
    };
    let start = starts[random.below(starts.len())];
    // By one of the list, or by another one of the same text: a name that is there twice, a number of another field.
    let other = match random.below(2) {
        0 => WORDS[random.below(WORDS.len())].as_bytes().to_vec(),
        _ => bytes[word(starts[random.below(starts.len())])].to_vec(),
    };
    bytes.splice(word(start), other);
}
