//! What `tests/vectors/dbsc.json` holds. `tests/vectors/README.md` describes it.

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value as Json;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// The configuration that a vector's `server` changes.
    pub server: Json,
    pub device_keys: Vec<DeviceKeyVector>,
    pub tokens: Vec<TokenVector>,
    pub tickets: Vec<TicketVector>,
    pub sessions: Vec<SessionVector>,
    pub calls: Vec<Call>,
}

/// Serialized without what is as by default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    pub ring: Vec<String>,
    pub cookie_name: String,
    pub other_names: Vec<String>,
    /// The first is the configured one.
    pub contexts: Vec<String>,
    pub same_site: String,
    pub absolute_timeout: u64,
    /// `on`, `off-readable`, `off-ended`, or `none`: without device binding.
    pub mode: String,
    pub path: String,
    pub origin: Option<String>,
    pub proof_lifetime: u64,
    pub excluded: Vec<String>,
    pub within: Option<u64>,
}

fn changes<S: Serializer>(server: &Server, serializer: S) -> Result<S::Ok, S::Error> {
    let json = |server: &Server| serde_json::to_value(server).unwrap();
    let (mut changed, default) = (json(server), json(&Server::default()));
    changed.as_object_mut().unwrap().retain(|name, value| *value != default[name]);
    changed.serialize(serializer)
}

fn is_default(server: &Server) -> bool {
    *server == Server::default()
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceKeyVector {
    pub n: u8,
    pub secret: String,
    pub x: String,
    pub y: String,
    pub compressed: String,
    pub thumbprint: String,
    pub id: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenVector {
    pub name: String,
    pub note: String,
    /// The value of `Secure-Session-Response`.
    pub field: String,
    /// `ok`, or `token`.
    pub expect: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// x and y, if the token has a key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<[String; 2]>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketVector {
    pub name: String,
    pub note: String,
    #[serde(default, skip_serializing_if = "is_default", serialize_with = "changes")]
    pub server: Server,
    /// What it is opened for.
    pub purpose: String,
    pub bound: String,
    pub now: u64,
    pub nonce: String,
    pub aad: String,
    pub plaintext: String,
    pub ticket: String,
    /// `ok`, or the reason.
    pub expect: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionVector {
    pub name: String,
    pub note: String,
    #[serde(default, skip_serializing_if = "is_default", serialize_with = "changes")]
    pub server: Server,
    pub now: u64,
    /// `Cookie` fields.
    pub cookies: Vec<String>,
    /// The plaintexts of the sessions among them.
    pub plaintexts: Vec<String>,
    pub expect: String,
    /// `missing`, `late` or `other`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unproven: Option<String>,
    /// When the session was proven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proven_at: Option<u64>,
}

/// A request for an endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    pub name: String,
    pub note: String,
    #[serde(default, skip_serializing_if = "is_default", serialize_with = "changes")]
    pub server: Server,
    pub now: u64,
    pub method: String,
    pub target: String,
    pub fields: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cookies: Vec<String>,
    /// `None`: it is for no endpoint.
    pub answer: Option<Answer>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Answer {
    pub status: u16,
    /// Why the status is 403.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub word: Option<String>,
    /// The id in `Secure-Session-Challenge`, and the end of the challenge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub challenge: Option<(String, u64)>,
    /// The body ends the browser's session.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ends: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// With a `refresh_url` that ends before the sealed key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructions: Option<Json>,
    /// The sealed key in its compressed form, and its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<(String, u64)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
    /// The names of deleted cookies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deleted: Vec<String>,
}

/// The cookie of a proof that an answer sets.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Proof {
    pub name: String,
    /// Of the key that it proves.
    pub id: String,
    pub attributes: String,
    pub max_age: u64,
    /// The end that is sealed.
    pub end: u64,
}
