//! What of a line is shown: the call, and of it only what is known to be no secret. Nothing is looked for that may be one, for
//! that would always miss some: names of the program, known words, and addresses as far as Graph's own names go are kept, and an
//! ellipsis stands for everything else.

use super::model::Language;
use super::segments::Segments;

/// Longest excerpt, in characters.
const LONGEST: usize = 160;
/// Most characters of a line that are looked at.
const MOST: usize = 2_000;
/// Longest name of a program that is shown.
const LONGEST_NAME: usize = 48;

/// Stands for what is not shown.
const HIDDEN: char = '…';

/// Hosts that are shown.
const HOSTS: [&str; 5] =
    ["graph.microsoft.com", "graph.microsoft.us", "dod-graph.microsoft.us", "microsoftgraph.chinacloudapi.cn", "graph.microsoft.de"];

/// Words that are shown wherever they stand.
const WORDS: &str = " get post put patch delete head options merge \
    curl az rest pwsh powershell bash sh python python3 node irm iwr wget echo jq run bicep \
    method uri url path headers header body json data content contenttype content-type application/json authorization accept \
    consistencylevel eventual bearer type id inputs request requests relativepath queries resource action resource_action \
    x-msft-approval-justification x-msft-approval-code if-match prefer client-request-id \
    api filepath scriptpath script-path scriptfile file script_path script inline inlinescript uses with name \
    true false null none $true $false $null if else foreach in function param return try catch switch while do until for \
    string int bool object hashtable pscustomobject convert text encoding utf8 getbytes tobase64string system guid datetime \
    async await new const let var ";

/// Verbs of PowerShell that its own commands begin with.
const VERBS: &str = " add close connect convertfrom convertto copy disconnect export find foreach format get import install invoke join \
    measure new out publish read remove reset resolve restore select send set sort split start stop sync tee test update wait where \
    write ";

/// Names whose value is never shown.
const SENSITIVE: [&str; 11] = ["pass", "pwd", "secret", "token", "key", "sig", "code", "cred", "auth", "cert", "user"];

/// How a language is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// A word that stands without quotation marks may be text: only what is known is shown.
    Command { powershell: bool },
    /// A word that stands without quotation marks is a name of the program.
    Code { hash_comments: bool, regular: bool },
}

fn style(language: Language) -> Style {
    match language {
        Language::Python => Style::Code { hash_comments: true, regular: false },
        Language::JavaScript | Language::TypeScript => Style::Code { hash_comments: false, regular: true },
        Language::CSharp => Style::Code { hash_comments: false, regular: false },
        Language::PowerShell => Style::Command { powershell: true },
        _ => Style::Command { powershell: false },
    }
}

/// A part of a line as it may be shown. `from` and `to` are columns from 1, `to` behind the last character.
pub(super) fn excerpt(line: &str, from: usize, to: usize, language: Language, segments: &Segments) -> String {
    let letters: Vec<char> = line.chars().skip(from.saturating_sub(1)).take(to.saturating_sub(from).min(MOST)).collect();
    let mut masked = Masked { letters, at: 0, shown: String::new(), style: style(language), segments, sensitive: false };
    masked.all();
    let shown = masked.shown.trim_end();
    if shown.chars().count() <= LONGEST {
        return shown.to_owned();
    }
    let cut: String = shown.chars().take(LONGEST - 1).collect();
    format!("{}{HIDDEN}", cut.trim_end_matches(HIDDEN))
}

struct Masked<'s> {
    letters: Vec<char>,
    at: usize,
    shown: String,
    style: Style,
    segments: &'s Segments,
    /// Whether a name came last whose value is not shown.
    sensitive: bool,
}

fn is_word_of(list: &str, word: &str) -> bool {
    !word.is_empty() && !word.contains(' ') && list.contains(&format!(" {} ", word.to_ascii_lowercase()))
}

fn is_name(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && word.len() <= LONGEST_NAME
        && word.chars().filter(char::is_ascii_digit).count() < 4
}

