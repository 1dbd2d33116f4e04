//! What the runs page and the comparison show, as their addresses say it.

use std::collections::BTreeSet;

use super::Column;
use crate::flows::present::address::{list, pairs, query};

/// Most picked runs that an address names: servers refuse addresses of more than a few kilobytes.
const NAMED: usize = 100;

/// Which runs are looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Shown {
    /// Those that are not in the trash.
    #[default]
    Active,
    /// Those in the trash.
    Deleted,
}

/// The order of the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// By what.
    pub column: Column,
    /// Whether the greatest is first.
    pub descending: bool,
}

impl Order {
    /// As the search language writes it.
    pub fn clause(&self) -> String {
        format!("{} {}", self.column.identifier(), if self.descending { "DESC" } else { "ASC" })
    }

    fn parse(text: &str) -> Option<Self> {
        let (name, descending) = match text.rsplit_once(' ') {
            Some((name, way)) if way.eq_ignore_ascii_case("DESC") => (name, true),
            Some((name, way)) if way.eq_ignore_ascii_case("ASC") => (name, false),
            _ => (text, false),
        };
        Some(Self { column: Column::parse(name.trim())?, descending })
    }
}

/// What the runs page shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunsView {
    /// Which runs.
    pub shown: Shown,
    /// Those of them that are looked for.
    pub filter: String,
    /// Whether the filter is held to MLflow's grammar.
    pub strict: bool,
    /// The order; none for the newest first.
    pub order: Option<Order>,
    /// The columns behind the name; none for those that the page chooses.
    pub columns: Option<Vec<Column>>,
    /// Whether trials stand in the list like any run, and not under their search.
    pub flat: bool,
    /// Searches whose trials are shown.
    pub unfolded: BTreeSet<String>,
    /// Runs that are picked.
    pub selected: BTreeSet<String>,
    /// The run that is open.
    pub open: Option<String>,
}

impl RunsView {
    /// Reads a query; what is not understood is left out.
    pub fn parse(text: &str) -> Self {
        let mut view = Self::default();
        for (key, value) in pairs(text) {
            match key.as_str() {
                "view" => view.shown = if value == "deleted" { Shown::Deleted } else { Shown::Active },
                "filter" => view.filter = value,
                "mode" => view.strict = value == "strict",
                "order" => view.order = Order::parse(&value),
                "columns" => view.columns = Some(list(&value).iter().filter_map(|name| Column::parse(name)).collect()),
                "group" => view.flat = value == "none",
                "unfold" => view.unfolded = list(&value).into_iter().collect(),
                "select" => view.selected = list(&value).into_iter().collect(),
                "run" => view.open = Some(value).filter(|run| !run.is_empty()),
                _ => {}
            }
        }
        view
    }

    /// Writes the query; what is as the page would have it anyway is left out, and picked runs if they are more than a
    /// hundred.
    pub fn query(&self) -> String {
        let joined = |ids: &BTreeSet<String>| ids.iter().cloned().collect::<Vec<_>>().join(",");
        let columns = self.columns.as_ref();
        let columns = columns.map(|all| all.iter().map(Column::identifier).collect::<Vec<_>>().join(","));
        let parts = [
            ("view", (self.shown == Shown::Deleted).then(|| "deleted".to_owned())),
            ("filter", Some(self.filter.clone()).filter(|filter| !filter.is_empty())),
            ("mode", self.strict.then(|| "strict".to_owned())),
            ("order", self.order.as_ref().map(Order::clause)),
            ("columns", columns),
            ("group", self.flat.then(|| "none".to_owned())),
            ("unfold", Some(joined(&self.unfolded)).filter(|ids| !ids.is_empty())),
            ("select", (1..=NAMED).contains(&self.selected.len()).then(|| joined(&self.selected))),
            ("run", self.open.clone()),
        ];
        query(&parts.into_iter().filter_map(|(key, value)| Some((key, value?))).collect::<Vec<_>>())
    }

    /// Orders by a column: first as is best for it, then the other way, then not at all.
    pub fn order_by(&mut self, column: &Column) {
        let first = column.descends_first();
        self.order = match &self.order {
            Some(order) if order.column == *column && order.descending == first => {
                Some(Order { column: column.clone(), descending: !first })
            }
            Some(order) if order.column == *column => None,
            _ => Some(Order { column: column.clone(), descending: first }),
        };
    }

