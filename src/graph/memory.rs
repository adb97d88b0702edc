//! What a run may remember of the answers that it has had, so that a run that was stopped goes on where it was.

use serde_json::Value;

/// Keeps finished answers and gives them back to a later run. What is kept has gone through [`super::Resource::keeping`];
/// an answer to a resource without it is never offered.
///
/// It is a memory of earlier runs and no cache: an answer that is kept during this run need not be recalled in it.
pub trait Memory: Send + Sync {
    /// The answer that an earlier run kept under `key`: method, version, path and query, without origin. None where there is
    /// none or it cannot be read, and the service is then asked.
    fn recall(&self, key: &str) -> Option<Value>;

    /// Keeps a finished answer. Called only after success; a failure to keep is the implementation's to tell.
    fn keep(&self, key: &str, body: &Value);
}
