//! What can be asked of a cluster.

use crate::{
    Args, Error, Kind, Page, connect,
    discovery::{Discovery, Found, Sought},
    kind::encoded,
    list,
    page_size::PageSizes,
    wire::{Call, Refusal, Wire},
};
use events::{Object, ObjectRef};
use kube::Client;
use std::{fmt, sync::Arc};

/// How many objects a page holds at most.
const LIMIT: usize = 500;

/// How many CustomResourceDefinitions a page holds at most.
const DEFINITIONS: usize = 50;

/// How many pages the list of CustomResourceDefinitions may have.
const PAGES: usize = 100;

/// A cluster, as its API server shows it to us. Cheap to clone.
#[derive(Clone)]
pub struct Cluster(Arc<Asked>);

struct Asked {
    wire: Wire,
    discovery: Discovery,
    sizes: PageSizes,
    namespace: String,
}

/// What a list by name shows.
#[derive(Debug, Clone, PartialEq)]
pub enum Named {
    /// The object is there.
    There(Object),
    /// The object is not there as of this version.
    Absent {
        /// That of the list, which orders after all that ever was written to the object.
        resource_version: String,
    },
}

impl Cluster {
    /// The cluster of the kubeconfig given, otherwise the pod's own; `None` if there is neither. That of the user's home
    /// is never taken by itself. Nothing is called yet.
    ///
    /// # Errors
    /// If what says where the cluster is cannot be used.
    pub async fn of_service(args: &Args) -> anyhow::Result<Option<Self>> {
        Ok(connect::of_service(args).await?.map(Self::at))
    }

    /// The cluster for a command at a terminal: as for a Service, but that of the user's home before the pod's own.
    ///
    /// # Errors
    /// If there is none, or what says where it is cannot be used.
    pub async fn of_user(args: &Args) -> anyhow::Result<Self> {
        connect::of_user(args).await.map(Self::at)
    }

    /// The same, seen from the namespace of an install.
    ///
    /// # Errors
    /// As [`Self::of_user`].
    pub async fn of_install(args: &Args, namespace: &str) -> anyhow::Result<Self> {
        let (client, server) = connect::of_user(args).await?;
        Ok(Self::within(Wire::new(client, server), namespace.to_owned()))
    }

    /// The cluster at the other end of a client, whose own retries should be off.
    pub fn new(client: Client) -> Self {
        Self::at((client, "the API server".to_owned()))
    }

    fn at((client, server): (Client, String)) -> Self {
        let namespace = client.default_namespace().to_owned();
        Self::within(Wire::new(client, server), namespace)
    }

    fn within(wire: Wire, namespace: String) -> Self {
        Self(Arc::new(Asked { wire, discovery: Discovery::new(), sizes: PageSizes::new(), namespace }))
    }

    /// Callboard's own namespace: the ServiceAccount's, that of the kubeconfig's context, or that of the install.
    pub fn namespace(&self) -> &str {
        &self.0.namespace
    }

    /// The object as it is now; `None` if it is not. The version of the reference is taken if it is served, otherwise
    /// any other.
    ///
    /// # Errors
    /// [`Error::Unserved`] if the kind is unknown, which does not say whether the object exists.
    pub async fn get(&self, object: &ObjectRef) -> Result<Option<Object>, Error> {
        self.read(object, Call::get).await
    }

