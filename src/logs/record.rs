//! One record of MicrosoftGraphActivityLogs, whatever wrote it: the storage export (members in camelCase under `properties`),
//! Log Analytics (PascalCase, flat), either with numbers as text or text as numbers (facts/graph.md section 5).
//!
//! A member of `properties` goes before one of the same name outside; of two in one object the first that is not empty counts.
//! Names are compared as they are written: no writer of these logs escapes a letter of a name, and a line with such a name
//! simply lacks the member.

use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::fmt;

/// The members that are looked at, as text. Empty and null are None.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Fields<'a> {
    values: [Option<Cow<'a, str>>; Field::COUNT],
}

/// A member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// `category`, or `Type` in Log Analytics.
    Category,
    /// `requestMethod`.
    Method,
    /// `requestUri`.
    Uri,
    /// `responseStatusCode`; outside of `properties` the storage export has it as `resultSignature`.
    Status,
    /// `appId`.
    App,
    /// `servicePrincipalId`.
    ServicePrincipal,
    /// `userId`.
    User,
    /// `C_Idtyp`: app or user; in blobs and event hubs only.
    TokenKind,
    /// `requestId`.
    RequestId,
    /// `timeGenerated`, and `time` outside of `properties`.
    Time,
    /// `clientAuthMethod`.
    AuthMethod,
    /// `ipAddress`, and `callerIpAddress` outside of `properties`.
    Address,
    /// `userAgent`.
    UserAgent,
}

impl Field {
    const COUNT: usize = Self::UserAgent as usize + 1;

    /// The member of a name, in the two spellings that writers have.
    pub(super) fn of(name: &str) -> Option<Self> {
        // By the first letter, since most names are none of these.
        Some(match name.as_bytes().first()? {
            b'a' | b'A' if matches!(name, "appId" | "AppId") => Self::App,
            b'c' | b'C' => match name {
                "category" | "Category" => Self::Category,
                "clientAuthMethod" | "ClientAuthMethod" => Self::AuthMethod,
                "callerIpAddress" | "CallerIpAddress" => Self::Address,
                "C_Idtyp" | "c_Idtyp" | "c_idtyp" => Self::TokenKind,
                _ => return None,
            },
            b'i' | b'I' if matches!(name, "ipAddress" | "IpAddress" | "IPAddress") => Self::Address,
            b'r' | b'R' => match name {
                "requestMethod" | "RequestMethod" => Self::Method,
                "requestUri" | "RequestUri" => Self::Uri,
                "requestId" | "RequestId" => Self::RequestId,
                "responseStatusCode" | "ResponseStatusCode" | "resultSignature" | "ResultSignature" => Self::Status,
                _ => return None,
            },
            b's' | b'S' if matches!(name, "servicePrincipalId" | "ServicePrincipalId") => Self::ServicePrincipal,
            b't' | b'T' => match name {
                "timeGenerated" | "TimeGenerated" | "time" | "Time" => Self::Time,
                "Type" => Self::Category,
                _ => return None,
            },
            b'u' | b'U' => match name {
                "userId" | "UserId" => Self::User,
                "userAgent" | "UserAgent" => Self::UserAgent,
                _ => return None,
            },
            _ => return None,
        })
    }
}

impl<'a> Fields<'a> {
    pub(super) fn get(&self, field: Field) -> Option<&str> {
        self.values.get(field as usize).and_then(Option::as_deref)
    }

    /// Sets a member that has no value yet. Space around a value does not count.
    pub(super) fn set(&mut self, field: Field, value: Cow<'a, str>) {
        let Some(place) = self.values.get_mut(field as usize) else { return };
        // Nearly every value begins and ends with a letter or a digit.
        let edges = (value.as_bytes().first(), value.as_bytes().last());
        let bare = matches!(edges, (Some(b'!'..=b'~'), Some(b'!'..=b'~')));
        if place.is_none() && (bare || !value.trim().is_empty()) {
            *place = Some(if bare { value } else { trimmed(value) });
        }
    }

