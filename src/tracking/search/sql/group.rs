//! Groups of tokens, found in the order of sqlparse's `grouping.group`.

use super::{Class, Kind, TooComplex, Tree, Type};

const DEPTH: usize = 100;
const TOKENS: usize = 10_000;

/// How tokens around a middle one become a group.
struct Rule {
    class: Class,
    middle: fn(&Tree<'_>, usize) -> bool,
    before: fn(&Tree<'_>, usize) -> bool,
    after: fn(&Tree<'_>, Option<usize>) -> bool,
    reach: Reach,
    /// Whether a group of this class that stands before is made longer.
    extend: bool,
    /// Whether groups within are searched.
    recurse: bool,
}

/// From where to where a group goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// From the token before to the token after.
    Both,
    /// From the token before to the middle.
    Before,
    /// From the middle to the token after.
    After,
    /// To the token after if that can be a part of a name, else to the middle.
    Period,
    /// Up to the next semicolon.
    Semicolon,
    /// As `Both`, and the middle becomes an operator.
    Operator,
}

impl Tree<'_> {
    pub(super) fn group(&mut self, statement: usize) -> Result<(), TooComplex> {
        self.deep(statement, &[Class::Comment], &mut Self::comments, 0)?;
        for (class, open, close) in DELIMITED {
            self.delimited(statement, class, open, close, 0)?;
        }
        self.deep(statement, &[Class::Over], &mut Self::overs, 0)?;
        self.deep(statement, &[Class::Function], &mut Self::functions, 0)?;
        self.deep(statement, &[Class::Where], &mut Self::wheres, 0)?;
        self.middle(statement, &PERIOD, 0)?;
        self.middle(statement, &ARRAY, 0)?;
        self.deep(statement, &[Class::Identifier], &mut Self::identifiers, 0)?;
        self.deep(statement, &[Class::Identifier], &mut Self::orders, 0)?;
        self.middle(statement, &TYPECAST, 0)?;
        self.middle(statement, &TYPED_LITERAL, 0)?;
        self.middle(statement, &LONGER_LITERAL, 0)?;
        self.middle(statement, &OPERATION, 0)?;
        self.middle(statement, &COMPARISON, 0)?;
        self.middle(statement, &ALIAS, 0)?;
        self.deep(statement, &[], &mut Self::aliased, 0)?;
        self.middle(statement, &ASSIGNMENT, 0)?;
        self.deep(statement, &[], &mut Self::comments_after, 0)?;
        self.middle(statement, &LIST, 0)?;
        self.values(statement);
        Ok(())
    }

    /// Works on the groups within, those of some classes left out, then on the list itself.
    fn deep(
        &mut self,
        list: usize,
        except: &[Class],
        work: &mut dyn FnMut(&mut Self, usize),
        depth: usize,
    ) -> Result<(), TooComplex> {
        if depth > DEPTH {
            return Err(TooComplex);
        }
        for part in self.node(list).parts.clone() {
            if matches!(self.kind(part), Kind::Group(class) if !except.contains(&class)) {
                self.deep(part, except, work, depth + 1)?;
            }
        }
        work(self, list);
        Ok(())
    }

    /// The next place at or after one, that is not white space.
    fn next(&self, list: usize, from: usize) -> Option<usize> {
        let parts = &self.node(list).parts;
        (from..parts.len()).find(|place| !self.kind(parts[*place]).is_space())
    }

    fn part(&self, list: usize, place: usize) -> usize {
        self.node(list).parts[place]
    }

    fn find(&self, list: usize, from: usize, is: impl Fn(&Self, usize) -> bool) -> Option<usize> {
        let parts = &self.node(list).parts;
        (from..parts.len()).find(|place| is(self, parts[*place]))
    }

    /// Makes a group of the parts from one place to another.
    fn join(&mut self, list: usize, class: Class, from: usize, to: usize, extend: bool) -> usize {
        let parts: Vec<usize> = self.node(list).parts[from..=to].to_vec();
        let at = self.node(parts[0]).at.start..self.node(parts[parts.len() - 1]).at.end;
        let group = if extend && self.is_group(parts[0], class) {
            let first = &mut self.nodes[parts[0]];
            first.parts.extend(&parts[1..]);
            first.at = at;
            parts[0]
        } else {
            self.add(Kind::Group(class), parts, at)
        };
        self.nodes[list].parts.splice(from..=to, [group]);
        group
    }

    fn comments(&mut self, list: usize) {
        let mut from = 0;
        while let Some(place) = self.find(list, from, |tree, part| tree.is(part, Type::Comment)) {
            let comment = |tree: &Self, part| tree.is(part, Type::Comment) || tree.is(part, Type::Newline);
            let Some(end) = self.find(list, place, |tree, part| !comment(tree, part)) else { break };
            self.join(list, Class::Comment, place, end - 1, false);
            from = place + 1;
        }
    }

    fn delimited(
        &mut self,
        list: usize,
        class: Class,
        open: &[(Type, &str)],
        close: (Type, &str),
        depth: usize,
    ) -> Result<(), TooComplex> {
        let parts = self.node(list).parts.clone();
        if depth > DEPTH || parts.len() > TOKENS {
            return Err(TooComplex);
        }
        let (mut opened, mut gone) = (Vec::new(), 0);
        for (place, part) in parts.into_iter().enumerate() {
            let place = place - gone;
            match self.kind(part) {
                Kind::Group(found) if found != class => self.delimited(part, class, open, close, depth + 1)?,
                _ if open.iter().any(|(kind, value)| self.matches(part, *kind, value)) => opened.push(place),
                _ if self.matches(part, close.0, close.1) => {
                    if let Some(start) = opened.pop() {
                        self.join(list, class, start, place, false);
                        gone += place - start;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn overs(&mut self, list: usize) {
        let mut from = 0;
        while let Some(place) = self.find(list, from, |tree, part| tree.matches(part, Type::Keyword, "OVER")) {
            if let Some(next) = self.next(list, place + 1) {
                let part = self.part(list, next);
                if self.is_group(part, Class::Parenthesis) || is_name(self, part) {
                    self.join(list, Class::Over, place, next, false);
                }
            }
            from = place + 1;
        }
    }

    fn functions(&mut self, list: usize) {
        let has = |word: &str| self.node(list).parts.iter().any(|part| self.value(*part).to_uppercase() == word);
        if has("CREATE") && has("TABLE") && !has("AS") {
            return;
        }
        let mut from = 0;
        while let Some(place) = self.find(list, from, is_name) {
            let next = self.next(list, place + 1);
            if let Some(next) = next.filter(|next| self.is_group(self.part(list, *next), Class::Parenthesis)) {
                let over = self.next(list, next + 1);
                let over = over.filter(|over| self.is_group(self.part(list, *over), Class::Over));
                self.join(list, Class::Function, place, over.unwrap_or(next), false);
            }
            from = place + 1;
        }
    }

    fn wheres(&mut self, list: usize) {
        const CLOSE: [&str; 10] = [
            "ORDER BY",
            "GROUP BY",
            "LIMIT",
            "UNION",
            "UNION ALL",
            "EXCEPT",
            "INTERSECT",
            "HAVING",
            "RETURNING",
            "INTO",
        ];
        let mut from = 0;
        while let Some(place) = self.find(list, from, |tree, part| tree.matches(part, Type::Keyword, "WHERE")) {
            let close = |tree: &Self, part| CLOSE.iter().any(|word| tree.matches(part, Type::Keyword, word));
            let last = self.node(list).parts.len() - 1;
            let delimited = matches!(self.kind(list), Kind::Group(Class::Parenthesis | Class::SquareBrackets));
            let end = self.find(list, place + 1, close).map_or(last - usize::from(delimited), |end| end - 1);
            self.join(list, Class::Where, place, end, false);
            from = place + 1;
        }
    }

    fn identifiers(&mut self, list: usize) {
        for place in 0..self.node(list).parts.len() {
            let part = self.part(list, place);
            if self.is(part, Type::SymbolString) || self.is(part, Type::Name) {
                self.join(list, Class::Identifier, place, place, false);
            }
        }
    }

    fn orders(&mut self, list: usize) {
        let mut from = 0;
        while let Some(place) = self.find(list, from, |tree, part| tree.is(part, Type::Order)) {
            let before = (0..place).rev().find(|before| !self.kind(self.part(list, *before)).is_space());
            from = place + 1;
            if let Some(before) = before {
                let part = self.part(list, before);
                if self.is_group(part, Class::Identifier) || is_number(self, part) {
                    self.join(list, Class::Identifier, before, place, false);
                    from = before + 1;
                }
            }
        }
    }

    fn aliased(&mut self, list: usize) {
        let can = |tree: &Self, part| {
            use Class::{Case, Comparison, Function, Identifier, Operation, Parenthesis};
            let classes = [Parenthesis, Function, Case, Identifier, Operation, Comparison];
            classes.iter().any(|class| tree.is_group(part, *class)) || is_number(tree, part)
        };
        let mut from = 0;
        while let Some(place) = self.find(list, from, can) {
            if let Some(next) = self.next(list, place + 1)
                && self.is_group(self.part(list, next), Class::Identifier)
            {
                self.join(list, Class::Identifier, place, next, true);
            }
            from = place + 1;
        }
    }

    fn comments_after(&mut self, list: usize) {
        let mut from = 0;
        while let Some(place) = self.find(list, from, |tree, part| tree.is_group(part, Class::Comment)) {
            let before = (0..place).rev().find(|before| !self.kind(self.part(list, *before)).is_space());
            from = place + 1;
            if let Some(before) = before
                && let Kind::Group(class) = self.kind(self.part(list, before))
            {
                self.join(list, class, before, place, true);
                from = before + 1;
            }
        }
    }

    fn values(&mut self, list: usize) {
        let Some(start) = self.find(list, 0, |tree, part| tree.matches(part, Type::Keyword, "VALUES")) else { return };
        let parts = &self.node(list).parts;
        let end = (start..parts.len()).rev().find(|place| self.is_group(parts[*place], Class::Parenthesis));
        if let Some(end) = end {
            self.join(list, Class::Values, start, end, true);
        }
    }

    fn middle(&mut self, list: usize, rule: &Rule, depth: usize) -> Result<(), TooComplex> {
        let parts = self.node(list).parts.clone();
        if depth > DEPTH || parts.len() > TOKENS {
            return Err(TooComplex);
        }
        let mut gone = 0;
        let mut before: Option<(usize, usize)> = None;
        for (place, part) in parts.into_iter().enumerate() {
            // What a group has taken in is looked at once more, at the place of that group.
            let Some(place) = place.checked_sub(gone) else { continue };
            if self.kind(part).is_space() {
                continue;
            }
            if rule.recurse && matches!(self.kind(part), Kind::Group(class) if class != rule.class) {
                self.middle(part, rule, depth + 1)?;
            }
            if (rule.middle)(self, part)
                && let Some((start, previous)) = before
            {
                let next = self.next(list, place + 1);
                let after = next.map(|next| self.part(list, next));
                let edge = self.is_edge(list, previous) || after.is_some_and(|after| self.is_edge(list, after));
                if (rule.before)(self, previous) && (rule.after)(self, after) && !edge {
                    let (from, to) = self.reach(list, rule.reach, [start, place], next);
                    let group = self.join(list, rule.class, from, to, rule.extend);
                    gone += to - from;
                    before = Some((from, group));
                    continue;
                }
            }
            before = Some((place, part));
        }
        Ok(())
    }

    /// Whether a part opens or closes its list.
    fn is_edge(&self, list: usize, part: usize) -> bool {
        use Class::{Begin, Case, For, If, Parenthesis, SquareBrackets};
        let parts = &self.node(list).parts;
        let delimited = [Parenthesis, SquareBrackets, Case, If, For, Begin];
        delimited.iter().any(|class| self.is_group(list, *class))
            && (parts.first() == Some(&part) || parts.last() == Some(&part))
    }

    fn reach(&mut self, list: usize, reach: Reach, [before, at]: [usize; 2], next: Option<usize>) -> (usize, usize) {
        let after = next.unwrap_or(at);
        match reach {
            Reach::Both => (before, after),
            Reach::Before => (before, at),
            Reach::After => (at, after),
            Reach::Period => {
                use Type::{Name, SingleString, SymbolString, Wildcard};
                let part = self.part(list, after);
                let fits = [Name, SymbolString, Wildcard, SingleString].iter().any(|kind| self.is(part, *kind))
                    || [Class::SquareBrackets, Class::Function].iter().any(|class| self.is_group(part, *class));
                (before, if fits { after } else { at })
            }
            Reach::Semicolon => {
                let end = self.find(list, after + 1, |tree, part| tree.matches(part, Type::Punctuation, ";"));
                (before, end.unwrap_or(after))
            }
            Reach::Operator => {
                let part = self.part(list, at);
                self.nodes[part].kind = Kind::Token(Type::Operator);
                (before, after)
            }
        }
    }
}

/// Any name: plain, a placeholder or a type.
fn is_name(tree: &Tree<'_>, part: usize) -> bool {
    matches!(tree.kind(part), Kind::Token(Type::Name | Type::Placeholder | Type::Builtin))
}

fn is_number(tree: &Tree<'_>, part: usize) -> bool {
    matches!(tree.kind(part), Kind::Token(Type::Integer | Type::Float | Type::Hexadecimal))
}

/// A number, a text or a name, as sqlparse's rules for operands list them.
fn is_operand_token(tree: &Tree<'_>, part: usize) -> bool {
    use Type::{Float, Integer, Name, Placeholder, SingleString, SymbolString};
    matches!(tree.kind(part), Kind::Token(Integer | Float | SingleString | SymbolString | Name | Placeholder))
}

fn is_one_of(tree: &Tree<'_>, part: usize, classes: &[Class]) -> bool {
    classes.iter().any(|class| tree.is_group(part, *class))
}

fn operand(tree: &Tree<'_>, part: usize) -> bool {
    use Class::{Function, Identifier, Operation, Parenthesis, SquareBrackets, TypedLiteral};
    is_operand_token(tree, part)
        || is_one_of(tree, part, &[SquareBrackets, Parenthesis, Function, Identifier, Operation, TypedLiteral])
        || ["CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP"]
            .iter()
            .any(|word| tree.matches(part, Type::Keyword, word))
}

fn side(tree: &Tree<'_>, part: usize) -> bool {
    use Class::{Function, Identifier, Operation, Parenthesis, TypedLiteral};
    is_operand_token(tree, part)
        || is_one_of(tree, part, &[Parenthesis, Function, Identifier, Operation, TypedLiteral])
        || tree.kind(part).is_keyword() && tree.value(part).eq_ignore_ascii_case("NULL")
}

fn member(tree: &Tree<'_>, part: usize) -> bool {
    use Class::{Case, Comparison, Function, Identifier, IdentifierList, Operation};
    is_operand_token(tree, part)
        || is_one_of(tree, part, &[Function, Case, Identifier, Comparison, IdentifierList, Operation])
        || matches!(tree.kind(part), Kind::Token(Type::Keyword | Type::Wildcard))
}

/// A token of a type with a value.
type Mark = (Type, &'static str);

/// Groups with what opens and what closes them.
const DELIMITED: [(Class, &[Mark], Mark); 6] = {
    use Type::{Keyword, Punctuation};
    [
        (Class::SquareBrackets, &[(Punctuation, "[")], (Punctuation, "]")),
        (Class::Parenthesis, &[(Punctuation, "(")], (Punctuation, ")")),
        (Class::Case, &[(Keyword, "CASE")], (Keyword, "END")),
        (Class::If, &[(Keyword, "IF")], (Keyword, "END IF")),
        (Class::For, &[(Keyword, "FOR"), (Keyword, "FOREACH")], (Keyword, "END LOOP")),
        (Class::Begin, &[(Keyword, "BEGIN")], (Keyword, "END")),
    ]
};

const PERIOD: Rule = Rule {
    class: Class::Identifier,
    middle: |tree, part| {
        tree.matches(part, Type::Punctuation, ".")
            || ["->", "->>"].iter().any(|arrow| tree.matches(part, Type::Operator, arrow))
    },
    before: |tree, part| {
        is_one_of(tree, part, &[Class::SquareBrackets, Class::Identifier])
            || tree.is(part, Type::Name)
            || tree.is(part, Type::SymbolString)
    },
    after: |_, _| true,
    reach: Reach::Period,
    extend: true,
    recurse: true,
};

const ARRAY: Rule = Rule {
    class: Class::Identifier,
    middle: |tree, part| tree.is_group(part, Class::SquareBrackets),
    before: |tree, part| {
        is_one_of(tree, part, &[Class::SquareBrackets, Class::Identifier, Class::Function])
            || tree.is(part, Type::Name)
            || tree.is(part, Type::SymbolString)
    },
    after: |_, _| true,
    reach: Reach::Before,
    extend: true,
    recurse: false,
};

const TYPECAST: Rule = Rule {
    class: Class::Identifier,
    middle: |tree, part| tree.matches(part, Type::Punctuation, "::"),
    before: |_, _| true,
    after: |_, after| after.is_some(),
    reach: Reach::Both,
    extend: true,
    recurse: true,
};

const TYPED_LITERAL: Rule = Rule {
    class: Class::TypedLiteral,
    middle: |tree, part| tree.is(part, Type::Builtin) || tree.matches(part, Type::Keyword, "TIMESTAMP"),
    before: |_, _| true,
    after: |tree, after| after.is_some_and(|after| tree.is(after, Type::SingleString)),
    reach: Reach::After,
    extend: false,
    recurse: true,
};

const LONGER_LITERAL: Rule = Rule {
    class: Class::TypedLiteral,
    middle: |tree, part| tree.is_group(part, Class::TypedLiteral),
    before: |_, _| true,
    after: |tree, after| {
        let units = ["DAY", "HOUR", "MINUTE", "MONTH", "SECOND", "YEAR"];
        after.is_some_and(|after| units.iter().any(|unit| tree.matches(after, Type::Keyword, unit)))
    },
    reach: Reach::After,
    extend: true,
    recurse: true,
};

const OPERATION: Rule = Rule {
    class: Class::Operation,
    middle: |tree, part| tree.is(part, Type::Operator) || tree.is(part, Type::Wildcard),
    before: operand,
    after: |tree, after| after.is_some_and(|after| operand(tree, after)),
    reach: Reach::Operator,
    extend: false,
    recurse: true,
};

const COMPARISON: Rule = Rule {
    class: Class::Comparison,
    middle: |tree, part| tree.is(part, Type::Comparison),
    before: side,
    after: |tree, after| after.is_some_and(|after| side(tree, after)),
    reach: Reach::Both,
    extend: false,
    recurse: true,
};

const ALIAS: Rule = Rule {
    class: Class::Identifier,
    middle: |tree, part| tree.kind(part).is_keyword() && tree.value(part).eq_ignore_ascii_case("AS"),
    before: |tree, part| !tree.kind(part).is_keyword() || tree.value(part).eq_ignore_ascii_case("NULL"),
    after: |tree, after| after.is_some_and(|after| !tree.is(after, Type::OtherKeyword)),
    reach: Reach::Both,
    extend: true,
    recurse: true,
};

const ASSIGNMENT: Rule = Rule {
    class: Class::Assignment,
    middle: |tree, part| tree.is(part, Type::Assignment),
    before: |tree, part| !tree.is(part, Type::Keyword),
    after: |tree, after| after.is_some_and(|after| !tree.is(after, Type::Keyword)),
    reach: Reach::Semicolon,
    extend: true,
    recurse: true,
};

const LIST: Rule = Rule {
    class: Class::IdentifierList,
    middle: |tree, part| tree.matches(part, Type::Punctuation, ","),
    before: member,
    after: |tree, after| after.is_some_and(|after| member(tree, after)),
    reach: Reach::Both,
    extend: true,
    recurse: true,
};
