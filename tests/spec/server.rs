//! SPEC §7 to §10 of the second implementation: a request's cookies to a session, writes to it, and
//! the response. It names nothing of the crate; how it is configured is a vector's `server`.

use super::file::*;
use super::make::{bytes, claims_vector};
use super::reference::{self, Body, Claims, Expiry, Opened, Reading, Word};
use super::typed::{self, Kind};
use serde_json::{Value as Json, json};

/// A session in one state. An id that was drawn is all zeros here, since nobody can foresee it.
#[derive(Clone)]
pub struct State {
    pub claims: Claims,
    /// As they are encoded.
    pub data: Vec<u8>,
    /// What is sealed in their place, if they are compressed.
    pub stream: Option<Stream>,
    pub value: Json,
}

#[derive(Clone)]
pub struct Stream {
    bytes: Vec<u8>,
    /// It is the one that came, and not one of this server.
    came: bool,
}

impl State {
    fn body(&self, multiple: usize) -> Body {
        let data = self.stream.as_ref().map_or(&self.data, |stream| &stream.bytes).clone();
        let length = 1 + self.claims.encode().len() + data.len();
        let padding = reference::padding(length, multiple);
        Body { data, compressed: self.stream.is_some(), padding }
    }
}

/// What came of one name: with a value, emptied, and later pieces with their digits.
#[derive(Default, Clone, Debug)]
struct Came {
    values: Vec<String>,
    emptied: bool,
    pieces: Vec<(u8, String)>,
}

impl Came {
    /// Whether it counts as a cookie: an emptied one does not.
    fn counts(&self) -> bool {
        !self.values.is_empty() || self.pieces.iter().any(|(_, text)| !text.is_empty())
    }

    fn came(&self) -> bool {
        !self.values.is_empty() || self.emptied
    }
}

pub struct Session<'a> {
    server: &'a Server,
    ring: Vec<reference::Entry>,
    pub now: u64,
    pub word: Word,
    pub origin: State,
    pub present: State,
    /// When the key of the session that came ends.
    key_end: u64,
    protected: bool,
    permitted: bool,
    purged: bool,
    skip_refresh: bool,
    ours: Came,
    others: Vec<(String, Came)>,
    old: Came,
    /// Name, domain and path, and whether a cookie of the name came.
    copies: Vec<(String, Option<String>, String, bool)>,
}

