//! The pages of a file as one stack.

use std::collections::HashSet;
use std::sync::Arc;

use super::chunk;
use super::directory::{Directory, File};
use super::page::{Packing, Page, Storage, tag};
use super::size::{self, Description};
use crate::error::FileError;
use crate::io::colours::Colours;
use crate::io::geometry::Geometry;
use crate::io::header::{Format, Header};
use crate::io::input::FileRef;
use crate::io::picture::{self, Pixels, unsupported};
use crate::io::stream::Parts;
use crate::io::voxels::ByteOrder;

/// Bytes of unpacked rows that are read at once.
const BLOCK: u64 = 1 << 16;

/// A file whose tags were read.
pub(super) struct Stack<'a> {
    file: File<'a>,
    /// Where the tags of each page are.
    places: Vec<u64>,
    page: Page,
    /// Slices that lie behind each other in the first page.
    slices: u64,
    pub header: Header,
}

impl<'a> Stack<'a> {
    pub fn open(from: &FileRef<'a>) -> Result<Self, FileError> {
        let path = from.path();
        let (reader, length) = from.open()?;
        let (mut file, mut next) = File::open(reader, length, path)?;
        let (mut seen, mut places) = (HashSet::new(), Vec::new());
        let mut first: Option<(Page, Description)> = None;
        while next != 0 {
            if !seen.insert(next) {
                return Err(file.damaged("its pages go round in a circle"));
            }
            let (tags, after) = file.directory(next)?;
            // Of a page there may be smaller copies.
            let is_copy = file.one(&tags, tag::SUBFILE, 0)? & 1 == 1;
            if !is_copy || first.is_none() {
                let page = Page::of(&mut file, &tags)?;
                match &first {
                    None => first = Some((page, description(&mut file, &tags)?)),
                    Some((like, _)) if page != *like => {
                        let what = format!(
                            "a TIFF whose pages differ ({} x {} of {} and {} x {} of {})",
                            like.width, like.height, like.dtype, page.width, page.height, page.dtype
                        );
                        return Err(unsupported(path, what, "write each page as a file of its own"));
                    }
                    Some(_) => {}
                }
                places.push(next);
            }
            next = after;
        }
        let Some((page, description)) = first else { return Err(file.damaged("it has no page")) };
        if let Some(axis) = description.other_axis(&page) {
            let remedy = "write the labels of one volume: one number per voxel, and a page per slice";
            return Err(unsupported(path, format!("a TIFF stack over {axis}"), remedy));
        }
        let pages = places.len() as u64;
        let slices = if pages == 1 { description.images().unwrap_or(1).max(1) } else { 1 };
        let remedy = "write the labels of one volume, a page per slice, in their order";
        match description.slices(&page) {
            Some(said) if said != pages.saturating_mul(slices) => {
                let what = format!("a TIFF of {pages} pages whose description tells of {said}");
                return Err(unsupported(path, what, remedy));
            }
            _ if description.has_other_images() => {
                return Err(unsupported(path, "a TIFF of several images, or of slices in another order", remedy));
            }
            _ => {}
        }
        let depth = slices.saturating_mul(places.len() as u64);
        let mut shape = vec![page.width, page.height];
        if depth > 1 {
            shape.push(depth);
        }
        let mut header = picture::header(Format::TIFF, shape, page.dtype, page.meaning, path)?;
        let beside = size::beside(from, header.shape.len())?;
        if let Some(spacing) = beside.or_else(|| description.spacing(depth > 1)) {
            header.geometry = Geometry::from_spacing(spacing);
        }
        Ok(Self { file, places, page, slices, header })
    }

    pub fn byte_order(&self) -> ByteOrder {
        self.file.order
    }

    pub fn length(&self) -> u64 {
        self.file.length
    }

    pub fn slices(self, colours: Option<Arc<Colours>>) -> Slices<'a> {
        let Self { file, places, page, slices, .. } = self;
        let stacked = slices > 1 || places.len() > 1;
        let pixels = Pixels::new(page.pixel, page.width, page.height, stacked).coloured(colours);
        Slices { file, places, page, slices, pixels, next: 0, current: None, budget: None }
    }
}

