//! Scalars of YAML: their text, and where in the file each part of it stands. Blocks that are kept or folded, quoted and plain
//! scalars over several lines, and flow collections. Not a validator: what is no YAML is read as far as it goes.

use std::rc::Rc;

/// From here on, up to the next piece or the end of the line, text and file run side by side. Lines and columns from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    line: usize,
    column: usize,
    file_line: usize,
    file_column: usize,
}

/// A scalar.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Scalar {
    pub(super) text: String,
    pieces: Vec<Piece>,
}

impl Scalar {
    /// Where in the file a place of the text is.
    pub(super) fn place(&self, line: usize, column: usize) -> (usize, usize) {
        let behind = self.pieces.partition_point(|piece| (piece.line, piece.column) <= (line, column));
        let Some(piece) = self.pieces.get(behind.saturating_sub(1)) else { return (1, 1) };
        let along = if piece.line == line { column.saturating_sub(piece.column) } else { 0 };
        (piece.file_line, piece.file_column + along)
    }

    /// The same of the place behind a character.
    pub(super) fn end(&self, line: usize, column: usize) -> (usize, usize) {
        if column < 2 {
            return self.place(line, column);
        }
        let (line, column) = self.place(line, column - 1);
        (line, column + 1)
    }
}

/// Puts a scalar together.
#[derive(Default)]
struct Builder {
    scalar: Scalar,
    line: usize,
    column: usize,
}

impl Builder {
    fn new() -> Self {
        Self { scalar: Scalar::default(), line: 1, column: 1 }
    }

    /// What follows stands here in the file; counted from 0.
    fn mark(&mut self, file_line: usize, file_column: usize) {
        let piece = Piece { line: self.line, column: self.column, file_line: file_line + 1, file_column: file_column + 1 };
        self.scalar.pieces.push(piece);
    }

