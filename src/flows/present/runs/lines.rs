//! Runs as lines of a table: trials under the search that they belong to.

use std::collections::BTreeMap;

/// A line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The run's row among all runs.
    pub row: usize,
    /// Whether it is shown under its search.
    pub is_trial: bool,
    /// Trials of this search that were found.
    pub trials: usize,
    /// Whether they are shown.
    pub unfolded: bool,
    /// Whether it was found itself, or only stands over trials that were.
    pub found: bool,
}

/// The rows that were found, in their order, as lines. A search stands where the first of it was found. `parents` has the
/// row of each run's search, if it has one that is there.
pub fn lines(found: &[usize], parents: &[Option<usize>], flat: bool, is_unfolded: impl Fn(usize) -> bool) -> Vec<Line> {
    let alone = |row: usize| Line { row, is_trial: false, trials: 0, unfolded: false, found: true };
    if flat {
        return found.iter().map(|row| alone(*row)).collect();
    }
    let mut trials: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for row in found {
        let top = top(*row, parents);
        if top != *row {
            trials.entry(top).or_default().push(*row);
        }
    }
    let mut there = vec![false; parents.len()];
    found.iter().for_each(|row| there[*row] = true);
    let mut placed = vec![false; parents.len()];
    let mut lines = Vec::with_capacity(found.len());
    for row in found {
        let top = top(*row, parents);
        if std::mem::replace(&mut placed[top], true) {
            continue;
        }
        let of = trials.get(&top).map_or(&[][..], Vec::as_slice);
        let unfolded = !of.is_empty() && is_unfolded(top);
        lines.push(Line { row: top, is_trial: false, trials: of.len(), unfolded, found: there[top] });
        if unfolded {
            lines.extend(of.iter().map(|row| Line { is_trial: true, ..alone(*row) }));
        }
    }
    lines
}

/// The run over all that a run is nested in; the run itself where it is in none, or where they are nested in a circle.
fn top(row: usize, parents: &[Option<usize>]) -> usize {
    let mut at = row;
    for _ in 0..parents.len() {
        match parents.get(at).copied().flatten() {
            Some(parent) if parent != at => at = parent,
            _ => return at,
        }
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(lines: &[Line]) -> Vec<(usize, bool, usize)> {
        lines.iter().map(|line| (line.row, line.is_trial, line.trials)).collect()
    }

    /// Rows 1, 2 and 4 are trials of 0; 5 is nested in 4.
    const PARENTS: [Option<usize>; 6] = [None, Some(0), Some(0), None, Some(0), Some(4)];

    #[test]
    fn trials_are_folded_under_their_search_at_the_place_of_the_best_of_them() {
        let folded = lines(&[2, 3, 0, 1, 5], &PARENTS, false, |_| false);
        assert_eq!(shown(&folded), [(0, false, 3), (3, false, 0)]);
        assert!(folded[0].found);
        let unfolded = lines(&[2, 3, 0, 1, 5], &PARENTS, false, |row| row == 0);
        assert_eq!(shown(&unfolded), [(0, false, 3), (2, true, 0), (1, true, 0), (5, true, 0), (3, false, 0)]);
    }

    #[test]
    fn a_search_stands_over_its_trials_even_if_it_was_not_found_itself() {
        let found = lines(&[3, 1], &PARENTS, false, |_| true);
        assert_eq!(shown(&found), [(3, false, 0), (0, false, 1), (1, true, 0)]);
        assert_eq!(found.iter().map(|line| line.found).collect::<Vec<_>>(), [true, false, true]);
        assert!(!found[0].unfolded, "nothing is folded under it");
    }

    #[test]
    fn a_flat_list_and_a_circle_are_as_they_are() {
        assert_eq!(shown(&lines(&[2, 0], &PARENTS, true, |_| true)), [(2, false, 0), (0, false, 0)]);
        let circle = [Some(1), Some(0)];
        assert_eq!(shown(&lines(&[0, 1], &circle, false, |_| true)), [(0, false, 0), (1, false, 0)]);
    }
}
