//! What to do with a running `callboard dev`.

use crate::{
    args::Entities,
    dev::{defaults::BUCKET, endpoint::Endpoint},
};
use std::path::Path;

/// Where the files are.
pub(super) fn files(dir: &Path, entities: &Entities) -> String {
    format!("\nThe entities are in {}/{}, as Backstage gets them.\n", dir.display(), entities.prefix)
}

/// Commands that work as they are printed, and what Backstage must know.
pub(super) fn serving(dir: &Path, entities: &Entities, port: u16, endpoint: &Endpoint) -> String {
    let (dir, prefix, cluster) = (dir.display(), &entities.prefix, &entities.cluster);
    let (s3, keys) = (endpoint.url(), endpoint.credentials());
    let (access_key, secret_key) = (&keys.access_key, &keys.secret_key);
    format!(
        r#"
Callboard listens on http://localhost:{port} until Ctrl-C. The next start empties {dir} and replays
the story, so what you send is not kept. Request an App of your own:

  curl -i http://localhost:{port} -H 'Ce-Specversion: 1.0' -H "Ce-Id: $(date +%s)" -H 'Ce-Source: /me' \
    -H 'Ce-Type: dev.knative.apiserver.resource.add' -H 'Content-Type: application/json' -d '{{
      "apiVersion": "marketplace.kratix.io/v1", "kind": "app",
      "metadata": {{"name": "mine", "namespace": "default"}}, "spec": {{"name": "mine"}}}}'
  cat {dir}/{prefix}/{cluster}/marketplace.kratix.io/app/default/mine.yaml

and delete it:

  kn event send --to http://localhost:{port} --type dev.knative.apiserver.resource.delete \
    --field apiVersion=marketplace.kratix.io/v1 --field kind=app \
    --field metadata.name=mine --field metadata.namespace=default

In Backstage's app-config.yaml (see README.md):

  integrations:
    awsS3:
      - {{ endpoint: '{s3}', s3ForcePathStyle: true, accessKeyId: {access_key}, secretAccessKey: {secret_key} }}
  aws: {{ mainAccount: {{ accessKeyId: {access_key}, secretAccessKey: {secret_key} }} }}
  catalog:
    rules: [{{ allow: [Component, API, System, Template, Group, Location] }}]
    providers:
      awsS3:
        callboard:
          bucketName: {BUCKET}
          prefix: {prefix}/
          region: us-east-1
          schedule: {{ frequency: {{ minutes: 1 }}, timeout: {{ minutes: 1 }}, scope: local }}

Each event that you send becomes a row:

"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{dev::endpoint, preview::OWNER};
    use clap::Parser;
    use cloudevents::{EventBuilder, EventBuilderV10};
    use events::{Change, Function, Incoming};

    fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
        text.split_once(before).unwrap().1.split_once(after).unwrap().0
    }

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        entities: Entities,
    }

    #[tokio::test]
    async fn the_printed_commands_speak_of_one_object_that_apps_takes() {
        let Line { entities } = Line::parse_from(["callboard dev"]);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let credentials = endpoint::Credentials { access_key: "a".into(), secret_key: "b".into() };
        let endpoint = endpoint::start(listener, BUCKET, None, credentials).await.unwrap();
        let text = serving(Path::new("dir"), &entities, 8080, &endpoint);

        let data: serde_json::Value = serde_json::from_str(between(&text, "-d '", "'\n")).unwrap();
        let ty = between(&text, "Ce-Type: ", "'");
        let event = EventBuilderV10::new().id("1").source("/me").ty(ty).data("application/json", data).build().unwrap();
        let Ok(Some(Incoming::Change(arrival))) = events::decode(event) else { panic!("no change") };
        assert_eq!(arrival.function, Some(Function::Apps));
        let Change::Applied(object) = arrival.change else { panic!("not applied") };
        let key = entities.settings(OWNER).unwrap().layout.key(object.reference()).to_string();
        assert_eq!(between(&text, "cat dir/", "\n"), key);
        for field in
            ["apiVersion=marketplace.kratix.io/v1", "kind=app", "metadata.name=mine", "metadata.namespace=default"]
        {
            assert!(text.contains(&format!("--field {field}")), "{field}");
        }
    }
}
