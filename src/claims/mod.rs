//! The claims: what each session carries besides the application's data, and their bytes. The
//! format is postcard's, read strictly: each number has one valid encoding, and nothing unknown is
//! accepted.
//!
//! ```text
//! flags       1 byte: 01 compressed, 02 extensions, 04 padding; any other bit is `unknown-form`
//! issued      varint u64   Unix seconds
//! age         varint u64   issued − created
//! id          0 | 1 ‖ 16 bytes
//! expiry      0 Default | 1 BrowserSession | 2 Idle ‖ varint u64 | 3 At ‖ varint u64
//! flashes     varint n ‖ n × (level 1 byte ‖ varint length ‖ UTF-8)
//! shape       4 bytes
//! extensions  with flag 02: see `extensions`
//! data        the rest; with flag 01, as a DEFLATE stream
//! padding     with flag 04: 80, and zero or more 00 (ISO/IEC 7816-4)
//! ```

pub(crate) mod extensions;
pub(crate) mod flash;
pub(crate) mod id;
pub(crate) mod info;
pub(crate) mod lifetime;
pub(crate) mod ticket;

use crate::claims::extensions::Extensions;
use crate::claims::flash::{Flash, Level};
use crate::clock::unix_time::UnixTime;
use crate::error::Reason;

/// The data are compressed.
const COMPRESSED: u8 = 0x01;
/// Extensions follow the claims.
const EXTENDED: u8 = 0x02;
/// Padding follows the data.
const PADDED: u8 = 0x04;
/// The flags that this build reads.
const KNOWN: u8 = EXTENDED | PADDED | if cfg!(feature = "compression") { COMPRESSED } else { 0 };
/// The shortest plaintext: flags, five one-byte claims, shape.
pub(crate) const MIN_LEN: usize = 1 + 5 + 4;
/// The longest varint of a u64.
const VARINT_MAX: usize = 10;

/// How the data of a plaintext are sealed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) compressed: bool,
    pub(crate) padded: bool,
}

impl Form {
    /// Returns the flags, without that of extensions.
    fn flags(self) -> u8 {
        let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
        flag(self.compressed, COMPRESSED) | flag(self.padded, PADDED)
    }

    /// Reads the flags. Returns also whether extensions follow the claims.
    fn read(rest: &mut Reader<'_>) -> Result<(Self, bool), Reason> {
        let flags = rest.byte()?;
        if flags & !KNOWN != 0 {
            return Err(Reason::UnknownForm);
        }
        let form = Self { compressed: flags & COMPRESSED != 0, padded: flags & PADDED != 0 };
        Ok((form, flags & EXTENDED != 0))
    }
}

/// How a session ends, as sealed. Times are in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SealedExpiry {
    Default,
    BrowserSession,
    Idle(u64),
    At(UnixTime),
}

/// What a session carries beside the data.
#[derive(Clone, Debug)]
pub(crate) struct Claims {
    pub(crate) stamps: Stamps,
    pub(crate) content: Content,
    /// The shape of the data.
    pub(crate) shape: [u8; 4],
}

/// The times of a session, in seconds. A refresh moves them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamps {
    pub(crate) issued: UnixTime,
    /// `issued` − created.
    pub(crate) age: u64,
}

/// Everything that only the application changes. A session whose content differs from the one that
/// came is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) id: Option<[u8; 16]>,
    pub(crate) expiry: SealedExpiry,
    pub(crate) flashes: Vec<Flash>,
    pub(crate) extensions: Extensions,
}

impl Stamps {
    /// Returns the stamps of a session that is created now and issued no earlier than `issued`.
    pub(crate) fn new(now: UnixTime, issued: UnixTime) -> Self {
        let issued = now.max(issued);
        Self { issued, age: issued.since(now) }
    }

    pub(crate) fn created(self) -> UnixTime {
        self.issued.minus(self.age)
    }

    /// Returns the stamps of the same session in a cookie that is issued at `now`. The time of
    /// issue is never before that of a cookie that the visitor may hold already.
    pub(crate) fn reissue(self, now: UnixTime) -> Self {
        let issued = self.issued.max(now);
        Self { issued, age: issued.since(self.created()) }
    }
}

impl Content {
    /// Returns how many bytes the flash messages take, without their number.
    pub(crate) fn flashes_len(&self) -> usize {
        let len = |flash: &Flash| 1 + varint_len(flash.text.len() as u64) + flash.text.len();
        self.flashes.iter().map(len).sum()
    }
}

impl Claims {
    /// Returns the claims of a new session.
    pub(crate) fn new(stamps: Stamps, expiry: SealedExpiry, shape: [u8; 4]) -> Self {
        let extensions = Extensions::default();
        let content = Content { id: None, expiry, flashes: Vec::new(), extensions };
        Self { stamps, content, shape }
    }

    /// Returns the claims of a cookie that is issued at `now`.
    pub(crate) fn reissue(&self, now: UnixTime) -> Self {
        Self { stamps: self.stamps.reissue(now), ..self.clone() }
    }

