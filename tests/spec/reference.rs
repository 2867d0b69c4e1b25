//! A second implementation, straight from SPEC.md: short, slow, and strict. It names nothing of the
//! crate.

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Map as Object, Number, Value};
use sha2::{Digest, Sha256};

pub type Word = &'static str;

// §4 Key derivation

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Suite {
    Xaes,
    XChaCha,
}

impl Suite {
    pub fn name(self) -> &'static str {
        if self == Self::Xaes { "XAES-256-GCM" } else { "XChaCha20-Poly1305" }
    }

    pub fn token(self) -> &'static str {
        if self == Self::Xaes { "xaes256gcm" } else { "xchacha20poly1305" }
    }
}

pub fn published(n: u8) -> [u8; 32] {
    Sha256::digest(format!("sealed-session published secret {n}")).into()
}

#[derive(Clone)]
pub struct Key {
    pub secret: [u8; 32],
    pub suite: Suite,
    pub id: [u8; 4],
    pub aead: [u8; 32],
}

impl Key {
    pub fn new(secret: [u8; 32], suite: Suite) -> Self {
        let hkdf = hkdf::Hkdf::<Sha256>::new(None, &secret);
        let (mut id, mut aead) = ([0; 4], [0; 32]);
        hkdf.expand(format!("sealed-session v1 key id {}", suite.name()).as_bytes(), &mut id)
            .unwrap();
        hkdf.expand(format!("sealed-session v1 {}", suite.name()).as_bytes(), &mut aead).unwrap();
        Self { secret, suite, id, aead }
    }

    pub fn text(&self) -> String {
        format!("ssk1.{}.{}", self.suite.token(), BASE64URL_NOPAD.encode(&self.secret))
    }

    fn encrypt(&self, nonce: &[u8; 24], aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
        use chacha20poly1305::aead::{AeadInOut, KeyInit, inout::InOutBuf};
        let mut buffer = plaintext.to_vec();
        let inout = InOutBuf::from(&mut buffer[..]);
        let tag = match self.suite {
            Suite::Xaes => xaes_256_gcm::Xaes256Gcm::new(&self.aead.into())
                .encrypt_inout_detached(nonce.into(), aad, inout)
                .unwrap(),
            Suite::XChaCha => chacha20poly1305::XChaCha20Poly1305::new(&self.aead.into())
                .encrypt_inout_detached(nonce.into(), aad, inout)
                .unwrap(),
        };
        buffer.extend_from_slice(&tag);
        buffer
    }

    pub fn decrypt(&self, nonce: &[u8; 24], aad: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        use chacha20poly1305::aead::{AeadInOut, KeyInit, inout::InOutBuf};
        let (ciphertext, tag) = sealed.split_last_chunk::<16>()?;
        let mut buffer = ciphertext.to_vec();
        let inout = InOutBuf::from(&mut buffer[..]);
        let result =
            match self.suite {
                Suite::Xaes => xaes_256_gcm::Xaes256Gcm::new(&self.aead.into())
                    .decrypt_inout_detached(nonce.into(), aad, inout, tag.into()),
                Suite::XChaCha => chacha20poly1305::XChaCha20Poly1305::new(&self.aead.into())
                    .decrypt_inout_detached(nonce.into(), aad, inout, tag.into()),
            };
        result.ok().map(|()| buffer)
    }
}

// §3 Format

pub fn aad(header: &[u8], name: &str, context: &[u8]) -> Vec<u8> {
    [&header[..5], &u16::try_from(name.len()).unwrap().to_le_bytes(), name.as_bytes(), context]
        .concat()
}

pub fn header(key: &Key) -> Vec<u8> {
    [&[1][..], &key.id].concat()
}

pub fn envelope(key: &Key, nonce: &[u8; 24], aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    [&header(key)[..], nonce, &key.encrypt(nonce, aad, plaintext)].concat()
}

pub fn value(envelope: &[u8]) -> String {
    BASE64URL_NOPAD.encode(envelope)
}