impl Server {
    fn kind(&self) -> Option<&'static Kind> {
        Some(match &*self.data {
            "Empty" => &typed::EMPTY,
            "Visit" => &typed::VISIT,
            "Every" => &typed::EVERY,
            "Loose" => &typed::LOOSE,
            "Wide" => &typed::WIDE,
            "Tree" => &typed::TREE,
            "Counts" => &typed::COUNTS,
            _ => return None,
        })
    }

    /// The value that data of this shape are of, as the type reads it; `other-shape` if this server
    /// does not read it. Without data, only whether it does.
    pub fn decode(&self, shape: [u8; 4], data: Option<&[u8]>) -> Result<Json, Word> {
        match self.decode_bytes(shape, data.unwrap_or_default()) {
            Err("other-shape") => Err("other-shape"),
            decoded => data.map_or(Ok(Json::Null), |_| decoded),
        }
    }

    fn decode_bytes(&self, shape: [u8; 4], data: &[u8]) -> Result<Json, Word> {
        let Some(kind) = self.kind() else {
            return if shape == self.shape() {
                reference::decode_map(data)
            } else {
                Err("other-shape")
            };
        };
        let number = self.shape_number.map(reference::shape_of_number);
        let by_place_alone = ["Empty", "Wide", "Tree"].contains(&&*self.data);
        if shape == reference::shape_of_text(NAMED) && !by_place_alone {
            return typed::read_by_name(kind, &reference::decode_map(data)?).ok_or("undecodable");
        }
        if Some(shape) == number.or(self.text_by_place().map(reference::shape_of_text)) {
            return typed::read_by_place(kind, data);
        }
        if self.upgrades && shape == reference::shape_of_text(EARLIER) {
            let earlier = typed::read_by_place(&typed::EARLIER, data)?;
            return Ok(json!({ "user": earlier["user"], "cart": [] }));
        }
        Err("other-shape")
    }

    fn text_by_place(&self) -> Option<&'static str> {
        Some(match &*self.data {
            "Empty" => EMPTY,
            "Visit" => VISIT,
            "Every" => EVERY,
            "Wide" => WIDE,
            "Tree" => TREE,
            _ => return None,
        })
    }

    /// Data as this server writes them.
    pub fn encode(&self, value: &Json) -> Vec<u8> {
        match self.kind() {
            Some(kind) if !self.is_by_name() => typed::write_by_place(kind, value),
            _ => reference::encode_map(value),
        }
    }

    fn default_value(&self) -> Json {
        match &*self.data {
            "Empty" => Json::Null,
            "Visit" => json!({ "user": null, "cart": [] }),
            "Map" | "Loose" => json!({}),
            other => panic!("no response vector has {other}"),
        }
    }

    fn contexts(&self, name: &str) -> Vec<Vec<u8>> {
        let own = (name == self.cookie_name).then(|| bytes(&self.context));
        let others = self
            .aliases
            .iter()
            .filter(|(other, _)| other == name)
            .map(|(_, context)| bytes(context));
        own.into_iter().chain(others).collect()
    }

    /// The other names, each once, in their order.
    fn other_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in &self.aliases {
            if *name != self.cookie_name && !names.contains(&&**name) {
                names.push(name);
            }
        }
        names
    }

    /// The data as a write seals them, if it compresses them.
    fn compressed(&self, data: &[u8]) -> Option<Stream> {
        let bytes = if self.compress { reference::deflate(data) } else { None };
        bytes.map(|bytes| Stream { bytes, came: false })
    }

    /// How this server reads cookies of a name, if it knows these flags.
    fn reading<R>(&self, name: &str, now: u64, flags: u8, read: impl FnOnce(&Reading) -> R) -> R {
        let ring = reference::ring(&self.ring_text(), true).expect("a ring");
        read(&Reading {
            ring: &ring,
            suites: &self.suites(),
            name,
            contexts: &self.contexts(name),
            now,
            idle: self.idle_timeout,
            absolute: self.absolute_timeout,
            reject_created_before: self.reject_created_before,
            flags,
            binding: None,
            decode: &|shape, data| self.decode(shape, data),
        })
    }

    fn open_as(&self, name: &str, came: &Came, now: u64, flags: u8) -> Option<reference::Outcome> {
        let came = reference::Came { values: &came.values, pieces: &came.pieces };
        self.reading(name, now, flags, |reading| reading.open(came))
    }

    /// How the second implementation opens a value by itself, if it knows these flags.
    pub fn opens_alone(&self, value: &str, now: u64, flags: u8) -> Result<Opened, Word> {
        self.reading(&self.cookie_name, now, flags, |reading| reading.open_alone(value))
    }

    /// How the second implementation opens what came of the configured name in these fields.
    /// `None`: there is no candidate.
    pub fn opens_in_request(
        &self,
        fields: &[Text],
        now: u64,
        flags: u8,
    ) -> Option<Result<Opened, Word>> {
        self.open_as(&self.cookie_name, &find(fields, &self.cookie_name), now, flags)
            .map(|outcome| outcome.map_err(|(word, _)| word))
    }
}

/// §9: what the limits of a server admit. Lengths are in bytes; a room can be less than none.
struct Limits {
    line: i64,
    cookies: i64,
    request: i64,
    name: i64,
    /// With the longest `Max-Age`.
    attributes: i64,
}

impl Limits {
    fn of(server: &Server) -> Self {
        let longest = (server.absolute_timeout + 120).min(34_560_000);
        let length = |length: usize| i64::try_from(length).expect("a length");
        Self {
            line: length(server.max_set_cookie),
            cookies: i64::from(server.max_cookies),
            request: length(server.max_cookie_bytes),
            name: length(server.cookie_name.len()),
            attributes: length(attributes(Some(longest)).len()),
        }
    }

    fn room(&self, cookies: i64) -> i64 {
        let alone = self.line - self.name - 1 - self.attributes;
        if cookies == 1 { alone } else { cookies * (alone - 9) + 7 }
    }