    /// Takes from another what is missing here.
    pub(super) fn complete(&mut self, other: Self) {
        for (mine, others) in self.values.iter_mut().zip(other.values) {
            if mine.is_none() {
                *mine = others;
            }
        }
    }
}

fn trimmed(value: Cow<'_, str>) -> Cow<'_, str> {
    match value {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) if text.trim().len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}

/// Takes each record of one JSON value: an object that is a record, one with `records`, or an array of either.
pub(super) struct Records<'f, F> {
    each: &'f mut F,
    names: Names,
    /// Objects and arrays around this one; records lie at most this deep.
    depth: u8,
}

/// Deepest nesting of arrays and `records` around a record.
const DEEPEST: u8 = 4;

impl<'f, F> Records<'f, F> {
    /// Records of a text in memory.
    pub(super) fn in_memory(each: &'f mut F) -> Self {
        Self { each, names: Names::AsWritten, depth: 0 }
    }

    /// Records of a stream, whose names come decoded.
    pub(super) fn of_stream(each: &'f mut F) -> Self {
        Self { each, names: Names::Decoded, depth: 0 }
    }

    /// Those one level deeper.
    fn deeper(&mut self) -> Records<'_, F> {
        Records { each: &mut *self.each, names: self.names, depth: self.depth + 1 }
    }
}

/// Reads one line, or any text of one JSON value, and gives each record in it to `each`.
///
/// # Errors
/// Text that is no JSON.
pub(super) fn read<'a>(text: &'a str, mut each: impl FnMut(Fields<'a>)) -> Result<(), serde_json::Error> {
    let mut json = serde_json::Deserializer::from_str(text);
    Records::in_memory(&mut each).deserialize(&mut json)?;
    json.end()
}

impl<'de, F: FnMut(Fields<'de>)> DeserializeSeed<'de> for Records<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de, F: FnMut(Fields<'de>)> Visitor<'de> for Records<'_, F> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a log record, or an array of them")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut sequence: A) -> Result<(), A::Error> {
        if self.depth >= DEEPEST {
            return Err(de::Error::custom("nested too deep"));
        }
        while sequence.next_element_seed(self.deeper())?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let (mut inner, mut outer) = (Fields::default(), Fields::default());
        let mut wrapper = false;
        while let Some(name) = map.next_key_seed(self.names)? {
            match name {
                Name::Field(field) => {
                    let value: Scalar<'de> = map.next_value()?;
                    outer.set(field, value.0);
                }
                Name::Properties => map.next_value_seed(Properties(&mut inner, self.names))?,
                Name::Records if self.depth < DEEPEST => {
                    wrapper = true;
                    map.next_value_seed(self.deeper())?;
                }
                Name::Records | Name::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if !wrapper {
            inner.complete(outer);
            (self.each)(inner);
        }
        Ok(())
    }
}

/// A member's name.
enum Name {
    Field(Field),
    Properties,
    Records,
    Other,
}

/// How names are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    /// As they are written: one with escapes is none of ours. The search of bytes in lines relies on it.
    AsWritten,
    /// After escapes were undone, since a stream keeps nothing of how they were written.
    Decoded,
}