impl Masked<'_> {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.letters.get(self.at + ahead).copied()
    }

    fn hide(&mut self) {
        if !self.shown.ends_with(HIDDEN) {
            self.shown.push(HIDDEN);
        }
    }

    /// Takes characters as long as they fit.
    fn take(&mut self, fits: impl Fn(char) -> bool) -> String {
        let word: String = self.letters.get(self.at..).unwrap_or(&[]).iter().copied().take_while(|letter| fits(*letter)).collect();
        self.at += word.chars().count();
        word
    }

    fn all(&mut self) {
        while let Some(letter) = self.peek(0) {
            let begins = self.at == 0 || self.letters.get(self.at - 1).is_some_and(|before| before.is_whitespace());
            match (letter, self.style) {
                ('\t' | ' ', _) => {
                    self.at += 1;
                    self.shown.push(' ');
                }
                ('#', Style::Command { .. } | Style::Code { hash_comments: true, .. }) if begins => break,
                ('/', Style::Code { hash_comments: false, .. }) if matches!(self.peek(1), Some('/' | '*')) => break,
                ('/', Style::Code { regular: true, .. }) if self.may_be_regular() => self.literal('/', false),
                ('"' | '\'', _) => self.literal(letter, false),
                ('`', Style::Code { regular: true, .. }) => self.literal('`', true),
                ('`' | '\\', _) => {
                    // What is escaped is part of a word.
                    self.at += 2;
                    self.hide();
                }
                (_, Style::Code { .. }) => self.code(letter),
                (_, Style::Command { powershell }) => self.command(letter, powershell),
            }
        }
        if self.at < self.letters.len() {
            self.hide();
        }
    }

    fn may_be_regular(&self) -> bool {
        self.shown.trim_end().chars().next_back().is_none_or(|last| "(,=:[!&|?{};+".contains(last))
    }

    /// A literal in quotation marks; with `holes`, quotation marks within braces do not end it.
    fn literal(&mut self, quote: char, holes: bool) {
        let code = matches!(self.style, Style::Code { .. });
        let triple = code && self.peek(1) == Some(quote) && self.peek(2) == Some(quote) && quote != '/';
        let width = if triple { 3 } else { 1 };
        self.at += width;
        let escape = match self.style {
            Style::Command { powershell: true } => Some('`'),
            Style::Command { .. } if quote == '\'' => None,
            _ => Some('\\'),
        };
        let (mut content, mut depth, mut closed) = (String::new(), 0_usize, false);
        while let Some(letter) = self.peek(0) {
            let ends = letter == quote && depth == 0 && (0..width).all(|ahead| self.peek(ahead) == Some(quote));
            if ends {
                self.at += width;
                closed = true;
                break;
            }
            match letter {
                '{' if holes => depth += 1,
                '}' if holes => depth = depth.saturating_sub(1),
                _ => {}
            }
            content.push(letter);
            self.at += 1;
            if Some(letter) == escape
                && let Some(next) = self.peek(0)
            {
                content.push(next);
                self.at += 1;
            }
        }
        let mark = quote.to_string().repeat(width);
        self.shown.push_str(&mark);
        let sensitive = std::mem::take(&mut self.sensitive);
        if is_word_of(WORDS, &content) && !sensitive {
            self.shown.push_str(&content);
        } else if !content.is_empty() {
            let address = self.address(&content, quote != '\'').filter(|_| closed && !sensitive);
            match address {
                Some(address) => self.shown.push_str(&address),
                None => self.hide(),
            }
        }
        if closed {
            self.shown.push_str(&mark);
        }
        if quote == '/' {
            // Flags of a regular expression; or it ended elsewhere.
            self.take(|letter| !",;) ".contains(letter));
        }
        self.sensitive = names_secret(&content) && is_word_of(WORDS, &content);
    }

    /// Something in a language whose bare words are names.
    fn code(&mut self, letter: char) {
        if letter.is_alphanumeric() || letter == '_' {
            let word = self.take(|letter| letter.is_alphanumeric() || letter == '_');
            let quoted = self.peek(0).is_some_and(|next| next == '"' || next == '\'');
            if quoted && word.len() <= 2 && word.chars().all(|letter| "fFrRbBuU".contains(letter)) {
                self.shown.push_str(&word);
                let holes = word.contains(['f', 'F']);
                self.literal(self.peek(0).unwrap_or('"'), holes);
                return;
            }
            let small_number = word.len() <= 3 && word.bytes().all(|byte| byte.is_ascii_digit());
            if is_name(&word) || small_number {
                self.shown.push_str(&word)
            } else {
                self.hide()
            }
            self.sensitive = names_secret(&word);
            return;
        }
        if letter == '$' && self.peek(1) == Some('"') {
            self.at += 1;
            self.shown.push('$');
            self.literal('"', true);
            return;
        }
        self.mark(letter);
    }

    /// A single sign.
    fn mark(&mut self, letter: char) {
        self.at += 1;
        if letter.is_ascii_punctuation() {
            self.shown.push(letter)
        } else {
            self.hide()
        }
        if matches!(letter, ',' | ';' | ')' | '}' | ']') {
            self.sensitive = false;
        }
    }

    /// Something in a language whose bare words may be text.
    fn command(&mut self, letter: char, powershell: bool) {
        if letter == '$' && self.variable(powershell) {
            self.sensitive = false;
            return;
        }
        if letter == '@' && powershell {
            self.at += 1;
            self.shown.push('@');
            let name = self.take(|letter| letter.is_ascii_alphanumeric() || letter == '_');
            if is_name(&name) {
                self.shown.push_str(&name)
            } else if !name.is_empty() {
                self.hide()
            }
            return;
        }
        if ";|&()<>{}[],=$@!".contains(letter) {
            self.mark(letter);
            return;
        }
        let first = self.at == 0;
        let run = self.take(|letter| !letter.is_whitespace() && !";|&()<>{}[],=$\"'`\\".contains(letter));
        if run.is_empty() {
            self.mark(letter);
            return;
        }
        self.word(&run, first, powershell);
    }

    fn word(&mut self, run: &str, first: bool, powershell: bool) {
        if let Some(flag) = flag(run, powershell) {
            self.shown.push_str(flag);
            if flag.len() < run.len() {
                self.hide();
            }
            self.sensitive = names_secret(flag) && flag.len() > 2;
            return;
        }
        let sensitive = std::mem::take(&mut self.sensitive);
        let small_number = run.len() <= 3 && run.bytes().all(|byte| byte.is_ascii_digit());
        let command = first && run.len() <= LONGEST_NAME && is_command(run);
        let (plain, colon) = run.strip_suffix(':').map_or((run, ""), |plain| (plain, ":"));
        if !sensitive && (small_number || command || is_cmdlet(run) || is_script(run)) {
            self.shown.push_str(run);
        } else if !sensitive && (is_word_of(WORDS, plain) || self.segments.canonical(plain).is_some()) {
            self.shown.push_str(run);
            self.sensitive = names_secret(plain);
        } else if let Some(address) = self.address(run, true).filter(|_| !sensitive) {
            self.shown.push_str(&address);
        } else {
            // What is hidden may have been a name.
            self.sensitive = names_secret(run) && !sensitive;
            self.hide();
            self.shown.push_str(colon);
        }
    }

    /// `$name`, `${name}`, `$env:NAME`, with the members of an object in PowerShell.
    fn variable(&mut self, powershell: bool) -> bool {
        let braces = self.peek(1) == Some('{');
        let from = self.at + if braces { 2 } else { 1 };
        let rest = self.letters.get(from..).unwrap_or(&[]);
        let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || (powershell && matches!(letter, ':' | '.'));
        let name: String = rest.iter().copied().take_while(|letter| fits(*letter)).collect();
        let good = name.split([':', '.']).all(is_name) && name.len() <= LONGEST_NAME;
        let closed = !braces || rest.get(name.len()) == Some(&'}');
        if !good || !closed {
            return false;
        }
        self.at = from + name.len() + usize::from(braces);
        self.shown.push_str(&if braces { format!("${{{name}}}") } else { format!("${name}") });
        true
    }

    /// Text as an address of which only Graph's own names are shown; None if it is none. The query is cut.
    fn address(&self, text: &str, filled: bool) -> Option<String> {
        if text.chars().any(char::is_whitespace) {
            return None;
        }
        let (mut shown, mut known) = (String::new(), false);
        let path = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http") => {
                let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
                let (host, path) = rest.split_at(end);
                known = HOSTS.contains(&host.to_ascii_lowercase().as_str());
                shown.push_str(&format!("{scheme}://{}", if known { host } else { "…" }));
                path
            }
            Some(_) => return None,
            None => text,
        };
        let end = path.find(['?', '#']).unwrap_or(path.len());
        let (path, query) = path.split_at(end);
        for (at, segment) in path.split('/').enumerate() {
            if at > 0 {
                shown.push('/');
            }
            match self.segment(segment, filled) {
                Some((segment, name)) => {
                    known |= name;
                    shown.push_str(&segment);
                }
                None => shown.push(HIDDEN),
            }
        }
        if !query.is_empty() {
            shown.push(if query.starts_with('?') { '?' } else { '#' });
            shown.push(HIDDEN);
        }
        known.then_some(shown)
    }

    /// A part of a path as it is shown, and whether it is a name of Graph.
    fn segment(&self, segment: &str, filled: bool) -> Option<(String, bool)> {
        let (name, call) = segment.split_once('(').map_or((segment, ""), |(name, _)| (name, "(…)"));
        if segment.is_empty() {
            return Some((String::new(), false));
        }
        if self.segments.canonical(name).is_some() {
            return Some((format!("{name}{call}"), true));
        }
        let variable = segment.strip_prefix('$').map(|name| name.trim_start_matches('{').trim_end_matches('}'));
        if filled && variable.is_some_and(|name| name.split(['.', ':']).all(is_name)) {
            return Some((segment.to_owned(), false));
        }
        let braces = segment.starts_with('{') && segment.ends_with('}');
        braces.then(|| ("{…}".to_owned(), false))
    }
}

