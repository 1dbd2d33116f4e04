//! Definitions as data: entities, feature views and feature services, and how a name leads to them.
//!
//! The words are Feast's. What a change of the definitions would do is told by [`super::plan`].

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{FeatureView, Field};

/// What rows can be about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entity {
    /// Its name, such as `team`.
    pub name: String,
    /// The column that holds its key in a table.
    pub join_key: String,
    /// What one is.
    pub description: String,
}

/// A feature by the name of its view and its own, written `view:feature`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FeatureRef {
    /// The view.
    pub view: String,
    /// The feature.
    pub feature: String,
}

impl FeatureRef {
    /// Its column in a joined frame: `view__feature` where full names are asked for, else `feature`.
    pub fn column(&self, full: bool) -> String {
        if full { format!("{}__{}", self.view, self.feature) } else { self.feature.clone() }
    }
}

impl FromStr for FeatureRef {
    type Err = DefinitionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            Some((view, feature)) if !view.is_empty() && !feature.is_empty() && !feature.contains(':') => {
                Ok(Self { view: view.to_owned(), feature: feature.to_owned() })
            }
            _ => Err(DefinitionError::NoReference { found: text.to_owned() }),
        }
    }
}

impl TryFrom<String> for FeatureRef {
    type Error = DefinitionError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<FeatureRef> for String {
    fn from(reference: FeatureRef) -> Self {
        reference.to_string()
    }
}

impl fmt::Display for FeatureRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.view, self.feature)
    }
}

/// A named list of features that a model is trained on and served with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureService {
    /// Its name.
    pub name: String,
    /// Raised with every change of the list, its order, or of what is computed from it.
    pub version: String,
    /// What it is for.
    pub description: String,
    /// Its features, in order.
    pub features: Vec<FeatureRef>,
}

/// Everything that is defined.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definitions {
    /// What rows can be about.
    pub entities: Vec<Entity>,
    /// Groups of features.
    pub views: Vec<FeatureView>,
    /// What models use.
    pub services: Vec<FeatureService>,
}

/// What is wrong with a definition, or with a name that should lead to one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DefinitionError {
    /// It is not `view:feature`.
    #[error("expected a feature as view:feature, found `{found}`")]
    NoReference {
        /// What was found.
        found: String,
    },
    /// No such thing is defined.
    #[error("there is no {what} `{name}`{}", suggested(.suggestion.as_deref()))]
    Unknown {
        /// `view`, `feature of team_elo` and the like.
        what: String,
        /// What was asked for.
        name: String,
        /// The nearest name that is defined.
        suggestion: Option<String>,
    },
    /// Two things of a kind have one name.
    #[error("two {what} are named `{name}`")]
    Twice {
        /// The kind.
        what: String,
        /// The name.
        name: String,
    },
    /// A joined frame would have two columns of one name.
    #[error("both {first} and {second} would be the column `{column}`: ask for full names (view__feature)")]
    Clash {
        /// The column.
        column: String,
        /// One feature.
        first: FeatureRef,
        /// The other.
        second: FeatureRef,
    },
    /// A name that cannot be a column or a key.
    #[error("expected a name of lower-case letters, digits and _, found `{name}` as the name of {what}")]
    Name {
        /// What it names.
        what: String,
        /// The name.
        name: String,
    },
    /// A time to live below 0.
    #[error("the view {view} has a time to live of {ttl_ms} ms; expected none or at least 0")]
    NegativeTtl {
        /// The view.
        view: String,
        /// Its time to live.
        ttl_ms: i64,
    },
    /// A view about nothing, or without a feature.
    #[error("the view {view} has no {what}")]
    Empty {
        /// The view.
        view: String,
        /// What it lacks.
        what: &'static str,
    },
}

