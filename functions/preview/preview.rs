//! `callboard preview`: the entities of Kubernetes objects, without a cluster and a bucket.

mod files;
mod folder;
pub(crate) mod input;
mod kinds;
mod notes;
mod objects;
mod source;

pub use folder::{Folder, FolderError};

use crate::{ending::Ending, output::Quiet, table};
use anyhow::{Context, ensure};
use catalog::{Described, Mesh, Settings, mesh::Id};
use events::{Function, Omitted};
use notes::Notes;
use objects::{Found, Objects};
use std::{
    io::{Write, stderr, stdout},
    path::PathBuf,
};

/// The default owner. The story of `callboard dev` writes this Group itself.
pub(crate) const OWNER: &str = "group:default/guests";

/// What to preview, and where to.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Kubernetes objects in YAML or JSON: files, folders of *.yaml, *.yml and *.json files, or - for standard input
    #[arg(value_name = "FILE|DIR|-", required = true)]
    pub input: Vec<PathBuf>,
    /// Folder for the entities, with one file per bucket object. It is emptied first. Default: standard output
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Namespace of objects that name none, as for kubectl
    #[arg(short, long, default_value = "default")]
    pub namespace: String,
    /// Default owner, e.g. group:default/platform
    #[arg(long, env = "CALLBOARD_OWNER", value_name = "CALLBOARD_OWNER", default_value = OWNER, help_heading = "Catalog")]
    pub owner: String,
    /// The entities.
    #[command(flatten)]
    pub entities: crate::args::Entities,
}

const EXAMPLES: &str = "Examples:
  # Objects of the cluster
  kubectl get promises,eventtypes,brokers,triggers -A -o yaml |
    callboard preview -

  # A Promise, and a request for it
  callboard preview promise.yaml request.yaml

  # A Helm chart
  helm template charts/shop | callboard preview -

  # A repository of manifests, with one file of entities per object
  callboard preview manifests/ --out entities/";

/// Prints the entities of what the arguments name. Notes go to standard error.
///
/// # Errors
/// If an input cannot be read, has no object, or the entities cannot be written.
pub fn run(args: &Args) -> anyhow::Result<Ending> {
    print(args, &mut Quiet(stdout().lock()), &mut Quiet(stderr().lock()))
}

/// The same to these streams.
///
/// # Errors
/// If an input cannot be read, has no object, or the entities cannot be written.
pub fn print(args: &Args, out: &mut dyn Write, notes_to: &mut dyn Write) -> anyhow::Result<Ending> {
    let settings = args.entities.settings(&args.owner)?;
    let mut notes = Notes::default();
    let texts = source::texts(&args.input, &mut notes)?;
    let objects = Objects::read(texts, &args.namespace, &settings, &mut notes);
    ensure!(
        !objects.is_empty() || !notes.is_empty(),
        "there is no Kubernetes object in {}. Give YAML or JSON",
        args.input.iter().map(|input| input.display().to_string()).collect::<Vec<_>>().join(", ")
    );
    let mut out = match &args.out {
        Some(root) => Out::Folder(Folder::claim(root, "--out", &[&args.entities.prefix])?),
        None => Out::Stream(out),
    };
    describe(&objects, &settings, &mut notes, &mut out)?;
    notes.write(notes_to)?;
    Ok(Ending::of(notes.wrong > 0, false))
}

/// Where entities go.
enum Out<'a> {
    Stream(&'a mut dyn Write),
    Folder(Folder),
}

impl Out<'_> {
    fn put(&mut self, described: &Described) -> anyhow::Result<()> {
        let Some(descriptor) = &described.descriptor else { return Ok(()) };
        let body = descriptor.body().as_bytes();
        match self {
            Out::Stream(stream) => stream.write_all(body).context("failed to write the entities"),
            Out::Folder(folder) => Ok(folder.put(&described.key.to_string(), body)?),
        }
    }
}

