//! The thirty teams: names, abbreviations, divisions and where they play.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::base::math;

/// East or West.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Conference {
    /// The Eastern Conference.
    East,
    /// The Western Conference.
    West,
}

/// The six divisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[allow(missing_docs)]
pub enum Division {
    Atlantic,
    Central,
    Southeast,
    Northwest,
    Pacific,
    Southwest,
}

/// A team's facts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Team {
    /// Three letters, as the statistics API prints them.
    pub abbreviation: &'static str,
    /// City or region in the name.
    pub city: &'static str,
    /// The nickname.
    pub name: &'static str,
    /// Its division, and by that its conference.
    pub division: Division,
    /// Latitude of the arena's city in degrees.
    pub latitude: f64,
    /// Longitude in degrees, west negative.
    pub longitude: f64,
}

impl Team {
    /// City and nickname, such as `Portland Trail Blazers`.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.city, self.name)
    }
}

impl Division {
    /// The conference that the division belongs to.
    pub fn conference(self) -> Conference {
        match self {
            Division::Atlantic | Division::Central | Division::Southeast => Conference::East,
            _ => Conference::West,
        }
    }
}

const fn team(
    abbreviation: &'static str,
    city: &'static str,
    name: &'static str,
    division: Division,
    latitude: f64,
    longitude: f64,
) -> Team {
    Team { abbreviation, city, name, division, latitude, longitude }
}

/// All teams, ordered by abbreviation. A [`TeamId`] is an index into it.
pub const TEAMS: [Team; 30] = [
    team("ATL", "Atlanta", "Hawks", Division::Southeast, 33.757, -84.396),
    team("BKN", "Brooklyn", "Nets", Division::Atlantic, 40.683, -73.975),
    team("BOS", "Boston", "Celtics", Division::Atlantic, 42.366, -71.062),
    team("CHA", "Charlotte", "Hornets", Division::Southeast, 35.225, -80.839),
    team("CHI", "Chicago", "Bulls", Division::Central, 41.881, -87.674),
    team("CLE", "Cleveland", "Cavaliers", Division::Central, 41.496, -81.688),
    team("DAL", "Dallas", "Mavericks", Division::Southwest, 32.790, -96.810),
    team("DEN", "Denver", "Nuggets", Division::Northwest, 39.749, -105.008),
    team("DET", "Detroit", "Pistons", Division::Central, 42.341, -83.055),
    team("GSW", "Golden State", "Warriors", Division::Pacific, 37.768, -122.388),
    team("HOU", "Houston", "Rockets", Division::Southwest, 29.751, -95.362),
    team("IND", "Indiana", "Pacers", Division::Central, 39.764, -86.156),
    team("LAC", "LA", "Clippers", Division::Pacific, 33.945, -118.343),
    team("LAL", "Los Angeles", "Lakers", Division::Pacific, 34.043, -118.267),
    team("MEM", "Memphis", "Grizzlies", Division::Southwest, 35.138, -90.051),
    team("MIA", "Miami", "Heat", Division::Southeast, 25.781, -80.188),
    team("MIL", "Milwaukee", "Bucks", Division::Central, 43.045, -87.917),
    team("MIN", "Minnesota", "Timberwolves", Division::Northwest, 44.979, -93.276),
    team("NOP", "New Orleans", "Pelicans", Division::Southwest, 29.949, -90.082),
    team("NYK", "New York", "Knicks", Division::Atlantic, 40.751, -73.994),
    team("OKC", "Oklahoma City", "Thunder", Division::Northwest, 35.463, -97.515),
    team("ORL", "Orlando", "Magic", Division::Southeast, 28.539, -81.384),
    team("PHI", "Philadelphia", "76ers", Division::Atlantic, 39.901, -75.172),
    team("PHX", "Phoenix", "Suns", Division::Pacific, 33.446, -112.071),
    team("POR", "Portland", "Trail Blazers", Division::Northwest, 45.532, -122.667),
    team("SAC", "Sacramento", "Kings", Division::Pacific, 38.580, -121.500),
    team("SAS", "San Antonio", "Spurs", Division::Southwest, 29.427, -98.438),
    team("TOR", "Toronto", "Raptors", Division::Atlantic, 43.643, -79.379),
    team("UTA", "Utah", "Jazz", Division::Northwest, 40.768, -111.901),
    team("WAS", "Washington", "Wizards", Division::Southeast, 38.898, -77.021),
];

/// One of the thirty teams, written as its abbreviation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TeamId(u8);

