//! Escaping for the formats that machines and browsers read.

/// For text and attribute values of XML. Characters that XML 1.0 cannot hold at all become `\u{fffd}`.
pub fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // As an attribute's value they would be read back as spaces.
            '\t' | '\n' | '\r' => out.push_str(&format!("&#{};", u32::from(character))),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

/// For a cell of a Markdown table, as GitHub reads it: one line, no markup, no mention of anybody.
pub fn markdown(text: &str) -> String {
    crate::template::escape_markdown(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out_of_xml_or_a_table() {
        assert_eq!(xml("<a b=\"c\">&'\n\u{1}"), "&lt;a b=&quot;c&quot;&gt;&amp;&apos;&#10;\u{fffd}");
        assert_eq!(markdown("a|b\n<img> @team `x`"), "a\\|b &lt;img&gt; &#64;team \\`x\\`");
    }
}