/// Describes all objects, in the order of their keys.
fn describe(objects: &Objects, settings: &Settings, notes: &mut Notes, out: &mut Out<'_>) -> anyhow::Result<()> {
    // What each object of the mesh means depends on the others, and a Trigger may name an object of any kind.
    let mut mesh = Mesh::new(settings.clone());
    for Found { object, .. } in objects.iter() {
        mesh.apply(object);
    }
    for found in objects.iter() {
        let described = match objects.kinds.function(&found.object, settings) {
            Ok(Function::Mesh) => Ok(mesh.render(&Id::of(found.object.reference())).described),
            Ok(function) => match table::row(function).per_object {
                Some(it) => {
                    let system = mesh.system_of(found.object.reference());
                    Ok((it.describe)(&found.object, system.as_ref(), settings))
                }
                None => Err("no function takes this kind"),
            },
            Err(why) => Err(why),
        };
        match described {
            Ok(described) => {
                note(found, &described, notes);
                out.put(&described)?;
            }
            Err(why) => notes.share(found, &format!("makes no entities: {why}")),
        }
    }
    Ok(())
}

fn note(found: &Found, described: &Described, notes: &mut Notes) {
    let left_out = described.omitted_entities();
    for Omitted { entity, reason } in &described.omitted {
        let part = if left_out.contains(entity.as_str()) { "" } else { "a part of " };
        notes.note(&found.place, &format!("{}: {part}{entity} is omitted: {reason}", found.object.reference()));
    }
    for invalid in &described.invalid_overrides {
        let what = format!("{} is not applied: {}", invalid.field, invalid.reason);
        notes.note(&found.place, &format!("{}: {what}", found.object.reference()));
    }
    match &described.absence {
        Some(absence) => notes.share(found, &format!("makes no entities: {absence}")),
        None if described.descriptor.is_none() => notes.share(found, "makes no entities: all are omitted"),
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use std::fs;
    use tempfile::TempDir;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    /// What is written, what is noted, and whether all is right.
    fn ran(line: &[&str]) -> anyhow::Result<(String, String, bool)> {
        let Line { args } = Line::parse_from(["callboard preview"].iter().chain(line));
        let (mut out, mut notes) = (Vec::new(), Vec::new());
        let code = print(&args, &mut out, &mut notes)?;
        Ok((String::from_utf8(out)?, String::from_utf8(notes)?, code == Ending::Fine))
    }

    fn folder(files: &[(&str, &str)]) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    /// One file.
    fn of(text: &str) -> (String, String, bool) {
        let folder = folder(&[("x.yaml", text)]);
        ran(&[folder.path().join("x.yaml").to_str().unwrap()]).unwrap()
    }

    fn case(name: &str) -> String {
        let path = format!("{}/tests/cases/preview/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
        fs::read_to_string(path).unwrap()
    }

    fn app(name: &str) -> String {
        format!("apiVersion: marketplace.kratix.io/v1\nkind: app\nmetadata: {{name: {name}, namespace: default}}\n")
    }

    const PROMISE: &str = r#"{apiVersion: platform.kratix.io/v1alpha1, kind: Promise, metadata: {name: queue}, spec: {api: {
        apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, spec: {group: example.org, scope: Namespaced,
        names: {kind: Queue, plural: queues}, versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema:
        {type: object, properties: {spec: {type: object, properties: {a: {type: string}}}}}}}]}}}}"#;

    #[test]
    fn documents_and_lists_become_entities() {
        let list = r#"{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "marketplace.kratix.io/v1", "kind": "app",
            "metadata": {"name": "c", "namespace": "default"}}]}"#;
        let files = folder(&[("a.yaml", &format!("{}---\n{}", app("a"), app("b"))), ("b.json", list)]);
        let paths = ["a.yaml", "b.json"].map(|name| files.path().join(name).to_str().unwrap().to_owned());
        let (written, notes, is_right) = ran(&[&paths[0], &paths[1]]).unwrap();
        for name in ["app-a", "app-b", "app-c"] {
            assert!(written.contains(&format!("name: {name}\n")), "{written}");
        }
        assert_eq!((notes.as_str(), is_right), ("", true));
    }

    #[test]
    fn a_promise_and_its_request_relate_whatever_their_order() {
        let request = "apiVersion: example.org/v1\nkind: Queue\nmetadata: {name: mail, namespace: shop}\n";
        for text in [format!("{request}---\n{PROMISE}"), format!("{PROMISE}\n---\n{request}")] {
            let (written, notes, is_right) = of(&text);
            assert!(written.contains("consumesApis:\n  - api:default/queue-promise-api\n"), "{written}");
            assert!(written.contains("dependsOn:\n  - component:default/queue\n"), "{written}");
            assert_eq!((notes.as_str(), is_right), ("", true));
        }
    }

    #[test]
    fn what_nothing_here_offers_is_noted_and_no_request() {
        let request = "apiVersion: example.org/v1\nkind: Queue\nmetadata: {name: mail, namespace: shop}\n";
        let (written, notes, is_right) = of(request);
        assert!(
            notes.contains("queue.example.org/shop/mail makes no entities: no Promise or CRD here offers this kind")
        );
        assert_eq!((written.as_str(), is_right), ("", true));
        let source = "apiVersion: sources.knative.dev/v1\nkind: ApiServerSource\nmetadata: {name: x, namespace: callboard}\n\
            spec: {ceOverrides: {extensions: {callboard: apps}}, resources: [{apiVersion: example.org/v1, kind: Queue}]}\n";
        assert!(of(&format!("{request}---\n{source}")).0.contains("name: queue-mail\n"));
    }

    #[test]
    fn a_definition_makes_a_source_of_its_kind_as_in_a_cluster() {
        let (written, notes, is_right) = of(&case("foreign-source"));
        let component = written.split("---\n").find(|it| it.contains("name: ticketsource-desk\n")).unwrap();
        assert!(component.contains("type: sources.example.org:TicketSource\n"), "{component}");
        assert!(component.contains("providesApis:\n  - api:shop/opened\n"), "{component}");
        assert!(component.contains("dependsOn:\n  - component:shop/broker-default\n"), "{component}");
        assert!(notes.lines().count() == 1 && notes.contains("customresourcedefinition"), "{notes}");
        assert!(is_right);
    }

    #[test]
    fn what_names_no_namespace_is_in_that_of_kubectl() {
        let (written, notes, _) = of(&case("no-namespace"));
        assert!(written.matches("- api:default/order-placed\n").count() > 1, "{written}");
        assert_eq!(notes, "");
        let files = folder(&[("x.yaml", &case("no-namespace"))]);
        let (written, ..) = ran(&["-n", "shop", files.path().to_str().unwrap()]).unwrap();
        assert!(written.contains("name: service-mailer\n  namespace: shop\n"), "{written}");
    }

    #[test]
    fn the_last_of_two_objects_counts() {
        let (written, notes, is_right) = of(&case("there-twice"));
        assert!(written.contains("org.example.new") && !written.contains("org.example.old"), "{written}");
        assert!(
            notes.contains("eventtype.eventing.knative.dev/a/e is there again later: the last one counts"),
            "{notes}"
        );
        assert!(is_right);
    }

    #[test]
    fn yaml_is_read_as_kubectl_reads_it() {
        let (written, notes, is_right) = of(&case("multiline-quoted"));
        assert!(written.contains("name: pingsource-p\n"), "{written}");
        assert_eq!((notes.as_str(), is_right), ("", true));
    }

    #[test]
    fn each_object_without_entities_has_its_reason() {
        let (written, notes, is_right) = of(&case("note-without-reason"));
        for (object, why) in [
            ("service.serving.knative.dev/a/mine", "its Component is component:default/mine"),
            ("broker.eventing.knative.dev/a/b", "its Component is component:team/b"),
            ("inmemorychannel.messaging.knative.dev/a/b-kne-trigger", "Knative made it for its own use"),
            ("trigger.eventing.knative.dev/a/t", "it opts out by an annotation or a label"),
            ("eventpolicy.eventing.knative.dev/a/p", "this kind has none of its own"),
            ("configmap/a/c", "this kind has none of its own"),
            ("job.batch/a/j", "no function takes this kind"),
        ] {
            let line = notes.lines().find(|line| line.contains(&format!(": {object} ")));
            assert!(line.is_some_and(|it| it.contains(&format!("makes no entities: {why}"))), "{object}: {notes}");
        }
        assert_eq!((written.as_str(), is_right, notes.lines().count()), ("", true, 7));
    }

    #[test]
    fn many_objects_without_entities_share_a_line() {
        let job = |n| format!("apiVersion: batch/v1\nkind: Job\nmetadata: {{name: x{n}, namespace: shop}}\n---\n");
        let (_, notes, _) = of(&(0..9).map(job).collect::<String>());
        assert!(
            notes.contains(
                "job.batch/shop/x0 makes no entities: no function takes this kind. So do 8 more of job.batch"
            )
        );
        assert_eq!(notes.lines().count(), 1, "{notes}");
    }

    #[test]
    fn what_is_wrong_is_noted_and_the_rest_goes_on() {
        let (written, notes, is_right) = of(&format!("a: [\n---\n- 1\n---\nkind: App\n---\n{}", app("a")));
        assert!(written.contains("name: app-a"), "{written}");
        assert_eq!(notes.lines().count(), 3, "{notes}");
        assert!(notes.contains("apiVersion is missing") && !is_right, "{notes}");
    }

    #[test]
    fn what_the_api_server_would_refuse_is_wrong() {
        for (metadata, why) in [
            ("annotations: {callboard.dev/ignore: true}", "metadata.annotations callboard.dev/ignore is not a string"),
            ("namespace: y", "metadata.namespace is not a string"),
            ("labels: {tier: 1}", "metadata.labels tier is not a string"),
            ("labels: [a]", "metadata.labels is not a map"),
        ] {
            let text = format!("apiVersion: example.org/v1\nkind: App\nmetadata:\n  name: a\n  {metadata}\n");
            let (written, notes, is_right) = of(&text);
            assert!(notes.contains(why) && notes.lines().count() == 1, "{notes}");
            assert_eq!((written.as_str(), is_right), ("", false), "{metadata}");
        }
        assert!(of(&app("a").replace("name: a,", "name: a, labels: null,")).2);
    }

    #[test]
    fn an_omitted_part_is_reported_apart_from_an_entity() {
        let crd = PROMISE.replace("{a: {type: string}}", "{a: {type: object}, b: {type: string}}");
        let (_, notes, _) = of(&crd);
        assert!(notes.contains(": a part of template:default/queue-promise-template is omitted: spec.a"), "{notes}");
        let (_, notes, _) = of("{apiVersion: platform.kratix.io/v1alpha1, kind: Promise, metadata: {name: x}}");
        assert!(notes.contains("/x: template:default/x-promise-template is omitted: it has no API"), "{notes}");
    }

    #[test]
    fn nothing_at_all_is_an_error() {
        for nothing in ["", "---\n---\n", "# only a comment\n"] {
            let folder = folder(&[("x.yaml", nothing)]);
            let refused = ran(&[folder.path().to_str().unwrap()]).unwrap_err().to_string();
            assert!(refused.contains("no Kubernetes object"), "{nothing:?}: {refused}");
        }
        assert!(format!("{:#}", ran(&["/nowhere.yaml"]).unwrap_err()).contains("failed to read /nowhere.yaml"));
    }

    #[test]
    fn a_repository_is_read_and_its_templates_are_named() {
        let files = folder(&[
            ("apps/a.yaml", &app("a")),
            ("apps/list.yaml", "- name: {{ .Values.name }}\n"),
            ("chart/Chart.yaml", "name: chart\n"),
            ("chart/templates/b.yaml", &app("b")),
            ("docker-compose.yaml", "services: {}\n"),
            ("overlay/kustomization.yaml", "resources: [../apps]\n"),
        ]);
        let (written, notes, is_right) = ran(&[files.path().to_str().unwrap()]).unwrap();
        assert!(written.contains("name: app-a\n") && !written.contains("app-b"), "{written}");
        for named in ["list.yaml: is a template", "chart | callboard preview -", "overlay | callboard preview -"] {
            assert!(notes.contains(named), "{named}: {notes}");
        }
        assert!(notes.contains("docker-compose.yaml: no Kubernetes object") && is_right, "{notes}");
    }

    #[test]
    fn a_folder_for_the_entities_has_those_of_the_last_run_only() {
        let (from, to) = (folder(&[("a.yaml", &app("a"))]), tempfile::tempdir().unwrap());
        let line = [from.path().to_str().unwrap(), "--out", to.path().to_str().unwrap()];
        let file = |name: &str| to.path().join(format!("entities/main/marketplace.kratix.io/app/default/{name}.yaml"));
        assert_eq!(ran(&line).unwrap(), (String::new(), String::new(), true));
        assert!(fs::read_to_string(file("a")).unwrap().contains("name: app-a"));
        fs::rename(from.path().join("a.yaml"), from.path().join("b.yml")).unwrap();
        fs::write(from.path().join("b.yml"), app("b")).unwrap();
        ran(&line).unwrap();
        assert!(file("b").exists() && !file("a").exists());
        let mine = folder(&[("mine.txt", "")]);
        let refused = ran(&[line[0], "--out", mine.path().to_str().unwrap()]).unwrap_err().to_string();
        assert!(refused.contains("choose another folder by --out"), "{refused}");
    }
}
