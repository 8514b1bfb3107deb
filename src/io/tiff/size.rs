//! The size of a voxel, where a file or one beside it says it, and over which axes a stack goes.

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

    fn is_ome(&self) -> bool {
        self.text.contains("<OME") && self.text.contains("<Pixels")
    }

    /// The value of a line `name=value`, as ImageJ writes them.
    fn line(&self, name: &str) -> Option<&str> {
        let mut lines = self.text.lines().filter(|_| self.is_imagej());
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).map(str::trim)
    }

    /// The value of an attribute of OME's first image.
    fn attribute(&self, name: &str) -> Option<&str> {
        let pixels = self.text.split("<Pixels").nth(1).filter(|_| self.is_ome())?.split('>').next()?;
        let mut words = pixels.split(name).skip(1);
        words.find_map(|rest| rest.strip_prefix("=\"")?.split('"').next())
    }

    /// The axis besides those of space, where the stack goes over one.
    pub fn other_axis(&self) -> Option<&'static str> {
        let many = |text: Option<&str>| text.and_then(|text| text.parse().ok()).is_some_and(|count: u64| count > 1);
        if many(self.line("channels")) || many(self.attribute("SizeC")) {
            return Some("channels");
        }
        if many(self.line("frames")) && many(self.line("slices")) || many(self.attribute("SizeT")) {
            return Some("times");
        }
        let long = |shape: &str| shape.split(',').filter(|length| length.trim() != "1").count();
        (self.shape().map_or(0, long) > 3).then_some("more axes than three")
    }

    /// How many slices the whole has, where it says so.
    pub fn slices(&self) -> Option<u64> {
        if self.is_ome() {
            return self.attribute("SizeZ")?.parse().ok();
        }
        let lengths =
            |shape: &str| shape.split(',').map(|length| length.trim().parse().ok()).collect::<Option<Vec<u64>>>();
        match self.shape() {
            Some(shape) => {
                let lengths = lengths(shape)?;
                // The last two axes are those of a page.
                let over = lengths.len().checked_sub(2)?;
                Some(lengths.iter().take(over).fold(1, |product: u64, &length| product.saturating_mul(length)))
            }
            None => self.images(),
        }
    }

    /// Whether OME has several images in a file, or planes in another order than that of the pages.
    pub fn has_other_images(&self) -> bool {
        let images = || self.text.split("<Image").skip(1).filter(|rest| rest.starts_with([' ', '>', '\n', '\t', '\r']));
        let moved = |plane: &str| {
            let inside = plane.split('>').next().unwrap_or_default();
            let number = |name: &str| -> u64 {
                let found = inside.split(name).nth(1).and_then(|rest| rest.strip_prefix("=\"")?.split('"').next());
                found.and_then(|text| text.parse().ok()).unwrap_or(0)
            };
            number("FirstZ") != number("IFD")
        };
        self.is_ome() && (images().nth(1).is_some() || self.text.split("<TiffData").skip(1).any(moved))
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

    fn of(text: &str, per_unit: Option<(f64, f64)>) -> Description {
        Description { text: text.into(), per_unit }
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
    }

    #[test]
    fn what_is_said_of_slices_is_known() {
        for (text, slices) in [
            ("ImageJ=1.54f\nimages=9\nslices=9\n", Some(9)),
            ("{\"shape\": [5, 32, 48], \"truncated\": true}", Some(5)),
            ("{\"shape\": [32, 48]}", Some(1)),
            (
                "<OME><Image ID=\"0\"><Pixels SizeZ=\"7\"><TiffData IFD=\"0\" PlaneCount=\"7\"/></Pixels></Image></OME>",
                Some(7),
            ),
            ("a label map", None),
        ] {
            assert_eq!((of(text, None).slices(), of(text, None).has_other_images()), (slices, false), "{text}");
        }
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
        ] {
            assert_eq!(of(text, None).other_axis(), axis, "{text}");
        }
    }
}
