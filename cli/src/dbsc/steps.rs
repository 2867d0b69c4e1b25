//! The steps of a check, in a browser's order. The first error ends it, unless the steps behind it
//! mean something nevertheless.

use super::address::Address;
use super::cookies::{Jar, SetCookie};
use super::fields;
use super::http::{self, Method, Response, Trouble};
use super::instructions::Instructions;
use super::key::DeviceKey;
use super::problem::{self, Problem};
use super::report::{Report, Step};
use crate::failure::Failure;
use crate::time::Span;

const REGISTRATION: &str = "Secure-Session-Registration";
const CHALLENGE: &str = "Secure-Session-Challenge";
const RESPONSE: &str = "Secure-Session-Response";
const SESSION_ID: &str = "Sec-Secure-Session-Id";

/// The most redirects from the address that was given to the page.
const REDIRECTS: usize = 5;

pub(super) fn run(url: Address, timeout: Span) -> Result<Report, Failure> {
    if timeout.0 == 0 {
        return Err(Failure::wrong_use("--timeout must be at least a second"));
    }
    let mut check = Check {
        report: Report::of(url.clone()),
        jar: Jar::default(),
        key: DeviceKey::generate()?,
        timeout: timeout.0,
    };
    match check.all(url) {
        Ok(()) | Err(Stop::AtError) => Ok(check.report),
        Err(Stop::Impossible(failure)) => Err(failure),
    }
}

struct Check {
    report: Report,
    jar: Jar,
    key: DeviceKey,
    /// Seconds for each answer.
    timeout: u64,
}

enum Stop {
    /// The report's last line says why.
    AtError,
    Impossible(Failure),
}

/// What the page offers.
struct Offer {
    register: Address,
    challenge: String,
}

impl Check {
    fn all(&mut self, url: Address) -> Result<(), Stop> {
        let (page, response) = self.page(url)?;
        let offer = self.offer(&page, &response)?;
        self.cache(&page, &response, &offer)?;
        let instructions = self.register(&offer)?;
        let challenge = self.challenge(&instructions)?;
        self.refresh(&instructions, &challenge)
    }

    /// Opens the page. A redirect is followed on the same host, unless it has the offer itself.
    fn page(&mut self, url: Address) -> Result<(Address, Response), Stop> {
        let (mut page, mut visited) = (url, Vec::new());
        loop {
            let response = self.visit(&page)?;
            visited.push(format!("GET {page}: {}", response.status));
            let to = match response.status {
                301..=303 | 307 | 308 => response.field("location"),
                _ => None,
            };
            let to = to.filter(|_| response.field(REGISTRATION).is_none());
            let Some(to) = to else {
                return self.arrived(page, response, &visited.join(", then "));
            };
            let next = page.resolve(&to).filter(|next| next.host() == page.host());
            let Some(next) = next.filter(|_| visited.len() <= REDIRECTS) else {
                let shown = to.split('?').next().unwrap_or_default();
                let problem = Problem::page_redirect(&page, response.status, shown);
                return Err(self.error(Step::Page, problem));
            };
            self.keep(&response);
            page = next;
        }
    }

    fn arrived(
        &mut self,
        page: Address,
        response: Response,
        visited: &str,
    ) -> Result<(Address, Response), Stop> {
        if response.status >= 400 {
            return Err(self.error(Step::Page, Problem::page_status(&page, response.status)));
        }
        self.report.ok(Step::Page, visited.to_owned());
        if !page.is_https() {
            self.report.warning(Step::Page, Problem::is_http());
        }
        self.keep(&response);
        Ok((page, response))
    }

    /// Sends the request of somebody who opens the page.
    fn visit(&mut self, page: &Address) -> Result<Response, Stop> {
        let navigation = [
            ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8"),
            ("Sec-Fetch-Site", "none"),
            ("Sec-Fetch-Mode", "navigate"),
            ("Sec-Fetch-User", "?1"),
            ("Sec-Fetch-Dest", "document"),
        ];
        self.send(Step::Page, Method::Get, page, &navigation)
    }

