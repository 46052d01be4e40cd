import { shortHash } from "../core/values.ts";
import type { ObjectStore } from "./object-store.ts";
import { StoreError } from "./store-error.ts";

const note = "Written by pulumi-velero to test its rights, and safe to delete. ";

type Step = "write" | "read" | "list" | "delete";

/**
 * Proves that the credentials may do below `prefix` what Velero and we must: one object under its `metadata/` is
 * written, read back, listed and deleted. The key is always the same for one `name`, so that what a killed run left
 * there is overwritten; whoever may probe at the same time gives a name of their own.
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

/** Which right is missing, and which are there: a policy is mended by that. */
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
 * The name of the object by which a resource tries a store. It hangs on the URN alone: the first run has no lineage in
 * state, and a repetition of it has to find and remove what a killed one has left.
 */
export const probeName = ({ owner }: { owner: string }): string =>
  `pulumi-velero-probe-${shortHash(16, owner)}`;
