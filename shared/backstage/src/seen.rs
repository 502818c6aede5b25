//! What Backstage shows of an entity.

/// An entity that is in the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its full ref, in lower case.
    pub reference: String,
    /// The target of the Location that it is read from (`backstage.io/managed-by-location` without `url:`); empty where it has none.
    pub target: String,
    /// What Backstage says is wrong with it: the errors in its `status.items`.
    pub troubles: Vec<Trouble>,
}

/// Something that Backstage says of an entity, in its own words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Trouble {
    /// The entity which the words name, where they name one.
    pub entity: Option<String>,
    /// The words, one line, 1 KiB at most.
    pub words: String,
}