    /// Appends flags, claims and extensions: all that comes before the data.
    pub(crate) fn encode(&self, form: Form, out: &mut Vec<u8>) {
        let Content { id, expiry, flashes, extensions } = &self.content;
        out.push(form.flags() | if extensions.is_empty() { 0 } else { EXTENDED });
        push_varint(out, self.stamps.issued.as_secs());
        push_varint(out, self.stamps.age);
        match id {
            None => out.push(0),
            Some(id) => {
                out.push(1);
                out.extend_from_slice(id);
            }
        }
        match *expiry {
            SealedExpiry::Default => out.push(0),
            SealedExpiry::BrowserSession => out.push(1),
            SealedExpiry::Idle(seconds) => {
                out.push(2);
                push_varint(out, seconds);
            }
            SealedExpiry::At(time) => {
                out.push(3);
                push_varint(out, time.as_secs());
            }
        }
        push_varint(out, flashes.len() as u64);
        for flash in flashes {
            out.push(flash.level.0);
            push_varint(out, flash.text.len() as u64);
            out.extend_from_slice(flash.text.as_bytes());
        }
        out.extend_from_slice(&self.shape);
        extensions.encode(out);
    }

    /// Returns how many bytes `encode` would write.
    pub(crate) fn encoded_len(&self) -> usize {
        self.encoded_len_at(self.stamps)
    }

    /// Returns how many bytes `encode` would write with other stamps.
    pub(crate) fn encoded_len_at(&self, stamps: Stamps) -> usize {
        let Content { id, expiry, flashes, extensions } = &self.content;
        let flashes_len = self.content.flashes_len();
        let expiry = match *expiry {
            SealedExpiry::Default | SealedExpiry::BrowserSession => 0,
            SealedExpiry::Idle(seconds) => varint_len(seconds),
            SealedExpiry::At(time) => varint_len(time.as_secs()),
        };
        1 + varint_len(stamps.issued.as_secs())
            + varint_len(stamps.age)
            + 1
            + id.map_or(0, |id| id.len())
            + 1
            + expiry
            + varint_len(flashes.len() as u64)
            + flashes_len
            + self.shape.len()
            + extensions.encoded_len()
    }

    /// Returns the claims of a plaintext, where its data begin, and their form. Reports the first
    /// fault in the order of the bytes. `knows_bindings`: the reader knows sessions that are bound to
    /// a device.
    pub(crate) fn decode(
        plaintext: &[u8],
        knows_bindings: bool,
    ) -> Result<(Self, usize, Form), Reason> {
        let mut rest = Reader(plaintext);
        let (form, extended) = Form::read(&mut rest)?;
        let issued = UnixTime::from_secs(rest.varint()?);
        let age = rest.varint()?;
        let id = match rest.byte()? {
            0 => None,
            1 => Some(rest.array()?),
            _ => return Err(Reason::UnknownForm),
        };
        let expiry = match rest.varint()? {
            0 => SealedExpiry::Default,
            1 => SealedExpiry::BrowserSession,
            2 => SealedExpiry::Idle(rest.varint()?),
            3 => SealedExpiry::At(UnixTime::from_secs(rest.varint()?)),
            _ => return Err(Reason::UnknownForm),
        };
        let count = rest.varint()?;
        let mut flashes = Vec::new();
        for _ in 0..count {
            let level = Level(rest.byte()?);
            let length = usize::try_from(rest.varint()?).map_err(|_| Reason::Undecodable)?;
            let text = std::str::from_utf8(rest.take(length)?).map_err(|_| Reason::Undecodable)?;
            flashes.push(Flash { level, text: text.to_owned() });
        }
        let shape = rest.array()?;
        let extensions = match extended {
            false => Extensions::default(),
            true => Extensions::decode(&mut rest, knows_bindings)?,
        };
        let begin = plaintext.len() - rest.0.len();
        let content = Content { id, expiry, flashes, extensions };
        let claims = Self { stamps: Stamps { issued, age }, content, shape };
        Ok((claims, begin, form))
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Reason> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Reason::Undecodable)?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, Reason> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Reason> {
        let (array, rest) = self.0.split_first_chunk().ok_or(Reason::Undecodable)?;
        self.0 = rest;
        Ok(*array)
    }

    /// Reads little-endian groups of seven bits (LEB128), in their one shortest form.
    fn varint(&mut self) -> Result<u64, Reason> {
        let mut value = 0u64;
        for index in 0..VARINT_MAX {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if index == VARINT_MAX - 1 && bits > 1 {
                return Err(Reason::Undecodable);
            }
            value |= bits << (7 * index);
            if byte & 0x80 == 0 {
                let over_long = byte == 0 && index > 0;
                return if over_long { Err(Reason::Undecodable) } else { Ok(value) };
            }
        }
        Err(Reason::Undecodable)
    }
}

fn push_varint(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            out.push(low & 0x7f);
            return;
        }
        out.push(low | 0x80);
    }
}

fn varint_len(value: u64) -> usize {
    let bits = u64::BITS - value.leading_zeros();
    bits.max(1).div_ceil(7) as usize
}
