/** Throws one error with all problems of a function's arguments, if there are any. */
export function refuse(name: string, ...problems: readonly (string | false | undefined)[]): void {
  const found = problems.filter((problem) => typeof problem === "string");
  if (found.length > 0) throw new Error(found.map((problem) => `iam.${name}: ${problem}`).join("\n"));
}

/**
 * Returns a problem if the value does not match the form. Undefined is valid here: the argument's type or default
 * covers it.
 */
export const unlike = (
  property: string,
  value: string | undefined,
  form: RegExp,
  mustBe: string,
): string | undefined =>
  value === undefined || form.test(value)
    ? undefined
    : `\`${property}\` is ${JSON.stringify(value)}, and must be ${mustBe}.`;
