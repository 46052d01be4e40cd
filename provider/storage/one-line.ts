import { StoreError } from "./store-error.ts";

/**
 * A value for one line of a credential file, without the line break that files and `echo` end with. One inside of it
 * would add lines of its own.
 */
export function oneLine(value: string, property: string): string {
  const line = value.trim();
  if (!/[\r\n]/.test(line)) return line;
  throw new StoreError({
    code: "WrongCredentials",
    vendorCode: "BadSetting",
    property,
    what: "holds a line break, which no key does",
    todo: "Give the key alone, not the file that it stands in.",
  });
}
