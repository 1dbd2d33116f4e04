//! Names of registered models, aliases and tags: MLflow's rules in MLflow's words.
//!
//! The texts are those of `mlflow/utils/validation.py`, and `tests/golden/registry_mlflow.json` holds them against the
//! real one. Two differences, both stricter: a line feed at a name's end, which Python's `$` lets pass, is refused, and
//! digits of other scripts are letters to us.

use super::RegistryError;

/// The alias that always points at the version in Production.
pub const CHAMPION: &str = "champion";
/// The alias that always points at the version in Staging.
pub const CHALLENGER: &str = "challenger";

/// Most characters of an alias.
const ALIAS_LENGTH: usize = 255;
/// Most characters of a tag's key.
const TAG_KEY_LENGTH: usize = 250;
/// Most characters of a tag's value.
const TAG_VALUE_LENGTH: usize = 100_000;

fn refused(text: String) -> RegistryError {
    RegistryError::Invalid(text)
}

/// Python's `\w`.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Says why a registered model cannot have this name.
///
/// # Errors
/// [`RegistryError::Invalid`] where it is empty, has `/` or `:`, or would lead elsewhere as a path.
pub fn check_model_name(name: &str) -> Result<(), RegistryError> {
    if name.trim().is_empty() {
        return Err(refused("Missing value for required parameter 'name'.".to_owned()));
    }
    if name.contains(['/', ':']) {
        return Err(refused(format!("Invalid model name '{name}'. Names cannot contain '/' or ':'.")));
    }
    check_path("name", name)
}

/// Says why an alias cannot be set under this name. Champion and challenger are names like others here: that they follow
/// a stage is [`super::Registry::set_alias`]'s rule.
///
/// # Errors
/// [`RegistryError::Invalid`] where it is empty, too long, reserved, or has other characters than letters, digits,
/// `_` and `-`.
pub fn check_alias(alias: &str) -> Result<(), RegistryError> {
    if alias.is_empty() {
        return Err(refused("Registered model alias name cannot be empty.".to_owned()));
    }
    if !alias.chars().all(|c| is_word(c) || c == '-') {
        let rule = "Names may only contain alphanumerics, underscores (_), and dashes (-).";
        return Err(refused(format!("Invalid alias name: '{alias}'. {rule}")));
    }
    check_length("Registered model alias name", ALIAS_LENGTH, alias)?;
    if alias.to_lowercase() == "latest" {
        return Err(refused("'latest' alias name (case insensitive) is reserved.".to_owned()));
    }
    let number = alias.strip_prefix(['v', 'V']);
    if number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(refused(format!("Version alias name '{alias}' is reserved.")));
    }
    Ok(())
}

/// Says why a tag cannot have this key and value.
///
/// # Errors
/// [`RegistryError::Invalid`] where the key has other characters than a path of letters, digits and ` _-.:/`, or one of
/// them is too long.
pub fn check_tag(key: &str, value: &str) -> Result<(), RegistryError> {
    if !key.chars().all(|c| is_word(c) || "/.- :".contains(c)) {
        let rule = "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), \
                    colon(:) and slashes (/).";
        return Err(refused(format!("Invalid value {} for parameter 'key' supplied: {rule}", quoted(key))));
    }
    check_path("key", key)?;
    check_length("key", TAG_KEY_LENGTH, key)?;
    check_length("value", TAG_VALUE_LENGTH, value)
}

fn check_length(what: &str, most: usize, text: &str) -> Result<(), RegistryError> {
    if text.chars().count() > most {
        return Err(refused(format!("'{what}' exceeds the maximum length of {most} characters")));
    }
    Ok(())
}

/// A name is the name of a file in MLflow's folders, and must not lead to another one.
fn check_path(parameter: &str, name: &str) -> Result<(), RegistryError> {
    let plain = normalised(name);
    if plain == name && plain != "." && !plain.starts_with("..") && !plain.starts_with('/') {
        return Ok(());
    }
    Err(refused(format!(
        "Invalid value {} for parameter '{parameter}' supplied: Names may be treated as files in certain cases, and must \
         not resolve to other names when treated as such. This name would resolve to '{plain}'",
        quoted(name)
    )))
}

/// A text as JSON writes it, in ASCII as Python's `json.dumps` does.
fn quoted(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    let mut ascii = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() {
            ascii.push(c);
        } else {
            let mut units = [0; 2];
            ascii.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    ascii
}

/// Python's `posixpath.normpath`.
fn normalised(path: &str) -> String {
    if path.is_empty() {
        return ".".to_owned();
    }
    // Two slashes at the beginning mean something of their own to POSIX; three or more are one.
    let slashes = match path.bytes().take_while(|byte| *byte == b'/').count() {
        0 => 0,
        2 => 2,
        _ => 1,
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if slashes > 0 && parts.is_empty() => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let plain = format!("{}{}", "/".repeat(slashes), parts.join("/"));
    if plain.is_empty() { ".".to_owned() } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(found: Result<(), RegistryError>, expected: Option<&str>) {
        assert_eq!(found.err().map(|error| error.to_string()).as_deref(), expected);
    }

    #[test]
    fn a_model_has_a_name_that_is_no_path() {
        check(check_model_name("home-win"), None);
        check(check_model_name("Heimsieg, 2. Versuch"), None);
        check(check_model_name(" "), Some("Missing value for required parameter 'name'."));
        check(check_model_name("a/b"), Some("Invalid model name 'a/b'. Names cannot contain '/' or ':'."));
        assert!(check_model_name("..").is_err() && check_model_name("..a").is_err());
    }

    #[test]
    fn an_alias_is_a_word_and_not_a_number() {
        for good in ["champion", "a-b_c", "v", "v1a", "1", "Übung"] {
            check(check_alias(good), None);
        }
        check(check_alias("Latest"), Some("'latest' alias name (case insensitive) is reserved."));
        check(check_alias("V12"), Some("Version alias name 'V12' is reserved."));
        check(
            check_alias("a b"),
            Some("Invalid alias name: 'a b'. Names may only contain alphanumerics, underscores (_), and dashes (-)."),
        );
        check(
            check_alias(&"a".repeat(256)),
            Some("'Registered model alias name' exceeds the maximum length of 255 characters"),
        );
    }

    #[test]
    fn paths_are_plain_as_python_makes_them() {
        for (path, plain) in [
            ("", "."),
            ("a/./b", "a/b"),
            ("a/../b", "b"),
            ("../a", "../a"),
            ("//a", "//a"),
            ("///a", "/a"),
            ("/..", "/"),
        ] {
            assert_eq!(normalised(path), plain, "{path}");
        }
    }
}
