//! The few members of an X.509 certificate that a sign-in needs: from when and until when it holds, and its public key
//! (RFC 5280 section 4.1). Nothing is verified, because the certificate is the user's own; Entra ID verifies.
//!
//! Written out here because crates for it bring four others at least, and refuse certificates with peculiarities that
//! Entra ID takes.

use chrono::{DateTime, NaiveDateTime, Utc};

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OBJECT_ID: u8 = 0x06;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;

/// `rsaEncryption`, 1.2.840.113549.1.1.1.
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

/// `id-ecPublicKey`, 1.2.840.10045.2.1.
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];

/// What is read of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Facts<'a> {
    pub(super) not_before: DateTime<Utc>,
    pub(super) not_after: DateTime<Utc>,
    pub(super) key: PublicKey<'a>,
}

/// A public key (`SubjectPublicKeyInfo`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PublicKey<'a> {
    pub(super) kind: KeyKind,
    /// The key itself, as its kind writes it.
    pub(super) bits: &'a [u8],
}

/// Kinds of keys that are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyKind {
    Rsa,
    EllipticCurve,
    Other,
}

/// Reads a certificate in DER; None if it is none.
pub(super) fn read(der: &[u8]) -> Option<Facts<'_>> {
    let mut certificate = Reader(Reader(der).take(SEQUENCE)?);
    let mut fields = Reader(certificate.take(SEQUENCE)?);
    fields.skip_if(VERSION);
    fields.take(INTEGER)?;
    let (_algorithm, _issuer) = (fields.take(SEQUENCE)?, fields.take(SEQUENCE)?);
    let mut validity = Reader(fields.take(SEQUENCE)?);
    let (not_before, not_after) = (validity.time()?, validity.time()?);
    let _subject = fields.take(SEQUENCE)?;
    Some(Facts { not_before, not_after, key: key_fields(fields.take(SEQUENCE)?)? })
}

/// Reads a `SubjectPublicKeyInfo` in DER.
pub(super) fn public_key(der: &[u8]) -> Option<PublicKey<'_>> {
    key_fields(Reader(der).take(SEQUENCE)?)
}

/// The kind of a private key in PKCS#8 (RFC 5208 section 5).
pub(super) fn private_key_kind(pkcs8: &[u8]) -> Option<KeyKind> {
    let mut fields = Reader(Reader(pkcs8).take(SEQUENCE)?);
    fields.take(INTEGER)?;
    kind(fields.take(SEQUENCE)?)
}

fn key_fields(fields: &[u8]) -> Option<PublicKey<'_>> {
    let mut fields = Reader(fields);
    let kind = kind(fields.take(SEQUENCE)?)?;
    // The first byte of a bit string counts the bits that are left over, of which a key has none.
    let (0, bits) = fields.take(BIT_STRING)?.split_first().map(|(unused, bits)| (*unused, bits))? else { return None };
    Some(PublicKey { kind, bits })
}

fn kind(algorithm: &[u8]) -> Option<KeyKind> {
    Some(match Reader(algorithm).take(OBJECT_ID)? {
        RSA => KeyKind::Rsa,
        EC => KeyKind::EllipticCurve,
        _ => KeyKind::Other,
    })
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The contents of the next element, if it is of this kind.
    fn take(&mut self, wanted: u8) -> Option<&'a [u8]> {
        let (tag, contents, rest) = element(self.0)?;
        (tag == wanted).then(|| {
            self.0 = rest;
            contents
        })
    }

    fn skip_if(&mut self, tag: u8) {
        let _ = self.take(tag);
    }

    fn time(&mut self) -> Option<DateTime<Utc>> {
        let (tag, contents, rest) = element(self.0)?;
        self.0 = rest;
        let text = std::str::from_utf8(contents).ok()?;
        let text = match tag {
            // Two digits of the year: those from 50 on are of the last century (RFC 5280 section 4.1.2.5.1).
            UTC_TIME => format!("{}{text}", if text.get(..2)? < "50" { "20" } else { "19" }),
            GENERALIZED_TIME => text.to_owned(),
            _ => return None,
        };
        NaiveDateTime::parse_from_str(&text, "%Y%m%d%H%M%SZ").ok().map(|time| time.and_utc())
    }
}

/// Tag, contents and what follows, of an element of DER with a tag of one byte.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        short @ 0..=0x7f => (usize::from(*short), rest),
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (contents, rest) = rest.split_at_checked(length)?;
    Some((*tag, contents, rest))
}

