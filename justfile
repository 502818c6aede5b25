# What a developer runs; .ci/run is all of it at once.

_default:
    @just --list

# The hermetic tests: no server, no Node
test *args:
    cargo test --workspace {{ args }}

# Format the Rust code
fmt:
    cargo fmt --all

# What clippy finds is an error, with and without `dev`
lint:
    cargo clippy --workspace --all-targets -- -D warnings
    cargo clippy --workspace --no-default-features -- -D warnings

# Licences, bans and sources of the dependencies
deny:
    .ci/deny

# The API documentation
docs:
    RUSTDOCFLAGS=-Dwarnings cargo doc --workspace --no-deps

# The bucket suite against a real S3 server (SeaweedFS)
test-s3:
    tests/seaweedfs/run cargo test --test callboard s3::

# Golden cases and emitted YAML against Backstage's own code
test-backstage-model:
    tests/backstage/run

# Ratios against the raw S3 calls, on the same server, and what the image's binary takes
bench:
    cargo build --release --no-default-features
    cp target/release/callboard target/callboard-image # the bench below builds another one over it, with `dev`
    CALLBOARD_BIN=target/callboard-image tests/seaweedfs/run cargo bench --bench ratios

# Everything that must hold before a change lands
ci:
    .ci/run

# The functions without a cluster, with a story of events
dev *args:
    cargo run -- dev {{ args }}
