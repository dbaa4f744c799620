//! [`escape`] and the small pieces of HTML that the sections share.

use crate::fidelity::assessment::State;
use crate::report::fidelity::words;

/// Text of users, as HTML's text and quoted attributes take it. Control characters, which HTML has no form for, are
/// replaced.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\t' | '\n' => escaped.push(' '),
            character if character.is_control() => escaped.push('�'),
            character => escaped.push(character),
        }
    }
    escaped
}

/// The class that colours a state.
pub(super) fn class(state: State) -> &'static str {
    match state {
        State::Pass => "good",
        State::Warn => "warn",
        State::Fail => "bad",
    }
}

/// A state as sign and word.
pub(super) fn badge(state: State) -> String {
    format!(
        r#"<span class="badge {}"><span aria-hidden="true">{}</span> {}</span>"#,
        class(state),
        words::sign(state),
        words::state(state)
    )
}

/// A cell of a table that becomes a stack on narrow screens, where `label` stands before it.
pub(super) fn cell(class: &str, label: &str, content: &str) -> String {
    format!(r#"<td role="cell" class="{class}" data-label="{label}">{content}</td>"#)
}

/// A table with a caption for those who do not see its place. The roles survive a change of `display`.
pub(super) fn table(class: &str, caption: &str, columns: &[(&str, &str)], bodies: &str) -> String {
    let head: String = columns
        .iter()
        .map(|(class, name)| format!(r#"<th role="columnheader" scope="col" class="{class}">{name}</th>"#))
        .collect();
    format!(
        concat!(
            r#"<table role="table" class="{class}"><caption>{caption}</caption>"#,
            r#"<thead role="rowgroup"><tr role="row">{head}</tr></thead>{bodies}</table>"#
        ),
        class = class,
        caption = escape(caption),
        head = head,
        bodies = bodies
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_can_become_markup() {
        assert_eq!(
            escape("<script>\"a\" & 'b'</script>\u{1b}"),
            "&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/script&gt;�"
        );
    }
}
