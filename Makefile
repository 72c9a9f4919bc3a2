# Every task of libws; `make help` lists them. build.sh prepares a bare machine and then calls this file.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := build
MAKEFLAGS += --no-print-directory
.DELETE_ON_ERROR:

B := build
# The release as the header states it; the soname's number changes when the ABI breaks.
VERSION = $(shell sed -n 's/^.define WS_VERSION "\(.*\)"/\1/p' include/ws.h)
SOVERSION := 0
PREFIX ?= /usr/local
DESTDIR ?=
CC ?= gcc
CXX ?= g++
CFLAGS ?= -O2 -g
CXXFLAGS ?= -O2 -g
FUZZTIME ?= 5s
WARN := -Wall -Wextra

# A Go that build.sh had to fetch lives in build/go, with what it downloads and compiles beside it, as build.sh has it too; otherwise the
# machine's own is used, never one it downloads by itself.
ifneq ($(wildcard $(B)/go/go/bin/go),)
export GOROOT := $(CURDIR)/$(B)/go/go
export GOPATH := $(CURDIR)/$(B)/cache/gopath
export GOCACHE := $(CURDIR)/$(B)/cache/go
export PATH := $(CURDIR)/$(B)/go/go/bin:$(PATH)
endif
export GOTOOLCHAIN := local
export GOWORK := off
export STATICCHECK_CACHE ?= $(CURDIR)/$(B)/cache/staticcheck
export GOFLAGS := $(GOFLAGS) -buildvcs=false
export LIBWS_LIBRARY ?= $(CURDIR)/$(B)/libws.so

GOTESTSUM_VERSION := v1.13.0
STATICCHECK_VERSION := v0.8.1
GOTESTSUM := $(B)/tools/gotestsum-$(GOTESTSUM_VERSION)
STATICCHECK := $(B)/tools/staticcheck-$(STATICCHECK_VERSION)
PYTHON ?= $(firstword $(wildcard /usr/bin/python3) python3)
PY := $(B)/venv/bin/python
VENV := $(B)/venv/.installed
STEP := $(PYTHON) tests/report/step.py
REPORTS := $(B)/reports

LIB := $(B)/libws.so.$(SOVERSION)
C_HEADERS := $(wildcard include/*.h bindings/c/*.h)
CPP_HEADERS := $(C_HEADERS) $(wildcard bindings/cpp/*.hpp bindings/cpp/*.h)
C_EXAMPLES := $(patsubst examples/c/%.c,$(B)/examples/c/%,$(wildcard examples/c/*.c))
CPP_EXAMPLES := $(patsubst examples/cpp/%.cpp,$(B)/examples/cpp/%,$(wildcard examples/cpp/*.cpp))
GO_EXAMPLES := $(patsubst examples/go/%/main.go,$(B)/examples/go/%,$(wildcard examples/go/*/main.go))
LINK := -L$(B) -lws -pthread -Wl,-rpath,'$$ORIGIN/../..'
VERSION_SCRIPT := $(wildcard capi/*.map)

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

# --- building -----------------------------------------------------------------------------------------------------

.PHONY: build lib examples demo generate clean
build: lib examples ## the library and the examples, into build/

lib: ## build/libws.so only
	@mkdir -p $(B)
	go build -trimpath -buildmode=c-shared -o $(LIB) \
	    -ldflags "-s -w -extldflags '-Wl,-soname,libws.so.$(SOVERSION) $(if $(VERSION_SCRIPT),\"-Wl$(comma)--version-script=$(CURDIR)/$(VERSION_SCRIPT)\")'" ./capi
	@rm -f $(B)/libws.so.h $(LIB).h
	@ln -sfn libws.so.$(SOVERSION) $(B)/libws.so

comma := ,

examples: $(C_EXAMPLES) $(CPP_EXAMPLES) go-examples ## the example programs in C, C++ and Go

# One example shows libws inside libuv's loop, where libuv is there.
LIBUV := $(shell pkg-config --cflags --libs libuv 2>/dev/null)
$(B)/examples/c/external_loop: WITH = $(if $(LIBUV),-DWITH_LIBUV $(LIBUV))

$(B)/examples/c/%: examples/c/%.c $(C_HEADERS) $(wildcard examples/c/*.h) | lib
	@mkdir -p $(@D)
	$(CC) -std=gnu11 $(CFLAGS) $(WARN) -Iinclude -Ibindings/c $< -o $@ $(LINK) $(WITH)

$(B)/examples/cpp/%: examples/cpp/%.cpp $(CPP_HEADERS) $(wildcard examples/cpp/*.h*) | lib
	@mkdir -p $(@D)
	$(CXX) -std=c++17 $(CXXFLAGS) $(WARN) -Iinclude -Ibindings/c -Ibindings/cpp $< -o $@ $(LINK)

.PHONY: go-examples
go-examples:
	@mkdir -p $(B)/examples/go
	$(if $(GO_EXAMPLES),go build -trimpath -o $(B)/examples/go/ $(dir $(addprefix ./,$(wildcard examples/go/*/main.go))))

