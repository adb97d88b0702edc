//! Activity logs that stay in the log engine they are in: the query that counts there what the local reader counts in files, and
//! what its answers say. The query is generated from the catalogue; its rows are mapped to operations by the catalogue's own
//! route matcher, so that both ways agree to the last call.

mod normal;
mod query;
mod rows;
mod run;
mod saved;
mod sign_ins;
mod slices;
mod source;
mod storage;

pub use query::{activity, extent};
pub use rows::counted;
pub use run::{Error, Request, read_activity, read_sign_ins, refused};
pub use saved::{Saved, saved};
pub use sign_ins::{SignInTable, sign_ins};
pub use source::{NotAName, Shape, Source, Within};
pub use storage::{Blobs, NotBlobs};
