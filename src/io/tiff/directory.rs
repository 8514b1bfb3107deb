//! The lists of tags in a file.

use std::io::SeekFrom;
use std::path::Path;

use crate::error::{FileAction, FileError};
use crate::io::file::read_full;
use crate::io::input::Reader;
use crate::io::picture::damaged;
use crate::io::voxels::ByteOrder;

/// Tags of a list at most. The standard knows some hundred.
const MOST_TAGS: u64 = 4096;

/// A file, from which numbers are read at any place.
pub(super) struct File<'a> {
    pub reader: Reader<'a>,
    pub length: u64,
    pub path: Box<Path>,
    pub order: ByteOrder,
    /// Whether places have 64 bits.
    pub big: bool,
}

/// A tag: what it is about, the type and the number of its values, and these, or where they are.
struct Tag {
    name: u16,
    kind: u16,
    count: u64,
    value: [u8; 8],
}

/// The tags of a page.
pub(super) struct Directory(Vec<Tag>);

impl Directory {
    pub fn has(&self, name: u16) -> bool {
        self.0.iter().any(|tag| tag.name == name)
    }
}

impl<'a> File<'a> {
    /// Reads the start of a file, and says where the first list is.
    pub fn open(reader: Reader<'a>, length: u64, path: &Path) -> Result<(Self, u64), FileError> {
        if length == 0 {
            return Err(FileError::Empty { path: path.to_path_buf(), gzip: false });
        }
        let mut file = File { reader, length, path: path.into(), order: ByteOrder::Little, big: false };
        let start = file.bytes(0, 8)?;
        (file.order, file.big) = match start.first_chunk() {
            Some(b"II*\0") => (ByteOrder::Little, false),
            Some(b"MM\0*") => (ByteOrder::Big, false),
            Some(b"II+\0") => (ByteOrder::Little, true),
            Some(b"MM\0+") => (ByteOrder::Big, true),
            _ => return Err(file.damaged("it does not begin as a TIFF does")),
        };
        let first = if file.big { file.bytes(8, 8)? } else { start.get(4..).unwrap_or_default().to_vec() };
        let first = file.number(&first);
        Ok((file, first))
    }

    pub fn damaged(&self, what: impl Into<String>) -> FileError {
        damaged(&self.path, "TIFF", what)
    }

    /// Bytes at a place. There are no more of them than the file has.
    pub fn bytes(&mut self, at: u64, count: u64) -> Result<Vec<u8>, FileError> {
        let end = at.checked_add(count).filter(|&end| end <= self.length);
        let count = end.and_then(|_| usize::try_from(count).ok());
        let Some(count) = count else {
            return Err(self.damaged(format!("something is said to be at byte {at}, behind its end")));
        };
        let failed = |source| FileError::Io { path: self.path.to_path_buf(), action: FileAction::Read, source };
        self.reader.seek(SeekFrom::Start(at)).map_err(failed)?;
        let mut bytes = vec![0; count];
        let got = read_full(&mut self.reader, &mut bytes).map_err(failed)?;
        if got < count { Err(self.damaged("it became shorter while it was read")) } else { Ok(bytes) }
    }

    /// A whole number of up to 8 bytes.
    pub fn number(&self, bytes: &[u8]) -> u64 {
        let push = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        match self.order {
            ByteOrder::Big => bytes.iter().fold(0, push),
            ByteOrder::Little => bytes.iter().rev().fold(0, push),
        }
    }

    /// The tags at a place, and where the next list is: 0 behind the last one.
    pub fn directory(&mut self, at: u64) -> Result<(Directory, u64), FileError> {
        let (of_count, of_tag, of_place) = if self.big { (8, 20, 8) } else { (2, 12, 4) };
        let count = self.bytes(at, of_count)?;
        let count = self.number(&count);
        if count > MOST_TAGS {
            return Err(self.damaged(format!("a page has {count} tags")));
        }
        let start = at.saturating_add(of_count);
        let length = count.saturating_mul(of_tag);
        let bytes = self.bytes(start, length)?;
        let tags = bytes.chunks_exact(usize::try_from(of_tag).unwrap_or(12)).map(|tag| {
            let part = |from: usize, to: usize| tag.get(from..to).unwrap_or_default();
            let (count, value) = if self.big { (part(4, 12), part(12, 20)) } else { (part(4, 8), part(8, 12)) };
            let mut held = [0; 8];
            held.iter_mut().zip(value).for_each(|(to, from)| *to = *from);
            let [name, kind] = [part(0, 2), part(2, 4)].map(|bytes| u16::try_from(self.number(bytes)).unwrap_or(0));
            Tag { name, kind, count: self.number(count), value: held }
        });
        let tags = Directory(tags.collect());
        let next = self.bytes(start.saturating_add(length), of_place)?;
        Ok((tags, self.number(&next)))
    }

    /// The first values of a tag as bytes, at most so many, and the bytes of one; `None` where it is not there.
    fn values(&mut self, tags: &Directory, name: u16, most: u64) -> Result<Option<(Vec<u8>, usize, u16)>, FileError> {
        let Some(tag) = tags.0.iter().find(|tag| tag.name == name) else { return Ok(None) };
        let size: u64 = match tag.kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 | 16 | 17 | 18 => 8,
            kind => return Err(self.damaged(format!("tag {name} is of the unknown type {kind}"))),
        };
        let length = tag.count.min(most).saturating_mul(size);
        let held = if self.big { 8 } else { 4 };
        let bytes = if tag.count.saturating_mul(size) <= held {
            tag.value.get(..usize::try_from(length).unwrap_or(0)).unwrap_or_default().to_vec()
        } else {
            let at = self.number(tag.value.get(..usize::try_from(held).unwrap_or(4)).unwrap_or_default());
            self.bytes(at, length)?
        };
        Ok(Some((bytes, usize::try_from(size).unwrap_or(1), tag.kind)))
    }

    /// The first values of a tag of whole numbers, at most so many: a made file may count millions, page by page.
    pub fn first_numbers(&mut self, tags: &Directory, name: u16, most: u64) -> Result<Option<Vec<u64>>, FileError> {
        let Some((bytes, size, kind)) = self.values(tags, name, most)? else { return Ok(None) };
        if !matches!(kind, 1 | 3 | 4 | 13 | 16 | 18) {
            return Err(self.damaged(format!("tag {name} holds no whole numbers")));
        }
        Ok(Some(bytes.chunks_exact(size).map(|value| self.number(value)).collect()))
    }

    /// The first value of a tag, or what it is where it is not there.
    pub fn one(&mut self, tags: &Directory, name: u16, default: u64) -> Result<u64, FileError> {
        let numbers = self.first_numbers(tags, name, 1)?;
        Ok(numbers.and_then(|numbers| numbers.first().copied()).unwrap_or(default))
    }

    /// A text, without what is no UTF-8.
    pub fn text(&mut self, tags: &Directory, name: u16) -> Result<Option<String>, FileError> {
        let Some((bytes, 1, _)) = self.values(tags, name, u64::MAX)? else { return Ok(None) };
        Ok(Some(String::from_utf8_lossy(&bytes).trim_end_matches('\0').to_owned()))
    }

    /// A fraction.
    pub fn fraction(&mut self, tags: &Directory, name: u16) -> Result<Option<f64>, FileError> {
        let Some((bytes, 8, 5)) = self.values(tags, name, 1)? else { return Ok(None) };
        let mut words = bytes.chunks_exact(4).map(|word| self.number(word) as f64);
        Ok(words.next().zip(words.next()).map(|(above, below)| above / below).filter(|value| value.is_finite()))
    }
}
