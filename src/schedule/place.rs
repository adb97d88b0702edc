//! Which folders a store may be: one of its own, that no script of ours takes away and that nothing else of the machine uses.

use super::Refused;

/// Folders in which nothing is kept, or nothing is ours to own: no store lies in one.
const SYSTEM: [&str; 32] = [
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib32",
    "/lib64",
    "/lost+found",
    "/private/etc",
    "/private/tmp",
    "/private/var/folders",
    "/private/var/tmp",
    "/proc",
    "/run",
    "/sbin",
    "/sys",
    "/System",
    "/tmp",
    "/usr/bin",
    "/usr/include",
    "/usr/lib",
    "/usr/lib64",
    "/usr/libexec",
    "/usr/local/bin",
    "/usr/local/lib",
    "/usr/local/libexec",
    "/usr/local/sbin",
    "/usr/sbin",
    "/usr/share",
    "/var/lock",
    "/var/run",
    "/var/tmp",
];

/// Folders that hold those of many programs: a store lies in one, and is none. Every folder of the root is such a one too.
const SHARED: [&str; 18] = [
    "/Library/Application Support",
    "/private/var",
    "/private/var/lib",
    "/usr/local",
    "/usr/local/etc",
    "/usr/local/share",
    "/usr/local/var",
    "/usr/src",
    "/var/backups",
    "/var/cache",
    "/var/lib",
    "/var/lib/private",
    "/var/local",
    "/var/log",
    "/var/mail",
    "/var/opt",
    "/var/spool",
    "/var/www",
];

/// The same for Windows, on whatever drive.
const SYSTEM_OF_WINDOWS: [&str; 7] =
    ["$Recycle.Bin", "Boot", "Program Files", "Program Files (x86)", "Recovery", "System Volume Information", "Windows"];
const SHARED_OF_WINDOWS: [&str; 3] = ["Documents and Settings", "ProgramData", "Users"];

const POSIX_HINT: &str = "name a folder of its own, such as /srv/maascan/store, or one on a mounted share";
const WINDOWS_HINT: &str = "name a folder of its own, such as C:\\ProgramData\\maascan\\store or D:\\maascan";

/// The folders that a path names, from the root. Empty ones and `.` name none.
fn parts(path: &str, separator: char) -> Vec<&str> {
    path.split(separator).filter(|part| !part.is_empty() && *part != ".").collect()
}

/// Whether `path` is `folder` or lies in it. Letter case is not told apart, as file systems of macOS and Windows do not.
fn lies_in(path: &[&str], folder: &[&str]) -> bool {
    path.len() >= folder.len() && folder.iter().zip(path).all(|(folder, part)| folder.eq_ignore_ascii_case(part))
}

/// A path of a machine, taken apart, and the words for its refusal.
struct Place<'a> {
    option: &'a str,
    parts: Vec<&'a str>,
    separator: char,
    hint: &'static str,
}

impl<'a> Place<'a> {
    fn posix(option: &'a str, path: &'a str) -> Self {
        Self { option, parts: parts(path, '/'), separator: '/', hint: POSIX_HINT }
    }

    /// `path` begins with a drive.
    fn windows(option: &'a str, path: &'a str) -> Self {
        Self { option, parts: parts(path.get(2..).unwrap_or_default(), '\\'), separator: '\\', hint: WINDOWS_HINT }
    }

    fn in_any<'f>(&self, folders: &[&'f str]) -> Option<&'f str> {
        folders.iter().find(|folder| lies_in(&self.parts, &parts(folder, self.separator))).copied()
    }

    fn is_any<'f>(&self, folders: &[&'f str]) -> Option<&'f str> {
        let is =
            |folder: &&&str| lies_in(&self.parts, &parts(folder, self.separator)) && lies_in(&parts(folder, self.separator), &self.parts);
        folders.iter().find(is).copied()
    }

    fn holds_any<'f>(&self, folders: &[&'f str]) -> Option<&'f str> {
        folders.iter().find(|folder| lies_in(&parts(folder, self.separator), &self.parts)).copied()
    }

    fn refused(&self, why: &str) -> Refused {
        Refused::new(format!("{} {why}", self.option), self.hint)
    }

    /// Refuses what lies in a folder that the scripts make and take away.
    fn outside(&self, own: &[&str]) -> Result<(), Refused> {
        self.in_any(own).map_or(Ok(()), |folder| Err(self.refused(&format!("lies in {folder}, which the scripts take away again"))))
    }

    /// Refuses what is no folder for a store alone.
    fn fit_for_store(&self, own: &[&str], system: &[&str], shared: &[&str]) -> Result<(), Refused> {
        self.outside(own)?;
        if let Some(folder) = self.holds_any(own) {
            return Err(self.refused(&format!("holds {folder}, which is no part of a store")));
        }
        if let Some(folder) = self.in_any(system) {
            return Err(self.refused(&format!("lies in {folder}, which is no place for a store")));
        }
        if let Some(folder) = self.is_any(shared) {
            return Err(self.refused(&format!("is {folder}, which others use too")));
        }
        Ok(())
    }
}

