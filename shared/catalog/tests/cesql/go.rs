//! The program that answers how Knative evaluates expressions and filters.

use serde_json::{Value, json};
use std::{
    fs::File,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::LazyLock,
};

/// Built once for all tests.
static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cesql-go");
    go(&["build", "-o", program.to_str().unwrap(), "./cesql"]);
    program
});

/// The folder of a Go module, as the program is built with it.
pub(crate) fn module(name: &str) -> PathBuf {
    LazyLock::force(&PROGRAM); // the build downloads it
    go(&["list", "-m", "-f", "{{.Dir}}", name]).trim().into()
}

/// One answer to each question: an object with `value` or `error`.
pub(crate) fn ask(name: &str, questions: &[Value]) -> Vec<Value> {
    let asked = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.jsonl"));
    let mut file = File::create(&asked).unwrap();
    questions.iter().for_each(|question| writeln!(file, "{question}").unwrap());
    let mut command = Command::new(&*PROGRAM);
    let mut child = command.stdin(File::open(&asked).unwrap()).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let answers: Vec<Value> = lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap_or(json!(null))).collect();
    assert!(child.wait().unwrap().success() && answers.len() == questions.len(), "{:?}", answers.last());
    answers
}

fn go(arguments: &[&str]) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests");
    let run = Command::new("./go").args(arguments).current_dir(folder).output().expect("tests/go is a script");
    assert!(run.status.success(), "go {arguments:?}: {}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).unwrap()
}
