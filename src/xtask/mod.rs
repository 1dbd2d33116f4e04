//! The project's own tasks (native only).
