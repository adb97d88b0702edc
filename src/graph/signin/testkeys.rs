//! A key and certificates for tests, put together at run time so that no file of the project looks like a secret.

use super::x509;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs1KeyDer, alg_id};

/// An RSA key of 2048 bits (PKCS#1), made for these tests and used nowhere else. It stands here because `ring` makes none,
/// and a crate that does would take seconds in each test.
const FIRST: &str = concat!(
    "MIIEpAIBAAKCAQEAkwypr7vG8ku4aoqIvKQ27oBaDcw5zSZulmkoz1rxKFh/F5YaAwGuBGyEOIN5XGu/Xkr48ssNk4eSe5gS6SaJJpyCpRmL2A",
    "n7BO8wWYqX+7sQ/6H0Qdb9/pqIakQ+5PkJ6e6eA1JVRRrWO6jQhi7a4Ohtv/77SEtLusBYquSi5hrAxxn5i/xV7YOxnRGf/RdQUB4mejkxSLn6",
    "ydaCJimAUxvLdkEiVSr88E9/iywaIAe99GQQ6mDnrA0MivbhyoEiVoQjoVqyO5zQwQcbzbUUn+XupnLZybYBZABMxgqZ4g8rX92VJdlY4+XTmX",
    "Hb3dXmDVO37yZRSma6nIRlQVjqJQIDAQABAoIBABRqyC61wFBJEjB8zrJ+jH/+A0LyLb5dzTIGJNvxkRVcgDz6ot7y/0Hu/UbJfnLGJRqHB1zS",
    "s65dvwl5GnsT1iwtw/f/fYrADAHp4gk0tJiHpzsPNhZkLv0IYNN8aU0qhOVds8PbTSqcqM08ycMvw0VCEGb9lM87YSbraQRFXZbcPxiRTvbHSf",
    "wWiuiIPmzJgxfoGkRHZOaOanfedKuoSh7IN8MkCso7YnhendGlWTP/JK3VPofCFDkKHtAE3o6tF2u/Y2wnHixHxAj6YKXjL4xaUB2+HPPwvnmN",
    "mHS/QFNkaJs6SGV2b6c3IZLuTgorGBRZ3zbodUNARWdrJzKFONECgYEAzitd/k+XoXe5TYfd27X6ouTC51ZBzgJw4s882UKFa6e129DQ49TRV8",
    "PL7XYiUSQAo16aM8X0AGNXMmUV1u1Y64sz+96Q5J+2vCxPdxyfWxMwrAjBP32FhW7mX119Zs/k7B8hsE53gGocPjG6locRiSgKsknwOnK78L4U",
    "cXJUvOkCgYEAtpdHINyl8/XwAWOB3cQKS6wOygnaoWFlsMqmIsKOoqDzgJDAd/EsoEWCD2i+lrbk6rPkuJU1jS71aOEA2/M81UY0iZ8vL9NZ95",
    "UkThqMMkh5b3WG4GssPQrx5K1qlEvGkggXJ7xWLllFcmfKJjIs/4W7QYT6x3jifQRjPzOKDd0CgYEAyN8uBDKuLO8GR0jiW0gx+/XhBB5hnQN5",
    "0zJROej7L4nGwXXxoJlgoh8tmJ5qDx6B1Kq+mUT8WEhx07LzlWXJJi2Jp5QRHf+SvkJ55jan+Md4u5UIHAEDT59eq3neTYaup3QpkarR+fbor5",
    "wqDLFq33R4/37UpU3WWVgJeQMJFskCgYBuOyPgzfSONMKhQ/6p8Gk6x/Phu1M3LEKlGaJ0x7ouqjZ3PmxDvODxHSVowhaVjHLk0pfZa5L52gik",
    "OXo4Tz9BjnG3R9fH6rOcyXgygspyrNhLFsvHfkwlyg7AvITkZF7L2ICKJ6RrtM89QzWCG7aYyJaE9pAjjnJFgTmddTL6LQKBgQCv/Mhq8i8YQ0",
    "398HhSPB9TSc40vlByoLdM/ud0aaQI3/KYBi/2QVRDjTaj7yLrm2WF2xwMwJ/WB0fpVyTtgxIk2gbs/mfCvTlTEKBz7x8MP7adydN+q+fDB+PM",
    "HBhSYuD4S9CoSibrZ7ecBFteStnl+06A9Zp8/FMimyywykfjvQ==",
);

