//! How many bytes of cookies pass an address: one question, and the search for the largest number.

use crate::client::{Address, Outcome};
use crate::site::{cookie_name, text};

/// More than any session takes, and as much as is tried.
pub const MOST: usize = 65_536;
/// Bytes of one cookie's line, by default.
const LINE: usize = 4093;
/// Bytes of one cookie that comes back, about.
const PAIR: usize = 4000;

/// What is sent through a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A response with one `Set-Cookie` line.
    OneLine,
    /// A response with `Set-Cookie` lines of the default length.
    Lines,
    /// A request with one cookie. In HTTP/1.1 it stands for several: they are one field.
    OneCookie,
    /// A request with cookies of the default length.
    Cookies,
}

/// Sends so many bytes of `Set-Cookie` lines, or of a `Cookie` field.
///
/// # Panics
/// If the response is not what was sent, although it is a success.
pub async fn send(address: Address, way: Way, bytes: usize) -> Outcome {
    match way {
        Way::OneLine | Way::Lines => {
            let lines = split(bytes, if way == Way::OneLine { bytes } else { LINE }, 0);
            let list: Vec<_> = lines.iter().map(usize::to_string).collect();
            let answer = address.get(&format!("/raw/out?lines={}", list.join(",")), &[]).await;
            if answer.outcome.passed() {
                let lengths: Vec<_> = answer.lines().iter().map(String::len).collect();
                assert_eq!(lengths, lines);
            }
            answer.outcome
        }
        Way::OneCookie | Way::Cookies => {
            let pairs = split(bytes, if way == Way::OneCookie { bytes } else { PAIR }, 2);
            let pairs = pairs.into_iter().enumerate().map(|(index, length)| {
                let name = cookie_name(index);
                format!("{name}={}", text(length - name.len() - 1))
            });
            let answer = address.get("/raw/in", &pairs.collect::<Vec<_>>()).await;
            if answer.outcome.passed() {
                assert_eq!(answer.body, bytes.to_string());
            }
            answer.outcome
        }
    }
}

/// The largest number of bytes that passes, up to [`MOST`], and what comes back for 100 bytes more.
/// Not for one byte more: nginx cuts off a response whose head fills its buffer exactly.
pub async fn largest(address: Address, way: Way) -> (usize, Option<Outcome>) {
    if send(address, way, MOST).await.passed() {
        return (MOST, None);
    }
    let (mut passes, mut fails) = (1000, MOST);
    assert!(send(address, way, passes).await.passed());
    while fails - passes > 1 {
        let middle = usize::midpoint(passes, fails);
        if send(address, way, middle).await.passed() {
            passes = middle;
        } else {
            fails = middle;
        }
    }
    (passes, Some(send(address, way, passes + 100).await))
}

/// Parts of at most `part` bytes and of at least 200, with `joint` bytes between two.
fn split(bytes: usize, part: usize, joint: usize) -> Vec<usize> {
    let mut parts = vec![];
    let mut left = bytes;
    while left > part {
        // The rest must have room for a name and attributes.
        let this = part.min(left - joint - 200);
        parts.push(this);
        left -= this + joint;
    }
    parts.push(left);
    parts
}
