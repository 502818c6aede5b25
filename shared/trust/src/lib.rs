//! Tokens and certificates: how an edge shows who it is, whom it trusts, and what of a URL it shows to people.
//!
//! Each file is read here, up to a limit and again each time, so that a rotated Secret needs no restart. No token is in a
//! log or in an error.

mod ca_bundle;
mod file;
mod shown;
mod tls;
mod token;

pub use ca_bundle::CaBundle;
pub use shown::shown;
pub use tls::client_config;
pub use token::Token;
