import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Content, difference } from "../kinds/restore/difference.ts";

describe("Whatever is captured", () => {
  /** Names that no field has by which Kubernetes tells entries of a list apart. */
  const key = fc.stringMatching(/^[a-z]{4,8}x$/);
  const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean());
  const { tree } = fc.letrec<{ tree: unknown; record: Record<string, unknown> }>((tie) => ({
    record: fc.dictionary(key, tie("tree"), { minKeys: 1, maxKeys: 4 }),
    tree: fc.oneof(
      { depthSize: "small" },
      scalar,
      fc.array(scalar, { maxLength: 3 }),
      fc.uniqueArray(tie("record"), { maxLength: 3 }),
      tie("record"),
    ),
  }));
  const containers = fc.uniqueArray(
    fc.record({ name: fc.stringMatching(/^[a-z]{1,6}$/), image: fc.string(), more: tree }),
    { selector: ({ name }) => name, minLength: 1, maxLength: 3 },
  );
  const object = fc.record({
    data: fc.dictionary(key, tree, { minKeys: 1, maxKeys: 4 }),
    spec: fc.record({ containers }),
  });

  /** Adds keys to objects, and entries to lists that Kubernetes merges. */
  function grown(value: unknown, isMerged = false): unknown {
    if (Array.isArray(value)) {
      const entries = value.map((entry) => grown(entry));
      return isMerged ? [{ name: "zzz-injected" }, ...entries] : entries;
    }
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).map(([field, inner]) => [
      field,
      grown(inner, field === "containers"),
    ]);
    return { ...Object.fromEntries(entries), added: { by: "a webhook" } };
  }

  /** All places of scalars, as keys and indexes. */
  function places(value: unknown, path: (string | number)[] = []): (string | number)[][] {
    if (typeof value !== "object" || value === null) return [path];
    return Object.entries(value).flatMap(([field, inner]) =>
      places(inner, [...path, Array.isArray(value) ? Number(field) : field]),
    );
  }

  function changedAt(
    value: unknown,
    [first, ...rest]: (string | number)[],
    change: "other" | "gone",
  ): unknown {
    if (first === undefined) return [value, "other"];
    const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<
      string | number,
      unknown
    >;
    if (rest.length === 0 && change === "gone") {
      if (Array.isArray(copy)) copy.splice(Number(first), 1);
      else delete copy[first];
      return copy;
    }
    copy[first] = changedAt(copy[first], rest, change);
    return copy;
  }

  test("is covered by itself with additions", () => {
    fc.assert(
      fc.property(object, (content) => {
        expect(difference("widgets.example.com", content, grown(content) as Content)).toBeUndefined();
      }),
    );
  });

  test("is not covered once any value of it is another, or gone", () => {
    fc.assert(
      fc.property(
        object,
        fc.nat(),
        fc.constantFrom("other", "gone"),
        fc.boolean(),
        (content, index, change, grows) => {
          const all = places(content);
          const place = all[index % all.length] ?? [];
          const live = changedAt(content, place, change as "other" | "gone");
          expect(difference("widgets.example.com", content, (grows ? grown(live) : live) as Content)).toMatch(
            /^differs in /,
          );
        },
      ),
    );
  });
});
