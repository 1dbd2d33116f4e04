//! Small parts that several pages use.

mod bars;
mod day_input;
mod progress;
mod states;
mod table;
mod virtual_table;

pub use bars::FeatureBars;
pub use day_input::DayInput;
pub use progress::Progress;
pub use states::{Answer, PageHead, ProblemBox, Simulated, Skeleton, with_session};
pub use table::{Facts, Feature, Head, Table, TableScroll};
pub use virtual_table::{RowAction, VirtualTable, row_id};
