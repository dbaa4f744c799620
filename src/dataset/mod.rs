//! The dataset on disk: what its tables look like, how its files are encoded, read back and digested.
pub mod csv_reader;
pub mod csv_values;
pub mod digest;
pub mod format;
pub mod reader;
pub mod table;
