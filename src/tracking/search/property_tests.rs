//! Random filters of the extended language against a plain walk over each run.
//!
//! Nothing of the search is shared: a tree is drawn, written as text for the search, and evaluated here from the tree.

use proptest::prelude::*;

use super::sample::run;
use super::{Filter, Mode, SearchRequest, search};
use crate::base::Digest;
use crate::tracking::{MetricPoint, Run, RunStatus, RunTable};

#[derive(Debug, Clone)]
enum Tree {
    Or(Vec<Tree>),
    And(Vec<Tree>),
    Not(Box<Tree>),
    Leaf(Leaf),
}

#[derive(Debug, Clone)]
enum Leaf {
    Metric(&'static str, &'static str, f64),
    MetricIn(&'static str, bool, Vec<f64>),
    MetricNull(&'static str, bool),
    ParamNumber(&'static str, &'static str, f64),
    Text(Name, bool, &'static str),
    TextIn(Name, bool, Vec<&'static str>),
    Like(Name, bool, bool, String),
    Null(Name, bool),
    Started(&'static str, u32),
}

#[derive(Debug, Clone, Copy)]
enum Name {
    Param(&'static str),
    Tag(&'static str),
    Status,
    Run,
    User,
    Digest,
}

const WORDS: [&str; 9] = ["elo", "Elo", "forest", "0.5", "10", "it's", "a_b", "FINISHED", ""];
const METRICS: [&str; 2] = ["log_loss", "hold-out loss"];
const PARAMS: [&str; 2] = ["c", "max depth"];

fn name() -> impl Strategy<Value = Name> {
    prop_oneof![
        prop::sample::select(&PARAMS[..]).prop_map(Name::Param),
        prop::sample::select(&["seed", "group by"][..]).prop_map(Name::Tag),
        Just(Name::Status),
        Just(Name::Run),
        Just(Name::User),
        Just(Name::Digest),
    ]
}

fn word() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&WORDS[..])
}

fn number() -> impl Strategy<Value = f64> {
    prop::sample::select(&[-1.5, 0.0, 0.5, 0.69, 10.0, 1e-9][..])
}

fn leaf() -> impl Strategy<Value = Leaf> {
    let sign = || prop::sample::select(&["=", "!=", "<", "<=", ">", ">="][..]);
    let metric = || prop::sample::select(&METRICS[..]);
    let pattern = prop::collection::vec(prop::sample::select(&["%", "_", "e", "E", "l", "o", "0", ".", "F"][..]), 0..5);
    prop_oneof![
        (metric(), sign(), number()).prop_map(|(key, sign, than)| Leaf::Metric(key, sign, than)),
        (metric(), any::<bool>(), prop::collection::vec(number(), 1..4))
            .prop_map(|(k, not, of)| Leaf::MetricIn(k, not, of)),
        (metric(), any::<bool>()).prop_map(|(key, not)| Leaf::MetricNull(key, not)),
        (prop::sample::select(&PARAMS[..]), sign(), number())
            .prop_map(|(key, sign, than)| Leaf::ParamNumber(key, sign, than)),
        (name(), any::<bool>(), word()).prop_map(|(name, not, word)| Leaf::Text(name, not, word)),
        (name(), any::<bool>(), prop::collection::vec(word(), 1..4))
            .prop_map(|(name, not, of)| Leaf::TextIn(name, not, of)),
        (name(), any::<bool>(), any::<bool>(), pattern).prop_map(|(name, not, any, of)| Leaf::Like(
            name,
            not,
            any,
            of.concat()
        )),
        (name(), any::<bool>()).prop_map(|(name, not)| Leaf::Null(name, not)),
        (sign(), 0u32..4).prop_map(|(sign, day)| Leaf::Started(sign, day)),
    ]
}

fn tree() -> impl Strategy<Value = Tree> {
    leaf().prop_map(Tree::Leaf).prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Tree::Or),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Tree::And),
            inner.prop_map(|inner| Tree::Not(Box::new(inner))),
        ]
    })
}

