//! [`qualified`]: rules as native expressions. Fragments get their field, `user.created_at` its foreign key.

use sqlparser::ast::{BinaryOperator, Expr, Ident};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer};

use super::catalogue::Catalogue;
use super::fields::meant;
use crate::model::diagnostics::Diagnostics;
use crate::model::yaml::Place;

/// Splits a rule into its tokens, spaces among them; texts keep their escapes.
pub fn tokens(rule: &str, place: Place, diagnostics: &mut Diagnostics) -> Option<Vec<Token>> {
    match Tokenizer::new(&PostgreSqlDialect {}, rule).with_unescape(false).tokenize() {
        Ok(tokens) => Some(tokens),
        Err(error) => {
            diagnostics.error(place, format!("the rule `{rule}` cannot be read: {}", error.message), "");
            None
        }
    }
}

/// The rule as text.
pub fn text(tokens: &[Token]) -> String {
    tokens.iter().map(ToString::to_string).collect::<String>().trim().to_owned()
}

/// Puts the field before each comparison that has nothing on its left: `>= 18 AND <= 80` becomes
/// `age >= 18 AND age <= 80`.
pub fn with_field(tokens: &[Token], field: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut before: Option<&Token> = None;
    let mut caller: Option<&Token> = None;
    for (at, token) in tokens.iter().enumerate() {
        let operand_expected = match before {
            None => true,
            Some(Token::LParen) => !caller.is_some_and(is_plain_word),
            Some(other) => is_keyword(other, &[Keyword::AND, Keyword::OR]),
        };
        if operand_expected && begins_comparison(&tokens[at..]) {
            out.extend([
                Token::make_word(field, quote(field)),
                Token::Whitespace(sqlparser::tokenizer::Whitespace::Space),
            ]);
        }
        out.push(token.clone());
        if !matches!(token, Token::Whitespace(_)) {
            if matches!(token, Token::LParen) {
                caller = before;
            }
            before = Some(token);
        }
    }
    out
}

