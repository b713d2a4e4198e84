# What a newcomer needs: make run, make test. `make help` lists the rest.
.PHONY: help run test test-peers lint bench generate
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

tools:
	@command -v cargo >/dev/null || { echo "Rust is missing: install it with rustup (https://rustup.rs), 1.94 or later"; exit 1; }
	@command -v cc >/dev/null || { echo "A C compiler is missing: apt-get install build-essential"; exit 1; }

run: tools ## build and start the server on http://127.0.0.1:8080, with the embedded database and a sandbox datacenter
	cargo run --package tenantry-server --bin tenantry -- serve --listen 127.0.0.1:8080 --data-dir data

test: tools ## everything that needs no peer but PostgreSQL
	misc/test

test-peers: tools ## start real peers (Kubernetes, a registry, a directory, an OpenID provider, a mail server, PostgreSQL) and run the tests against them
	misc/test-peers

lint: tools ## formatting, clippy, the direction between the rooms
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	misc/check-rooms

bench: tools ## measure against the least that the same work could take (BENCH="get list quota tokens logins open servers resync start" for some)
	misc/bench $(BENCH)

generate: tools ## write the generated files anew
	TENANTRY_UPDATE_GENERATED=1 cargo test --workspace --quiet -- committed as_the_table_says told
