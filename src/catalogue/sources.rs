//! The sources that catalogue files cite, and the checks that every file needs: no citation without a source, no source
//! without a citation, no workload or platform that is not known.

use super::{Error, Platform, Workload};
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};

/// A catalogue file while it is being checked.
pub(super) struct Checked<'a> {
    file: &'static str,
    sources: &'a BTreeMap<String, String>,
    cited: BTreeSet<&'a str>,
}

/// Reads a file into its type.
pub(super) fn parse<T: DeserializeOwned>(file: &'static str, text: &str) -> Result<T, Error> {
    toml::from_str(text).map_err(|error| Error::Unreadable { file, detail: error.to_string() })
}

impl<'a> Checked<'a> {
    pub(super) fn new(file: &'static str, sources: &'a BTreeMap<String, String>) -> Self {
        Self { file, sources, cited: BTreeSet::new() }
    }

    /// An error about this file.
    pub(super) fn wrong(&self, detail: impl Into<String>) -> Error {
        Error::Contradiction { file: self.file, detail: detail.into() }
    }

    pub(super) fn require(&self, holds: bool, detail: impl FnOnce() -> String) -> Result<(), Error> {
        if holds { Ok(()) } else { Err(self.wrong(detail())) }
    }

    pub(super) fn cite(&mut self, key: &str) -> Result<(), Error> {
        let (key, _) = self.sources.get_key_value(key).ok_or_else(|| self.wrong(format!("source is not explained: {key}")))?;
        self.cited.insert(key);
        Ok(())
    }

    pub(super) fn workload(&self, workload: &Workload) -> Result<(), Error> {
        self.require(!matches!(workload, Workload::Unknown(_)), || format!("workload is not known: {workload}"))
    }

    pub(super) fn platform(&self, platform: Option<&Platform>) -> Result<(), Error> {
        match platform {
            Some(Platform::Unknown(word)) => Err(self.wrong(format!("platform is not known: {word}"))),
            _ => Ok(()),
        }
    }

    /// To be called last: a source that nothing cites is a leftover or a misspelling.
    pub(super) fn finish(&self) -> Result<(), Error> {
        match self.sources.keys().find(|key| !self.cited.contains(key.as_str())) {
            Some(key) => Err(self.wrong(format!("source is never cited: {key}"))),
            None => Ok(()),
        }
    }
}
