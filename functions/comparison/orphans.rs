//! What the bucket has and the cluster has not.

use super::{scope::is_asked, walk::Walk};
use crate::kinds::{KindName, mesh};
use bucket::Store;
use catalog::Located;
use events::{Function, Nack, ObjectRef, Version};
use std::collections::BTreeMap;

const DELETED: &str = "its object is deleted";

const BARE: &str = "its object has no entity any more";

/// A bucket object whose source is in no complete list of its kind.
#[derive(Debug, Clone)]
pub(crate) struct Orphan {
    pub(crate) located: Located,
    pub(crate) kind: KindName,
    /// Who keeps its kind.
    pub(crate) function: Function,
    /// The resourceVersion of the list in which it is not; `None` if its kind is deleted.
    pub(crate) listed: Option<String>,
    /// The version in which its object exists, and has no entity any more; `None` if the object is deleted.
    pub(crate) bare: Option<Version>,
}

impl Orphan {
    /// Why it is one.
    pub(crate) fn why(&self) -> &'static str {
        if self.bare.is_some() { BARE } else { DELETED }
    }

    /// The object of which it was.
    pub(crate) fn object(&self) -> Result<ObjectRef, Nack> {
        let Located { group, kind, namespace, name, .. } = &self.located;
        let api_version = if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") };
        let object = ObjectRef::new(&api_version, kind, namespace.as_deref(), name);
        let object = object.map_err(|error| Nack::Reject(error.to_string()))?;
        Ok(if self.function == Function::Mesh { mesh::versioned(&object) } else { object })
    }
}

/// What is stored, within the scope, and in no complete list of its kind.
pub(crate) fn orphans<S: Store>(
    walk: &Walk<'_, S>,
    located: Vec<(Located, KindName)>,
    complete: &BTreeMap<KindName, (Function, Option<String>)>,
) -> Vec<Orphan> {
    let scope = &walk.run.request.scope;
    let in_scope =
        |it: &Located| is_asked(scope, it.namespace.as_deref(), &it.name) && walk.cx.keeps(it.namespace.as_deref());
    let orphan = |(located, kind): (Located, KindName)| {
        let (function, listed) = complete.get(&kind)?.clone();
        let is_orphan = in_scope(&located) && !walk.live.contains(&located.key.to_string());
        is_orphan.then_some(Orphan { located, kind, function, listed, bare: None })
    };
    located.into_iter().filter_map(orphan).collect()
}
