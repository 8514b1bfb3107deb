//! What the axes are: of space or not, how long, and where they lead.

use crate::error::HeaderFault;
use crate::io::fields::{Fields, bad, finite};
use crate::io::geometry::{AffineSource, Geometry, Units};

/// The axes of a file.
pub(super) struct Axes {
    /// The axis which is not of space, if there is one.
    pub other: Option<usize>,
    /// Whether that one is time, and not channels.
    pub is_time: bool,
    pub geometry: Geometry,
}

/// Kinds of axes that are of space, or that do not say.
const OF_SPACE: [&str; 4] = ["domain", "space", "none", "???"];

/// `layers` is the axis in which the segments of a segmentation lie, where the fields name no axis that is not of space.
pub(super) fn axes(fields: &Fields, rank: usize, layers: Option<usize>) -> Result<Axes, HeaderFault> {
    let kinds: Option<Vec<&str>> = fields.get("kinds").map(|kinds| kinds.split_whitespace().collect());
    if let Some(kinds) = kinds.as_ref().filter(|kinds| kinds.len() != rank) {
        return Err(bad("kinds", &kinds.join(" "), "one kind for each dimension"));
    }
    let (dimension, to_ras) = space(fields)?;
    // Without any direction the field says no more than if it were not there.
    let directions = directions(fields, rank, dimension)?.filter(|list| list.iter().any(Option::is_some));
    let kind = |axis: usize| kinds.as_ref().and_then(|kinds| kinds.get(axis)).copied().unwrap_or("???");
    let is_other = |axis: usize| match directions.as_ref().and_then(|directions| directions.get(axis)) {
        Some(direction) => direction.is_none(),
        None => !OF_SPACE.iter().any(|name| name.eq_ignore_ascii_case(kind(axis))),
    };
    let mut others: Vec<usize> = (0..rank).filter(|&axis| is_other(axis)).collect();
    others.extend(layers.filter(|_| others.is_empty()));
    let other = match others.as_slice() {
        [] => None,
        [axis] => Some(*axis),
        _ => return Err(HeaderFault::Unsupported("an image with several axes which are not of space")),
    };
    let of_space: Vec<usize> = (0..rank).filter(|axis| !others.contains(axis)).collect();
    let spacings = spacings(fields, rank)?;
    let axes = std::array::from_fn(|index| {
        let unit = std::array::from_fn(|row| if row == index { 1.0 } else { 0.0 });
        let Some(&axis) = of_space.get(index) else { return (1.0, unit) };
        match directions.as_ref().and_then(|directions| directions.get(axis)).copied().flatten() {
            // The length stays in the direction, so that the affine has the numbers of the file.
            Some(direction) => (1.0, direction),
            None => (spacings.as_ref().and_then(|s| s.get(axis)).copied().flatten().unwrap_or(1.0), unit),
        }
    });
    let origin = match fields.get("space origin") {
        None => [0.0; 3],
        Some(text) => {
            let expected = "a vector of finite numbers in parentheses, as long as the space has dimensions";
            vectors(text)
                .and_then(|list| <[_; 1]>::try_from(list).ok())
                .and_then(|[origin]| padded(&origin?, dimension))
                .ok_or_else(|| bad("space origin", text, expected))?
        }
    };
    let mut geometry = Geometry::from_axes(axes, origin, to_ras, units(fields));
    match directions {
        Some(_) => geometry.measure(),
        None if fields.get("space origin").is_none() => geometry.source = AffineSource::Pixdim,
        None => {}
    }
    Ok(Axes { other, is_time: other.is_some_and(|axis| kind(axis).eq_ignore_ascii_case("time")), geometry })
}

/// The dimensions of the space, where it says them, and the signs that turn its axes to ours.
fn space(fields: &Fields) -> Result<(Option<usize>, [f64; 3]), HeaderFault> {
    let lps = [-1.0, -1.0, 1.0];
    let Some(name) = fields.get("space") else {
        return Ok((fields.one("space dimension", "a number of dimensions")?, lps));
    };
    Ok(match name.to_ascii_lowercase().as_str() {
        "right-anterior-superior" | "ras" => (Some(3), [1.0, 1.0, 1.0]),
        "left-anterior-superior" | "las" => (Some(3), [-1.0, 1.0, 1.0]),
        "left-posterior-superior" | "lps" => (Some(3), lps),
        "right-anterior-superior-time" | "rast" => (Some(4), [1.0, 1.0, 1.0]),
        "left-anterior-superior-time" | "last" => (Some(4), [-1.0, 1.0, 1.0]),
        "left-posterior-superior-time" | "lpst" => (Some(4), lps),
        "scanner-xyz" | "3d-right-handed" | "3d-left-handed" => (Some(3), lps),
        "scanner-xyz-time" | "3d-right-handed-time" | "3d-left-handed-time" => (Some(4), lps),
        _ => return Err(bad("space", name, "a space that the format defines")),
    })
}

type Directions = Vec<Option<[f64; 3]>>;

fn directions(fields: &Fields, rank: usize, dimension: Option<usize>) -> Result<Option<Directions>, HeaderFault> {
    let Some(text) = fields.get("space directions") else { return Ok(None) };
    vectors(text)
        .filter(|list| list.len() == rank)
        .and_then(|list| {
            let one = |vector: Option<Vec<f64>>| match vector {
                None => Some(None),
                Some(vector) => padded(&vector, dimension).map(Some),
            };
            list.into_iter().map(one).collect()
        })
        .ok_or_else(|| bad("space directions", text, "a vector of finite numbers, or none, for each dimension"))
        .map(Some)
}

/// A vector in the three axes of space; below three the others are 0, and above three there is time.
fn padded(vector: &[f64], dimension: Option<usize>) -> Option<[f64; 3]> {
    let fits = dimension.is_none_or(|dimension| dimension == vector.len());
    fits.then(|| std::array::from_fn(|row| vector.get(row).copied().unwrap_or(0.0)))
}

/// `(1,0,0) (0, 1, 0) none`.
fn vectors(text: &str) -> Option<Vec<Option<Vec<f64>>>> {
    let mut list = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("none") {
            list.push(None);
            rest = after.trim_start();
        } else {
            let (vector, after) = rest.strip_prefix('(')?.split_once(')')?;
            list.push(Some(finite(vector.split(',').map(str::trim))?));
            rest = after.trim_start();
        }
    }
    Some(list)
}

/// NaN is what the format has for an axis without a spacing.
fn spacings(fields: &Fields, rank: usize) -> Result<Option<Vec<Option<f64>>>, HeaderFault> {
    let Some(text) = fields.get("spacings") else { return Ok(None) };
    let one = |word: &str| match word.parse::<f64>() {
        Ok(number) if number.is_nan() => Some(None),
        Ok(number) if number.is_finite() => Some(Some(number)),
        _ => None,
    };
    let list: Option<Vec<_>> = text.split_whitespace().map(one).collect();
    list.filter(|list| list.len() == rank)
        .ok_or_else(|| bad("spacings", text, "one number for each dimension"))
        .map(Some)
}

fn units(fields: &Fields) -> Units {
    let Some(text) = fields.get("space units") else { return Units::Unknown };
    match text.split('"').nth(1) {
        Some("mm") => Units::Millimetre,
        Some("um" | "\u{b5}m" | "\u{3bc}m") => Units::Micron,
        Some("m") => Units::Metre,
        _ => Units::Unknown,
    }
}
