//! Charts: plotters on a canvas at the screen's pixel ratio, in the style's colours, with the numbers beside them.

mod canvas;
mod plot;

pub use plot::Plot;
