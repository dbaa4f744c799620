//! [`parse`]: the text of an expression as sqlparser's tree, with every column name kept as written.

use std::any::TypeId;
use std::ops::Range;

use sqlparser::ast::{Expr, Ident};
use sqlparser::dialect::{Dialect, PostgreSqlDialect, Precedence};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan, Tokenizer, Word};

use super::ExpressionError;
use crate::model::text_form::postgres;

/// Longer than any expression that a person writes.
const MAX_BYTES: usize = 64 * 1024;
/// More words and signs than any expression has; sqlparser's trees are walked and dropped recursively.
const MAX_TOKENS: usize = 2_000;
/// Deeper parentheses than any expression has.
const MAX_DEPTH: usize = 100;

/// Words that are grammar wherever they stand; a column of such a name must be quoted.
const GRAMMAR: [&str; 26] = [
    "and", "or", "not", "is", "null", "true", "false", "in", "between", "like", "ilike", "similar", "case",
    "when", "then", "else", "end", "distinct", "from", "for", "as", "cast", "select", "collate", "exists",
    "over",
];
/// Words without parentheses that read the clock.
const CLOCK: [&str; 5] = ["current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"];

/// Finds bytes for sqlparser's lines and columns, both of which count from 1, columns in characters.
pub(super) struct Places<'a> {
    source: &'a str,
    lines: Vec<usize>,
}

impl<'a> Places<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        let breaks = source.match_indices('\n').map(|(at, _)| at + 1);
        Self { source, lines: std::iter::once(0).chain(breaks).collect() }
    }

    fn byte(&self, location: Location) -> usize {
        let line =
            self.lines.get((location.line as usize).wrapping_sub(1)).copied().unwrap_or(self.source.len());
        let rest = &self.source[line..];
        rest.char_indices()
            .nth((location.column as usize).saturating_sub(1))
            .map_or(self.source.len(), |(at, _)| line + at)
    }

    /// The bytes of a span; nothing for the empty span.
    pub(super) fn range(&self, span: Span) -> Option<Range<usize>> {
        let known = span.start.line > 0 && span.end.line > 0;
        known.then(|| self.byte(span.start)..self.byte(span.end))
    }
}

/// The grammar of Postgres with two corrections: sqlparser reads `a IS DISTINCT FROM b OR c` as
/// `a IS DISTINCT FROM (b OR c)`, and `a<-1` as the beginning of a geometric operator.
#[derive(Debug)]
struct Grammar;

impl Dialect for Grammar {
    fn dialect(&self) -> TypeId {
        PostgreSqlDialect {}.dialect()
    }

    fn is_delimited_identifier_start(&self, character: char) -> bool {
        PostgreSqlDialect {}.is_delimited_identifier_start(character)
    }

    fn supports_string_escape_constant(&self) -> bool {
        true
    }

    fn is_identifier_start(&self, character: char) -> bool {
        PostgreSqlDialect {}.is_identifier_start(character)
    }

    fn is_identifier_part(&self, character: char) -> bool {
        PostgreSqlDialect {}.is_identifier_part(character)
    }

    fn prec_value(&self, precedence: Precedence) -> u8 {
        PostgreSqlDialect {}.prec_value(precedence)
    }

    fn get_next_precedence(&self, parser: &Parser<'_>) -> Option<Result<u8, ParserError>> {
        PostgreSqlDialect {}.get_next_precedence(parser)
    }

    fn allow_extract_custom(&self) -> bool {
        true
    }

    fn allow_extract_single_quotes(&self) -> bool {
        true
    }

    fn parse_infix(
        &self,
        parser: &mut Parser<'_>,
        left: &Expr,
        precedence: u8,
    ) -> Option<Result<Expr, ParserError>> {
        let negated = parser.parse_keywords(&[Keyword::IS, Keyword::NOT, Keyword::DISTINCT, Keyword::FROM]);
        if !negated && !parser.parse_keywords(&[Keyword::IS, Keyword::DISTINCT, Keyword::FROM]) {
            return None;
        }
        Some(parser.parse_subexpr(precedence).map(|right| {
            let (left, right) = (Box::new(left.clone()), Box::new(right));
            if negated { Expr::IsNotDistinctFrom(left, right) } else { Expr::IsDistinctFrom(left, right) }
        }))
    }
}