fn suggested(name: Option<&str>) -> String {
    name.map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

/// The end of a sentence about a name that leads nowhere: the nearest of the names that do, if one is near.
pub fn did_you_mean<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> String {
    suggested(nearest(name, names).as_deref())
}

/// The name nearest to the one asked for: letters added, left out, changed or swapped. None where all are far from it.
fn nearest<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> Option<String> {
    let distances = names.into_iter().map(|known| (strsim::osa_distance(name, known), known));
    let (distance, known) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance == 1 || 3 * distance <= known.len()).then(|| known.to_owned())
}

fn unknown<'n>(what: impl Into<String>, name: &str, names: impl IntoIterator<Item = &'n str>) -> DefinitionError {
    DefinitionError::Unknown { what: what.into(), name: name.to_owned(), suggestion: nearest(name, names) }
}

impl Definitions {
    /// A view by its name.
    ///
    /// # Errors
    /// [`DefinitionError::Unknown`] with the nearest name.
    pub fn view(&self, name: &str) -> Result<&FeatureView, DefinitionError> {
        let names = self.views.iter().map(|view| view.name.as_str());
        self.views.iter().find(|view| view.name == name).ok_or_else(|| unknown("view", name, names))
    }

    /// A service by its name.
    ///
    /// # Errors
    /// [`DefinitionError::Unknown`] with the nearest name.
    pub fn service(&self, name: &str) -> Result<&FeatureService, DefinitionError> {
        let names = self.services.iter().map(|service| service.name.as_str());
        self.services.iter().find(|service| service.name == name).ok_or_else(|| unknown("service", name, names))
    }

    /// A feature and its view.
    ///
    /// # Errors
    /// [`DefinitionError::Unknown`] with the nearest name of a view, or of a feature of that view.
    pub fn feature(&self, reference: &FeatureRef) -> Result<(&FeatureView, &Field), DefinitionError> {
        let view = self.view(&reference.view)?;
        let column = view.column(&reference.feature).ok_or_else(|| {
            let names = view.fields.iter().map(|field| field.name.as_str());
            unknown(format!("feature of {}", view.name), &reference.feature, names)
        })?;
        Ok((view, &view.fields[column]))
    }

    /// Names of the services that use a view.
    pub fn services_with(&self, view: &str) -> Vec<&str> {
        let uses = |service: &&FeatureService| service.features.iter().any(|feature| feature.view == view);
        self.services.iter().filter(uses).map(|service| service.name.as_str()).collect()
    }

    /// Everything that is wrong with the definitions.
    pub fn problems(&self) -> Vec<DefinitionError> {
        let mut problems = Vec::new();
        unique("entities", self.entities.iter().map(|entity| entity.name.as_str()), &mut problems);
        unique("views", self.views.iter().map(|view| view.name.as_str()), &mut problems);
        unique("services", self.services.iter().map(|service| service.name.as_str()), &mut problems);
        for view in &self.views {
            self.problems_of(view, &mut problems);
        }
        for service in &self.services {
            unique_refs(&service.features, &mut problems);
            let unknown = service.features.iter().filter_map(|feature| self.feature(feature).err());
            problems.extend(unknown);
        }
        problems
    }

    fn problems_of(&self, view: &FeatureView, problems: &mut Vec<DefinitionError>) {
        let empty = |what| DefinitionError::Empty { view: view.name.clone(), what };
        if view.entities.is_empty() {
            problems.push(empty("entity"));
        }
        if view.fields.is_empty() {
            problems.push(empty("feature"));
        }
        if let Some(ttl_ms) = view.ttl_ms.filter(|ttl| *ttl < 0) {
            problems.push(DefinitionError::NegativeTtl { view: view.name.clone(), ttl_ms });
        }
        let names = || self.entities.iter().map(|entity| entity.name.as_str());
        let missing = view.entities.iter().filter(|name| names().all(|known| known != name.as_str()));
        problems.extend(missing.map(|name| unknown("entity", name, names())));
        unique(&format!("features of {}", view.name), view.fields.iter().map(|field| field.name.as_str()), problems);
    }
}

