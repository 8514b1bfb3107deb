//! The header of a `.npy` file: a Python dictionary of three entries.

use super::Order;
use crate::error::NpyFault;
use crate::io::StoredType;
use crate::io::text::quoted;

pub(super) const MAGIC: &[u8] = b"\x93NUMPY";

/// NumPy itself reads no header beyond 10,000 bytes; 64 KiB is what version 1 can announce.
pub(super) const LONGEST: u64 = 1 << 16;

/// NumPy has no arrays of more axes. A header of 64 KiB could hold thousands, and could not be written again.
pub(super) const MOST_AXES: usize = 64;

/// The types that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    F16,
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
}

impl Kind {
    pub fn size(self) -> u64 {
        self.stored().size()
    }

    /// The numbers that it is written as.
    pub fn stored(self) -> StoredType {
        match self {
            Self::Bool | Self::U8 => StoredType::U8,
            Self::I8 => StoredType::I8,
            Self::F16 | Self::U16 => StoredType::U16,
            Self::I16 => StoredType::I16,
            Self::U32 => StoredType::U32,
            Self::I32 => StoredType::I32,
            Self::U64 => StoredType::U64,
            Self::I64 => StoredType::I64,
            Self::F32 => StoredType::F32,
            Self::F64 => StoredType::F64,
        }
    }

    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "b1" => Self::Bool,
            "f2" => Self::F16,
            "u1" => Self::U8,
            "i1" => Self::I8,
            "u2" => Self::U16,
            "i2" => Self::I16,
            "u4" => Self::U32,
            "i4" => Self::I32,
            "u8" => Self::U64,
            "i8" => Self::I64,
            "f4" => Self::F32,
            "f8" => Self::F64,
            _ => return None,
        })
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Header {
    pub kind: Kind,
    pub big_endian: bool,
    pub order: Order,
    pub shape: Vec<u64>,
}

impl Header {
    /// How many elements; `None` beyond 64 bits.
    pub fn count(&self) -> Option<u64> {
        self.shape.iter().try_fold(1u64, |product, &n| product.checked_mul(n))
    }
}

/// Why a header is not used.
#[derive(Debug, PartialEq)]
pub(super) enum Stop {
    Fault(NpyFault),
    /// A type that is not read.
    Dtype(String),
}

/// Version 1, little endian, with the spaces that align the elements to 64 bytes; of at most [`MOST_AXES`] axes.
pub(super) fn encode(stored: StoredType, shape: &[u64], order: Order) -> Vec<u8> {
    let fortran = if order == Order::ColumnMajor { "True" } else { "False" };
    let comma = if shape.len() == 1 { "," } else { "" };
    let axes: Vec<String> = shape.iter().map(u64::to_string).collect();
    let descr = descr(stored);
    let mut text =
        format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': ({}{comma}), }}", axes.join(", "));
    // Behind the magic there are four bytes, and behind the text an end of line.
    while !text.len().saturating_add(MAGIC.len()).saturating_add(5).is_multiple_of(64) {
        text.push(' ');
    }
    text.push('\n');
    let mut bytes = [MAGIC, &[1, 0]].concat();
    // Axes of 20 digits make no more than 2 KiB.
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes
}

/// What NumPy calls a type: a byte has no order.
fn descr(stored: StoredType) -> String {
    let order = if stored.size() == 1 { '|' } else { '<' };
    let kind = stored.name().chars().next().unwrap_or('u');
    format!("{order}{kind}{}", stored.size())
}

/// Reads the dictionary.
pub(super) fn parse(text: &[u8]) -> Result<Header, Stop> {
    let mut cursor = Cursor { text, at: 0 };
    let (mut descr, mut order, mut shape) = (None, None, None);
    cursor.sign(b'{', "a dictionary")?;
    while !cursor.is(b'}') {
        let key = cursor.string("a key")?;
        cursor.sign(b':', "a colon")?;
        match key.as_str() {
            "descr" => descr = Some(cursor.dtype()?),
            "fortran_order" => order = Some(cursor.order()?),
            "shape" => shape = Some(cursor.axes()?),
            _ => return Err(cursor.expected("one of `descr`, `fortran_order` and `shape`")),
        }
        if !cursor.is(b',') {
            cursor.sign(b'}', "the end of the dictionary")?;
            break;
        }
    }
    cursor.skip();
    if cursor.at < text.len() {
        return Err(cursor.expected("the end of the header"));
    }
    let lacks = |name| Stop::Fault(NpyFault::Lacks(name));
    let (kind, big_endian) = descr.ok_or(lacks("descr"))?;
    let order = order.ok_or(lacks("fortran_order"))?;
    Ok(Header { kind, big_endian, order, shape: shape.ok_or(lacks("shape"))? })
}

struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn expected(&self, what: &'static str) -> Stop {
        Stop::Fault(NpyFault::Expected { what, at: self.at })
    }

    fn peek(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(0)
    }

    fn pass(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes);
    }

    fn skip(&mut self) {
        while self.peek().is_ascii_whitespace() {
            self.pass(1);
        }
    }

    /// Takes this sign if it is next.
    fn is(&mut self, sign: u8) -> bool {
        self.skip();
        let found = self.peek() == sign;
        self.pass(found.into());
        found
    }

    fn sign(&mut self, sign: u8, what: &'static str) -> Result<(), Stop> {
        if self.is(sign) { Ok(()) } else { Err(self.expected(what)) }
    }

    fn string(&mut self, what: &'static str) -> Result<String, Stop> {
        self.skip();
        let quote = self.peek();
        let rest = self.text.get(self.at..).unwrap_or_default();
        let mut parts = rest.split(|&byte| byte == quote).skip(1);
        let (Some(body), Some(_), b'\'' | b'"') = (parts.next(), parts.next(), quote) else {
            return Err(self.expected(what));
        };
        self.pass(body.len().saturating_add(2));
        Ok(String::from_utf8_lossy(body).into_owned())
    }

    /// The type, and whether its high byte comes first.
    fn dtype(&mut self) -> Result<(Kind, bool), Stop> {
        self.skip();
        if self.peek() == b'[' {
            return Err(Stop::Dtype("with fields (a structured array)".into()));
        }
        let name = self.string("a type")?;
        let (big, rest) = match name.split_at_checked(1) {
            Some((">", rest)) => (true, rest),
            Some(("<" | "|", rest)) => (false, rest),
            Some(("=", rest)) => (cfg!(target_endian = "big"), rest),
            _ => (false, name.as_str()),
        };
        match Kind::of(rest) {
            Some(kind) => Ok((kind, big)),
            None if rest.starts_with('O') => Err(Stop::Dtype(format!("{} (Python objects)", quoted(&name)))),
            None => Err(Stop::Dtype(quoted(&name))),
        }
    }

    fn order(&mut self) -> Result<Order, Stop> {
        self.skip();
        let rest = self.text.get(self.at..).unwrap_or_default();
        for (name, order) in [("True", Order::ColumnMajor), ("False", Order::RowMajor)] {
            if rest.starts_with(name.as_bytes()) {
                self.pass(name.len());
                return Ok(order);
            }
        }
        Err(self.expected("True or False"))
    }

    fn axes(&mut self) -> Result<Vec<u64>, Stop> {
        self.sign(b'(', "a tuple of axes")?;
        let mut axes = Vec::new();
        while !self.is(b')') {
            self.skip();
            let rest = self.text.get(self.at..).unwrap_or_default();
            let digits = rest.split(|byte| !byte.is_ascii_digit()).next().unwrap_or_default();
            let text = std::str::from_utf8(digits).unwrap_or_default();
            if axes.len() == MOST_AXES {
                return Err(self.expected("the end of the axes, of which there are 64 at most,"));
            }
            axes.push(text.parse().map_err(|_| self.expected("the length of an axis"))?);
            self.pass(digits.len());
            // Python 2 wrote long integers so.
            self.is(b'L');
            if !self.is(b',') {
                self.sign(b')', "the end of the axes")?;
                break;
            }
        }
        Ok(axes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Header, Stop> {
        parse(text.as_bytes())
    }

    #[test]
    fn what_numpy_writes_is_read() {
        let header =
            |kind, big_endian, order, shape: &[u64]| Ok(Header { kind, big_endian, order, shape: shape.to_vec() });
        let (c, f) = (Order::RowMajor, Order::ColumnMajor);
        let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }          \n";
        assert_eq!(parsed(text), header(Kind::F32, false, c, &[3, 4]));
        let text = "{\"shape\": (7L,), 'fortran_order': True, 'descr': '>i8'}";
        assert_eq!(parsed(text), header(Kind::I64, true, f, &[7]));
        assert_eq!(parsed("{'descr':'|b1','fortran_order':False,'shape':()}"), header(Kind::Bool, false, c, &[]));
    }

    #[test]
    fn what_is_written_is_read_and_aligned() {
        for shape in [&[][..], &[5], &[2, 3, 4]] {
            let bytes = encode(StoredType::F32, shape, Order::ColumnMajor);
            assert_eq!(bytes.len() % 64, 0);
            let header = parse(&bytes[10..]).unwrap();
            assert_eq!((header.shape.as_slice(), header.order), (shape, Order::ColumnMajor));
        }
    }

    #[test]
    fn no_header_makes_it_panic_and_each_fault_is_named() {
        let dtype = |name: &str| parsed(&format!("{{'descr': {name}, 'fortran_order': False, 'shape': (1,)}}"));
        for name in ["'|O'", "'<c8'", "'<U3'", "'<f16'", "'|V4'", "''", "[('a', '<f4')]"] {
            assert!(matches!(dtype(name), Err(Stop::Dtype(_))), "{name}");
        }
        assert_eq!(parsed("{'descr': '<f4', 'fortran_order': False}"), Err(Stop::Fault(NpyFault::Lacks("shape"))));
        let whole = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }";
        for end in 0..whole.len() {
            assert!(matches!(parsed(&whole[..end]), Err(Stop::Fault(_))), "{end}");
        }
        for shape in ["(-1,)", "(1.5,)", "(99999999999999999999,)", "3", "(3 4)", "(,)"] {
            let text = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}}}");
            assert!(matches!(parsed(&text), Err(Stop::Fault(NpyFault::Expected { .. }))), "{shape}");
        }
        assert!(parsed(&format!("{whole} x")).is_err());
    }
}