    fn push(&mut self, letter: char) {
        self.scalar.text.push(letter);
        if letter == '\n' {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
    }

    fn text(&mut self, text: &str) {
        text.chars().for_each(|letter| self.push(letter));
    }

    /// What one or more line breaks become in a scalar that is folded.
    fn fold(&mut self, blank: usize) {
        if blank == 0 {
            self.push(' ');
        }
        (0..blank).for_each(|_| self.push('\n'));
    }
}

/// Spaces before a line.
pub(super) fn depth(line: &str) -> usize {
    line.chars().count() - line.trim_start().chars().count()
}

/// A value as it was read.
pub(super) struct Read {
    pub(super) value: Value,
    /// The line behind it, from 0.
    pub(super) next: usize,
    /// The name that it has for aliases.
    pub(super) anchor: Option<String>,
}

/// What a value is.
pub(super) enum Value {
    Scalar(Scalar),
    /// Entries of the maps within, each map by itself, with the line that each key stands on, from 0; whether it is closed.
    Flow(Vec<Vec<Entry>>, bool),
    Alias(String),
}

/// A key in lower case, its value if that is a scalar.
pub(super) type Entry = (String, Scalar, usize);

/// Reads the value that begins at a column of a line, both from 0. `key` is the column of its key, `own` the depth of the line.
pub(super) fn value(lines: &[&str], at: usize, mut column: usize, key: usize, own: usize) -> Read {
    let mut anchor = None;
    let line = lines.get(at).copied().unwrap_or("");
    let rest = loop {
        let rest: String = line.chars().skip(column).collect();
        let Some(word) = rest.strip_prefix(['&', '!']) else { break rest };
        let word = word.split_ascii_whitespace().next().unwrap_or("");
        if rest.starts_with('&') {
            anchor = Some(word.to_owned());
        }
        let behind: String = rest.chars().skip(word.chars().count() + 1).collect();
        column += word.chars().count() + 1 + depth(&behind);
    };
    let mut cursor = Cursor::new(lines, at, column);
    let (value, next) = match rest.chars().next() {
        Some(style @ ('|' | '>')) => block(lines, at, own, style == '>'),
        Some('"' | '\'') => match cursor.quoted() {
            Some(scalar) => (Value::Scalar(scalar), cursor.line + 1),
            // Never closed: the mark is part of the text.
            None => plain(lines, at, column, key),
        },
        Some('{' | '[') => {
            let mut maps = Vec::new();
            let closed = cursor.flow(&mut maps, 0);
            // A bracket that is never closed takes no other line with it.
            (Value::Flow(maps, closed), if closed { cursor.line + 1 } else { at + 1 })
        }
        Some('*') => (Value::Alias(rest.trim_start_matches('*').split_ascii_whitespace().next().unwrap_or("").to_owned()), at + 1),
        _ => plain(lines, at, column, key),
    };
    Read { value, next, anchor }
}

/// A block, its lines kept or folded.
fn block(lines: &[&str], at: usize, own: usize, folded: bool) -> (Value, usize) {
    let inside = |line: &&&str| line.trim().is_empty() || depth(line) > own;
    let next = at + 1 + lines.iter().skip(at + 1).take_while(inside).count();
    let block = lines.get(at + 1..next).unwrap_or(&[]);
    let indent = block.iter().filter(|line| !line.trim().is_empty()).map(|line| depth(line)).min().unwrap_or(0);
    let mut builder = Builder::new();
    let (mut blank, mut before): (usize, Option<bool>) = (0, None);
    for (offset, line) in block.iter().enumerate() {
        let text: String = line.chars().skip(indent).collect();
        if text.trim().is_empty() && folded {
            blank += 1;
            continue;
        }
        let deeper = text.starts_with([' ', '\t']);
        match before {
            Some(was_deeper) if folded && !was_deeper && !deeper => builder.fold(blank),
            Some(_) => (0..=blank).for_each(|_| builder.push('\n')),
            None => {}
        }
        (blank, before) = (0, Some(deeper));
        builder.mark(at + 1 + offset, indent);
        builder.text(&text);
    }
    (Value::Scalar(builder.scalar), next)
}

/// A plain scalar, with the lines below it that stand deeper than its key.
fn plain(lines: &[&str], at: usize, column: usize, key: usize) -> (Value, usize) {
    let mut builder = Builder::new();
    let (mut next, mut blank, mut begun) = (at, 0, false);
    while let Some(line) = lines.get(next) {
        let from = if next == at { column } else { depth(line) };
        let text: String = line.chars().skip(from).collect();
        if next > at && !text.trim().is_empty() && (depth(line) <= key || text.starts_with("- ") || text == "-" || is_key(&text)) {
            break;
        }
        let ends = if text.starts_with('#') { Some(0) } else { text.find(" #") };
        let plain = ends.and_then(|end| text.get(..end)).unwrap_or(&text).trim_end();
        if plain.is_empty() {
            blank += usize::from(begun);
        } else {
            if begun {
                builder.fold(blank);
            }
            builder.mark(next, from);
            builder.text(plain);
            (blank, begun) = (0, true);
        }
        next += 1;
        if ends.is_some() && begun {
            break;
        }
    }
    (Value::Scalar(builder.scalar), (next - blank.min(next - at)).max(at + 1))
}

/// Whether a line begins with a key.
fn is_key(text: &str) -> bool {
    let Some((key, rest)) = text.split_once(':') else { return false };
    let fits = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.');
    !key.is_empty() && key.chars().all(fits) && (rest.is_empty() || rest.starts_with([' ', '\t']))
}

/// Deepest flow collection that is read.
const DEEPEST: usize = 50;

/// Most lines of one scalar or collection.
const MOST_LINES: usize = 5_000;

struct Cursor<'t> {
    lines: &'t [&'t str],
    line: usize,
    /// In characters.
    column: usize,
    /// The characters of a line.
    letters: (usize, Rc<[char]>),
    /// The line at which reading stops.
    end: usize,
}

