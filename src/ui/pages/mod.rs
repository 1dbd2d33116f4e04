//! One module a page, in the order of the navigation.

pub mod about;
pub mod compare;
pub mod data;
pub mod day;
mod deleted;
pub mod exchange;
pub mod features;
pub mod lab;
pub mod model;
pub mod models;
pub mod monitoring;
pub mod not_found;
mod profile;
pub mod runs;
pub mod storage;
pub mod training;
