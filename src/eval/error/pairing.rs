//! Predictions whose truth cannot be told.

use crate::error::file::listed;
use crate::eval::passed_over::PassedOver;
use crate::io::{PICTURES, READABLE};
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// What is said about the cases of two folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfFolders {
    /// A list of pairs.
    Pairs,
    /// A pattern that finds the case in a name.
    Pattern,
    /// A part of the cases.
    Shard,
    /// A choice of cases.
    Cases,
}

/// Which prediction belongs to which truth cannot be told.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PairingError {
    /// A folder cannot be read.
    #[error("{}: the folder cannot be read; check its rights", .path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A folder has no label map, and no folder with one.
    #[error(
        "{}: there is no label map in this folder, and no folder with one: it holds {holds}; label maps end in {}",
        .folder.display(), listed(READABLE, "or")
    )]
    NoLabelMaps {
        /// The folder.
        folder: PathBuf,
        /// What it holds, by endings.
        holds: String,
    },
    /// A folder whose pictures are to be the slices of a volume has none, or other files that are read.
    #[error(
        "{}: this folder is to hold the slices of a volume, and holds {holds}; slices are pictures alone, which end in {}",
        .folder.display(), listed(PICTURES, "or")
    )]
    NoSlices {
        /// The folder.
        folder: PathBuf,
        /// What it holds, by endings.
        holds: String,
    },
    /// A file beside a folder that is not one of masks.
    #[error(
        "{} is a folder without label maps, one per class, and {} is a file; name two files or two folders",
        .folder.display(), .file.display()
    )]
    FolderAndFile {
        /// The folder.
        folder: PathBuf,
        /// The file.
        file: PathBuf,
    },
    /// What is for two folders was said of files.
    #[error("{} is for two folders, and {} is none; name two folders", match .what {
        OfFolders::Pairs => "a list of pairs",
        OfFolders::Pattern => "a pattern of names",
        OfFolders::Shard => "a shard",
        OfFolders::Cases => "a choice of cases",
    }, .file.display())]
    NotTwoFolders {
        /// What was said.
        what: OfFolders,
        /// The path that is not a folder.
        file: PathBuf,
    },
    /// No name of the one folder fits a name of the other.
    #[error(
        "no name in {} fits one in {}: the first are {} and {}{}; name the pairs, or say which part of a name is the case",
        .folders[0].display(), .folders[1].display(), .names[0], .names[1], but(*.alike, .passed_over)
    )]
    NoPair {
        /// Truth and prediction.
        folders: [PathBuf; 2],
        /// The first name in each.
        names: [Box<str>; 2],
        /// Whether these differ only in capitals, or in how accents are encoded.
        alike: bool,
        /// Pictures that were passed over.
        passed_over: Box<[PassedOver]>,
    },
    /// A pattern finds one case in two files of one folder.
    #[error(
        "the pattern finds the case `{case}` in {} and in {}; write one that tells them apart",
        .files[0].display(), .files[1].display()
    )]
    PatternFindsTwice {
        /// The case.
        case: String,
        /// The files.
        files: [PathBuf; 2],
    },
    /// A pattern fits no name of a folder.
    #[error("the pattern fits no name beside {}; write one that fits the names of both folders", .0.display())]
    PatternFitsNothing(PathBuf),
    /// No case has a name that was chosen.
    #[error(
        "none of the {cases} cases has a name that was chosen; the first is called {first}, and a pattern has to fit the whole \
         name"
    )]
    NoCaseChosen {
        /// How many cases there are.
        cases: usize,
        /// The name of the first one.
        first: String,
    },
    /// A case that a list names is on neither side.
    #[error("{} names this case, and neither truth nor prediction is there; check the name", .list.display())]
    NotThere {
        /// The list.
        list: PathBuf,
    },
    /// A list of pairs is not a CSV file.
    #[error("{}: cannot be read as CSV", .list.display())]
    ListNotCsv {
        /// The list.
        list: PathBuf,
        /// Where and why.
        source: csv::Error,
    },
    /// A line of a list has other columns than truth, prediction and maybe a name.
    #[error("{}, line {line}: write truth,pred or truth,pred,name", .list.display())]
    ListColumns {
        /// The list.
        list: PathBuf,
        /// The line, from 1.
        line: u64,
    },
    /// A list names a case twice.
    #[error("{}, line {line}: the case {case} is there twice; name it in a third column", .list.display())]
    ListTwice {
        /// The list.
        list: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The case.
        case: String,
    },
    /// A truth that a list names is not there.
    #[error(
        "{}, line {line}: {} is not there; check the name, which is below {}", .list.display(), .truth.display(),
        .folder.display()
    )]
    ListTruth {
        /// The list.
        list: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The truth.
        truth: PathBuf,
        /// The folder of all truths.
        folder: PathBuf,
    },
    /// A list has no pair.
    #[error("{}: there is no pair in this file; write one line truth,pred per case", .0.display())]
    ListEmpty(PathBuf),
}

/// How two names that look alike differ, and what was passed over.
pub(crate) fn but(alike: bool, passed_over: &[PassedOver]) -> String {
    let differ = if alike { " (they differ in capitals, or in how accents are encoded)" } else { "" };
    passed_over.iter().fold(differ.to_owned(), |text, fact| format!("{text}; {fact}"))
}
