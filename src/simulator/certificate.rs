//! The certificate that the reader's application has registered: as much of X.509 as it takes to check a signature with it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use sha2::{Digest, Sha256};
use x509_cert::der::Decode;

/// A registered certificate.
#[derive(Debug)]
pub(crate) struct Certificate {
    /// `x5t#S256`.
    pub(crate) thumbprint: String,
    pub(crate) not_after: DateTime<Utc>,
    /// `RSAPublicKey` of RFC 8017.
    key: Vec<u8>,
}

impl Certificate {
    /// Reads DER. None for what is no certificate with a public key.
    pub(crate) fn parse(der: &[u8]) -> Option<Self> {
        let thumbprint = URL_SAFE_NO_PAD.encode(Sha256::digest(der));
        let certificate = x509_cert::Certificate::from_der(der).ok()?;
        let signed = certificate.tbs_certificate();
        let ends = signed.validity().not_after.to_unix_duration().as_secs();
        let not_after = DateTime::from_timestamp(i64::try_from(ends).ok()?, 0)?;
        let key = signed.subject_public_key_info().subject_public_key.as_bytes()?.to_vec();
        Some(Self { thumbprint, not_after, key })
    }

    /// Whether the signature of a JWT with this `alg` fits.
    pub(crate) fn verifies(&self, algorithm: &str, signed: &str, signature: &[u8]) -> bool {
        match algorithm {
            "PS256" => UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, &self.key).verify(signed.as_bytes(), signature).is_ok(),
            "RS256" => UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.key).verify(signed.as_bytes(), signature).is_ok(),
            _ => false,
        }
    }
}

#[cfg(test)]
pub(crate) mod test_key {
    //! A certificate and its key that protect nothing: they exist for these tests only.

    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use ring::rand::SystemRandom;
    use ring::signature::{RSA_PSS_SHA256, RsaKeyPair};
    use serde_json::Value;

    const PEM: &str = include_str!("tests/certificate.pem");

    fn section(name: &str) -> Vec<u8> {
        let (_, rest) = PEM.split_once(&format!("-----BEGIN {name}-----")).unwrap();
        let (body, _) = rest.split_once("-----END").unwrap();
        STANDARD.decode(body.split_whitespace().collect::<String>()).unwrap()
    }

    pub(crate) fn certificate() -> Vec<u8> {
        section("CERTIFICATE")
    }

    /// A JWT with this header and these claims, signed with PS256.
    pub(crate) fn signed(header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let pair = RsaKeyPair::from_pkcs8(&section("PRIVATE KEY")).unwrap();
        let mut signature = vec![0; pair.public().modulus_len()];
        pair.sign(&RSA_PSS_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Datelike;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_certificate_verifies_what_its_key_signed() {
        let certificate = Certificate::parse(&test_key::certificate()).unwrap();
        assert!(certificate.not_after.year() > 2100);
        let token = test_key::signed(&json!({"alg": "PS256"}), &json!({}));
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        assert!(certificate.verifies("PS256", signed, &signature));
        assert!(!certificate.verifies("RS256", signed, &signature) && !certificate.verifies("none", signed, &signature));
        assert!(!certificate.verifies("PS256", "other", &signature));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 0usize..800, with: u8) {
            let _ = Certificate::parse(&bytes);
            let mut changed = test_key::certificate();
            if let Some(byte) = changed.get_mut(at) {
                *byte = with;
            }
            let _ = Certificate::parse(&changed);
        }
    }
}
