# What a developer runs. `.ci/run` runs all of it.

_default:
    @just --list

# The hermetic tests: no server, no Node
test *args:
    cargo test --workspace {{ args }}

# Format the Rust code
fmt:
    cargo fmt --all

# Format, clippy in all ways, API documentation and words: each finding is an error
lint:
    .ci/lint

# Licences, bans and sources of the dependencies
deny:
    .ci/deny

# The API documentation
docs:
    RUSTDOCFLAGS=-Dwarnings cargo doc --workspace --no-deps

# CloudEvents SQL and filters against the TCK and the Go code that Knative runs (Go)
test-cesql:
    cargo test --workspace --test cesql

# Hostile input, and what each case took
hostile:
    cargo test --workspace --test hostile -- --test-threads=1 --nocapture

# The bucket suite against a real S3 server (SeaweedFS)
test-s3:
    tests/seaweedfs/run cargo test --test callboard s3::

# Golden cases and emitted YAML against Backstage's own code
test-backstage-model:
    tests/backstage/run

# All benches: what Callboard costs beyond the raw calls
bench: bench-ratios bench-resync bench-mesh

# Ratios against the raw S3 calls, on the same server, and what the image's binary takes
bench-ratios: _image-binary
    CALLBOARD_BIN=target/callboard-image tests/seaweedfs/run cargo bench --bench ratios

# A resync of 10,000 objects against the raw lists and calls
bench-resync: _image-binary
    CALLBOARD_BIN=target/callboard-image tests/seaweedfs/run cargo bench --bench resync

# Event meshes of up to 10,000 EventTypes and 10,000 Triggers against the raw calls and lists
bench-mesh: _image-binary
    CALLBOARD_BIN=target/callboard-image tests/seaweedfs/run cargo bench --bench mesh

_image-binary:
    cargo build --release --no-default-features --features=preview
    cp target/release/callboard target/callboard-image # the benches build another one over it, with `dev`

# Everything that must hold before a change lands; `just ci fast`: what needs Rust alone
ci *what:
    .ci/run {{ what }}

# The functions without a cluster, with a story of events
dev *args:
    cargo run -- dev {{ args }}

# The one file of a release, with the image given: target/release.yaml
release *image:
    .ci/release {{ image }}

# The image as an OCI archive, for kind, containerd or skopeo: target/image/callboard.oci.tar
image *name:
    .ci/image {{ name }}

# The suite in a real cluster, built from packages, as root; or `just e2e KUBECONFIG=FILE` in yours
e2e *args:
    tests/e2e/run {{ args }}

# The pictures of the docs, from a real Backstage in Chromium (not in CI; 2 GB of cache)
screenshot:
    tests/screenshots/run

# A real Backstage next to that cluster: what it shows, what it refuses, and how long it takes
e2e-backstage *args:
    tests/e2e/backstage/run {{ args }}