// §5 Claims

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expiry {
    Default,
    BrowserSession,
    Idle(u64),
    At(u64),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claims {
    pub issued: u64,
    pub age: u64,
    pub id: Option<[u8; 16]>,
    pub expiry: Expiry,
    pub flashes: Vec<(u8, String)>,
    pub shape: [u8; 4],
    pub extensions: Extensions,
}

pub fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7f {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// The flags of §3.4 that this revision defines.
pub const COMPRESSED: u8 = 1;
pub const EXTENDED: u8 = 2;
pub const PADDED: u8 = 4;
pub const FLAGS: u8 = COMPRESSED | EXTENDED | PADDED;
/// The extension of a session that is bound to a device (§A.2).
pub const BINDING: u8 = 1;

/// Tags and contents.
pub type Extensions = Vec<(u8, Vec<u8>)>;

/// What follows the claims and the extensions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Body {
    /// As they are sealed: a stream, if they are compressed.
    pub data: Vec<u8>,
    pub compressed: bool,
    /// Bytes of padding.
    pub padding: usize,
}

/// The bytes of padding that a plaintext of this length gets. A multiple of 0 pads nothing.
pub fn padding(length: usize, multiple: usize) -> usize {
    if multiple == 0 { 0 } else { multiple - length % multiple }
}

impl Claims {
    /// Those of a new session.
    pub fn new(issued: u64, shape: [u8; 4]) -> Self {
        Self {
            issued,
            age: 0,
            id: None,
            expiry: Expiry::Default,
            flashes: Vec::new(),
            shape,
            extensions: Vec::new(),
        }
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = [varint(self.issued), varint(self.age)].concat();
        match self.id {
            None => bytes.push(0),
            Some(id) => bytes.extend([&[1][..], &id].concat()),
        }
        match self.expiry {
            Expiry::Default => bytes.push(0),
            Expiry::BrowserSession => bytes.push(1),
            Expiry::Idle(seconds) => bytes.extend([vec![2], varint(seconds)].concat()),
            Expiry::At(time) => bytes.extend([vec![3], varint(time)].concat()),
        }
        bytes.extend(varint(self.flashes.len() as u64));
        for (level, text) in &self.flashes {
            bytes.push(*level);
            bytes.extend(varint(text.len() as u64));
            bytes.extend(text.as_bytes());
        }
        bytes.extend(self.shape);
        if !self.extensions.is_empty() {
            bytes.extend(varint(self.extensions.len() as u64));
        }
        for (tag, extension) in &self.extensions {
            bytes.push(*tag);
            bytes.extend(varint(extension.len() as u64));
            bytes.extend(extension);
        }
        bytes
    }

    /// §3.4, neither compressed nor padded.
    pub fn plaintext(&self, data: &[u8]) -> Vec<u8> {
        self.plaintext_of(&Body { data: data.to_vec(), compressed: false, padding: 0 })
    }

    /// §3.4.
    pub fn plaintext_of(&self, body: &Body) -> Vec<u8> {
        let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
        let flags = flag(body.compressed, COMPRESSED)
            | flag(!self.extensions.is_empty(), EXTENDED)
            | flag(body.padding > 0, PADDED);
        let mut padding = vec![0; body.padding];
        if let Some(first) = padding.first_mut() {
            *first = 0x80;
        }
        [&[flags][..], &self.encode(), &body.data, &padding].concat()
    }

    /// The claims of a plaintext, and what follows them, for a reader that knows these flags, and
    /// these tags below 128.
    pub fn decode(plaintext: &[u8], known: u8, tags: &[u8]) -> Result<(Self, Body), Word> {
        let mut reader = Reader(plaintext);
        let flags = reader.byte()?;
        if flags & !known != 0 {
            return Err("unknown-form");
        }
        let issued = reader.strict()?;
        let age = reader.strict()?;
        let id = match reader.byte()? {
            0 => None,
            1 => Some(reader.take(16)?.try_into().unwrap()),
            _ => return Err("unknown-form"),
        };
        let expiry = match reader.strict()? {
            0 => Expiry::Default,
            1 => Expiry::BrowserSession,
            2 => Expiry::Idle(reader.strict()?),
            3 => Expiry::At(reader.strict()?),
            _ => return Err("unknown-form"),
        };
        let mut flashes = Vec::new();
        for _ in 0..reader.strict()? {
            let level = reader.byte()?;
            let length = usize::try_from(reader.strict()?).map_err(|_| "undecodable")?;
            let text =
                String::from_utf8(reader.take(length)?.to_vec()).map_err(|_| "undecodable")?;
            flashes.push((level, text));
        }
        let shape = reader.take(4)?.try_into().unwrap();
        let (extensions, body) = reader.behind_shape(flags, tags)?;
        Ok((Self { issued, age, id, expiry, flashes, shape, extensions }, body))
    }

    pub fn created(&self) -> u64 {
        self.issued.saturating_sub(self.age)
    }
}

pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub fn take(&mut self, length: usize) -> Result<&'a [u8], Word> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or("undecodable")?;
        self.0 = rest;
        Ok(taken)
    }

    pub fn byte(&mut self) -> Result<u8, Word> {
        self.take(1).map(|byte| byte[0])
    }

    /// The extensions (§5.1), and what follows them. `tags`: those below 128 that are known.
    fn behind_shape(mut self, flags: u8, tags: &[u8]) -> Result<(Extensions, Body), Word> {
        let mut extensions = Vec::new();
        if flags & EXTENDED != 0 {
            let count = self.strict()?;
            if count == 0 {
                return Err("undecodable");
            }
            let mut least = 0;
            for _ in 0..count {
                let tag = self.byte()?;
                if u16::from(tag) < least {
                    return Err("undecodable");
                }
                least = u16::from(tag) + 1;
                if tag < 128 && !tags.contains(&tag) {
                    return Err("unknown-form");
                }
                let length = usize::try_from(self.strict()?).map_err(|_| "undecodable")?;
                if tag == BINDING && length != 16 {
                    return Err("undecodable");
                }
                extensions.push((tag, self.take(length)?.to_vec()));
            }
        }
        let mut data = self.0;
        if flags & PADDED != 0 {
            while let [rest @ .., 0] = data {
                data = rest;
            }
            data = data.strip_suffix(&[0x80]).ok_or("undecodable")?;
        }
        let body = Body {
            data: data.to_vec(),
            compressed: flags & COMPRESSED != 0,
            padding: self.0.len() - data.len(),
        };
        Ok((extensions, body))
    }

    pub fn strict(&mut self) -> Result<u64, Word> {
        let mut number = 0_u128;
        for index in 0..10 {
            let byte = self.byte()?;
            number |= u128::from(byte & 0x7f) << (7 * index);
            if byte < 0x80 {
                let shortest = index == 0 || byte != 0;
                return u64::try_from(number).ok().filter(|_| shortest).ok_or("undecodable");
            }
        }
        Err("undecodable")
    }
}

// §3.5 Tickets

/// The parts are purpose, context and bound.
pub fn ticket_aad(header: &[u8], kind: u8, [purpose, context, bound]: [&[u8]; 3]) -> Vec<u8> {
    let part = |part: &[u8]| [&u16::try_from(part.len()).unwrap().to_le_bytes(), part].concat();
    [&header[..5], &[0, 0, kind], &part(context), &part(purpose), &part(bound)].concat()
}

