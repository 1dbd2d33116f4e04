//! Text to the tree of tokens that MLflow's search works on.
//!
//! MLflow does not parse its language: it lets sqlparse guess what the text would be as SQL, and accepts or refuses what it
//! sees. What is a name and what an invalid clause, and so which queries work and what the messages quote, follows from
//! sqlparse's rules; this module has those of version 0.6.1 (Copyright (C) the sqlparse authors, BSD 3-Clause license).
//! Left out is what no search over runs can reach: `AT TIME ZONE`, `LATERAL VIEW`, `REGEXP BINARY`.

mod group;
mod lexer;
mod statements;

use std::ops::Range;

/// The type of a token that is no group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Type {
    Assignment,
    Builtin,
    Command,
    Comment,
    Comparison,
    Error,
    Float,
    Hexadecimal,
    Integer,
    Keyword,
    Literal,
    Name,
    Newline,
    Operator,
    Order,
    OtherKeyword,
    Placeholder,
    Punctuation,
    SingleString,
    SymbolString,
    Whitespace,
    Wildcard,
}

/// What a group of tokens is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Class {
    Assignment,
    Begin,
    Case,
    Comment,
    Comparison,
    For,
    Function,
    Identifier,
    IdentifierList,
    If,
    Operation,
    Over,
    Parenthesis,
    SquareBrackets,
    Statement,
    TypedLiteral,
    Values,
    Where,
}

/// A token or a group of tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Its parts, where it is a group.
    pub parts: Vec<usize>,
    /// Where it is in the text.
    pub at: Range<usize>,
}

/// A type of token or a class of group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Kind {
    Token(Type),
    Group(Class),
}

impl Kind {
    /// Whether it is white space or a line's end.
    pub fn is_space(self) -> bool {
        matches!(self, Kind::Token(Type::Whitespace | Type::Newline))
    }

    /// Whether it is any keyword.
    pub fn is_keyword(self) -> bool {
        matches!(self, Kind::Token(Type::Keyword | Type::OtherKeyword | Type::Order))
    }
}

/// Statements with all their tokens.
#[derive(Debug)]
pub struct Tree<'a> {
    text: &'a str,
    nodes: Vec<Node>,
    /// One for each statement.
    pub statements: Vec<usize>,
}

/// The text is nested or long beyond what is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooComplex;

impl<'a> Tree<'a> {
    /// Reads a text.
    ///
    /// # Errors
    /// Where it has more than 10,000 tokens or more than 100 levels.
    pub fn parse(text: &'a str) -> Result<Self, TooComplex> {
        let mut tree = Tree { text, nodes: Vec::new(), statements: Vec::new() };
        for tokens in statements::split(text, lexer::tokens(text)) {
            let at = tokens.first().map_or(0, |first| first.1.start)..tokens.last().map_or(0, |last| last.1.end);
            let parts = tokens.into_iter().map(|(kind, at)| tree.add(Kind::Token(kind), Vec::new(), at)).collect();
            let statement = tree.add(Kind::Group(Class::Statement), parts, at);
            tree.statements.push(statement);
        }
        for statement in tree.statements.clone() {
            tree.group(statement)?;
        }
        Ok(tree)
    }

    fn add(&mut self, kind: Kind, parts: Vec<usize>, at: Range<usize>) -> usize {
        self.nodes.push(Node { kind, parts, at });
        self.nodes.len() - 1
    }

    /// A node.
    pub fn node(&self, id: usize) -> &Node {
        &self.nodes[id]
    }

    /// Its kind.
    pub fn kind(&self, id: usize) -> Kind {
        self.nodes[id].kind
    }

    /// The text that it covers.
    pub fn value(&self, id: usize) -> &'a str {
        &self.text[self.nodes[id].at.clone()]
    }

    /// Whether it is a token of a type.
    pub fn is(&self, id: usize, kind: Type) -> bool {
        self.kind(id) == Kind::Token(kind)
    }

    /// Whether it is a group of a class.
    pub fn is_group(&self, id: usize, class: Class) -> bool {
        self.kind(id) == Kind::Group(class)
    }

    /// Whether it is a token of a type with a value, in any case if the type is a keyword's.
    pub fn matches(&self, id: usize, kind: Type, value: &str) -> bool {
        let same = |found: &str| {
            if Kind::Token(kind).is_keyword() { found.to_uppercase() == value.to_uppercase() } else { found == value }
        };
        self.is(id, kind) && same(self.value(id))
    }

    /// The parts of a group that are not white space.
    pub fn parts(&self, id: usize) -> Vec<usize> {
        self.nodes[id].parts.iter().copied().filter(|part| !self.kind(*part).is_space()).collect()
    }
}
