//! Which texts may hold a write at all: the rest, most of a repository, is not parsed.
//!
//! A write is only ever reported through one of these words: the path of every request that is reported goes through a place
//! whose name has one, and so does the name of every command and resource type that is. They have to stand in the text as they
//! are; a word that is put together from pieces is beyond this tool.

use memchr::memmem;

/// Words, in lower case.
const WORDS: [&str; 12] = [
    "devicemanagement",
    "device_management",
    "deviceappmanagement",
    "device_app_management",
    "device_and_app_management",
    "manageddevice",
    "managed_device",
    "mobileapp",
    "rolemanagement",
    "intune",
    "wtwin32app",
    "wtmsstoreapp",
];

/// Whether something in the text may be a write.
pub(super) fn may_write(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    WORDS.iter().any(|word| memmem::find(lower.as_bytes(), word.as_bytes()).is_some())
}

/// Whether something in the text may run another script.
pub(super) fn may_run(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    [".ps1", ".py", ".sh"].iter().any(|ending| memmem::find(lower.as_bytes(), ending.as_bytes()).is_some())
}
