//! Steps become plans and reports.
