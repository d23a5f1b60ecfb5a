# The commands of the project. `make check` is exactly what CI runs.

GO ?= go

.PHONY: build check test prepare generate fuzz soak kill big bench organization peers growth impact

build: ## bin/keyreeve
	$(GO) build -trimpath -o bin/keyreeve ./cmd/keyreeve

check: ## install what the tests need and run them all, with the race detector
	scripts/check

test: ## the tests without installing anything
	$(GO) test -race ./...

prepare: ## install real clients for the tests where the system can
	scripts/prepare

generate: ## everything that is generated, anew
	$(GO) generate ./...
	$(GO) test ./docs -run TestCoverage -update

fuzz: ## every fuzz target for a minute (FUZZTIME=60s)
	scripts/fuzz

soak: ## long property runs: 5,000,000 decisions against the referee
	$(GO) test ./policy/eval -run Agree -agree 5000000 -timeout 4h -v

kill: ## kill -9 under load, 200 rounds
	KEYREEVE_KILL_ROUNDS=200 $(GO) test ./store ./e2e -run Kill -timeout 2h -v

big: ## start, memory and lists with 100,000 users
	KEYREEVE_BIG=1 $(GO) test ./e2e -run Start -timeout 30m -v

bench: ## calls over HTTP and decisions beside their floors, a table of medians
	cd bench && for i in 1 2 3 4 5; do $(GO) test . -run '^$$' -bench .; done | $(GO) run ./table

organization: ## 5,000 accounts in one organization: start, memory, lists and decisions
	cd bench && $(GO) test . -run '^$$' -bench Organization

peers: ## decision engines side by side on the same workloads, a table of medians
	cd bench && $(GO) run ./peers

growth: ## how decisions' cost grows with statements, policies and principals
	cd bench && $(GO) run ./growth

impact: ## 1,000,000 recorded calls decided again, as keyreeve impact does
	KEYREEVE_IMPACT=1000000 $(GO) test ./server -run '^$$' -bench BenchmarkImpact -benchtime 1x -timeout 30m