/// `behind` begins with the shape.
pub fn ticket_plaintext(flags: u8, issued: u64, end: u64, behind: &[u8]) -> Vec<u8> {
    [&[flags][..], &varint(issued), &varint(end), behind].concat()
}

/// The data of a ticket of this shape, not compressed and not decoded.
pub fn open_ticket(
    ring: &[Key],
    kind: u8,
    parts: [&[u8]; 3],
    shape: [u8; 4],
    now: u64,
    ticket: &str,
) -> Result<Vec<u8>, Word> {
    open_dated_ticket(ring, kind, parts, shape, now, ticket).map(|(_, _, data)| data)
}

/// When a ticket of this shape was issued, its end, and its data.
pub fn open_dated_ticket(
    ring: &[Key],
    kind: u8,
    parts: [&[u8]; 3],
    shape: [u8; 4],
    now: u64,
    ticket: &str,
) -> Result<(u64, u64, Vec<u8>), Word> {
    if parts[2].len() > 1024 {
        return Err("bad-seal");
    }
    if ticket.len() > JOINED {
        return Err("too-long");
    }
    let envelope = BASE64URL_NOPAD.decode(ticket.as_bytes()).map_err(|_| "malformed")?;
    match envelope.first() {
        Some(1) if envelope.len() >= 55 => {}
        None | Some(1) => return Err("malformed"),
        Some(_) => return Err("unknown-version"),
    }
    let key = ring.iter().find(|key| key.id == envelope[1..5]).ok_or("unknown-key")?;
    let nonce = envelope[5..29].try_into().unwrap();
    let aad = ticket_aad(&envelope, kind, parts);
    let plaintext = key.decrypt(nonce, &aad, &envelope[29..]).ok_or("bad-seal")?;
    let mut reader = Reader(&plaintext);
    let flags = reader.byte()?;
    if flags & !FLAGS != 0 {
        return Err("unknown-form");
    }
    let (issued, end) = (reader.strict()?, reader.strict()?);
    let came = reader.take(4)?;
    let (_, body) = reader.behind_shape(flags, &[])?;
    if came != shape {
        Err("other-shape")
    } else if issued > now.saturating_add(120) {
        Err("from-the-future")
    } else if now >= end {
        Err("expired-at")
    } else if body.compressed {
        inflate(&body.data).map(|data| (issued, end, data))
    } else {
        Ok((issued, end, body.data))
    }
}

// §6.1 Postcard: values drawn by hand

pub enum Item {
    Bool(bool),
    Byte(u8),
    Unsigned(u64),
    Signed(i64),
    F32(f32),
    F64(f64),
    Text(&'static str),
    None,
    Some(Box<Item>),
    Seq(Vec<Item>),
    Struct(Vec<Item>),
    Variant(u32, Vec<Item>),
}

pub fn postcard(item: &Item) -> Vec<u8> {
    let all = |items: &[Item]| items.iter().flat_map(postcard).collect::<Vec<u8>>();
    match item {
        Item::Bool(value) => vec![u8::from(*value)],
        Item::Byte(byte) => vec![*byte],
        Item::Unsigned(number) => varint(*number),
        Item::Signed(number) => varint(((number << 1) ^ (number >> 63)) as u64),
        Item::F32(number) => number.to_le_bytes().to_vec(),
        Item::F64(number) => number.to_le_bytes().to_vec(),
        Item::Text(text) => [varint(text.len() as u64), text.as_bytes().to_vec()].concat(),
        Item::None => vec![0],
        Item::Some(item) => [vec![1], postcard(item)].concat(),
        Item::Seq(items) => [varint(items.len() as u64), all(items)].concat(),
        Item::Struct(items) => all(items),
        Item::Variant(number, items) => [varint(u64::from(*number)), all(items)].concat(),
    }
}

// §6.2 Maps

#[derive(Default)]
struct Tables {
    strings: Vec<String>,
    lists: Vec<Vec<String>>,
}

impl Tables {
    fn note_string(&mut self, text: &str) {
        if (2..=64).contains(&text.len())
            && self.strings.len() < 256
            && !self.strings.iter().any(|known| known == text)
        {
            self.strings.push(text.to_owned());
        }
    }