impl<'de> DeserializeSeed<'de> for Names {
    type Value = Name;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Name, D::Error> {
        json.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Names {
    type Value = Name;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a name")
    }

    /// Text in memory, without escapes.
    fn visit_borrowed_str<E: de::Error>(self, name: &'de str) -> Result<Name, E> {
        Ok(Name::of(name))
    }

    /// Text with escapes, or of a stream.
    fn visit_str<E: de::Error>(self, name: &str) -> Result<Name, E> {
        Ok(if self == Self::Decoded { Name::of(name) } else { Name::Other })
    }
}

impl Name {
    fn of(name: &str) -> Self {
        match (name, Field::of(name)) {
            (_, Some(field)) => Self::Field(field),
            ("properties" | "Properties", None) => Self::Properties,
            ("records" | "Records", None) => Self::Records,
            _ => Self::Other,
        }
    }
}

/// The object under `properties`; anything else there is passed over.
struct Properties<'p, 'a>(&'p mut Fields<'a>, Names);

impl<'de> DeserializeSeed<'de> for Properties<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Properties<'_, 'de> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("properties")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key_seed(self.1)? {
            if let Name::Field(field) = name {
                let value: Scalar<'de> = map.next_value()?;
                self.0.set(field, value.0);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<(), A::Error> {
        while sequence.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
}

/// A value as text: text as it is, numbers and booleans as they are written, all else empty.
pub(super) struct Scalar<'a>(pub(super) Cow<'a, str>);

impl<'de> Deserialize<'de> for Scalar<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Scalar<'de>, E> {
        Ok(Scalar(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Scalar<'de>, E> {
        Ok(Scalar(Cow::Owned(text.to_owned())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Scalar<'de>, E> {
        Ok(Scalar(Cow::Owned(number.to_string())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Scalar<'de>, E> {
        Ok(Scalar(Cow::Owned(number.to_string())))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Scalar<'de>, E> {
        Ok(Scalar(Cow::Owned(number.to_string())))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Scalar<'de>, E> {
        Ok(Scalar(Cow::Borrowed(if value { "true" } else { "false" })))
    }

    fn visit_unit<E>(self) -> Result<Scalar<'de>, E> {
        Ok(Scalar(Cow::Borrowed("")))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Scalar<'de>, A::Error> {
        while sequence.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar(Cow::Borrowed("")))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar<'de>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar(Cow::Borrowed("")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<Fields<'_>> {
        let mut found = Vec::new();
        read(text, |fields| found.push(fields)).unwrap();
        found
    }

    #[test]
    fn both_spellings_and_mixed_types_are_read() {
        let storage = r#"{"time":"T1","category":"C","callerIpAddress":"10.0.0.1","properties":{"requestMethod":"POST","responseStatusCode":"201",
            "requestUri":"u\u0026v","clientAuthMethod":"2","userId":null,"appId":"a","timeGenerated":"T2"}}"#;
        let analytics = r#"{"TimeGenerated":"T2","Type":"C","RequestMethod":"POST","ResponseStatusCode":201,"RequestUri":"u&v",
            "ClientAuthMethod":2,"UserId":"","AppId":"a","IPAddress":"10.0.0.1"}"#;
        let (storage, analytics) = (all(storage), all(analytics));
        assert_eq!(storage, analytics);
        assert_eq!(storage[0].get(Field::Status), Some("201"));
        assert_eq!(storage[0].get(Field::Uri), Some("u&v"));
        assert_eq!(storage[0].get(Field::User), None);
    }

    #[test]
    fn arrays_and_wrapped_records_are_opened() {
        let texts = [
            r#"[{"appId":"a"},{"appId":"b"}]"#,
            r#"{"records":[{"appId":"a"},{"appId":"b"}]}"#,
            r#"[{"records":[{"appId":"a"}]},{"records":[{"appId":"b"}]}]"#,
        ];
        for text in texts {
            let found: Vec<String> = all(text).iter().map(|fields| fields.get(Field::App).unwrap().to_owned()).collect();
            assert_eq!(found, ["a", "b"], "{text}");
        }
    }

    #[test]
    fn odd_values_are_passed_over_and_no_json_is_refused() {
        let fields = all(r#"{"appId":{"x":[1]},"userId":[1,2],"properties":"text","responseStatusCode":204.0}"#);
        assert_eq!((fields[0].get(Field::App), fields[0].get(Field::User)), (None, None));
        for text in ["", "{", "{}x", "7", "\"x\"", "[[[[[[{}]]]]]]"] {
            assert!(read(text, |_| {}).is_err(), "{text}");
        }
    }

    #[test]
    fn a_name_with_escapes_is_none_of_ours() {
        assert_eq!(all(r#"{"\u0061ppId":"a"}"#)[0].get(Field::App), None);
    }
}
