//! Losses by the constructor calls of MONAI, SMP, Keras and nnU-Net: the grid of values and gradients that those libraries gave
//! in float64, on every backend there is.

use crate::engines::{ALL, Implementation};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use voxdice::metric::{Given, Library, Loss, Whose};
use voxdice::{CallValues, LabelMap, Layout, Operands, Pair, Result, Shape, Truth, Volume};

mod edges;

/// `tests/golden/loss_grid.json`, whose own words say how it was made.
pub static GRID: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../golden/loss_grid.json")).unwrap());

/// Relative, for values; of the largest entry, for gradients: the file's own tolerances for what is stored in float32.
const VALUE: f64 = 2e-6;
const GRADIENT: f64 = 2e-5;

pub fn cases() -> &'static [Value] {
    GRID["cases"].as_array().unwrap()
}

pub fn id(case: &Value) -> &str {
    case["id"].as_str().unwrap()
}

pub fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(list) => list.iter().flat_map(numbers).collect(),
        value => vec![value.as_f64().unwrap()],
    }
}

/// A tensor of the file: its axes and elements.
pub fn tensor(name: &Value) -> (Vec<usize>, Vec<f32>) {
    let tensor = &GRID["tensors"][name.as_str().unwrap()];
    let axes = tensor["shape"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect();
    (axes, numbers(&tensor["values"]).iter().map(|&x| x as f32).collect())
}

/// A JSON value as Python has it. Classes are names.
fn literal(key: &str, value: &Value) -> String {
    match value {
        Value::Null => "None".into(),
        Value::Bool(flag) => if *flag { "True" } else { "False" }.into(),
        Value::String(name) if key == "dice_class" => name.clone(),
        Value::Array(list) => {
            format!("[{}]", list.iter().map(|value| literal(key, value)).collect::<Vec<_>>().join(", "))
        }
        Value::Object(map) => format!("{{{}}}", keywords(map, |key| format!("'{key}': "))),
        other => other.to_string(),
    }
}

fn keywords(map: &Map<String, Value>, head: impl Fn(&str) -> String) -> String {
    map.iter().map(|(key, value)| head(key) + &literal(key, value)).collect::<Vec<_>>().join(", ")
}

/// The constructor call of a case.
pub fn call(case: &Value) -> String {
    let (library, class) = (case["library"].as_str().unwrap(), case["class"].as_str().unwrap());
    let kwargs = keywords(case["kwargs"].as_object().unwrap(), |key| format!("{key}="));
    format!("{library}.losses.{class}({kwargs})")
}

/// The mask that the loss is called with.
pub fn mask(case: &Value) -> Option<&Value> {
    case["call"].as_object().and_then(|call| call.values().next())
}

fn shape(axes: &[usize], last: bool) -> Shape {
    let (channels, spatial) =
        if last { (axes[axes.len() - 1], &axes[1..axes.len() - 1]) } else { (axes[1], &axes[2..]) };
    let layout = if last { Layout::ChannelsLast } else { Layout::ChannelsFirst };
    Shape::new(axes[0], channels, spatial).unwrap().with_layout(layout)
}

fn evaluate(at: &Implementation, case: &Value, whose: Whose) -> Result<(CallValues, Vec<f32>)> {
    let loss = Loss::from_call(&call(case))?;
    let last = case["layout"] == "channels-last";
    assert_eq!(loss.channels_last(), last, "{}", id(case));
    let [(pred_axes, pred), (truth_axes, truth)] = [tensor(&case["pred"]), tensor(&case["truth"])];
    let labels: Vec<u16> = truth.iter().map(|&label| label as u16).collect();
    let pred = Volume::f32(shape(&pred_axes, last), &pred)?;
    let truth: Truth<'_> = if case["truth_as"] == "labels" {
        let spatial: Vec<usize> = pred.shape().spatial().iter().map(|&n| n as usize).collect();
        LabelMap::u16(Shape::new(pred_axes[0], 1, spatial)?, &labels)?.into()
    } else {
        Volume::f32(shape(&truth_axes, last), &truth)?.into()
    };
    let masked = mask(case).map(tensor);
    let operands = match &masked {
        None => Operands::new(Pair { pred, truth }),
        Some((axes, mask)) => Operands::new(Pair { pred, truth }).masked(Volume::f32(shape(axes, last), mask)?),
    };
    loss.evaluate_with_gradient(&at.engine, operands, whose)
}