    fn note_list(&mut self, keys: &[String]) {
        if listable(keys) && self.lists.len() < 64 && !self.lists.iter().any(|known| known == keys)
        {
            self.lists.push(keys.to_vec());
        }
    }
}

fn listable(keys: &[String]) -> bool {
    !keys.is_empty() && keys.iter().all(|key| key.len() <= 64)
}

fn count(tag: u8, room: usize, long: u8, number: usize) -> Vec<u8> {
    if number < room {
        vec![tag + number as u8]
    } else {
        [vec![long], varint((number - room) as u64)].concat()
    }
}

pub fn encode_map(map: &Value) -> Vec<u8> {
    let object = map.as_object().unwrap();
    if object.is_empty() { Vec::new() } else { encode_object(object, &mut Tables::default()) }
}

/// Whether objects and arrays nest more than 64 deep below a map: then it has no encoding.
pub fn is_deep(map: &Value) -> bool {
    fn levels(value: &Value) -> usize {
        match value {
            Value::Array(items) => 1 + items.iter().map(levels).max().unwrap_or(0),
            Value::Object(fields) => 1 + fields.values().map(levels).max().unwrap_or(0),
            _ => 0,
        }
    }
    levels(map) > 1 + 64
}

fn keys_of(object: &Object<String, Value>) -> Vec<String> {
    let mut keys: Vec<String> = object.keys().cloned().collect();
    keys.sort_unstable();
    keys
}

fn encode_object(object: &Object<String, Value>, tables: &mut Tables) -> Vec<u8> {
    let keys = keys_of(object);
    let mut bytes = encode_keys(&keys, tables);
    for key in &keys {
        bytes.extend(encode_value(&object[key], tables));
    }
    bytes
}

fn encode_keys(keys: &[String], tables: &mut Tables) -> Vec<u8> {
    if let Some(number) = tables.lists.iter().position(|known| known == keys) {
        return count(0xb8, 16, 0xf7, number);
    }
    let mut bytes = count(0xa8, 16, 0xf6, keys.len());
    for key in keys {
        bytes.extend(encode_string(key, tables));
    }
    tables.note_list(keys);
    bytes
}

fn encode_string(text: &str, tables: &mut Tables) -> Vec<u8> {
    if let Some(number) = tables.strings.iter().position(|known| known == text) {
        return count(0x88, 32, 0xf3, number);
    }
    tables.note_string(text);
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    let hex = digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let dashes: Vec<usize> =
        text.bytes().enumerate().filter(|(_, byte)| *byte == b'-').map(|(at, _)| at).collect();
    if hex && text.len() == 36 && dashes == [8, 13, 18, 23] {
        [vec![0xf5], hex::decode(digits).unwrap()].concat()
    } else if hex && dashes.is_empty() && text.len() >= 4 && text.len() % 2 == 0 {
        [vec![0xf4], varint(text.len() as u64 / 2), hex::decode(digits).unwrap()].concat()
    } else {
        [count(0x60, 40, 0xf2, text.len()), text.as_bytes().to_vec()].concat()
    }
}

fn encode_value(value: &Value, tables: &mut Tables) -> Vec<u8> {
    match value {
        Value::Null => vec![0xe4],
        Value::Bool(value) => vec![0xe5 + u8::from(*value)],
        Value::String(text) => encode_string(text, tables),
        Value::Object(object) => encode_object(object, tables),
        Value::Array(items) => encode_array(items, tables),
        Value::Number(number) => {
            if let Some(number) = number.as_u64() {
                encode_unsigned(number)
            } else if let Some(number) = number.as_i64() {
                encode_negative(number)
            } else {
                let number = number.as_f64().unwrap();
                if f64::from(number as f32).to_bits() == number.to_bits() {
                    [vec![0xe7], (number as f32).to_le_bytes().to_vec()].concat()
                } else {
                    [vec![0xe8], number.to_le_bytes().to_vec()].concat()
                }
            }
        }
    }
}

fn encode_unsigned(number: u64) -> Vec<u8> {
    match number {
        0..=63 => vec![number as u8],
        64..=8255 => vec![0x40 + ((number - 64) >> 8) as u8, (number - 64) as u8],
        _ => {
            let (tag, width) = [(0xe9, 2), (0xea, 3), (0xeb, 4), (0xec, 6)]
                .into_iter()
                .find(|(_, w)| number >> (8 * w) == 0)
                .unwrap_or((0xed, 8));
            [vec![tag], number.to_le_bytes()[..width].to_vec()].concat()
        }
    }
}

fn encode_negative(number: i64) -> Vec<u8> {
    let n = (-1 - number) as u64;
    if n < 4 {
        return vec![0xe0 + n as u8];
    }
    let (tag, width) = [(0xee, 1), (0xef, 2), (0xf0, 4)]
        .into_iter()
        .find(|(_, w)| n >> (8 * w) == 0)
        .unwrap_or((0xf1, 8));
    [vec![tag], n.to_le_bytes()[..width].to_vec()].concat()
}

fn encode_array(items: &[Value], tables: &mut Tables) -> Vec<u8> {
    let small: Option<Vec<u8>> =
        items.iter().map(|item| item.as_u64().and_then(|n| u8::try_from(n).ok())).collect();
    if let Some(bytes) = small.filter(|bytes| bytes.iter().any(|byte| *byte > 63)) {
        return [vec![0xfa], varint(bytes.len() as u64), bytes].concat();
    }
    let lists: Option<Vec<Vec<String>>> =
        items.iter().map(|item| item.as_object().map(keys_of)).collect();
    if let Some(lists) =
        lists.filter(|l| l.len() > 1 && listable(&l[0]) && l.iter().all(|other| *other == l[0]))
    {
        let mut bytes = count(0xd8, 8, 0xf9, items.len() - 2);
        bytes.extend(encode_keys(&lists[0], tables));
        for item in items {
            for key in &lists[0] {
                bytes.extend(encode_value(&item[key], tables));
            }
        }
        return bytes;
    }
    let mut bytes = count(0xc8, 16, 0xf8, items.len());
    for item in items {
        bytes.extend(encode_value(item, tables));
    }
    bytes
}

/// Whatever it reads it encodes again: bytes that come out otherwise are of no map.
pub fn decode_map(bytes: &[u8]) -> Result<Value, Word> {
    let mut reader = Reader(bytes);
    let mut tables = Tables::default();
    let map = if bytes.is_empty() {
        Value::Object(Object::new())
    } else {
        decode_object(&mut reader, &mut tables, 64)?
    };
    if reader.0.is_empty() && encode_map(&map) == bytes { Ok(map) } else { Err("undecodable") }
}

impl Reader<'_> {
    fn peek(&self) -> Result<u8, Word> {
        self.0.first().copied().ok_or("undecodable")
    }

