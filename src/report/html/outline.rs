//! Cells of a slice as SVG paths, in units of cells: areas of few rectangles, and outlines along the edges of the
//! cells.

use crate::eval::pictures::Slice;
use std::fmt::Write;

/// All cells whose marks are `wanted`: runs of a row, and of equal runs in consecutive rows one rectangle.
pub(super) fn area(slice: &Slice, wanted: impl Fn(u8) -> bool) -> String {
    let mut path = String::new();
    // Left, right and top of the rectangles that may still grow.
    let mut open: Vec<(usize, usize, usize)> = Vec::new();
    for y in 0..=slice.height {
        let runs = if y < slice.height { runs(slice, y, &wanted) } else { Vec::new() };
        let (grown, closed): (Vec<_>, Vec<_>) =
            open.into_iter().partition(|(left, right, _)| runs.contains(&(*left, *right)));
        for (left, right, top) in closed {
            let width = right - left;
            // Writing to a string cannot fail.
            let _ = write!(path, "M{left} {top}h{width}v{}h-{width}z", y - top);
        }
        let fresh = runs.iter().filter(|run| !grown.iter().any(|(left, right, _)| (*left, *right) == **run));
        let fresh: Vec<_> = fresh.map(|(left, right)| (*left, *right, y)).collect();
        open = grown;
        open.extend(fresh);
    }
    path
}

fn runs(slice: &Slice, y: usize, wanted: impl Fn(u8) -> bool) -> Vec<(usize, usize)> {
    let mut runs = Vec::new();
    let mut start = None;
    for x in 0..=slice.width {
        match (x < slice.width && wanted(slice.at(x, y)), start) {
            (true, None) => start = Some(x),
            (false, Some(left)) => {
                runs.push((left, x));
                start = None;
            }
            _ => {}
        }
    }
    runs
}

/// Right, down, left, up.
const STEPS: [(isize, isize); 4] = [(1, 0), (0, 1), (-1, 0), (0, -1)];

/// Closed lines around the cells whose marks are `wanted`, which lie to the right of the way. Cells that touch at a
/// corner have separate lines.
pub(super) fn outline(slice: &Slice, wanted: impl Fn(u8) -> bool) -> String {
    let is = |x: isize, y: isize| match (usize::try_from(x), usize::try_from(y)) {
        (Ok(x), Ok(y)) => x < slice.width && y < slice.height && wanted(slice.at(x, y)),
        _ => false,
    };
    // The directions in which an edge leaves each corner, as bits.
    let columns = slice.width + 1;
    let mut leaving = vec![0u8; columns * (slice.height + 1)];
    let corner = |x: isize, y: isize| y as usize * columns + x as usize;
    let mut mark = |x: isize, y: isize, direction: usize| {
        if let Some(bits) = leaving.get_mut(corner(x, y)) {
            *bits |= 1 << direction;
        }
    };
    for y in 0..slice.height as isize {
        for x in (0..slice.width as isize).filter(|&x| is(x, y)) {
            // Each edge of the cell that nothing lies behind, clockwise.
            let edges = [
                ((x, y - 1), (x, y)),
                ((x + 1, y), (x + 1, y)),
                ((x, y + 1), (x + 1, y + 1)),
                ((x - 1, y), (x, y + 1)),
            ];
            for (direction, (behind, from)) in edges.into_iter().enumerate() {
                if !is(behind.0, behind.1) {
                    mark(from.0, from.1, direction);
                }
            }
        }
    }
    let mut path = String::new();
    for start in 0..leaving.len() {
        while let Some(first) = first_direction(&leaving, start) {
            let (mut x, mut y) = ((start % columns) as isize, (start / columns) as isize);
            let _ = write!(path, "M{x} {y}");
            let (mut direction, mut length) = (first, 0isize);
            loop {
                if let Some(bits) = leaving.get_mut(corner(x, y)) {
                    *bits &= !(1 << direction);
                }
                let (across, down) = STEPS.get(direction).copied().unwrap_or_default();
                (x, y, length) = (x + across, y + down, length + 1);
                let bits = leaving.get(corner(x, y)).copied().unwrap_or(0);
                // To the right, straight on, to the left.
                let next = [1, 0, 3].map(|turn| (direction + turn) % 4).into_iter().find(|next| bits & 1 << next != 0);
                if next == Some(direction) {
                    continue;
                }
                let closes = next.is_none();
                if !closes {
                    let _ = write!(path, "{}{}", if across != 0 { 'h' } else { 'v' }, length * (across + down));
                }
                let Some(next) = next else { break };
                (direction, length) = (next, 0);
            }
            path.push('z');
        }
    }
    path
}

