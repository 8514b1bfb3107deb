//! The size of a voxel, where a file or one beside it says it, and over which axes a stack goes.

use super::ome::{attribute, elements};
use super::page::Page;
use crate::error::FileError;
use crate::io::input::FileRef;
use crate::io::picture::unsupported;
use std::io::Read;

/// The most that is read of a file beside a picture.
const MOST_BESIDE: u64 = 1 << 16;

/// What the first page says about the whole.
pub(super) struct Description {
    pub text: String,
    /// Pixels to a unit, along x and y.
    pub per_unit: Option<(f64, f64)>,
}

impl Description {
    fn is_imagej(&self) -> bool {
        self.text.starts_with("ImageJ=")
    }

    /// The first element of OME's of this name.
    fn ome<'a>(&'a self, name: &str) -> Option<&'a str> {
        elements(&self.text, "OME").next()?;
        elements(&self.text, name).next()
    }

    /// The value of a line `name=value`, as ImageJ writes them.
    fn line(&self, name: &str) -> Option<&str> {
        let mut lines = self.text.lines().filter(|_| self.is_imagej());
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).map(str::trim)
    }

    /// The value of an attribute of OME's first image.
    fn attribute(&self, name: &str) -> Option<&str> {
        attribute(self.ome("Pixels")?, name)
    }

    /// The axis besides those of space and of a pixel's samples, where the stack goes over one.
    pub fn other_axis(&self, page: &Page) -> Option<&'static str> {
        let more = |than: u64, text: Option<&str>| {
            text.and_then(|text| text.parse().ok()).is_some_and(|count: u64| count > than)
        };
        if more(1, self.line("channels")) || more(page.samples(), self.attribute("SizeC")) {
            return Some("channels");
        }
        if more(1, self.line("frames")) && more(1, self.line("slices")) || more(1, self.attribute("SizeT")) {
            return Some("times");
        }
        let over = self.lengths_over_pages(page).unwrap_or_default();
        (over.iter().filter(|length| **length != 1).count() > 1).then_some("more axes than three")
    }

    /// How many slices the whole has, where it says so.
    pub fn slices(&self, page: &Page) -> Option<u64> {
        if self.ome("Pixels").is_some() {
            return self.attribute("SizeZ")?.parse().ok();
        }
        match self.shape() {
            Some(_) => {
                let over = self.lengths_over_pages(page)?;
                Some(over.iter().fold(1, |product: u64, &length| product.saturating_mul(length)))
            }
            None => self.images(),
        }
    }

    /// Whether OME has several images in a file, or planes in another order than that of the pages.
    pub fn has_other_images(&self) -> bool {
        let number =
            |plane: &str, name: &str| attribute(plane, name).and_then(|text| text.parse().ok()).unwrap_or(0u64);
        let mut moved =
            elements(&self.text, "TiffData").filter(|plane| number(plane, "FirstZ") != number(plane, "IFD"));
        self.ome("Pixels").is_some() && (elements(&self.text, "Image").nth(1).is_some() || moved.next().is_some())
    }

    /// Of the shape that tifffile writes the axes before those of a page, which are two, and behind them that of its samples,
    /// even where it has but one.
    fn lengths_over_pages(&self, page: &Page) -> Option<Vec<u64>> {
        let lengths = self.shape()?.split(',').map(|length| length.trim().parse().ok());
        let mut lengths = lengths.collect::<Option<Vec<u64>>>()?;
        let axes = if lengths.ends_with(&[page.height, page.width, page.samples()]) { 3 } else { 2 };
        lengths.truncate(lengths.len().checked_sub(axes)?);
        Some(lengths)
    }

    /// The shape that tifffile writes of an array.
    fn shape(&self) -> Option<&str> {
        self.text.strip_prefix("{\"shape\": [").and_then(|rest| rest.split(']').next())
    }

    /// Slices of ImageJ's stack.
    pub fn images(&self) -> Option<u64> {
        self.line("images")?.parse().ok()
    }

    /// In millimetres, x first. A picture has no third one.
    pub fn spacing(&self, stacked: bool) -> Option<[f64; 3]> {
        let known = |spacing: [f64; 3]| spacing.iter().all(|edge| edge.is_finite() && *edge > 0.0);
        self.of_ome(stacked).or_else(|| self.of_imagej()).filter(|spacing| known(*spacing))
    }

    fn of_ome(&self, stacked: bool) -> Option<[f64; 3]> {
        let along = |axis: &str| -> Option<f64> {
            let size: f64 = self.attribute(&format!("PhysicalSize{axis}"))?.parse().ok()?;
            Some(size * in_mm(self.attribute(&format!("PhysicalSize{axis}Unit")).unwrap_or("µm"))?)
        };
        let z = if stacked { along("Z")? } else { along("Z").unwrap_or(1.0) };
        Some([along("X")?, along("Y")?, z])
    }

    fn of_imagej(&self) -> Option<[f64; 3]> {
        let unit = in_mm(self.line("unit")?)?;
        let (x, y) = self.per_unit?;
        let z: f64 = self.line("spacing").map_or(Some(1.0), |text| text.parse().ok())?;
        Some([unit / x, unit / y, unit * z.abs()])
    }
}