    fn length(&mut self) -> Result<usize, Word> {
        let number = self.strict()?;
        if number < 1 << 28 { Ok(number as usize) } else { Err("undecodable") }
    }

    /// The number of a `count`, if the next byte begins one.
    fn count(&mut self, tag: u8, room: usize, long: u8) -> Result<Option<usize>, Word> {
        let next = self.peek()?;
        if next == long {
            self.byte()?;
            return Ok(Some(self.length()? + room));
        }
        if next < tag || usize::from(next - tag) >= room {
            return Ok(None);
        }
        self.byte()?;
        Ok(Some(usize::from(next - tag)))
    }

    fn plausible(&self, count: usize) -> Result<usize, Word> {
        if count <= self.0.len() { Ok(count) } else { Err("undecodable") }
    }
}

fn decode_object(reader: &mut Reader, tables: &mut Tables, room: usize) -> Result<Value, Word> {
    let keys = decode_keys(reader, tables)?;
    decode_fields(reader, tables, &keys, room)
}

fn decode_fields(
    reader: &mut Reader,
    tables: &mut Tables,
    keys: &[String],
    room: usize,
) -> Result<Value, Word> {
    let mut object = Object::new();
    for key in keys {
        object.insert(key.clone(), decode_value(reader, tables, room)?);
    }
    Ok(Value::Object(object))
}

fn decode_keys(reader: &mut Reader, tables: &mut Tables) -> Result<Vec<String>, Word> {
    if let Some(number) = reader.count(0xb8, 16, 0xf7)? {
        return tables.lists.get(number).cloned().ok_or("undecodable");
    }
    let count = reader.count(0xa8, 16, 0xf6)?.ok_or("undecodable")?;
    let mut keys = Vec::new();
    for _ in 0..reader.plausible(count)? {
        keys.push(decode_string(reader, tables)?.ok_or("undecodable")?);
    }
    if !keys.is_sorted_by(|a, b| a < b) {
        return Err("undecodable");
    }
    tables.note_list(&keys);
    Ok(keys)
}

fn decode_string(reader: &mut Reader, tables: &mut Tables) -> Result<Option<String>, Word> {
    if let Some(number) = reader.count(0x88, 32, 0xf3)? {
        return tables.strings.get(number).cloned().map(Some).ok_or("undecodable");
    }
    let text = if let Some(length) = reader.count(0x60, 40, 0xf2)? {
        String::from_utf8(reader.take(length)?.to_vec()).map_err(|_| "undecodable")?
    } else if reader.peek()? == 0xf4 {
        reader.byte()?;
        let length = reader.length()?;
        hex::encode(reader.take(length)?)
    } else if reader.peek()? == 0xf5 {
        reader.byte()?;
        let digits = hex::encode(reader.take(16)?);
        [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
    } else {
        return Ok(None);
    };
    tables.note_string(&text);
    Ok(Some(text))
}

fn decode_value(reader: &mut Reader, tables: &mut Tables, room: usize) -> Result<Value, Word> {
    if let Some(text) = decode_string(reader, tables)? {
        return Ok(Value::String(text));
    }
    let tag = reader.peek()?;
    let inside = || room.checked_sub(1).ok_or("undecodable");
    if matches!(tag, 0xa8..=0xc7 | 0xf6 | 0xf7) {
        return decode_object(reader, tables, inside()?);
    }
    if let Some(count) = reader.count(0xc8, 16, 0xf8)? {
        let within = inside()?;
        let items: Result<_, _> =
            (0..reader.plausible(count)?).map(|_| decode_value(reader, tables, within)).collect();
        return items.map(Value::Array);
    }
    if let Some(count) = reader.count(0xd8, 8, 0xf9)? {
        let keys = decode_keys(reader, tables)?;
        let within = inside()?.checked_sub(1).ok_or("undecodable")?;
        if !listable(&keys) {
            return Err("undecodable");
        }
        let items: Result<_, _> = (0..reader.plausible(count + 2)?)
            .map(|_| decode_fields(reader, tables, &keys, within))
            .collect();
        return items.map(Value::Array);
    }
    reader.byte()?;
    let mut little = |width: usize| -> Result<u64, Word> {
        let mut bytes = [0; 8];
        bytes[..width].copy_from_slice(reader.take(width)?);
        Ok(u64::from_le_bytes(bytes))
    };
    let float = |number: f64| Number::from_f64(number).map(Value::Number).ok_or("undecodable");
    let negative =
        |n: u64| i64::try_from(n).map(|n| Value::from(-1 - n)).map_err(|_| "undecodable");
    Ok(match tag {
        0x00..=0x3f => Value::from(tag),
        0x40..=0x5f => Value::from(64 + (u64::from(tag - 0x40) << 8) + little(1)?),
        0xe0..=0xe3 => negative(u64::from(tag - 0xe0))?,
        0xe4 => Value::Null,
        0xe5 => Value::Bool(false),
        0xe6 => Value::Bool(true),
        0xe7 => float(f64::from(f32::from_bits(little(4)? as u32)))?,
        0xe8 => float(f64::from_bits(little(8)?))?,
        0xe9 => Value::from(little(2)?),
        0xea => Value::from(little(3)?),
        0xeb => Value::from(little(4)?),
        0xec => Value::from(little(6)?),
        0xed => Value::from(little(8)?),
        0xee => negative(little(1)?)?,
        0xef => negative(little(2)?)?,
        0xf0 => negative(little(4)?)?,
        0xf1 => negative(little(8)?)?,
        0xfa => {
            inside()?;
            let length = reader.length()?;
            Value::from(reader.take(length)?)
        }
        _ => return Err("undecodable"),
    })
}

// §6.4 Shape

pub fn shape_of_text(text: &str) -> [u8; 4] {
    Sha256::digest(text)[..4].try_into().unwrap()
}

pub fn shape_of_number(number: u32) -> [u8; 4] {
    Sha256::digest([&b"sealed-session v1 shape postcard"[..], &number.to_le_bytes()].concat())[..4]
        .try_into()
        .unwrap()
}

// §6.5 Compression

const INFLATED: usize = 65_536;

/// What comes out of a stream of DEFLATE that takes all these bytes.
pub fn inflate(stream: &[u8]) -> Result<Vec<u8>, Word> {
    use miniz_oxide::inflate::TINFLStatus;
    use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};
    let mut data = vec![0; INFLATED + 1];
    let flags = inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let (status, read, length) =
        decompress(&mut DecompressorOxide::new(), stream, &mut data, 0, flags);
    if status != TINFLStatus::Done || read != stream.len() || length > INFLATED {
        return Err("undecodable");
    }
    data.truncate(length);
    Ok(data)
}

