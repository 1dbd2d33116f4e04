//! MLflow's rules for names and the lengths of values.
//!
//! Source: `mlflow/utils/validation.py` of MLflow 3.17.2.

use super::error::shown;

/// Longest key of a parameter, a metric or a tag, in characters.
pub const KEY: usize = 250;
/// Longest value of a parameter.
pub const PARAM_VALUE: usize = 6000;
/// Longest value of a run's tag.
pub const TAG_VALUE: usize = 8000;
/// Longest value of a tag in the registry.
pub const REGISTRY_TAG_VALUE: usize = 100_000;
/// Longest name of an experiment.
pub const EXPERIMENT: usize = 500;
/// Longest alias.
pub const ALIAS: usize = 255;

/// Longest path of a file, in bytes, and deepest.
const PATH: (usize, usize) = (2000, 64);

/// Whether a key may name a parameter, a metric or a tag; else why not. It becomes a path in a file store, so it must
/// be one that means itself.
pub fn key(key: &str) -> Result<(), String> {
    let fits = |c: char| c.is_alphanumeric() || "/_.- :".contains(c);
    if let Some(other) = key.chars().find(|c| !fits(*c)) {
        return Err(format!("found {} with {other:?}, expected letters, digits and / _ . - : or a space", shown(key)));
    }
    if !key.split('/').all(|part| !part.is_empty() && part != "." && part != "..") {
        return Err(format!("found {}, expected a name that is no path to elsewhere", shown(key)));
    }
    length("characters", key, KEY)
}

/// Whether a text is short enough; else why not. `what` is what is counted.
pub fn length(what: &str, text: &str, limit: usize) -> Result<(), String> {
    // Most are short: bytes are not fewer than characters.
    if text.len() <= limit {
        return Ok(());
    }
    let found = text.chars().count();
    if found <= limit { Ok(()) } else { Err(format!("found {found} {what}, expected at most {limit}")) }
}

/// Whether an experiment may have this name.
pub fn experiment(name: &str) -> Result<(), String> {
    if name.trim().is_empty() {
        return Err("found an empty name, expected one".to_owned());
    }
    length("characters", name, EXPERIMENT)
}

/// Whether a registered model may have this name.
pub fn model(name: &str) -> Result<(), String> {
    if name.trim().is_empty() || name.contains(['/', ':', '\\']) || name == "." || name == ".." {
        return Err(format!("found {}, expected a name without / and :", shown(name)));
    }
    length("characters", name, KEY)
}

/// Whether an alias may have this name.
pub fn alias(name: &str) -> Result<(), String> {
    let fits = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let number = name.strip_prefix(['v', 'V']).unwrap_or("");
    let reserved =
        name.eq_ignore_ascii_case("latest") || (!number.is_empty() && number.chars().all(|c| c.is_ascii_digit()));
    if name.is_empty() || reserved || !name.chars().all(fits) {
        return Err(format!(
            "found {}, expected letters, digits, _ and -, and neither `latest` nor a version's number",
            shown(name)
        ));
    }
    length("characters", name, ALIAS)
}

/// Whether an id is one of MLflow's own runs: 32 lower-case hexadecimal digits.
pub fn is_run_id(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether an id is a number, as those of experiments are.
pub fn is_experiment_id(id: &str) -> bool {
    (1..=19).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a path stays within the folder that it is relative to, on every system; else why not.
pub fn relative(path: &str) -> Result<(), String> {
    let inner = path.strip_suffix('/').unwrap_or(path);
    let mut parts = inner.split('/');
    let reason = if inner.is_empty() {
        "it is empty"
    } else if inner.len() > PATH.0 || inner.split('/').count() > PATH.1 {
        "it is too long or too deep"
    } else if inner.contains('\\') {
        "it has a backslash"
    } else if inner.chars().any(char::is_control) {
        "it has a control character"
    } else if inner.starts_with('/') {
        "it is absolute"
    } else if inner.as_bytes().get(1) == Some(&b':') && inner.as_bytes()[0].is_ascii_alphabetic() {
        "it begins with a drive"
    } else if parts.any(|part| part.is_empty() || part == "." || part == "..") {
        "it leads elsewhere"
    } else {
        return Ok(());
    };
    Err(reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_that_mlflow_takes() {
        for good in ["log_loss", "a/b.c-d e:f", "é", "mlflow.runName"] {
            assert_eq!(key(good), Ok(()), "{good}");
        }
        for bad in ["", "a//b", "../x", "/x", "x/", "./x", "a<b>", "a\n", "a\\b", &"k".repeat(251)] {
            assert!(key(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_models_name_and_an_alias_are_no_path_and_no_version() {
        assert_eq!(model("home-win <b>"), Ok(()));
        for bad in ["", " ", "a/b", "a:b", "..", &"m".repeat(251)] {
            assert!(model(bad).is_err(), "{bad}");
        }
        assert_eq!((alias("champion"), alias("v1a"), alias("v")), (Ok(()), Ok(()), Ok(())));
        for bad in ["", "latest", "Latest", "v12", "V1", "a b", "a/b", &"a".repeat(256)] {
            assert!(alias(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_path_that_leads_elsewhere_is_told_from_one_that_does_not() {
        for good in ["mlruns/0/meta.yaml", "mlruns/", "a b/ü.txt", "..a/b.."] {
            assert_eq!(relative(good), Ok(()), "{good}");
        }
        let deep = "a/".repeat(65);
        for bad in ["", "/", "/etc/passwd", "../x", "a/../../x", "a/./b", "a//b", "C:/x", "c:x", "a\\b", "a\0", &deep] {
            assert!(relative(bad).is_err(), "{bad}");
        }
    }
}
