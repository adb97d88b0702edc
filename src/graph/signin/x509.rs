//! The few members of an X.509 certificate that a sign-in needs: from when and until when it holds, and its public key
//! (RFC 5280 section 4.1). Nothing is verified, because the certificate is the user's own; Entra ID verifies.

use chrono::{DateTime, Utc};
use x509_cert::Certificate;
use x509_cert::der::asn1::{AnyRef, ObjectIdentifier};
use x509_cert::der::{Decode, Reader, SliceReader};
use x509_cert::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoOwned, SubjectPublicKeyInfoRef};
use x509_cert::time::Time;

/// `rsaEncryption`.
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// `id-ecPublicKey`.
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

/// What is read of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) not_before: DateTime<Utc>,
    pub(super) not_after: DateTime<Utc>,
    pub(super) key: PublicKey,
}

/// A public key (`SubjectPublicKeyInfo`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PublicKey {
    pub(super) kind: KeyKind,
    /// The key itself, as its kind writes it.
    pub(super) bits: Vec<u8>,
}

/// Kinds of keys that are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyKind {
    Rsa,
    EllipticCurve,
    Other,
}

/// Reads a certificate in DER; None if it is none.
pub(super) fn read(der: &[u8]) -> Option<Facts> {
    let certificate = Certificate::from_der(der).ok()?;
    let signed = certificate.tbs_certificate();
    let SubjectPublicKeyInfoOwned { algorithm, subject_public_key } = signed.subject_public_key_info();
    let key = PublicKey { kind: kind(&algorithm.oid), bits: subject_public_key.as_bytes()?.to_vec() };
    let validity = signed.validity();
    Some(Facts { not_before: time(&validity.not_before)?, not_after: time(&validity.not_after)?, key })
}

/// Reads a `SubjectPublicKeyInfo` in DER.
pub(super) fn public_key(der: &[u8]) -> Option<PublicKey> {
    let info = SubjectPublicKeyInfoRef::from_der(der).ok()?;
    Some(PublicKey { kind: kind(&info.algorithm.oid), bits: info.subject_public_key.as_bytes()?.to_vec() })
}

/// The kind of a private key in PKCS#8 (RFC 5208 section 5): a sequence of version, algorithm and the key.
pub(super) fn private_key_kind(pkcs8: &[u8]) -> Option<KeyKind> {
    let outer = AnyRef::from_der(pkcs8).ok()?;
    let mut fields = SliceReader::new(outer.value()).ok()?;
    let _version: u8 = fields.decode().ok()?;
    let algorithm: AlgorithmIdentifierRef<'_> = fields.decode().ok()?;
    Some(kind(&algorithm.oid))
}

fn kind(algorithm: &ObjectIdentifier) -> KeyKind {
    match *algorithm {
        RSA => KeyKind::Rsa,
        EC => KeyKind::EllipticCurve,
        _ => KeyKind::Other,
    }
}

fn time(time: &Time) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(i64::try_from(time.to_unix_duration().as_secs()).ok()?, 0)
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