/// Gives every `qualifier.field` its native spelling, seen from the entity `from`.
pub fn qualified(
    tokens: &[Token],
    from: usize,
    catalogue: &Catalogue,
    place: Place,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<Token>> {
    let mut out: Vec<Token> = Vec::new();
    let mut at = 0;
    let mut whole = true;
    while at < tokens.len() {
        let (Token::Word(qualifier), Some(Token::Period), Some(Token::Word(field))) =
            (&tokens[at], tokens.get(at + 1), tokens.get(at + 2))
        else {
            out.push(tokens[at].clone());
            at += 1;
            continue;
        };
        let found = if is_aggregated(&out) {
            below(catalogue, &qualifier.value, &field.value, place, diagnostics)
        } else {
            resolve(catalogue, from, &qualifier.value, &field.value, place, diagnostics)
        };
        match found {
            Some(Target { qualifier: Some(qualifier) }) => {
                let qualifier = Token::make_word(&qualifier, quote(&qualifier));
                out.extend([qualifier, Token::Period, Token::Word(field.clone())]);
            }
            Some(Target { qualifier: None }) => out.push(Token::Word(field.clone())),
            None => whole = false,
        }
        at += 3;
    }
    whole.then_some(out)
}

/// Every `qualifier.field` of a rule.
pub fn qualified_names(tokens: &[Token]) -> Vec<(&str, &str)> {
    let mut names = Vec::new();
    for triple in tokens.windows(3) {
        if let [Token::Word(qualifier), Token::Period, Token::Word(field)] = triple {
            names.push((qualifier.value.as_str(), field.value.as_str()));
        }
    }
    names
}

/// What a qualified name stands for.
pub struct Target {
    /// The foreign key or ancestor to write before the field; nothing for an own field.
    pub qualifier: Option<String>,
}

/// Finds the one way from an entity to `qualifier.field`.
pub fn resolve(
    catalogue: &Catalogue,
    from: usize,
    qualifier: &str,
    field: &str,
    place: Place,
    diagnostics: &mut Diagnostics,
) -> Option<Target> {
    let entity = &catalogue.entities[from];
    let parent = entity.parent.as_ref();
    let target = |qualifier: &str| Target { qualifier: Some(qualifier.to_owned()) };
    if let Some(link) = entity.link(qualifier) {
        catalogue.entities[link.entity].require(field, place, diagnostics).then_some(())?;
        let ancestor = parent.filter(|parent| parent.column == qualifier);
        return Some(match ancestor {
            Some(parent) => target(&catalogue.entities[parent.entity].name),
            None => target(qualifier),
        });
    }
    if entity.has(qualifier) {
        let message = format!("`{qualifier}` is no foreign key, so `{qualifier}.{field}` is nothing");
        diagnostics.error(place, message, "");
        return None;
    }
    let to = catalogue.expect(qualifier, place, diagnostics)?;
    catalogue.entities[to].require(field, place, diagnostics).then_some(())?;
    if to == from {
        return Some(Target { qualifier: None });
    }
    let mut ways: Vec<Target> = Vec::new();
    if catalogue.ancestors(from).contains(&to) {
        ways.push(target(&catalogue.entities[to].name));
    }
    let links = entity.links.iter().filter(|link| link.entity == to);
    let links = links.filter(|link| parent.is_none_or(|parent| parent.column != link.column));
    ways.extend(links.map(|link| target(&link.column)));
    if ways.len() == 1 {
        return ways.pop();
    }
    let names: Vec<String> = ways.iter().filter_map(|way| way.qualifier.clone()).collect();
    if names.is_empty() {
        let targets: Vec<&str> =
            entity.links.iter().map(|link| catalogue.entities[link.entity].name.as_str()).collect();
        let message = format!("no field of `{}` refers to `{}`", entity.name, catalogue.entities[to].name);
        diagnostics.error(place, message, meant(qualifier, &targets));
    } else {
        let message =
            format!("`{qualifier}.{field}` is ambiguous: `{}` has {}", entity.name, names.join(" and "));
        diagnostics.error(place, message, format!("write `{}.{field}`", names[0]));
    }
    None
}

/// An aggregate reads an entity below this one: `sum(order_items.line_total)`.
pub fn below(
    catalogue: &Catalogue,
    qualifier: &str,
    field: &str,
    place: Place,
    diagnostics: &mut Diagnostics,
) -> Option<Target> {
    let to = catalogue.expect(qualifier, place, diagnostics)?;
    let found = catalogue.entities[to].require(field, place, diagnostics);
    found.then(|| Target { qualifier: Some(catalogue.entities[to].name.clone()) })
}

/// A name as an expression holds it: in quotes where SQL would read something else.
pub fn name(name: &str) -> String {
    Token::make_word(name, quote(name)).to_string()
}

/// `later >= qualifier.field`, one way round or the other.
pub struct NotBefore {
    /// The own field.
    pub later: String,
    /// What stands before the point.
    pub qualifier: String,
    /// What stands behind it.
    pub field: String,
}

/// The promises of a rule, among those that AND joins, that a field is not less than a qualified one.
pub fn not_before(rule: &str) -> Vec<NotBefore> {
    let mut found = Vec::new();
    if let Some(expression) = parse(rule) {
        collect_not_before(&expression, &mut found);
    }
    found
}

fn collect_not_before(expression: &Expr, found: &mut Vec<NotBefore>) {
    match expression {
        Expr::Nested(inner) => collect_not_before(inner, found),
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            collect_not_before(left, found);
            collect_not_before(right, found);
        }
        Expr::BinaryOp { left, op: BinaryOperator::GtEq, right } => found.extend(later_than(left, right)),
        Expr::BinaryOp { left, op: BinaryOperator::LtEq, right } => found.extend(later_than(right, left)),
        // Any other expression promises nothing of the kind.
        _ => {}
    }
}

fn later_than(later: &Expr, earlier: &Expr) -> Option<NotBefore> {
    match (later, earlier) {
        (Expr::Identifier(Ident { value: later, .. }), Expr::CompoundIdentifier(parts)) => {
            match parts.as_slice() {
                [qualifier, field] => Some(NotBefore {
                    later: later.clone(),
                    qualifier: qualifier.value.clone(),
                    field: field.value.clone(),
                }),
                _ => None,
            }
        }
        _ => None,
    }
}