    /// The same with its metadata alone, and its own apiVersion and kind.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn get_metadata(&self, object: &ObjectRef) -> Result<Option<Object>, Error> {
        self.read(object, Call::metadata).await
    }

    /// The object, or as of which version it is not there.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn named(&self, object: &ObjectRef) -> Result<Named, Error> {
        let kind = self.kind_of(object).await?;
        match self.by_name(object, &kind).await {
            Err(Error::Unserved { .. }) => self.by_name(object, &self.moved(object, &kind).await?).await,
            answer => answer,
        }
    }

    /// The kind of that name, compared without regard to case, in the version that its group prefers. Remembered; asked
    /// for again if it is unknown, but not more often than every 5 seconds. `None` if the group has no such kind,
    /// or if there is neither the group nor a CustomResourceDefinition.
    ///
    /// # Errors
    /// If the API server does not say, and [`Error::Unserved`] if a definition is there and its group is not.
    pub async fn kind(&self, group: &str, kind: &str) -> Result<Option<Kind>, Error> {
        match self.0.discovery.find(&self.0.wire, Sought { group, kind, version: None }).await? {
            Found::Kind(kind) => Ok(Some(kind)),
            Found::NoKind => Ok(None),
            Found::NoGroup if self.defined(group, kind).await? => {
                Err(Error::Unserved { what: format!("find the kind {kind} of {group}") })
            }
            Found::NoGroup => Ok(None),
        }
    }

    /// The kind that people call so: by its name or its plural, without regard to case. `None` as with [`Self::kind`].
    ///
    /// # Errors
    /// As [`Self::kind`].
    pub async fn called(&self, group: &str, name: &str) -> Result<Option<Kind>, Error> {
        match self.0.discovery.plural(&self.0.wire, group, name).await? {
            Some(kind) => Ok(Some(kind)),
            None => self.kind(group, name).await,
        }
    }

    /// Has the kinds of a group asked for again, even if that was done a moment ago: something of it is defined, and was not
    /// served then.
    pub async fn forget(&self, group: &str) {
        self.0.discovery.forget(group).await;
    }

    /// A page of at most 500 objects and 4 MiB, of one namespace or of all. It is the first page, or the one that the page
    /// before named in `next`. The pages of a list show one moment. A page that is too long is asked for again, smaller.
    ///
    /// # Errors
    /// [`Error::Expired`] if that moment is too long ago. [`Error::Unserved`] if the kind was deleted or is another by
    /// now, which [`Self::kind`] then says.
    pub async fn page(&self, kind: &Kind, namespace: Option<&str>, from: Option<&str>) -> Result<Page, Error> {
        let page = self.pages((kind, kind.path(namespace)), LIMIT, from, Call::list).await;
        if let Err(Error::Unserved { .. }) = page {
            self.0.discovery.doubt(kind.group());
        }
        page
    }

    /// A page of one object: whether the API server answers for the kind, in whichever way.
    ///
    /// # Errors
    /// As [`Self::page`].
    pub async fn first(&self, kind: &Kind) -> Result<Page, Error> {
        let path = format!("{}?limit=1", kind.path(None));
        self.list(&format!("list {kind}"), kind, Call::list(path)).await
    }

    /// A page of the CustomResourceDefinitions that have this label, set to `true`; as [`Self::page`], but smaller, for
    /// they are large.
    ///
    /// # Errors
    /// As [`Self::page`].
    pub async fn definitions(&self, label: &str, from: Option<&str>) -> Result<Page, Error> {
        let kind = Kind::custom_resource_definition();
        let path = format!("{}?labelSelector={}", kind.path(None), encoded(&format!("{label}=true")));
        self.pages((&kind, path), DEFINITIONS, from, Call::list).await
    }

    /// Whether a CustomResourceDefinition of that group and kind exists, whatever its state. A kind that does not come
    /// from one (Kubernetes' own, an aggregated API's) is not defined: ask [`Self::kind`] first.
    ///
    /// # Errors
    /// If CustomResourceDefinitions cannot be listed.
    pub async fn defined(&self, group: &str, kind: &str) -> Result<bool, Error> {
        let (definitions, mut from) = (Kind::custom_resource_definition(), None);
        for _ in 0..PAGES {
            let list = (&definitions, definitions.path(None));
            let page = self.pages(list, LIMIT, from.as_deref(), Call::list_metadata).await?;
            for definition in page.valid().filter(|it| is_of_group(it, group)) {
                let whole = self.one(definition.reference(), &definitions, Call::get).await?;
                let defines = |it: Object| it.text("/spec/names/kind").is_some_and(|it| it.eq_ignore_ascii_case(kind));
                if whole.is_some_and(defines) {
                    return Ok(true);
                }
            }
            match page.next {
                Some(next) => from = Some(next),
                None => return Ok(false),
            }
        }
        Err(Error::Failed { what: format!("list {definitions}"), why: format!("it has more than {PAGES} pages") })
    }

    /// What distinguishes this cluster from any other, and from itself after it was built again: the uid of its
    /// Namespace kube-system.
    ///
    /// # Errors
    /// If that cannot be read.
    pub async fn uid(&self) -> Result<String, Error> {
        let failed = |why: String| Error::Failed { what: "get namespace/kube-system".into(), why };
        let system =
            ObjectRef::new("v1", "Namespace", None, "kube-system").map_err(|error| failed(error.to_string()))?;
        let found = self.one(&system, &Kind::core_namespace(), Call::metadata).await?;
        let uid = found.map(|it| it.version().uid).filter(|uid| !uid.is_empty());
        uid.ok_or_else(|| failed("it has no uid".into()))
    }

    pub(crate) async fn send(&self, call: &Call) -> Result<Vec<u8>, Refusal> {
        self.0.wire.send(call).await
    }

    async fn read(&self, object: &ObjectRef, call: fn(String) -> Call) -> Result<Option<Object>, Error> {
        let kind = self.kind_of(object).await?;
        match self.one(object, &kind, call).await {
            Err(Error::Unserved { .. }) => self.one(object, &self.moved(object, &kind).await?, call).await,
            answer => answer,
        }
    }

    async fn kind_of(&self, object: &ObjectRef) -> Result<Kind, Error> {
        let sought = Sought { group: object.group(), kind: object.kind(), version: Some(object.version()) };
        match self.0.discovery.find(&self.0.wire, sought).await? {
            Found::Kind(kind) if object.namespace().is_some() || !kind.is_namespaced() => Ok(kind),
            _ => Err(Error::Unserved { what: format!("read {object}") }),
        }
    }

    /// What the object's kind is by now, after the path of the one that was known is not there.
    async fn moved(&self, object: &ObjectRef, from: &Kind) -> Result<Kind, Error> {
        self.0.discovery.doubt(from.group());
        let kind = self.kind_of(object).await?;
        if kind == *from { Err(Error::Unserved { what: format!("read {object}") }) } else { Ok(kind) }
    }

    async fn one(&self, object: &ObjectRef, kind: &Kind, call: fn(String) -> Call) -> Result<Option<Object>, Error> {
        let what = format!("get {object}");
        let path = format!("{}/{}", kind.path(object.namespace()), encoded(object.name()));
        let answer = match self.0.wire.send(&call(path)).await {
            Err(Refusal::Missing(Some(name))) if name == object.name() => return Ok(None),
            answer => answer.map_err(|refusal| refusal.on(&what))?,
        };
        list::object(&answer, kind).map(Some).map_err(|skipped| Error::Failed { what, why: skipped.reason })
    }

    async fn by_name(&self, object: &ObjectRef, kind: &Kind) -> Result<Named, Error> {
        let selector = encoded(&format!("metadata.name={}", object.name()));
        let path = format!("{}?fieldSelector={selector}", kind.path(object.namespace()));
        let page = self.list(&format!("list {object}"), kind, Call::find(path)).await?;
        let found = page.valid().find(|it| it.reference().name() == object.name());
        Ok(found.map_or(Named::Absent { resource_version: page.resource_version }, Named::There))
    }

    async fn list(&self, what: &str, kind: &Kind, call: Call) -> Result<Page, Error> {
        let answer = self.0.wire.send(&call).await.map_err(|refusal| refusal.on(what))?;
        parsed(what, &answer, kind)
    }

    /// A page of at most so many objects of the list at this path.
    async fn pages(
        &self,
        (kind, path): (&Kind, String),
        most: usize,
        from: Option<&str>,
        call: fn(String) -> Call,
    ) -> Result<Page, Error> {
        let what = format!("list {kind}");
        let from = from.map(|token| format!("&continue={}", encoded(token))).unwrap_or_default();
        let mut size = self.0.sizes.of(&path, most);
        loop {
            let more = if path.contains('?') { '&' } else { '?' };
            match self.0.wire.send(&call(format!("{path}{more}limit={size}{from}"))).await {
                Err(Refusal::TooLong) if size > 1 => size = self.0.sizes.smaller(&path, size),
                Err(refusal) => return Err(refusal.on(&what)),
                Ok(answer) => {
                    let page = parsed(&what, &answer, kind)?;
                    self.0.sizes.took(&path, most, page.len(), answer.len());
                    return Ok(page);
                }
            }
        }
    }
}

fn parsed(what: &str, answer: &[u8], kind: &Kind) -> Result<Page, Error> {
    Page::parse(answer, kind).map_err(|why| Error::Failed { what: what.to_owned(), why })
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cluster({})", self.0.namespace)
    }
}

/// A definition is named `plural.group`, and a plural has no dot.
fn is_of_group(definition: &Object, group: &str) -> bool {
    definition.reference().name().split_once('.').is_some_and(|(_, of)| of == group)
}
