# The three rings of tests, the demo, and the benchmarks.

UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/test-*.c))
SIM_SCENARIOS := $(sort $(wildcard tests/sim/scenarios/*.sh))
RELEASES ?= bookworm trixie

TEST_PACKAGES := cmocka fuse3 libseccomp libkmod
TEST_CFLAGS = $(shell $(PKG_CONFIG) --cflags $(TEST_PACKAGES) 2>/dev/null)

# ---- ring 1: unit ---------------------------------------------------------------------------

$(UNIT_TESTS): $(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(BUILD)/libhostdevctl.a
	$(LINK)
$(UNIT_TESTS): LIBS = $(PACKAGE_LIBS) -lcmocka

unit_commands = $(foreach test,$(UNIT_TESTS),"env CMOCKA_MESSAGE_OUTPUT=TAP $(test)")