fn parse(text: &str) -> Option<Expr> {
    let dialect = PostgreSqlDialect {};
    let mut parser = Parser::new(&dialect).try_with_sql(text).ok()?;
    let expression = parser.parse_expr().ok()?;
    (parser.peek_token().token == Token::EOF).then_some(expression)
}

/// The quotes that keep a name from being read as anything else.
fn quote(name: &str) -> Option<char> {
    let is_name = |side: &Expr| matches!(side, Expr::Identifier(found) if found.value == name);
    let plain = match parse(&format!("{name} = {name}")) {
        Some(Expr::BinaryOp { left, op: BinaryOperator::Eq, right }) => is_name(&left) && is_name(&right),
        Some(_) | None => false,
    };
    (!plain).then_some('"')
}

fn begins_comparison(tokens: &[Token]) -> bool {
    let operators = [Keyword::IN, Keyword::BETWEEN, Keyword::LIKE, Keyword::ILIKE];
    let next = tokens[1..].iter().find(|token| !matches!(token, Token::Whitespace(_)));
    match &tokens[0] {
        Token::Eq | Token::Neq | Token::Lt | Token::LtEq | Token::Gt | Token::GtEq => true,
        word if is_keyword(word, &operators) || is_keyword(word, &[Keyword::IS]) => true,
        word => is_keyword(word, &[Keyword::NOT]) && next.is_some_and(|next| is_keyword(next, &operators)),
    }
}

fn is_keyword(token: &Token, keywords: &[Keyword]) -> bool {
    matches!(token, Token::Word(word) if word.quote_style.is_none() && keywords.contains(&word.keyword))
}

/// A word that calls what stands in parentheses behind it, unlike AND, OR and NOT.
fn is_plain_word(token: &Token) -> bool {
    matches!(token, Token::Word(_)) && !is_keyword(token, &[Keyword::AND, Keyword::OR, Keyword::NOT])
}

/// Whether the next name stands right inside `sum(`.
fn is_aggregated(before: &[Token]) -> bool {
    let mut solid = before.iter().rev().filter(|token| !matches!(token, Token::Whitespace(_)));
    let open = matches!(solid.next(), Some(Token::LParen));
    let aggregates = ["sum", "min", "max", "count", "avg"];
    open && matches!(solid.next(), Some(Token::Word(word)) if aggregates.contains(&word.value.to_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(rule: &str) -> String {
        let tokens = tokens(rule, Place::default(), &mut Diagnostics::default()).expect(rule);
        text(&with_field(&tokens, "age"))
    }

    #[test]
    fn a_fragment_gets_its_field_before_every_comparison() {
        for (rule, expected) in [
            (">= 18 AND <= 80", "age >= 18 AND age <= 80"),
            ("(>= 18 and < 80) OR = 99", "(age >= 18 and age < 80) OR age = 99"),
            ("BETWEEN 18 AND 80", "age BETWEEN 18 AND 80"),
            ("NOT IN (1, 2)", "age NOT IN (1, 2)"),
            ("IN (1, 2) AND IS NOT NULL", "age IN (1, 2) AND age IS NOT NULL"),
            ("<> 'it''s' ", "age <> 'it''s'"),
            ("age >= 18", "age >= 18"),
            (">= coalesce(limit_low, 3)", "age >= coalesce(limit_low, 3)"),
        ] {
            assert_eq!(filled(rule), expected);
        }
    }

    #[test]
    fn a_name_that_sql_reads_otherwise_is_quoted() {
        assert_eq!(name("created_at"), "created_at");
        assert_eq!(name("createdAt"), "createdAt");
        for word in ["null", "true", "interval", "current_date"] {
            assert_eq!(name(word), format!("\"{word}\""));
        }
    }

    #[test]
    fn only_what_and_joins_is_promised() {
        let fields = |rule: &str| not_before(rule).into_iter().map(|found| found.later).collect::<Vec<_>>();
        assert_eq!(fields("a >= u.b AND (u.c <= d)"), ["a", "d"]);
        assert!(fields("a >= u.b OR a = 1").is_empty());
        assert!(fields("a > u.b").is_empty());
        assert!(fields("NOT a >= u.b").is_empty());
    }
}
