//! The lab's storage page: what this browser keeps, how much room it takes, and what a back-up would replace.

use super::{bytes, count, plural, share};
use crate::flows::backup::KindUse;

/// How many kinds a message names.
const NAMED: usize = 3;

/// What the browser says of the room of this site; none where it does not say.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Room {
    /// Bytes that are taken on the device, by everything of this origin.
    pub usage: Option<f64>,
    /// Bytes that the browser gives at most.
    pub quota: Option<f64>,
    /// Whether the browser keeps the data when space runs short.
    pub persistent: Option<bool>,
}

/// What a kind of document is called.
pub fn kind_name(kind: &str) -> &str {
    match kind {
        "run" => "Runs",
        "artifact" => "Files of runs",
        "version" => "Model versions",
        "event" => "Trail of the registry",
        "day" => "Predictions of days",
        "manifest" => "Manifests",
        "dataset" => "Imported datasets",
        "games" => "Games of imported datasets",
        "lineage" => "Places where games were read",
        "findings" => "Findings of imports",
        "quarantine" => "Refused rows",
        "chain" => "History of imports",
        "feature_definitions" => "Feature definitions",
        "online_view" => "Served features",
        "alert" => "Alerts",
        "drift" => "Drift reports",
        "rollout" => "Rollout",
        "setting" => "Settings",
        "search" => "An interrupted search",
        other => other,
    }
}

/// A size with the unit that suits it: `1.5 GiB`.
fn size(n: f64) -> String {
    let gib = n / f64::from(1 << 30);
    if gib >= 1.0 { format!("{gib:.1} GiB") } else { bytes(n as u64) }
}

/// How full it is, as a sentence.
pub fn room_words(room: &Room) -> String {
    match (room.usage, room.quota) {
        (Some(usage), Some(quota)) if quota > 0.0 => format!(
            "{} of the {} that the browser gives this address are taken ({}), other sites of the same address included.",
            size(usage),
            size(quota),
            share(usage / quota)
        ),
        (Some(usage), _) => format!("{} are taken, other sites of the same address included.", size(usage)),
        _ => "This browser does not say how much room is left.".to_owned(),
    }
}

/// The taken part of the room, from 0 to 1; none where it is not known.
pub fn taken(room: &Room) -> Option<f64> {
    room.usage.zip(room.quota).filter(|(_, quota)| *quota > 0.0).map(|(usage, quota)| (usage / quota).clamp(0.0, 1.0))
}

/// Whether the browser keeps the data, as a sentence.
pub fn persistence_words(room: &Room) -> &'static str {
    match room.persistent {
        Some(true) => "The browser keeps it until you delete it.",
        Some(false) => {
            "The browser may clear it when the device runs short of space, or after weeks without a visit: save a back-up."
        }
        None => "This browser does not say whether it may clear it: save a back-up.",
    }
}

/// A row of the table of kinds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindRow {
    /// What it is.
    pub name: String,
    /// The kind as it is written in the back-up.
    pub kind: String,
    /// How many documents.
    pub documents: String,
    /// How large they are.
    pub size: String,
    /// Which part of all that is.
    pub share: String,
}

/// The table of kinds, the largest first.
pub fn kind_rows(uses: &[KindUse]) -> Vec<KindRow> {
    let all = total(uses).1.max(1);
    let row = |of: &KindUse| KindRow {
        name: kind_name(&of.kind).to_owned(),
        kind: of.kind.clone(),
        documents: count(of.documents),
        size: bytes(of.bytes),
        share: share(of.bytes as f64 / all as f64),
    };
    uses.iter().map(row).collect()
}

fn total(uses: &[KindUse]) -> (u64, u64) {
    uses.iter().fold((0, 0), |(documents, bytes), of| (documents + of.documents, bytes + of.bytes))
}

/// All of it in a clause: `12 documents, 1.5 MiB`.
pub fn total_words(uses: &[KindUse]) -> String {
    let (documents, size) = total(uses);
    if documents == 0 { "nothing".to_owned() } else { format!("{}, {}", plural(documents, "document"), bytes(size)) }
}

/// The kinds that take the most room, in a clause.
fn largest(uses: &[KindUse]) -> String {
    let named =
        uses.iter().take(NAMED).map(|of| format!("{} ({})", kind_name(&of.kind).to_lowercase(), bytes(of.bytes)));
    let named: Vec<String> = named.collect();
    match named.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
        None => "nothing".to_owned(),
    }
}

/// What of the store a newer version of the site wrote, as a sentence; none where there is nothing.
pub fn newer_words(uses: &[KindUse]) -> Option<String> {
    let (documents, _) = total(uses);
    let were = if documents == 1 { "was" } else { "were" };
    let are = if documents == 1 { "is left as it is" } else { "are left as they are" };
    let kinds: Vec<String> =
        uses.iter().map(|of| format!("{} {}", kind_name(&of.kind).to_lowercase(), count(of.documents))).collect();
    (documents > 0).then(|| {
        format!(
            "{} {were} written by a newer version of this site and {are} ({}). Nothing of that kind is written before the page is loaded again in that version; a back-up takes all of it along.",
            plural(documents, "document"),
            kinds.join(", ")
        )
    })
}

/// What to do when the browser gives no more room, of which `uses` is taken by this site.
pub fn full_words(uses: &[KindUse]) -> String {
    let most = if uses.is_empty() {
        "this site keeps nothing yet, so the device itself is full".to_owned()
    } else {
        format!("the most is taken by {}", largest(uses))
    };
    format!(
        "the browser gives this site no more; {most}. Save a back-up and delete what you do not need under Lab, Storage, or free space on the device"
    )
}

