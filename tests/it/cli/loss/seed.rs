//! The seed functions, every golden case through the command.

use super::*;

/// The flags for a case of the seed functions.
fn seed_flags(case: &Value) -> Vec<String> {
    let kwargs = &case["kwargs"];
    // TensorFlow makes these functions' smoothing an f32 constant.
    let single = |x: f64| f64::from(x as f32);
    let (preset, rounds) = match case["function"].as_str().unwrap() {
        "dice_loss2" => ("seed-dice-loss-2", true),
        "dice_loss3" => ("seed-dice-loss-3", false),
        "dice_loss4" => ("seed-dice-loss-4", true),
        "dice_coef" if case["id"] == "question-1-as-meant" => ("seed-dice-loss-1", false),
        "dice_coef" => ("seed-dice-coef", false),
        "dice_coef_multilabel" => ("seed-dice-coef-multilabel", false),
        other => panic!("{other}"),
    };
    let mut flags = vec!["--preset".into(), preset.into()];
    let mut flag = |name: &str, value: String| flags.extend([name.into(), value]);
    if let Some(smooth) = kwargs.get("smooth").map(Array::number) {
        flag("--smooth", if rounds { single(smooth) } else { smooth }.to_string());
    }
    if let Some(list) = kwargs.get("smooth_list") {
        let list = Array::nested(list).values;
        flag("--smooth", list.iter().map(f64::to_string).collect::<Vec<_>>().join(","));
    }
    if let Some(gamma) = kwargs.get("gama").map(Array::number) {
        flag("--denominator", format!("power={gamma}"));
    }
    let form = match kwargs.get("loss").and_then(Value::as_str) {
        Some("dice") => Some("score"),
        Some("1-dice") => Some("one-minus"),
        Some("-dice") => Some("negative"),
        Some("-log(dice)") => Some("neg-log"),
        _ => None,
    };
    if let Some(form) = form {
        flag("--form", form.into());
    }
    flags
}

fn flat(value: &Value) -> Vec<f64> {
    let Some(zeros) = value.get("zeros") else { return Array::nested(value).values };
    let mut values = vec![0.0; zeros.as_u64().unwrap() as usize];
    for (at, x) in value.get("set").and_then(Value::as_object).into_iter().flatten() {
        values[at.parse::<usize>().unwrap()] = Array::number(x);
    }
    values
}

/// One case through the command, on one backend; `None` where that backend is not asked for this case.
fn seed_case(case: &Value, backend: &str, files: &Files) -> Option<Result<(), String>> {
    let id = case["id"].as_str().unwrap();
    let transcendental =
        case["function"] == "dice_loss3" || case["kwargs"].get("gama").is_some_and(|gamma| gamma == 1.5);
    // A device takes its time to open: of the transcendental ones a few.
    if backend == "gpu" && transcendental && !id.starts_with("s0-1") {
        return None;
    }
    let (t, p) = (flat(&case["y_true"]), flat(&case["y_pred"]));
    let shape: Vec<usize> = Array::nested(&case["shape"]).values.iter().map(|&x| x as usize).collect();
    let [truth, pred] = ["t", "p"].map(|side| format!("{id}-{backend}-{side}.npy"));
    let (truth, pred) = (files.f64(&truth, &shape, &t), files.f64(&pred, &shape, &p));
    let flags = seed_flags(case);
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let output =
        run([&["loss", text(&truth), text(&pred), "--format", "json", "--backend", backend], &flags[..]].concat());
    if output.status.code() != Some(0) {
        return Some(Err(stderr(&output)));
    }
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rounded = transcendental && p.iter().chain(&t).any(|&x| f64::from(x as f32) != x);
    let warned = found["warnings"].as_array().unwrap().iter().any(|warning| warning["kind"] == "rounded");
    if found["backend"] != backend || rounded != warned {
        return Some(Err(format!("{found}")));
    }
    let values = match found["reduced"].as_f64() {
        Some(reduced) => vec![reduced],
        None => numbers(&found["values"]),
    };
    // Rounding to f32 costs 2^-24 per voxel, in the activation too.
    let tolerance = if transcendental { 1e-6 } else { 1e-12 };
    Some(all_close(&values, &Array::nested(&case["expected"]).values, tolerance))
}

/// All cases, in as many threads as there are processors: most of the time is the start of a process.
fn seed_verdict(backend: &str) -> Verdict {
    let cases = golden_cases("seed_functions.json");
    let files = Files::new();
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let parts: Vec<_> = std::thread::scope(|scope| {
        let each = |part: usize| cases.iter().skip(part).step_by(threads);
        let files = &files;
        let all: Vec<_> = (0..threads)
            .map(|part| {
                let each = each(part);
                scope.spawn(move || {
                    let results =
                        each.filter_map(|case| Some((case["id"].to_string(), seed_case(case, backend, files)?)));
                    results.collect::<Vec<_>>()
                })
            })
            .collect();
        all.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let mut verdict = Verdict::default();
    parts.into_iter().for_each(|(name, result)| verdict.note(&name, result));
    verdict
}

#[test]
fn every_case_of_the_seed_functions_on_the_cpu() {
    seed_verdict("cpu").demand(91);
}

#[test]
fn the_seed_functions_on_a_gpu() {
    if gpu() {
        // Without four of the seven transcendental ones.
        seed_verdict("gpu").demand(87);
    }
}
