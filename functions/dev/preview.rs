//! `callboard preview`: the entities of Kubernetes objects, without a cluster and a bucket.

use crate::{
    dev::{defaults::OWNER, folder::Folder, input},
    table,
};
use anyhow::{Context, ensure};
use catalog::{Described, Key, Mesh, Settings, mesh::Id};
use events::{Function, Object, Omitted};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    io::{Write, stderr, stdin, stdout},
    path::PathBuf,
};

/// What to preview, and where to.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Kubernetes objects in YAML or JSON: a file, a folder of *.yaml, *.yml and *.json files, or - for standard input
    #[arg(value_name = "FILE|DIR|-")]
    pub input: PathBuf,
    /// Folder for the entities, with one file per bucket object. Default: standard output
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Default owner, e.g. group:default/platform
    #[arg(long, env = "CALLBOARD_OWNER", value_name = "CALLBOARD_OWNER", default_value = OWNER, help_heading = "Catalog")]
    pub owner: String,
    /// The entities.
    #[command(flatten)]
    pub entities: crate::args::Entities,
}

const EXAMPLES: &str = "Examples:
  # Objects of the cluster
  kubectl get promises.platform.kratix.io,eventtypes,brokers,triggers -A -o yaml | callboard preview -

  # A folder of manifests, with one file of entities per object
  callboard preview manifests/ --out entities/";

/// Where entities go.
enum Out<'a> {
    Stream(&'a mut dyn Write),
    Folder(Folder),
}

/// Prints the entities of what the arguments name. Problems go to standard error.
///
/// # Errors
/// If an input is invalid, or the entities cannot be written.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let settings = args.entities.settings(&args.owner)?;
    let out = match &args.out {
        Some(root) => Out::Folder(Folder::new(root)),
        None => Out::Stream(&mut stdout().lock()),
    };
    let mut problems = stderr().lock();
    let mut preview = Preview::new(&settings, out, &mut problems);
    if args.input.as_os_str() == "-" {
        preview.read("standard input", input::text(stdin().lock()))?;
        return preview.end("standard input");
    }
    for file in input::files(&args.input)? {
        preview.read(&file.display().to_string(), input::file(&file))?;
    }
    preview.end(&args.input.display().to_string())
}

struct Preview<'a> {
    settings: &'a Settings,
    out: Out<'a>,
    problems: &'a mut dyn Write,
    /// Of the objects that were previewed.
    keys: BTreeSet<Key>,
    /// All of them: what each means depends on the others.
    mesh: Mesh,
    /// The objects of the mesh, and where they are from.
    meshed: Vec<(String, Id)>,
    objects: usize,
    invalid: usize,
}

impl<'a> Preview<'a> {
    fn new(settings: &'a Settings, out: Out<'a>, problems: &'a mut dyn Write) -> Self {
        let (mesh, meshed) = (Mesh::new(settings.clone()), Vec::new());
        Self { settings, out, problems, keys: BTreeSet::new(), mesh, meshed, objects: 0, invalid: 0 }
    }

    /// Previews all objects of one input. An error ends the preview; what is wrong with the input is only noted.
    fn read(&mut self, name: &str, text: anyhow::Result<String>) -> anyhow::Result<()> {
        match text.and_then(|text| input::documents(&text)) {
            Ok(documents) => documents.into_iter().flat_map(input::items).try_for_each(|value| self.value(name, value)),
            Err(why) => self.invalid(name, &format!("{why:#}")),
        }
    }

    fn value(&mut self, name: &str, value: Value) -> anyhow::Result<()> {
        self.objects += 1;
        let odd = odd_metadata(&value);
        let object = match Object::try_from(value) {
            Ok(object) => object,
            Err(why) => return self.invalid(name, &why.to_string()),
        };
        let subject = object.reference().to_string();
        if let Some(why) = odd {
            return self.invalid(name, &format!("{subject}: {why}"));
        }
        if !self.keys.insert(self.settings.layout.key(object.reference())) {
            return self.invalid(name, &format!("{subject} is there twice, only the first one counts"));
        }
        // A Trigger may name an object of any kind, and a CustomResourceDefinition says what a source is.
        self.mesh.apply(&object);
        match Function::taking(object.reference()) {
            Some(Function::Mesh) => {
                self.meshed.push((name.to_owned(), Id::of(object.reference())));
                Ok(())
            }
            function => match function.and_then(|it| table::row(it).per_object) {
                Some(it) => self.described(name, &subject, &(it.describe)(&object, self.settings)),
                None => self.note(name, &format!("{subject} has no entities: no function takes its kind")),
            },
        }
    }

