//! All objects of a kind.

use cluster::{Cluster, Error, Kind};
use events::Object;

/// Makes something of each object of a kind. One page at a time is in memory.
///
/// # Errors
/// If the kind cannot be listed.
pub(crate) async fn each<T>(
    cluster: &Cluster,
    kind: &Kind,
    namespace: Option<&str>,
    make: impl Fn(&Object) -> Option<T>,
) -> Result<Vec<T>, Error> {
    let (mut made, mut from) = (Vec::new(), None);
    loop {
        let page = cluster.page(kind, namespace, from.as_deref()).await?;
        made.extend(page.objects.iter().filter_map(&make));
        match page.next {
            Some(next) => from = Some(next),
            None => return Ok(made),
        }
    }
}
