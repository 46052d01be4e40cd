import * as pulumi from "@pulumi/pulumi";

/**
 * Merges values over a chart's values as Helm does: objects key by key, anything else (lists included) as a whole.
 * Undefined values change nothing. An output that replaces an object is merged when it is known.
 */
export function mergeValues(values: pulumi.Inputs, over: pulumi.Inputs): pulumi.Inputs {
  const merged: Record<string, unknown> = { ...values };
  for (const [key, value] of Object.entries<unknown>(over)) {
    if (value !== undefined) merged[key] = mergeValue(merged[key], value);
  }
  return merged;
}

function mergeValue(value: unknown, over: unknown): unknown {
  if (!isObject(value)) return over;
  if (isObject(over)) return mergeValues(value, over);
  if (!pulumi.Output.isInstance(over) && !(over instanceof Promise)) return over;
  const known: pulumi.Output<unknown> = pulumi.output<unknown>(over);
  return known.apply((plain) => mergeValue(value, plain));
}

const isObject = (value: unknown): value is pulumi.Inputs =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
