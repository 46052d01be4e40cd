import * as pulumi from "@pulumi/pulumi";

/**
 * Computes a value from the inputs' values. If all inputs are plain values, it is computed at once, so that errors are
 * thrown at the line of the program that gave them.
 */
export function fromInputs<Args, Made>(
  args: Args,
  make: (values: pulumi.Unwrap<Args>) => Made,
): pulumi.Output<Made> {
  const made = isPlain(args)
    ? pulumi.output(make(args as pulumi.Unwrap<Args>))
    : pulumi.output(args).apply((values) => make(values));
  return made as pulumi.Output<Made>;
}

function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (pulumi.Output.isInstance(value) || value instanceof Promise) return false;
  return Object.values(value).every(isPlain);
}