/// A name whose value is not shown.
fn names_secret(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    SENSITIVE.iter().any(|word| lower.contains(word))
}

/// A parameter, without a value that is glued to it.
fn flag(run: &str, powershell: bool) -> Option<&str> {
    let name = run.strip_prefix('-')?;
    let long = name.strip_prefix('-');
    let body = long.unwrap_or(name);
    let letters = body.chars().take_while(|letter| letter.is_ascii_alphabetic() || (*letter == '-' && long.is_some())).count();
    let whole = run.len() - body.len() + letters;
    let glued = body.get(letters..).unwrap_or("");
    let fits = match (powershell, long) {
        (true, None) | (_, Some(_)) => letters > 0 && letters <= 40 && (glued.is_empty() || glued.starts_with([':', '='])),
        // Short options may be put together, and one may have its value glued on.
        (false, None) => !body.is_empty() && body.chars().skip(1).all(|letter| "sSfLkvigG".contains(letter)) && letters == body.len(),
    };
    if fits {
        return run.get(..whole);
    }
    (!powershell && long.is_none() && letters > 0).then(|| run.get(..2)).flatten()
}

fn is_command(run: &str) -> bool {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.' | ':');
    run.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && run.chars().all(fits)
        && run.chars().filter(char::is_ascii_digit).count() < 4
}

