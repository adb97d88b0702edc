//! Signs in with a certificate: reads the PEM file, and signs the assertion that stands in for a secret (RFC 7523), with
//! PS256 and the SHA-256 thumbprint (facts/graph.md section 9). rustls signs, because it is there already.

use super::super::Error;
use super::x509::{self, KeyKind};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, SecondsFormat, Utc};
use rustls::SignatureScheme;
use rustls::crypto::ring;
use rustls::pki_types::pem::{PemObject, SectionKind};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer};
use rustls::sign::SigningKey;
use secrecy::SecretString;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

/// Longest certificate file, in bytes.
const LIMIT: u64 = 1 << 20;

/// How long an assertion holds, in seconds.
const LIFE: i64 = 600;

const VARIABLE: &str = "AZURE_CLIENT_CERTIFICATE_PATH";

/// How a PEM file with both comes about.
const BOTH: &str = "put the certificate and its private key into one PEM file: openssl pkcs12 -in FILE.pfx -out FILE.pem -nodes";

/// A certificate with its private key, ready to sign.
pub(super) struct Certificate {
    key: Arc<dyn SigningKey>,
    not_before: DateTime<Utc>,
    not_after: DateTime<Utc>,
    /// The certificates in DER, base64, the one of the key first; empty if they are not sent.
    chain: Vec<String>,
    thumbprint: String,
}

/// The sections of a PEM file that matter.
struct Sections {
    certificates: Vec<Vec<u8>>,
    key: Option<PrivateKeyDer<'static>>,
}

impl Certificate {
    /// Reads the file and checks that its parts belong together and hold at `now`.
    ///
    /// # Errors
    /// [`Error::Settings`] for whatever is wrong with it; the contents are never shown.
    pub(super) fn open(path: &Path, send_chain: bool, now: DateTime<Utc>) -> Result<Self, Error> {
        Self::parse(&read(path)?, send_chain, now)
    }

    fn parse(pem: &[u8], send_chain: bool, now: DateTime<Utc>) -> Result<Self, Error> {
        let Sections { certificates, key } = sections(pem)?;
        let key = match (certificates.is_empty(), key) {
            (false, Some(key)) => signing_key(&key)?,
            (false, None) => return Err(unfit("has no private key", BOTH)),
            (true, Some(_)) => return Err(unfit("has no certificate", BOTH)),
            (true, None) => return Err(unfit("holds neither certificate nor private key", BOTH)),
        };
        let at = owned_by(&key, &certificates)?;
        let leaf = certificates.get(at).map(Vec::as_slice).unwrap_or_default();
        let facts = x509::read(leaf).ok_or_else(|| unfit("holds a certificate that cannot be read", BOTH))?;
        let others = certificates.iter().enumerate().filter(|(place, _)| *place != at).map(|(_, der)| der.as_slice());
        let chain = std::iter::once(leaf).chain(others).filter(|_| send_chain).map(|der| STANDARD.encode(der)).collect();
        let thumbprint = URL_SAFE_NO_PAD.encode(Sha256::digest(leaf));
        let read = Self { key, not_before: facts.not_before, not_after: facts.not_after, chain, thumbprint };
        read.check(now)?;
        Ok(read)
    }

    fn check(&self, now: DateTime<Utc>) -> Result<(), Error> {
        let day = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
        if now > self.not_after {
            let hint = "create a new certificate, register it with the application, and check this machine's clock";
            return Err(Error::settings(format!("certificate has expired: {}", day(self.not_after)), hint));
        }
        if now < self.not_before {
            let hint = "check this machine's clock, or wait until the certificate holds";
            return Err(Error::settings(format!("certificate is not valid before {}", day(self.not_before)), hint));
        }
        Ok(())
    }