    fn described(&mut self, name: &str, subject: &str, described: &Described) -> anyhow::Result<()> {
        let left_out = described.omitted_entities();
        for Omitted { entity, reason } in &described.omitted {
            let part = if left_out.contains(entity.as_str()) { "" } else { "a part of " };
            self.note(name, &format!("{subject}: {part}{entity} is omitted: {reason}"))?;
        }
        for invalid in &described.invalid_overrides {
            self.note(name, &format!("{subject}: {} is not applied: {}", invalid.field, invalid.reason))?;
        }
        let Some(descriptor) = &described.descriptor else {
            return self.note(name, &format!("{subject} makes no entities"));
        };
        match &mut self.out {
            Out::Stream(stream) => {
                stream.write_all(descriptor.body().as_bytes()).context("failed to write the entities")
            }
            Out::Folder(folder) => Ok(folder.put(&described.key.to_string(), descriptor.body().as_bytes())?),
        }
    }

    fn invalid(&mut self, name: &str, why: &str) -> anyhow::Result<()> {
        self.invalid += 1;
        self.note(name, why)
    }

    fn note(&mut self, name: &str, what: &str) -> anyhow::Result<()> {
        writeln!(self.problems, "{name}: {what}").context("failed to write to standard error")
    }

    fn end(mut self, input: &str) -> anyhow::Result<()> {
        for (name, id) in std::mem::take(&mut self.meshed) {
            let described = self.mesh.render(&id).described;
            self.described(&name, &id.to_string(), &described)?;
        }
        ensure!(self.objects + self.invalid > 0, "there is no Kubernetes object in {input}. Give YAML or JSON");
        ensure!(
            self.invalid == 0,
            "{} of the objects or files in {input} cannot be previewed, see above",
            self.invalid
        );
        Ok(())
    }
}