fn a_run() -> impl Strategy<Value = Run> {
    let texts = |keys: &'static [&'static str]| {
        prop::collection::btree_map(
            prop::sample::select(keys).prop_map(str::to_owned),
            word().prop_map(str::to_owned),
            0..3,
        )
    };
    let points = prop::collection::vec((number(), 0i64..4), 0..3);
    let metrics = prop::collection::btree_map(prop::sample::select(&METRICS[..]).prop_map(str::to_owned), points, 0..3);
    let status = prop::sample::select(&[RunStatus::Finished, RunStatus::Failed, RunStatus::Killed][..]);
    let tags = texts(&["seed", "group by", "mlflow.user"]);
    (word(), 0i64..4, metrics, texts(&PARAMS), tags, status, prop::option::of(0u8..3)).prop_map(
        |(name, day, metrics, params, tags, status, data)| {
            let points =
                |points: Vec<(f64, i64)>| points.into_iter().map(|(value, step)| MetricPoint::new(value, step));
            Run {
                metrics: metrics.into_iter().map(|(key, all)| (key, points(all).collect())).collect(),
                params,
                tags,
                status,
                data_version: data.map(|data| Digest::of_bytes(&[data])),
                ..run(name, day * 86_400)
            }
        },
    )
}

fn quoted(word: &str) -> String {
    if word.contains('\'') { format!("\"{word}\"") } else { format!("'{word}'") }
}

fn written(name: Name) -> String {
    match name {
        Name::Param(key) => format!("params.`{key}`"),
        Name::Tag(key) => format!("tags.\"{key}\""),
        Name::Status => "attributes.status".to_owned(),
        Name::Run => "run_name".to_owned(),
        Name::User => "user_id".to_owned(),
        Name::Digest => "datasets.digest".to_owned(),
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("({})", items.collect::<Vec<_>>().join(", "))
}

fn leaf_text(leaf: &Leaf) -> String {
    let not = |not: bool, word: &str| if not { format!("NOT {word}") } else { word.to_owned() };
    match leaf {
        Leaf::Metric(key, sign, than) => format!("metrics.`{key}` {sign} {than}"),
        Leaf::MetricIn(key, turned, of) => {
            format!("metric.\"{key}\" {} {}", not(*turned, "IN"), list(of.iter().map(f64::to_string)))
        }
        Leaf::MetricNull(key, turned) => format!("metrics.`{key}` IS {}", not(*turned, "NULL")),
        Leaf::ParamNumber(key, sign, than) => format!("params.`{key}` {sign} {than}"),
        Leaf::Text(name, turned, word) => {
            format!("{} {} {}", written(*name), if *turned { "!=" } else { "=" }, quoted(word))
        }
        Leaf::TextIn(name, turned, of) => {
            format!("{} {} {}", written(*name), not(*turned, "in"), list(of.iter().map(|word| quoted(word))))
        }
        Leaf::Like(name, turned, any_case, pattern) => {
            format!("{} {} '{pattern}'", written(*name), not(*turned, if *any_case { "ILIKE" } else { "LIKE" }))
        }
        Leaf::Null(name, turned) => format!("{} is {}", written(*name), not(*turned, "null")),
        Leaf::Started(sign, day) => format!("start_time {sign} '1970-01-0{}'", day + 1),
    }
}

fn text(tree: &Tree) -> String {
    let joined = |parts: &[Tree], word: &str| {
        let parts: Vec<String> = parts.iter().map(|part| format!("({})", text(part))).collect();
        parts.join(word)
    };
    match tree {
        Tree::Or(parts) => joined(parts, " or "),
        Tree::And(parts) => joined(parts, " AND "),
        Tree::Not(part) => format!("NOT ({})", text(part)),
        Tree::Leaf(leaf) => leaf_text(leaf),
    }
}

fn stands(sign: &str, left: f64, right: f64) -> bool {
    match sign {
        "=" => left == right,
        "!=" => left != right,
        "<" => left < right,
        "<=" => left <= right,
        ">" => left > right,
        _ => left >= right,
    }
}

/// A pattern matched letter by letter, trying every length of every `%`.
fn like(text: &[char], pattern: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some(('%', rest)) => (0..=text.len()).any(|skipped| like(&text[skipped..], rest)),
        Some((letter, rest)) => {
            text.split_first().is_some_and(|(first, after)| (*letter == '_' || letter == first) && like(after, rest))
        }
    }
}