/// The data as a writer seals them that compresses.
pub fn deflate(data: &[u8]) -> Option<Vec<u8>> {
    let stream = (data.len() <= INFLATED).then(|| miniz_oxide::deflate::compress_to_vec(data, 9));
    stream.filter(|stream| stream.len() < data.len())
}

// §7 Finding the cookie

// In `server`, with the rest of what a request is.

// §8 Opening

pub type Decode<'a> = dyn Fn([u8; 4], Option<&[u8]>) -> Result<Value, Word> + 'a;
pub type Judge<'a> = dyn Fn(&Claims) -> Result<(), Word> + 'a;

pub struct Reading<'a> {
    pub ring: &'a [Entry],
    pub suites: &'a [Suite],
    pub name: &'a str,
    /// The name's own context first, if this is the configured name.
    pub contexts: &'a [Vec<u8>],
    pub now: u64,
    pub idle: u64,
    pub absolute: u64,
    pub reject_created_before: u64,
    /// The flags that it knows.
    pub flags: u8,
    /// Step 15; `None` without device binding.
    pub binding: Option<&'a Judge<'a>>,
    /// The value that data of a shape are; `other-shape`, or `undecodable`. Without data, only
    /// whether the shape is read.
    pub decode: &'a Decode<'a>,
}

/// What came of one name in a request, in the order in which it came: candidates, and later pieces
/// with their digits.
#[derive(Clone, Copy, Default)]
pub struct Came<'a> {
    pub values: &'a [String],
    pub pieces: &'a [(u8, String)],
}

pub struct Opened {
    pub claims: Claims,
    /// The data as they are encoded, not compressed.
    pub data: Vec<u8>,
    pub body: Body,
    pub value: Value,
    pub key_id: [u8; 4],
}

/// The session, or the word, and whether another server may be able to read every candidate
/// (§10.8).
pub type Outcome = Result<Opened, (Word, bool)>;

#[derive(Default)]
struct Work {
    bytes: usize,
    first_pieces: usize,
    tags: usize,
}

impl Work {
    fn examine(&mut self, bytes: usize) -> Result<(), Word> {
        self.bytes += bytes;
        if self.bytes > 65_536 { Err("too-many") } else { Ok(()) }
    }
}

const JOINED: usize = 14_000;

/// The count of a first piece, and its part of the value.
fn first_piece(value: &str) -> Option<(u8, &str)> {
    let [count @ b'2'..=b'9', b'.', part @ ..] = value.as_bytes() else { return None };
    let is_first = part.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte));
    is_first.then(|| (count - b'0', &value[2..]))
}

/// §8, steps 1 to 3, and §14.1: the value that a candidate has.
fn join(value: &str, pieces: &[(u8, String)], work: &mut Work) -> Result<String, Word> {
    if value.len() > 4096 {
        return Err("too-long");
    }
    work.examine(value.len())?;
    let Some((count, part)) = first_piece(value) else { return Ok(value.to_owned()) };
    if work.first_pieces == 16 {
        return Err("too-many");
    }
    work.first_pieces += 1;
    let tie = format!("{}.", part.get(8..14).ok_or("pieces-mixed")?);
    let mut joined = part.to_owned();
    for digit in 1..count {
        let tied = pieces
            .iter()
            .find_map(|(known, text)| text.strip_prefix(&tie).filter(|_| *known == digit));
        joined += tied.ok_or("pieces-mixed")?;
    }
    if joined.len() > JOINED {
        return Err("too-long");
    }
    work.examine(joined.len() - part.len())?;
    Ok(joined)
}

