import { stripVTControlCharacters, styleText } from "node:util";

const WIDTH = 78;

type Style = Parameters<typeof styleText>[0];

/** Colour where the terminal shows it and NO_COLOR does not forbid it: `styleText` looks at both. */
export const paint = (style: Style, text: string): string =>
  styleText(style, text, { stream: process.stdout });

export const say = (line = ""): void => console.log(line);

/** Something that was looked at, and is as it has to be. */
export const passed = (text: string): void => say(`    ${paint("green", "ok")} ${text}`);

/** Prose, broken into lines that a narrow terminal holds. */
export function sayWrapped(text: string, indent = ""): void {
  for (const paragraph of text.split("\n")) say(wrap(paragraph, indent));
}

export function wrap(text: string, indent = ""): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && indent.length + width(longer) > WIDTH) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line].map((each) => `${indent}${each}`.trimEnd()).join("\n");
}

/** Columns, each as wide as its widest cell. */
export function table(rows: string[][], indent = ""): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, width(cell));
    }
  }
  const pad = (cell: string, column: number) => cell + " ".repeat((widths[column] ?? 0) - width(cell));
  return rows.map((row) => `${indent}${row.map(pad).join("  ")}`.trimEnd()).join("\n");
}

export const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;

export const count = (amount: number, noun: string): string =>
  `${amount.toLocaleString("en")} ${noun}${amount === 1 ? "" : "s"}`;

const width = (text: string): number => stripVTControlCharacters(text).length;
