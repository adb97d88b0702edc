//! Calls: functions of the script are followed, functions of a library that make texts are worked out, and what sends requests
//! is noted.

use super::super::batch;
use super::super::ir::{Argument, Call, Expr};
use super::super::library::file_of;
use super::super::sink::{self, Invocation};
use super::super::value::{Atom, Value};
use super::function::Passed;
use super::{Called, Evaluator, Stmt, central, lower};
use std::collections::BTreeSet;
use std::rc::Rc;

/// The name by which something is called, `a.b.c`, as it is written; `?` for what has none.
pub(super) fn dotted(expr: &Expr, depth: usize) -> String {
    match expr {
        Expr::Name(name) => name.to_string(),
        Expr::Member(base, member) if depth < 12 => format!("{}.{member}", dotted(base, depth + 1)),
        Expr::Call(call) if depth < 12 => dotted(&call.callee, depth + 1),
        Expr::Text(text) => text.to_string(),
        _ => "?".to_owned(),
    }
}

/// Commands and methods that run code for each of what they are given.
const EACH: [&str; 10] = ["foreach-object", "%", "foreach", "foreachasync", "map", "flatmap", "select", "where-object", "?", "filter"];

/// Stands for arguments that are spread out of something unknown.
pub(super) const ANY: &str = "*";

/// What takes code that tests, or that says how a double answers: nothing in it is sent to anybody.
const TESTS: [&str; 9] = ["describe", "it", "context", "mock", "setup", "verify", "beforeeach", "beforeall", "test"];