impl<'t> Cursor<'t> {
    fn new(lines: &'t [&'t str], line: usize, column: usize) -> Self {
        let letters = lines.get(line).map_or_else(Vec::new, |line| line.chars().collect());
        Self { lines, line, column, letters: (line, letters.into()), end: lines.len().min(line + MOST_LINES) }
    }

    /// The characters of the line.
    fn letters(&mut self) -> Rc<[char]> {
        if self.letters.0 != self.line {
            let letters: Vec<char> = self.lines.get(self.line).map_or_else(Vec::new, |line| line.chars().collect());
            self.letters = (self.line, letters.into());
        }
        self.letters.1.clone()
    }

    fn peek(&mut self) -> Option<char> {
        let column = self.column;
        self.letters().get(column).copied()
    }

    fn after(&mut self) -> Option<char> {
        let column = self.column + 1;
        self.letters().get(column).copied()
    }

    /// A scalar in quotation marks, from the first to behind the last.
    /// None if there is no last.
    fn quoted(&mut self) -> Option<Scalar> {
        let double = self.peek() == Some('"');
        self.column += 1;
        let mut builder = Builder::new();
        while self.line < self.end {
            let letters = self.letters();
            builder.mark(self.line, self.column);
            // Spaces before a break count for nothing.
            let end = letters.iter().rposition(|letter| !letter.is_whitespace()).map_or(0, |last| last + 1);
            let mut joined = false;
            while self.column < end {
                let letter = letters.get(self.column).copied().unwrap_or(' ');
                let next = letters.get(self.column + 1).copied();
                match (letter, next) {
                    ('\'', Some('\'')) if !double => {
                        builder.push('\'');
                        self.column += 2;
                        builder.mark(self.line, self.column);
                    }
                    ('\'', _) if !double => {
                        self.column += 1;
                        return Some(builder.scalar);
                    }
                    ('"', _) if double => {
                        self.column += 1;
                        return Some(builder.scalar);
                    }
                    ('\\', None) if double => {
                        joined = true;
                        self.column += 1;
                    }
                    ('\\', Some(escaped)) if double => {
                        self.column += 2;
                        let (meant, digits) = escape(escaped, letters.get(self.column..).unwrap_or(&[]));
                        builder.push(meant);
                        self.column += digits;
                        builder.mark(self.line, self.column);
                    }
                    _ => {
                        builder.push(letter);
                        self.column += 1;
                    }
                }
            }
            let mut blank = 0;
            self.line += 1;
            while self.lines.get(self.line).is_some_and(|line| line.trim().is_empty()) {
                blank += 1;
                self.line += 1;
            }
            if !joined {
                builder.fold(blank);
            }
            self.column = self.lines.get(self.line).map_or(0, |line| depth(line));
        }
        None
    }

    fn spaces(&mut self) {
        while self.line < self.end {
            let before = self.column.checked_sub(1).and_then(|before| self.letters().get(before).copied());
            match self.peek() {
                Some(letter) if letter.is_whitespace() => self.column += 1,
                Some('#') if before.is_none_or(char::is_whitespace) => self.column = self.letters().len(),
                Some(_) => return,
                None => {
                    self.line += 1;
                    self.column = 0;
                }
            }
        }
    }

    /// A collection or scalar within brackets; whether it ended well. Maps are put where they are closed.
    fn flow(&mut self, maps: &mut Vec<Vec<Entry>>, depth: usize) -> bool {
        let map = self.peek() == Some('{');
        self.column += 1;
        let mut entries = Vec::new();
        let mut key: Option<(String, usize)> = None;
        loop {
            self.spaces();
            let Some(letter) = self.peek().filter(|_| self.line < self.end) else { return false };
            match letter {
                '}' | ']' => {
                    self.column += 1;
                    if map {
                        maps.push(entries);
                    }
                    return (letter == '}') == map;
                }
                ',' => {
                    key = None;
                    self.column += 1;
                }
                ':' => self.column += 1,
                '{' | '[' => {
                    key = None;
                    if depth >= DEEPEST || !self.flow(maps, depth + 1) {
                        return false;
                    }
                }
                _ => {
                    let line = self.line;
                    let scalar = if letter == '"' || letter == '\'' { self.quoted() } else { Some(self.bare()) };
                    let Some(scalar) = scalar else { return false };
                    match key.take() {
                        Some((key, line)) => entries.push((key, scalar, line)),
                        None => key = Some((scalar.text.to_ascii_lowercase(), line)),
                    }
                }
            }
        }
    }

    /// A plain scalar within brackets.
    fn bare(&mut self) -> Scalar {
        let mut builder = Builder::new();
        builder.mark(self.line, self.column);
        while let Some(letter) = self.peek() {
            let ends = matches!(letter, ',' | '}' | ']' | '{' | '[') || (letter == ':' && self.after().is_none_or(char::is_whitespace));
            if ends {
                break;
            }
            builder.push(letter);
            self.column += 1;
        }
        if builder.scalar.text.is_empty() {
            self.column += 1;
        }
        builder.scalar.text.truncate(builder.scalar.text.trim_end().len());
        builder.scalar
    }
}