/// What the API server would refuse of labels and annotations, which YAML easily makes a boolean or a number.
fn odd_metadata(object: &Value) -> Option<String> {
    ["labels", "annotations"].iter().find_map(|field| match object.pointer(&format!("/metadata/{field}"))? {
        Value::Null => None,
        Value::Object(map) => {
            let (key, _) = map.iter().find(|(_, value)| !value.is_string() && !value.is_null())?;
            Some(format!("metadata.{field} {key} is not a string. Put its value into quotes"))
        }
        _ => Some(format!("metadata.{field} is not a map")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use catalog::{EntityRef, Layout};
    use clap::Parser;

    /// What is written, what is noted, and how it ends.
    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn preview(inputs: &[&str]) -> (String, String, Result<(), String>) {
        let layout = Layout::new("entities", "main").unwrap();
        let settings = Settings::new(layout, EntityRef::parse(OWNER, "group", "default").unwrap());
        let (mut written, mut problems) = (Vec::new(), Vec::new());
        let out = Out::Stream(&mut written);
        let mut preview = Preview::new(&settings, out, &mut problems);
        for text in inputs {
            preview.read("x.yaml", Ok((*text).to_owned())).unwrap();
        }
        let ended = preview.end("x.yaml").map_err(|error| error.to_string());
        (String::from_utf8(written).unwrap(), String::from_utf8(problems).unwrap(), ended)
    }

    fn app(name: &str) -> String {
        format!("apiVersion: marketplace.kratix.io/v1\nkind: app\nmetadata: {{name: {name}, namespace: default}}\n")
    }

    #[test]
    fn documents_and_lists_become_entities() {
        let list = r#"{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "marketplace.kratix.io/v1", "kind": "app",
            "metadata": {"name": "c", "namespace": "default"}}]}"#;
        let (written, problems, ended) = preview(&[&format!("{}---\n{}", app("a"), app("b")), list]);
        for name in ["app-a", "app-b", "app-c"] {
            assert!(written.contains(&format!("name: {name}\n")), "{written}");
        }
        assert_eq!((problems.as_str(), ended), ("", Ok(())));
    }

    #[test]
    fn an_object_of_the_mesh_is_seen_with_all_the_others() {
        let broker = "apiVersion: eventing.knative.dev/v1\nkind: Broker\nmetadata: {name: x, namespace: default}\n";
        let event_type = "apiVersion: eventing.knative.dev/v1beta2\nkind: EventType\nmetadata: {name: y, namespace: default}\n\
            spec: {type: org.example.y, broker: x}\n";
        let trigger = "apiVersion: eventing.knative.dev/v1\nkind: Trigger\nmetadata: {name: z, namespace: default}\n\
            spec: {broker: x, subscriber: {ref: {apiVersion: serving.knative.dev/v1, kind: Service, name: s}}}\n";
        let service = "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: s, namespace: default}\n";
        let (written, problems, ended) = preview(&[broker, trigger, service, event_type]);
        assert!(written.contains("providesApis:\n  - api:default/y\n"), "{written}");
        assert!(written.contains("consumesApis:\n  - api:default/y\n"), "{written}");
        assert_eq!((problems.as_str(), ended), ("", Ok(())));
    }

    #[test]
    fn what_is_wrong_is_noted_and_the_rest_goes_on() {
        let (written, problems, ended) = preview(&["a: [", "- 1", "kind: App", &app("a"), &app("a")]);
        assert!(written.contains("name: app-a"), "{written}");
        assert_eq!(problems.lines().filter(|line| line.starts_with("x.yaml: ")).count(), 4, "{problems}");
        assert!(problems.contains("apiVersion is missing") && problems.contains("twice"), "{problems}");
        assert!(ended.unwrap_err().starts_with("4 of the objects"));
    }

    #[test]
    fn a_kind_that_nobody_takes_is_a_note_and_no_failure() {
        let (written, problems, ended) =
            preview(&["apiVersion: batch/v1\nkind: Job\nmetadata: {name: x, namespace: y}"]);
        assert_eq!((written.as_str(), ended), ("", Ok(())));
        assert!(problems.contains("job.batch/y/x has no entities"), "{problems}");
    }

    #[test]
    fn what_the_api_server_would_refuse_is_invalid() {
        for (metadata, why) in [
            ("annotations: {callboard.dev/ignore: true}", "metadata.annotations callboard.dev/ignore is not a string"),
            ("labels: {tier: 1}", "metadata.labels tier is not a string"),
            ("labels: [a]", "metadata.labels is not a map"),
        ] {
            let text =
                format!("apiVersion: example.org/v1\nkind: App\nmetadata:\n  name: a\n  namespace: b\n  {metadata}\n");
            let (written, problems, ended) = preview(&[&text]);
            assert!(problems.contains(why) && problems.lines().count() == 1, "{problems}");
            assert_eq!((written.as_str(), ended.is_err()), ("", true), "{metadata}");
        }
        assert_eq!(preview(&[&app("a").replace("name: a,", "name: a, labels: null,")]).2, Ok(()));
    }

    #[test]
    fn an_omitted_part_is_reported_apart_from_an_entity() {
        let promise = |api: &str| {
            format!(
                "apiVersion: platform.kratix.io/v1alpha1\nkind: Promise\nmetadata: {{name: x}}\nspec: {{api: {api}}}"
            )
        };
        let crd = r#"{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, spec: {group: example.org,
            names: {kind: X, plural: xs}, versions: [{name: v1, schema: {openAPIV3Schema: {properties: {spec: {properties:
            {a: {type: object}, b: {type: string}}}}}}}]}}"#;
        let (_, problems, _) = preview(&[&promise(crd)]);
        assert!(problems.contains(": a part of template:default/x-promise-template is omitted: spec.a"), "{problems}");
        let (_, problems, _) = preview(&[&promise("{}")]);
        assert!(problems.contains("/x: template:default/x-promise-template is omitted: it has no API"), "{problems}");
    }

    #[test]
    fn nothing_at_all_is_a_failure() {
        for nothing in ["", "---\n---\n", "# only a comment\n"] {
            assert!(preview(&[nothing]).2.unwrap_err().contains("no Kubernetes object"), "{nothing:?}");
        }
    }

    #[test]
    fn a_folder_of_files_becomes_a_folder_of_objects() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::create_dir(from.path().join("sub")).unwrap();
        std::fs::write(from.path().join("sub/a.yml"), app("a")).unwrap();
        std::fs::write(from.path().join("README.md"), "no object").unwrap();
        let line = ["callboard preview", from.path().to_str().unwrap(), "--out", to.path().to_str().unwrap()];
        let Line { args } = Line::parse_from(line);
        run(&args).unwrap();
        let written = std::fs::read_to_string(to.path().join("entities/main/marketplace.kratix.io/app/default/a.yaml"));
        assert!(written.unwrap().contains("name: app-a"));
    }
}
