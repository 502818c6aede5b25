//! All objects of a kind.

use super::{
    allowance::{Allowance, PAGE},
    name::KindName,
};
use cluster::{Cluster, Error, Kind};
use events::Object;

/// Makes something of each object of a kind. One page at a time is in memory, and one object of it parsed.
///
/// # Errors
/// If the kind cannot be listed.
pub(crate) async fn each<T>(
    cluster: &Cluster,
    kind: &Kind,
    namespace: Option<&str>,
    make: impl Fn(&Object) -> Option<T>,
) -> Result<Vec<T>, Error> {
    let (mut made, mut from, name) = (Vec::new(), None, KindName::new(kind.group(), kind.kind()));
    let mut allowance = Allowance::of(&name, PAGE);
    loop {
        let page = allowance.page(cluster.page(kind, namespace, from.as_deref())).await?;
        made.extend(page.valid().filter_map(|object| make(&object)));
        match page.next {
            Some(next) => from = Some(next),
            None => return Ok(made),
        }
    }
}