    fn extra(cookies: i64) -> i64 {
        if cookies == 1 { 0 } else { 2 + 9 * (cookies - 1) }
    }

    fn lines(&self, value: i64, cookies: i64) -> i64 {
        value + Self::extra(cookies) + cookies * (self.name + 1 + self.attributes)
    }

    fn request(&self, value: i64, cookies: i64) -> i64 {
        value + Self::extra(cookies) + cookies * (self.name + 1 + 2)
    }

    fn most(&self) -> i64 {
        let mut most = 1;
        while most < self.cookies
            && self.room(1) >= 16
            && self.request(self.room(most) + 1, most + 1) <= self.request
        {
            most += 1;
        }
        most
    }

    fn cookies(&self, value: i64) -> i64 {
        let most = self.most();
        (1..most).find(|cookies| value <= self.room(*cookies)).unwrap_or(most)
    }

    fn needed(&self, value: i64) -> i64 {
        self.lines(value, self.cookies(value))
    }

    fn allowed(&self) -> i64 {
        let most = self.most();
        (most * self.line).min(self.request + most * (self.attributes - 2))
    }

    /// Whether a refresh of this value, with this `Max-Age`, goes out.
    fn admits_refresh(&self, value: i64, max_age: Option<u64>) -> bool {
        let most = self.most();
        let line = self.name + 1 + value + attributes(max_age).len() as i64;
        let fits = if most == 1 { line <= self.line } else { value <= self.room(most) };
        fits && self.request(value, self.cookies(value)) <= self.request
    }

    /// §14.2: the lengths of the texts of the cookies.
    fn split(&self, value: i64) -> Vec<usize> {
        let (cookies, alone) = (self.cookies(value), self.room(1));
        let mut lengths: Vec<i64> = if cookies == 1 { vec![value] } else { vec![2 + alone - 2] };
        let mut rest = value - (alone - 2);
        for later in 1..cookies {
            let part = if later == cookies - 1 { rest } else { alone - 9 };
            lengths.push(7 + part);
            rest -= part;
        }
        lengths.into_iter().map(|length| usize::try_from(length).expect("a length")).collect()
    }
}

/// What follows the value in a line.
fn attributes(max_age: Option<u64>) -> String {
    let max_age = max_age.map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
    format!("; Path=/; Secure; HttpOnly; SameSite=Lax{max_age}")
}

/// The characters of a value whose plaintext has so many bytes.
fn characters(plaintext: usize) -> i64 {
    i64::try_from((4 * (45 + plaintext)).div_ceil(3)).expect("a length")
}

fn find(fields: &[Text], name: &str) -> Came {
    let mut came = Came::default();
    for part in
        fields.iter().flat_map(|field| field.split(';')).map(|part| part.trim_matches([' ', '\t']))
    {
        let Some(rest) = part.strip_prefix(name) else { continue };
        match rest.as_bytes() {
            [b'='] => came.emptied = true,
            [b'=', ..] => came.values.push(rest[1..].to_owned()),
            [b'.', digit @ b'1'..=b'9', b'=', ..] => {
                came.pieces.push((digit - b'0', rest[3..].to_owned()))
            }
            _ => {}
        }
    }
    came
}

/// What a request has, beside its cookies.
pub struct Request<'a> {
    pub method: &'a str,
    pub site: Option<&'a str>,
    pub same_site: &'a str,
}