    /// An assertion that `client_id` is who asks at `audience`, the URL of the token endpoint; it holds for ten minutes.
    ///
    /// # Errors
    /// [`Error::Settings`] if the certificate has ended by now.
    pub(super) fn assertion(&self, client_id: &str, audience: &str, now: DateTime<Utc>) -> Result<SecretString, Error> {
        self.check(now)?;
        let mut header = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": self.thumbprint});
        if let Some(header) = header.as_object_mut().filter(|_| !self.chain.is_empty()) {
            header.insert("x5c".to_owned(), json!(self.chain));
        }
        let issued = now.timestamp();
        let claims = json!({"aud": audience, "iss": client_id, "sub": client_id, "jti": unique()?,
            "nbf": issued, "iat": issued, "exp": issued + LIFE});
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signer = self.key.choose_scheme(&[SignatureScheme::RSA_PSS_SHA256]).ok_or_else(not_rsa)?;
        let signature = signer.sign(signed.as_bytes()).map_err(|_| unfit("holds a key that cannot sign", BOTH))?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)).into())
    }
}

/// The path is not shown: variables get mixed up, and some put the certificate itself where the path belongs.
fn unfit(what: &str, hint: &str) -> Error {
    Error::settings(format!("certificate file of {VARIABLE} {what}"), hint)
}

fn not_rsa() -> Error {
    unfit("holds a key that is not RSA", "use a certificate with an RSA key of 2048 to 4096 bits, which the signature (PS256) needs")
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let refused = |error: &std::io::Error| {
        unfit(&format!("cannot be read: {}", error.kind()), "set it to the path of a PEM file that this user may read")
    };
    let file = File::open(path).map_err(|error| refused(&error))?;
    let mut bytes = Vec::new();
    file.take(LIMIT + 1).read_to_end(&mut bytes).map_err(|error| refused(&error))?;
    if bytes.len() as u64 > LIMIT {
        return Err(unfit("is longer than 1 MiB", BOTH));
    }
    Ok(bytes)
}

fn sections(pem: &[u8]) -> Result<Sections, Error> {
    let text = String::from_utf8_lossy(pem);
    if !text.contains("-----BEGIN ") {
        return Err(unfit("is not PEM; PKCS#12 (.pfx) and DER are not read", BOTH));
    }
    // PKCS#8 says it in the label, the older form in a line below it.
    if text.contains("BEGIN ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED") {
        let hint =
            "decrypt the key into a file that only you can read: openssl rsa -in FILE.pem -out KEY.pem; and put the certificate behind it";
        return Err(unfit("holds an encrypted private key", hint));
    }
    let mut found = Sections { certificates: Vec::new(), key: None };
    for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(pem) {
        let (kind, der) = section.map_err(|_| unfit("is damaged", BOTH))?;
        let key = match kind {
            SectionKind::Certificate => {
                found.certificates.push(der);
                continue;
            }
            SectionKind::RsaPrivateKey => PrivateKeyDer::Pkcs1(PrivatePkcs1KeyDer::from(der)),
            SectionKind::PrivateKey => PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(der)),
            SectionKind::EcPrivateKey => return Err(not_rsa()),
            _ => continue,
        };
        if found.key.replace(key).is_some() {
            return Err(unfit("holds more than one private key", "leave only the key of the certificate in the file"));
        }
    }
    Ok(found)
}