impl Evaluator<'_> {
    pub(super) fn call(&mut self, call: &Call) -> Value {
        // Each round of a loop asks for another object, where what the call is told to go to is set in the loop.
        let varies = self.loops.last().is_some_and(|names| target_names(call).iter().any(|name| names.contains(name)));
        self.varied += usize::from(varies);
        let value = self.call_once(call);
        self.varied -= usize::from(varies);
        value
    }

    fn call_once(&mut self, call: &Call) -> Value {
        let input = call.input.as_ref().map(|input| self.value(input));
        let base = match &call.callee {
            Expr::Member(base, _) => Some(self.value(base)),
            Expr::Name(_) | Expr::Text(_) => None,
            other => Some(self.value(other)),
        };
        let passed = self.arguments(&call.arguments);
        if let Some(code) = self.kept_code(&call.callee) {
            let first = passed.first().map(|argument| argument.value.clone()).unwrap_or_default();
            return match code.parameters.is_empty() {
                true => self.handler(&code, &first),
                false => self.invoke(&code, &passed, call.span, None).unwrap_or_default(),
            };
        }
        let named = self.callee_name(call, base.as_ref());
        let written = named.rsplit(['.', ':']).next().unwrap_or("").to_owned();
        let last = written.to_ascii_lowercase();
        let tests = TESTS.contains(&last.as_str()) && !self.functions.contains_key(last.as_str());
        if tests && passed.iter().any(|argument| code_of(&argument.value).is_some()) {
            self.called.extend(passed.iter().filter_map(|argument| code_of(&argument.value)).map(|code| code.start));
            return Value::unknown();
        }
        if EACH.contains(&last.as_str()) {
            return self.for_each(input.as_ref().or(base.as_ref()), &passed);
        }
        if let Some(value) = self.own(call, base.as_ref(), &named, &written, &passed) {
            return value;
        }
        if let Some(base) = base.as_ref().filter(|_| matches!(call.callee, Expr::Member(..)))
            && let Some(chained) = self.build(base, &last, &passed, &call.callee, call.span)
        {
            // What they set on this request was seen; it is not set for others.
            let others = std::mem::take(&mut self.central);
            self.codes(&named, &passed);
            self.central = others;
            return chained;
        }
        if let Some(value) = self.grown(call, &last, &passed) {
            return value;
        }
        if last == "format" && base.as_ref().is_some_and(|base| base.known_texts().next().is_some()) {
            return base.map_or_else(Value::unknown, |base| self.filled(&base, &passed));
        }
        if last == "format"
            && let Some((template, rest)) = passed.split_first()
        {
            return self.filled(&template.value.clone(), rest);
        }
        let client = self.on_client(call, base.as_ref());
        if let Some(made) = self.made(&named, &written, client, &passed, call.span) {
            self.note(call, base.as_ref(), &named, &written, &passed);
            return made;
        }
        let value = self.text_function(&named.to_ascii_lowercase(), &last, base.as_ref(), &passed, input.as_ref());
        if value.is_none() || matches!(last.as_str(), "get" | "filter") {
            self.note(call, base.as_ref(), &named, &written, &passed);
        }
        self.codes(&named, &passed);
        value.unwrap_or_default()
    }

    /// Code in a variable that is called as PowerShell does it: `& $block`.
    fn kept_code(&self, callee: &Expr) -> Option<Rc<super::Function>> {
        let Expr::Join(parts) = callee else { return None };
        let [Expr::Name(name)] = parts.as_slice() else { return None };
        self.variable(name).and_then(|value| code_of(&value))
    }

    /// The name of what is called; where that is in a variable, what the variable is known to be.
    fn callee_name(&mut self, call: &Call, base: Option<&Value>) -> String {
        match (&call.callee, base) {
            // `client[verb](…)`
            (Expr::Index(owner, key), Some(value)) if value.is_unknown() && !self.dialect.commands => {
                let key = self.value(key);
                key.known_texts().next().map_or_else(|| "?".to_owned(), |key| format!("{}.{}", dotted(owner, 0), key.text))
            }
            (Expr::Join(_) | Expr::Block(_) | Expr::Index(..), Some(value)) => {
                value.only_text().map_or_else(|| "?".to_owned(), |text| text.text.to_string())
            }
            (Expr::Name(name), _) if self.dialect.commands && name.starts_with('$') => {
                let value = self.variable(name.trim_start_matches('$')).unwrap_or_default();
                value.only_text().map_or_else(|| "?".to_owned(), |text| text.text.to_string())
            }
            (callee, _) => dotted(callee, 0),
        }
    }

    /// Arguments, those of maps and lists that are spread among them.
    fn arguments(&mut self, arguments: &[Argument]) -> Vec<Passed> {
        let mut passed = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let value = self.value(&argument.value);
            if !argument.spread {
                passed.push(Passed { name: argument.name.clone(), value });
                continue;
            }
            if value.is_unknown() || value.open {
                passed.push(Passed { name: Some(ANY.into()), value: Value::unknown() });
            }
            for map in value.maps() {
                if let Some(span) = map.span {
                    self.sent.insert(span);
                }
                passed.extend(map.entries.iter().map(|(key, value)| Passed { name: Some(key.clone()), value: value.clone() }));
            }
            for item in value.lists().flat_map(|list| list.iter()) {
                passed.push(Passed { name: None, value: item.clone() });
            }
        }
        merged(passed, &mut self.bounds)
    }

    /// Runs a function of the script. None where there is none of that name, or where it sends nothing that can be told and
    /// looks as if it did.
    fn own(&mut self, call: &Call, base: Option<&Value>, named: &str, last: &str, passed: &[Passed]) -> Option<Value> {
        if let Some(lent) = self.lent_function(call, base) {
            return Some(self.borrowed(&lent, call, base, named, last, passed));
        }
        let code = match (&call.callee, base) {
            // A function that is kept in a map under that name.
            (Expr::Member(_, member), Some(base)) if !code_in(base, member).is_empty() => code_in(base, member).pop(),
            (Expr::Member(..), Some(base)) if base.atoms.iter().any(|atom| !matches!(atom, Atom::Code(_))) => return None,
            (Expr::Member(inner, _), _) if !self.may_be_own(inner) => return None,
            (Expr::Name(name), _) => self.variable(name.trim_start_matches('$')).and_then(|value| code_of(&value)),
            (Expr::Member(..), _) => None,
            (_, Some(base)) => code_of(base),
            _ => None,
        };
        let function = match code {
            Some(code) => code,
            None if named == "?" => return None,
            None => self.function(last, passed.len())?,
        };
        let before = self.seen.len();
        let class = if function.method { self.class_of(&function) } else { None };
        let mut given = passed.to_vec();
        if call.input.is_some() {
            given.push(Passed { name: Some(ANY.into()), value: Value::unknown() });
        }
        let value = self.invoke(&function, &given, call.span, class);
        let said = self.seen.len() > before;
        if !said && (value.is_none() || value.as_ref().is_some_and(Value::is_unknown)) {
            self.note(call, base, named, last, passed);
        }
        Some(value.unwrap_or_default())
    }

    /// The function of another file that is called: by a name that nothing of this file has, or through its module.
    fn lent_function(&self, call: &Call, base: Option<&Value>) -> Option<Rc<super::Function>> {
        match &call.callee {
            Expr::Name(name) => {
                let own =
                    self.file() == 0 && self.functions.get(&lower(name)).is_some_and(|known| known.iter().any(|function| !function.method));
                if own || self.variable(name).is_some_and(|value| code_of(&value).is_some()) { None } else { self.lent(name).cloned() }
            }
            Expr::Member(..) if base.is_none_or(Value::is_unknown) => self.lent(&dotted(&call.callee, 0)).cloned(),
            _ => None,
        }
    }

    /// Runs a function of another file. Where it is not seen to send what this call says, the call is judged by itself.
    fn borrowed(
        &mut self,
        function: &Rc<super::Function>,
        call: &Call,
        base: Option<&Value>,
        named: &str,
        last: &str,
        passed: &[Passed],
    ) -> Value {
        let before = self.seen.len();
        let mut given = passed.to_vec();
        if call.input.is_some() {
            given.push(Passed { name: Some(ANY.into()), value: Value::unknown() });
        }
        let value = self.run_lent(function, &given, call.span);
        let file = self.file();
        let said = self.seen.iter().skip(before).any(|seen| file_of(seen.place.start) == file);
        if !said {
            self.note(call, base, named, last, passed);
        }
        value.unwrap_or_default()
    }

    /// Whether a member may be a function of this file: of the object itself, of a class of the file, of something unknown.
    fn may_be_own(&self, base: &Expr) -> bool {
        match base {
            Expr::Name(name) => {
                matches!(&**name, "self" | "this" | "cls" | "super" | "base" | "exports" | "module")
                    || self.classes.iter().any(|class| class.name.eq_ignore_ascii_case(name))
            }
            Expr::Call(call) => matches!(&call.callee, Expr::Name(name) if &**name == "super"
                || self.classes.iter().any(|class| class.name.eq_ignore_ascii_case(name))),
            _ => false,
        }
    }

    fn function(&self, name: &str, count: usize) -> Option<Rc<super::Function>> {
        let known = self.functions.get(&lower(name))?;
        let fits = |function: &&Rc<super::Function>| {
            let own = usize::from(function.method && function.parameters.first().is_some_and(|first| &*first.name == "self"));
            function.parameters.len() - own >= count
        };
        known.iter().rev().find(fits).or(known.last()).cloned()
    }

    fn class_of(&self, function: &Rc<super::Function>) -> Option<Rc<str>> {
        let owner = self.classes.iter().find(|class| class.methods.iter().any(|method| method.start == function.start));
        owner.map(|class| class.name.clone())
    }

    /// Runs code once for each of what comes in.
    fn for_each(&mut self, over: Option<&Value>, passed: &[Passed]) -> Value {
        let rounds = over.map_or_else(|| vec![Value::unknown()], |over| self.rounds(over));
        let codes: Vec<Rc<super::Function>> = passed.iter().filter_map(|argument| code_of(&argument.value)).collect();
        let mut results = Vec::new();
        for round in rounds {
            for code in &codes {
                results.push(self.handler(code, &round));
            }
        }
        results.retain(|value| !value.is_unknown());
        if results.is_empty() {
            return over.cloned().unwrap_or_default();
        }
        if results.len() == 1 { results.remove(0) } else { Value::list(results) }
    }

    /// `list.Add(x)`, `headers.Add(k, v)`, `list.append(x)`: what they are called on changes.
    fn grown(&mut self, call: &Call, last: &str, passed: &[Passed]) -> Option<Value> {
        let Expr::Member(base, _) = &call.callee else { return None };
        match (last, passed) {
            ("add" | "set" | "tryaddwithoutvalidation" | "append", [key, value]) => {
                let key = key.value.only_text()?.text.clone();
                self.enter(base, &key, &value.value, false);
            }
            ("add" | "append" | "push" | "addrange" | "extend", [item]) => {
                let item = if matches!(last, "addrange" | "extend") { item.value.clone() } else { Value::list(vec![item.value.clone()]) };
                let list = self.value(base);
                let list = if list.lists().next().is_some() { list } else { Value::list(Vec::new()) };
                let longer = self.bounds.plus(&list, &item);
                self.store(base, longer, false);
            }
            ("update", [entries]) => {
                let map = self.value(base);
                let fuller = self.bounds.plus(&map, &entries.value);
                for (key, value) in entries.value.maps().flat_map(|map| &map.entries) {
                    self.note_central(base, key, value, &map);
                }
                self.store(base, fuller, false);
            }
            _ => return None,
        }
        Some(Value::unknown())
    }

    /// Code among the arguments runs too.
    fn codes(&mut self, named: &str, passed: &[Passed]) {
        let retries = super::super::words::words(named).iter().any(|word| matches!(word.as_str(), "retry" | "retries" | "retrying"));
        self.repeated += usize::from(retries);
        passed.iter().for_each(|argument| self.run_code(&argument.value));
        self.repeated -= usize::from(retries);
    }

    /// Notes a call of something that is not of this script: whether it sends a request, and which.
    fn note(&mut self, call: &Call, base: Option<&Value>, named: &str, last: &str, passed: &[Passed]) {
        let mut names: Vec<Rc<str>> = passed.iter().filter_map(|argument| argument.name.clone()).collect();
        names.sort();
        if self.calls.len() < 5_000 {
            self.calls.insert(Called { name: lower(named), arguments: names, place: call.span });
        }
        self.handed(named, passed, call.span);
        let client = self.on_client(call, base);
        let keeps = base.is_some_and(central::keeps);
        let invocation = Invocation { callee: named, last, passed, span: call.span, client, keeps };
        let found = sink::requests(&invocation, self.senders);
        self.sent.extend(found.sent);
        let mut batched = batch::requests(&invocation, self.senders);
        if let Some((command, rest)) = command_in_list(&invocation) {
            let handed = Invocation { callee: command, last: command, passed: &rest, span: call.span, client: false, keeps: false };
            batched.extend(sink::requests(&handed, self.senders).requests);
        }
        let is_intune = |argument: &Passed| argument.value.known_texts().any(|text| (self.senders.is_intune)(&text.text));
        self.handed_on |= self.file() == 0 && found.requests.is_empty() && batched.is_empty() && passed.iter().any(is_intune);
        found.requests.iter().chain(&batched).for_each(|request| self.emit(request));
        if batch::is_batch(&invocation) {
            for span in batch::maps(&invocation) {
                let drafts = self.drafts.get_mut(&span).into_iter().flatten();
                drafts.for_each(|request| request.certain = true);
            }
        }
    }

    /// Whether a call is one of a client of HTTP, or of a library of them.
    fn on_client(&self, call: &Call, base: Option<&Value>) -> bool {
        match (&call.callee, base) {
            (Expr::Name(name), _) => self.variable(name).is_some_and(|value| central::is_client(&value)),
            (_, Some(base)) => central::is_client(base),
            _ => false,
        }
    }

    /// `pwsh -File x.ps1`, `python x.py`, `Start-Process pwsh "x.ps1"`: a runner and the script that it is handed.
    fn handed(&mut self, named: &str, passed: &[Passed], place: super::Span) {
        let name = lower(named);
        let runners = [
            "pwsh",
            "powershell",
            "python",
            "bash",
            "sh",
            "node",
            "start-process",
            "subprocess",
            "os.system",
            "exec",
            "start-job",
            "invoke-expression",
        ];
        if !runners.iter().any(|runner| name.starts_with(runner)) || self.files.len() > 200 {
            return;
        }
        for text in passed.iter().flat_map(|argument| argument.value.texts()) {
            for word in text.text.split_ascii_whitespace().filter(|word| word.len() > 4 && word.contains('.')) {
                self.files.insert((word.trim_matches(['"', '\'']).into(), place));
            }
        }
    }
}