/// Whether the numbers are those of the file.
pub fn differs(values: &[f64], expected: &Value, tolerance: f64) -> Option<String> {
    let expected = numbers(expected);
    let largest = expected.iter().fold(0f64, |most, x| most.max(x.abs()));
    if values.len() != expected.len() {
        return Some(format!("{} numbers instead of {}", values.len(), expected.len()));
    }
    let worst = values.iter().zip(&expected).max_by(|a, b| (a.0 - a.1).abs().total_cmp(&(b.0 - b.1).abs()))?;
    let off = (worst.0 - worst.1).abs() / largest;
    (off.is_nan() || off > tolerance).then(|| format!("{} instead of {} ({off:.1e})", worst.0, worst.1))
}

/// What is wrong with a case, if anything.
fn fault(at: &Implementation, case: &Value) -> Option<String> {
    let (found, gradient) = match evaluate(at, case, Whose::Library) {
        Ok(found) => found,
        Err(error) => return Some(error.to_string()),
    };
    let gradient: Vec<f64> = gradient.into_iter().map(f64::from).collect();
    let axes: Vec<usize> = numbers(&case["shape"]).iter().map(|&n| n as usize).collect();
    if found.shape != axes {
        return Some(format!("axes {:?} instead of {axes:?}", found.shape));
    }
    if let Some(fault) = differs(&found.values, &case["value"], VALUE) {
        return Some(format!("value {fault}"));
    }
    if let Some(fault) = differs(&gradient, &case["grad"], GRADIENT) {
        return Some(format!("gradient {fault}"));
    }
    // Where the library's number is to be copied there is nothing to tell; where it is not, ours is another one.
    let (ours, _) = evaluate(at, case, Whose::Ours).unwrap();
    match case["defect"].is_string() {
        true if found.departs.is_empty() => Some("a defect is not told".into()),
        true if differs(&found.departs[0].library_values, &case["value"], VALUE).is_some() => {
            Some("another number is told".into())
        }
        true => (differs(&ours.values, &case["value"], VALUE).is_none()).then(|| "ours is the library's number".into()),
        false if !found.departs.is_empty() => Some(format!("departs: {}", found.departs[0].why)),
        false => (ours != found).then(|| "the two numbers differ".into()),
    }
}

#[test]
fn every_case_of_the_grid_is_the_librarys_number() {
    for at in ALL.iter() {
        let mut faults: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for case in cases() {
            if let Some(fault) = fault(at, case) {
                let library = case["library"].as_str().unwrap();
                faults.entry(library).or_default().push(format!("{}: {fault}\n    {}", id(case), call(case)));
            }
        }
        let told: Vec<String> = faults.into_values().flatten().collect();
        assert!(told.is_empty(), "{}: {} of {}\n{}", at.name, told.len(), cases().len(), told.join("\n"));
    }
}

/// Keywords that change nothing here.
const INERT: [&str; 4] = ["to_onehot_y", "ddp", "name", "dtype"];

/// A value that no keyword takes is refused by every keyword that is read.
#[test]
fn no_keyword_is_dropped_in_silence() {
    let mut count = 0;
    for (library, class) in
        Library::ALL.into_iter().flat_map(|library| library.classes().into_iter().map(move |c| (library, c)))
    {
        let start = format!("{}.{class}", library.name());
        let error = Loss::from_call(&format!("{start}(nothing=1)")).unwrap_err().to_string();
        let known = error.split("known are ").nth(1).unwrap().split(" (character").next().unwrap();
        for keyword in known.split(", ") {
            let needed = ["mode='multilabel'", "smooth_factor=0.1"].into_iter().filter(|needed| {
                let name = needed.split('=').next().unwrap();
                known.split(", ").any(|known| known == name) && name != keyword
            });
            let given: Vec<String> = needed.map(str::to_owned).chain([format!("{keyword}=nonsense")]).collect();
            let call = Loss::from_call(&format!("{start}({})", given.join(", "))).unwrap();
            let volumes = Given::new(2, 3, vec![4, 5]);
            let told = [volumes.clone(), volumes.with_labels()].map(|given| call.recipe(&given).err());
            let refused =
                told.iter().flatten().any(|e| e.to_string().starts_with(&format!("{keyword} of {class} must be")));
            assert_eq!(refused, !INERT.contains(&keyword), "{start}, {keyword}: {told:?}");
            count += 1;
        }
    }
    assert!(count > 200, "{count}");
}
