//! Tables that people and other tools write.

use super::*;

fn read(text: &str) -> Result<Listed, String> {
    Listed::of(&[("a.csv".into(), text.into())]).map_err(|error| error.to_string())
}

#[test]
fn tables_of_other_tools_are_read() {
    let found = read("Case;Label;DSC;mine;site\na;1;0.5;7;x\nb;1.0;;NA;y\nc;1;#N/A;<NA>;3\n").unwrap();
    assert_eq!(found.metrics, ["dice", "mine"]);
    assert_eq!(found.classes.len(), 1);
    assert_eq!(found.rows[&("a".into(), "1".into())].values, [0.5, 7.0]);
    for case in ["b", "c"] {
        assert!(found.rows[&(case.into(), "1".into())].values.iter().all(|value| value.is_nan()));
    }
    assert!(found.column("site")["b"].contains("y") && found.column("mine")["a"].contains("7"));
    assert_eq!(read("id,dice\na,1\n").unwrap().classes, [("all".to_owned(), "all".to_owned())]);
}

#[test]
fn the_case_is_the_column_of_that_name() {
    for text in ["patient,case,dice\np,a,0.5\n", "id,case,dice\n1,a,0.5\n", "id,subject,dice\n1,a,0.5\n"] {
        assert_eq!(read(text).unwrap().rows.keys().next().unwrap().0, "a", "{text}");
    }
    let found = read("case,class,label,dice\na,liver,1,0.5\n").unwrap();
    assert_eq!(found.classes[0].0, "1");
}

#[test]
fn remarks_stand_before_the_header_only() {
    let found = read("# made by x\n\n#2\ncase,dice\n#1,0.5\nb,0.6\n").unwrap();
    assert_eq!(found.rows.keys().next().unwrap().0, "#1");
    let message = read("# x\ncase,dice\na,0.1\na,0.2\n").unwrap_err();
    assert!(message.contains("line 4"), "{message}");
}

#[test]
fn counts_are_whole_numbers_however_they_are_written() {
    assert_eq!(
        ["7", "7.0", "0", "7.5", "-1", "", "nan"].map(whole),
        [Some(7), Some(7), Some(0), None, None, None, None]
    );
    assert_eq!(["1.0", "1", "01", "1.5", "a.0", ".0"].map(label), ["1", "1", "01", "1.5", "a.0", ".0"]);
}

#[test]
fn what_is_no_number_is_kept_until_it_is_compared() {
    let found = read("case,dice,site,visit\na,x,1,2\nb,0.5,north,1\n").unwrap();
    assert_eq!(found.metrics, ["dice", "visit"]);
    assert_eq!(
        found.faults["dice"].error().to_string(),
        "a.csv, line 2: `x` in column dice is no number; leave it empty where a score is undefined"
    );
    assert!(found.faults.contains_key("site") && found.column("visit")["a"].contains("2"));
}

/// One model in percent and another in fractions are no comparison.
#[test]
fn scores_beyond_their_range_are_told() {
    let fault = |text: &str| read(text).unwrap().faults.into_values().next().map(|fault| fault.error().to_string());
    let percent = "divide the column by 100 if it is in percent, or call it otherwise if it is another score";
    assert_eq!(
        fault("case,DSC\na,0.9\nb,90\n").unwrap(),
        format!("a.csv, line 3: 90 in column dice is not from 0 to 1; {percent}")
    );
    let correct = "correct it, or call the column otherwise if it is another score";
    assert_eq!(
        fault("case,hd95\na,-2\n").unwrap(),
        format!("a.csv, line 2: -2 in column hd95 is not 0 or more; {correct}")
    );
    assert_eq!(
        fault("case,mcc\na,-250\n").unwrap(),
        format!("a.csv, line 2: -250 in column mcc is not from -1 to 1; {correct}")
    );
    for fine in ["case,dice\na,1.0000001\nb,0\nc,\n", "case,dice\na,inf\n", "case,mcc\na,-0.5\n", "case,mine\na,90\n"] {
        assert_eq!(fault(fine), None, "{fine}");
    }
}

/// What pandas writes before the columns, once and twice.
#[test]
fn columns_without_a_name_are_put_aside() {
    for text in [",case,dice\n0,a,0.5\n", ",,case,dice\n0,0,a,0.5\n", "case,dice,\na,0.5,\n"] {
        let found = read(text).unwrap();
        assert_eq!((found.metrics, found.faults.len()), (vec!["dice".to_owned()], 0), "{text}");
    }
}

#[test]
fn what_is_wrong_with_a_column_is_told_where_it_is_compared() {
    let fault = |text: &str| read(text).unwrap().faults["mine"].error().to_string();
    assert_eq!(fault("case;mine\na;0,91\n"), "a.csv, line 2: `0,91` in column mine is no number; write 0.91");
    let twins = "# x\ncase,dice,mine,mine\na,0.5,1,2\n";
    assert_eq!(fault(twins), "a.csv, line 2: two columns are called mine; keep one");
    assert_eq!(read(twins).unwrap().metrics, ["dice", "mine"]);
}

/// Whichever of the files has it.
#[test]
fn a_column_of_one_file_only_is_not_lost() {
    let [one, other] = ["case,dice\na,0.5\n", "case,dice,mine\nb,0.5,7\n"].map(str::to_owned);
    let both =
        |texts: [&String; 2]| Listed::of(&[("1.csv".into(), texts[0].clone()), ("2.csv".into(), texts[1].clone())]);
    for (texts, lacking) in [([&one, &other], "1.csv"), ([&other, &one], "2.csv")] {
        let found = both(texts).unwrap();
        assert_eq!(found.metrics, ["dice", "mine"]);
        let message = found.faults["mine"].error().to_string();
        let expected = "line 1: it has no column mine, which another file of the model has; give it one";
        assert_eq!(message, format!("{lacking}, {expected}"));
        // A score of ours is compared wherever it is.
        let known = texts.map(|text| text.replace("mine", "hd95"));
        let message = both([&known[0], &known[1]]).unwrap_err().to_string();
        assert!(message.starts_with(lacking) && message.contains("it has no column hd95"), "{message}");
    }
}

#[test]
fn only_our_own_table_has_a_background() {
    assert!(!read("case,label,dice,n_pred\na,0,0.5,1\n").unwrap().is_own);
    assert!(read("case,label,dice,tp,fp,fn,tn,n_pred,n_truth,name,voxel_ml\na,0,0.5,1,1,1,1,2,2,,\n").unwrap().is_own);
}

#[test]
fn what_is_no_table_is_told() {
    for (text, part) in [
        ("", "no column `case`"),
        ("x,dice\n1,2\n", "no column `case`"),
        ("case,dice\n", "no rows"),
        ("case,dice\na,0.1\na,0.2\n", "line 3: all of a is there twice"),
        ("case,dice,DSC\na,0.1,0.1\n", "two of its columns are scores of dice"),
        ("case,dice\n,0.1\n", "the case has no name"),
        ("case,dice\na,0.1,3\n", "a.csv, line 2: 3 fields, where the header has 2"),
        ("# x\n\n# y\ncase,dice\na,1\n\nb\n", "a.csv, line 7: 1 fields, where the header has 2"),
    ] {
        let message = read(text).unwrap_err();
        assert!(message.contains(part), "{message}");
    }
}