fn signing_key(der: &PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, Error> {
    if let PrivateKeyDer::Pkcs8(pkcs8) = der
        && x509::private_key_kind(pkcs8.secret_pkcs8_der()).is_some_and(|kind| kind != KeyKind::Rsa)
    {
        return Err(not_rsa());
    }
    let refused = |_| unfit("holds a private key that cannot be used", "use an RSA key of 2048 to 4096 bits, in PKCS#8 or PKCS#1");
    ring::sign::any_supported_type(der).map_err(refused)
}

/// The place of the certificate whose public key is that of the private key.
fn owned_by(key: &Arc<dyn SigningKey>, certificates: &[Vec<u8>]) -> Result<usize, Error> {
    let public = key.public_key();
    let ours = public.as_ref().and_then(|der| x509::public_key(der.as_ref())).ok_or_else(not_rsa)?;
    let keys: Vec<_> = certificates.iter().map(|der| x509::read(der).map(|facts| facts.key)).collect();
    if let Some(at) = keys.iter().position(|key| key.as_ref() == Some(&ours)) {
        return Ok(at);
    }
    if keys.iter().any(Option::is_none) {
        return Err(unfit("holds a certificate that cannot be read", BOTH));
    }
    if keys.iter().flatten().all(|key| key.kind == KeyKind::EllipticCurve) {
        return Err(not_rsa());
    }
    Err(unfit("holds a certificate and a private key that do not belong together", "put the certificate of this very key into the file"))
}

/// 128 random bits in hexadecimal digits, so that no assertion is taken for another.
fn unique() -> Result<String, Error> {
    let mut bytes = [0_u8; 16];
    let provider = ring::default_provider();
    provider.secure_random.fill(&mut bytes).map_err(|_| Error::settings("this system gives no random numbers", "check the system"))?;
    Ok(bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

#[cfg(test)]
mod tests {
    use super::super::testkeys::{self, pem};
    use super::*;
    use proptest::prelude::*;
    use secrecy::ExposeSecret;

    fn noon() -> DateTime<Utc> {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    fn parse(pem: &str) -> Result<Certificate, Error> {
        Certificate::parse(pem.as_bytes(), true, noon())
    }

    fn whole() -> String {
        pem("CERTIFICATE", &testkeys::of_2026()) + &pem("PRIVATE KEY", &testkeys::pkcs8())
    }

    fn parts(jwt: &SecretString) -> (Value, Value, String, Vec<u8>) {
        let parts: Vec<&str> = jwt.expose_secret().split('.').collect();
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
        let json = |text: &str| serde_json::from_slice(&decode(text)).unwrap();
        (json(parts[0]), json(parts[1]), format!("{}.{}", parts[0], parts[1]), decode(parts[2]))
    }

    #[test]
    fn an_assertion_is_signed_by_the_key_of_the_certificate() {
        let chained = pem("CERTIFICATE", &testkeys::certificate(&testkeys::other(), "20200101000000Z", "20400101000000Z"));
        for text in [
            whole(),
            pem("RSA PRIVATE KEY", &testkeys::pkcs1()) + "Bag Attributes\n  x: y\n" + &pem("CERTIFICATE", &testkeys::of_2026()),
            chained + &whole(),
        ] {
            let read = parse(&text).unwrap();
            let (header, claims, signed, signature) = parts(&read.assertion("client", "https://login/t", noon()).unwrap());
            assert!(testkeys::verifies(&testkeys::of_2026(), signed.as_bytes(), &signature));
            assert!(!testkeys::verifies(&testkeys::of_2026(), format!("{signed}x").as_bytes(), &signature));
            assert_eq!(header["alg"], "PS256");
            assert_eq!(header["x5t#S256"], URL_SAFE_NO_PAD.encode(Sha256::digest(testkeys::of_2026())));
            assert_eq!(header["x5c"][0], STANDARD.encode(testkeys::of_2026()));
            assert_eq!((&claims["aud"], &claims["iss"], &claims["sub"]), (&json!("https://login/t"), &json!("client"), &json!("client")));
            assert_eq!((claims["nbf"].as_i64(), claims["exp"].as_i64()), (Some(noon().timestamp()), Some(noon().timestamp() + 600)));
        }
    }

    #[test]
    fn no_two_assertions_are_the_same_and_the_chain_is_sent_on_demand_only() {
        let read = Certificate::parse(whole().as_bytes(), false, noon()).unwrap();
        let number = || parts(&read.assertion("c", "a", noon()).unwrap()).1["jti"].as_str().unwrap().to_owned();
        assert!(number() != number() && number().len() == 32);
        assert_eq!(parts(&read.assertion("c", "a", noon()).unwrap()).0.get("x5c"), None);
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said_with_what_to_do() {
        let certificate = pem("CERTIFICATE", &testkeys::of_2026());
        let key = pem("PRIVATE KEY", &testkeys::pkcs8());
        let dated = |from, to| pem("CERTIFICATE", &testkeys::certificate(&testkeys::first(), from, to)) + &key;
        let short = pem("RSA PRIVATE KEY", &testkeys::pkcs1()[..200]);
        let older = format!("{}Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n", pem("RSA PRIVATE KEY", b"x"));
        for (text, said) in [
            (certificate.clone(), "has no private key"),
            (key.clone(), "has no certificate"),
            (pem("PUBLIC KEY", &testkeys::first()), "neither certificate nor private key"),
            (String::new(), "is not PEM"),
            ("\u{30}\u{7f}\u{2}\u{1}".to_owned(), "PKCS#12"),
            (certificate.clone() + &pem("ENCRYPTED PRIVATE KEY", b"x"), "encrypted private key"),
            (certificate.clone() + &older, "encrypted private key"),
            (certificate.clone() + &pem("EC PRIVATE KEY", b"x"), "not RSA"),
            (certificate.clone() + &pem("PRIVATE KEY", &testkeys::pkcs8_of_a_curve()), "not RSA"),
            (certificate.clone() + &short, "cannot be used"),
            (certificate.clone() + &key + &key, "more than one private key"),
            (pem("CERTIFICATE", b"no certificate") + &key, "cannot be read"),
            (
                pem("CERTIFICATE", &testkeys::certificate(&testkeys::other(), "20260101000000Z", "20270101000000Z")) + &key,
                "belong together",
            ),
            (dated("20250101000000Z", "20261122115959Z"), "has expired: 2026-11-22T11:59:59Z"),
            (dated("20261122120001Z", "20280101000000Z"), "not valid before 2026-11-22T12:00:01Z"),
            (certificate.replace("END", "ENDE") + &key, "certificate"),
        ] {
            let Err(error) = parse(&text) else { panic!("taken: {said}") };
            let shown = error.to_string();
            assert!(matches!(error, Error::Settings { .. }) && shown.contains(said) && shown.contains("\nhint: "), "{said}: {shown}");
            assert!(!shown.contains("MII"), "{shown}");
        }
    }

    #[test]
    fn a_certificate_that_ends_in_a_run_is_said_at_the_renewal() {
        let read = parse(&whole()).unwrap();
        let error = read.assertion("c", "a", "2027-01-01T00:00:01Z".parse().unwrap()).unwrap_err();
        assert!(error.to_string().contains("has expired"), "{error}");
    }

    #[test]
    fn a_path_is_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        for path in [Path::new("hunter2hunter2"), Path::new("-----BEGIN PRIVATE KEY-----\nhunter2"), folder.path()] {
            let error = Certificate::open(path, false, noon()).err().unwrap().to_string();
            assert!(error.contains("cannot be read") && error.contains("\nhint: "), "{error}");
            assert!(!error.contains("hunter2") && !error.contains(&*folder.path().to_string_lossy()), "{error}");
        }
        let file = folder.path().join("both.pem");
        std::fs::write(&file, whole()).unwrap();
        assert!(Certificate::open(&file, false, noon()).is_ok());
        std::fs::write(&file, vec![b'x'; 1 + (1 << 20)]).unwrap();
        assert!(Certificate::open(&file, false, noon()).err().unwrap().to_string().contains("longer"));
    }

    proptest! {
        #[test]
        fn any_file_is_read_without_panic(bytes in any::<Vec<u8>>(), label in "(CERTIFICATE|PRIVATE KEY|RSA PRIVATE KEY|X)") {
            let _ = Certificate::parse(&bytes, true, noon());
            let _ = parse(&(pem(&label, &bytes) + &whole()));
        }
    }
}
