//! The session instructions: the JSON that answers a registration or a refresh. It tells the browser
//! where to refresh, which cookie to wait for, and on which requests.
//!
//! Every answer has all of them, so a changed configuration reaches every browser with its next
//! refresh. No text in them needs an escape: `DeviceBound::parse` checks the paths.

use crate::dbsc::device::Device;
use crate::dbsc::key::Thumbprint;

impl Device {
    /// Returns the instructions. `refresh_url` carries the sealed key.
    pub(super) fn instructions(&self, thumbprint: Thumbprint, refresh_url: &str) -> String {
        let (id, name) = (thumbprint.id(), self.proof_name(thumbprint));
        let attributes = self.attributes.write();
        let attributes = attributes.trim_start_matches("; ");
        let excluded: Vec<String> = self.excluded.iter().map(|path| exclusion(path)).collect();
        let excluded = match &*excluded {
            [] => String::new(),
            rules => format!(r#","scope_specification":[{}]"#, rules.join(",")),
        };
        // A link from another site starts a request whose proof may have ended, and so does a link
        // from another subdomain. Without `allowed_refresh_initiators` the browser would not
        // refresh first. Nothing is refreshed for a request that would not carry the cookie.
        format!(
            r#"{{"session_identifier":"{id}","refresh_url":"{refresh_url}","scope":{{"include_site":false{excluded}}},"credentials":[{{"type":"cookie","name":"{name}","attributes":"{attributes}"}}],"allowed_refresh_initiators":["*"]}}"#
        )
    }
}

fn exclusion(path: &str) -> String {
    format!(r#"{{"type":"exclude","domain":"*","path":"{path}"}}"#)
}

/// Returns the instruction to end a DBSC session.
pub(super) fn end(id: Option<&str>) -> String {
    match id {
        Some(id) => format!(r#"{{"session_identifier":"{id}","continue":false}}"#),
        None => r#"{"continue":false}"#.to_owned(),
    }
}
