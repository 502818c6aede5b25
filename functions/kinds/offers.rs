//! The kinds that Promises offer.

use super::list::each;
use catalog::Offered;
use cluster::{Cluster, Error, Kind};

/// The kinds that the Promises of a cluster offer.
///
/// # Errors
/// If Promises cannot be listed.
pub async fn offers(cluster: &Cluster) -> Result<Vec<Offered>, Error> {
    each(cluster, &Kind::promise(), None, Offered::by).await
}
