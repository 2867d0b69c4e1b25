//! The compressors, each with the settings and the handling of its state that are compared.
//! What they return is what a session would carry: a constant header (zstd's magic number) is
//! left out, and a length that the decompressor needs is added. No more than `LIMIT` bytes come out.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use lz4_flex::block::{CompressTable, compress_into_with_table, get_maximum_output_size};
use miniz_oxide::DataFormat;
use miniz_oxide::deflate::core::{CompressorOxide, TDEFLFlush, TDEFLStatus, compress};
use ruzstd::decoding::FrameDecoder as RuzstdDecoder;
use ruzstd::encoding::CompressionLevel as RuzstdLevel;
use structured_zstd::decoding::FrameDecoder;
use structured_zstd::encoding::{CompressionLevel, FrameCompressor};
use zlib_rs::{DeflateConfig, Inflate, InflateFlush, ReturnCode};

/// The most that may come out of the decompressor, as the crate bounds it.
pub const LIMIT: usize = 65_536;

const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

type Call = Box<dyn FnMut(&[u8]) -> Vec<u8>>;

pub struct Codec {
    pub name: String,
    /// Whether the state is made once and used again, or made for each call.
    pub reuses: bool,
    pub compress: Call,
    pub decompress: Call,
}

impl Codec {
    fn new(
        name: impl Into<String>,
        reuses: bool,
        compress: impl FnMut(&[u8]) -> Vec<u8> + 'static,
        decompress: impl FnMut(&[u8]) -> Vec<u8> + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            reuses,
            compress: Box::new(compress),
            decompress: Box::new(decompress),
        }
    }
}

/// All that are compared, at the levels that matter.
pub fn all() -> Vec<Codec> {
    let mut all = Vec::new();
    for level in [1, 5] {
        all.extend(miniz(level));
    }
    all.extend(flate2_levels());
    for level in [6, 7] {
        all.push(zlib_rs(level));
    }
    all.extend(lz4());
    #[cfg(not(target_family = "wasm"))]
    for level in [1, 3, 19] {
        all.extend(zstd(level));
    }
    all.push(ruzstd());
    for level in [3, 19] {
        all.extend(structured_zstd(level));
    }
    all
}

/// zlib-rs at those that are compared.
pub fn flate2_levels() -> Vec<Codec> {
    [1, 6, 9].into_iter().flat_map(flate2).collect()
}

/// miniz_oxide at every level.
pub fn miniz_levels() -> Vec<Codec> {
    (1..=10).flat_map(miniz).collect()
}

fn miniz(level: u8) -> [Codec; 2] {
    let name = format!("miniz_oxide {level}");
    let decompress = |data: &[u8]| {
        miniz_oxide::inflate::decompress_to_vec_with_limit(data, LIMIT).expect("it was compressed")
    };
    // The level sets the flags of the format too, which `reset` keeps.
    let mut state = Box::new(CompressorOxide::default());
    state.set_format_and_level(DataFormat::Raw, level);
    [
        Codec::new(
            &name,
            false,
            move |data| miniz_oxide::deflate::compress_to_vec(data, level),
            decompress,
        ),
        Codec::new(
            &name,
            true,
            move |data| {
                state.reset();
                let mut out = vec![0; deflate_bound(data.len())];
                let (status, _, written) = compress(&mut state, data, &mut out, TDEFLFlush::Finish);
                assert!(status == TDEFLStatus::Done, "the output has room");
                out.truncate(written);
                out
            },
            decompress,
        ),
    ]
}

fn flate2(level: u32) -> [Codec; 2] {
    let name = format!("flate2, zlib-rs {level}");
    let deflate = |state: &mut Compress, data: &[u8]| {
        let mut out = Vec::with_capacity(deflate_bound(data.len()));
        state.compress_vec(data, &mut out, FlushCompress::Finish).expect("no error is possible");
        out
    };
    let inflate = |state: &mut Decompress, data: &[u8]| {
        let mut out = Vec::with_capacity(4 * data.len());
        loop {
            let read = usize::try_from(state.total_in()).expect("it is small");
            let status = state
                .decompress_vec(&data[read..], &mut out, FlushDecompress::Finish)
                .expect("it was compressed");
            if status == flate2::Status::StreamEnd {
                return out;
            }
            assert!(out.capacity() < LIMIT, "it was shorter");
            out.reserve(out.capacity());
        }
    };
    let mut compressor = Compress::new(Compression::new(level), false);
    let mut decompressor = Decompress::new(false);
    [
        Codec::new(
            &name,
            false,
            move |data| deflate(&mut Compress::new(Compression::new(level), false), data),
            move |data| inflate(&mut Decompress::new(false), data),
        ),
        Codec::new(
            &name,
            true,
            move |data| {
                compressor.reset();
                deflate(&mut compressor, data)
            },
            move |data| {
                decompressor.reset(false);
                inflate(&mut decompressor, data)
            },
        ),
    ]
}

