//! What a handler does with its session, as the path of the request says: steps such as
//! `user=7,push=3,read`, one after the other. The same for every framework, so that a check differs
//! between two of them only where they do.

use crate::contract::{Basket, Contract, Visit};
use sealed_session::dbsc::DeviceBinding;
use sealed_session::{Expiry, Level, Session, SessionError};
use std::time::Duration;

/// What a handler answers with.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    /// A line for each step that has something to say.
    pub body: String,
}

/// Runs the steps. An `Err` is for the framework to make a response of.
///
/// | step | does |
/// | --- | --- |
/// | `nothing` | does not touch the session |
/// | `read`, `id`, `expires`, `status`, `size` | says it |
/// | `user=N`, `push=N`, `fill=N`, `same`, `empty` | one `update`: the user, an article, N letters of text, no change, the default |
/// | `set=N` | `set`: a whole new value, of user N |
/// | `renew`, `purge`, `no-refresh` | the methods of those names |
/// | `browser-session`, `idle=N` | `set_expiry` |
/// | `flash=TEXT`, `flashes` | leaves a message, takes those that wait |
/// | `basket=N` | adds N to the other session, and says what it holds |
/// | `basket-fill=N`, `basket-note` | puts N letters of text into the other session, says how many it has |
/// | `offer` | `offer_binding` |
/// | `binding`, `require-binding` | says whether the session is bound to the device, refuses one that is not |
/// | `keep` | keeps a handle for `/control/kept=…` |
/// | `answer=N`, `header=NAME:VALUE` | the response's status, a field of it (`+` stands for a comma and a space) |
/// | `error=WORD` | the handler errs: `cross-site`, `unreadable`, `too-large` |
pub fn on(
    steps: &str,
    visit: &Session<Visit>,
    basket: Option<&Session<Basket>>,
    contract: &Contract,
) -> Result<Reply, SessionError> {
    let mut reply = Reply { status: 200, headers: Vec::new(), body: String::new() };
    for step in steps.split(',') {
        let (what, value) = step.split_once('=').unwrap_or((step, ""));
        let number: u32 = value.parse().unwrap_or(0);
        let said = match what {
            "nothing" => None,
            "read" => Some(visit.read(|visit| {
                format!("user {:?} cart {:?} note {}", visit.user, visit.cart, visit.note.len())
            })),
            "id" => Some(format!("{:?}", visit.id().map(|id| id.to_string()))),
            "expires" => Some(visit.info().expires_in().as_secs().to_string()),
            "status" => Some(format!("{:?}", visit.load_status())),
            "size" => Some(visit.size().to_string()),
            "user" => visit.update(|visit| visit.user = Some(number.into())).map(|()| None)?,
            "push" => visit.update(|visit| visit.cart.push(number)).map(|()| None)?,
            "fill" => {
                visit.update(|visit| visit.note = "x".repeat(number as usize)).map(|()| None)?
            }
            "same" => visit.update(|visit| visit.user = visit.user.take()).map(|()| None)?,
            "empty" => visit.update(|visit| *visit = Visit::default()).map(|()| None)?,
            "set" => {
                visit.set(Visit { user: Some(number.into()), ..Visit::default() }).map(|()| None)?
            }
            "renew" => visit.renew().map(|()| None)?,
            "purge" => visit.purge().map(|()| None)?,
            "no-refresh" => {
                visit.skip_refresh();
                None
            }
            "browser-session" => visit.set_expiry(Expiry::BrowserSession).map(|()| None)?,
            "idle" => {
                visit.set_expiry(Expiry::Idle(Duration::from_secs(number.into()))).map(|()| None)?
            }
            "flash" => visit.flash(Level::SUCCESS, value).map(|()| None)?,
            "flashes" => {
                let texts: Vec<String> =
                    visit.take_flashes()?.into_iter().map(|flash| flash.text).collect();
                Some(texts.join(" "))
            }
            "basket" => match basket {
                Some(basket) => Some(basket.update(|basket| {
                    basket.items += number;
                    format!("basket {}", basket.items)
                })?),
                None => Some(String::from("no basket")),
            },
            "basket-fill" => match basket {
                Some(basket) => {
                    let note = "x".repeat(number as usize);
                    basket.update(|basket| basket.note = note).map(|()| None)?
                }
                None => Some(String::from("no basket")),
            },
            "basket-note" => {
                basket.map(|basket| basket.read(|basket| format!("note {}", basket.note.len())))
            }
            "offer" => {
                visit.offer_binding();
                None
            }
            "binding" => Some(match visit.binding() {
                DeviceBinding::Bound { .. } => String::from("Bound"),
                other => format!("{other:?}"),
            }),
            "require-binding" => visit.require_binding().map(|()| None)?,
            "keep" => {
                contract.keep(visit);
                None
            }
            "answer" => {
                reply.status = u16::try_from(number).unwrap_or(0);
                None
            }
            "header" => {
                let (name, value) = value.split_once(':').unwrap_or((value, ""));
                reply.headers.push((name.to_owned(), value.replace('+', ", ")));
                None
            }
            "error" => {
                return Err(match value {
                    "cross-site" => SessionError::CrossSite,
                    "unreadable" => SessionError::Unreadable,
                    _ => SessionError::TooLarge { needed: 5000, allowed: 4093, largest: None },
                });
            }
            _ => Some(format!("no such step: {step}")),
        };
        if let Some(said) = said {
            reply.body += &said;
            reply.body.push('\n');
        }
    }
    Ok(reply)
}

/// As [`on`], where no response can be made of an error any more.
pub fn said(steps: &str, visit: &Session<Visit>, contract: &Contract) -> String {
    on(steps, visit, None, contract).map_or_else(|error| format!("{error:?}\n"), |reply| reply.body)
}
