//! What can be wrong with the built-in catalogue. All of it is our fault, none of it the user's or the tenant's.

/// The built-in catalogue does not load: a fault of maascan. A test proves that it does.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file is not TOML, or has a member or word that does not belong in it.
    #[error("built-in catalogue cannot be read: {file}: {detail}\nhint: this is a fault of maascan, please report it")]
    Unreadable {
        /// The file, below `rules/catalogue`.
        file: &'static str,
        /// What the reader said.
        detail: String,
    },
    /// A file says two things at once, or refers to what is not there.
    #[error("built-in catalogue contradicts itself: {file}: {detail}\nhint: this is a fault of maascan, please report it")]
    Contradiction {
        /// The file, below `rules/catalogue`.
        file: &'static str,
        /// What is wrong.
        detail: String,
    },
}
