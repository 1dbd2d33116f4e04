//! What a change of the definitions would do, before it is done.

use serde::{Deserialize, Serialize};

use super::{Definitions, FeatureService, FeatureView};

/// What is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Object {
    /// An entity.
    Entity,
    /// A feature view.
    View,
    /// A feature service.
    Service,
}

/// How it is changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "action")]
pub enum Action {
    /// It is new.
    Create,
    /// Its words change, and no value.
    Describe,
    /// Its values or its schema change: rows of the former version are no longer joined or served.
    NewVersion {
        /// The version that is there.
        from: String,
        /// The version that it becomes.
        to: String,
    },
    /// Only how long its rows are valid changes.
    Ttl,
    /// It goes.
    Delete,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What is changed.
    pub object: Object,
    /// Its name.
    pub name: String,
    /// How.
    #[serde(flatten)]
    pub action: Action,
    /// What differs, one sentence each.
    pub differences: Vec<String>,
    /// Services whose models read it.
    pub affects: Vec<String>,
}

/// A plan: what would change, and why it cannot where it cannot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeaturePlan {
    /// The changes, entities first.
    pub changes: Vec<Change>,
    /// Definitions that stay.
    pub unchanged: usize,
    /// Why the plan cannot be applied.
    pub refusals: Vec<String>,
}

impl FeaturePlan {
    /// Whether there is nothing to do and nothing wrong.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.refusals.is_empty()
    }
}

/// What it takes to come from one set of definitions to another.
///
/// A change of a view's entities, source or features (names, types, units, order) asks for a higher version, and so does
/// a change of a service's list; a change of words and of the time to live does not.
pub fn plan(there: &Definitions, wanted: &Definitions) -> FeaturePlan {
    let mut plan =
        FeaturePlan { refusals: wanted.problems().iter().map(ToString::to_string).collect(), ..Default::default() };
    each(
        Object::Entity,
        (&there.entities, &wanted.entities),
        |entity| &entity.name,
        |_, _| Vec::new(),
        |before, after| (before != after).then(|| (Action::Describe, vec!["the entity is described anew".to_owned()])),
        &mut plan,
    );
    let users = |view: &str| {
        let mut services: Vec<String> = wanted.services_with(view).into_iter().map(str::to_owned).collect();
        services.extend(there.services_with(view).into_iter().map(str::to_owned));
        services.sort();
        services.dedup();
        services
    };
    each(
        Object::View,
        (&there.views, &wanted.views),
        |view| &view.name,
        |view, _| users(&view.name),
        view_change,
        &mut plan,
    );
    each(
        Object::Service,
        (&there.services, &wanted.services),
        |service| &service.name,
        |_, _| Vec::new(),
        service_change,
        &mut plan,
    );
    let lower = there.views.iter().filter_map(|before| version_refusal(before, wanted.view(&before.name).ok()?));
    plan.refusals.extend(lower);
    let services = there.services.iter();
    plan.refusals.extend(services.filter_map(|before| service_refusal(before, wanted.service(&before.name).ok()?)));
    plan
}

/// Holds two lists of definitions against each other by name.
fn each<T>(
    object: Object,
    (there, wanted): (&[T], &[T]),
    name: impl Fn(&T) -> &String,
    affects: impl Fn(&T, Object) -> Vec<String>,
    differ: impl Fn(&T, &T) -> Option<(Action, Vec<String>)>,
    plan: &mut FeaturePlan,
) {
    let change = |one: &T, action, differences| Change {
        object,
        name: name(one).clone(),
        action,
        differences,
        affects: affects(one, object),
    };
    for after in wanted {
        match there.iter().find(|before| name(before) == name(after)) {
            None => plan.changes.push(change(after, Action::Create, Vec::new())),
            Some(before) => match differ(before, after) {
                Some((action, differences)) => plan.changes.push(change(after, action, differences)),
                None => plan.unchanged += 1,
            },
        }
    }
    let gone = there.iter().filter(|before| wanted.iter().all(|after| name(before) != name(after)));
    plan.changes.extend(gone.map(|before| change(before, Action::Delete, Vec::new())));
}

fn view_change(before: &FeatureView, after: &FeatureView) -> Option<(Action, Vec<String>)> {
    let mut differences = schema_differences(before, after);
    if before.version != after.version {
        differences.insert(0, format!("version {} becomes {}", before.version, after.version));
        let (from, to) = (before.version.to_string(), after.version.to_string());
        return Some((Action::NewVersion { from, to }, differences));
    }
    if !differences.is_empty() {
        // It is refused; what it would be is shown all the same.
        let version = before.version.to_string();
        return Some((Action::NewVersion { from: version.clone(), to: version }, differences));
    }
    if before.ttl_ms != after.ttl_ms {
        let hours =
            |ttl: Option<i64>| ttl.map_or_else(|| "no bound".to_owned(), |ms| format!("{} h", ms as f64 / 3.6e6));
        let text = format!("time to live {} becomes {}", hours(before.ttl_ms), hours(after.ttl_ms));
        return Some((Action::Ttl, vec![text]));
    }
    (before != after).then(|| (Action::Describe, vec!["description, owner, tags or words of a feature".to_owned()]))
}