pub fn load<'a>(server: &'a Server, request: &Request, fields: &[Text], now: u64) -> Session<'a> {
    let ring = reference::ring(&server.ring_text(), true).expect("a ring");
    let ours = find(fields, &server.cookie_name);
    let others: Vec<(String, Came)> = server
        .other_names()
        .into_iter()
        .map(|name| (name.to_owned(), find(fields, name)))
        .collect();
    let old =
        server.import.as_ref().map_or_else(Came::default, |import| find(fields, &import.name));
    let copies = server.copies.iter().map(|(name, domain, path)| {
        let came = find(fields, name).came();
        (name.clone(), domain.clone(), path.clone(), came)
    });
    let copies = copies.collect();
    let held_back = match request.same_site {
        "Strict" => true,
        "Lax" => !["GET", "HEAD", "OPTIONS", "TRACE"].contains(&request.method),
        _ => false,
    };
    let cross_site = held_back && request.site == Some("cross-site") && !ours.counts();
    let other =
        others.iter().find(|(_, came)| came.counts()).filter(|_| !ours.counts() && !cross_site);
    let (name, came) = other.map_or((&server.cookie_name, &ours), |(name, came)| (name, came));
    let outcome = if cross_site { None } else { server.open_as(name, came, now, reference::FLAGS) };
    let claims = Claims::new(now, server.shape());
    let mut state = State {
        claims,
        data: server.encode(&server.default_value()),
        stream: None,
        value: server.default_value(),
    };
    let (mut key_end, mut protected) = (u64::MAX, false);
    let word = match outcome {
        Some(Ok(opened)) => {
            let entry = ring
                .iter()
                .find(|entry| entry.key.id == opened.key_id)
                .expect("the key that opened it");
            key_end = entry.open_until.unwrap_or(u64::MAX);
            let (compressed, bytes) = (opened.body.compressed, opened.body.data);
            let stream = compressed.then_some(Stream { bytes, came: true });
            state = State { claims: opened.claims, data: opened.data, stream, value: opened.value };
            "ok"
        }
        Some(Err((word, perhaps_elsewhere))) => {
            protected = perhaps_elsewhere && server.protects_unreadable;
            word
        }
        None if cross_site => "cross-site",
        None => {
            let any = ours.counts() || others.iter().any(|(_, came)| came.counts());
            // The old library's session, as vectors have it: a user's number in decimal.
            let import = server.import.as_ref().filter(|import| !any && now < import.until);
            let user = import.and_then(|_| old.values.first()?.parse::<u64>().ok());
            match user {
                Some(user) => {
                    state.value = json!({ "user": user, "cart": [] });
                    state.data = server.encode(&state.value);
                    state.stream = server.compressed(&state.data);
                    "imported"
                }
                None => "absent",
            }
        }
    };
    let present = state.clone();
    let (permitted, purged, skip_refresh) = (false, false, false);
    Session {
        server,
        ring,
        now,
        word,
        origin: state,
        present,
        key_end,
        protected,
        permitted,
        purged,
        skip_refresh,
        ours,
        others,
        old,
        copies,
    }
}

