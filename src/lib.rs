//! LineLogic: NBA win predictions and the whole life of the model behind them, in a browser tab.
//!
//! One package: a static Leptos site, a Web Worker and a native command line over one pure core.
//!
//! # The order of the modules is the order of the data
//!
//! A module may name only the modules above it in this list. That one rule is the dependency rule,
//! the reading order of these docs and the order of the lab's pages; `tests/tidy.rs` keeps it.
//!
//! | module | what it turns into what |
//! |---|---|
//! | [`base`] | values every stage shares: dates, seeds, digests, loci, floating point that is the same everywhere |
//! | [`stats`] | formulas on slices: scores of forecasts, two-sample tests |
//! | [`data`] | bytes into trusted rows: contracts, violations, quarantine, manifests |
//! | [`features`] | rows into training frames: feature views and the point-in-time join |
//! | [`learn`] | frames into models: estimators, splits in time, calibration, the search as a resumable job |
//! | [`tracking`] | trainings into runs |
//! | [`registry`] | runs into model versions with a stage and an audit trail |
//! | [`serving`] | versions and visitors into predictions, and results into outcomes |
//! | [`monitoring`] | outcomes into drift reports, performance and alerts |
//! | [`pipeline`] | steps into plans |
//! | [`league`] | the NBA: all that the engine above does not know |
//! | [`ports`] | the traits through which the outside is reached |
//! | [`flows`] | use cases: load through ports, call pure stages, commit |
//! | [`protocol`] | messages between page and worker |
//! | [`adapters`] | the ports implemented, natively and in the browser |
//! | `ui`, `worker` | the site (wasm only) |
//! | `cli`, `xtask` | the command line and the project's tasks (native only) |
//!
//! # What must stay true
//!
//! * The core computes and never asks: below [`ports`] there is no clock, file, network, random
//!   source, DOM or log call. Time arrives as an argument, chance as a [`base::Seed`].
//! * The engine knows no basketball: everything about the NBA is in [`league`].
//! * Bad data is a value, not an error: a check returns `(accepted, violations)`.
//! * `as_of` runs through everything: what was not known by then is not seen.
//! * Native and wasm agree bit for bit: transcendental functions come from [`base::math`].

pub mod base;
pub mod data;
pub mod features;
pub mod flows;
pub mod league;
pub mod learn;
pub mod monitoring;
pub mod pipeline;
pub mod ports;
pub mod protocol;
pub mod registry;
pub mod serving;
pub mod stats;
pub mod tracking;

pub mod adapters;

#[cfg(all(feature = "native", not(target_arch = "wasm32")))]
pub mod cli;
#[cfg(all(feature = "web", target_arch = "wasm32"))]
pub mod ui;
#[cfg(all(feature = "web", target_arch = "wasm32"))]
pub mod worker;
#[cfg(all(feature = "native", not(target_arch = "wasm32")))]
pub mod xtask;
