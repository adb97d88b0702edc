//! Identifiers of the made-up tenant. Each is computed from the seed and from what it identifies, so none depends on the
//! order of generation, the clock or the port.

use std::fmt;

/// A GUID, compact: a large tenant holds some hundred thousand of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Guid(pub(crate) u128);

impl Guid {
    /// The GUID of the thing that `kind` and `name` name, in the tenant of this seed. Shaped like version 4.
    pub(crate) fn of(seed: u64, kind: &str, name: &str) -> Self {
        let mut random = rng(seed, kind, name);
        let bits = (u128::from(random.u64(..)) << 64) | u128::from(random.u64(..));
        let version = 0xf << 76;
        let variant = 0b11 << 62;
        Self((bits & !version & !variant) | (0x4 << 76) | (0b10 << 62))
    }

    /// Reads the 8-4-4-4-12 form in any letter case.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let dashes_at = [8, 13, 18, 23];
        let well_formed = text.len() == 36
            && text.bytes().enumerate().all(|(at, byte)| if dashes_at.contains(&at) { byte == b'-' } else { byte.is_ascii_hexdigit() });
        if !well_formed {
            return None;
        }
        u128::from_str_radix(&text.replace('-', ""), 16).ok().map(Self)
    }

    /// The sixteen bytes, most significant first.
    pub(crate) fn bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// Whether the last bit is set: a cheap way to vary two of a kind.
    pub(crate) fn is_odd(self) -> bool {
        self.0 & 1 == 1
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.0;
        let (third, fourth) = ((bits >> 64) & 0xffff, (bits >> 48) & 0xffff);
        write!(out, "{:08x}-{:04x}-{third:04x}-{fourth:04x}-{:012x}", bits >> 96, (bits >> 80) & 0xffff, bits & 0xffff_ffff_ffff)
    }
}

/// A source of choices for the thing that `kind` and `name` name.
pub(crate) fn rng(seed: u64, kind: &str, name: &str) -> fastrand::Rng {
    fastrand::Rng::with_seed(mix(seed, kind, name))
}

/// FNV-1a over the seed and both words, with a separator that neither holds.
fn mix(seed: u64, kind: &str, name: &str) -> u64 {
    let words = kind.bytes().chain([0xff]).chain(name.bytes());
    seed.to_le_bytes()
        .into_iter()
        .chain(words)
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_same_thing_has_the_same_id_and_another_seed_another() {
        assert_eq!(Guid::of(1, "app", "x"), Guid::of(1, "app", "x"));
        assert_ne!(Guid::of(1, "app", "x"), Guid::of(2, "app", "x"));
        assert_ne!(Guid::of(1, "app", "x"), Guid::of(1, "ap", "px"));
        let text = Guid::of(7, "app", "x").to_string();
        assert_eq!((text.len(), &text[14..15]), (36, "4"));
        assert!("89ab".contains(&text[19..20]));
    }

    #[test]
    fn only_the_dashed_form_is_read() {
        assert_eq!(Guid::parse("00000003-0000-0000-C000-000000000000"), Some(Guid(0x00000003_0000_0000_c000_000000000000)));
        for wrong in ["", "00000003000000000c000000000000000000", "+0000003-0000-0000-c000-000000000000", "{0}"] {
            assert_eq!(Guid::parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn text_and_back(bits: u128) {
            prop_assert_eq!(Guid::parse(&Guid(bits).to_string()), Some(Guid(bits)));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}") {
            let _ = Guid::parse(&text);
        }
    }
}