impl Reading<'_> {
    /// A value outside a request.
    pub fn open_alone(&self, value: &str) -> Result<Opened, Word> {
        if value.len() > JOINED {
            return Err("too-long");
        }
        if first_piece(value).is_some() {
            return Err("pieces");
        }
        self.open_value(value, &mut Work::default()).map_err(|(word, _)| word)
    }

    /// §8 from step 4 on: the session, or the word and, where it is known, when the candidate was
    /// issued.
    fn open_value(&self, value: &str, work: &mut Work) -> Result<Opened, (Word, u64)> {
        let plain = |word| (word, 0);
        let envelope = BASE64URL_NOPAD.decode(value.as_bytes()).map_err(|_| plain("malformed"))?;
        match envelope.first() {
            None => return Err(plain("malformed")),
            Some(1) if envelope.len() < 55 => return Err(plain("malformed")),
            Some(1) => {}
            Some(_) => return Err(plain("unknown-version")),
        }
        let entry = self
            .ring
            .iter()
            .find(|entry| entry.key.id == envelope[1..5])
            .ok_or(plain("unknown-key"))?;
        if entry.open_until.is_some_and(|end| self.now >= end) {
            return Err(plain("key-ended"));
        }
        if !self.suites.contains(&entry.key.suite) {
            return Err(plain("unsupported-suite"));
        }
        if work.tags == 16 {
            return Err(plain("too-many"));
        }
        work.tags += 1;
        let nonce = envelope[5..29].try_into().unwrap();
        let mut opened = self.contexts.iter().map(|context| aad(&envelope, self.name, context));
        let plaintext = opened
            .find_map(|aad| entry.key.decrypt(nonce, &aad, &envelope[29..]))
            .ok_or(plain("bad-seal"))?;
        let tags: &[u8] = if self.binding.is_some() { &[BINDING] } else { &[] };
        let (claims, body) = Claims::decode(&plaintext, self.flags, tags).map_err(plain)?;
        (self.decode)(claims.shape, None).map_err(plain)?;
        let bound = self.binding.map_or(Ok(()), |binding| binding(&claims));
        self.judge(&claims).and(bound).map_err(|word| (word, claims.issued))?;
        let data = if body.compressed { inflate(&body.data) } else { Ok(body.data.clone()) };
        let data = data.map_err(plain)?;
        let value = (self.decode)(claims.shape, Some(&data)).map_err(plain)?;
        if claims.created() < self.reject_created_before {
            return Err(plain("refused"));
        }
        Ok(Opened { claims, data, body, value, key_id: entry.key.id })
    }

    fn judge(&self, claims: &Claims) -> Result<(), Word> {
        let idle = match claims.expiry {
            Expiry::Default | Expiry::BrowserSession => self.idle,
            Expiry::Idle(seconds) => seconds,
            Expiry::At(_) => u64::MAX,
        };
        let fixed = if let Expiry::At(time) = claims.expiry { time } else { u64::MAX };
        if claims.issued > self.now.saturating_add(120) {
            Err("from-the-future")
        } else if self.now >= fixed {
            Err("expired-at")
        } else if self.now >= claims.created().saturating_add(self.absolute) {
            Err("expired-absolute")
        } else if self.now >= claims.issued.saturating_add(idle) {
            Err("expired-idle")
        } else {
            Ok(())
        }
    }

    /// What came of a name in a request. `None`: there is no candidate.
    pub fn open(&self, came: Came) -> Option<Outcome> {
        const ELSEWHERE: [Word; 6] = [
            "unknown-key",
            "unsupported-suite",
            "unknown-version",
            "unknown-form",
            "other-shape",
            "from-the-future",
        ];
        let mut perhaps_elsewhere = true;
        let mut work = Work::default();
        let mut best: Option<Opened> = None;
        let mut refused: Option<(usize, u64, Word)> = None;
        for value in came.values {
            let opened = join(value, came.pieces, &mut work)
                .map_err(|word| (word, 0))
                .and_then(|value| self.open_value(&value, &mut work));
            match opened {
                Ok(opened) => {
                    if best.as_ref().is_none_or(|best| opened.claims.issued > best.claims.issued) {
                        best = Some(opened);
                    }
                }
                Err((word, issued)) => {
                    perhaps_elsewhere &= ELSEWHERE.contains(&word);
                    let rank = rank(word);
                    if refused.is_none_or(|(known, when, _)| {
                        rank < known || (rank == known && issued > when)
                    }) {
                        refused = Some((rank, issued, word));
                    }
                }
            }
        }
        best.map(Ok).or(refused.map(|(_, _, word)| Err((word, perhaps_elsewhere))))
    }
}

fn rank(word: Word) -> usize {
    let order = [
        "from-the-future",
        "other-shape",
        "unknown-form",
        "undecodable",
        "pieces",
        "pieces-mixed",
        "unknown-version",
        "unsupported-suite",
        "unknown-key",
        "key-ended",
        "refused",
        "unproven",
        "expired",
        "too-many",
        "bad-seal",
        "too-long",
        "malformed",
    ];
    let word = if word.starts_with("expired-") { "expired" } else { word };
    order.iter().position(|known| *known == word).unwrap()
}

// §11 Text of a key ring

pub struct Entry {
    pub key: Key,
    pub seal_from: Option<u64>,
    pub open_until: Option<u64>,
}

