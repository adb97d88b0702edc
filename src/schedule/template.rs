//! Templates: `@NAME@` stands for a value. Filled in one pass, so that a value that looks like a place is left as it is.

/// Part of each script that may stop: says why.
pub(super) const STOP: &str = include_str!("templates/shared/stop.sh");

/// Fills the places of `template`. A line that holds nothing but a place whose value is empty goes with it; a value of several
/// lines in such a place is set in as far as the place.
pub(super) fn fill(template: &str, values: &[(&str, String)]) -> String {
    template.lines().filter_map(|line| filled_line(line, values)).fold(String::with_capacity(template.len()), |mut text, line| {
        text.push_str(&line);
        text.push('\n');
        text
    })
}

fn filled_line(line: &str, values: &[(&str, String)]) -> Option<String> {
    let alone = line.trim_start();
    if let Some((start, name, end)) = place(alone)
        && start == 0
        && end == alone.len()
        && let Some((_, value)) = values.iter().find(|(known, _)| *known == name)
    {
        let indent = &line[..line.len() - alone.len()];
        return (!value.is_empty()).then(|| indented(value.trim_end_matches('\n'), indent));
    }
    let (mut text, mut rest) = (String::new(), line);
    while let Some((start, name, end)) = place(rest) {
        text.push_str(&rest[..start]);
        match values.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => text.push_str(value),
            None => text.push_str(&rest[start..end]),
        }
        rest = &rest[end..];
    }
    Some(text + rest)
}

fn indented(value: &str, indent: &str) -> String {
    let line = |line: &str| if line.is_empty() { String::new() } else { format!("{indent}{line}") };
    value.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// The first place in `text`: where it starts, its name, where it ends.
fn place(text: &str) -> Option<(usize, &str, usize)> {
    text.match_indices('@').find_map(|(start, _)| {
        let rest = &text[start + 1..];
        let length = rest.find(|letter: char| !letter.is_ascii_uppercase() && letter != '_')?;
        (length > 0 && rest[length..].starts_with('@')).then(|| (start, &rest[..length], start + length + 2))
    })
}

/// The places that nobody filled. Empty in whatever is printed; tests hold that.
#[cfg(test)]
pub(super) fn open_places(text: &str) -> Vec<&str> {
    let (mut found, mut rest) = (Vec::new(), text);
    while let Some((_, name, end)) = place(rest) {
        found.push(name);
        rest = &rest[end..];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_not_filled_again() {
        let values = [("A", "@B@".to_owned()), ("B", "x".to_owned())];
        assert_eq!(fill("@A@@B@ a@b.c @NONE@ \"$@\"", &values), "@B@x a@b.c @NONE@ \"$@\"\n");
    }

    #[test]
    fn a_place_of_its_own_line_carries_several_lines_or_none() {
        let values = [("A", "x\n\n  y\n".to_owned()), ("B", String::new())];
        assert_eq!(fill("b:\n  @A@\n  @B@\nc@B@\n", &values), "b:\n  x\n\n    y\nc\n");
    }
}
