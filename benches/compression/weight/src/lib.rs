//! One session sealed and opened, as the smallest edge function would, and its data compressed and
//! decompressed by the compressor of the feature. What the module exports keeps all of it.

use sealed_session::{KeyRing, Sessions, Suite};
use std::hint::black_box;

/// The sum of the bytes that come out.
#[unsafe(no_mangle)]
pub extern "C" fn run(length: usize) -> u32 {
    let data = vec![1; length];
    let Ok(ring) = KeyRing::generate(Suite::XChaCha20Poly1305) else { return 0 };
    let builder = Sessions::<Vec<u8>>::builder(ring).schema_version(1);
    #[cfg(feature = "compression")]
    let builder = builder.compress(true);
    let Ok(sessions) = builder.build() else { return 0 };
    let Ok(value) = sessions.seal(&compress(black_box(&data))) else { return 0 };
    let Ok(opened) = sessions.open(black_box(&value)) else { return 0 };
    decompress(&opened).into_iter().map(u32::from).sum()
}

#[cfg(not(any(
    feature = "flate2",
    feature = "lz4_flex",
    feature = "miniz_oxide",
    feature = "ruzstd",
    feature = "structured-zstd",
    feature = "zlib-rs",
    feature = "zstd"
)))]
mod codec {
    pub fn compress(data: &[u8]) -> Vec<u8> {
        data.to_vec()
    }

    pub fn decompress(data: &[u8]) -> Vec<u8> {
        data.to_vec()
    }
}

#[cfg(feature = "miniz_oxide")]
mod codec {
    pub fn compress(data: &[u8]) -> Vec<u8> {
        miniz_oxide::deflate::compress_to_vec(data, 5)
    }

    pub fn decompress(data: &[u8]) -> Vec<u8> {
        miniz_oxide::inflate::decompress_to_vec_with_limit(data, 65_536).unwrap_or_default()
    }
}

#[cfg(feature = "flate2")]
mod codec {
    use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};

    pub fn compress(data: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(data.len() + 64);
        let mut state = Compress::new(Compression::new(6), false);
        let _ = state.compress_vec(data, &mut out, FlushCompress::Finish);
        out
    }

    pub fn decompress(data: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(65_536);
        let mut state = Decompress::new(false);
        let _ = state.decompress_vec(data, &mut out, FlushDecompress::Finish);
        out
    }
}

#[cfg(feature = "zlib-rs")]
mod codec {
    use zlib_rs::{DeflateConfig, InflateConfig, compress_slice, decompress_slice};

    pub fn compress(data: &[u8]) -> Vec<u8> {
        let mut out = vec![0; data.len() + 64];
        let config =
            DeflateConfig { level: 6, window_bits: -12, mem_level: 5, ..DeflateConfig::default() };
        compress_slice(&mut out, data, config).0.to_vec()
    }

    pub fn decompress(data: &[u8]) -> Vec<u8> {
        let mut out = vec![0; 65_536];
        decompress_slice(&mut out, data, InflateConfig { window_bits: -15 }).0.to_vec()
    }
}

#[cfg(feature = "lz4_flex")]
mod codec {
    pub fn compress(data: &[u8]) -> Vec<u8> {
        lz4_flex::block::compress(data)
    }

    pub fn decompress(data: &[u8]) -> Vec<u8> {
        lz4_flex::block::decompress(data, 65_536).unwrap_or_default()
    }
}

#[cfg(feature = "zstd")]
mod codec {
    pub fn compress(data: &[u8]) -> Vec<u8> {
        zstd::bulk::compress(data, 3).unwrap_or_default()
    }

    pub fn decompress(data: &[u8]) -> Vec<u8> {
        zstd::bulk::decompress(data, 65_536).unwrap_or_default()
    }
}

#[cfg(feature = "ruzstd")]
mod codec {
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    pub fn compress(data: &[u8]) -> Vec<u8> {
        compress_to_vec(data, CompressionLevel::Fastest)
    }

    pub fn decompress(data: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(65_536);
        let _ = ruzstd::decoding::FrameDecoder::new().decode_all_to_vec(data, &mut out);
        out
    }
}

#[cfg(feature = "structured-zstd")]
mod codec {
    use structured_zstd::encoding::{CompressionLevel, FrameCompressor};

    pub fn compress(data: &[u8]) -> Vec<u8> {
        let mut state: FrameCompressor = FrameCompressor::new(CompressionLevel::Level(3));
        state.compress_independent_frame(data)
    }

    pub fn decompress(data: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(65_536);
        let _ = structured_zstd::decoding::FrameDecoder::new().decode_all_to_vec(data, &mut out);
        out
    }
}

use codec::{compress, decompress};
