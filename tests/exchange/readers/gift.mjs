// Reads GIFT from standard input by a parser that we did not write, and says what it found as JSON.
import { readFileSync } from "node:fs";
import { parse } from "gift-pegjs";

process.stdout.write(JSON.stringify(parse(readFileSync(0, "utf8"))));
