//! DuckDB on the same files: columns with types, so that it need not look for them, and all threads. Only hits are told apart from
//! their duplicates, as maascan does it.

use super::measure::{Counts, Measured};
use maascan::catalogue::{Catalogue, Route};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// Tested with this one.
const VERSION: &str = "duckdb==2.0.*";

const QUERY: &str = r"
import sys, time, duckdb
files = sys.argv[2:]
started = time.time()
connection = duckdb.connect()
connection.execute('SET enable_progress_bar = false')
rows = connection.execute('''
WITH hits AS (
  SELECT DISTINCT properties.requestId AS id, properties.appId AS app, properties.servicePrincipalId AS sp,
    CASE WHEN properties.userId <> '' THEN 'delegated' WHEN properties.servicePrincipalId <> '' THEN 'app-only' ELSE 'unclear' END AS flow,
    properties.requestMethod AS method, properties.requestUri AS uri, properties.responseStatusCode AS status
  FROM read_ndjson(?, compression=?, columns={'properties': 'STRUCT(requestId VARCHAR, requestMethod VARCHAR, requestUri VARCHAR,
    responseStatusCode INTEGER, appId VARCHAR, servicePrincipalId VARCHAR, userId VARCHAR)'})
  WHERE properties.requestMethod IN ('POST', 'PATCH', 'PUT', 'DELETE')
    AND (contains(lower(properties.requestUri), 'devicemanagement') OR contains(lower(properties.requestUri), 'deviceappmanagement'))
)
SELECT app, sp, flow, method,
  regexp_replace(split_part(uri, '?', 1), '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}', 'KEY', 'g') AS path, status, count(*)
FROM hits GROUP BY ALL
''', [files, 'gzip' if files[0].endswith('.gz') else 'none']).fetchall()
seconds = time.time() - started
with open(sys.argv[1], 'w') as out:
    print(seconds, file=out)
    for row in rows:
        print(*row, sep='\t', file=out)
";

/// A DuckDB that was installed.
pub(crate) struct Duckdb {
    python: PathBuf,
}

impl Duckdb {
    /// Installs it, unless it is there from last time.
    pub(crate) fn install() -> Self {
        let folder = std::env::temp_dir().join("maascan-bench-duckdb");
        let python = folder.join("bin").join("python");
        if !works(&python) {
            println!("installing DuckDB");
            run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
            run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", VERSION]));
        }
        assert!(works(&python), "DuckDB could not be installed");
        Self { python }
    }

    /// Runs the query; gives the time that it took without the start of its interpreter, and the rows.
    pub(crate) fn run(&self, files: &[PathBuf]) -> (Measured, Vec<Vec<String>>) {
        let out = tempfile::NamedTempFile::new().expect("a file");
        let child = Command::new(&self.python).args(["-c", QUERY]).arg(out.path()).args(files).spawn().expect("it starts");
        let watched = super::measure::watched(child, Instant::now());
        let text = std::fs::read_to_string(out.path()).expect("its answer");
        let mut lines = text.lines();
        let seconds = lines.next().and_then(|line| line.parse().ok()).expect("a time");
        (Measured { seconds, ..watched }, lines.map(|line| line.split('\t').map(str::to_owned).collect()).collect())
    }
}

fn works(python: &Path) -> bool {
    let status = Command::new(python).args(["-c", "import duckdb"]).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

fn run(command: &mut Command) {
    assert!(command.status().is_ok_and(|status| status.success()), "{command:?}");
}

/// DuckDB's rows, whose paths have keys as they are, put together by the catalogue's templates.
pub(crate) fn by_template(rows: &[Vec<String>], catalogue: &Catalogue) -> Counts {
    let mut counts = Counts::new();
    for row in rows {
        let [app, sp, flow, method, path, status, calls] = row.as_slice() else { panic!("{row:?}") };
        let Route::Operation(operation, _) = catalogue.route(method, path) else { panic!("{method} {path}") };
        let status = status.parse().expect("a status");
        let key = (app.clone(), sp.clone(), flow.clone(), method.clone(), operation.path.clone(), status);
        *counts.entry(key).or_default() += calls.parse::<u64>().expect("a count");
    }
    counts
}