/// Parses the text; sqlparser stops at the first mistake.
pub(super) fn parse(source: &str) -> Result<Expr, ExpressionError> {
    let places = Places::new(source);
    if source.len() > MAX_BYTES {
        let message = format!("the expression has more than {MAX_BYTES} bytes");
        return Err(ExpressionError::new(0..source.len(), message, "split it over several hidden columns"));
    }
    let tokens = Tokenizer::new(&Grammar, source).tokenize_with_location().map_err(|error| {
        let at = places.byte(error.location);
        ExpressionError::new(at..source.len(), format!("the text cannot be read: {}", error.message), "")
    })?;
    if tokens.len() > MAX_TOKENS {
        let message = format!("the expression has more than {MAX_TOKENS} words and signs");
        return Err(ExpressionError::new(0..source.len(), message, "split it over several hidden columns"));
    }
    let mut parser = Parser::new(&Grammar)
        .with_recursion_limit(MAX_DEPTH)
        .with_tokens_with_locations(prepared(tokens, &places)?);
    let expression = parser.parse_expr().map_err(|error| syntax_error(&error, &places))?;
    let next = parser.peek_token();
    if next.token != Token::EOF {
        let place = places.range(next.span).unwrap_or(source.len()..source.len());
        return Err(ExpressionError::new(
            place,
            format!("`{}` is not expected here", next.token),
            "the expression is complete before it",
        ));
    }
    Ok(expression)
}

/// The name that a parameter path such as `$band.users` gets in the tree.
pub(super) fn parameter_path(name: &Ident) -> Option<&str> {
    if name.quote_style.is_none() { name.value.strip_prefix('$') } else { None }
}

fn syntax_error(error: &ParserError, places: &Places<'_>) -> ExpressionError {
    let end = places.source.len();
    let text = match error {
        ParserError::ParserError(text) | ParserError::TokenizerError(text) => text,
        ParserError::RecursionLimitExceeded => {
            return ExpressionError::new(
                0..end,
                "the expression is nested too deeply",
                "split it over hidden columns",
            );
        }
    };
    if places.source.trim().is_empty() {
        return ExpressionError::new(0..end, "the expression is empty", "");
    }
    // sqlparser puts the place into its message: "… at Line: 1, Column: 5".
    let Some((message, place)) = text.rsplit_once(" at Line: ") else {
        let text = text.replace("Expected: ", "expected ").replace("found: EOF", "but here is its end");
        return ExpressionError::new(0..end, format!("the text is not an expression: {text}"), "");
    };
    let location = place.split_once(", Column: ").and_then(|(line, column)| {
        Some(Location { line: line.trim().parse().ok()?, column: column.trim().parse().ok()? })
    });
    let start = location.map_or(0, |location| places.byte(location));
    let message = message.replace("Expected: ", "expected ").replace("found: EOF", "found its end");
    let message = message.replace(", found: ", ", found ");
    ExpressionError::new(start..end, format!("the text is not an expression: {message}"), "")
}

/// Tells names from grammar: a name becomes a quoted word, whatever keyword it may be elsewhere in SQL, so
/// `type`, `user.created_at` and `date` are columns. Joins `$a.b` to one word and writes `30d` as an interval.
fn prepared(tokens: Vec<TokenWithSpan>, places: &Places<'_>) -> Result<Vec<TokenWithSpan>, ExpressionError> {
    let tokens: Vec<TokenWithSpan> =
        tokens.into_iter().filter(|token| !matches!(token.token, Token::Whitespace(_))).collect();
    let mut out: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    let mut kept = false;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let next = tokens.get(at + 1);
        let next_kept = match &token.token {
            Token::Placeholder(name) => {
                at += parameter(name, token.span, &tokens[at + 1..], &mut out);
                false
            }
            Token::Number(number, _) if let Some(text) = duration(number, token, next) => {
                let span = token.span.union(&tokens[at + 1].span);
                out.push(TokenWithSpan::new(Token::make_keyword("INTERVAL"), span));
                out.push(TokenWithSpan::new(Token::SingleQuotedString(text), span));
                at += 1;
                false
            }
            Token::Word(word) if word.quote_style.is_none() => {
                if word.keyword == Keyword::SELECT {
                    let place = places.range(token.span).unwrap_or_default();
                    return Err(ExpressionError::new(
                        place,
                        "a subquery is not possible: an expression sees one row",
                        "use a column of the row that is pointed at, or an aggregate such as sum(order_items.total)",
                    ));
                }
                if word.keyword == Keyword::OVER && next.is_some_and(|next| next.token == Token::LParen) {
                    return Err(ExpressionError::new(
                        places.range(token.span).unwrap_or_default(),
                        "a window is not possible: an expression sees one row",
                        "use `ordinal`, `permutation` or an aggregate",
                    ));
                }
                let keep = is_grammar(word, kept, &out, next.map(|next| &next.token));
                // `trim(leading from x)` leaves out the characters, which sqlparser wants.
                if kept
                    && word.keyword == Keyword::FROM
                    && out.last().is_some_and(|token| is_side(&token.token))
                {
                    out.push(TokenWithSpan::new(Token::SingleQuotedString(" ".to_owned()), token.span));
                }
                let word = if keep { word.clone() } else { name(&word.value, Some('"')) };
                out.push(TokenWithSpan::new(Token::Word(word), token.span));
                keep
            }
            other if let Some((message, hint)) = sign_of_another_language(other) => {
                return Err(ExpressionError::new(
                    places.range(token.span).unwrap_or_default(),
                    message,
                    hint,
                ));
            }
            other => {
                out.push(TokenWithSpan::new(other.clone(), token.span));
                false
            }
        };
        kept = next_kept;
        at += 1;
    }
    Ok(out)
}