impl Session<'_> {
    fn is_empty(&self, state: &State) -> bool {
        state.value == self.server.default_value() && state.claims.flashes.is_empty()
    }

    fn fresh(&self) -> State {
        let issued = self.now.max(self.origin.claims.issued);
        let age = issued - self.now;
        let claims = Claims { age, ..Claims::new(issued, self.server.shape()) };
        let value = self.server.default_value();
        State { claims, data: self.server.encode(&value), stream: None, value }
    }

    /// Does what an application asks for, or says the word of the refusal; `error` where it has no
    /// word.
    pub fn act(&mut self, action: &Action) -> Result<(), Refusal> {
        let refused = |word| Err(Refusal::of(word));
        if let Action::All(actions) = action {
            return actions.iter().try_for_each(|action| self.act(action));
        }
        let (passes_cross_site, passes_protected) = match action {
            Action::Nothing | Action::Read => return Ok(()),
            Action::NoRefresh => {
                self.skip_refresh = true;
                return Ok(());
            }
            Action::Purge | Action::Renew | Action::TakeFlashes => (true, true),
            Action::Set(_) => (true, false),
            _ => (false, false),
        };
        if !self.permitted && self.word == "cross-site" && !passes_cross_site {
            return refused("cross-site");
        }
        if !self.permitted && self.protected && !passes_protected {
            return refused("unreadable");
        }
        let mut next = self.present.clone();
        let changed = match action {
            Action::Set(value) | Action::Update(value) => {
                let data = self.server.encode(value);
                let same = data == self.server.encode(&self.present.value);
                (next.value, next.data, next.claims.shape) =
                    (value.clone(), data, self.server.shape());
                next.stream = None;
                !same
            }
            Action::Flash(_, text) if text.len() > 1024 => return refused("error"),
            Action::Flash(level, text) => {
                next.claims.flashes.push((*level, text.clone()));
                true
            }
            Action::TakeFlashes => !std::mem::take(&mut next.claims.flashes).is_empty(),
            Action::SetExpiry(expiry) => {
                let most = self.server.absolute_timeout + 60;
                let fits = match expiry {
                    ExpiryVector::Idle(seconds) => (1..=most).contains(seconds),
                    ExpiryVector::At(time) => *time > self.now && *time <= self.now + most,
                    _ => true,
                };
                if !fits {
                    return refused("error");
                }
                next.claims.expiry = match *expiry {
                    ExpiryVector::Default => Expiry::Default,
                    ExpiryVector::BrowserSession => Expiry::BrowserSession,
                    ExpiryVector::Idle(seconds) => Expiry::Idle(seconds),
                    ExpiryVector::At(time) => Expiry::At(time),
                };
                next.claims.expiry != self.present.claims.expiry
            }
            Action::Purge => {
                next = self.fresh();
                self.purged = true;
                true
            }
            Action::Renew => {
                next.claims.id = Some([0; 16]);
                next.claims.issued = self.now.max(next.claims.issued);
                next.claims.age = next.claims.issued - self.now;
                next.claims.extensions.retain(|(tag, _)| *tag < 192);
                true
            }
            Action::Nothing | Action::Read | Action::NoRefresh | Action::All(_) => {
                unreachable!("handled above")
            }
        };
        if changed {
            if !self.is_empty(&next) {
                self.finish(&mut next, matches!(action, Action::Flash(..)))?;
            }
            self.present = next;
        }
        self.permitted |= match action {
            Action::Renew => true,
            Action::Set(value) => *value != self.server.default_value(),
            Action::Purge => self.word != "cross-site",
            _ => false,
        };
        Ok(())
    }

    /// Makes a state that is to be sealed fit its cookie (§9).
    fn finish(&self, next: &mut State, keeps_newest: bool) -> Result<(), Refusal> {
        if self.sealing().is_none() {
            return Err(Refusal::of("no-sealing-key"));
        }
        if next.claims.shape != self.server.shape() {
            (next.data, next.claims.shape) = (self.server.encode(&next.value), self.server.shape());
            next.stream = None;
        }
        if self.server.session_ids && next.claims.id.is_none() {
            next.claims.id = Some([0; 16]);
        }
        let flashes = &mut next.claims.flashes;
        while flashes.len() > 1
            && (flashes.len() > 16
                || flashes.iter().map(|(_, text)| text.len()).sum::<usize>() > 1024)
        {
            flashes.remove(0);
        }
        if next.stream.is_none() {
            next.stream = self.server.compressed(&next.data);
        }
        let limits = Limits::of(self.server);
        loop {
            let most = self.server.absolute_timeout + 120;
            let mut longest = next.clone();
            (longest.claims.issued, longest.claims.age) = (next.claims.issued + most, most);
            let (needed, allowed) = (limits.needed(self.value_length(&longest)), limits.allowed());
            if needed <= allowed {
                return Ok(());
            }
            if next.claims.flashes.len() <= usize::from(keeps_newest) {
                return Err(Refusal {
                    word: "too-large",
                    needed: usize::try_from(needed).ok(),
                    allowed: usize::try_from(allowed).ok(),
                });
            }
            next.claims.flashes.remove(0);
        }
    }

    /// The characters of the value of a state.
    fn value_length(&self, state: &State) -> i64 {
        characters(state.claims.plaintext_of(&state.body(self.server.pad_to)).len())
    }

    fn sealing(&self) -> Option<&reference::Entry> {
        reference::sealing(&self.ring, self.now)
            .filter(|entry| self.server.suites().contains(&entry.key.suite))
    }

    /// When a session of these claims ends, but for its key.
    fn end(&self, claims: &Claims) -> u64 {
        let (idle, fixed) = match claims.expiry {
            Expiry::Default | Expiry::BrowserSession => (Some(self.server.idle_timeout), u64::MAX),
            Expiry::Idle(seconds) => (Some(seconds), u64::MAX),
            Expiry::At(time) => (None, time),
        };
        let idle_end = idle.map_or(u64::MAX, |idle| claims.issued.saturating_add(idle));
        idle_end.min(claims.created().saturating_add(self.server.absolute_timeout)).min(fixed)
    }

    fn is_due(&self) -> bool {
        let (claims, share) = (&self.origin.claims, u128::from(self.server.refresh_millionths));
        let idle = match claims.expiry {
            Expiry::Default | Expiry::BrowserSession => Some(self.server.idle_timeout),
            Expiry::Idle(seconds) => Some(seconds),
            Expiry::At(_) => None,
        };
        let after = |idle: u64| {
            u64::try_from(u128::from(idle) * share / 1_000_000).unwrap_or(u64::MAX).max(1)
        };
        let for_its_age = idle.is_some_and(|idle| {
            share == 0 || self.now >= claims.issued.saturating_add(after(idle))
        });
        let sealing_end = self.sealing().and_then(|entry| entry.open_until).unwrap_or(u64::MAX);
        for_its_age || (self.key_end < self.end(claims) && sealing_end > self.key_end)
    }

    /// The answer: what goes out, `elapsed` milliseconds after the request was loaded.
    pub fn respond(
        &self,
        touched: bool,
        status: u16,
        elapsed: u64,
        fields: &[(String, String)],
    ) -> Response {
        let interim = status < 200 && status != 101;
        let mut caching = Caching::of(fields);
        let mut response = Response::default();
        if touched && !interim {
            let contradicted = caching.contradicts_a_cookie();
            let changed = self.purged
                || (self.differs()
                    && !(self.is_empty(&self.origin) && self.is_empty(&self.present)));
            let mut ends = self.purged;
            if status >= 500 {
                if self.purged {
                    self.delete(&mut response);
                }
            } else if changed && self.is_empty(&self.present) {
                ends = true;
                self.delete(&mut response);
            } else if changed {
                self.set(&self.present, &mut response);
                self.delete_replaced(&mut response);
            } else if ![304, 101].contains(&status)
                && !contradicted
                && !self.skip_refresh
                && elapsed <= 5_000
                && self.sealing().is_some()
                && (self.word == "imported"
                    || (self.word == "ok" && self.is_due() && !self.is_empty(&self.origin)))
            {
                let fits = self.set(&self.origin, &mut response);
                // One that does not fit a limit that was lowered meanwhile is left out.
                if fits {
                    self.delete_replaced(&mut response);
                } else {
                    response = Response::default();
                }
            }
            let carries = status < 500 && ![304, 101].contains(&status) && !contradicted;
            self.delete_what_is_old(ends, changed && status < 500, carries, &mut response);
            let carries_a_cookie = response.set.is_some() || !response.deleted.is_empty();
            if carries_a_cookie { caching.carry_a_cookie() } else { caching.touch() }
        }
        response.deleted.sort_unstable();
        response.fields = caching.fields();
        response
    }

    fn differs(&self) -> bool {
        let (then, now) = (&self.origin, &self.present);
        now.value != then.value
            || now.claims.flashes != then.claims.flashes
            || now.claims.id != then.claims.id
            || now.claims.expiry != then.claims.expiry
            || now.claims.extensions != then.claims.extensions
            || now.claims.created() != then.claims.created()
    }

    /// Returns whether a refresh would go out.
    fn set(&self, state: &State, response: &mut Response) -> bool {
        let entry = self.sealing().expect("a key that seals, or the write was refused");
        let mut sent = state.clone();
        sent.claims.issued = state.claims.issued.max(self.now);
        sent.claims.age = sent.claims.issued - state.claims.created();
        let end = self.end(&sent.claims).min(entry.open_until.unwrap_or(u64::MAX));
        let max_age = (sent.claims.expiry != Expiry::BrowserSession)
            .then(|| end.saturating_sub(self.now).min(34_560_000));
        let (limits, value) = (Limits::of(self.server), self.value_length(&sent));
        response.value_lengths = limits.split(value);
        response.sealed_with = Some(hex::encode(entry.key.id));
        // Compressors differ: what is compressed here is compared as it was before.
        response.compresses = sent.stream.as_ref().is_some_and(|stream| !stream.came);
        let plaintext = if response.compresses {
            sent.claims.plaintext(&sent.data)
        } else {
            sent.claims.plaintext_of(&sent.body(self.server.pad_to))
        };
        response.set = Some(hex::encode(plaintext));
        response.claims = Some(claims_vector(&sent.claims));
        response.max_age = max_age;
        limits.admits_refresh(value, max_age)
    }

    /// What is deleted beside a session that is set: later pieces that it does not need, and other
    /// names.
    fn delete_replaced(&self, response: &mut Response) {
        if self.word == "cross-site" {
            return;
        }
        let cookies = response.value_lengths.len();
        response.deleted.extend(self.pieces(&self.server.cookie_name, &self.ours, cookies));
        self.delete_others(response);
    }

    fn delete(&self, response: &mut Response) {
        // What came under other names may be all that the visitor has.
        if self.word == "cross-site" {
            return;
        }
        if self.ours.came() {
            response.deleted.push(self.server.cookie_name.clone());
        }
        response.deleted.extend(self.pieces(&self.server.cookie_name, &self.ours, 1));
        self.delete_others(response);
    }

    /// The later pieces that came, from a digit on.
    fn pieces(&self, name: &str, came: &Came, from: usize) -> Vec<String> {
        let digits = came.pieces.iter().filter(|(digit, _)| usize::from(*digit) >= from);
        let mut pieces: Vec<String> = digits.map(|(digit, _)| format!("{name}.{digit}")).collect();
        pieces.sort_unstable();
        pieces.dedup();
        pieces
    }

    /// The session's cookie under its other names.
    fn delete_others(&self, response: &mut Response) {
        for (name, came) in &self.others {
            if came.came() {
                response.deleted.push(name.clone());
            }
            response.deleted.extend(self.pieces(name, came, 1));
        }
    }

    /// The old library's cookie, and copies at other places (§10.9).
    fn delete_what_is_old(
        &self,
        ends: bool,
        changed: bool,
        carries: bool,
        response: &mut Response,
    ) {
        if self.word != "cross-site" && (ends || response.set.is_some()) {
            for (copy, domain, path) in
                self.copies.iter().filter(|(_, _, _, came)| *came).map(|(a, b, c, _)| (a, b, c))
            {
                let domain =
                    domain.as_ref().map_or_else(String::new, |domain| format!("; Domain={domain}"));
                let path = if path == "/" { String::new() } else { format!("; Path={path}") };
                response.deleted.push(format!("{copy}{domain}{path}"));
            }
        }
        let Some(import) = self.server.import.as_ref().filter(|_| self.word != "cross-site") else {
            return;
        };
        let (came, any) =
            (self.old.came(), self.ours.came() || self.others.iter().any(|(_, came)| came.came()));
        let sets = response.set.is_some();
        let needed = match self.word {
            "imported" => !sets,
            "absent" => !sets && self.now < import.until,
            "ok" => false,
            _ => !sets,
        };
        let due = came
            && import.delete_from.is_some_and(|date| self.now >= date)
            && (sets || carries)
            && !needed;
        if (ends && (came || any)) || (due && (sets || !changed)) {
            response.deleted.push(import.name.clone());
        }
    }
}

