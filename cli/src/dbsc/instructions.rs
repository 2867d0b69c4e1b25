//! The session instructions: the JSON that answers a registration or a refresh, as far as a browser
//! needs it to wait for a cookie and to refresh it.

use super::address::Address;
use super::cookies::{Attributes, SetCookie, attributes};
use super::http::Response;
use super::problem::Problem;
use serde_json::Value;

pub(super) struct Instructions {
    pub(super) id: String,
    pub(super) refresh: Address,
    cookie: String,
    attributes: Attributes,
}

impl Instructions {
    /// Reads the answer of the endpoint at `address`.
    pub(super) fn read(response: &Response, address: &Address) -> Result<Self, Problem> {
        let json: Value = serde_json::from_str(&response.body).unwrap_or_default();
        if !json.is_object() {
            return Err(Problem::no_route(
                address,
                "answers 200 with something else than JSON instructions",
            ));
        }
        if json["continue"] == false {
            return Err(Problem::ended(address));
        }
        Self::parse(&json, address).ok_or_else(|| Problem::no_instructions(address))
    }

    fn parse(json: &Value, address: &Address) -> Option<Self> {
        let credential = &json["credentials"][0];
        if credential["type"] != "cookie" || !json["scope"]["include_site"].is_boolean() {
            return None;
        }
        let refresh = address.resolve(json["refresh_url"].as_str()?)?;
        Some(Self {
            id: json["session_identifier"].as_str()?.to_owned(),
            refresh: Some(refresh).filter(|refresh| refresh.origin() == address.origin())?,
            cookie: credential["name"].as_str()?.to_owned(),
            attributes: attributes(credential["attributes"].as_str()?).0,
        })
    }

    /// Returns the cookie that the browser waits for.
    pub(super) fn proof(&self, response: &Response) -> Result<SetCookie, Problem> {
        let mut cookies = response.cookies().into_iter();
        let Some(found) = cookies.rfind(|cookie| cookie.name == self.cookie) else {
            return Err(Problem::no_cookie(&self.cookie));
        };
        if found.attributes != self.attributes {
            return Err(Problem::changed_cookie(
                &self.cookie,
                &found.attributes.describe(),
                &self.attributes.describe(),
            ));
        }
        if found.max_age.is_none() {
            return Err(Problem::cookie_without_end(&self.cookie));
        }
        Ok(found)
    }
}
