//! The last look at an entity before everybody sees it: whatever its texts are made of, no secret stays in them.

use crate::{
    entity::{Entity, Metadata, Spec},
    markdown,
    notes::Notes,
    overrides::not_secret::NotSecret,
    secret::{LeftOut, is_token, masked},
};
use events::Object;
use std::{borrow::Cow, collections::BTreeMap, mem::take};

/// Masks what may be a secret in the entity of this object, and notes it.
pub(super) fn made_public(source: &Object, entity: &mut Entity, notes: &mut Notes) {
    let mut masking = Masking { not_secret: NotSecret::of(source), left_out: LeftOut::default() };
    masking.metadata(&mut entity.metadata);
    match &mut entity.spec {
        Spec::Component(spec) => {
            masking.text("type", &mut spec.ty);
            masking.text("lifecycle", &mut spec.lifecycle);
        }
        Spec::Api(spec) => {
            masking.text("type", &mut spec.ty);
            masking.text("lifecycle", &mut spec.lifecycle);
        }
        Spec::Template(spec) => masking.text("type", &mut spec.ty),
        Spec::Group(spec) => masking.text("type", &mut spec.ty),
        Spec::System(_) => {}
    }
    notes.leave_out(&entity.entity_ref(), &masking.left_out);
}

struct Masking<'a> {
    not_secret: NotSecret<'a>,
    left_out: LeftOut,
}

impl Masking<'_> {
    fn metadata(&mut self, metadata: &mut Metadata) {
        metadata.title.iter_mut().for_each(|title| self.text("title", title));
        if let Some(description) = &mut metadata.description {
            self.text("description", description);
            if let Cow::Owned(tame) = markdown::tame(description) {
                *description = tame;
                self.left_out.leading.push("description".to_owned());
            }
        }
        for (key, value) in &mut metadata.annotations {
            self.text(key, value);
        }
        let (kept, secret): (BTreeMap<_, _>, BTreeMap<_, _>) = take(&mut metadata.labels)
            .into_iter()
            .partition(|(key, value)| !is_token(value) || self.not_secret.has(key));
        metadata.labels = kept;
        self.left_out.secrets.extend(secret.into_keys());
        let links = take(&mut metadata.links).into_iter().map(|mut link| {
            link.title.iter_mut().for_each(|title| self.text("links", title));
            link
        });
        metadata.links = links.collect();
    }

    fn text(&mut self, path: &str, text: &mut String) {
        if let Cow::Owned(shown) = masked(text)
            && !self.not_secret.has(path)
        {
            *text = shown;
            self.left_out.secrets.push(path.to_owned());
        }
    }
}
