import type { Part } from "../mistakes/program.ts";

/** Configurations that nothing may object to, by what ends the sentence "A program with …". `name` is the row's own, a prefix that no other row has. */
export type GoodRows = Record<string, Omit<Part, "name" | "own">>;