/// What differs in what a view's rows hold.
fn schema_differences(before: &FeatureView, after: &FeatureView) -> Vec<String> {
    let mut differences = Vec::new();
    if before.entities != after.entities {
        differences.push(format!("entities {} become {}", before.entities.join(", "), after.entities.join(", ")));
    }
    if before.source != after.source {
        differences.push(format!("source `{}` becomes `{}`", before.source, after.source));
    }
    for field in &after.fields {
        match before.fields.iter().find(|other| other.name == field.name) {
            None => differences.push(format!("feature {} is new", field.name)),
            Some(other) if other.dtype != field.dtype => differences.push(format!(
                "feature {}: {} becomes {}",
                field.name,
                other.dtype.name(),
                field.dtype.name()
            )),
            Some(other) if other.unit != field.unit => {
                differences.push(format!("feature {}: {} becomes {}", field.name, other.unit, field.unit));
            }
            Some(_) => {}
        }
    }
    let gone = before.fields.iter().filter(|field| after.column(&field.name).is_none());
    differences.extend(gone.map(|field| format!("feature {} goes", field.name)));
    let names = |view: &FeatureView| view.fields.iter().map(|field| field.name.clone()).collect::<Vec<_>>();
    if differences.is_empty() && names(before) != names(after) {
        differences.push("the order of the features changes".to_owned());
    }
    differences
}

fn version_refusal(before: &FeatureView, after: &FeatureView) -> Option<String> {
    let differences = schema_differences(before, after);
    if after.version < before.version {
        Some(format!("the view {} goes back from version {} to {}", after.name, before.version, after.version))
    } else if after.version == before.version && !differences.is_empty() {
        let version = before.version;
        Some(format!(
            "the view {} changes and is still version {version} ({}): make it version {}",
            after.name,
            differences.join("; "),
            version + 1
        ))
    } else {
        None
    }
}

fn service_change(before: &FeatureService, after: &FeatureService) -> Option<(Action, Vec<String>)> {
    if before.version != after.version || before.features != after.features {
        let list = |service: &FeatureService| service.features.iter().map(ToString::to_string).collect::<Vec<_>>();
        let (old, new) = (list(before), list(after));
        let mut differences: Vec<String> =
            new.iter().filter(|one| !old.contains(one)).map(|one| format!("{one} is new")).collect();
        differences.extend(old.iter().filter(|one| !new.contains(one)).map(|one| format!("{one} goes")));
        if differences.is_empty() && old != new {
            differences.push("the order of the features changes".to_owned());
        }
        let (from, to) = (before.version.clone(), after.version.clone());
        return Some((Action::NewVersion { from, to }, differences));
    }
    (before != after).then(|| (Action::Describe, vec!["description".to_owned()]))
}

fn service_refusal(before: &FeatureService, after: &FeatureService) -> Option<String> {
    (before.version == after.version && before.features != after.features).then(|| {
        format!("the service {} changes and is still version {}: raise its version", after.name, after.version)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::ValueType;
    use crate::features::testing::definitions;

    fn changed(change: impl FnOnce(&mut Definitions)) -> FeaturePlan {
        let mut wanted = definitions();
        change(&mut wanted);
        plan(&definitions(), &wanted)
    }

    #[test]
    fn the_same_definitions_are_no_change() {
        let plan = changed(|_| ());
        assert!(plan.is_empty());
        assert_eq!(plan.unchanged, 5);
    }

    #[test]
    fn a_first_plan_creates_everything() {
        let plan = plan(&Definitions::default(), &definitions());
        assert!(plan.changes.iter().all(|change| change.action == Action::Create) && plan.refusals.is_empty());
        assert_eq!(plan.changes.len(), 5);
    }

    #[test]
    fn a_change_of_the_schema_without_a_new_version_is_refused_and_says_what_differs() {
        let plan = changed(|wanted| wanted.views[0].fields[0].dtype = ValueType::Bool);
        assert_eq!(
            plan.refusals,
            [
                "the view team_form changes and is still version 1 (feature win_share: Float64 becomes Bool): make it version 2"
            ]
        );
        assert_eq!(plan.changes[0].affects, ["prediction"], "models that read it are named");
    }

    #[test]
    fn a_new_version_names_both_versions_and_what_reads_the_view() {
        let plan = changed(|wanted| {
            wanted.views[0].version = 2;
            wanted.views[0].fields[0].unit = "percent".into();
        });
        assert_eq!(plan.refusals, [] as [&str; 0]);
        let [change] = plan.changes.as_slice() else { panic!("{plan:?}") };
        assert_eq!(change.action, Action::NewVersion { from: "1".into(), to: "2".into() });
        assert_eq!(change.differences, ["version 1 becomes 2", "feature win_share: share becomes percent"]);
        assert_eq!(change.affects, ["prediction"]);
    }

    #[test]
    fn words_and_the_time_to_live_change_without_a_new_version() {
        let words = changed(|wanted| wanted.views[1].owner = "somebody else".into());
        assert_eq!((words.changes[0].action.clone(), words.refusals.len()), (Action::Describe, 0));
        let ttl = changed(|wanted| wanted.views[1].ttl_ms = Some(48 * 3_600_000));
        assert_eq!((ttl.changes[0].action.clone(), ttl.refusals.len()), (Action::Ttl, 0));
        assert_eq!(ttl.changes[0].differences, ["time to live 24 h becomes 48 h"]);
    }

    #[test]
    fn a_view_that_a_service_reads_cannot_go() {
        let plan = changed(|wanted| {
            wanted.views.remove(0);
        });
        assert!(plan.refusals.iter().any(|why| why.contains("there is no view `team_form`")), "{plan:?}");
        assert!(plan.changes.iter().any(|change| change.action == Action::Delete && change.affects == ["prediction"]));
    }

    #[test]
    fn a_version_does_not_go_back_and_a_list_does_not_change_under_its_version() {
        let back = changed(|wanted| wanted.views[0].version = 0);
        assert_eq!(back.refusals, ["the view team_form goes back from version 1 to 0"]);
        let list = changed(|wanted| {
            wanted.services[0].features.pop();
        });
        assert!(list.refusals[0].contains("still version 1.0.0"), "{list:?}");
    }
}