/// What a unit is in millimetres; `None` for pixels and what is not known.
fn in_mm(unit: &str) -> Option<f64> {
    Some(match unit {
        "m" => 1000.0,
        "cm" => 10.0,
        "mm" => 1.0,
        "µm" | "μm" | "um" | "micron" | "microns" | "\\u00B5m" => 1e-3,
        // As XML may have these letters.
        "&#181;m" | "&#xB5;m" | "&#xb5;m" | "&#956;m" | "&#x3BC;m" | "&#x3bc;m" => 1e-3,
        "nm" => 1e-6,
        "inch" | "in" => 25.4,
        _ => return None,
    })
}

/// What nnU-Net has beside a picture: `case.json` with `"spacing"`, in the order of an array, slowest axis first.
pub(super) fn beside(file: &FileRef<'_>, axes: usize) -> Result<Option<[f64; 3]>, FileError> {
    let path = file.path().with_extension("json");
    let other = file.beside(path.clone());
    if !other.may_exist() {
        return Ok(None);
    }
    let Ok((reader, _)) = other.open() else { return Ok(None) };
    let mut bytes = Vec::new();
    // What cannot be read says nothing.
    let _ = reader.take(MOST_BESIDE).read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes);
    let Some((_, rest)) = text.split_once("\"spacing\"") else { return Ok(None) };
    let list = rest.trim_start().strip_prefix(':').map(str::trim_start).and_then(|rest| rest.strip_prefix('['));
    let numbers = list.and_then(|list| list.split_once(']')).map(|(list, _)| list.split(',').map(|n| n.trim().parse()));
    let numbers: Option<Vec<f64>> = numbers.and_then(|numbers| numbers.collect::<Result<_, _>>().ok());
    let known = |edge: &f64| edge.is_finite() && *edge > 0.0;
    match numbers.as_deref() {
        Some(&[z, y, x]) if [z, y, x].iter().all(known) => Ok(Some([x, y, z])),
        Some(&[y, x]) if axes == 2 && [y, x].iter().all(known) => Ok(Some([x, y, 1.0])),
        _ => {
            let remedy = "give one positive number in mm for each axis, the slowest axis first";
            Err(unsupported(&path, "the field \"spacing\" beside a TIFF", remedy))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::StoredType;
    use crate::io::header::Meaning;
    use crate::io::picture::Pixel;

    fn of(text: &str, per_unit: Option<(f64, f64)>) -> Description {
        Description { text: text.into(), per_unit }
    }

    fn page(width: u64, height: u64, colours: usize) -> Page {
        let pixel = Pixel { colours, ..Pixel::grey(8) };
        Page { width, height, dtype: StoredType::U8, meaning: Meaning::Numbers, pixel }
    }

    #[test]
    fn sizes_of_imagej_and_ome_are_in_millimetres() {
        let text = "ImageJ=1.54f\nimages=5\nslices=5\nunit=micron\nspacing=2.0\nloop=false\n";
        assert_eq!(of(text, Some((2.0, 4.0))).spacing(true), Some([0.0005, 0.00025, 0.002]));
        assert_eq!(of("ImageJ=1.54f\nunit=pixel\n", Some((1.0, 1.0))).spacing(false), None);
        assert_eq!(of("", Some((72.0, 72.0))).spacing(false), None);
        let text = "<?xml?><OME><Image><Pixels SizeC=\"1\" SizeT=\"1\" PhysicalSizeX=\"0.5\" PhysicalSizeY=\"0.5\" \
                    PhysicalSizeYUnit=\"mm\" PhysicalSizeZ=\"3\"></Pixels></Image></OME>";
        assert_eq!(of(text, None).spacing(true), Some([0.0005, 0.5, 0.003]));
        assert_eq!(of(&text.replace("PhysicalSizeZ", "x"), None).spacing(true), None);
        let text =
            "<a:OME><a:Pixels SizeC='1' PhysicalSizeX = '2' PhysicalSizeXUnit='&#xB5;m' PhysicalSizeY='3'/></a:OME>";
        assert_eq!(of(text, None).spacing(false), Some([0.002, 0.003, 1.0]));
    }

    #[test]
    fn what_is_said_of_slices_is_known() {
        for (text, slices) in [
            ("ImageJ=1.54f\nimages=9\nslices=9\n", Some(9)),
            ("{\"shape\": [5, 32, 48], \"truncated\": true}", Some(5)),
            ("{\"shape\": [32, 48]}", Some(1)),
            ("{\"shape\": [32, 48, 1]}", Some(1)),
            ("{\"shape\": [5, 32, 48, 1]}", Some(5)),
            ("<x:OME><x:Image ID='0'><x:Pixels PhysicalSizeZ='3' SizeZ = '7'/></x:Image></x:OME>", Some(7)),
            (
                "<OME><Image ID=\"0\"><Pixels SizeZ=\"7\"><TiffData IFD=\"0\" PlaneCount=\"7\"/></Pixels></Image></OME>",
                Some(7),
            ),
            ("a label map", None),
        ] {
            let found = of(text, None);
            assert_eq!((found.slices(&page(48, 32, 1)), found.has_other_images()), (slices, false), "{text}");
        }
        // Colours, as tifffile writes them; a stack whose pages are as narrow as a pixel has samples; and a page of another shape.
        let colours = page(9, 8, 3);
        assert_eq!(of("{\"shape\": [8, 9, 3]}", None).slices(&colours), Some(1));
        assert_eq!(of("{\"shape\": [5, 8, 9, 3]}", None).slices(&colours), Some(5));
        assert_eq!(of("{\"shape\": [8, 9, 3]}", None).slices(&page(3, 9, 1)), Some(8));
        assert_eq!(of("{\"shape\": [8, 9, 3]}", None).slices(&page(2, 2, 3)), Some(8));
        let planes = "<TiffData IFD=\"0\" FirstZ=\"1\"/><TiffData IFD=\"1\" FirstZ=\"0\"/>";
        for inside in [planes, "</Pixels></Image><Image ID=\"1\"><Pixels>"] {
            let text = format!("<OME><Image ID=\"0\"><Pixels SizeZ=\"2\">{inside}</Pixels></Image></OME>");
            assert!(of(&text, None).has_other_images(), "{text}");
        }
    }

    #[test]
    fn stacks_over_other_axes_are_told() {
        for (text, axis) in [
            ("ImageJ=1.54f\nimages=6\nchannels=2\nslices=3\n", Some("channels")),
            ("ImageJ=1.54f\nimages=6\nslices=2\nframes=3\n", Some("times")),
            ("ImageJ=1.54f\nimages=6\nslices=6\n", None),
            ("{\"shape\": [2, 3, 7, 11]}", Some("more axes than three")),
            ("{\"shape\": [1, 3, 7, 11]}", None),
            ("<OME><Pixels SizeC=\"1\" SizeT=\"4\"/>", Some("times")),
            ("<a:OME><a:Pixels SizeC='1' SizeT = '4'/>", Some("times")),
        ] {
            assert_eq!(of(text, None).other_axis(&page(11, 7, 1)), axis, "{text}");
        }
        let three = "<OME><Pixels SizeC=\"3\"/></OME>";
        assert_eq!(of(three, None).other_axis(&page(11, 7, 3)), None);
        assert_eq!(of(three, None).other_axis(&page(11, 7, 1)), Some("channels"));
        assert_eq!(of("{\"shape\": [5, 7, 11, 3]}", None).other_axis(&page(11, 7, 3)), None);
        assert_eq!(of("{\"shape\": [2, 5, 7, 11, 3]}", None).other_axis(&page(11, 7, 3)), Some("more axes than three"));
    }
}