fn first_direction(leaving: &[u8], corner: usize) -> Option<usize> {
    leaving.get(corner).filter(|&&bits| bits != 0).map(|bits| bits.trailing_zeros() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(rows: &[&str]) -> Slice {
        let cells = rows.iter().flat_map(|row| row.bytes().map(|cell| u8::from(cell == b'#'))).collect();
        Slice { width: rows[0].len(), height: rows.len(), cells }
    }

    fn lines(rows: &[&str]) -> String {
        outline(&slice(rows), |mark| mark == 1)
    }

    fn rectangles(rows: &[&str]) -> String {
        area(&slice(rows), |mark| mark == 1)
    }

    #[test]
    fn outlines_of_small_shapes() {
        assert_eq!(lines(&["..", ".."]), "");
        assert_eq!(lines(&["...", ".#.", "..."]), "M1 1h1v1h-1z");
        assert_eq!(lines(&["##", "##"]), "M0 0h2v2h-2z");
        assert_eq!(lines(&["#.", "##"]), "M0 0h1v1h1v1h-2z");
        // The hole runs the other way round.
        assert_eq!(lines(&["###", "#.#", "###"]), "M0 0h3v3h-3zM1 1v1h1v-1z");
        // Corners that touch do not join.
        assert_eq!(lines(&["#.", ".#"]), "M0 0h1v1h-1zM1 1h1v1h-1z");
        assert_eq!(lines(&[".#", "#."]), "M1 0h1v1h-1zM0 1h1v1h-1z");
    }

    #[test]
    fn areas_of_small_shapes() {
        assert_eq!(rectangles(&["..", ".."]), "");
        assert_eq!(rectangles(&["##", "##"]), "M0 0h2v2h-2z");
        assert_eq!(rectangles(&["#.", "##"]), "M0 0h1v1h-1zM0 1h2v1h-2z");
        assert_eq!(rectangles(&["#.#", "#.#"]), "M0 0h1v2h-1zM2 0h1v2h-1z");
    }

    /// Fills the rectangles and walks around the outlines of noise, and compares with the cells.
    #[test]
    fn areas_and_outlines_of_noise_are_its_cells() {
        let (width, height) = (37, 23);
        let mut state = 1u32;
        let cells: Vec<u8> = (0..width * height)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 31) as u8
            })
            .collect();
        let slice = Slice { width, height, cells: cells.clone() };
        for path in [area(&slice, |mark| mark == 1), outline(&slice, |mark| mark == 1)] {
            assert_eq!(filled(&path, width, height), cells);
        }
    }

    /// Fills a path of horizontal and vertical steps: a cell is inside where an odd number of upright edges lie left of
    /// it.
    fn filled(path: &str, width: usize, height: usize) -> Vec<u8> {
        let mut flips = vec![0u8; (width + 1) * height];
        for figure in path.split('M').skip(1) {
            let place = figure.find(['h', 'v']).unwrap();
            let (x, y) = figure[..place].split_once(' ').unwrap();
            let start: (isize, isize) = (x.parse().unwrap(), y.parse().unwrap());
            let mut at = start;
            let mut upright = |x: isize, from: isize, to: isize| {
                for y in from.min(to)..from.max(to) {
                    flips[y as usize * (width + 1) + x as usize] ^= 1;
                }
            };
            let mut rest = &figure[place..figure.len() - 1];
            while !rest.is_empty() {
                let end = rest[1..].find(['h', 'v']).map_or(rest.len(), |end| end + 1);
                let step: isize = rest[1..end].parse().unwrap();
                if rest.starts_with('h') {
                    at.0 += step;
                } else {
                    upright(at.0, at.1, at.1 + step);
                    at.1 += step;
                }
                rest = &rest[end..];
            }
            // `z` closes along an axis.
            assert!(at.0 == start.0 || at.1 == start.1, "{figure}");
            upright(at.0, at.1, start.1);
        }
        let inside = flips.chunks(width + 1).flat_map(|row| {
            let mut parity = 0;
            row[..width]
                .iter()
                .map(move |flip| {
                    parity ^= flip;
                    parity
                })
                .collect::<Vec<u8>>()
        });
        inside.collect()
    }
}