fn metric(run: &Run, key: &str) -> Option<f64> {
    let mut points = run.metrics.get(key)?.clone();
    points.sort_by(|a, b| a.step.cmp(&b.step).then(a.value.total_cmp(&b.value)));
    points.last().map(|point| point.value)
}

fn value(run: &Run, name: Name) -> Option<String> {
    match name {
        Name::Param(key) => run.params.get(key).cloned(),
        Name::Tag(key) => run.tags.get(key).cloned(),
        Name::User => run.tags.get("mlflow.user").cloned(),
        Name::Run => Some(run.name.clone()),
        Name::Status => serde_json::to_value(run.status).ok()?.as_str().map(str::to_owned),
        Name::Digest => run.data_version.map(|digest| digest.hex()[..12].to_owned()),
    }
}

fn leaf_holds(leaf: &Leaf, run: &Run) -> bool {
    let with = |name: &Name, test: &dyn Fn(String) -> bool| value(run, *name).is_some_and(test);
    match leaf {
        Leaf::Metric(key, sign, than) => metric(run, key).is_some_and(|value| stands(sign, value, *than)),
        Leaf::MetricIn(key, not, of) => metric(run, key).is_some_and(|value| of.contains(&value) != *not),
        Leaf::MetricNull(key, not) => metric(run, key).is_some() == *not,
        Leaf::ParamNumber(key, sign, than) => {
            let value = run.params.get(*key).and_then(|value| value.parse::<f64>().ok());
            value.is_some_and(|value| stands(sign, value, *than))
        }
        Leaf::Text(name, not, word) => with(name, &|value| (value == *word) != *not),
        Leaf::TextIn(name, not, of) => with(name, &|value| of.iter().any(|one| *one == value) != *not),
        Leaf::Like(name, not, any_case, pattern) => with(name, &|value| {
            let case = |text: &str| if *any_case { text.to_ascii_uppercase() } else { text.to_owned() };
            let [value, pattern] = [case(&value), case(pattern)].map(|text| text.chars().collect::<Vec<_>>());
            like(&value, &pattern) != *not
        }),
        Leaf::Null(name, not) => value(run, *name).is_some() == *not,
        Leaf::Started(sign, day) => stands(sign, run.started_at.timestamp() as f64, f64::from(*day) * 86_400.0),
    }
}

