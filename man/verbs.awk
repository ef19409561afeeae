# SPDX-License-Identifier: LGPL-2.1-or-later
# Makes mdoc of the tables of verbs (admin/verb.h), so that the manual says what --help does. Reads
# the sources of those tables behind the preprocessor: there the names of files are plain strings.
# No program has to be run for it that was built for another machine.

# ---- C: the strings of each table, concatenated as the compiler does ----

{ source = source $0 "\n" }

# Takes a string literal from the start of `rest`, and returns what it says.
function take_string(   text, c) {
    text = ""
    rest = substr(rest, 2)
    while ((c = substr(rest, 1, 1)) != "\"") {
        if (c == "") { print "verbs.awk: a string does not end" > "/dev/stderr"; exit 1 }
        if (c == "\\") {
            rest = substr(rest, 2)
            c = substr(rest, 1, 1)
            if (c == "n") c = "\n"
        }
        text = text c
        rest = substr(rest, 2)
    }
    rest = substr(rest, 2)
    return text
}

# Reads {"name", "arguments", "summary", "details" or NULL, run} ... up to the table's end.
function read_items(   depth, field, c) {
    depth = 1
    while (depth > 0 && rest != "") {
        c = substr(rest, 1, 1)
        if (c == "\"") { item[count, field] = item[count, field] take_string(); continue }
        if (c == "{") { depth++; count++; field = 1 }
        if (c == "}") depth--
        if (c == ",") field++
        rest = substr(rest, 2)
    }
}

# The strings behind .NAME = up to the next comma.
function read_member(name,   text, c, at) {
    at = index(rest, "." name " =")
    if (!at) return ""
    rest = substr(rest, at + length(name) + 3)
    text = ""
    while ((c = substr(rest, 1, 1)) != "," && c != "") {
        if (c == "\"") text = text take_string()
        else rest = substr(rest, 2)
    }
    return text
}

function read_tables(   first, at, start, i) {
    start = "static const struct verb items[] = {"
    rest = source
    while ((at = index(rest, start))) {
        rest = substr(rest, at + length(start))
        first = count + 1
        read_items()
        at = index(rest, "static const struct verbs verbs = {")
        rest = substr(rest, at)
        command = read_member("command")
        about[command] = read_member("about")
        from[command] = first
        to[command] = count
        if (!top) top = command
        if (length(command) < length(top)) top = command
    }
}

# ---- mdoc ----

# A line of text: nothing in it means anything to mdoc, and an option can be copied from it.
function plain(line) {
    gsub(/\\/, "\\e", line)
    gsub(/--/, "\\-\\-", line)
    if (line ~ /^[.']/) line = "\\&" line
    return line
}

# The same for a whole line of help: each sentence begins a line, none is long.
function print_plain(text,   n, words, i, line) {
    n = split(text, words, " ")
    line = words[1]
    for (i = 2; i <= n; i++) {
        if (length(line) + length(words[i]) > 70 || (words[i - 1] ~ /[.?!)]$/ && words[i] ~ /^[A-Z]/)) {
            print plain(line)
            line = words[i]
        } else line = line " " words[i]
    }
    print plain(line)
}

# "[--save FILE] DEVICE..." in the words of a macro line.
function arguments(text,   n, words, i, word, out, close_) {
    n = split(text, words, " ")
    out = ""
    for (i = 1; i <= n; i++) {
        word = words[i]
        close_ = ""
        while (word ~ /^\[/) { out = out " Oo"; word = substr(word, 2) }
        if (word ~ /\]\.\.\.$/) { close_ = " Oc Ns ..."; sub(/\]\.\.\.$/, "", word) }
        while (word ~ /\]$/) { close_ = close_ " Oc"; sub(/\]$/, "", word) }
        if (word ~ /^--/) out = out " Fl -" substr(word, 3)
        else if (word == "|") out = out " |"
        else if (word ~ /^[A-Z]/) out = out " Ar " word
        else out = out " Cm " word
        out = out close_
    }
    return out
}

# "--save FILE" and "reserved" at the head of an entry.
function tag(text) {
    if (text ~ /^--/) return ".It" arguments(text)
    return ".It " (text ~ / / ? "Li \"" plain(text) "\"" : "Li " plain(text))
}

# Paragraphs, and entries of lists: two blanks, what it is, two blanks or more, what it means; what
# goes on is further to the right.
function print_details(text,   n, lines, i, line, listed, at) {
    n = split(text, lines, "\n")
    listed = 0
    for (i = 1; i <= n; i++) {
        line = lines[i]
        if (i == n && line == "") break
        if (line ~ /^  [^ ]/) {
            if (!listed) print ".Bl -tag -width Ds -compact"
            listed = 1
            line = substr(line, 3)
            at = match(line, /  +/)
            print tag(at ? substr(line, 1, at - 1) : line)
            if (at) print_plain(substr(line, at + RLENGTH))
        } else if (line ~ /^ /) {
            print_plain(line)
        } else {
            if (listed) print ".El"
            if (line == "") print ".Pp"
            listed = 0
            if (line != "") print_plain(line)
        }
    }
    if (listed) print ".El"
}

function print_table(command, prefix,   i) {
    for (i = from[command]; i <= to[command]; i++) {
        if ((command " " item[i, 1]) in from) {
            print ".It" prefix " Cm " item[i, 1] " Ar VERB"
            print_details(about[command " " item[i, 1]])
            print_table(command " " item[i, 1], prefix " Cm " item[i, 1])
            continue
        }
        print ".It" prefix " Cm " item[i, 1] arguments(item[i, 2])
        print_plain(toupper(substr(item[i, 3], 1, 1)) substr(item[i, 3], 2) ".")
        if (item[i, 4] != "") print ".Pp"
        print_details(item[i, 4])
    }
}

END {
    read_tables()
    if (!count) { print "verbs.awk: no table of verbs" > "/dev/stderr"; exit 1 }
    print ".Bl -tag -width Ds"
    print_table(top, "")
    print ".El"
}
