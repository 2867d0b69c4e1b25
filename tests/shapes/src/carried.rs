//! Types that must be carried; each is a vector.
//!
//! ```text
//! carried::shapes()  →  [("Visit", Ok((text, shape))), …]
//! ```

use crate::Shape;
use crate::choosy::*;
use crate::types::*;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::num::{NonZeroU32, NonZeroU64, Wrapping};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

pub fn shapes() -> Vec<(&'static str, Shape)> {
    let mut shapes = standard();
    shapes.extend(own());
    shapes.extend(others());
    shapes
}

fn standard() -> Vec<(&'static str, Shape)> {
    crate::shapes![
        (),
        bool,
        i8,
        i16,
        i32,
        i64,
        i128,
        isize as "isize (i64)",
        u8,
        u16,
        u32,
        u64,
        u128,
        usize as "usize (u64)",
        f32,
        f64,
        char,
        String,
        Box<str>,
        Cow<'static, str>,
        Option<u8>,
        Option<Option<u8>>,
        Option<()>,
        Vec<u8>,
        Vec<Vec<String>>,
        VecDeque<i32>,
        Box<[u16]>,
        BTreeSet<String>,
        HashSet<u64>,
        BTreeMap<String, u64>,
        HashMap<u32, Vec<bool>>,
        HashMap<Grade, BTreeMap<u8, Option<char>>>,
        (u8,),
        (u8, String, Option<i16>),
        [u8; 0],
        [u8; 16],
        [u8; 32],
        [(u8, bool); 3],
        [[u16; 2]; 2],
        Box<u8>,
        Arc<Visit>,
        Wrapping<u32>,
        Held<NonZeroU32>,
        Option<NonZeroU64>,
        Held<Result<u8, String>>,
        Duration,
        Held<SystemTime>,
        Held<IpAddr>,
        Held<SocketAddr>,
        PathBuf,
        std::ops::Range<u32>,
        Held<std::ops::RangeInclusive<i8>>,
        Held<std::ops::Bound<u8>>,
        std::marker::PhantomData<u8>,
        std::sync::Mutex<u32>,
        std::sync::atomic::AtomicU16,
        std::cmp::Reverse<i64>,
    ]
}

fn own() -> Vec<(&'static str, Shape)> {
    crate::shapes![
        Visit,
        Empty,
        Marker,
        UserId,
        Point,
        Role,
        Tree,
        Chain,
        Expression,
        Ping,
        Thicket,
        Rung8,
        Wide,
        Wrap<u8>,
        Wrap<Wrap<u16>>,
        Wrap<Option<Marker>>,
        Pair<Wrap<u8>, Wrap<u16>>,
        Pair<Wrap<u8>, Wrap<u8>>,
        Configs,
        Clear,
        Renamed,
        Skipping,
        Aliased,
        Account,
        Vaults,
        Held<Password>,
        Held<Vault>,
        Held<Span>,
        Hopeless,
        Held<Strict>,
        Held<ByHand>,
        Held<Vec<(Span, Option<Span>)>>,
        Branching,
        Held<Vec<Branching>>,
        HashMap<String, (Grade, Branching)>,
        Held<NonEmpty>,
        Held<Around<NonEmpty>>,
        HashMap<String, Around<Span>>,
        Held<BTreeMap<Email, u8>>,
        Colour,
        With,
        Shop,
    ]
}

fn others() -> Vec<(&'static str, Shape)> {
    crate::shapes![
        uuid::Uuid,
        Held<uuid::Uuid>,
        Uuids,
        chrono::NaiveDate,
        chrono::NaiveTime,
        chrono::NaiveDateTime,
        chrono::DateTime<chrono::Utc>,
        Held<chrono::DateTime<chrono::FixedOffset>>,
        Held<chrono::Weekday>,
        Held<chrono::Month>,
        Held<Around<chrono::DateTime<chrono::Utc>>>,
        Held<time::OffsetDateTime>,
        Held<time::PrimitiveDateTime>,
        Held<time::Date>,
        Held<time::Time>,
        Held<time::Duration>,
        Held<time::UtcOffset>,
        Held<time::Month>,
        Held<time::Weekday>,
        Held<Around<time::OffsetDateTime>>,
        jiff::Timestamp,
        Held<jiff::Zoned>,
        Held<Around<jiff::Zoned>>,
        Held<jiff::civil::Date>,
        Held<jiff::civil::DateTime>,
        Held<jiff::civil::Time>,
        Held<jiff::Span>,
        Held<jiff::SignedDuration>,
        jiff_1::Timestamp,
        Held<Around<jiff_1::ZonedDateTime>>,
        Held<jiff_1::civil::Date>,
        Held<jiff_1::SignedDuration>,
        Option<url::Url>,
        Held<url::Url>,
        Held<Around<url::Url>>,
        Held<url::Host>,
        Held<semver::Version>,
        Held<semver::VersionReq>,
        smol_str::SmolStr,
        serde_bytes::ByteBuf,
        Held<serde_bytes::ByteArray<20>>,
    ]
}