/// Refuses a store that is no folder of its own. `own` are the folders that the scripts make and take away; `path` is absolute.
pub(super) fn posix_store(option: &str, path: &str, own: &[&str]) -> Result<(), Refused> {
    let place = Place::posix(option, path);
    place.fit_for_store(own, &SYSTEM, &SHARED)?;
    if place.parts.len() < 2 { Err(place.refused("is a folder of the root, which others use too")) } else { Ok(()) }
}

/// Refuses a program that the scripts would take away.
pub(super) fn posix_binary(option: &str, path: &str, own: &[&str]) -> Result<(), Refused> {
    Place::posix(option, path).outside(own)
}

/// The first of `folders` that an absolute path lies in.
pub(super) fn posix_within<'f>(path: &str, folders: &[&'f str]) -> Option<&'f str> {
    Place::posix("", path).in_any(folders)
}

/// As [`posix_store`], for a path that begins with a drive; `own` are folders without one.
pub(super) fn windows_store(option: &str, path: &str, own: &[&str]) -> Result<(), Refused> {
    Place::windows(option, path).fit_for_store(own, &SYSTEM_OF_WINDOWS, &SHARED_OF_WINDOWS)
}

/// As [`posix_binary`], for a path that begins with a drive.
pub(super) fn windows_binary(option: &str, path: &str, own: &[&str]) -> Result<(), Refused> {
    Place::windows(option, path).outside(own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OWN: [&str; 2] = ["/etc/maascan", "/var/cache/maascan"];

    #[test]
    fn a_store_is_a_folder_of_its_own() {
        for (path, why) in [
            ("/", "holds /etc/maascan"),
            ("//", "holds /etc/maascan"),
            ("/./", "holds /etc/maascan"),
            ("/etc", "holds /etc/maascan"),
            ("/etc/maascan/store", "the scripts take away"),
            ("/var/cache/maascan/store", "the scripts take away"),
            ("//var/./cache//MAASCAN/store", "the scripts take away"),
            ("/var/cache", "holds /var/cache/maascan"),
            ("/etc/other", "no place for a store"),
            ("/tmp/runs", "no place for a store"),
            ("/proc/self/root/etc/maascan", "no place for a store"),
            ("/usr", "a folder of the root"),
            ("/srv", "a folder of the root"),
            ("/var/lib/", "others use too"),
            ("/usr/local/var", "others use too"),
        ] {
            let refused = posix_store("--store", path, &OWN).unwrap_err();
            assert!(refused.what.starts_with("--store ") && refused.what.contains(why), "{path}: {}", refused.what);
        }
        for path in ["/srv/maascan", "/var/lib/maascan/store", "/var/cache/maascans", "/etcetera/x", "/usr/local/var/maascan/store"] {
            assert_eq!(posix_store("--store", path, &OWN), Ok(()), "{path}");
        }
    }

    #[test]
    fn a_store_on_windows_is_a_folder_of_its_own() {
        let own = [r"ProgramData\maascan\cache"];
        for (path, why) in [
            (r"C:\ProgramData\maascan\cache\store", "the scripts take away"),
            (r"d:\PROGRAMDATA\.\Maascan\Cache", "the scripts take away"),
            (r"C:\ProgramData\maascan", "no part of a store"),
            (r"C:\", "no part of a store"),
            (r"C:\Windows\maascan", "no place for a store"),
            (r"C:\Users", "others use too"),
        ] {
            let refused = windows_store("--store", path, &own).unwrap_err();
            assert!(refused.what.contains(why), "{path}: {}", refused.what);
        }
        for path in [r"C:\ProgramData\maascan\store", r"D:\maascan", r"C:\ProgramData\maascan\cached"] {
            assert_eq!(windows_store("--store", path, &own), Ok(()), "{path}");
        }
    }

    proptest! {
        /// However a folder of the scripts is written, no store is taken in it.
        #[test]
        fn no_spelling_leads_into_a_folder_of_the_scripts(
            gaps in prop::collection::vec("(/|/\\./|//){1,3}", 4), upper in any::<bool>(), tail in "[a-z]{0,5}",
        ) {
            let name = if upper { "MAASCAN" } else { "maascan" };
            let path = format!("{}var{}cache{}{name}{}{tail}", gaps[0], gaps[1], gaps[2], gaps[3]);
            prop_assert!(posix_store("--store", &path, &OWN).is_err(), "{}", path);
        }

        #[test]
        fn any_path_is_judged_without_panic(path in "\\PC*") {
            let _ = posix_store("--store", &path, &OWN);
            let _ = windows_store("--store", &path, &OWN);
        }
    }
}
