//! From page to page: what to ask for next, and what a page has to be to be believed.
//!
//! Two forms are known. With a cursor, `meta.next_cursor` names what follows and is absent or null at the end. With
//! pages, `meta.current_page`, `next_page` and `total_pages` count. A season's first answer tells which it is.

use std::collections::HashSet;

use serde_json::{Map, Value};

/// Why a page is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wrong {
    /// It is no JSON: what came is damaged or from something in between, and may come whole the next time.
    NotJson(String),
    /// It is JSON, and not what the interface says.
    Protocol(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Cursor,
    Pages,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    First,
    Cursor(u64),
    Page(u64),
    End,
}

/// Ids of the games of all pages so far.
pub(super) type Ids = HashSet<String>;

/// The way through a season's pages.
#[derive(Debug)]
pub(super) struct Walk {
    season: u16,
    per_page: u32,
    /// Pages that there may be.
    most: u32,
    number: u32,
    form: Option<Form>,
    /// The cursor that the last page was asked for with.
    cursor: Option<u64>,
    next: Next,
}

impl Walk {
    /// Before a season's first page.
    pub(super) fn new(season: u16, per_page: u32, most: u32) -> Self {
        Self { season, per_page, most, number: 1, form: None, cursor: None, next: Next::First }
    }

    /// The season.
    pub(super) fn season(&self) -> u16 {
        self.season
    }

    /// The number of the page to ask for, from 1.
    pub(super) fn number(&self) -> u32 {
        self.number
    }

    /// The address of the page to ask for; nothing after the last.
    pub(super) fn path(&self) -> Option<String> {
        let first = format!("/games?seasons[]={}&per_page={}", self.season, self.per_page);
        match self.next {
            Next::First => Some(first),
            Next::Cursor(cursor) => Some(format!("{first}&cursor={cursor}")),
            Next::Page(page) => Some(format!("{first}&page={page}")),
            Next::End => None,
        }
    }

    /// Takes a page: how many games it has. Nothing changes if it is refused.
    pub(super) fn take(&mut self, bytes: &[u8], ids: &mut Ids) -> Result<usize, Wrong> {
        let body: Value = serde_json::from_slice(bytes).map_err(|error| not_json(bytes, &error))?;
        let (next, form, here) = self.judge(&body, ids).map_err(Wrong::Protocol)?;
        let games = here.len();
        ids.extend(here.into_iter().flatten());
        if let Next::Cursor(cursor) = next {
            self.cursor = Some(cursor);
        }
        (self.next, self.form, self.number) = (next, Some(form), self.number + 1);
        Ok(games)
    }

    fn judge(&self, body: &Value, ids: &Ids) -> Result<(Next, Form, Vec<Option<String>>), String> {
        let body = body.as_object().ok_or_else(|| expected("an object", body))?;
        let data = body.get("data").ok_or("expected a list of games in `data`, found no `data`")?;
        let data = data.as_array().ok_or_else(|| expected("a list of games in `data`", data))?;
        let meta = body.get("meta").ok_or("expected `meta` to name the next page, found no `meta`")?;
        let meta = meta.as_object().ok_or_else(|| expected("an object in `meta`", meta))?;
        let form = form(meta)?;
        if self.form.is_some_and(|known| known != form) {
            return Err("expected the season's pages to be of one form, found cursors and page numbers".to_owned());
        }
        let next = match form {
            Form::Cursor => self.by_cursor(meta)?,
            Form::Pages => self.by_page(meta)?,
        };
        if data.is_empty() && next != Next::End {
            return Err("expected games before a next page, found none".to_owned());
        }
        if self.number >= self.most && next != Next::End {
            return Err(format!("expected at most {} pages of a season, found more", self.most));
        }
        let here: Vec<Option<String>> = data.iter().map(id).collect();
        if !here.is_empty() && here.iter().all(|id| id.as_ref().is_some_and(|id| ids.contains(id))) {
            return Err("expected new games, found only those of earlier pages".to_owned());
        }
        Ok((next, form, here))
    }

    fn by_cursor(&self, meta: &Map<String, Value>) -> Result<Next, String> {
        let Some(cursor) = there(meta, "next_cursor") else { return Ok(Next::End) };
        let cursor = cursor.as_u64().ok_or_else(|| expected("a whole number in `meta.next_cursor`", cursor))?;
        match self.cursor {
            Some(before) if cursor == before => Err(format!("expected a cursor after {before}, found it again")),
            Some(before) if cursor < before => Err(format!("expected a cursor after {before}, found {cursor}")),
            _ => Ok(Next::Cursor(cursor)),
        }
    }

