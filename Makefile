# `make` lists the targets. Everything is built by Go alone; make only remembers the commands.

DEMO_FLAGS  ?=
TEST_FLAGS  ?=
BENCH_FLAGS ?= -benchtime=3x
LAB_FLAGS   ?=

.DEFAULT_GOAL := help
.PHONY: help demo notebook notebooks test build lint bench setup clean plugin tools

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo '  DEMO_FLAGS="--count 2", LAB_FLAGS="--no-browser" and TEST_FLAGS="-run Name" are passed on.'

demo: build ## explain a few pictures with LDCE and ECED, into out/demo/index.html
	bin/otherwise setup
	bin/otherwise demo --out out/demo $(DEMO_FLAGS)

notebook: build .venv/installed ## open notebooks/ in JupyterLab, with the kernel "Go (Otherwise)"
	bin/otherwise setup
	VIRTUAL_ENV="$(CURDIR)/.venv" bin/otherwise kernel install --sys-prefix
	.venv/bin/jupyter lab --notebook-dir notebooks $(LAB_FLAGS)

notebooks: build .venv/installed ## run all notebooks again and keep what they show
	bin/otherwise setup
	VIRTUAL_ENV="$(CURDIR)/.venv" bin/otherwise kernel install --sys-prefix
	.venv/bin/python notebooks/execute.py

test: plugin lint ## check formatting, vet, staticcheck, and run the tests
	@$(MAKE) --no-print-directory .venv/installed-for-tests || echo "Note: without Jupyter, the tests that drive the notebook kernel are skipped."
	OTHERWISE_JUPYTER_PYTHON="$(CURDIR)/.venv/bin/python" go test -timeout 30m $(TEST_FLAGS) ./...

build: tools ## build bin/otherwise
	go build -o bin/otherwise ./cmd/otherwise

lint: tools ## check formatting, vet, staticcheck
	@unformatted=$$("$$(go env GOROOT)/bin/gofmt" -l .) && test -z "$$unformatted" || \
		{ echo "not formatted, run gofmt -w on:" $$unformatted; exit 1; }
	go vet ./...
	go tool staticcheck ./...

bench: tools ## run the benchmarks
	go test -run '^$$' -bench . $(BENCH_FLAGS) ./...

setup: plugin ## fetch the XLA plugin into the cache folder

clean: ## delete bin and out; the cache folder stays
	rm -rf bin out

.venv/installed: notebooks/requirements.txt notebooks/jupyter_nbconvert_config.py
	@python3 -m venv .venv || { echo "No virtual environment: on Debian and Ubuntu, apt-get install python3-venv."; exit 1; }
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement notebooks/requirements.txt
	@mkdir -p .venv/etc/jupyter && cp notebooks/jupyter_nbconvert_config.py .venv/etc/jupyter/
	@touch $@

.venv/installed-for-tests: .venv/installed notebooks/tests/requirements.txt
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement notebooks/tests/requirements.txt
	@touch $@

plugin: tools
	go run ./cmd/otherwise setup

# What make can't get by itself is named at once, before anything is built.
tools:
	@command -v go >/dev/null || \
		{ echo "Go is missing: install Go $$(awk '$$1 == "go" { print $$2 }' go.mod) or newer."; exit 1; }
	@need=$$(awk '$$1 == "go" { print $$2 }' go.mod); found=$$(go env GOVERSION 2>&1) && \
		printf '%s\n' "$$need" "$${found#go}" | sort -V -C || \
		{ echo "Go $$need or newer is needed, found: $$found"; exit 1; }
	@set -- $$(go env CC); command -v "$$1" >/dev/null || \
		{ echo "A C compiler is missing ($$1): on Debian and Ubuntu, apt-get install build-essential."; exit 1; }
	@python3 -m pip --version >/dev/null 2>&1 || pip3 --version >/dev/null 2>&1 || pip --version >/dev/null 2>&1 || \
		echo "Note: no pip, which set-up needs to fetch the XLA plugin: on Debian and Ubuntu, apt-get install python3-pip."
