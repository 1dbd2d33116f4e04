//! `linelogic runs search`.

use serde::Serialize;

use super::super::{Failure, Global, Outcome};
use super::list;
use crate::tracking::search::{FilterError, MAX_RESULTS, Mode, SearchRequest, View, search};
use crate::tracking::{Run, RunTable};

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Such as "metrics.log_loss < 0.62 AND params.model = 'elo'"; all runs without
    #[arg(default_value = "")]
    filter: String,
    /// MLflow's language alone, with its messages
    #[arg(long)]
    strict: bool,
    /// Sort by this, such as "metrics.log_loss ASC"; again for ties. Newest first without
    #[arg(long, value_name = "KEY")]
    order_by: Vec<String>,
    /// How many runs at most
    #[arg(long, value_name = "N", default_value_t = MAX_RESULTS, allow_negative_numbers = true)]
    max_results: i64,
    /// Go on where the page before ended: what it printed
    #[arg(long, value_name = "TOKEN")]
    page_token: Option<String>,
    /// Which runs are searched
    #[arg(long, value_enum, default_value_t)]
    view: ViewArg,
    /// Only runs of this experiment; again for several
    #[arg(long, value_name = "NAME")]
    experiment: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum ViewArg {
    /// Those that are not in the trash
    #[default]
    Active,
    /// Those in the trash
    Deleted,
    /// All
    All,
}

#[derive(Serialize)]
struct Page<'a> {
    runs: Vec<&'a Run>,
    next_page_token: Option<String>,
}

/// Runs it.
pub fn run(args: &Args, runs: Vec<Run>, global: &Global) -> Outcome {
    let table = RunTable::new(&runs);
    let request = SearchRequest {
        filter: args.filter.clone(),
        mode: if args.strict { Mode::Strict } else { Mode::Extended },
        order_by: args.order_by.clone(),
        max_results: args.max_results,
        page_token: args.page_token.clone(),
        view: match args.view {
            ViewArg::Active => View::ActiveOnly,
            ViewArg::Deleted => View::DeletedOnly,
            ViewArg::All => View::All,
        },
        experiments: (!args.experiment.is_empty()).then(|| args.experiment.clone()),
    };
    let found = search(&table, &request).map_err(|error| Failure::Usage(pointed(&error, &request)))?;
    let page =
        Page { runs: found.rows.iter().map(|row| &runs[*row]).collect(), next_page_token: found.next_page_token };
    global.print(&page, || match (&page.runs[..], &page.next_page_token) {
        ([], _) => "no run passes".to_owned(),
        (runs, None) => list(runs),
        (runs, Some(token)) => format!("{}\nmore: --page-token {token}", list(runs)),
    })
}

/// The message, and under the filter where it is.
fn pointed(error: &FilterError, request: &SearchRequest) -> String {
    let filter = &request.filter;
    // The place is in the filter only if the filter itself is refused, and is shown only where it is one line.
    let of_filter = crate::tracking::search::Filter::parse(filter, request.mode).err().as_ref() == Some(error);
    match &error.at {
        Some(at) if of_filter && !filter.contains('\n') => {
            let before = filter[..at.start].chars().count();
            let length = filter[at.clone()].chars().count().max(1);
            format!("{error}\n  {filter}\n  {}{}", " ".repeat(before), "^".repeat(length))
        }
        _ => error.to_string(),
    }
}