    /// What a screen reader is told of a column's order.
    pub fn aria_sort(&self, column: &Column) -> &'static str {
        match &self.order {
            Some(order) if order.column == *column => {
                if order.descending {
                    "descending"
                } else {
                    "ascending"
                }
            }
            _ => "none",
        }
    }
}

/// What the comparison shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CompareView {
    /// The runs, in their order; the others are held against the first.
    pub runs: Vec<String>,
    /// The metric whose course is drawn; none for the one that the page chooses.
    pub metric: Option<String>,
    /// The axes of the parallel coordinates; none for those that the page chooses.
    pub axes: Option<Vec<Column>>,
}

impl CompareView {
    /// Reads a query; what is not understood is left out.
    pub fn parse(text: &str) -> Self {
        let mut view = Self::default();
        for (key, value) in pairs(text) {
            match key.as_str() {
                "runs" => {
                    let mut seen = BTreeSet::new();
                    view.runs = list(&value).into_iter().filter(|id| seen.insert(id.clone())).collect();
                }
                "metric" => view.metric = Some(value).filter(|name| !name.is_empty()),
                "axes" => view.axes = Some(list(&value).iter().filter_map(|name| Column::parse(name)).collect()),
                _ => {}
            }
        }
        view
    }

    /// Writes the query.
    pub fn query(&self) -> String {
        let axes = self.axes.as_ref();
        let axes = axes.map(|all| all.iter().map(Column::identifier).collect::<Vec<_>>().join(","));
        let parts = [
            ("runs", Some(self.runs.join(",")).filter(|runs| !runs.is_empty())),
            ("metric", self.metric.clone()),
            ("axes", axes),
        ];
        query(&parts.into_iter().filter_map(|(key, value)| Some((key, value?))).collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(ids: &[&str]) -> BTreeSet<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    #[test]
    fn every_part_of_a_view_is_in_its_address_and_comes_back() {
        let view = RunsView {
            shown: Shown::Deleted,
            filter: "metrics.log_loss < 0.62 AND params.estimator LIKE '%trees'".into(),
            strict: true,
            order: Some(Order { column: Column::Metric("log loss".into()), descending: true }),
            columns: Some(vec![Column::Started, Column::Param("C".into()), Column::Tag("a/b".into())]),
            flat: true,
            unfolded: set(&["a1", "b2"]),
            selected: set(&["c3"]),
            open: Some("d4".into()),
        };
        let text = view.query();
        assert_eq!(RunsView::parse(&text), view, "{text}");
        assert_eq!(RunsView::default().query(), "", "what is usual is not said");
        assert_eq!(RunsView::parse(""), RunsView::default());
        let none = RunsView { columns: Some(vec![]), ..RunsView::default() };
        assert_eq!(RunsView::parse(&none.query()), none, "no columns are a choice as well");
    }

    #[test]
    fn what_an_address_says_wrongly_is_left_out() {
        let view = RunsView::parse("view=all&columns=metrics.a,nonsense,,params.b&order=nonsense+ASC&more=1");
        let columns = vec![Column::Metric("a".into()), Column::Param("b".into())];
        assert_eq!(view, RunsView { columns: Some(columns), ..RunsView::default() });
    }

    #[test]
    fn a_column_orders_one_way_then_the_other_then_not() {
        let mut view = RunsView::default();
        let loss = Column::Metric("log_loss".into());
        let mut seen = Vec::new();
        for _ in 0..3 {
            view.order_by(&loss);
            seen.push(view.order.as_ref().map(Order::clause));
        }
        assert_eq!(seen, [Some("metrics.log_loss ASC".to_owned()), Some("metrics.log_loss DESC".to_owned()), None]);
        view.order_by(&Column::Started);
        assert_eq!(view.aria_sort(&Column::Started), "descending", "the newest first");
        assert_eq!(view.aria_sort(&loss), "none");
    }

    #[test]
    fn a_comparison_is_in_its_address() {
        let view = CompareView {
            runs: vec!["b".into(), "a".into()],
            metric: Some("loss".into()),
            axes: Some(vec![Column::Param("C".into())]),
        };
        assert_eq!(CompareView::parse(&view.query()), view);
        assert_eq!(CompareView::parse("runs=a,b,a").runs, ["a", "b"], "each once");
    }
}
