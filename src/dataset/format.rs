//! [`Format`]: how parts are encoded, and the constants that their bytes depend on.

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// The version of the encoding: raised by every change of the constants or of the writers' versions that can
/// change a file's bytes. It is part of the layout fingerprint.
pub const FORMAT_VERSION: u32 = 1;

/// What Parquet files say made them. It carries the format's version instead of the program's, so that a release
/// that writes the same bytes says the same; spelt as readers parse it (`NAME version MAJOR.MINOR.PATCH`).
pub const CREATED_BY: &str = "seedmill version 1.0.0";

/// Rows of the largest block, which is a CSV.zst frame.
pub const BLOCK_ROWS: usize = 8_192;

/// Rows of a Parquet row group: 16 of these, and whole blocks of Parquet's own.
pub const ROW_GROUP_ROWS: usize = 16 * BLOCK_ROWS;

/// The zstd level of Parquet pages and of CSV.zst frames. Compression is what bounds the speed; level 3 writes
/// a quarter fewer rows a second (0.9 M against 1.24 M, one core, 183 bytes of text a row).
pub const ZSTD_LEVEL: i32 = 1;

/// How a part is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Format {
    /// Parquet, zstd.
    #[serde(rename = "parquet")]
    Parquet,
    /// What psql's `\copy … CSV HEADER` takes.
    #[serde(rename = "csv")]
    Csv,
    /// The same, in zstd frames of one block each.
    #[serde(rename = "csv.zst")]
    CsvZstd,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Parquet, Self::Csv, Self::CsvZstd];

    /// The format's name and the ending of its files, without the leading dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
            Self::CsvZstd => "csv.zst",
        }
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.extension())
    }
}

impl std::str::FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|format| format.extension() == text).ok_or_else(|| {
            Error::usage_hint(format!("`{text}` is no format"), "the formats are parquet, csv and csv.zst")
        })
    }
}

/// Which readers a Parquet file is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParquetProfile {
    /// UUIDs carry Parquet's UUID logical type.
    #[default]
    Standard,
    /// What Spark reads: UUIDs as text, no byte-stream-split floats.
    Spark,
}

impl std::fmt::Display for ParquetProfile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Standard => "standard",
            Self::Spark => "spark",
        })
    }
}

impl std::str::FromStr for ParquetProfile {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "standard" => Ok(Self::Standard),
            "spark" => Ok(Self::Spark),
            _ => Err(Error::usage_hint(
                format!("`{text}` is no Parquet profile"),
                "the profiles are standard and spark",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_spelt_the_same_everywhere() {
        for format in Format::ALL {
            assert_eq!(format.to_string().parse::<Format>().unwrap(), format);
            assert_eq!(serde_json::to_string(&format).unwrap(), format!("\"{format}\""));
        }
        for profile in [ParquetProfile::Standard, ParquetProfile::Spark] {
            assert_eq!(profile.to_string().parse::<ParquetProfile>().unwrap(), profile);
            assert_eq!(serde_json::to_string(&profile).unwrap(), format!("\"{profile}\""));
        }
    }

    #[test]
    fn an_unknown_format_names_the_known_ones() {
        let error = "xml".parse::<Format>().unwrap_err();
        assert_eq!(error.hint(), Some("the formats are parquet, csv and csv.zst"));
    }

    #[test]
    fn the_constants_of_format_one_are_frozen() {
        assert_eq!((FORMAT_VERSION, BLOCK_ROWS, ROW_GROUP_ROWS, ZSTD_LEVEL), (1, 8_192, 131_072, 1));
    }
}
