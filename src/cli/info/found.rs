//! What a file holds, and how it is shown.

use super::content::{Channels, Content, Labels, Number};
use crate::cli::warning::Warning;
use crate::eval;
use crate::io::nrrd::{Segment, segments};
use crate::io::{self, AffineSource, Format, Geometry, Meaning, Scale, npy};
use crate::report::grid::{Align, Grid, Tone};
use crate::text::{extent, grouped, millilitres, plain, printable, shown};
use anyhow::Result;
use serde_json::{Map, Value, json};
use std::fmt::Write;
use std::path::Path;

/// Labels shown in a table; more than that is an image.
const SHOWN: usize = 256;

/// A file that was read.
pub(super) struct Found<'a> {
    path: &'a Path,
    /// x first; of an array as NumPy has it.
    shape: Vec<u64>,
    dtype: &'static str,
    scale: Option<Scale>,
    /// An array has none, nor has a picture that does not say.
    geometry: Option<Geometry>,
    picture: Option<Meaning>,
    /// Of 3D Slicer's segmentations, in the file's order.
    segments: Vec<Segment>,
    content: Content,
    /// Bytes behind the voxels.
    surplus: u64,
}

impl<'a> Found<'a> {
    pub fn read(path: &'a Path) -> Result<Self> {
        if io::is_array(path) {
            let npy::Array { elements, shape } = npy::read(path)?;
            let dtype = elements.dtype_name();
            let content = Content::of(elements.into_voxels(), &Channels::one(), false);
            let (scale, geometry, segments) = (None, None, Vec::new());
            return Ok(Self { path, shape, dtype, scale, geometry, picture: None, segments, content, surplus: 0 });
        }
        let io::Image { header, voxels, surplus } = io::read(path)?;
        let segments = if header.format == Format::NRRD { segments(path)? } else { Vec::new() };
        let channels = match segments.is_empty() {
            true => Channels::one(),
            false => Channels {
                count: usize::try_from(header.channels)?,
                layers: segments.iter().map(|segment| segment.layer).collect(),
            },
        };
        let content = Content::of(voxels, &channels, header.scale.is_some());
        Ok(Self {
            path,
            shape: header.shape,
            dtype: header.dtype.name(),
            scale: header.scale,
            geometry: Some(header.geometry).filter(|geometry| geometry.source != AffineSource::Unsaid),
            picture: Some(header.meaning).filter(|_| header.format.is_picture()),
            segments,
            content,
            surplus,
        })
    }

    /// The notes about it.
    pub fn warning(&self) -> Option<Warning> {
        let file = || self.path.display().to_string();
        (self.surplus > 0).then(|| eval::Warning::Surplus { file: file(), bytes: self.surplus }.into())
    }

    pub fn json(&self) -> Value {
        let Self { geometry, content, .. } = self;
        let labels = content.labels.as_ref().map(|labels| {
            labels.iter().map(|(label, &voxels)| (label.to_string(), voxels.into())).collect::<Map<String, Value>>()
        });
        let mut found = json!({
            "file": self.path.to_string_lossy(),
            "shape": self.shape,
            "dtype": self.dtype,
            "spacing": geometry.map(|geometry| plain(geometry.spacing)),
            "affine": geometry.map(|geometry| geometry.affine),
            "spacing_mm": geometry.as_ref().map(edges_mm),
            "affine_mm": geometry.map(|geometry| geometry.affine_mm()),
            "labels": labels,
            "min": content.min.map(Number::json),
            "max": content.max.map(Number::json),
            "mean": content.mean(),
            "sum": content.sum.json(),
            "non_finite": content.non_finite,
        });
        if let Some(note) = self.look() {
            found["picture"] = note.into();
        }
        if !self.segments.is_empty() {
            let segment = |segment: &Segment| {
                json!({
                    "name": segment.name,
                    "label": segment.label,
                    "layer": segment.layer,
                    "voxels": self.voxels_of(segment),
                })
            };
            found["segments"] = self.segments.iter().map(segment).collect();
        }
        if self.surplus > 0 {
            found["surplus_bytes"] = self.surplus.into();
        }
        found
    }