/// zlib-rs without flate2, with a window of 4 KiB and the smallest tables for it, so that making
/// the state costs little. Its state cannot be reused with the safe functions of this form.
fn zlib_rs(level: i32) -> Codec {
    let config =
        DeflateConfig { level, window_bits: -12, mem_level: 5, ..DeflateConfig::default() };
    let compress = move |data: &[u8]| {
        let mut out = vec![0; deflate_bound(data.len())];
        let (written, code) = zlib_rs::compress_slice(&mut out, data, config);
        assert!(code == ReturnCode::Ok, "the output has room");
        let length = written.len();
        out.truncate(length);
        out
    };
    let inflate = |data: &[u8]| {
        let mut state = Inflate::new(false, 15);
        let mut out = vec![0; 4 * data.len()];
        loop {
            let read = usize::try_from(state.total_in()).expect("it is small");
            let written = usize::try_from(state.total_out()).expect("it is small");
            let status = state
                .decompress(&data[read..], &mut out[written..], InflateFlush::Finish)
                .expect("it was compressed");
            if status == zlib_rs::Status::StreamEnd {
                out.truncate(usize::try_from(state.total_out()).expect("it is small"));
                return out;
            }
            assert!(out.len() < LIMIT, "it was shorter");
            out.resize(2 * out.len(), 0);
        }
    };
    Codec::new(format!("zlib-rs {level}, 4 KiB window"), false, compress, inflate)
}

/// Its blocks do not say how much comes out of them, so two bytes in front do.
fn lz4() -> [Codec; 2] {
    let with = |table: &mut CompressTable, data: &[u8]| {
        let mut out = vec![0; 2 + get_maximum_output_size(data.len())];
        out[..2]
            .copy_from_slice(&u16::try_from(data.len()).expect("sessions are short").to_le_bytes());
        let written =
            compress_into_with_table(data, &mut out[2..], table).expect("the output has room");
        out.truncate(2 + written);
        out
    };
    let decompress = |data: &[u8]| {
        let length = usize::from(u16::from_le_bytes([data[0], data[1]]));
        lz4_flex::block::decompress(&data[2..], length).expect("it was compressed")
    };
    let mut table = CompressTable::small();
    [
        Codec::new(
            "lz4_flex",
            false,
            move |data| with(&mut CompressTable::small(), data),
            decompress,
        ),
        Codec::new("lz4_flex", true, move |data| with(&mut table, data), decompress),
    ]
}

#[cfg(not(target_family = "wasm"))]
fn zstd(level: i32) -> [Codec; 2] {
    use zstd::bulk::{Compressor, Decompressor};
    let name = format!("zstd {level}");
    let compress = |state: &mut Compressor, data: &[u8]| {
        without_magic(&state.compress(data).expect("no error is possible"))
    };
    let decompress = |state: &mut Decompressor, data: &[u8]| {
        let frame = with_magic(data);
        let length = zstd::zstd_safe::get_frame_content_size(&frame)
            .ok()
            .flatten()
            .and_then(|length| usize::try_from(length).ok())
            .expect("the frame says it");
        assert!(length <= LIMIT, "it was shorter");
        state.decompress(&frame, length).expect("it was compressed")
    };
    let mut compressor = Compressor::new(level).expect("the level exists");
    let mut decompressor = Decompressor::new().expect("there is memory");
    [
        Codec::new(
            &name,
            false,
            move |data| compress(&mut Compressor::new(level).expect("the level exists"), data),
            move |data| decompress(&mut Decompressor::new().expect("there is memory"), data),
        ),
        Codec::new(
            &name,
            true,
            move |data| compress(&mut compressor, data),
            move |data| decompress(&mut decompressor, data),
        ),
    ]
}

fn ruzstd() -> Codec {
    let decompress = |data: &[u8]| {
        let frame = with_magic(data);
        let mut decoder = RuzstdDecoder::new();
        let mut rest = frame.as_slice();
        decoder.init(&mut rest).expect("it was compressed");
        let strategy = ruzstd::decoding::BlockDecodingStrategy::UptoBytes(LIMIT);
        decoder.decode_blocks(&mut rest, strategy).expect("it was compressed");
        decoder.collect().expect("it is whole")
    };
    Codec::new(
        "ruzstd, Fastest",
        false,
        |data| without_magic(&ruzstd::encoding::compress_to_vec(data, RuzstdLevel::Fastest)),
        decompress,
    )
}

fn structured_zstd(level: i32) -> [Codec; 2] {
    let name = format!("structured-zstd {level}");
    let make = move || {
        let mut compressor: FrameCompressor = FrameCompressor::new(CompressionLevel::Level(level));
        compressor.set_content_checksum(false);
        compressor.set_magicless(true);
        compressor
    };
    let decompress = |state: &mut FrameDecoder, data: &[u8]| {
        state.set_magicless(true);
        state.init(data).expect("it was compressed");
        let length = usize::try_from(state.content_size()).expect("it is small");
        assert!(length <= LIMIT, "it was shorter");
        let mut out = vec![0; length];
        let written = state.decode_all(data, &mut out).expect("it was compressed");
        out.truncate(written);
        out
    };
    let mut compressor = make();
    let mut decoder = FrameDecoder::new();
    [
        Codec::new(
            &name,
            false,
            move |data| make().compress_independent_frame(data),
            move |data| decompress(&mut FrameDecoder::new(), data),
        ),
        Codec::new(
            &name,
            true,
            move |data| compressor.compress_independent_frame(data),
            move |data| decompress(&mut decoder, data),
        ),
    ]
}

/// What DEFLATE needs at most, with something to spare.
fn deflate_bound(length: usize) -> usize {
    length + length / 8 + 64
}

fn without_magic(frame: &[u8]) -> Vec<u8> {
    assert!(frame.starts_with(&ZSTD_MAGIC), "a frame begins with it");
    frame[ZSTD_MAGIC.len()..].to_vec()
}

fn with_magic(data: &[u8]) -> Vec<u8> {
    [&ZSTD_MAGIC, data].concat()
}
