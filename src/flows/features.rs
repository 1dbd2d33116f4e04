//! The feature store over a [`Store`]: definitions are planned and applied, rows materialised, and features looked up.
//!
//! | kind | key | what |
//! |---|---|---|
//! | `feature_definitions` | `feature_definitions/applied` | [`Applied`]: what plans are held against |
//! | `online_view` | `online_view/<view>` | [`OnlineView`]: the served rows of a view |

use serde::{Deserialize, Serialize};

use crate::base::{Date, Instant, morning, rfc3339_of};
use crate::features::{
    Action, DefinitionError, Definitions, FeaturePlan, FeatureRef, FeatureRows, FeatureView, MaterializeError,
    Materialized, Object, OnlineValue, OnlineView, get_online, plan,
};
use crate::flows::documents::{self, RETRIES, Record};
use crate::league::GameLog;
use crate::league::features::{ViewRows, compute_all, key_name};
use crate::ports::{Batch, Revision, Store, StoreError};

/// Definitions as they were applied.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Applied {
    /// The definitions.
    pub definitions: Definitions,
    /// When they were applied; none where nothing has been.
    pub applied_at: Option<Instant>,
}

impl Record for Applied {
    const KIND: &'static str = "feature_definitions";
    fn id(&self) -> String {
        "applied".to_owned()
    }
}

impl Record for OnlineView {
    const KIND: &'static str = "online_view";
    fn id(&self) -> String {
        self.view.clone()
    }
}