/// The ring, or where it is refused (0: as a whole) and the word.
pub fn ring(text: &str, take_published: bool) -> Result<Vec<Entry>, (usize, Word)> {
    if text.len() > 16_384 {
        return Err((0, "too-long"));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let by_line = text.contains('\n');
    let mut entries: Vec<(usize, Entry)> = Vec::new();
    let mut keys = 0;
    for (line_number, line) in text.split('\n').enumerate() {
        for entry in line.strip_suffix('\r').unwrap_or(line).split(';') {
            let entry = entry.split_once('#').map_or(entry, |(entry, _)| entry);
            let words: Vec<&str> =
                entry.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
            let [token, attributes @ ..] = &words[..] else { continue };
            keys += 1;
            let place = if by_line { line_number + 1 } else { keys };
            let entry =
                parse_entry(token, attributes, take_published).map_err(|word| (place, word))?;
            if entries.len() == 64 {
                return Err((place, "too-many"));
            }
            if entries.iter().any(|(_, known)| {
                known.key.id == entry.key.id || known.key.secret == entry.key.secret
            }) {
                return Err((place, "twice"));
            }
            entries.push((place, entry));
        }
    }
    for (index, (place, entry)) in entries.iter().enumerate() {
        if entry.seal_from.is_none()
            && entries[index..].iter().any(|(_, below)| below.seal_from.is_some())
        {
            return Err((*place, "overshadowed"));
        }
    }
    if entries.is_empty() {
        Err((0, "empty"))
    } else {
        Ok(entries.into_iter().map(|(_, entry)| entry).collect())
    }
}

fn parse_entry(token: &str, attributes: &[&str], take_published: bool) -> Result<Entry, Word> {
    let (suite, secret) =
        token.strip_prefix("ssk1.").and_then(|rest| rest.split_once('.')).ok_or("not-a-key")?;
    let suite = [Suite::Xaes, Suite::XChaCha]
        .into_iter()
        .find(|known| known.token() == suite)
        .ok_or("unknown-suite")?;
    if secret.len() != 43 {
        return Err("secret-length");
    }
    let secret = BASE64URL_NOPAD
        .decode(secret.as_bytes())
        .ok()
        .and_then(|secret| <[u8; 32]>::try_from(secret).ok());
    let secret = secret.ok_or("secret-alphabet")?;
    let variety = secret.iter().collect::<std::collections::BTreeSet<_>>().len();
    if variety < 17 || secret.iter().all(|byte| (0x20..=0x7e).contains(byte)) {
        return Err("weak");
    }
    const OF_ONE_ID: [&str; 2] = [
        "rnNAjxRYkGm1FL7rmUY6TQZv9KR88O9xr1aLwtbEICo",
        "ruN1zWf9KaKY_-ZoL1jZGZoSCDH431O1ZXPLBewKstQ",
    ];
    static PUBLISHED: std::sync::OnceLock<[[u8; 32]; 80]> = std::sync::OnceLock::new();
    let all =
        |is: fn(u8, u8) -> bool| secret.iter().enumerate().all(|(n, byte)| is(n as u8, *byte));
    let at_the_border =
        all(|n, byte| byte == 0xe0 + n % 17) || all(|n, byte| byte == 0x21 + n || n == 9);
    let numbered = || PUBLISHED.get_or_init(|| std::array::from_fn(|n| published(n as u8)));
    if !take_published
        && (at_the_border
            || OF_ONE_ID.contains(&&*BASE64URL_NOPAD.encode(&secret))
            || numbered().contains(&secret))
    {
        return Err("published");
    }
    let (mut seal_from, mut open_until) = (None, None);
    for attribute in attributes {
        let slot = match attribute.split_once('=') {
            Some(("seal-from", time)) => (&mut seal_from, time),
            Some(("open-until", time)) => (&mut open_until, time),
            _ => return Err("unknown-attribute"),
        };
        let time = self::time(slot.1).ok_or("time")?;
        if slot.0.replace(time).is_some() {
            return Err("attribute-twice");
        }
    }
    if seal_from.zip(open_until).is_some_and(|(from, until)| until <= from) {
        return Err("ends-before-it-seals");
    }
    Ok(Entry { key: Key::new(secret, suite), seal_from, open_until })
}

fn time(text: &str) -> Option<u64> {
    let digits = |from: usize, to: usize| -> Option<i64> {
        let digits = text.get(from..to)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let marks = |at: &[(usize, u8)]| {
        at.iter().all(|(index, byte)| text.as_bytes().get(*index) == Some(byte))
    };
    if !marks(&[(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')]) {
        return None;
    }
    let (year, month, day) = (digits(0, 4)?, digits(5, 7)?, digits(8, 10)?);
    let (hour, minute, second) = (digits(11, 13)?, digits(14, 16)?, digits(17, 19)?);
    let offset = match text.as_bytes().get(19)? {
        b'Z' if text.len() == 20 => 0,
        sign @ (b'+' | b'-') if text.len() == 25 && marks(&[(22, b':')]) => {
            let (hours, minutes) = (digits(20, 22)?, digits(23, 25)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            (hours * 3600 + minutes * 60) * if *sign == b'-' { -1 } else { 1 }
        }
        _ => return None,
    };
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let length = *lengths.get(usize::try_from(month - 1).ok()?)?;
    if !(1..=length).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let years: i64 = (1970..year).map(|year| if leap(year) { 366 } else { 365 }).sum::<i64>()
        - (year..1970).map(|year| if leap(year) { 366 } else { 365 }).sum::<i64>();
    let days = years + lengths[..(month - 1) as usize].iter().sum::<i64>() + day - 1;
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset;
    u64::try_from(seconds).ok().filter(|seconds| *seconds <= 253_402_300_799)
}

/// The key that seals at a time.
pub fn sealing(ring: &[Entry], now: u64) -> Option<&Entry> {
    let open = ring.iter().filter(|entry| {
        entry.open_until.is_none_or(|end| now < end) && entry.seal_from.unwrap_or(0) <= now
    });
    open.rev().max_by_key(|entry| entry.seal_from.unwrap_or(0))
}

/// Whether a server that has these suites may start: a key of them seals now, and at each date of
/// the ring the key that seals is of them.
pub fn may_start(ring: &[Entry], suites: &[Suite], now: u64) -> bool {
    let dates = ring
        .iter()
        .flat_map(|entry| [entry.seal_from, entry.open_until])
        .flatten()
        .filter(|date| *date > now);
    let later =
        |date: u64| sealing(ring, date).is_none_or(|entry| suites.contains(&entry.key.suite));
    let seals = sealing(ring, now).is_some_and(|entry| suites.contains(&entry.key.suite));
    now < 365 * 86_400 || (seals && dates.into_iter().all(later))
}