/// What an escape means, and how many digits follow it.
fn escape(letter: char, rest: &[char]) -> (char, usize) {
    let digits = match letter {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => {
            let plain = match letter {
                'n' | 'N' => '\n',
                't' => '\t',
                'r' => '\r',
                '0' | 'a' | 'b' | 'e' | 'f' | 'v' | '_' => ' ',
                other => other,
            };
            return (plain, 0);
        }
    };
    let written: String = rest.iter().take(digits).collect();
    let meant = u32::from_str_radix(&written, 16).ok().and_then(char::from_u32).filter(|meant| *meant != '\0');
    (meant.unwrap_or('\u{fffd}'), written.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scalar(text: &str) -> Scalar {
        let lines: Vec<&str> = text.lines().collect();
        let column = lines[0].find(": ").map_or(0, |at| at + 2);
        match value(&lines, 0, column, depth(lines[0]), depth(lines[0])).value {
            Value::Scalar(scalar) => scalar,
            _ => panic!(),
        }
    }

    #[test]
    fn every_kind_of_scalar_knows_where_its_text_stands() {
        for (yaml, text, places) in [
            ("run: |\n  a\n\n    b\n  c\nx: y", "a\n\n  b\nc", vec![(1, 1, 2, 3), (3, 3, 4, 5), (4, 1, 5, 3)]),
            ("run: >-\n  a b\n  c\n\n  d\n    e\n", "a b c\nd\n  e", vec![(1, 5, 3, 3), (2, 1, 5, 3), (3, 3, 6, 5)]),
            ("run: a\n  'b' # x\n  c", "a 'b'", vec![(1, 1, 1, 6), (1, 3, 2, 3)]),
            ("run: &r \"a\\n\\\"b\\x41\\\n  c\n\n  d\"", "a\n\"bAc\nd", vec![(1, 1, 1, 10), (2, 2, 1, 15), (2, 4, 2, 3), (3, 1, 4, 3)]),
            ("run: 'a''b\n  c'", "a'b c", vec![(1, 3, 1, 10), (1, 5, 2, 3)]),
        ] {
            let scalar = scalar(yaml);
            assert_eq!(scalar.text, text, "{yaml}");
            for (line, column, file_line, file_column) in places {
                assert_eq!(scalar.place(line, column), (file_line, file_column), "{yaml} {line}:{column}");
            }
        }
    }

    #[test]
    fn maps_within_brackets_are_read() {
        let lines = ["steps: [{run: \"a\\nb\", shell: pwsh},", "  {with: {x: y}, 'run': c d}]", "z: 1"];
        let read = value(&lines, 0, 7, 0, 0);
        let Value::Flow(maps, true) = read.value else { panic!() };
        let said: Vec<Vec<(&str, &str, usize)>> =
            maps.iter().map(|map| map.iter().map(|(key, value, line)| (key.as_str(), value.text.as_str(), *line)).collect()).collect();
        assert_eq!(said, [vec![("run", "a\nb", 0), ("shell", "pwsh", 0)], vec![("x", "y", 1)], vec![("run", "c d", 1)]]);
        assert_eq!((read.next, maps[2][0].1.place(1, 1)), (2, (2, 25)));
    }

    #[test]
    fn what_is_never_closed_ends() {
        for yaml in ["a: {", "a: [[[", "a: \"", "a: '", "a: \"\\", "a: {b: \"", "a: [,:]", "a: &", "a: !", "a: *", "a: {]"] {
            let lines = [yaml, "", "  x"];
            value(&lines, 0, 3, 0, 0);
        }
        let deep = format!("a: {}", "[".repeat(10_000));
        value(&[&deep], 0, 3, 0, 0);
    }
}
