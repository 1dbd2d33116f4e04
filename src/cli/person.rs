//! Who sits at the command line, for the trail, for runs and for signed bundles.

use crate::flows::profile::profile_name;

/// Where the environment has no user name.
const NAMELESS: &str = "command line";
/// Variables that name the user, in the order in which Python's `getpass.getuser` and with it MLflow asks them.
const VARIABLES: [&str; 4] = ["LOGNAME", "USER", "LNAME", "USERNAME"];

/// A name as a flag gives it.
pub(super) fn name(text: &str) -> Result<String, String> {
    let name = profile_name(text).map_err(|error| error.to_string())?;
    name.ok_or_else(|| "expected a name, found nothing".to_owned())
}

/// The name that was given, otherwise the environment's user name, if it has one.
pub(super) fn user(given: Option<&str>) -> Option<String> {
    given.map(str::to_owned).or_else(|| found(|variable| std::env::var(variable).ok()))
}

/// The same for the trail and for signatures, which name somebody always.
pub(super) fn actor(given: Option<&str>) -> String {
    user(given).unwrap_or_else(|| NAMELESS.to_owned())
}

fn found(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    VARIABLES.iter().find_map(|name| profile_name(&variable(name)?).ok().flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_with_a_name_says_who_it_is() {
        let asked = |pairs: &'static [(&str, &str)]| {
            found(|variable| pairs.iter().find(|(name, _)| *name == variable).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(asked(&[("USER", "ada"), ("USERNAME", "grace")]).as_deref(), Some("ada"));
        assert_eq!(asked(&[("LOGNAME", ""), ("USER", "a\nb"), ("USERNAME", "grace")]).as_deref(), Some("grace"));
        assert_eq!(asked(&[]), None);
        assert_eq!(actor(Some("ada")), "ada");
        assert!(name(" ").is_err() && name(" ada ").is_ok_and(|name| name == "ada"));
    }
}
