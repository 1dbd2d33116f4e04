//! Addresses of model versions: `models:/name/1.2.0`, `models:/name/Production`, `models:/name/latest`,
//! `models:/name@alias`.
//!
//! They are read as MLflow reads them (`mlflow/store/artifact/utils/models.py`), but that a version is a semantic
//! version, and that `models:/<model id>` and a registry's address before the name lead nowhere: there is one registry,
//! and models are in it by name.

use std::fmt;
use std::str::FromStr;

use super::{RegistryError, SemVer, Stage};

/// What an address asks for of a registered model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The version with this number.
    Version(String),
    /// The newest version in this stage.
    Stage(Stage),
    /// The version that this alias points at.
    Alias(String),
    /// The newest version.
    Latest,
}

/// The address of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelAddress {
    /// Name of the registered model.
    pub name: String,
    /// Which of its versions.
    pub target: Target,
}

impl ModelAddress {
    /// Reads an address.
    ///
    /// # Errors
    /// [`RegistryError::Invalid`] with MLflow's text where it is none, and where its suffix is neither a version, a
    /// stage nor `latest`.
    pub fn parse(uri: &str) -> Result<Self, RegistryError> {
        let wrong = || {
            RegistryError::Invalid(format!(
                "Not a proper models:/ URI: {uri}. Models URIs must be of the form 'models:/name/suffix' or \
                 'models:/name@alias' where suffix is a version, stage, or the string 'latest' and where alias is a \
                 registered model alias. Only one of suffix or alias can be defined at a time."
            ))
        };
        let (scheme, rest) = uri.split_once(':').ok_or_else(wrong)?;
        let path = rest.split('?').next().unwrap_or(rest);
        // After two slashes a host stands, which may be none.
        let path = path.strip_prefix("//").filter(|path| path.is_empty() || path.starts_with('/')).unwrap_or(path);
        if !scheme.eq_ignore_ascii_case("models") || !path.starts_with('/') {
            return Err(wrong());
        }
        let is_host = rest.starts_with("//") && !rest.starts_with("///");
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match parts[..] {
            _ if is_host || parts[0].trim().is_empty() => Err(wrong()),
            [name, suffix] if !suffix.trim().is_empty() => Ok(Self { name: name.to_owned(), target: target(suffix)? }),
            [name] => match name.rsplit_once('@') {
                Some((name, alias)) if !alias.trim().is_empty() => {
                    Ok(Self { name: name.to_owned(), target: Target::Alias(alias.to_owned()) })
                }
                _ => Err(wrong()),
            },
            _ => Err(wrong()),
        }
    }

    /// Whether a text is meant as an address and not as a version's number.
    pub fn is_meant(text: &str) -> bool {
        text.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("models:"))
    }
}

fn target(suffix: &str) -> Result<Target, RegistryError> {
    let is_number = SemVer::from_str(suffix).is_ok() || suffix.bytes().all(|byte| byte.is_ascii_digit());
    if is_number {
        Ok(Target::Version(suffix.to_owned()))
    } else if suffix.eq_ignore_ascii_case("latest") {
        Ok(Target::Latest)
    } else {
        suffix.parse().map(Target::Stage).map_err(RegistryError::Invalid)
    }
}

impl fmt::Display for ModelAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match &self.target {
            Target::Version(version) => write!(f, "models:/{name}/{version}"),
            Target::Stage(stage) => write!(f, "models:/{name}/{stage}"),
            Target::Alias(alias) => write!(f, "models:/{name}@{alias}"),
            Target::Latest => write!(f, "models:/{name}/latest"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_in_any_case_and_written_one_way() {
        for (uri, written) in [
            ("models:/home-win/1.2.0", "models:/home-win/1.2.0"),
            ("models:/home-win/1.2.0+local.1", "models:/home-win/1.2.0+local.1"),
            ("MODELS:/home-win/production", "models:/home-win/Production"),
            ("models:///home-win/LATEST", "models:/home-win/latest"),
            ("models:/a@b@champion", "models:/a@b@champion"),
            ("models:/home-win/3", "models:/home-win/3"),
        ] {
            assert_eq!(ModelAddress::parse(uri).expect(uri).to_string(), written);
        }
    }

    #[test]
    fn what_is_no_address_says_what_one_is() {
        for wrong in ["models:/", "models:home-win/1.0.0", "runs:/a/b", "models:/a/b/c", "models:/a/", "models:/a@", ""]
        {
            let error = ModelAddress::parse(wrong).expect_err(wrong).to_string();
            assert!(error.starts_with(&format!("Not a proper models:/ URI: {wrong}. ")), "{error}");
        }
        let stage = ModelAddress::parse("models:/a/Live").expect_err("no stage").to_string();
        assert!(stage.starts_with("Invalid Model Version stage: Live."), "{stage}");
        assert!(ModelAddress::is_meant("models:/a") && !ModelAddress::is_meant("1.2.0"));
    }
}
