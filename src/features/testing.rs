//! Small definitions for the tests of this module.

use super::{Definitions, Entity, FeatureService, FeatureView, Field, ValueType};

/// A view of one team entity with these features.
pub(super) fn view(name: &str, features: &[&str]) -> FeatureView {
    let field = |name: &&str| Field {
        name: (*name).to_owned(),
        dtype: ValueType::Float64,
        unit: "share".to_owned(),
        description: "A value.".to_owned(),
    };
    FeatureView {
        name: name.to_owned(),
        entities: vec!["team".to_owned()],
        version: 1,
        ttl_ms: Some(24 * 3_600_000),
        description: "A view for tests.".to_owned(),
        owner: "tests".to_owned(),
        tags: Default::default(),
        source: "games".to_owned(),
        fields: features.iter().map(field).collect(),
    }
}

/// Two entities, two views and a service.
pub(super) fn definitions() -> Definitions {
    let entity = |name: &str| Entity {
        name: name.to_owned(),
        join_key: name.to_owned(),
        description: "An entity for tests.".to_owned(),
    };
    let service = FeatureService {
        name: "prediction".to_owned(),
        version: "1.0.0".to_owned(),
        description: "A service for tests.".to_owned(),
        features: ["team_form:win_share", "team_form:margin"].iter().filter_map(|text| text.parse().ok()).collect(),
    };
    Definitions {
        entities: vec![entity("team"), entity("league")],
        views: vec![view("team_form", &["win_share", "margin"]), view("team_elo", &["elo"])],
        services: vec![service],
    }
}