    fn by_page(&self, meta: &Map<String, Value>) -> Result<Next, String> {
        let number = |name: &str| match there(meta, name) {
            None => Ok(None),
            Some(value) => {
                value.as_u64().map(Some).ok_or_else(|| expected(&format!("a whole number in `meta.{name}`"), value))
            }
        };
        let here = u64::from(self.number);
        let found = number("current_page")?.ok_or("expected `meta.current_page`, found none")?;
        if found != here {
            return Err(format!("expected page {here} in `meta.current_page`, found {found}"));
        }
        let total = number("total_pages")?;
        if total.is_none() && !meta.contains_key("next_page") {
            return Err("expected `meta.next_page` or `meta.total_pages`, found neither".to_owned());
        }
        let next = match number("next_page")? {
            Some(next) if next != here + 1 => {
                return Err(format!("expected {} in `meta.next_page`, found {next}", here + 1));
            }
            // A page that does not say what follows counts on the number of all.
            None if !meta.contains_key("next_page") => total.filter(|total| *total > here).map(|_| here + 1),
            next => next,
        };
        match (next, total) {
            (Some(next), Some(total)) if next > total => {
                Err(format!("expected no page beyond the {total} of `meta.total_pages`, found {next} next"))
            }
            (None, Some(total)) if total > here => {
                Err(format!("expected a next page before the last of {total}, found none"))
            }
            (Some(next), _) => Ok(Next::Page(next)),
            (None, _) => Ok(Next::End),
        }
    }
}

fn form(meta: &Map<String, Value>) -> Result<Form, String> {
    let has = |name: &str| meta.contains_key(name);
    if has("current_page") || has("next_page") || has("total_pages") {
        return Ok(Form::Pages);
    }
    if has("next_cursor") || has("per_page") {
        return Ok(Form::Cursor);
    }
    Err("expected `next_cursor` or `current_page` in `meta`, found neither".to_owned())
}

/// A field that is there and not null.
fn there<'a>(meta: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    meta.get(name).filter(|value| !value.is_null())
}