/// `subprocess.run(["az", "rest", …])`: the command and what it is handed.
fn command_in_list(call: &Invocation<'_>) -> Option<(&'static str, Vec<Passed>)> {
    let runs = call.callee.starts_with("subprocess.") || matches!(call.last, "check_call" | "check_output" | "Popen");
    let list = call.passed.iter().filter(|_| runs).find_map(|argument| argument.value.lists().next())?;
    let word = |at: usize| list.get(at).and_then(Value::only_text).map(|text| &*text.text);
    let (command, from) = match (word(0)?, word(1)) {
        ("az", Some("rest")) => ("az rest", 2),
        ("curl", _) => ("curl", 1),
        _ => return None,
    };
    Some((command, list.iter().skip(from).map(|value| Passed { name: None, value: value.clone() }).collect()))
}

fn code_in(base: &Value, member: &str) -> Vec<Rc<super::Function>> {
    let key = lower(member);
    base.maps().filter_map(|map| map.entries.get(&key)).filter_map(code_of).collect()
}

/// The variables that a body sets.
pub(super) fn assigned(body: &[Stmt], names: &mut BTreeSet<Rc<str>>, depth: usize) {
    if depth > 40 {
        return;
    }
    for statement in body {
        match statement {
            Stmt::Assign { target, .. } => mentions(target, names, 0),
            Stmt::If(arms) | Stmt::Switch(_, arms) => arms.iter().for_each(|(_, body)| assigned(body, names, depth + 1)),
            Stmt::Each { variable, body, .. } => {
                variable.iter().for_each(|variable| mentions(variable, names, 0));
                assigned(body, names, depth + 1);
            }
            Stmt::Repeat(body) => assigned(body, names, depth + 1),
            Stmt::Try(body, others) => {
                assigned(body, names, depth + 1);
                others.iter().for_each(|other| assigned(other, names, depth + 1));
            }
            _ => {}
        }
    }
}

