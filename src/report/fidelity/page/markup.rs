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

/// A name of users, which may be broken after a dot or an underscore, and before a capital letter inside.
pub(super) fn name(text: &str) -> String {
    let mut pieces: Vec<String> = vec![String::new()];
    let mut before = ' ';
    for letter in text.chars() {
        if matches!(before, '.' | '_' | '/') || (before.is_lowercase() && letter.is_uppercase()) {
            pieces.push(String::new());
        }
        pieces.last_mut().expect("never empty").push(letter);
        before = letter;
    }
    pieces.iter().map(|piece| escape(piece)).collect::<Vec<_>>().join("<wbr>")
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

/// A row, and below it over all columns what there is to say of it.
pub(super) fn row(state: State, head: &str, cells: &[String], detail: &str, columns: usize) -> String {
    let class = class(state);
    let (spoken, below) = if detail.is_empty() {
        ("", String::new())
    } else {
        let cell = format!(r#"<td role="cell" colspan="{columns}">{detail}</td>"#);
        (" spoken", format!(r#"<tr role="row" class="detail {class}">{cell}</tr>"#))
    };
    format!(
        r#"<tr role="row" class="{class}{spoken}"><th role="rowheader" scope="row">{head}</th>{}</tr>{below}"#,
        cells.concat()
    )
}

/// Details that are closed where all is well. A link to `id` opens them, for it stands inside.
pub(super) fn folded(id: &str, name: &str, tally: &str, state: State, content: &str) -> String {
    let open = if state == State::Pass { "" } else { " open" };
    format!(
        concat!(
            "<details class=\"fold {}\"{}><summary><h3>{}</h3> <span class=\"tally\">{}</span> {}</summary>",
            "<div id=\"{}\" class=\"unfolded\">{}</div></details>\n"
        ),
        class(state),
        open,
        name,
        tally,
        badge(state),
        id,
        content
    )
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
    fn names_break_between_their_words() {
        assert_eq!(
            name("conversation_users.joinedAt <b>"),
            "conversation_<wbr>users.<wbr>joined<wbr>At &lt;b&gt;"
        );
    }

    #[test]
    fn no_text_can_become_markup() {
        assert_eq!(
            escape("<script>\"a\" & 'b'</script>\u{1b}"),
            "&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/script&gt;�"
        );
    }
}