    pub fn text(&self) -> String {
        let Self { geometry, content, .. } = self;
        let mut text = format!("{}\n", shown(self.path));
        let mut line = |name: &str, value: String| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {name:<9}{value}");
        };
        let scale = self.scale.map(|s| format!(", scaled by {} + {}", s.slope, s.inter)).unwrap_or_default();
        line("shape", format!("{} voxels of {}{scale}", extent(&self.shape), self.dtype));
        if let Some(geometry) = geometry {
            line("spacing", format!("{} mm", edges_mm(geometry).map(|edge| edge.to_string()).join(" x ")));
            for (row, name) in geometry.affine_mm().iter().take(3).zip(["affine", "", ""]) {
                line(name, row.map(|v| format!("{v:>12.4}")).concat());
            }
        }
        if geometry.is_none() && self.picture.is_some() {
            line("spacing", "the file does not say how large a pixel is".into());
        }
        if let Some(note) = self.look() {
            line("picture", note);
        }
        if let (Some(min), Some(max)) = (content.min, content.max) {
            line("range", format!("{min} to {max}"));
            let mean = content.mean().map_or_else(String::new, |mean| format!(", mean {mean}"));
            line("sum", format!("{}{mean}", content.sum));
        }
        if content.non_finite > 0 {
            line("unusable", format!("{} voxels are NaN or infinite", grouped(content.non_finite)));
        }
        if let Some(labels) = &content.labels {
            line("labels", format!("{} different values", grouped(labels.len() as u64)));
            if labels.len() > SHOWN {
                line("", "too many to list; --format json has them all".into());
            } else {
                let _ = write!(text, "\n{}", self.label_table(labels));
            }
        }
        if !self.segments.is_empty() {
            let _ = write!(text, "\n{}", self.segment_table());
        }
        text
    }

    /// Why a picture looks as it does in a viewer, and what its numbers mean.
    fn look(&self) -> Option<String> {
        let meaning = self.picture?;
        let (labels, Number::Whole(max)) = (self.content.labels.as_ref()?, self.content.max?) else { return None };
        let white: i128 = match self.dtype {
            "u8" => 255,
            "u16" => 65_535,
            _ => return None,
        };
        let only = |wanted: &[i128]| labels.keys().all(|label| wanted.contains(label));
        Some(match meaning {
            Meaning::Palette => "places in a palette: these are the labels, whatever colours a viewer shows".into(),
            Meaning::Brightness if max == white && only(&[0, white]) => {
                "0 and 255 alone: a mask, whose 255 counts as label 1".into()
            }
            _ if max > 0 && max < white / 8 => {
                let list: Vec<String> = labels.keys().take(10).map(i128::to_string).collect();
                let more = if labels.len() > list.len() { ", ..." } else { "" };
                format!("labels {}{more}; it looks black in a viewer, where {white} is white", list.join(", "))
            }
            _ if max == 0 => "black: no pixel is labelled".into(),
            _ => return None,
        })
    }

    fn label_table(&self, labels: &Labels) -> String {
        let columns = [("label", Align::Right), ("voxels", Align::Right), ("share", Align::Right)];
        let volume = self.voxel_ml();
        let mut grid = match volume {
            Some(_) => Grid::new(&[&columns[..], &[("ml", Align::Right)]].concat()),
            None => Grid::new(&columns),
        };
        let all: u64 = labels.values().sum();
        for (label, &voxels) in labels {
            let share = 100.0 * voxels as f64 / all as f64;
            let mut row = vec![label.to_string(), grouped(voxels), format!("{share:.2} %")];
            row.extend(volume.map(|ml| format!("{:.2}", ml * voxels as f64)));
            grid.row(row.into_iter().map(|cell| (cell, Tone::Plain)));
        }
        grid.render(false)
    }

    fn segment_table(&self) -> String {
        let right = ["label", "layer", "voxels"].map(|name| (name, Align::Right));
        let mut grid = Grid::new(&[&[("segment", Align::Left)], &right[..]].concat());
        for segment in &self.segments {
            let voxels = self.voxels_of(segment).map_or("-".into(), grouped);
            let row = [printable(&segment.name), segment.label.to_string(), segment.layer.to_string(), voxels];
            grid.row(row.map(|cell| (cell, Tone::Plain)));
        }
        grid.render(false)
    }

    /// Voxels of a segment; none where its layer is not there, or holds fractions.
    fn voxels_of(&self, segment: &Segment) -> Option<u64> {
        let layer = self.content.layers.get(&segment.layer)?;
        Some(layer.get(&segment.label.into()).copied().unwrap_or(0))
    }

    /// Volume of one voxel of a three-dimensional image, as `eval` has it.
    fn voxel_ml(&self) -> Option<f64> {
        millilitres(&self.shape, self.geometry.as_ref().map(edges_mm)?)
    }
}

/// In millimetres, converted from the unit of the file.
fn edges_mm(geometry: &Geometry) -> [f64; 3] {
    plain(geometry.spacing).map(|edge| edge * geometry.units.in_mm())
}