/// A command of PowerShell by its verb.
fn is_cmdlet(run: &str) -> bool {
    run.split_once('-').is_some_and(|(verb, noun)| is_word_of(VERBS, verb) && noun.chars().all(|letter| letter.is_ascii_alphabetic()))
}

/// The name of a script.
fn is_script(run: &str) -> bool {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.' | '/');
    let ends = [".ps1", ".py", ".sh", ".js", ".ts"].iter().any(|ending| run.to_ascii_lowercase().ends_with(ending));
    ends && run.len() <= 120 && run.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::super::testing::catalogue;
    use super::*;

    fn shown(language: Language, line: &str) -> String {
        excerpt(line, 1, usize::MAX, language, &Segments::of(catalogue()))
    }

    #[test]
    fn a_call_without_secrets_is_shown_as_it_is() {
        for (language, line) in [
            (
                Language::PowerShell,
                "Invoke-MgGraphRequest -Method DELETE -Uri \"https://graph.microsoft.com/beta/deviceAppManagement/mobileApps/$id\"",
            ),
            (Language::PowerShell, "irm @params -Body ($body | ConvertTo-Json -Depth 5) -Headers $script:headers"),
            (Language::PowerShell, "Remove-MgDeviceManagementRoleDefinition -RoleDefinitionId $role.Id"),
            (Language::Python, "requests.post(f\"{…}/deviceAppManagement/mobileApps\", headers=headers, json=body)"),
            (Language::TypeScript, "client.api(`/deviceManagement/managedDevices/${id}/wipe`).post({})"),
            (Language::CSharp, "await client.DeleteAsync($\"/deviceAppManagement/mobileApps/{…}\")"),
            (Language::Shell, "curl -sS -X DELETE \"$BASE/deviceManagement/deviceCategories/${ID}\""),
            (Language::Shell, "az rest --method patch --url $url --body @…"),
        ] {
            assert_eq!(shown(language, line), line);
        }
    }

    #[test]
    fn what_is_not_known_is_not_shown() {
        for (language, line, expected) in [
            (
                Language::PowerShell,
                "irm 'https://user:hunter2@graph.microsoft.com/beta/deviceManagement/x?sig=q'",
                "irm 'https://…/beta/deviceManagement/…?…'",
            ),
            (Language::PowerShell, "irm $u -Headers @{ Authorization = 'Bearer eyJ0' }", "irm $u -Headers @{ Authorization = '…' }"),
            (Language::PowerShell, "irm $u -Password Delete # Sommer2026!", "irm $u -Password … …"),
            (Language::Shell, "curl -u admin:pw -uroot:x -H 'Authorization: Bearer t' -d key=val $U", "curl -u … -u… -H '…' -d …=… $U"),
            (Language::Python, "post(url, auth=(\"post\", 'x'), data='''a \"b\" c''') # x", "post(url, auth=(\"…\", '…'), data='''…''') …"),
            (Language::TypeScript, "fetch(`a${f(`b`)}`, u.replace(/c/, 'd')) // e", "fetch(`…`, u.replace(/…/, '…')) …"),
        ] {
            assert_eq!(shown(language, line), expected, "{line}");
        }
    }
}
