//! `maascan schema`: the JSON Schema of a file that maascan writes.

use super::exit::{Failure, Status, could_not_run};
use super::output;
use crate::report;
use clap::{Args, ValueEnum};

const EXAMPLES: &str = "\
Examples:
  maascan schema > assessment.schema.json
  maascan schema manifest
  maascan schema scripts > scripts.schema.json

JSON Schema, draft 2020-12. Members may be added in later versions, so none of these schemas forbids a member that it does not
know; none is renamed, removed or given another type. Sets of words may grow too: hold a file against the schema of the maascan
that wrote it.";

/// Print the JSON Schema of a file that maascan writes
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Which file
    #[arg(value_enum, value_name = "FILE", default_value_t = File::Assessment)]
    file: File,
}

/// Files with a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum File {
    /// assessment.json
    Assessment,
    /// manifest.json
    Manifest,
    /// What maascan scripts --format json prints
    Scripts,
}

pub(super) fn run(arguments: &Arguments) -> Result<Status, Failure> {
    let of = match arguments.file {
        File::Assessment => report::SchemaOf::Assessment,
        File::Manifest => report::SchemaOf::Manifest,
        File::Scripts => report::SchemaOf::Scripts,
    };
    output::data(&report::schema(of).map_err(could_not_run)?)?;
    Ok(Status::Done)
}
