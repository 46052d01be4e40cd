import { shortHash } from "../core/values.ts";
import type { ObjectStore } from "./object-store.ts";
import { StoreError } from "./store-error.ts";

const note = "Written by pulumi-velero to test its rights, and safe to delete. ";

type Step = "write" | "read" | "list" | "delete";

/**
 * Checks that the credentials have the permissions below `prefix` that Velero and we need: it writes, reads, lists and
 * deletes one object below its `metadata/`. The key depends only on `name`, so that the object of a killed run is
 * overwritten. Parallel probes need different names.
 */
export async function probe(store: ObjectStore, prefix: string, name = "pulumi-velero-probe"): Promise<void> {
  const key = `${prefix.replace(/\/*$/, prefix && "/")}metadata/${name}`;
  const content = Buffer.from(note + new Date().toISOString());
  const passed: Step[] = [];
  const step = async (what: Step, run: () => Promise<void>) => {
    try {
      await run();
    } catch (thrown) {
      throw explained(thrown, what, passed);
    }
    passed.push(what);
  };

  try {
    await step("write", async () => void (await store.put(key, content)));
    await step("read", async () => {
      const found = await store.get(key);
      if (!found?.equals(content))
        throw broken(store, `reads ${key} otherwise than it was written a moment before`);
    });
    await step("list", async () => {
      for await (const object of store.list(key)) if (object.key === key) return;
      throw broken(store, `does not list ${key}, which was written a moment before`);
    });
  } catch (thrown) {
    if (passed.includes("write")) await store.remove([key]).catch(() => undefined);
    throw thrown;
  }
  await step("delete", () => store.remove([key]));
}

/** Names the missing permission and the existing ones, so that the user can fix the policy. */
function explained(thrown: unknown, failed: Step, passed: readonly Step[]): unknown {
  if (!(thrown instanceof StoreError) || thrown.code !== "Forbidden") return thrown;
  const { code, vendorCode, property, message } = thrown;
  const rights = passed.length > 0 ? `may ${inWords(passed)}, but not ${failed}` : `may not even ${failed}`;
  return new StoreError({
    code,
    vendorCode,
    ...(property !== undefined && { property }),
    what: `the credentials ${rights}`,
    said: property === undefined ? message : message.replace(`${property}: `, ""),
    cause: thrown,
  });
}

function inWords(steps: readonly Step[]): string {
  return steps.length < 2 ? steps.join() : `${steps.slice(0, -1).join(", ")} and ${steps.at(-1)}`;
}

function broken({ address }: ObjectStore, what: string): StoreError {
  return new StoreError({
    code: "StoreFailed",
    vendorCode: "Inconsistent",
    what: `${address} ${what}`,
    todo: "If nobody else probes there at the same time, the store (or a cache in front of it) is not fit for backups.",
  });
}

/**
 * Returns the name of the object that a resource uses to probe a store. It depends only on the URN: the first run has
 * no lineage in state, and its repetition has to find and delete the object of a killed run.
 */
export const probeName = ({ owner }: { owner: string }): string =>
  `pulumi-velero-probe-${shortHash(16, owner)}`;