    fn offer(&mut self, page: &Address, response: &Response) -> Result<Offer, Stop> {
        let offer = match response.field(REGISTRATION) {
            Some(field) => read_offer(page, &field).map_err(Problem::changed_offer),
            None => Err(Problem::no_offer(page)),
        };
        match offer {
            Ok(offer) => {
                self.report.ok(Step::Offer, format!("ES256, to register at {}", offer.register));
                Ok(offer)
            }
            Err(problem) => Err(self.error(Step::Offer, problem)),
        }
    }

    /// Checks that no other visitor gets this offer. The steps behind it do not depend on that.
    fn cache(&mut self, page: &Address, response: &Response, offer: &Offer) -> Result<(), Stop> {
        // Another visitor, without cookies.
        let jar = std::mem::take(&mut self.jar);
        let second = self.visit(page);
        self.jar = jar;
        let second = second?;
        let challenge = second
            .field(REGISTRATION)
            .and_then(|field| read_offer(page, &field).ok())
            .map(|offer| offer.challenge);
        let problem = match challenge {
            Some(challenge) if challenge == offer.challenge => Some(Problem::cached_offer(page)),
            None => Some(Problem::no_second_offer(page)),
            Some(_) if !response.is_no_store() => Some(Problem::cacheable(page)),
            Some(_) => None,
        };
        match problem {
            Some(problem) => self.report.error(Step::Cache, problem),
            None => self
                .report
                .ok(Step::Cache, String::from("no-store, and another visitor gets another offer")),
        }
        Ok(())
    }

    fn register(&mut self, offer: &Offer) -> Result<Instructions, Stop> {
        let token = self.key.registration(&offer.challenge);
        let address = &offer.register;
        let response = self.post(Step::Registration, address, &[(RESPONSE, &token)])?;
        if response.status != 200 {
            let problem = Problem::refused(&response, address, 200);
            return Err(self.error(Step::Registration, problem));
        }
        let instructions = Instructions::read(&response, address)
            .map_err(|problem| self.error(Step::Registration, problem))?;
        self.report.ok(Step::Registration, format!("POST {address}: 200"));
        let text = format!("session {}, to refresh at {}", instructions.id, instructions.refresh);
        self.report.ok(Step::Instructions, text);
        self.check_no_store(Step::Instructions, &response, address);
        let proof = self.proof(Step::Proof, &instructions, &response)?;
        let lifetime = proof.max_age.map_or(String::new(), |seconds| format!(", for {seconds} s"));
        let text = format!("{}: {}{lifetime}", proof.name, proof.attributes.describe());
        self.report.ok(Step::Proof, text);
        Ok(instructions)
    }

    /// Asks for a refresh without a token, as every refresh begins. Returns the challenge.
    fn challenge(&mut self, instructions: &Instructions) -> Result<String, Stop> {
        let address = &instructions.refresh;
        let response = self.post(Step::Challenge, address, &[(SESSION_ID, &instructions.id)])?;
        let challenge = match (response.status, problem::word(&response)) {
            (200, _) => Err(match Instructions::read(&response, address) {
                Ok(_) => Problem::refused(&response, address, 403),
                Err(problem) => problem,
            }),
            (403, Some("no-token")) => read_challenge(&response, &instructions.id)
                .ok_or_else(|| Problem::no_challenge(address)),
            _ => Err(Problem::refused(&response, address, 403)),
        };
        let challenge = challenge.map_err(|problem| self.error(Step::Challenge, problem))?;
        self.report.ok(Step::Challenge, format!("POST {address} without a token: 403"));
        self.check_no_store(Step::Challenge, &response, address);
        Ok(challenge)
    }