/// `rsaEncryption` with its empty parameters, and `sha256WithRSAEncryption`.
const RSA: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
const SHA256_RSA: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00];
/// `id-ecPublicKey` with curve P-256.
const EC: &[u8] = &[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

/// The private key in PKCS#1.
pub(crate) fn pkcs1() -> Vec<u8> {
    STANDARD.decode(FIRST).unwrap()
}

/// The private key in PKCS#8.
pub(crate) fn pkcs8() -> Vec<u8> {
    sequence(&[&[2, 1, 0], &sequence(&[RSA]), &element(4, &pkcs1())])
}

/// Something that says it is a private key on a curve, in PKCS#8.
pub(crate) fn pkcs8_of_a_curve() -> Vec<u8> {
    sequence(&[&[2, 1, 0], &sequence(&[EC]), &element(4, &[0; 32])])
}

/// The public key, as a certificate holds it (`SubjectPublicKeyInfo`).
pub(crate) fn first() -> Vec<u8> {
    let key = PrivateKeyDer::Pkcs1(PrivatePkcs1KeyDer::from(pkcs1()));
    rustls::crypto::ring::sign::any_supported_type(&key).unwrap().public_key().unwrap().to_vec()
}

/// A public key that is not of the private one.
pub(crate) fn other() -> Vec<u8> {
    let mut key = first();
    key[100] ^= 0x55;
    key
}

/// A certificate of a public key that holds between two times, such as `20260101000000Z`. Its own signature is no good,
/// and nobody looks at it.
pub(crate) fn certificate(public_key: &[u8], not_before: &str, not_after: &str) -> Vec<u8> {
    let name = sequence(&[&element(0x31, &sequence(&[&[6, 3, 0x55, 4, 3], &element(12, b"maascan test")]))]);
    let validity = sequence(&[&element(0x18, not_before.as_bytes()), &element(0x18, not_after.as_bytes())]);
    let fields = sequence(&[&[0xa0, 3, 2, 1, 2], &[2, 1, 1], &sequence(&[SHA256_RSA]), &name, &validity, &name, public_key]);
    sequence(&[&fields, &sequence(&[SHA256_RSA]), &element(3, &[0; 257])])
}

/// The certificate of the key that holds in 2026.
pub(crate) fn of_2026() -> Vec<u8> {
    certificate(&first(), "20260101000000Z", "20270101000000Z")
}

/// A section of a PEM file.
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let dashes = "-".repeat(5);
    format!("{dashes}BEGIN {label}{dashes}\n{}\n{dashes}END {label}{dashes}\n", lines.join("\n"))
}

/// Whether `signature` is one of `message` by the key of this certificate, as PS256 asks for (RFC 7518 section 3.5).
pub(crate) fn verifies(certificate: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let key = x509::read(certificate).unwrap().key;
    let provider = default_provider();
    let ps256 = provider.signature_verification_algorithms.all.iter().find(|algorithm| {
        algorithm.signature_alg_id() == alg_id::RSA_PSS_SHA256 && algorithm.public_key_alg_id() == alg_id::RSA_ENCRYPTION
    });
    ps256.unwrap().verify_signature(&key.bits, message, signature).is_ok()
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(0x30, &parts.concat())
}

fn element(tag: u8, contents: &[u8]) -> Vec<u8> {
    let length = u16::try_from(contents.len()).unwrap().to_be_bytes();
    let head = match contents.len() {
        0..=0x7f => vec![tag, length[1]],
        0x80..=0xff => vec![tag, 0x81, length[1]],
        _ => vec![tag, 0x82, length[0], length[1]],
    };
    [head, contents.to_vec()].concat()
}
