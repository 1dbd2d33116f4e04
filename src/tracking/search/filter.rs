//! What a filter says, whichever way it was written.

use std::fmt;

use crate::base::Digest;

/// The name of the dataset that a manifest stands for.
pub const DATASET_NAME: &str = "games";
/// What a run does with that dataset.
pub const DATASET_CONTEXT: &str = "training";

/// A condition on runs.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Every one holds; of none it holds always.
    All(Vec<Condition>),
    /// At least one holds.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// A test of one value.
    Clause(Clause),
}

/// A test of one value of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Clause {
    /// Which value.
    pub field: Field,
    /// What is asked of it. A run that lacks the value fails every test but [`Test::Missing`].
    pub test: Test,
}

/// A value of a run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// The latest value of a metric.
    Metric(String),
    /// A parameter.
    Param(String),
    /// A tag.
    Tag(String),
    /// An attribute.
    Attribute(Attribute),
    /// A property of the run's data.
    Dataset(DatasetKey),
}

/// What every run has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Attribute {
    ArtifactUri,
    EndTime,
    RunId,
    RunName,
    StartTime,
    Status,
    UserId,
}

impl Attribute {
    /// Every attribute, in the order of their names.
    pub const ALL: [Self; 7] =
        [Self::ArtifactUri, Self::EndTime, Self::RunId, Self::RunName, Self::StartTime, Self::Status, Self::UserId];

    /// MLflow's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::ArtifactUri => "artifact_uri",
            Self::EndTime => "end_time",
            Self::RunId => "run_id",
            Self::RunName => "run_name",
            Self::StartTime => "start_time",
            Self::Status => "status",
            Self::UserId => "user_id",
        }
    }

    /// The attribute of one of MLflow's names.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "created" | "Created" => Some(Self::StartTime),
            "run name" | "Run name" | "Run Name" => Some(Self::RunName),
            _ => Self::ALL.into_iter().find(|attribute| attribute.name() == name),
        }
    }

    /// Whether it is a time, in milliseconds since 1970.
    pub fn is_time(self) -> bool {
        matches!(self, Self::StartTime | Self::EndTime)
    }
}

/// A property of the data that a run was trained on. The manifest of the games is one dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DatasetKey {
    /// `games`.
    Name,
    /// The first digits of the manifest's digest.
    Digest,
    /// `training`.
    Context,
}

impl DatasetKey {
    /// Every key.
    pub const ALL: [Self; 3] = [Self::Context, Self::Digest, Self::Name];

    /// MLflow's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Digest => "digest",
            Self::Context => "context",
        }
    }

    /// The property of a run's data, which its digest is of.
    pub fn of(self, digest: Digest) -> String {
        match self {
            Self::Name => DATASET_NAME.to_owned(),
            Self::Context => DATASET_CONTEXT.to_owned(),
            Self::Digest => digest.short(),
        }
    }

    /// The key of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.name() == name)
    }
}

/// What is asked of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// It stands so to a number. Of a text that is no finite number it is false.
    Number(Comparator, f64),
    /// It is one of these numbers, or if `not`, a number and none of them.
    NumberIn {
        /// The numbers.
        of: Vec<f64>,
        /// Whether the test is turned round.
        not: bool,
    },
    /// It is this text, or if `not`, another.
    Text {
        /// The text.
        is: String,
        /// Whether the test is turned round.
        not: bool,
    },
    /// It is one of these texts, or if `not`, none of them.
    TextIn {
        /// The texts.
        of: Vec<String>,
        /// Whether the test is turned round.
        not: bool,
    },
    /// It matches a pattern: `%` stands for any text and `_` for any character.
    Like {
        /// The pattern.
        pattern: String,
        /// Whether `A` to `Z` match `a` to `z`, as in SQLite's `lower`.
        ignore_case: bool,
        /// Whether the test is turned round.
        not: bool,
    },
    /// It is not there, or if `not`, it is.
    Missing {
        /// Whether the test is turned round.
        not: bool,
    },
}

/// How numbers compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Comparator {
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
}

impl Comparator {
    /// Every comparator.
    pub const ALL: [Self; 6] =
        [Self::NotEqual, Self::Less, Self::LessOrEqual, Self::Equal, Self::Greater, Self::GreaterOrEqual];

    /// As it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
        }
    }

    /// The comparator that is written so.
    pub fn of(symbol: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|comparator| comparator.symbol() == symbol)
    }

    /// Whether two numbers stand so.
    pub fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
            Self::Equal => left == right,
            Self::NotEqual => left != right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
        }
    }
}

impl fmt::Display for Comparator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.symbol())
    }
}
