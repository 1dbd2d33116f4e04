//! What is said of runs on their way to the trash, back, and out of it.

use std::collections::BTreeMap;

use crate::flows::present::{bytes, count, plural};
use crate::flows::tracking::{Kept, Purged};

/// What is picked, and what can be done with it.
pub fn picked_words(picked: usize) -> String {
    match picked {
        1 => "1 run picked".to_owned(),
        n => format!("{} runs picked", count(n as u64)),
    }
}

/// What went to the trash: `trials` of them because their search went.
pub fn deleted_words(moved: usize, picked: usize) -> String {
    match (moved, moved.saturating_sub(picked)) {
        (0, _) => "Nothing was moved: it is in the trash already.".to_owned(),
        (n, 0) => format!("{} moved to the trash.", were(n)),
        (n, along) => format!("{} moved to the trash, {} along with their search.", were(n), count(along as u64)),
    }
}

/// What came back.
pub fn restored_words(back: usize) -> String {
    format!("{} taken out of the trash.", were(back))
}

/// What is asked before a purge.
pub fn purge_question(picked: usize) -> String {
    format!(
        "Delete {} for good, with the files that no other run has? This cannot be undone.",
        plural(picked as u64, "run")
    )
}

/// What a purge has done. `names` are the runs by id.
pub fn purged_words(purged: &Purged, name: impl Fn(&str) -> String) -> Vec<String> {
    let freed = &purged.freed;
    let mut lines = Vec::new();
    if freed.runs > 0 {
        let files = match freed.artifacts {
            0 => String::new(),
            n => format!(" with {}", plural(n, "file")),
        };
        lines.push(format!("{} deleted for good{files}: {} freed.", were(freed.runs as usize), bytes(freed.bytes)));
    }
    let mut by_reason: BTreeMap<&str, Vec<&Kept>> = BTreeMap::new();
    for kept in &purged.kept {
        by_reason.entry(&kept.why).or_default().push(kept);
    }
    for (why, kept) in by_reason {
        let what = match kept.as_slice() {
            [one] => format!("{} stays", name(&one.run)),
            many => format!("{} stay", plural(many.len() as u64, "run")),
        };
        lines.push(format!("{what}: {why}."));
    }
    if lines.is_empty() {
        lines.push("Nothing was deleted.".to_owned());
    }
    lines
}

fn were(n: usize) -> String {
    if n == 1 { "1 run was".to_owned() } else { format!("{} runs were", count(n as u64)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flows::tracking::Freed;

    #[test]
    fn what_was_done_is_said_with_its_figures() {
        assert_eq!(deleted_words(1, 1), "1 run was moved to the trash.");
        assert_eq!(deleted_words(73, 1), "73 runs were moved to the trash, 72 along with their search.");
        assert_eq!(restored_words(2), "2 runs were taken out of the trash.");
        assert!(purge_question(1).starts_with("Delete 1 run for good"));
        assert_eq!(picked_words(1_200), "1,200 runs picked");
    }

    #[test]
    fn a_purge_tells_what_it_freed_and_why_the_rest_stays() {
        let kept = |run: &str, why: &str| Kept { run: run.into(), why: why.into() };
        let purged = Purged {
            freed: Freed { runs: 3, artifacts: 1, bytes: 3 << 19 },
            kept: vec![kept("a", "version 1.0.0 of the registry came from it"), kept("b", "x"), kept("c", "x")],
        };
        let expected = [
            "3 runs were deleted for good with 1 file: 1.5 MiB freed.",
            "run a stays: version 1.0.0 of the registry came from it.",
            "2 runs stay: x.",
        ];
        assert_eq!(purged_words(&purged, |id| format!("run {id}")), expected);
        assert_eq!(purged_words(&Purged::default(), str::to_owned), ["Nothing was deleted."]);
    }
}