fn holds(tree: &Tree, run: &Run) -> bool {
    match tree {
        Tree::Or(parts) => parts.iter().any(|part| holds(part, run)),
        Tree::And(parts) => parts.iter().all(|part| holds(part, run)),
        Tree::Not(part) => !holds(part, run),
        Tree::Leaf(leaf) => leaf_holds(leaf, run),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_filter_finds_what_a_walk_over_every_run_finds(tree in tree(), runs in prop::collection::vec(a_run(), 1..12)) {
        let expected: Vec<usize> =
            runs.iter().enumerate().filter(|(_, run)| holds(&tree, run)).map(|(row, _)| row).collect();
        let text = text(&tree);
        let filter = Filter::parse(&text, Mode::Extended);
        prop_assert!(filter.is_ok(), "{text}: {filter:?}");
        prop_assert_eq!(filter.expect("checked").rows(&RunTable::new(&runs)), expected, "{}", text);
    }

    #[test]
    fn a_changed_table_is_that_of_the_runs_that_there_are_then(
        runs in prop::collection::vec((a_run(), any::<bool>()), 0..12),
        added in prop::collection::vec(a_run(), 0..4),
    ) {
        // Ids are made of names, so that two runs may have the same one.
        let numbered = |(number, mut run): (usize, Run)| { run.id = format!("{number:032x}"); run };
        let (runs, goes): (Vec<Run>, Vec<bool>) = runs.into_iter().unzip();
        let runs: Vec<Run> = runs.into_iter().enumerate().map(numbered).collect();
        let added: Vec<Run> = added.into_iter().enumerate().map(|(number, run)| numbered((100 + number, run))).collect();
        let left: Vec<Run> = runs.iter().zip(&goes).filter(|(_, goes)| !**goes).map(|(run, _)| run.clone()).collect();
        let is_gone = |id: &str| runs.iter().zip(&goes).any(|(run, goes)| *goes && run.id == id);
        let changed = RunTable::new(&runs).changed(is_gone, &added);
        let anew = RunTable::new(&[left, added].concat());
        let bytes = |table: &RunTable| postcard::to_allocvec(table).expect("it can be written");
        prop_assert_eq!(bytes(&changed), bytes(&anew));
        prop_assert!(changed.newest_first().eq(anew.newest_first()));
        let read: RunTable = postcard::from_bytes(&bytes(&anew)).expect("its own bytes");
        prop_assert_eq!(bytes(&read), bytes(&anew));
        prop_assert!(read.newest_first().eq(anew.newest_first()));
    }

    #[test]
    fn any_text_gets_an_answer(text in "[a-z.='\"`()\\[\\]<>!,;0-9éA-Z %_:*/$#@?-]{0,40}") {
        for mode in [Mode::Strict, Mode::Extended] {
            if let Err(error) = Filter::parse(&text, mode)
                && let Some(at) = error.at
            {
                prop_assert!(text.get(at.clone()).is_some(), "{:?} in {:?}", at, text);
            }
        }
        let strict = Filter::parse(&text, Mode::Strict);
        if strict.is_ok() {
            prop_assert_eq!(strict, Filter::parse(&text, Mode::Extended));
        }
    }

    #[test]
    fn pages_together_are_the_whole(runs in prop::collection::vec(a_run(), 0..20), size in 1i64..7, descending: bool) {
        let table = RunTable::new(&runs);
        let order = format!("metrics.log_loss {}", if descending { "DESC" } else { "ASC" });
        let mut request = SearchRequest { order_by: vec![order], ..SearchRequest::default() };
        let whole = search(&table, &request).expect("a whole page").rows;
        request.max_results = size;
        let mut found = Vec::new();
        loop {
            let page = search(&table, &request).expect("a page");
            found.extend(page.rows);
            request.page_token = page.next_page_token;
            if request.page_token.is_none() {
                break;
            }
        }
        prop_assert_eq!(found, whole);
    }
}

#[test]
fn errors_say_where_what_and_what_instead() {
    let check = |text: &str, place: &str, message: &str| {
        let error = Filter::parse(text, Mode::Extended).expect_err(text);
        let at = error.at.clone().expect("a place");
        assert_eq!((&text[at], error.message.as_str()), (place, message), "{text}");
    };
    check("metrics.loss > '1'", "'1'", "found `'1'`: expected a number without quotes");
    check(
        "metric_s.loss > 1",
        "metric_s.loss",
        "`metric_s` is no entity (did you mean `metrics`?): expected metrics, params, tags, attributes or datasets",
    );
    check(
        "strat_time > 1",
        "strat_time",
        "no attribute is called `strat_time` (did you mean `start_time`?): expected artifact_uri, end_time, run_id, run_name, \
         start_time, status, user_id, or metrics., params. or tags. before a key",
    );
    check("params.c > 1 ADN params.d = 2", "ADN", "found `ADN`: expected AND, OR or the end");
    check(
        "params.c > 1 OR",
        "",
        "the filter ends here: expected a name like metrics.log_loss, params.c, tags.note or start_time",
    );
    check("params.c == '1'", "==", "`==` is no comparator (did you mean `=`?): expected =, !=, <, <=, > or >=");
    check("(params.c = 1", "", "the filter ends here: expected AND, OR or `)`");
    check("params.c = 'x", "'x", "nothing closes what ' opens: expected another '");
    check("params.c IN (1, 'x')", "'x'", "a list has numbers or texts in quotes, not both");
    check("params.c > 'x'", ">", "`>` compares numbers and 'x' is in quotes: expected a number without quotes");
    check(
        "start_time > 'yesterday' OR status = 'x'",
        "'yesterday'",
        "found `'yesterday'`: expected milliseconds since 1970, or a date or time in quotes, like '2026-11-01' or \
         '2026-11-01T18:30:00Z'",
    );
    check(
        "datasets.nam = 'x'",
        "datasets.nam",
        "a dataset has no `nam` (did you mean `name`?): expected context, digest, name",
    );
}
