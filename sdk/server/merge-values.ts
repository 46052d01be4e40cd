import * as pulumi from "@pulumi/pulumi";

/**
 * A chart's values, and others laid over them as Helm does: objects key by key, anything else as a whole, lists too.
 * What is undefined lays over nothing. An output that meets an object is merged when it is known.
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
