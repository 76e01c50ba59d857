# Hibernet: one binary, two commands to begin with: `make run` and `make test`.
# Everything here needs Go, git and make only, unless the target says more.

GO       ?= go
BIN      := bin/hibernet
RUNS     ?= runs/quickstart
SCENARIO ?= quickstart
# Measured data that validations read, if they are there.
DATA     ?= ../shared/data
VALIDATION := runs/validation
COMMIT   := $(shell git describe --always --dirty --abbrev=12 2>/dev/null)
LDFLAGS  := -X hibernet/cmd/internal/cli.commit=$(COMMIT)

# Packages in which goroutines work side by side.
CONCURRENT := ./sim/shard ./sim/radio ./sim ./sim/topology ./env/sleep ./env/region ./agents/mlp ./agents/oracle ./agents/ppo ./results/record ./results/evaluate ./results/sweep ./results/sweep/temporal

.DEFAULT_GOAL := help
.PHONY: help build run validate test race mutants portable generated bench microbench bench-once lint readers temporal clean

## help: list the targets
help:
	@sed -n 's/^## /  make /p' $(MAKEFILE_LIST)

## build: compile bin/hibernet
build:
	$(GO) build -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/hibernet

## run: simulate, train, evaluate, export and report the scenario quickstart
run: build
	$(BIN) run $(SCENARIO) --policy always-on --out $(RUNS)/always-on --force
	$(BIN) run $(SCENARIO) --policy threshold --out $(RUNS)/threshold --force
	$(BIN) train $(SCENARIO) --algo ppo --out $(RUNS)/ppo --force
	$(BIN) run $(SCENARIO) --policy $(RUNS)/ppo --out $(RUNS)/ppo-week --force
	$(BIN) export $(RUNS)/ppo --out $(RUNS)/policy --force
	$(BIN) evaluate $(SCENARIO) --policy always-on --policy schedule --policy threshold --policy random --policy $(RUNS)/ppo --out $(RUNS)/evaluation --force
	$(BIN) report $(RUNS)/always-on $(RUNS)/threshold $(RUNS)/ppo-week $(RUNS)/ppo $(RUNS)/evaluation --out $(RUNS)/report --force

## validate: check the simulator against formulas, standards and measurements; DATA names measured data
validate: build
	$(BIN) validate --out $(VALIDATION) --force $(if $(wildcard $(DATA)),--data $(DATA))

## test: run every test
test:
	$(GO) test ./...

## race: run the packages with goroutines under the race detector (needs a C compiler)
race:
	CGO_ENABLED=1 $(GO) test -race -short $(CONCURRENT)

## mutants: change each constant of the power, radio and queue models by 5 %, and see the validation fail (tens of minutes)
mutants:
	$(GO) test ./sim/validation -run TestEveryConstant -mutants all -timeout 0 -v

## portable: run the tests of what uses vector kernels without them
portable:
	$(GO) test -tags purego ./sim/simd ./sim/rng ./sim/radio ./sim ./agents/mlp ./agents/oracle ./agents/ppo
	$(GO) test -tags purego ./scenarios -run TestFiguresWithAndWithoutVectors

## generated: write the generated assembly anew and see that it has not changed
generated:
	$(GO) generate ./sim/simd
	git diff --exit-code -- sim/simd

## bench: measure how large a network this machine simulates, and how fast (a few minutes; NumPy beside it if it is installed)
bench: build
	$(BIN) bench

## microbench: run every Go benchmark
microbench:
	$(GO) test -run '^$$' -bench . -benchmem ./...

## bench-once: run every benchmark once, to see that it still runs
bench-once:
	$(GO) test -run '^$$' -bench . -benchtime 1x ./...

## lint: gofmt, go vet, staticcheck, and a tidy go.mod
lint:
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); \
	if [ -n "$$unformatted" ]; then echo "not formatted: $$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	$(GO) mod tidy -diff

ORT  := agents/export/testdata/onnxruntime
HYPQ := results/record/testdata/hyparquet
DUCK := results/sweep/testdata/duckdb
SWEEP := runs/inter-site-distance

## readers: open what `make run` and `make validate` wrote, and a sweep, with other software: ONNX Runtime, hyparquet, DuckDB (needs node and npm)
readers:
	@test -f $(RUNS)/policy/bundle.json -a -f $(VALIDATION)/manifest.json || (echo 'make run and make validate come first'; exit 1)
	cd $(ORT) && npm ci --ignore-scripts --no-audit --no-fund
	cd $(HYPQ) && npm ci --ignore-scripts --no-audit --no-fund
	cd $(DUCK) && npm ci --ignore-scripts --no-audit --no-fund
	$(BIN) sweep inter-site-distance --out $(SWEEP)
	$(GO) test ./agents/export -run TestONNXRuntimeAgrees -v -onnxruntime=$(CURDIR)/$(ORT) -bundle=$(CURDIR)/$(RUNS)/policy
	$(GO) test ./results/record -run TestAnotherReader -v -hyparquet=$(CURDIR)/$(HYPQ) -folder=$(CURDIR)/$(RUNS)/threshold
	$(GO) test ./results/record -run TestAnotherReader -v -hyparquet=$(CURDIR)/$(HYPQ) -folder=$(CURDIR)/$(RUNS)/evaluation
	$(GO) test ./results/record -run TestAnotherReader -v -hyparquet=$(CURDIR)/$(HYPQ) -folder=$(CURDIR)/$(VALIDATION)
	$(GO) test ./results/sweep -run TestDuckDB -v -duckdb=$(CURDIR)/$(DUCK) -sweep=$(CURDIR)/$(SWEEP)

TEMPORAL := .cache/bin/temporal
TEMPORAL_VERSION := v1.5.1

# A file target: the server is built once, in about five minutes on two busy cores.
$(TEMPORAL):
	GOBIN=$(CURDIR)/$(dir $(TEMPORAL)) $(GO) install github.com/temporalio/cli/cmd/temporal@$(TEMPORAL_VERSION)

## temporal: play sweeps and a training through a real Temporal server, which dies on the way as workers do (builds the server the first time)
temporal: $(TEMPORAL)
	$(GO) test ./cmd/internal/cli -run TestTemporal -count 1 -v -temporal=$(CURDIR)/$(TEMPORAL)

## clean: remove what the build and the runs made
clean:
	rm -rf bin runs
