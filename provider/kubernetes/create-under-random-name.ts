import { randomBytes } from "node:crypto";
import type { KubernetesClient } from "./client.ts";
import { isConflict } from "./kubernetes-error.ts";
import type { KubernetesObject, ObjectMeta, ResourceType } from "./resources.ts";

/** An object that has no name yet. */
type Unnamed<T extends KubernetesObject> = Omit<T, "metadata"> & { metadata: Omit<ObjectMeta, "name"> };

/**
 * Creates an object whose name is `prefix` and a random end, and gives that name. The client repeats a request whose
 * answer was lost on the way. Nobody else knows the name, so a conflict says that the first try has made the object.
 */
export async function createUnderRandomName<T extends KubernetesObject>(
  client: KubernetesClient,
  type: ResourceType,
  prefix: string,
  object: Unnamed<T>,
): Promise<string> {
  const name = `${prefix}-${randomBytes(6).toString("hex")}`;
  await client.create(type, { ...object, metadata: { ...object.metadata, name } }).catch((error: unknown) => {
    if (!isConflict(error)) throw error;
  });
  return name;
}
