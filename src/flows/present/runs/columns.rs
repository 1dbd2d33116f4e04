//! The columns of the runs page: what can be shown, how it is named, and how a value reads.

use crate::base::Instant;
use crate::flows::present::{decimal, instant_text};

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// When the run started.
    Started,
    /// How long it took.
    Duration,
    /// How it ended.
    Status,
    /// The last value of a metric.
    Metric(String),
    /// A parameter.
    Param(String),
    /// A tag.
    Tag(String),
}

impl Column {
    /// The column of an identifier as [`Column::identifier`] writes it.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "attributes.start_time" => return Some(Self::Started),
            "attributes.duration" => return Some(Self::Duration),
            "attributes.status" => return Some(Self::Status),
            _ => {}
        }
        let (kind, name) = text.split_once('.')?;
        let name = name.strip_prefix('`').and_then(|name| name.strip_suffix('`')).unwrap_or(name);
        match kind {
            _ if name.is_empty() => None,
            "metrics" => Some(Self::Metric(name.to_owned())),
            "params" => Some(Self::Param(name.to_owned())),
            "tags" => Some(Self::Tag(name.to_owned())),
            _ => None,
        }
    }

    /// As the search language names it.
    pub fn identifier(&self) -> String {
        let quoted = |kind: &str, name: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
            if name.bytes().all(plain) { format!("{kind}.{name}") } else { format!("{kind}.`{name}`") }
        };
        match self {
            Self::Started => "attributes.start_time".to_owned(),
            Self::Duration => "attributes.duration".to_owned(),
            Self::Status => "attributes.status".to_owned(),
            Self::Metric(name) => quoted("metrics", name),
            Self::Param(name) => quoted("params", name),
            Self::Tag(name) => quoted("tags", name),
        }
    }

    /// Its head.
    pub fn label(&self) -> &str {
        match self {
            Self::Started => "Started",
            Self::Duration => "Took",
            Self::Status => "Status",
            Self::Metric(name) | Self::Param(name) | Self::Tag(name) => name,
        }
    }

    /// What its values are, above columns of a kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Started | Self::Duration | Self::Status => "Run",
            Self::Metric(_) => "Metric",
            Self::Param(_) => "Parameter",
            Self::Tag(_) => "Tag",
        }
    }

    /// Whether its values stand at the right.
    pub fn is_number(&self) -> bool {
        matches!(self, Self::Metric(_) | Self::Duration)
    }

    /// Whether what is looked for most stands at the top with the greatest first.
    pub fn descends_first(&self) -> bool {
        match self {
            Self::Started | Self::Duration => true,
            Self::Metric(name) => !lower_is_better(name),
            _ => false,
        }
    }

    /// How wide it is, in characters, with room for the mark of its order: `longest` is the longest of its values.
    pub fn width(&self, longest: usize) -> u32 {
        let wide =
            |text: usize, least: u32, most: u32| (text.max(self.label().chars().count()) as u32 + 5).clamp(least, most);
        match self {
            Self::Started => 20,
            Self::Duration => 11,
            Self::Status => 12,
            Self::Metric(_) => wide(0, 12, 24),
            Self::Param(_) | Self::Tag(_) => wide(longest, 10, 28),
        }
    }
}

/// Whether a metric of this name is better the lower it is.
pub fn lower_is_better(name: &str) -> bool {
    const LOW: [&str; 10] = ["loss", "brier", "ece", "error", "mse", "mae", "rmse", "deviance", "time", "seconds"];
    let name = name.to_ascii_lowercase();
    LOW.iter().any(|word| name.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| part == *word))
}

/// The columns that are shown where nobody has chosen: the metrics and parameters that tell runs apart, of those there are.
pub fn default_columns(metrics: &[String], params: &[String]) -> Vec<Column> {
    const METRICS: [&str; 4] = ["log_loss", "brier", "accuracy", "auc"];
    const PARAMS: [&str; 4] = ["estimator", "feature_set", "calibration", "C"];
    let known = |all: &[String], wanted: &[&str]| -> Vec<String> {
        let found: Vec<String> = wanted
            .iter()
            .filter(|name| all.iter().any(|other| other == *name))
            .map(|name| (*name).to_owned())
            .collect();
        // Runs of another tool have names of their own.
        if found.is_empty() { all.iter().take(wanted.len()).cloned().collect() } else { found }
    };
    let mut columns = vec![Column::Started];
    columns.extend(known(metrics, &METRICS).into_iter().map(Column::Metric));
    columns.extend(known(params, &PARAMS).into_iter().map(Column::Param));
    columns.push(Column::Duration);
    columns
}

