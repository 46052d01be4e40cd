/** Throws all that is wrong with a function's arguments, if anything is. */
export function refuse(name: string, ...problems: readonly (string | false | undefined)[]): void {
  const found = problems.filter((problem) => typeof problem === "string");
  if (found.length > 0) throw new Error(found.map((problem) => `iam.${name}: ${problem}`).join("\n"));
}

/** A value and what it has to look like. Undefined is for the argument's type to refuse, or a default's. */
export const unlike = (
  property: string,
  value: string | undefined,
  form: RegExp,
  mustBe: string,
): string | undefined =>
  value === undefined || form.test(value)
    ? undefined
    : `\`${property}\` is ${JSON.stringify(value)}, and must be ${mustBe}.`;