/// A game's id as text. What has none is for the contract to refuse.
fn id(game: &Value) -> Option<String> {
    match game.get("id")? {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

fn expected(what: &str, found: &Value) -> String {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "another number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    format!("expected {what}, found {found}")
}

fn not_json(bytes: &[u8], error: &serde_json::Error) -> Wrong {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    Wrong::NotJson(match first {
        None => "the body is empty".to_owned(),
        Some(b'<') => "the body is HTML and no JSON".to_owned(),
        Some(_) if error.is_eof() => "the body breaks off".to_owned(),
        Some(_) => "the body is no JSON".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn walk() -> (Walk, Ids) {
        (Walk::new(2022, 100, 3), Ids::new())
    }

    fn page(ids: &[u64], meta: Value) -> Vec<u8> {
        let data: Vec<Value> = ids.iter().map(|id| json!({"id": id})).collect();
        json!({"data": data, "meta": meta}).to_string().into_bytes()
    }

    fn refused(walk: &mut Walk, ids: &mut Ids, body: &[u8]) -> String {
        let before = (walk.path(), walk.number(), ids.len());
        let Err(Wrong::Protocol(reason)) = walk.take(body, ids) else { panic!("expected a refusal") };
        assert_eq!((walk.path(), walk.number(), ids.len()), before, "a refused page changes nothing");
        reason
    }

    #[test]
    fn cursors_lead_to_the_end() {
        let (mut walk, mut ids) = walk();
        assert_eq!(walk.path().as_deref(), Some("/games?seasons[]=2022&per_page=100"));
        assert_eq!(walk.take(&page(&[1, 2], json!({"next_cursor": 2, "per_page": 100})), &mut ids), Ok(2));
        assert_eq!(walk.path().as_deref(), Some("/games?seasons[]=2022&per_page=100&cursor=2"));
        assert_eq!(walk.take(&page(&[3], json!({"next_cursor": null})), &mut ids), Ok(1));
        assert_eq!((walk.path(), walk.number()), (None, 3));
    }

    #[test]
    fn page_numbers_lead_to_the_end() {
        for end in [json!({"next_page": null}), json!({})] {
            let (mut walk, mut ids) = walk();
            let meta = |page: u64, mut more: Value| {
                more["current_page"] = page.into();
                more["total_pages"] = 2.into();
                more
            };
            walk.take(&page(&[1], meta(1, json!({"next_page": 2}))), &mut ids).unwrap();
            assert_eq!(walk.path().as_deref(), Some("/games?seasons[]=2022&per_page=100&page=2"));
            walk.take(&page(&[2], meta(2, end)), &mut ids).unwrap();
            assert_eq!(walk.path(), None);
        }
    }

    #[test]
    fn a_season_without_games_is_one_empty_page() {
        let (mut walk, mut ids) = walk();
        assert_eq!(walk.take(&page(&[], json!({"per_page": 100})), &mut ids), Ok(0));
        assert_eq!(walk.path(), None);
    }

    #[test]
    fn pages_that_cannot_be_are_refused() {
        let wrong = [
            (json!([]), "an object, found a list"),
            (json!({"meta": {"per_page": 1}}), "no `data`"),
            (json!({"data": {}, "meta": {"per_page": 1}}), "found an object"),
            (json!({"data": null, "meta": {"per_page": 1}}), "found null"),
            (json!({"data": []}), "no `meta`"),
            (json!({"data": [], "meta": []}), "an object in `meta`"),
            (json!({"data": [], "meta": {"pagination": 1}}), "found neither"),
            (json!({"data": [{"id": 1}], "meta": {"next_cursor": "abc"}}), "`meta.next_cursor`, found text"),
            (json!({"data": [{"id": 1}], "meta": {"next_cursor": -1}}), "another number"),
            (json!({"data": [], "meta": {"next_cursor": 9}}), "games before a next page"),
            (json!({"data": [{"id": 1}], "meta": {"current_page": 2}}), "page 1 in `meta.current_page`, found 2"),
            (json!({"data": [{"id": 1}], "meta": {"current_page": 1}}), "`meta.total_pages`, found neither"),
            (json!({"data": [{"id": 1}], "meta": {"total_pages": 2}}), "`meta.current_page`, found none"),
            (json!({"data": [{"id": 1}], "meta": {"current_page": 1, "next_page": 7}}), "expected 2"),
            (json!({"data": [{"id": 1}], "meta": {"current_page": 1, "next_page": 2, "total_pages": 1}}), "beyond"),
            (json!({"data": [{"id": 1}], "meta": {"current_page": 1, "next_page": null, "total_pages": 3}}), "last"),
        ];
        for (body, words) in wrong {
            let (mut walk, mut ids) = walk();
            let reason = refused(&mut walk, &mut ids, body.to_string().as_bytes());
            assert!(reason.starts_with("expected") && reason.contains(words), "{body}: {reason}");
        }
    }

    #[test]
    fn a_loop_is_refused() {
        let (mut walk, mut ids) = walk();
        walk.take(&page(&[1, 2], json!({"next_cursor": 20})), &mut ids).unwrap();
        for (body, words) in [
            (page(&[3], json!({"next_cursor": 20})), "found it again"),
            (page(&[3], json!({"next_cursor": 10})), "found 10"),
            (page(&[2, 1], json!({"next_cursor": 30})), "only those of earlier pages"),
            (page(&[3], json!({"current_page": 2})), "of one form"),
        ] {
            let reason = refused(&mut walk, &mut ids, &body);
            assert!(reason.contains(words), "{reason}");
        }
        // A game that moved from one page to the next while they were read is no loop.
        walk.take(&page(&[2, 3], json!({"next_cursor": 30})), &mut ids).unwrap();
        let reason = refused(&mut walk, &mut ids, &page(&[4], json!({"next_cursor": 40})));
        assert!(reason.contains("at most 3 pages"), "{reason}");
    }

    #[test]
    fn what_is_no_json_is_told_apart() {
        for (body, words) in
            [("", "empty"), ("<html>", "HTML"), ("{\"data\": [", "breaks off"), ("{]", "no JSON"), ("\u{0}", "no JSON")]
        {
            let (mut walk, mut ids) = walk();
            let Err(Wrong::NotJson(reason)) = walk.take(body.as_bytes(), &mut ids) else { panic!("{body}") };
            assert!(reason.contains(words), "{body}: {reason}");
        }
    }
}