fn unique<'n>(what: &str, names: impl Iterator<Item = &'n str>, problems: &mut Vec<DefinitionError>) {
    let mut seen = BTreeSet::new();
    for name in names {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if name.is_empty() || !name.chars().all(plain) {
            problems.push(DefinitionError::Name { what: what.to_owned(), name: name.to_owned() });
        }
        if !seen.insert(name) {
            problems.push(DefinitionError::Twice { what: what.to_owned(), name: name.to_owned() });
        }
    }
}

fn unique_refs(features: &[FeatureRef], problems: &mut Vec<DefinitionError>) {
    let mut seen = BTreeSet::new();
    for feature in features.iter().filter(|feature| !seen.insert(*feature)) {
        problems.push(DefinitionError::Twice { what: "features of a service".to_owned(), name: feature.to_string() });
    }
}

/// The columns of a joined frame, in the order asked for.
///
/// # Errors
/// [`DefinitionError::Clash`] where two features of the same name are asked for without their full names, as in Feast.
pub fn columns(features: &[FeatureRef], full: bool) -> Result<Vec<String>, DefinitionError> {
    let columns: Vec<String> = features.iter().map(|feature| feature.column(full)).collect();
    for (at, column) in columns.iter().enumerate() {
        if let Some(first) = columns[..at].iter().position(|other| other == column) {
            let (first, second) = (features[first].clone(), features[at].clone());
            return Err(DefinitionError::Clash { column: column.clone(), first, second });
        }
    }
    Ok(columns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::testing::definitions;

    fn said<T: fmt::Debug>(result: Result<T, DefinitionError>) -> String {
        result.expect_err("it is wrong").to_string()
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest_one() {
        let definitions = definitions();
        assert_eq!(said(definitions.view("team_fom")), "there is no view `team_fom`; did you mean `team_form`?");
        assert_eq!(said(definitions.view("zzz")), "there is no view `zzz`");
        let feature = "team_form:win_shar".parse().unwrap();
        assert_eq!(
            said(definitions.feature(&feature)),
            "there is no feature of team_form `win_shar`; did you mean `win_share`?"
        );
        assert!(said(definitions.service("predictions")).contains("did you mean `prediction`?"));
    }

    #[test]
    fn a_feature_is_written_view_and_feature() {
        let feature: FeatureRef = "team_form:win_share".parse().unwrap();
        assert_eq!((feature.column(false), feature.column(true)), ("win_share".into(), "team_form__win_share".into()));
        for wrong in ["team_form", ":x", "x:", "a:b:c", ""] {
            assert!(said(wrong.parse::<FeatureRef>()).starts_with("expected a feature as view:feature"), "{wrong}");
        }
    }

    #[test]
    fn two_columns_of_one_name_are_refused_unless_full_names_are_asked_for() {
        let features = ["a:x", "b:x"].map(|text| text.parse().unwrap());
        assert!(said(columns(&features, false)).starts_with("both a:x and b:x would be the column `x`"));
        assert_eq!(columns(&features, true).unwrap(), ["a__x", "b__x"]);
    }

    #[test]
    fn everything_that_is_wrong_with_definitions_is_said() {
        assert_eq!(definitions().problems(), []);
        let mut wrong = definitions();
        wrong.views[0].ttl_ms = Some(-1);
        wrong.views[1].entities = vec!["taem".into()];
        wrong.views.push(wrong.views[0].clone());
        wrong.services[0].features.push("team_form:nothing".parse().unwrap());
        wrong.entities[0].join_key.clear();
        let said: Vec<String> = wrong.problems().iter().map(ToString::to_string).collect();
        for part in ["two views are named", "-1 ms", "there is no entity `taem`; did you mean `team`?", "`nothing`"] {
            assert!(said.iter().any(|problem| problem.contains(part)), "{part}: {said:?}");
        }
    }
}