#[cfg(test)]
mod tests {
    use super::super::testkeys;
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    /// Made with `openssl req -x509`, subject `CN=maascan test`; it has extensions, and its key was thrown away.
    const BY_OPENSSL: &str = concat!(
        "MIIDDzCCAfegAwIBAgIUMlmd+77x9AeIJcr4qL5k+6uUTlswDQYJKoZIhvcNAQELBQAwFzEVMBMGA1UEAwwMbWFhc2NhbiB0ZXN0MB4XDTI2MT",
        "EyMzA2MjE0N1oXDTI3MTIyNTA2MjE0N1owFzEVMBMGA1UEAwwMbWFhc2NhbiB0ZXN0MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA",
        "wXpSHB5rbE4thghSUGjtkb4HHpbw5zwq3+tyZzjZ9Hvmc+RhhGph0vEAanscEZ35ftTQYXeYu3S6CvQUHFHGQq92j9qmJJhopdztAR2fIlywKF",
        "R1iNk7WnXLhPCYNJYMPRaxFO51g/CRvGDfhGKDnl9/mqIGtkQE1a0TmXGqOPOHO9dz6WB/Rh0GNyyNHbcBGDaAMX+YiYWhRvySZpyPbjvyL+jF",
        "4xcN9zSxW7vr74iEQU8htxtUsgQ+/NKT8g7mgILpl1MBj7C92S/dKqJ5+bEKZEA19NcvSlOF7sy9gISUVctP0kn1IEuh2LwRGadA0lu+qergiz",
        "B/HcAVS0Q6iwIDAQABo1MwUTAdBgNVHQ4EFgQULTdjqIj8DxN+weZgYB4A+15KRVwwHwYDVR0jBBgwFoAULTdjqIj8DxN+weZgYB4A+15KRVww",
        "DwYDVR0TAQH/BAUwAwEB/zANBgkqhkiG9w0BAQsFAAOCAQEAwL1t9UEyVRU/Uvnz2RWioCKIpA/nv9JwtpUk1/uLH9PLsZFi3unG3IBHiPi4zf",
        "WOdPxQDHQY2N4jWxSsBd/upx/2nDmuC8+OMt+Sgqt63vcB2qX6wdXDG6ITcAci84fVqw2NgCpNxpbBLePT0fzCYOBAdJ1DLnBIDjZF1AOseNcE",
        "Iv+hn5B/D8ss9StwLxPTL+G2HSP9jALaIlYhqIxcrd0hdgv7+/KcZ2/T98P27Tp8IDDG/5nbD0z2GLHLFuD88s+UwF2cZP5KcQ8cOuBslsN3GY",
        "3L02KDuSOxVS7MRYesZOEZqLttJVnPNxzuxCcWuu1WXSlXxZ0kbmEbnJNZCw==",
    );

    #[test]
    fn a_certificate_by_another_hand_is_read() {
        let der = STANDARD.decode(BY_OPENSSL).unwrap();
        let facts = read(&der).unwrap();
        assert_eq!(facts.not_before.to_rfc3339(), "2026-11-23T06:21:47+00:00");
        assert_eq!(facts.not_after.to_rfc3339(), "2027-12-25T06:21:47+00:00");
        assert_eq!((facts.key.kind, facts.key.bits.len()), (KeyKind::Rsa, 270));
        for cut in 0..der.len() {
            assert_eq!(read(&der[..cut]), None, "{cut}");
        }
    }

    #[test]
    fn years_of_both_forms_are_read() {
        let time = |tag: u8, text: &str| {
            let der = [&[tag, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
            Reader(&der).time().map(|time| time.timestamp())
        };
        assert_eq!(time(UTC_TIME, "491231235959Z"), Some(2_524_607_999));
        assert_eq!(time(UTC_TIME, "500101000000Z"), Some(-631_152_000));
        assert_eq!(time(GENERALIZED_TIME, "20500101000000Z"), Some(2_524_608_000));
        for bad in ["", "4", "49123123595", "4912312359\u{fc}Z", "20260230000000Z"] {
            assert_eq!((time(UTC_TIME, bad), time(GENERALIZED_TIME, bad)), (None, None), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in any::<Vec<u8>>()) {
            let _ = (read(&bytes), public_key(&bytes), private_key_kind(&bytes));
        }

        #[test]
        fn a_certificate_with_any_byte_changed_is_read_without_panic(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut der = testkeys::certificate(&testkeys::first(), "20260101000000Z", "20270101000000Z");
            let at = at.index(der.len());
            der[at] = byte;
            let _ = read(&der);
        }
    }
}
