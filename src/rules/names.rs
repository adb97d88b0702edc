//! "Did you mean": the nearest of a set of names.

/// A hint that names the nearest of the `known` names, or all of them if none is near.
#[must_use]
pub fn did_you_mean(written: &str, known: &[&str]) -> String {
    let near = known.iter().map(|name| (distance(written, name), *name)).min();
    match near {
        Some((distance, name)) if distance <= (written.chars().count() / 3).max(2) => format!("did you mean {name}?"),
        _ => one_of("known", known),
    }
}

/// A hint that lists what there is.
pub(super) fn one_of(what: &str, known: &[&str]) -> String {
    if known.is_empty() { format!("{what}: none") } else { format!("{what}: {}", known.join(", ")) }
}

/// Letters to insert, remove or replace to get from one to the other (Levenshtein).
fn distance(one: &str, two: &str) -> usize {
    // Names are short; of a hostile long one the first letters are enough.
    let one: Vec<char> = one.chars().take(60).collect();
    let two: Vec<char> = two.chars().take(60).collect();
    let mut row: Vec<usize> = (0..=two.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut next = vec![i + 1];
        let mut left = i + 1;
        for ((b, above), diagonal) in two.iter().zip(row.iter().skip(1)).zip(&row) {
            left = (left + 1).min(above + 1).min(diagonal + usize::from(a != b));
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_letters() {
        assert_eq!(distance("secrets", "secrets"), 0);
        assert_eq!(distance("secrts", "secrets"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn a_far_name_gets_the_whole_list() {
        assert_eq!(did_you_mean("secrts", &["secrets", "home"]), "did you mean secrets?");
        assert_eq!(did_you_mean("zzzzzzz", &["secrets", "home"]), "known: secrets, home");
        assert_eq!(did_you_mean("x", &[]), "known: none");
    }
}