/// What a restore replaces by what, as a question.
pub fn restore_question(name: &str, there: &[KindUse], back: &[KindUse]) -> String {
    format!(
        "Replace all that this browser keeps ({}) by what {name} holds ({})?",
        total_words(there),
        total_words(back)
    )
}

/// What deleting everything takes away, as a question.
pub fn deletion_question(there: &[KindUse]) -> String {
    format!(
        "Delete all that this site keeps in this browser ({})? Without a back-up nothing brings it back.",
        total_words(there)
    )
}

/// What deleting an imported dataset takes away, as a question.
pub fn removal_question(called: &str, size: u64, active: bool) -> String {
    let shown = if active { " The pages then show the published one." } else { "" };
    format!("Delete {called} ({})? Its games can be had again only from its file.{shown}", bytes(size))
}

/// A kind before and after a restore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// What it is.
    pub name: String,
    /// Documents that are there now.
    pub before: String,
    /// Documents that the back-up holds.
    pub after: String,
}

/// Every kind of either side, the largest of the back-up first.
pub fn replaced(there: &[KindUse], back: &[KindUse]) -> Vec<Replaced> {
    let of = |uses: &[KindUse], kind: &str| uses.iter().find(|of| of.kind == kind).map_or(0, |of| of.documents);
    let gone = there.iter().filter(|of| back.iter().all(|other| other.kind != of.kind));
    back.iter()
        .chain(gone)
        .map(|use_of| Replaced {
            name: kind_name(&use_of.kind).to_owned(),
            before: count(of(there, &use_of.kind)),
            after: count(of(back, &use_of.kind)),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: &str, documents: u64, bytes: u64) -> KindUse {
        KindUse { kind: kind.to_owned(), documents, bytes }
    }

    #[test]
    fn room_is_told_with_what_is_taken_of_it() {
        let room = Room { usage: Some(1_572_864.0), quota: Some(3.0 * 1_073_741_824.0), persistent: Some(false) };
        assert!(room_words(&room).starts_with("1.5 MiB of the 3.0 GiB"), "{}", room_words(&room));
        assert!(room_words(&room).contains("<0.1%"), "{}", room_words(&room));
        assert!(taken(&room).is_some_and(|part| part < 0.001));
        assert!(persistence_words(&room).contains("save a back-up"));
    }

    #[test]
    fn a_browser_that_says_nothing_is_told_so() {
        let room = Room::default();
        assert_eq!(room_words(&room), "This browser does not say how much room is left.");
        assert_eq!(taken(&room), None);
        assert_eq!(taken(&Room { usage: Some(5.0), quota: Some(0.0), persistent: None }), None);
    }

    #[test]
    fn a_full_store_names_what_takes_the_most_and_where_to_go() {
        let uses = [of("games", 6, 9 << 20), of("artifact", 40, 1 << 20), of("run", 9, 4096), of("setting", 1, 99)];
        let words = full_words(&uses);
        assert!(
            words.contains("games of imported datasets (9 MiB), files of runs (1 MiB) and runs (4 KiB)"),
            "{words}"
        );
        assert!(words.contains("back-up") && words.contains("Lab, Storage"), "{words}");
        assert!(full_words(&[]).contains("the device itself is full"));
    }

    #[test]
    fn what_a_newer_version_wrote_is_told_by_kind() {
        assert_eq!(newer_words(&[]), None);
        let words = newer_words(&[of("games", 3, 900), of("dataset", 1, 100)]).expect("there is some");
        let start = "4 documents were written by a newer version of this site and are left as they are (games of imported datasets 3, imported datasets 1).";
        assert!(words.starts_with(start), "{words}");
        let words = newer_words(&[of("run", 1, 10)]).expect("there is one");
        assert!(
            words.starts_with("1 document was written by a newer version of this site and is left as it is"),
            "{words}"
        );
    }

    #[test]
    fn a_restore_says_what_is_replaced_by_what() {
        let (there, back) = ([of("run", 2, 2048), of("alert", 1, 10)], [of("games", 1, 100), of("run", 3, 90)]);
        assert_eq!(
            restore_question("b.jsonl", &there, &back),
            "Replace all that this browser keeps (3 documents, 2 KiB) by what b.jsonl holds (4 documents, 190 bytes)?"
        );
        assert!(restore_question("b.jsonl", &[], &back).contains("(nothing)"));
        let rows = replaced(&there, &back);
        let rows: Vec<_> =
            rows.iter().map(|row| (row.name.as_str(), row.before.as_str(), row.after.as_str())).collect();
        assert_eq!(rows, [("Games of imported datasets", "0", "1"), ("Runs", "2", "3"), ("Alerts", "1", "0")]);
    }

    #[test]
    fn deleting_says_what_is_lost() {
        let words = deletion_question(&[of("run", 2, 2048)]);
        assert!(words.contains("(2 documents, 2 KiB)") && words.contains("nothing brings it back"), "{words}");
        assert!(removal_question("a.csv", 2048, true).ends_with(
            "(2 KiB)? Its games can be had again only from its file. The pages then show the published one."
        ));
        assert!(removal_question("a.csv", 2048, false).ends_with("from its file."));
    }

    #[test]
    fn kinds_are_shown_with_their_part_of_the_whole() {
        let rows = kind_rows(&[of("games", 3, 3 << 20), of("note", 1, 1 << 20)]);
        assert_eq!(
            (rows[0].name.as_str(), rows[0].size.as_str(), rows[0].share.as_str()),
            ("Games of imported datasets", "3 MiB", "75.0%")
        );
        assert_eq!(rows[1].name, "note", "a kind without a name of its own is called by its kind");
        assert_eq!(total_words(&[]), "nothing");
    }
}
