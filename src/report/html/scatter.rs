//! True against predicted volumes, on logarithmic axes.

use super::text::short;

/// Of a drawing, in pixels, with a margin for what lies at the edges and the numbers beside them.
const SIZE: f64 = 320.0;
const LEFT: f64 = 54.0;
const BOTTOM: f64 = 284.0;

/// The right edge, with room for half of the last number.
const RIGHT: f64 = SIZE - 18.0;

/// Between an edge and the first value that has a place.
const GAP: f64 = 14.0;

/// A lesion, by its volumes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Point {
    Found { truth: f64, pred: f64 },
    Missed(f64),
    Invented(f64),
}

impl Point {
    fn volumes(self) -> [f64; 2] {
        match self {
            Self::Found { truth, pred } => [truth, pred],
            Self::Missed(volume) | Self::Invented(volume) => [volume; 2],
        }
    }
}

/// One drawing of all points; volumes are greater than 0.
pub(super) fn draw(points: &[Point], unit: &str) -> String {
    let exponents = || points.iter().flat_map(|point| point.volumes()).map(f64::log10).filter(|e| e.is_finite());
    let low = exponents().fold(f64::INFINITY, f64::min).floor().min(12.0);
    let high = exponents().fold(low + 1.0, f64::max).ceil();
    let share = |volume: f64| (volume.log10() - low) / (high - low);
    let x = |volume: f64| LEFT + GAP + share(volume) * (RIGHT - LEFT - GAP);
    let y = |volume: f64| BOTTOM - GAP - share(volume) * (BOTTOM - GAP - 8.0);
    let dots = |of: fn(Point) -> Option<[Option<f64>; 2]>| -> String {
        let place = |[truth, pred]: [Option<f64>; 2]| {
            format!("M{} {}h0", short(truth.map_or(LEFT, x)), short(pred.map_or(BOTTOM, y)))
        };
        points.iter().filter_map(|point| of(*point)).map(place).collect()
    };
    let found = dots(|point| match point {
        Point::Found { truth, pred } => Some([Some(truth), Some(pred)]),
        _ => None,
    });
    let missed = dots(|point| if let Point::Missed(volume) = point { Some([Some(volume), None]) } else { None });
    let invented = dots(|point| if let Point::Invented(volume) = point { Some([None, Some(volume)]) } else { None });
    let (mut grid, mut numbers) = (format!("M{LEFT} 8V{BOTTOM}H{RIGHT}"), String::new());
    for exponent in low as i32..=high as i32 {
        let (volume, name) = (10f64.powi(exponent), label(exponent));
        grid += &format!("M{} 8V{BOTTOM}M{LEFT} {}H{RIGHT}", short(x(volume)), short(y(volume)));
        numbers += &format!("<text x=\"{}\" y=\"{}\">{name}</text>", short(x(volume)), BOTTOM + 14.0);
        numbers += &format!("<text class=\"end\" x=\"{}\" y=\"{}\">{name}</text>", LEFT - 6.0, short(y(volume) + 4.0));
    }
    let [least, most] = [low, high].map(|exponent| 10f64.powf(exponent));
    let diagonal = format!("M{} {}L{} {}", short(x(least)), short(y(least)), short(x(most)), short(y(most)));
    let path = |class: &str, path: &str| {
        if path.is_empty() { String::new() } else { format!("<path class=\"{class}\" d=\"{path}\"/>") }
    };
    format!(
        "<svg class=\"scatter\" viewBox=\"0 0 {SIZE} {SIZE}\" role=\"img\" aria-label=\"True against predicted volumes\">{}{}{}{}{}\
         {numbers}<text x=\"{}\" y=\"{}\">true, {unit}</text><text class=\"up\" x=\"10\" y=\"{}\">predicted</text></svg>",
        path("grid", &grid),
        path("diagonal", &diagonal),
        path("found", &found),
        path("missed", &missed),
        path("invented", &invented),
        short((LEFT + SIZE) / 2.0),
        SIZE - 6.0,
        short(BOTTOM / 2.0)
    )
}

/// `0.1`, `10`, `1k`.
fn label(exponent: i32) -> String {
    match exponent {
        ..0 => format!("{:.*}", exponent.unsigned_abs().min(9) as usize, 10f64.powi(exponent)),
        0..3 => format!("{}", 10f64.powi(exponent)),
        3..6 => format!("{}k", 10f64.powi(exponent - 3)),
        _ => format!("{}M", 10f64.powi(exponent - 6)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lesions_lie_where_their_volumes_are() {
        let points = [Point::Found { truth: 100.0, pred: 1.0 }, Point::Missed(10.0), Point::Invented(1.0)];
        let svg = draw(&points, "mm³");
        assert!(svg.contains("class=\"found\" d=\"M302 270h0\""), "{svg}");
        assert!(
            svg.contains("class=\"missed\" d=\"M185 284h0\"") && svg.contains("class=\"invented\" d=\"M54 270h0\"")
        );
        assert_eq!([-2, 0, 2, 3, 5, 7].map(label), ["0.01", "1", "100", "1k", "100k", "10M"]);
        assert!(!draw(&[Point::Missed(5.0)], "voxels").contains("NaN"));
    }
}
