//! Features and predictions of two windows of games, compared.

use crate::base::Date;
use crate::league::GameLog;
use crate::learn::Model;
use crate::monitoring::DriftReport;

/// Compares the games of two windows (first and last day, both inclusive): each feature of the model as it was before
/// tip-off, and the model's probability.
pub fn drift_report(
    log: &GameLog,
    model: &Model,
    reference: (Date, Date),
    current: (Date, Date),
) -> Result<DriftReport, String> {
    let _ = (log, model, reference, current);
    todo!()
}
