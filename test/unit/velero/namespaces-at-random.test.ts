import fc from "fast-check";
import { expect, test } from "vitest";
import { chooseNamespaces, namespaceEntryProblem } from "../../../provider/velero/namespace-selection.ts";

/** One place of a glob, as Velero's rules have it: its text, and the letters that it takes; "*" takes any number of them. */
interface Place {
  text: string;
  takes: (letter: string) => boolean;
  example: string;
}

const letter = fc.constantFrom("a", "b", "c", "0", "1", "-");
const literal = letter.map((text): Place => ({ text, takes: (other) => other === text, example: text }));
const anyOne = letter.map((example): Place => ({ text: "?", takes: () => true, example }));
const anything = fc
  .string({ unit: letter, maxLength: 3 })
  .map((example): Place => ({ text: "*", takes: () => true, example }));
const letters = fc
  .string({ unit: letter, minLength: 1, maxLength: 3 })
  .filter((text) => text[1] !== "-")
  .map((text): Place => ({
    text: `[${text}]`,
    takes: (other) => text.includes(other),
    example: text[0] ?? "",
  }));
const range = fc.constantFrom("a-c", "b-b", "0-1", "---", "a-a").map((text): Place => {
  const [from = "", , to = ""] = text;
  return { text: `[${text}]`, takes: (other) => other >= from && other <= to, example: to };
});

const glob = fc
  .array(fc.oneof(literal, anyOne, anything, letters, range), { minLength: 1, maxLength: 6 })
  .filter((places) => places.some(({ text }) => /[*?[]/.test(text)))
  .filter((places) => !/\*\*/.test(textOf(places)))
  // Nothing else that Velero takes for a name begins or ends with a dash.
  .filter((places) => places[0]?.text !== "-" && places.at(-1)?.text !== "-");

const textOf = (places: readonly Place[]): string => places.map(({ text }) => text).join("");

/** By the rules alone, place after place. */
function matches([place, ...rest]: readonly Place[], name: string): boolean {
  if (!place) return name === "";
  if (place.text === "*")
    return Array.from({ length: name.length + 1 }).some((_, at) => matches(rest, name.slice(at)));
  return name !== "" && place.takes(name.slice(0, 1)) && matches(rest, name.slice(1));
}

const namespace = fc
  .string({ unit: letter, minLength: 1, maxLength: 6 })
  .filter((name) => !name.startsWith("-") && !name.endsWith("-"));

/** An entry of a list, what it means, and a name that it takes. */
interface Meaning {
  text: string;
  takes: (name: string) => boolean;
  example?: string;
}
const name = namespace.map((text): Meaning => ({ text, takes: (other) => other === text }));
const byGlob = glob
  // Among others, and in the second list, it is refused.
  .filter((places) => textOf(places) !== "*")
  .map((places): Meaning => ({
    text: textOf(places),
    takes: (other) => matches(places, other),
    example: places.map(({ example }) => example).join(""),
  }));
const byPattern = fc
  .string({ unit: fc.constantFrom("a", "b", "0"), minLength: 1, maxLength: 2 })
  .chain((part) =>
    fc.constantFrom<Meaning>(
      { text: `/${part}/`, takes: (other) => other.includes(part) },
      { text: `/^${part}/`, takes: (other) => other.startsWith(part) },
    ),
  );
const entries = fc.array(fc.oneof(name, byGlob, byPattern), { maxLength: 3 });
const exclusions = fc.array(
  byPattern.map(({ text, takes }): Meaning => ({ text: `~${text}`, takes })),
  { maxLength: 1 },
);
/** Namespaces of which some match, some barely do not, and most have nothing to do with it. */
const selection = fc
  .record({
    positive: entries,
    negative: exclusions,
    excluded: entries,
    others: fc.uniqueArray(namespace, { minLength: 1, maxLength: 6 }),
    more: letter,
    globsByVelero: fc.boolean(),
  })
  .map(({ others, more, ...lists }) => {
    const around = [...lists.positive, ...lists.excluded].flatMap(({ example = "" }) => [
      example,
      example + more,
      example.slice(1),
    ]);
    return { ...lists, existing: [...new Set([...others, ...around.filter(Boolean)])] };
  });

/** What a Velero takes of two lists: names and globs, where it knows globs; an empty first one is all. */
function veleroTakes(
  included: readonly string[],
  excluded: readonly string[],
  existing: readonly string[],
  known: ReadonlyMap<string, Meaning>,
): string[] {
  const takes = (entry: string, other: string) => known.get(entry)?.takes(other) ?? entry === other;
  return existing
    .filter((other) => included.length === 0 || included.some((entry) => takes(entry, other)))
    .filter((other) => !excluded.some((entry) => takes(entry, other)));
}

test("what Velero is told is what was declared, in words that its version knows, and names nothing twice", () =>
  fc.assert(
    fc.property(selection, ({ positive, negative, excluded, existing, globsByVelero }) => {
      // The package that Velero has globs compared by takes "a*a" for "a", too, against all rules, its own included.
      for (const { text } of positive) expect(namespaceEntryProblem(text, "included")).toBeUndefined();
      const declared = {
        includedNamespaces: [...positive, ...negative].map(({ text }) => text),
        excludedNamespaces: excluded.map(({ text }) => text),
      };
      // A name in both lists as they are declared is refused before.
      fc.pre(!declared.excludedNamespaces.some((entry) => declared.includedNamespaces.includes(entry)));
      const meant = existing
        .filter((other) => positive.length === 0 || positive.some(({ takes }) => takes(other)))
        .filter((other) => ![...negative, ...excluded].some(({ takes }) => takes(other)));
      const { sent, resolved, missing } = chooseNamespaces(declared, existing, { globsByVelero });
      if (positive.length + negative.length + excluded.length === 0) {
        expect({ sent, resolved, missing }).toEqual({ missing: [] });
        return;
      }
      expect(resolved).toEqual(meant.toSorted());
      const reversed = chooseNamespaces(declared, existing.toReversed(), { globsByVelero });
      expect(reversed, "in whatever order a cluster lists them").toEqual({ sent, resolved, missing });
      expect(missing).toEqual(
        declared.includedNamespaces.filter(
          (entry) => /^[a-z0-9-]+$/.test(entry) && !existing.includes(entry),
        ),
      );

      // Callers refuse what comes to nothing: an empty list would be everything for Velero.
      fc.pre(meant.length > 0);
      const told = { ...declared, ...sent };
      const globs = new Map([...positive, ...excluded].map((entry) => [entry.text, entry]));
      const words = [...told.includedNamespaces, ...told.excludedNamespaces];
      expect(words.filter((entry) => entry.includes("/"))).toEqual([]);
      expect(words.filter((entry) => !globsByVelero && /[*?[]/.test(entry))).toEqual([]);
      expect(told.excludedNamespaces.filter((entry) => told.includedNamespaces.includes(entry))).toEqual([]);
      expect(veleroTakes(told.includedNamespaces, told.excludedNamespaces, existing, globs)).toEqual(meant);
    }),
    { numRuns: 1_000 },
  ));