/// Signs that programs have and SQL has not; sqlparser would take some for operators of Postgres's own types.
fn sign_of_another_language(token: &Token) -> Option<(String, &'static str)> {
    let hint = match token {
        Token::Overlap => "write AND",
        Token::ExclamationMark => "write NOT",
        Token::Question => "write CASE WHEN condition THEN a ELSE b END",
        Token::LBrace | Token::RBrace => "a column stands in an expression by its name alone",
        Token::LBracket => "a part of a text is substr(x, 1, 1)",
        Token::Caret => "write x * x",
        _ => return None,
    };
    Some((format!("`{token}` is no sign of this language"), hint))
}

fn is_side(token: &Token) -> bool {
    matches!(token, Token::Word(word) if matches!(word.keyword, Keyword::BOTH | Keyword::LEADING | Keyword::TRAILING))
}

fn name(value: &str, quote_style: Option<char>) -> Word {
    Word { value: value.to_owned(), quote_style, keyword: Keyword::NoKeyword }
}

/// Joins a placeholder with the `.name` tokens behind it; returns how many tokens it took of them.
fn parameter(first: &str, span: Span, rest: &[TokenWithSpan], out: &mut Vec<TokenWithSpan>) -> usize {
    let (mut path, mut span, mut taken) = (first.to_owned(), span, 0);
    while let [dot, part, ..] = &rest[taken..]
        && dot.token == Token::Period
        && let Token::Word(word) = &part.token
    {
        path = format!("{path}.{}", word.value);
        span = span.union(&part.span);
        taken += 2;
    }
    out.push(TokenWithSpan::new(Token::Word(name(&path, None)), span));
    taken
}

/// `30d`: a number with a unit of time right behind it.
fn duration(number: &str, token: &TokenWithSpan, next: Option<&TokenWithSpan>) -> Option<String> {
    let next = next.filter(|next| next.span.start == token.span.end)?;
    match &next.token {
        Token::Word(word) if postgres::unit(&word.value).is_some() => Some(format!("{number}{}", word.value)),
        _ => None,
    }
}

/// The word belongs to the grammar at this place; `kept` says that the token before it did.
fn is_grammar(word: &Word, kept: bool, before: &[TokenWithSpan], next: Option<&Token>) -> bool {
    let lower = word.value.to_ascii_lowercase();
    let previous = before.last().map(|token| &token.token);
    let before_that = before.len().checked_sub(2).map(|at| &before[at].token);
    let keyword = |token: Option<&Token>, wanted: &str| matches!(token, Some(Token::Word(word)) if word.quote_style.is_none() && word.value.eq_ignore_ascii_case(wanted));
    let text_next = matches!(next, Some(Token::SingleQuotedString(_) | Token::EscapedStringLiteral(_)));
    if next == Some(&Token::Period) || previous == Some(&Token::Period) {
        return false;
    }
    GRAMMAR.contains(&lower.as_str())
        || CLOCK.contains(&lower.as_str())
        // A function, or a type with arguments.
        || next == Some(&Token::LParen)
        // `date '…'`, ESCAPE '…'
        || text_next
        // The type of a cast, and its further words: double precision, timestamp with time zone.
        || previous == Some(&Token::DoubleColon)
        || (kept && keyword(previous, "as"))
        || (kept && matches!(lower.as_str(), "with" | "without" | "time" | "zone" | "precision" | "varying" | "unknown"))
        || (["with", "without", "at"].contains(&lower.as_str()) && matches!(next, Some(Token::Word(next)) if next.keyword == Keyword::TIME))
        || (["timestamp"].contains(&lower.as_str()) && matches!(next, Some(Token::Word(next)) if next.keyword == Keyword::WITH || next.keyword == Keyword::WITHOUT))
        || (lower == "to" && keyword(previous, "similar"))
        // `extract(year from …)`, `trim(both …)`
        || (previous == Some(&Token::LParen) && (keyword(before_that, "extract") || (keyword(before_that, "trim") && ["both", "leading", "trailing"].contains(&lower.as_str()))))
        // `interval '3' day`
        || (matches!(previous, Some(Token::SingleQuotedString(_))) && keyword(before_that, "interval"))
}