/// The variables that say where a call goes: in its plain arguments and those named as addresses, not in headers and bodies.
fn target_names(call: &Call) -> BTreeSet<Rc<str>> {
    let mut names = BTreeSet::new();
    for argument in &call.arguments {
        let other = ["header", "body", "json", "data", "content", "verb", "method"];
        let address = argument.name.as_ref().is_none_or(|name| !other.iter().any(|other| name.contains(other)) && **name != *"d");
        if address && !matches!(argument.value, Expr::Map(..) | Expr::Lambda(_)) {
            mentions(&argument.value, &mut names, 0);
        }
    }
    // `client.devices[id].delete()`
    mentions(&call.callee, &mut names, 0);
    names
}

fn mentions(expr: &Expr, names: &mut BTreeSet<Rc<str>>, depth: usize) {
    if depth > 24 {
        return;
    }
    match expr {
        Expr::Name(name) => {
            names.insert(name.clone());
        }
        Expr::Join(parts) | Expr::List(parts) | Expr::Either(parts) | Expr::Effects(parts) => {
            parts.iter().for_each(|part| mentions(part, names, depth + 1));
        }
        Expr::Format(template, parts) => {
            mentions(template, names, depth + 1);
            parts.iter().for_each(|part| mentions(part, names, depth + 1));
        }
        Expr::Plus(left, right) | Expr::Index(left, right) => {
            mentions(left, names, depth + 1);
            mentions(right, names, depth + 1);
        }
        Expr::Member(base, _) => mentions(base, names, depth + 1),
        Expr::Block(body) => body.iter().for_each(|statement| {
            if let Stmt::Expr(inner) = statement {
                mentions(inner, names, depth + 1);
            }
        }),
        Expr::Call(call) => {
            mentions(&call.callee, names, depth + 1);
            call.arguments.iter().for_each(|argument| mentions(&argument.value, names, depth + 1));
        }
        _ => {}
    }
}

fn code_of(value: &Value) -> Option<Rc<super::Function>> {
    value.atoms.iter().find_map(|atom| match atom {
        Atom::Code(code) => Some(code.clone()),
        _ => None,
    })
}

/// Arguments of one name that came from several maps are alternatives.
fn merged(passed: Vec<Passed>, bounds: &mut super::Bounds) -> Vec<Passed> {
    let mut once: Vec<Passed> = Vec::with_capacity(passed.len());
    for argument in passed {
        let known = argument.name.is_some().then(|| once.iter_mut().find(|known| known.name == argument.name)).flatten();
        match known {
            Some(known) => known.value = bounds.either(&known.value, &argument.value),
            None => once.push(argument),
        }
    }
    once
}
