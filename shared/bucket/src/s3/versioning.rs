//! Whether the bucket keeps what is overwritten.

use super::{S3, answer};
use crate::Fault;
use aws_sdk_s3::types::BucketVersioningStatus;

/// Whether the bucket keeps what is overwritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Versioning {
    /// Each state of the catalog is kept.
    On,
    /// The last state alone; also where versioning was on and is suspended.
    Off,
}

impl S3 {
    /// Whether the bucket keeps what is overwritten. It takes a right that nothing else of Callboard needs.
    ///
    /// # Errors
    /// If the store does not say.
    pub async fn versioning(&self) -> Result<Versioning, Fault> {
        let call = self.client().await?.get_bucket_versioning().bucket(self.bucket());
        let answer = self.call("versioning", "", call.send()).await.map_err(|error| answer::fault(&error, self))?;
        match answer.status {
            Some(BucketVersioningStatus::Enabled) => Ok(Versioning::On),
            _ => Ok(Versioning::Off),
        }
    }
}