#[derive(Debug)]
pub struct Refusal {
    pub word: Word,
    pub needed: Option<usize>,
    pub allowed: Option<usize>,
}

impl Refusal {
    fn of(word: Word) -> Self {
        Self { word, needed: None, allowed: None }
    }
}

#[derive(Default, Debug)]
pub struct Response {
    /// The plaintext of the session that is set.
    pub set: Option<String>,
    pub claims: Option<ClaimsVector>,
    pub sealed_with: Option<String>,
    pub max_age: Option<u64>,
    /// Of the cookies that are set, in order.
    pub value_lengths: Vec<usize>,
    /// `set` has the data as they were before they were compressed, and no padding.
    pub compresses: bool,
    pub deleted: Vec<String>,
    /// The application's fields, and what became of them.
    pub fields: Vec<(String, String)>,
}

impl Response {
    pub fn word(&self) -> &'static str {
        match (&self.set, &self.deleted[..]) {
            (Some(_), _) => "set",
            (None, []) => "nothing",
            (None, _) => "delete",
        }
    }
}

/// §10.4: the fields by name, each with the members of its list.
struct Caching(Vec<(String, Vec<String>)>);

impl Caching {
    fn of(fields: &[(String, String)]) -> Self {
        let mut lists: Vec<(String, Vec<String>)> = Vec::new();
        for (name, value) in fields {
            let members = match &**name {
                // A number, and no list.
                "x-accel-expires" => vec![value.trim_matches([' ', '\t']).to_owned()],
                _ => members(value),
            };
            match lists.iter_mut().find(|(known, _)| known == name) {
                Some((_, list)) => list.extend(members),
                None => lists.push((name.clone(), members)),
            }
        }
        Self(lists)
    }

