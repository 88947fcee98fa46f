# Every command of the project; `make` alone lists them. Each works again after a failure
# half-way. PYTHON=... names the interpreter that .venv is made with, TORCH=... the build of
# torch: cpu, any (what pip finds), none (without it); see the README.

PYTHON ?= python3
given := $(if $(filter file default undefined,$(origin PYTHON)),,--given)

# Modules are run with -m: a console script's first line cannot hold a path with spaces.
python := .venv/bin/python -m
tools := PYTHONPATH=book $(python)
without_torch := $(if $(filter none,$(TORCH)),--exclude xent_lib/torch_losses)

# $(call environment,GROUP): .venv exists and holds what pyproject.toml's GROUP asks for.
define environment
@"$(PYTHON)" -B book/bookkit/commands/environment.py $(1) $@ $(given) || { code=$$?; \
	case $$code in 126|127) echo 'No interpreter "$(PYTHON)" runs here.' \
	'Name one that does, version 3.11 or newer: make $@ PYTHON=python3.12' >&2;; esac; \
	exit $$code; }
endef

.PHONY: help book serve epub zip test test-slow test-fresh lab refresh bench lighthouse links pictures pdf slides assignments grade hub lock clean
.NOTPARALLEL:
.DEFAULT_GOAL := help

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1	\2/p' Makefile | \
		awk -F '\t' '{ printf "  make %-11s %s\n", $$1, $$2 }'

book: ## build the book into _build/html
	$(call environment,book)
	@$(tools) bookkit.commands.build

serve: ## build the book, show it on localhost, rebuild it on every change (PORT=8000)
	$(call environment,book)
	@$(tools) bookkit.commands.serve $(PORT)

# The second build puts what was made into the site, with a link on its first page.
epub: ## make the book for e-readers, in _build/take
	$(call environment,book)
	@$(tools) bookkit.commands.build
	@$(tools) bookkit.take_away.epub
	@$(tools) bookkit.commands.build

zip: ## pack the site for reading from a folder, in _build/take
	$(call environment,book)
	@$(tools) bookkit.commands.build
	@$(tools) bookkit.take_away.site_zip
	@$(tools) bookkit.commands.build

test: ## build the book, then run every check and every test
	$(call environment,all)
	@$(tools) bookkit.commands.build
	@echo "Checking style and types."
	@$(python) ruff check .
	@$(python) ruff format --check .
	@$(python) mypy $(without_torch)
	@echo "Running the tests."
	@$(python) pytest -n 2 --dist loadgroup --no-loadscope-reorder

test-slow: ## run the tests that take minutes, among them a build on each Python found here
	$(call environment,all)
	@$(python) pytest -m slow tests

test-fresh: ## do what the README says on new Debian systems, as root (hours; SUITE=bookworm: one)
	@"$(PYTHON)" -B tests/commands/fresh.py $(SUITE)

lab: ## open the chapters in JupyterLab
	$(call environment,all)
	@JUPYTER_CONFIG_PATH="$(CURDIR)/book/bookkit/commands/jupyter:$$JUPYTER_CONFIG_PATH" \
		$(tools) jupyterlab --ServerApp.root_dir=. --LabApp.default_url=/lab/tree/notebooks \
		$(if $(filter 0,$(shell id -u)),--allow-root)

refresh: ## run the chapters again and keep their outputs (CHAPTERS=03_formula: only that)
	$(call environment,all)
	@$(tools) bookkit.commands.refresh $(CHAPTERS)

bench: ## measure the losses beside their peers and keep the results (some minutes)
	$(call environment,all)
	@.venv/bin/python tests/benchmarks/value_and_grad.py --store tests/benchmarks/value_and_grad.json
	@.venv/bin/python tests/benchmarks/accuracy.py --store tests/benchmarks/accuracy.json
	@$(tools) bookkit.commands.performance

lighthouse: ## measure the built pages that are new or changed (ALL=1: all of them)
	$(call environment,book)
	@$(tools) bookkit.commands.build
	@$(tools) bookkit.commands.lighthouse $(if $(ALL),--all)
	@$(tools) bookkit.commands.site_quality

links: ## ask every outside address that the book names (minutes)
	$(call environment,book)
	@$(tools) bookkit.commands.links

pictures: ## draw the link preview, the home-screen icon and the e-book's cover again
	$(call environment,all)
	@$(tools) bookkit.commands.pictures

pdf: ## set the whole book and its cheat sheet as PDFs, in _build/take
	$(call environment,all)
	@$(tools) bookkit.commands.build
	@$(tools) bookkit.take_away.pdf
	@$(tools) bookkit.commands.build

slides: ## make the decks of slides, and print each as a PDF in _build/slides
	$(call environment,all)
	@$(tools) bookkit.commands.build
	@$(tools) bookkit.slides.pdf

assignments: ## make the assignments in _build/course: to hand out, to grade with, solved
	$(call environment,all)
	@$(tools) bookkit.commands.assignments

grade: ## grade a folder of assignments into a table (DIR=handed_in; see the course pages)
	$(call environment,all)
	@$(tools) bookkit.commands.grade DIR="$(DIR)" ASSIGNMENT="$(ASSIGNMENT)" CSV="$(CSV)" \
		SECONDS="$(SECONDS)" MEMORY="$(MEMORY)" OUTPUT="$(OUTPUT)" JOBS="$(JOBS)"

hub: ## serve a class from this machine with JupyterHub (DIR=class; see the course pages)
	$(call environment,all)
	@$(tools) bookkit.commands.hub DIR="$(DIR)" ASSIGNMENTS="$(ASSIGNMENTS)" \
		PORT="$(PORT)" ADDRESS="$(ADDRESS)" CERT="$(CERT)" KEY="$(KEY)" TRIAL="$(TRIAL)"

lock: ## make constraints.txt again (UPGRADE=1: with the newest of everything)
	$(call environment,book)
	@$(tools) bookkit.commands.lock $(if $(UPGRADE),--upgrade)

clean: ## remove what the commands made, except .venv
	@echo "Removing _build and the tools' caches."
	@rm -rf _build node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis
