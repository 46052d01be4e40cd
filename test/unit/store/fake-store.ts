import { Readable } from "node:stream";
import type { ObjectStore } from "../../../provider/store/object-store.ts";

/** A store in memory, in which any operation can be made to fail. */
export function fakeStore(faults: Partial<ObjectStore> = {}): ObjectStore & { objects: Map<string, Buffer> } {
  const objects = new Map<string, Buffer>();
  return {
    objects,
    address: "a store in memory",
    inspect: () => Promise.reject(new Error("not needed")),
    get: async (key) => objects.get(key),
    // By `get`, also where that is made to fail.
    async stream(key, take) {
      const file = await this.get(key);
      return file && take(Readable.from([file]));
    },
    async put(key, content) {
      objects.set(key, Buffer.from(content));
      return true;
    },
    async *list(prefix) {
      for (const key of [...objects.keys()].filter((each) => each.startsWith(prefix)).toSorted()) {
        yield { key, size: 1, etag: "etag", modified: new Date(0) };
      }
    },
    async children(prefix) {
      const below = [...objects.keys()].filter((key) => key.startsWith(prefix));
      const names = below.map((key) => key.slice(prefix.length)).toSorted();
      const folders = names.filter((name) => name.includes("/")).map((name) => name.split("/")[0] ?? "");
      return { folders: [...new Set(folders)], objects: names.filter((name) => !name.includes("/")) };
    },
    async remove(keys) {
      for (const key of keys) objects.delete(key);
    },
    ...faults,
  };
}
