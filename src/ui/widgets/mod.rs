//! Small parts that several pages use.

mod progress;
mod states;
mod table;

pub use progress::Progress;
pub use states::{PageHead, ProblemBox, Simulated, Skeleton, with_session};
pub use table::{Facts, Feature, TableScroll};
