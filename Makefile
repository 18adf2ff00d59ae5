# `make` lists the targets. What is installed or built goes to target/, but for what `sam build` makes, in .aws-sam/, and what
# CONTRIBUTING.md names under Build and test.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory
.NOTPARALLEL:

# Two cargo commands with other flags would each compile everything: warnings are denied by arguments, never by RUSTFLAGS.
CARGO := cargo
TESTS := target/venv-tests/bin
TOOLS := $(CURDIR)/target/venv-tools/bin
DEMO := target/venv-demo/bin/python demo/demo.py

# For whom `make package` and `make sam-build` build, arm64 or x86_64. Left out: package builds for both, sam-build for
# arm64, as template.yaml deploys by default.
ARCHITECTURE ?=

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ------------------------------------------------------------------ the product

.PHONY: build
build: ## Build the functions and the orgscan command, target/release/
	$(CARGO) build --locked --release --workspace --bins

.PHONY: package
package: venv-tests ## Build and check the functions' zips for Lambda, target/lambda/ (ARCHITECTURE=… for one only)
	PATH="$(CURDIR)/$(TESTS):$$PATH" $(TESTS)/python tools/package.py $(ARCHITECTURE:%=--architecture %)

.PHONY: sam-build
sam-build: ## Build what sam deploy deploys, .aws-sam/ (ARCHITECTURE=x86_64, where the stack has that too)
	tools/sam.sh build --parameter-overrides Architecture=$(or $(ARCHITECTURE),arm64)

.PHONY: demo
demo: build venv-demo ## Run both functions on a local AWS emulator and show what they write, target/demo/
	$(DEMO) run

.PHONY: demo-up
demo-up: build venv-demo ## Start the demo's emulator with its world and leave it running
	$(DEMO) up

.PHONY: demo-down
demo-down: venv-demo ## End what demo-up started
	$(DEMO) down

.PHONY: deploy-local
deploy-local: build venv-demo venv-sam ## Deploy template.yaml with sam into the emulator, fire its schedules, compare with make demo
	target/venv-demo/bin/python tests/deploy/deploy_local.py

.PHONY: page-assets
page-assets: ## Build the report page's script and style from page/, crates/orgscan/assets/
	tools/node-packages.sh page/build page
	node page/build.mjs --packages target/page/build --to crates/orgscan/assets

.PHONY: settings-reference
settings-reference: ## Write what docs/settings.md has from the code and the template
	ORGSCAN_UPDATE_REFERENCE=1 $(CARGO) test --locked -p orgscan --no-default-features --test documents -- settings_reference

.PHONY: queries
queries: build venv-tests venv-demo chromium ## Write what the queries of docs/queries.md answer
	ORGSCAN_UPDATE_REFERENCE=1 $(CARGO) test --locked --workspace --test e2e -- demos_world

# ------------------------------------------------------------------ speed

.PHONY: bench
bench: build venv-bench ## Measure the functions beside Python on a stand-in for AWS, docs/performance.md (about 45 minutes)
	target/venv-bench/bin/python -B bench/bench.py --write docs/performance.md

.PHONY: bench-core
bench-core: ## Measure what is pure and hot: reports, tables, regions
	$(CARGO) bench --locked -p orgscan --no-default-features

# ------------------------------------------------------------------ checks

.PHONY: mutants
mutants: ## Change the code that must not be wrong in hundreds of ways and show that a test notices each (about two hours)
	tools/mutants.sh

.PHONY: test
test: build venv-tests venv-demo venv-sam chromium shells ## Run every test: unit, adapter, job and end to end
	tools/test.sh

.PHONY: faults
faults: build ## Run both functions under every fault and 200 times under faults at random, and print what became of it
	tools/faults.sh

.PHONY: least-privilege
least-privilege: build venv-tests venv-demo venv-sam ## Show what each permission of the templates is for
	$(CARGO) test --locked --workspace --test e2e -- --nocapture least_privilege

.PHONY: fuzz
fuzz: ## Look for input that breaks what is read from outside, FUZZ_SECONDS=60 for each target, two at a time
	tools/fuzz.sh

.PHONY: check
check: sources fmt-check deny lint-template check-package clippy docs fuzz ## Run everything that CI runs; ends with make test
	$(MAKE) test

.PHONY: fmt
fmt: ## Format the Rust sources
	$(CARGO) fmt --all
	$(CARGO) fmt --manifest-path fuzz/Cargo.toml --all

.PHONY: fmt-check
fmt-check:
	$(CARGO) fmt --all --check
	$(CARGO) fmt --manifest-path fuzz/Cargo.toml --all --check

.PHONY: sources
sources: venv-tools ## Check what no compiler checks: ARNs, SDK boundary, Python, shell, events
	PATH="$(TOOLS):$$PATH" tools/sources.sh

.PHONY: deny
deny: venv-tools ## Check licences, banned crates, sources and known vulnerabilities of the dependencies
	PATH="$(TOOLS):$$PATH" tools/deny.sh

.PHONY: lint-template
lint-template: ## Check template.yaml and stacks/: sam validate, cfn-lint, checkov, every IAM policy
	tools/lint-template.sh

.PHONY: check-package
check-package: ## Build packages for both architectures and with sam build, without optimization, and check them
	tools/check-package.sh

.PHONY: clippy
clippy: ## Lint everything, and the core without its features
	$(CARGO) clippy --locked -p orgscan --no-default-features --all-targets -- -D warnings
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	$(CARGO) clippy --locked --manifest-path fuzz/Cargo.toml --target-dir target/fuzz/clippy -- -D warnings

# `--examples` makes cargo take the features that clippy had, which saves checking the SDK a second time.
.PHONY: docs
docs: ## Build the documentation of the crates, target/doc/
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --no-deps --lib --bins --examples

# ------------------------------------------------------------------ environments of tools

.PHONY: venv-tests
venv-tests:
	@tools/venv.sh tests tests/requirements.txt

.PHONY: chromium
chromium:
	@tools/chromium.sh

.PHONY: shells
shells:
	@tools/shells.sh

.PHONY: venv-bench
venv-bench:
	@tools/venv.sh bench bench/requirements.txt

.PHONY: venv-demo
venv-demo:
	@tools/venv.sh demo demo/requirements.txt

.PHONY: venv-sam
venv-sam:
	@tools/venv.sh sam tools/sam/requirements.txt

.PHONY: venv-tools
venv-tools:
	@tools/venv.sh tools tools/requirements.txt
