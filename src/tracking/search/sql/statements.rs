//! Where one statement ends and the next begins.

use std::ops::Range;

use super::Type;

type Token = (Type, Range<usize>);

/// Cuts tokens into statements: after a semicolon that is in no bracket and no `BEGIN … END`, and after `GO`. One of white
/// space alone is none.
pub fn split(text: &str, tokens: Vec<Token>) -> Vec<Vec<Token>> {
    let mut statements = Vec::new();
    let mut current: Vec<Token> = Vec::new();
    let mut blocks = Blocks::default();
    let mut ended = false;
    for (kind, at) in tokens {
        if ended && !matches!(kind, Type::Whitespace) {
            statements.push(std::mem::take(&mut current));
            (blocks, ended) = (Blocks::default(), false);
        }
        let value = &text[at.clone()];
        blocks.pass(kind, value);
        let semicolon = kind == Type::Punctuation && value == ";";
        let go = kind == Type::Keyword && value.split_whitespace().next() == Some("GO");
        ended |= go || semicolon && blocks.closed();
        current.push((kind, at));
    }
    let space = |token: &Token| matches!(token.0, Type::Whitespace | Type::Newline);
    if !current.iter().all(space) {
        statements.push(current);
    }
    statements
}

/// What is open: brackets and `BEGIN`.
#[derive(Default)]
struct Blocks {
    level: i64,
    begins: usize,
    just_begun: bool,
}

impl Blocks {
    fn pass(&mut self, kind: Type, value: &str) {
        let upper = value.to_ascii_uppercase();
        match (kind, upper.as_str()) {
            (Type::Punctuation, "(") => self.level += 1,
            (Type::Punctuation, ")") => self.level -= 1,
            (Type::Keyword, "BEGIN") => {
                self.level += 1;
                self.begins += 1;
                self.just_begun = true;
                return;
            }
            // `BEGIN;` opens a transaction and no block.
            (Type::Punctuation, ";") if self.just_begun => self.end(),
            (Type::Keyword, "END") => self.end(),
            (Type::Whitespace | Type::Newline | Type::Comment, _) => return,
            _ => {}
        }
        self.just_begun = false;
    }

    fn end(&mut self) {
        self.level -= 1;
        self.begins = self.begins.saturating_sub(1);
    }

    fn closed(&self) -> bool {
        self.level <= 0 && self.begins == 0
    }
}