fn description(file: &mut File<'_>, tags: &Directory) -> Result<Description, FileError> {
    let text = file.text(tags, tag::DESCRIPTION)?.unwrap_or_default();
    let [x, y] = [file.fraction(tags, tag::X_RESOLUTION)?, file.fraction(tags, tag::Y_RESOLUTION)?];
    Ok(Description { text, per_unit: x.zip(y) })
}

/// The pixels of all pages.
pub(super) struct Slices<'a> {
    file: File<'a>,
    places: Vec<u64>,
    page: Page,
    slices: u64,
    pixels: Pixels,
    /// The page after this one.
    next: usize,
    current: Option<Pieces>,
    /// Bytes of packed pieces that are left: all together are not more than the file, unless they overlap, as only in
    /// a file that is made to fill the memory.
    budget: Option<u64>,
}

/// The pieces of a page, row by row of them.
struct Pieces {
    storage: Storage,
    /// Where each piece is, and its bytes.
    places: Vec<(u64, u64)>,
    /// Rows of pixels that were given.
    row: u64,
    /// Rows of the page, of all slices.
    rows: u64,
}

impl Slices<'_> {
    fn open_page(&mut self, at: u64) -> Result<Pieces, FileError> {
        let file = &mut self.file;
        let (tags, _) = file.directory(at)?;
        let storage = Storage::of(file, &tags, &self.page)?;
        let [of_places, of_bytes] =
            if storage.tiled { [tag::TILES, tag::TILE_BYTES] } else { [tag::STRIPS, tag::STRIP_BYTES] };
        let rows = self.page.height.saturating_mul(self.slices);
        let [width, height] = storage.piece;
        let across = self.page.width.div_ceil(width);
        let needed = self.page.height.div_ceil(height).saturating_mul(across);
        let places = file.first_numbers(&tags, of_places, needed)?.unwrap_or_default();
        let bytes = file.first_numbers(&tags, of_bytes, needed)?;
        let row = self.page.pixel.row_bytes(self.page.width).unwrap_or(u64::MAX);
        let mut pieces: Vec<(u64, u64)> = match bytes {
            Some(bytes) => places.into_iter().zip(bytes).collect(),
            // Some writers leave the lengths of plain strips out.
            None if storage.packing == Packing::Plain && !storage.tiled => {
                places.into_iter().map(|place| (place, height.saturating_mul(row))).collect()
            }
            None => return Err(file.damaged("it does not say how long its strips or tiles are")),
        };
        if (pieces.len() as u64) < needed {
            return Err(file.damaged(format!("a page has {} strips or tiles, and needs {needed}", pieces.len())));
        }
        pieces.truncate(usize::try_from(needed).unwrap_or(usize::MAX));
        let mut storage = storage;
        if self.slices > 1 {
            // The slices of ImageJ's large stacks follow the strip of the first one.
            let (Packing::Plain, false, Some(&(start, _))) = (storage.packing, storage.tiled, pieces.first()) else {
                return Err(file.damaged("it has fewer pages than its description says"));
            };
            pieces = vec![(start, rows.saturating_mul(row))];
            storage.piece = [self.page.width, rows];
        }
        Ok(Pieces { storage, places: pieces, row: 0, rows })
    }

    /// Rows of unpacked strips, a block at a time.
    fn plain_rows(&mut self, pieces: &mut Pieces, part: &mut Vec<u8>) -> Result<(), FileError> {
        let row = self.page.pixel.row_bytes(self.page.width).unwrap_or(u64::MAX);
        let [_, height] = pieces.storage.piece;
        let (strip, within) = (pieces.row.checked_div(height), pieces.row.checked_rem(height));
        let (strip, within) = (strip.unwrap_or(0), within.unwrap_or(0));
        let place = usize::try_from(strip).ok().and_then(|strip| pieces.places.get(strip)).copied();
        let (start, length) = place.unwrap_or((0, 0));
        let left = height.saturating_sub(within).min(pieces.rows.saturating_sub(pieces.row));
        let rows = BLOCK.checked_div(row).unwrap_or(1).clamp(1, left.max(1));
        let from = within.saturating_mul(row);
        if from.saturating_add(rows.saturating_mul(row)) > length {
            return Err(self.file.damaged("a strip holds fewer pixels than its page says"));
        }
        // What lies behind the end of the file is said first: only of what is there too much can be asked.
        let bytes = self.file.bytes(start.saturating_add(from), rows.saturating_mul(row))?;
        self.spend(rows.saturating_mul(row))?;
        self.flatten(&bytes, part)?;
        pieces.row = pieces.row.saturating_add(rows);
        Ok(())
    }

    /// A packed strip, or all tiles beside each other.
    fn packed_rows(&mut self, pieces: &mut Pieces, part: &mut Vec<u8>) -> Result<(), FileError> {
        let (storage, pixel) = (pieces.storage, self.page.pixel);
        let [width, height] = storage.piece;
        let across = self.page.width.div_ceil(width);
        let rows = height.min(pieces.rows.saturating_sub(pieces.row));
        // The last tiles are as high as the others, and the last strip is not.
        let held = if storage.tiled { height } else { rows };
        let first = pieces.row.checked_div(height).unwrap_or(0).saturating_mul(across);
        let row = pixel.row_bytes(width).and_then(|row| usize::try_from(row).ok()).unwrap_or(usize::MAX);
        let held = usize::try_from(held).unwrap_or(usize::MAX);
        let mut side_by_side = Vec::new();
        for piece in first..first.saturating_add(across) {
            let place = usize::try_from(piece).ok().and_then(|piece| pieces.places.get(piece)).copied();
            let (start, length) = place.unwrap_or((0, 0));
            let packed = self.file.bytes(start, length)?;
            self.spend(length)?;
            let samples = chunk::unpack(packed, &storage, pixel, row, held);
            side_by_side.push(samples.map_err(|fault| self.file.damaged(fault))?);
        }
        if let [strip] = side_by_side.as_slice()
            && row == self.pixels.row_bytes()
        {
            let bytes = row.saturating_mul(usize::try_from(rows).unwrap_or(usize::MAX));
            self.flatten(strip.get(..bytes).unwrap_or(strip), part)?;
        } else {
            let mut line = Vec::new();
            let mut lines: Vec<_> = side_by_side.iter().map(|tile| tile.chunks_exact(row.max(1))).collect();
            for _ in 0..rows {
                line.clear();
                lines.iter_mut().for_each(|tile| line.extend_from_slice(tile.next().unwrap_or_default()));
                line.truncate(self.pixels.row_bytes());
                self.flatten(&line, part)?;
            }
        }
        pieces.row = pieces.row.saturating_add(rows);
        Ok(())
    }

    fn flatten(&mut self, rows: &[u8], part: &mut Vec<u8>) -> Result<(), FileError> {
        let length = self.pixels.row_bytes().max(1);
        for row in rows.chunks_exact(length) {
            let refused = |fault| FileError::Picture { path: self.file.path.to_path_buf(), fault };
            self.pixels.flatten(row, part).map_err(refused)?;
        }
        Ok(())
    }

    fn spend(&mut self, bytes: u64) -> Result<(), FileError> {
        let left = self.budget.unwrap_or(self.file.length).checked_sub(bytes);
        self.budget = Some(left.ok_or_else(|| self.file.damaged("its strips or tiles overlap"))?);
        Ok(())
    }
}

impl Parts for Slices<'_> {
    fn next(&mut self, part: &mut Vec<u8>) -> Result<bool, FileError> {
        part.clear();
        loop {
            let mut pieces = match self.current.take() {
                Some(pieces) => pieces,
                None => {
                    let Some(&at) = self.places.get(self.next) else { return Ok(false) };
                    self.next = self.next.saturating_add(1);
                    self.open_page(at)?
                }
            };
            if pieces.row >= pieces.rows {
                continue;
            }
            if pieces.storage.packing == Packing::Plain && !pieces.storage.tiled {
                self.plain_rows(&mut pieces, part)?;
            } else {
                self.packed_rows(&mut pieces, part)?;
            }
            self.current = Some(pieces);
            return Ok(true);
        }
    }
}