demo: build ## each language's echo server answers each language's client
	@PY=$(PYTHON) examples/demo.sh

generate: ## write everything that is generated: header, shim, bindings, reference, clause index
	go run ./capi/gen
	go run ./tests/clauses

# Headers go into a folder of their own, for their names are short; pkg-config (libws) puts it on the compiler's path.
.PHONY: install uninstall
LIBDIR ?= $(PREFIX)/lib
HEADER_DIR = $(DESTDIR)$(PREFIX)/include/libws
# What was built is installed as it is, so that root needs no Go for it.
$(LIB):
	@$(MAKE) lib

install: $(LIB) ## library, headers and pkg-config file below PREFIX (default /usr/local); DESTDIR is honoured
	install -d "$(DESTDIR)$(LIBDIR)/pkgconfig" "$(HEADER_DIR)"
	install -m 755 $(LIB) "$(DESTDIR)$(LIBDIR)/libws.so.$(SOVERSION)"
	ln -sfn libws.so.$(SOVERSION) "$(DESTDIR)$(LIBDIR)/libws.so"
	install -m 644 $(CPP_HEADERS) "$(HEADER_DIR)"
	sed -e 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@VERSION@|$(VERSION)|' bindings/c/libws.pc.in \
	    >"$(DESTDIR)$(LIBDIR)/pkgconfig/libws.pc"
	@test -n "$(DESTDIR)" || ldconfig 2>/dev/null || true

uninstall: ## remove what install wrote below PREFIX
	rm -f "$(DESTDIR)$(LIBDIR)/libws.so.$(SOVERSION)" "$(DESTDIR)$(LIBDIR)/libws.so" "$(DESTDIR)$(LIBDIR)/pkgconfig/libws.pc"
	rm -rf "$(HEADER_DIR)"

clean: ## remove what was built; the fetched tools stay
	rm -rf $(B)/libws.* $(B)/examples $(B)/reports $(B)/tests

# --- tools that tests need; nothing of it leaves build/ -----------------------------------------------------------------

.PHONY: tools venv
tools: $(GOTESTSUM) $(STATICCHECK)
venv: $(VENV)

$(GOTESTSUM):
	GOBIN='$(CURDIR)/$(B)/tools' go install gotest.tools/gotestsum@$(GOTESTSUM_VERSION)
	@mv $(B)/tools/gotestsum $@

$(STATICCHECK):
	GOBIN='$(CURDIR)/$(B)/tools' go install honnef.co/go/tools/cmd/staticcheck@$(STATICCHECK_VERSION)
	@mv $(B)/tools/staticcheck $@

$(VENV): tests/requirements.txt
	@test -x $(PY) || $(PYTHON) -m venv $(B)/venv
	$(PY) -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	@touch $@

include tests/targets.mk
