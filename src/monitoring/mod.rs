//! Outcomes become drift reports, performance and alerts.

mod alert;
mod report;

pub use alert::{Alert, AlertRule};
pub use report::{ColumnDrift, DriftReport, Evidence};
