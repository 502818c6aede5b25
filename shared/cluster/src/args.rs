//! Where the cluster is.

use std::{ffi::OsString, path::PathBuf};

/// Arguments of the cluster. Without them, a pod's ServiceAccount says where it is.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Cluster")]
#[group(id = "cluster-args")]
pub struct Args {
    /// Path of the kubeconfig, or several paths separated as in PATH. Default: the pod's ServiceAccount
    #[arg(long, env = "KUBECONFIG", value_name = "FILE")]
    pub kubeconfig: Option<OsString>,

    /// Context of the kubeconfig. Default: its current context
    #[arg(long)]
    pub context: Option<String>,
}

impl Args {
    /// The files given; none where the variable is set to nothing, as kubectl has it.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let given = self.kubeconfig.iter().flat_map(std::env::split_paths);
        given.filter(|file| !file.as_os_str().is_empty()).collect()
    }
}