impl TeamId {
    /// All thirty, in the order of [`TEAMS`].
    pub fn all() -> impl Iterator<Item = TeamId> {
        (0..TEAMS.len() as u8).map(TeamId)
    }

    /// The team of this nickname, such as `Trail Blazers` or `76ers`.
    pub fn by_nickname(name: &str) -> Option<TeamId> {
        TeamId::all().find(|team| team.team().name == name)
    }

    /// The team at a place in [`TEAMS`].
    pub fn at(index: usize) -> Option<TeamId> {
        (index < TEAMS.len()).then_some(TeamId(index as u8))
    }

    /// The number that balldontlie gives the team: it counts by full names, where Brooklyn is behind Boston.
    pub fn balldontlie(self) -> u32 {
        match self.abbreviation() {
            "BOS" => 2,
            "BKN" => 3,
            _ => u32::from(self.0) + 1,
        }
    }

    /// Its place in [`TEAMS`].
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// The team's facts.
    pub fn team(self) -> &'static Team {
        &TEAMS[self.index()]
    }

    /// Three letters.
    pub fn abbreviation(self) -> &'static str {
        self.team().abbreviation
    }
}

/// Great-circle distance between two teams' cities in kilometres (haversine on a sphere of radius 6371 km).
pub fn distance_km(from: TeamId, to: TeamId) -> f64 {
    let (a, b) = (from.team(), to.team());
    let half = |degrees: f64| math::sin(degrees.to_radians() / 2.0);
    let (lat, lon) = (half(b.latitude - a.latitude), half(b.longitude - a.longitude));
    let cosines = math::cos(a.latitude.to_radians()) * math::cos(b.latitude.to_radians());
    2.0 * 6371.0 * math::asin(math::sqrt(lat * lat + cosines * lon * lon).min(1.0))
}

impl fmt::Display for TeamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.abbreviation())
    }
}

impl FromStr for TeamId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        TEAMS
            .binary_search_by(|team| team.abbreviation.cmp(text))
            .map(|index| TeamId(index as u8))
            .map_err(|_| format!("expected one of the thirty team abbreviations, found `{text}`"))
    }
}

impl Serialize for TeamId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.abbreviation())
    }
}

impl<'de> Deserialize<'de> for TeamId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for TeamId {
    fn schema_name() -> Cow<'static, str> {
        "TeamId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let all: Vec<&str> = TeamId::all().map(TeamId::abbreviation).collect();
        json_schema!({ "type": "string", "enum": all })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_teams_in_order_five_to_a_division() {
        assert!(TEAMS.windows(2).all(|pair| pair[0].abbreviation < pair[1].abbreviation));
        for division in [
            Division::Atlantic,
            Division::Central,
            Division::Southeast,
            Division::Northwest,
            Division::Pacific,
            Division::Southwest,
        ] {
            assert_eq!(TEAMS.iter().filter(|team| team.division == division).count(), 5, "{division:?}");
        }
        assert_eq!(TEAMS.iter().filter(|team| team.division.conference() == Conference::East).count(), 15);
    }

    #[test]
    fn a_team_is_found_by_abbreviation_and_by_nickname() {
        for team in TeamId::all() {
            assert_eq!(team.abbreviation().parse(), Ok(team));
            assert_eq!(TeamId::by_nickname(team.team().name), Some(team));
        }
        assert_eq!(TeamId::by_nickname("Trail Blazers"), "POR".parse().ok());
        assert_eq!(TeamId::by_nickname("SuperSonics"), None);
        assert!("bos".parse::<TeamId>().is_err());
    }

    #[test]
    fn distances_are_those_on_the_map() {
        let team = |text: &str| text.parse::<TeamId>().unwrap();
        // Boston to Los Angeles is about 4,170 km, New York to Brooklyn under 15.
        assert!((distance_km(team("BOS"), team("LAL")) - 4170.0).abs() < 30.0);
        assert!(distance_km(team("NYK"), team("BKN")) < 15.0);
        assert_eq!(distance_km(team("UTA"), team("UTA")), 0.0);
    }

    #[test]
    fn every_team_plays_in_north_america_at_a_place_of_its_own() {
        for (at, team) in TEAMS.iter().enumerate() {
            assert!((25.0..46.0).contains(&team.latitude) && (-123.0..-71.0).contains(&team.longitude));
            let same = |other: &Team| (other.latitude, other.longitude) == (team.latitude, team.longitude);
            assert!(!TEAMS[at + 1..].iter().any(same));
        }
    }
}
