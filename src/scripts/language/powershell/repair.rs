//! Constructs that the grammar does not know, written in ones that it does, byte for byte in the same places: only the tree is
//! made of this copy, all texts are read from the original.

/// A copy that the grammar may understand better; None where there is nothing to change.
pub(super) fn repaired(source: &str) -> Option<String> {
    let mut bytes = source.as_bytes().to_vec();
    coalescing(&mut bytes);
    for (start, end) in lines(source) {
        let line = source.get(start..end).unwrap_or("");
        choices(line, start, &mut bytes);
        blocks(line, start, &mut bytes);
        paths(line, start, &mut bytes);
        sourced(line, start, &mut bytes);
        bare_words(line, start, &mut bytes);
    }
    let changed = bytes != source.as_bytes();
    String::from_utf8(bytes).ok().filter(|_| changed)
}

fn lines(source: &str) -> Vec<(usize, usize)> {
    let mut start = 0;
    let mut found = Vec::new();
    for line in source.split_inclusive('\n') {
        found.push((start, start + line.len()));
        start += line.len();
    }
    found
}

fn put(bytes: &mut [u8], at: usize, new: &[u8]) {
    if let Some(place) = bytes.get_mut(at..at + new.len()) {
        place.copy_from_slice(new);
    }
}

/// `a ?? b` as `a + b`, `a ??= b` as `a += b`: the reader looks at what stands there in truth.
fn coalescing(bytes: &mut [u8]) {
    let mut at = 0;
    while at + 2 < bytes.len() {
        if bytes[at..].starts_with(b"??=") {
            put(bytes, at, b"+= ");
            at += 3;
        } else if bytes[at..].starts_with(b"??") && bytes.get(at.wrapping_sub(1)).is_none_or(|byte| *byte != b'?') {
            put(bytes, at, b"+ ");
            at += 2;
        } else {
            at += 1;
        }
    }
}

/// `c ? a : b` as `c + a + b`.
fn choices(line: &str, start: usize, bytes: &mut [u8]) {
    let Some(asked) = line.find(" ? ") else { return };
    let before = line.get(..asked).unwrap_or("").trim_end();
    let Some(other) = line.get(asked + 3..).and_then(|rest| rest.find(" : ")).map(|at| asked + 3 + at) else { return };
    if before.ends_with('|') || before.trim_start().starts_with('#') || before.is_empty() {
        return;
    }
    put(bytes, start + asked + 1, b"+");
    put(bytes, start + other + 1, b"+");
}

/// A line break before `param` and `default` that stand on the line of a brace.
fn blocks(line: &str, start: usize, bytes: &mut [u8]) {
    let lower = line.to_ascii_lowercase();
    for word in [" param(", " param (", " default {", " default{"] {
        for (at, _) in lower.match_indices(word) {
            if lower.get(..at).is_some_and(|before| before.trim_end().ends_with(['{', ']', '}'])) {
                put(bytes, start + at, b"\n");
                // And one behind the parameters, where a statement follows on the same line.
                let inside = lower.get(at + word.len()..).unwrap_or("");
                if let Some(end) = closing(inside).filter(|_| word.ends_with('(')) {
                    let behind = at + word.len() + end + 1;
                    if lower.get(behind..).is_some_and(|rest| rest.starts_with(' ') && !rest.trim().is_empty()) {
                        put(bytes, start + behind, b"\n");
                    }
                }
            }
        }
    }
}

/// Where the parenthesis that is open closes.
fn closing(inside: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in inside.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 0 => return Some(at),
            b')' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// `./name.ps1` as a command: without the folder.
fn paths(line: &str, start: usize, bytes: &mut [u8]) {
    for folder in ["./", ".\\"] {
        for (at, _) in line.match_indices(folder) {
            let before = line.get(..at).unwrap_or("").trim_end();
            if before.is_empty() || before.ends_with(['=', '|', '{', ';']) {
                put(bytes, start + at, b"  ");
            }
        }
    }
}

/// `. $folder/name.ps1`, which is no division: what stands behind the variable as part of its name.
fn sourced(line: &str, start: usize, bytes: &mut [u8]) {
    let front = line.len() - line.trim_start().len();
    let rest = line.get(front..).unwrap_or("");
    if !(rest.starts_with(". $") || rest.starts_with("& $")) {
        return;
    }
    for (at, byte) in rest.bytes().enumerate().skip(3).take_while(|(_, byte)| !byte.is_ascii_whitespace()) {
        if matches!(byte, b'/' | b'\\' | b'.' | b'-') {
            put(bytes, start + front + at, b"_");
        }
    }
}

/// `'x', y, z` in a list of arguments: the words after the string, which name members, are blanked out.
fn bare_words(line: &str, start: usize, bytes: &mut [u8]) {
    for (at, _) in line.match_indices(',') {
        let before = line.get(..at).unwrap_or("").trim_end();
        let rest = line.get(at + 1..).unwrap_or("");
        let word = rest.trim_start();
        let gap = rest.len() - word.len();
        let length = word.find(|letter: char| !letter.is_ascii_alphanumeric() && !matches!(letter, '_' | '.')).unwrap_or(word.len());
        let begins = word.starts_with(|letter: char| letter.is_ascii_alphabetic());
        let after = word.get(length..).unwrap_or("").trim_start();
        let in_list = before.ends_with(['\'', '"']) || bytes.get(start + at) == Some(&b' ') || blanked(bytes, start, at);
        if begins && length > 0 && in_list && !after.starts_with(['(', '=', ':']) && !before.trim_start().starts_with(['[', '#']) {
            for place in at..at + 1 + gap + length {
                put(bytes, start + place, b" ");
            }
        }
    }
}

/// Whether the word before a comma was blanked out just now.
fn blanked(bytes: &[u8], start: usize, at: usize) -> bool {
    at > 0 && bytes.get(start + at - 1) == Some(&b' ')
}

#[cfg(test)]
mod tests {
    use super::repaired;

    #[test]
    fn repairs_keep_every_place() {
        for (before, after) in [
            ("$a = $b ?? 'c'", "$a = $b +  'c'"),
            ("$a ??= 'c'", "$a +=  'c'"),
            ("$a = $b ? 'c' : 'd'", "$a = $b + 'c' + 'd'"),
            ("function A { param($b) }", "function A {\nparam($b)\n}"),
            ("'a' { 1 } default { 2 }", "'a' { 1 }\ndefault { 2 }"),
            ("$a = ./b-c.ps1 -D 1", "$a =   b-c.ps1 -D 1"),
            ("select 'a', b, c", "select 'a'      "),
        ] {
            let repaired = repaired(before).unwrap();
            assert_eq!((repaired.as_str(), repaired.len()), (after, before.len()), "{before}");
        }
        for same in ["$a | ? { $_ -eq 'b' }", "select a, b", "[X('a', B)]", "Get-X 'ä'"] {
            assert_eq!(repaired(same), None, "{same}");
        }
    }
}
