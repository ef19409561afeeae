/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machine-parse.h"

#include <string.h>

/* ---- irq NUMBER [action=NAME,...] [key=value...] --------------------------------------------- */

static const struct option options[] = {
    {"action", OPTION_TEXT, offsetof(struct machine_irq, actions), 0},
    {"chip", OPTION_TEXT, offsetof(struct machine_irq, chip), 0},
    {"type", OPTION_TEXT, offsetof(struct machine_irq, type), 0},
    {"node", OPTION_TEXT, offsetof(struct machine_irq, node), 0},
    {"hwirq", OPTION_NUMBER, offsetof(struct machine_irq, hwirq), 1 << 30},
    {"affinity", OPTION_LIST, offsetof(struct machine_irq, affinity), 0},
    {"managed", OPTION_FLAG, offsetof(struct machine_irq, managed), 0},
};

static struct machine_irq *append_irq(struct machine *machine, unsigned number) {
    /* Doubling keeps a machine of thousands from being copied thousands of times. */
    if ((machine->n_irqs & (machine->n_irqs - 1)) == 0)
        machine->irqs =
            grow(machine->irqs, machine->n_irqs ? machine->n_irqs * 2 : 1, sizeof *machine->irqs);
    machine->irqs[machine->n_irqs] = (struct machine_irq){.number = number, .hwirq = number};
    return &machine->irqs[machine->n_irqs++];
}

bool irq_line(struct reader *reader) {
    const char *word = next_word(reader);
    unsigned long number;

    if (!word || !parse_number(reader, "irq", word, 10, 1 << 20, &number))
        return complain(reader, "expected: irq NUMBER");
    return parse_options(reader, options, ELEMENTS(options),
                         append_irq(reader->machine, (unsigned)number), NULL);
}

static void free_irq(struct machine_irq *irq) {
    options_free(options, ELEMENTS(options), irq);
}

void irqs_free(struct machine *machine) {
    FREE_ALL(machine->irqs, machine->n_irqs, free_irq);
}
