//! Scripts: reads automations themselves and says which of their calls Multi Admin Approval will hold back.
//!
//! One way for every language: a reader (`language/`) puts the text into a small language of values, calls and branches (`ir`);
//! `eval` follows values through it, into functions too, within bounds; `sink` says which calls send a request; `judge` asks the
//! catalogue what the request is, holes in its path and all; `sign_in` and `approval` judge what else the file shows. Nothing is
//! ever run or fetched. What a file imports from files of the same survey is followed too: `imports` says what it asks for, `tree`
//! which file that is, `modules` gathers the functions and constants that it needs, `library` is what `eval` gets of them. A write
//! is said where the call stands that decides it: a function of another file with a fixed target is reported in that file only.
//!
//! What bounds this: addresses that are put together from pieces of words, code that is downloaded or made at run time, and
//! wrappers of classes in other files that name neither a method nor an address. A file in which no word of an Intune path or command stands as it is, is
//! not parsed at all (`filter`).

mod approval;
mod batch;
mod calls;
mod cmdlets;
mod detect;
mod eval;
mod excerpt;
mod filter;
mod imports;
mod ir;
mod judge;
mod keep;
mod language;
mod library;
mod lost;
mod map;
mod model;
mod modules;
mod peek;
mod pipeline;
mod read;
mod segments;
mod sign_in;
mod sink;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod text;
mod tree;
mod value;
mod walk;
mod words;
mod yaml;

pub use map::{Map, MapError};
pub use model::{Approval, Confidence, Expectation, Language, Place, Problem, ProblemKind, ScriptFile, ScriptWrite, SignIn, Survey};
pub use read::Reader;
pub use walk::{Options, survey};
