//! Under which name a person's changes are written down: a setting of the browser, the environment's on the command line.
//!
//! It is a name and no account: nobody proves it. The trail of the registry, runs and signed bundles carry it.

use crate::ports::{Document, Store, StoreError};

/// The key of the setting.
pub const PROFILE: &str = "setting/profile";
/// Most characters of a name.
const LONGEST: usize = 60;
/// Version of the setting's form.
const SCHEMA: u32 = 1;

/// Why a text is no profile name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// It is too long.
    #[error("a profile name has at most {LONGEST} characters, and this one has {0}")]
    Long(usize),
    /// It has a character that shows nothing, or that turns the text around.
    #[error("a profile name is one line of plain text, and character {place} of this one is U+{code:04X}")]
    Unseen {
        /// Which character it is, from 1.
        place: usize,
        /// Its code point.
        code: u32,
    },
}

/// The name that a text gives, without the space around it; none where nothing is left.
///
/// # Errors
/// Where it has more than 60 characters, or one that is a control character, ends a line or sets the direction of the
/// text: in a trail those would show another entry than the one that is there.
pub fn profile_name(text: &str) -> Result<Option<String>, ProfileError> {
    let name = text.trim();
    if let Some((at, c)) = name.chars().enumerate().find(|(_, c)| misleads(*c)) {
        return Err(ProfileError::Unseen { place: at + 1, code: u32::from(c) });
    }
    match name.chars().count() {
        0 => Ok(None),
        length if length > LONGEST => Err(ProfileError::Long(length)),
        _ => Ok(Some(name.to_owned())),
    }
}

/// Control characters, ends of lines, and what Unicode's bidirectional algorithm (UAX 9) takes for a command.
fn misleads(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The setting of a name; none takes the name away.
pub fn profile_setting(name: Option<&str>) -> Document {
    Document { key: PROFILE.to_owned(), kind: "setting".to_owned(), schema: SCHEMA, body: name.into() }
}

/// The name that a store has; none where none was chosen, or where what is there is no name that this version knows.
///
/// # Errors
/// Those of the store.
pub async fn stored_profile<S: Store>(store: &S) -> Result<Option<String>, StoreError> {
    let (_, documents) = store.scan(PROFILE).await?;
    let setting = documents.into_iter().find(|document| document.key == PROFILE && document.schema == SCHEMA);
    Ok(setting.and_then(|setting| profile_name(setting.body.as_str()?).ok().flatten()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flows::shelf::{Shelf, now};

    #[test]
    fn a_name_is_taken_without_the_space_around_it_and_an_empty_one_takes_it_away() {
        let found = |text: &str| profile_name(text).unwrap();
        assert_eq!(found("  Zoë van Dijk \n").as_deref(), Some("Zoë van Dijk"));
        assert_eq!(found("山田").as_deref(), Some("山田"));
        assert_eq!(found(&"é".repeat(60)).map(|name| name.chars().count()), Some(60));
        assert_eq!((found(""), found(" \t\n")), (None, None));
    }

    #[test]
    fn a_name_that_is_too_long_or_would_mislead_is_refused_with_the_place() {
        let told = |text: &str| profile_name(text).unwrap_err().to_string();
        assert_eq!(told(&"é".repeat(61)), "a profile name has at most 60 characters, and this one has 61");
        for (text, place, code) in
            [("a\nb", 2, "000A"), ("a\u{7}", 2, "0007"), (" ab\u{202e}c", 3, "202E"), ("\u{2028}a\u{2066}", 2, "2066")]
        {
            let expected = format!("character {place} of this one is U+{code}");
            assert!(told(text).ends_with(&expected), "{text:?}: {}", told(text));
        }
    }

    #[test]
    fn the_name_that_was_chosen_last_is_kept_and_what_is_none_counts_as_none() {
        let kept = |setting: Document| now(stored_profile(&Shelf::with(1, [setting]))).unwrap();
        assert_eq!(now(stored_profile(&Shelf::default())), Ok(None));
        assert_eq!(kept(profile_setting(Some("Ada"))).as_deref(), Some("Ada"));
        assert_eq!(kept(profile_setting(None)), None);
        assert_eq!(kept(Document { schema: 2, ..profile_setting(Some("Ada")) }), None, "of a newer version");
        assert_eq!(kept(Document { body: 7.into(), ..profile_setting(None) }), None);
        assert_eq!(kept(Document { key: "setting/profiles".into(), ..profile_setting(Some("Ada")) }), None);
    }
}
