import type { PropertyMap } from "./property-value.ts";
import type { ResourceState } from "./resource-state.ts";
import type { StepContext } from "./step.ts";
import { parseUrn } from "./urn.ts";
import { encodeValue } from "./wire.ts";

/** Gives a resource the inputs that its provider makes of the program's; false where it refuses them. */
export async function checkResource(
  context: StepContext,
  state: ResourceState,
  olds: PropertyMap,
  news: PropertyMap,
  error: (urn: string, message: string) => void,
): Promise<boolean> {
  const { urn, type } = state;
  const result = await context.provider(state).check({ urn, olds, news, preview: context.preview });
  const subject = `${type} resource '${parseUrn(urn).name}'`;
  for (const { property, reason } of result.failures) {
    // As the engine does, the whole value of a top-level property is printed, secrets and all.
    const value = state.inputs[property];
    const shown =
      value === undefined ? "{<nil>}" : JSON.stringify(encodeValue(value, { keepUnknowns: true }));
    const where = property === "" ? "" : `: property ${property} value ${shown}`;
    error(urn, `${subject}${where} has a problem: ${reason}`);
  }
  if (result.failures.length > 0) return false;
  state.inputs = result.inputs;
  return true;
}
