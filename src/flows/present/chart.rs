//! Charts as data: axes and layers in the units of the data, laid out here and only painted by the page.

use super::Tick;

/// An axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// Its ends.
    pub range: (f64, f64),
    /// Its marks.
    pub ticks: Vec<Tick>,
}

/// In what colour a layer is painted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// What is shown.
    First,
    /// What it is held against.
    Second,
    /// What helps reading, such as a diagonal.
    Quiet,
    /// One of many that are alike, from 0.
    Series(usize),
}

/// What is painted, later ones over earlier ones.
#[derive(Debug, Clone, PartialEq)]
pub enum Layer {
    /// A line through points.
    Line(Ink, Vec<(f64, f64)>),
    /// A dot at each point.
    Dots(Ink, Vec<(f64, f64)>),
    /// A ring around a point.
    Ring((f64, f64)),
    /// An upright span at each x, from low to high.
    Spans(Ink, Vec<(f64, f64, f64)>),
    /// A bar from one x to another, from the bottom up to a y.
    Bars(Ink, Vec<(f64, f64, f64)>),
    /// Words at a point.
    Label(Place, (f64, f64), String),
}

/// On which side of its point a label stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Over it.
    Above,
    /// Under it.
    Below,
    /// Behind it.
    Right,
}

/// A chart, with what it says in a sentence for those who do not see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// To the right.
    pub x: Axis,
    /// Upwards.
    pub y: Axis,
    /// What is painted.
    pub layers: Vec<Layer>,
    /// The chart in a sentence.
    pub sentence: String,
}