/// Why the feature store did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum FeatureStoreError {
    /// A plan cannot be applied.
    #[error("the plan cannot be applied: {}", .0.join("; "))]
    Refused(Vec<String>),
    /// A name leads nowhere.
    #[error(transparent)]
    Definition(#[from] DefinitionError),
    /// Rows do not fit.
    #[error(transparent)]
    Materialize(#[from] MaterializeError),
    /// A view that was never applied, or in another version.
    #[error("view {view}: {found}, and these features are version {wanted}; apply the definitions first")]
    NotApplied {
        /// The view.
        view: String,
        /// What is there, as a clause.
        found: String,
        /// The version at hand.
        wanted: u32,
    },
    /// The key of an entity that a feature needs is not given.
    #[error("{view} is about {entity}, and no {entity} is given")]
    NoKey {
        /// The view.
        view: String,
        /// The entity.
        entity: String,
    },
    /// The store did not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What was applied last, and the revision it was read at.
///
/// # Errors
/// Those of the store.
pub async fn applied<S: Store>(store: &S) -> Result<(Revision, Applied), StoreError> {
    let (revision, applied) = documents::load_one::<Applied, S>(store, "applied").await?;
    Ok((revision, applied.unwrap_or_default()))
}

/// What it would take to come to these definitions.
///
/// # Errors
/// Those of the store.
pub async fn plan_for<S: Store>(store: &S, wanted: &Definitions) -> Result<FeaturePlan, StoreError> {
    Ok(plan(&applied(store).await?.1.definitions, wanted))
}

/// Applies definitions. Served rows of views that go, or get a new version, go with them: they would be served under a
/// meaning that they do not have.
///
/// # Errors
/// [`FeatureStoreError::Refused`] where the plan says no, and those of the store; nothing has changed then.
pub async fn apply<S: Store>(store: &S, wanted: &Definitions, now: Instant) -> Result<FeaturePlan, FeatureStoreError> {
    for _ in 0..RETRIES {
        let (base, there) = applied(store).await?;
        let plan = plan(&there.definitions, wanted);
        if !plan.refusals.is_empty() {
            return Err(FeatureStoreError::Refused(plan.refusals));
        }
        if plan.changes.is_empty() {
            return Ok(plan);
        }
        let mut batch = Batch { base, ..Batch::default() };
        put_applied(&mut batch, &plan, wanted, &served(store).await?, now)?;
        match documents::commit(store, batch).await {
            Ok(_) => return Ok(plan),
            Err(StoreError::Stale { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(changed_all_the_time())
}

/// Writes a plan's outcome into a batch.
///
/// # Errors
/// Where the definitions cannot be written as JSON.
pub fn put_applied(
    batch: &mut Batch,
    plan: &FeaturePlan,
    wanted: &Definitions,
    served: &[OnlineView],
    now: Instant,
) -> Result<(), StoreError> {
    documents::put(batch, &Applied { definitions: wanted.clone(), applied_at: Some(now) })?;
    for change in plan.changes.iter().filter(|change| change.object == Object::View) {
        let goes = matches!(change.action, Action::NewVersion { .. } | Action::Delete);
        if goes && served.iter().any(|view| view.view == change.name) {
            batch.deletes.push(format!("{}/{}", OnlineView::KIND, change.name));
        }
    }
    Ok(())
}

fn changed_all_the_time() -> FeatureStoreError {
    let why = "the store was changed by others again and again; try once more";
    StoreError::Unavailable(why.to_owned()).into()
}

/// What is materialised, in milliseconds since 1970 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// From one instant to another, both inclusive.
    Interval(i64, i64),
    /// From where the last run ended to an instant.
    Incremental(i64),
}

/// Materialises views of the data from `source` in one commit. `now` is the instant of the data: what became known later
/// is not seen.
///
/// # Errors
/// Where a view is not applied in this version, the span makes no sense, or the store does not do its part; nothing has
/// changed then.
pub async fn materialize<S: Store>(
    store: &S,
    source: &str,
    views: &[ViewRows],
    span: Span,
    now: i64,
) -> Result<Vec<Materialized>, FeatureStoreError> {
    for _ in 0..RETRIES {
        let (base, there) = applied(store).await?;
        views.iter().try_for_each(|of| check_applied(&there.definitions, &of.view))?;
        let before = served(store).await?;
        let (after, done) = advance(&before, source, views, span, now)?;
        match serve(store, base, &before, &after).await {
            Ok(()) => return Ok(done),
            Err(StoreError::Stale { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(changed_all_the_time())
}

/// The next served rows of views, and what was done for them. Rows of another version of a view, or of data from another
/// source, are not gone on from: a league's rows do not mix with another's.
///
/// # Errors
/// Where a row does not fit; nothing is given then.
pub fn advance<'v>(
    served: &[OnlineView],
    source: &str,
    views: impl IntoIterator<Item = &'v ViewRows>,
    span: Span,
    now: i64,
) -> Result<(Vec<OnlineView>, Vec<Materialized>), MaterializeError> {
    let (mut after, mut done) = (Vec::new(), Vec::new());
    for ViewRows { view, rows } in views {
        let mut online = served_of(served, view, source).cloned().unwrap_or_else(|| OnlineView::new(view, source));
        done.push(match span {
            Span::Interval(start, end) => online.materialize(view, rows, (start, end), now)?,
            Span::Incremental(end) => online.materialize_incremental(view, rows, end, now)?,
        });
        after.push(online);
    }
    Ok((after, done))
}

/// The served rows of a view's version, of data from a source.
pub fn served_of<'s>(served: &'s [OnlineView], view: &FeatureView, source: &str) -> Option<&'s OnlineView> {
    let is_it =
        |online: &&OnlineView| online.view == view.name && online.version == view.version && online.source == source;
    served.iter().find(is_it)
}

/// Writes what is served anew into a batch. A row's delete in it, of an older version, makes way for its put.
///
/// # Errors
/// Where rows cannot be written as JSON.
pub fn put_served(batch: &mut Batch, before: &[OnlineView], after: &[OnlineView]) -> Result<(), StoreError> {
    for view in after.iter().filter(|view| !before.contains(view)) {
        batch.deletes.retain(|key| *key != view.key());
        documents::put(batch, view)?;
    }
    Ok(())
}

/// Puts what is served anew in the place of what was, in one commit; `base` is where `before` was read.
///
/// # Errors
/// Those of the store; nothing has changed then.
pub async fn serve<S: Store>(
    store: &S,
    base: Revision,
    before: &[OnlineView],
    after: &[OnlineView],
) -> Result<(), StoreError> {
    let mut batch = Batch { base, ..Batch::default() };
    put_served(&mut batch, before, after)?;
    if !batch.puts.is_empty() {
        documents::commit(store, batch).await?;
    }
    Ok(())
}

fn check_applied(there: &Definitions, view: &FeatureView) -> Result<(), FeatureStoreError> {
    let found = match there.views.iter().find(|applied| applied.name == view.name) {
        Some(applied) if applied.version == view.version => return Ok(()),
        Some(applied) => format!("version {} is applied", applied.version),
        None => "nothing is applied".to_owned(),
    };
    Err(FeatureStoreError::NotApplied { view: view.name.clone(), found, wanted: view.version })
}

/// Goes on with every view from where it is served to the morning of a day, by what was known then.
///
/// # Errors
/// Where a row does not fit; nothing is given then.
pub fn materialize_all(
    log: &GameLog,
    source: &str,
    day: Date,
    served: &[OnlineView],
) -> Result<(Vec<OnlineView>, Vec<Materialized>), MaterializeError> {
    let now = morning(day).timestamp_millis();
    advance(served, source, &compute_all(&log.as_of(day)), Span::Incremental(now), now)
}

/// The served rows of every view.
///
/// # Errors
/// Those of the store.
pub async fn served<S: Store>(store: &S) -> Result<Vec<OnlineView>, StoreError> {
    Ok(documents::load_all::<OnlineView, S>(store).await?.1)
}

/// One feature vector: `features` of the entities named in `keys` (entity and key each), as they are served at `now`.
///
/// # Errors
/// Where a feature is not defined or the key of its entity is not given.
pub fn online_features(
    definitions: &Definitions,
    served: &[OnlineView],
    features: &[FeatureRef],
    keys: &[(&str, u32)],
    now: i64,
) -> Result<Vec<OnlineValue>, FeatureStoreError> {
    features
        .iter()
        .map(|reference| {
            let (view, _) = definitions.feature(reference)?;
            let entity = view.entities.first().map(String::as_str).unwrap_or_default();
            let key = keys
                .iter()
                .find(|(name, _)| *name == entity)
                .map(|(_, key)| *key)
                .ok_or_else(|| FeatureStoreError::NoKey { view: view.name.clone(), entity: entity.to_owned() })?;
            let online = served.iter().find(|online| online.view == view.name && online.version == view.version);
            let column = online.and_then(|online| online.features.iter().position(|name| *name == reference.feature));
            Ok(get_online(online, key, column.unwrap_or(usize::MAX), view.ttl_ms, now))
        })
        .collect()
}

/// Rows of a view as CSV, in the layout that a Feast `FileSource` reads: the join key, `event_timestamp`,
/// `created_timestamp`, and a column a feature; null is empty.
///
/// # Errors
/// Where writing fails.
pub fn rows_csv(view: &FeatureView, rows: &FeatureRows) -> Result<String, csv::Error> {
    let entity = view.entities.first().map(String::as_str).unwrap_or_default();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let fields = view.fields.iter().map(|field| field.name.as_str());
    writer.write_record([entity, "event_timestamp", "created_timestamp"].into_iter().chain(fields))?;
    for row in 0..rows.len() {
        writer.write_field(key_name(entity, rows.keys[row]).unwrap_or_default())?;
        writer.write_field(rfc3339_of(rows.event_at[row]))?;
        writer.write_field(rfc3339_of(rows.known_at[row]))?;
        for column in &rows.columns {
            let value = column[row];
            writer.write_field(if value.is_nan() { String::new() } else { value.to_string() })?;
        }
        writer.write_record(None::<&[u8]>)?;
    }
    // What was written is UTF-8, and writing into memory cannot fail.
    Ok(writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default())
}
