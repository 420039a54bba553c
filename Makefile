# Two commands do everything: `make quickstart` and `make test`. The others are for developers.

# C code with optimisation in debug builds too: cryptography is C, and tests sign a lot.
TEST_FLAGS = -Xcc -O2 --explicit-target-dependency-import-check error
# So many tests at a time: each waits for the others' turns, and clocks that tests set go on meanwhile.
TEST_WIDTH ?= 4
SEEDS ?= 1000

.PHONY: quickstart test setup setup-python setup-postgresql simulate simulate-money bench bench-flower reproduce format lint

quickstart: setup
	@echo "building jointlab (release); the first time takes some minutes, most of it libraries"
	swift build -c release --product jointlab
	.build/release/jointlab quickstart

test: setup setup-python setup-postgresql
	swift build --build-tests $(TEST_FLAGS)
	SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=$(TEST_WIDTH) swift test --skip-build $(TEST_FLAGS)

setup:
	@scripts/setup

setup-python: setup
	@scripts/setup-python

setup-postgresql: setup
	@scripts/setup-postgresql

# Whole labs under faults, from seeds: make simulate SEEDS=1000
simulate: setup
	swift build -c release --product simulate
	.build/release/simulate --seeds $(SEEDS)

# Labs that do little but move money, some 2,500 random actions a seed: make simulate-money SEEDS=1000
simulate-money: setup
	swift build -c release --product simulate
	.build/release/simulate --money --seeds $(SEEDS)

bench: setup
	swift build -c release --product jointlab
	swift build -c release --product jointlab-bench
	.build/release/jointlab-bench

# Rounds of one PyTorch client beside Flower's, with 1.5 GB of packages: make bench-flower MNIST=FOLDER
bench-flower: setup setup-python
	scripts/bench-flower $(MNIST)

# Published results, on public data: see Documentation/results.md
reproduce: setup
	swift build -c release --product reproduce
	.build/release/reproduce --write Documentation

format:
	swift format -i -r --configuration .swift-format Package.swift Sources Tests Benchmarks Reproductions

lint:
	swift format lint -s -r --configuration .swift-format Package.swift Sources Tests Benchmarks Reproductions