    fn refresh(&mut self, instructions: &Instructions, challenge: &str) -> Result<(), Stop> {
        let (address, token) = (&instructions.refresh, self.key.refresh(challenge));
        let fields = [(SESSION_ID, &*instructions.id), (RESPONSE, &token)];
        let response = self.post(Step::Refresh, address, &fields)?;
        let refreshed = if response.status == 200 {
            Instructions::read(&response, address)
        } else {
            Err(Problem::refused(&response, address, 200))
        };
        let refreshed = refreshed.map_err(|problem| self.error(Step::Refresh, problem))?;
        if refreshed.id != instructions.id {
            return Err(self.error(Step::Refresh, Problem::other_id(address)));
        }
        self.proof(Step::Refresh, &refreshed, &response)?;
        self.report.ok(Step::Refresh, format!("POST {address} with a token: 200, a new proof"));
        self.check_no_store(Step::Refresh, &response, address);
        Ok(())
    }

    fn proof(
        &mut self,
        step: Step,
        instructions: &Instructions,
        response: &Response,
    ) -> Result<SetCookie, Stop> {
        self.keep(response);
        instructions.proof(response).map_err(|problem| self.error(step, problem))
    }

    fn check_no_store(&mut self, step: Step, response: &Response, address: &Address) {
        if !response.is_no_store() {
            self.report.error(step, Problem::cacheable(address));
        }
    }

    /// Sends what Chromium sends to an endpoint, beside `fields`.
    fn post(
        &mut self,
        step: Step,
        address: &Address,
        fields: &[(&str, &str)],
    ) -> Result<Response, Stop> {
        let origin = address.origin();
        let own = [
            ("Origin", &*origin),
            ("Sec-Fetch-Site", "same-origin"),
            ("Sec-Fetch-Mode", "no-cors"),
            ("Sec-Fetch-Dest", "empty"),
        ];
        self.send(step, Method::Post, address, &[&own, fields].concat())
    }

    fn send(
        &mut self,
        step: Step,
        method: Method,
        address: &Address,
        fields: &[(&str, &str)],
    ) -> Result<Response, Stop> {
        let cookies = self.jar.field(address);
        let mut fields = fields.to_vec();
        fields.extend(cookies.as_deref().map(|cookies| ("Cookie", cookies)));
        http::send(method, address, &fields, self.timeout).map_err(|trouble| match trouble {
            Trouble::NoCurl(failure) => Stop::Impossible(failure),
            Trouble::Failed(code, message) => {
                let problem = Problem::no_answer(address, code, &message, self.timeout);
                self.error(step, problem)
            }
        })
    }

    fn keep(&mut self, response: &Response) {
        for cookie in response.cookies() {
            self.jar.keep(cookie);
        }
    }

    fn error(&mut self, step: Step, problem: Problem) -> Stop {
        self.report.error(step, problem);
        Stop::AtError
    }
}

/// Reads the first offer that a browser can take. The error says why there is none.
fn read_offer(page: &Address, field: &str) -> Result<Offer, &'static str> {
    let offers = fields::list(field).ok_or("it does not follow the grammar of the field")?;
    let has_es256 = |offer: &&fields::Member| offer.items.iter().any(|item| item == "ES256");
    let offer = offers.iter().find(has_es256).ok_or("it does not offer ES256")?;
    let path = offer.parameter("path").ok_or("it has no path")?;
    let challenge = offer.parameter("challenge").ok_or("it has no challenge")?;
    let register = page.resolve(path).filter(|register| register.origin() == page.origin());
    let register = register.ok_or("its path leads to another origin")?;
    Ok(Offer { register, challenge: challenge.to_owned() })
}

fn read_challenge(response: &Response, id: &str) -> Option<String> {
    let challenges = fields::list(&response.field(CHALLENGE)?)?;
    let ours = challenges.into_iter().find(|challenge| challenge.parameter("id") == Some(id))?;
    ours.items.into_iter().next().filter(|challenge| !challenge.is_empty())
}