    fn list(&mut self, name: &str) -> &mut Vec<String> {
        let at = self.0.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
            self.0.push((name.to_owned(), Vec::new()));
            self.0.len() - 1
        });
        &mut self.0[at].1
    }

    fn control(&self) -> &[String] {
        self.0.iter().find(|(name, _)| name == "cache-control").map_or(&[], |(_, list)| list)
    }

    fn open_targets(&self) -> Vec<String> {
        let has =
            |list: &[String], word: &str| list.iter().any(|one| one.eq_ignore_ascii_case(word));
        let is_open = |(name, list): &&(String, Vec<String>)| match &**name {
            "x-accel-expires" => list.iter().any(|value| value != "0"),
            "edge-control" => !has(list, "no-store") && !has(list, "bypass-cache"),
            "surrogate-control" => !is_barred(list),
            name => name.ends_with("cdn-cache-control") && !is_barred(list),
        };
        self.0.iter().filter(is_open).map(|(name, _)| name.clone()).collect()
    }

    fn is_shared(&self) -> bool {
        !is_barred(self.control()) && self.control().iter().any(|member| shares(member))
    }

    fn contradicts_a_cookie(&self) -> bool {
        self.is_shared() || !self.open_targets().is_empty()
    }

    fn vary(&mut self) {
        let vary = self.list("vary");
        if !vary.iter().any(|member| member == "*" || member.eq_ignore_ascii_case("cookie")) {
            vary.push("Cookie".to_owned());
        }
    }

    fn touch(&mut self) {
        let keep = is_barred(self.control()) || self.contradicts_a_cookie();
        self.vary();
        if !keep {
            self.list("cache-control").push("private".to_owned());
        }
    }

    fn carry_a_cookie(&mut self) {
        self.vary();
        let targets = self.open_targets();
        if !is_barred(self.control()) {
            let control = self.list("cache-control");
            control.retain(|member| !shares(member));
            control.push("private".to_owned());
        }
        for name in &targets {
            let word = if name == "x-accel-expires" { "0" } else { "no-store" };
            *self.list(name) = vec![word.to_owned()];
        }
    }

    fn fields(self) -> Vec<(String, String)> {
        let mut fields: Vec<_> =
            self.0.into_iter().map(|(name, list)| (name, list.join(", "))).collect();
        fields.sort_unstable();
        fields
    }
}

fn is_barred(list: &[String]) -> bool {
    list.iter().any(|member| {
        member.eq_ignore_ascii_case("no-store") || member.eq_ignore_ascii_case("private")
    })
}

fn shares(member: &str) -> bool {
    let name = member.split('=').next().unwrap_or_default().trim();
    name.eq_ignore_ascii_case("public") || name.eq_ignore_ascii_case("s-maxage")
}

/// The members of a list, parted by commas that stand in no quoted string.
fn members(value: &str) -> Vec<String> {
    let (mut members, mut member, mut quoted, mut escaped) =
        (Vec::new(), String::new(), false, false);
    for character in value.chars() {
        if character == ',' && !quoted {
            members.push(std::mem::take(&mut member));
            continue;
        }
        if character == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = quoted && character == '\\' && !escaped;
        member.push(character);
    }
    members.push(member);
    members
        .into_iter()
        .map(|member| member.trim_matches([' ', '\t']).to_owned())
        .filter(|member| !member.is_empty())
        .collect()
}