/// A metric's value: four places, or as many figures where that says nothing.
pub fn metric_text(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        return if value.is_nan() {
            "NaN".to_owned()
        } else if value > 0.0 {
            "∞".to_owned()
        } else {
            "−∞".to_owned()
        };
    }
    match size {
        _ if size >= 1e15 || (size > 0.0 && size < 0.000_05) => format!("{value:.3e}").replace('-', "−"),
        _ if value.fract() == 0.0 => decimal(value, 0),
        _ if size >= 10_000.0 => decimal(value, 1),
        _ => decimal(value, 4),
    }
}

/// How long something took.
pub fn duration_text(milliseconds: i64) -> String {
    let seconds = milliseconds.max(0) / 1000;
    let two = |first: i64, unit: &str, second: i64, smaller: &str| match second {
        0 => format!("{first} {unit}"),
        _ => format!("{first} {unit} {second} {smaller}"),
    };
    match seconds {
        _ if milliseconds < 1000 => format!("{} ms", milliseconds.max(0)),
        0..10 => format!("{} s", decimal(milliseconds as f64 / 1000.0, 1)),
        10..60 => format!("{seconds} s"),
        60..3600 => two(seconds / 60, "min", seconds % 60, "s"),
        3600..86400 => two(seconds / 3600, "h", seconds % 3600 / 60, "min"),
        _ => two(seconds / 86400, "d", seconds % 86400 / 3600, "h"),
    }
}

/// When something was, short enough for a cell.
pub fn started_text(at: Instant) -> String {
    at.format("%-d %b %Y, %H:%M").to_string()
}

/// How long something has been in the trash.
pub fn deleted_text(at: Instant) -> String {
    format!("In the trash since {}", instant_text(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_named_as_the_search_language_names_it() {
        for text in ["attributes.start_time", "attributes.duration", "metrics.log_loss", "params.a.b", "tags.`a b/c`"] {
            assert_eq!(Column::parse(text).expect("a column").identifier(), text);
        }
        for wrong in ["", "name", "metrics.", "metrics.``", "attributes.artifact_uri", "things.a"] {
            assert_eq!(Column::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_best_is_first_whichever_way_a_metric_is_good() {
        for low in ["log_loss", "val.loss", "brier", "test-rmse", "wall_time"] {
            assert!(lower_is_better(low), "{low}");
        }
        for high in ["accuracy", "auc", "glossary", "timely"] {
            assert!(!lower_is_better(high), "{high}");
        }
    }

    #[test]
    fn the_columns_are_those_that_we_know_or_else_the_first_ones() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let ours = default_columns(&names(&["accuracy", "log_loss", "x"]), &names(&["estimator", "games"]));
        let labels: Vec<&str> = ours.iter().map(Column::label).collect();
        assert_eq!(labels, ["Started", "log_loss", "accuracy", "estimator", "Took"]);
        let theirs = default_columns(&names(&["f1", "f2", "f3", "f4", "f5"]), &[]);
        assert_eq!(theirs.len(), 6);
    }

    #[test]
    fn values_read_as_people_write_them() {
        let metrics = [
            (0.61234567, "0.6123"),
            (-0.5, "−0.5000"),
            (12.0, "12"),
            (0.0, "0"),
            (0.000012, "1.200e−5"),
            (123_456.78, "123456.8"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "−∞"),
        ];
        for (value, text) in metrics {
            assert_eq!(metric_text(value), text);
        }
        let durations = [
            (-5, "0 ms"),
            (412, "412 ms"),
            (1_960, "2.0 s"),
            (59_999, "59 s"),
            (60_000, "1 min"),
            (200_000, "3 min 20 s"),
            (7_500_000, "2 h 5 min"),
            (90_000_000, "1 d 1 h"),
        ];
        for (milliseconds, text) in durations {
            assert_eq!(duration_text(milliseconds), text);
        }
        assert_eq!(started_text(crate::base::morning("2026-01-05".parse().expect("a day"))), "5 Jan 2026, 00:00");
    }
}
