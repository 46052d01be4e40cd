import { beforeAll, describe, expect, test } from "vitest";
import { probe } from "../../provider/store/probe.ts";
import { type ObjectStore, removePrefix, type StoredObject } from "../../provider/store/object-store.ts";

/** A store under test on an empty bucket, and another road to that bucket. */
export interface StoreUnderTest {
  store: ObjectStore;
  witness: Witness;
}

export interface Abilities {
  /** Whether the server keeps objects whose names end with a slash. Default: true. */
  keepsFolderObjects?: boolean;
}

/** Sees and makes what lies in the bucket, by another client than the store's own. */
export interface Witness {
  keys(prefix?: string): Promise<string[]>;
  content(key: string): Promise<string>;
  write(key: string, content: string): Promise<void>;
}

const awkward = [
  "awkward/a b.json",
  "awkward/a+b.json",
  "awkward/a%2Fb.json",
  "awkward/Größe-日本-🐘.json",
  "awkward/quote'\"&<>.json",
  "awkward/semi;colon=and,comma@at!.json",
];

/** What every store does, whoever makes it. */
export function describeObjectStore(
  name: string,
  make: () => Promise<StoreUnderTest>,
  { keepsFolderObjects = true }: Abilities = {},
): void {
  describe(name, () => {
    let store: ObjectStore;
    let witness: Witness;
    beforeAll(async () => {
      ({ store, witness } = await make());
    });

    test("writes what another client reads", async () => {
      expect(await store.put("put/text.json", '{"größe":1}')).toBe(true);
      expect(await witness.content("put/text.json")).toBe('{"größe":1}');
    });

    test("reads what another client wrote", async () => {
      await witness.write("get/text.json", '{"größe":2}');
      expect((await store.get("get/text.json"))?.toString()).toBe('{"größe":2}');
    });

    test("keeps bytes as they are, none and all 256 of them", async () => {
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
      await store.put("bytes/all", bytes);
      await store.put("bytes/none", Buffer.alloc(0));
      expect(await store.get("bytes/all")).toEqual(bytes);
      expect(await store.get("bytes/none")).toEqual(Buffer.alloc(0));
    });

    test("gives an object part by part, and nothing for one that is not there", async () => {
      const large = Buffer.alloc(300_000, "large");
      await store.put("stream/large", large);
      const count = async (parts: AsyncIterable<Uint8Array>) => {
        let bytes = 0;
        for await (const part of parts) bytes += part.byteLength;
        return bytes;
      };
      expect(await store.stream("stream/large", count)).toBe(large.length);
      expect(await store.stream("stream/absent", count)).toBeUndefined();
      const first = async (parts: AsyncIterable<Uint8Array>) => {
        for await (const part of parts) throw new Error(`wrong from the first of ${part.byteLength > 0}`);
      };
      await expect(store.stream("stream/large", first)).rejects.toThrow("wrong from the first of true");
    });

    test("overwrites unless told otherwise", async () => {
      await store.put("overwrite", "old");
      expect(await store.put("overwrite", "new")).toBe(true);
      expect(await witness.content("overwrite")).toBe("new");
    });

    test("gives nothing for an object that is not there", async () => {
      expect(await store.get("absent/object")).toBeUndefined();
    });

    test("writes an absent object under the condition that it is absent", async () => {
      expect(await store.put("condition/absent", "mine", { ifAbsent: true })).toBe(true);
      expect(await witness.content("condition/absent")).toBe("mine");
    });

    test("leaves an object that is there to whoever wrote it first", async () => {
      await witness.write("condition/present", "theirs");
      expect(await store.put("condition/present", "mine", { ifAbsent: true })).toBe(false);
      expect(await witness.content("condition/present")).toBe("theirs");
    });

    test("lets exactly one of many win who write an absent object at the same time", async () => {
      const contents = Array.from({ length: 12 }, (_, index) => `writer ${index}`);
      const won = await Promise.all(
        contents.map((text) => store.put("condition/race", text, { ifAbsent: true })),
      );
      const winners = contents.filter((_, index) => won[index]);
      expect(winners).toEqual([await witness.content("condition/race")]);
    });

    test("writes under that condition again what was deleted", async () => {
      await store.put("condition/again", "one");
      await store.remove(["condition/again"]);
      expect(await store.put("condition/again", "two", { ifAbsent: true })).toBe(true);
      expect(await witness.content("condition/again")).toBe("two");
    });

    test("lists keys with their size, time and a tag that changes with the content", async () => {
      await store.put("listed/one", "12345");
      const [before] = await all(store, "listed/");
      await store.put("listed/one", "54321");
      const [after] = await all(store, "listed/");
      expect(before).toMatchObject({ key: "listed/one", size: 5 });
      expect(before?.etag).toMatch(/^[^"]+$/);
      expect(after?.etag).not.toBe(before?.etag);
      expect(Math.abs((after?.modified.getTime() ?? 0) - Date.now())).toBeLessThan(120_000);
    });

    test("lists a string prefix, so that only its slash tells east from east-2", async () => {
      for (const key of ["trap/east/a", "trap/east-2/b", "trap/eastern"]) await witness.write(key, "x");
      expect(await keys(store, "trap/east")).toEqual(["trap/east-2/b", "trap/east/a", "trap/eastern"]);
      expect(await keys(store, "trap/east/")).toEqual(["trap/east/a"]);
      expect(await store.children("trap/")).toEqual({ folders: ["east", "east-2"], objects: ["eastern"] });
      expect(await store.children("trap/east/")).toEqual({ folders: [], objects: ["a"] });
    });

    test("lists nothing below a prefix that is not there", async () => {
      expect(await keys(store, "nowhere/")).toEqual([]);
      expect(await store.children("nowhere/")).toEqual({ folders: [], objects: [] });
    });

    test("tells the folders and objects at the top of the bucket", async () => {
      await witness.write("top.json", "x");
      const { folders, objects } = await store.children("");
      expect(objects).toContain("top.json");
      expect(folders).toContain("put");
    });

    test.runIf(keepsFolderObjects)(
      "passes over the object that consoles make for an empty folder",
      async () => {
        await witness.write("marker/", "");
        expect(await store.children("marker/")).toEqual({ folders: [], objects: [] });
        expect((await store.children("")).folders).toContain("marker");
      },
    );

    test.each(awkward)("writes, lists, reads and deletes %j", async (key) => {
      await store.put(key, key);
      expect(await witness.content(key)).toBe(key);
      expect(await keys(store, key)).toEqual([key]);
      expect((await store.get(key))?.toString()).toBe(key);
      await store.remove([key]);
      expect(await witness.keys(key)).toEqual([]);
    });

    test("deletes what is there, along with what is not", async () => {
      await witness.write("delete/there", "x");
      await store.remove(["delete/absent", "delete/there"]);
      await store.remove([]);
      expect(await witness.keys("delete/")).toEqual([]);
    });

    test("proves its rights by an object of which nothing stays", async () => {
      await probe(store, "probed/east");
      await probe(store, "");
      expect(await witness.keys("probed/")).toEqual([]);
      expect(await witness.keys("metadata/")).toEqual([]);
    });

    test("overwrites in a probe what a killed probe left, and deletes it", async () => {
      await witness.write("killed/metadata/pulumi-velero-probe", "left over");
      await probe(store, "killed/");
      expect(await witness.keys("killed/")).toEqual([]);
    });

    describe("with 2,300 objects in 50 folders", () => {
      const folder = (index: number) => `folder-${String(index % 50).padStart(2, "0")}`;
      const many = Array.from(
        { length: 2300 },
        (_, index) => `many/${folder(index)}/${String(index).padStart(4, "0")}`,
      );
      beforeAll(async () => {
        await witness.write("many-2/neighbour", "x");
        for (let start = 0; start < many.length; start += 50) {
          await Promise.all(many.slice(start, start + 50).map((key) => witness.write(key, "x")));
        }
      });

      test("lists every page, in the order of keys", async () => {
        expect(await keys(store, "many/")).toEqual(many.toSorted());
      });

      test("lists a page at a time for one who stops early", async () => {
        for await (const { key } of store.list("many/")) {
          expect(key).toBe(many.toSorted()[0]);
          break;
        }
      });

      test("tells the folders, however many objects are in them", async () => {
        const { folders, objects } = await store.children("many/");
        expect(folders).toEqual(Array.from({ length: 50 }, (_, index) => folder(index)));
        expect(objects).toEqual([]);
      });

      test("removes all that is below a prefix, and nothing beside it", async () => {
        expect(await removePrefix(store, "many/")).toBe(2300);
        expect(await witness.keys("many")).toEqual(["many-2/neighbour"]);
        expect(await removePrefix(store, "many/")).toBe(0);
      });
    });

    test.each(["", "/", "many-2", "/many-2/"])("refuses to remove all below %j", async (prefix) => {
      await witness.write("many-2/neighbour", "x");
      await expect(removePrefix(store, prefix)).rejects.toThrow("refusing to delete everything below");
      expect(await witness.keys("many-2/")).toEqual(["many-2/neighbour"]);
    });
  });
}

async function all(store: ObjectStore, prefix: string): Promise<StoredObject[]> {
  const found: StoredObject[] = [];
  for await (const object of store.list(prefix)) found.push(object);
  return found;
}

async function keys(store: ObjectStore, prefix: string): Promise<string[]> {
  return (await all(store, prefix)).map(({ key }) => key);
}
