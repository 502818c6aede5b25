//! The API server by connections that stay: `kubectl proxy`.

use crate::eventually::eventually;
use anyhow::{Context, Result, ensure};
use reqwest::{Client, header::CONTENT_TYPE};
use serde_json::Value;
use std::process::{Child, Command, Stdio};

const URL: &str = "http://127.0.0.1:28001";

/// It lives as long as this.
pub(crate) struct Api {
    proxy: Child,
    client: Client,
}

impl Api {
    pub(crate) async fn start() -> Result<Self> {
        let mut command = Command::new("kubectl");
        let proxy = command.args(["proxy", "--port=28001"]).stdout(Stdio::null()).spawn().context("kubectl proxy")?;
        let api = Self { proxy, client: Client::new() };
        eventually("kubectl proxy answers", 10, async || {
            Ok(api.client.get(format!("{URL}/readyz")).send().await?.error_for_status()?)
        })
        .await?;
        Ok(api)
    }

    /// A merge patch of an object.
    pub(crate) async fn patch(&self, path: &str, patch: &Value) -> Result<()> {
        let request = self.client.patch(format!("{URL}/{path}")).body(patch.to_string());
        let answer = request.header(CONTENT_TYPE, "application/merge-patch+json").send().await?;
        ensure!(answer.status().is_success(), "{path}: {}", answer.text().await?);
        Ok(())
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        let _ = self.proxy.kill();
        let _ = self.proxy.wait();
    }
}
