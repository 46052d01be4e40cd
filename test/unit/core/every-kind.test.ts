import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { create } from "../../../provider/index.ts";
import { hasUnknown, UNKNOWN } from "../../../provider/core/values.ts";
import { Struct } from "../../engine/protocol.ts";
import {
  arbitraryInputs,
  type Inputs,
  kinds,
  pathsIn,
  REFERENCED,
  shuffled,
  withValueAt,
} from "../kinds/arbitrary-inputs.ts";

beforeEach(() => {
  vi.stubEnv(REFERENCED, "what the reference leads to");
  vi.spyOn(console, "log").mockImplementation(() => undefined);
});
afterAll(() => vi.unstubAllEnvs());

const junk = fc.oneof(
  fc.constantFrom<unknown>(null, 0, "", true, [], {}, [null], [[]], { a: null }),
  fc.jsonValue(),
);

const overTheWire = (value: object): Inputs =>
  Struct.fromJavaScript(value as Parameters<typeof Struct.fromJavaScript>[0]).toJavaScript();

const namesIn = ({ locationName, readLocations, storePrefix, objectName, objectNames }: Inputs) => ({
  locationName,
  readLocations,
  storePrefix,
  objectName,
  objectNames,
});

describe.each(kinds)("%s", { timeout: 60_000 }, (kind) => {
  const provider = create(kind);
  const code = { __provider: `exports.handler=()=>require("pulumi-velero/provider").create("${kind}");` };
  const arbitrary = arbitraryInputs[kind].map((inputs): Inputs => ({ ...inputs, ...code }));

  async function check(news: Inputs, olds: Inputs = {}): Promise<Inputs> {
    const { inputs = {}, failures = [] } = await provider.check(olds, news);
    expect(failures).toEqual([]);
    return inputs;
  }

  test("accepts whatever is valid, comes to the same result and the same names again, which need nothing done, and goes over the wire as it is", () =>
    fc.assert(
      fc.asyncProperty(arbitrary, async (news) => {
        const first = await check(news);
        const onWire = shuffled(overTheWire(first)) as Inputs;
        expect(await check(news, first)).toEqual(first);
        expect(await check(shuffled(news) as Inputs, onWire)).toEqual(first);
        expect(overTheWire(first)).toEqual(first);
        expect(JSON.parse(JSON.stringify(first))).toEqual(first);
        expect(JSON.stringify(first)).not.toContain("what the reference leads to");

        // Made without chance: another process comes to the same names.
        const again = await check(shuffled(news) as Inputs);
        expect(namesIn(again)).toEqual(namesIn(first));
        for (const olds of [first, onWire]) {
          const diff = await provider.diff("id", olds, again);
          expect(diff).toEqual({ replaces: [] });
          expect(overTheWire(diff)).toEqual(diff);
        }

        // What the preview knows besides is not kept, so that it is no diff in the up.
        const inPreview = await check({ ...news, dryRun: true });
        expect(inPreview).not.toHaveProperty("dryRun");
        expect(await check({ ...news, dryRun: false }, inPreview)).toEqual(inPreview);

        // A new owner, as an alias gives.
        const renamed = await check({ ...news, owner: `${String(news["owner"])}-renamed` }, first);
        expect({ ...renamed, owner: first["owner"] }).toEqual(first);
        expect(await provider.diff("id", first, renamed)).toEqual({ replaces: [] });
      }),
    ));

  test("an unknown at any place fails no check and replaces nothing", () =>
    fc.assert(
      fc.asyncProperty(arbitrary, async (news) => {
        const olds = await check(news);
        const inputs = { ...news, dryRun: true };
        for (const path of pathsIn(news).filter(([first]) => first !== "__provider")) {
          const unknown = withValueAt(inputs, path, UNKNOWN) as Inputs;
          const created = await check(unknown);
          expect(hasUnknown(created), path.join(".")).toBe(true);
          const updated = await check(unknown, olds);
          expect(await provider.diff("id", olds, updated), path.join(".")).toEqual({ replaces: [] });
          expect(await provider.diff("id", olds, withValueAt(olds, path, UNKNOWN) as Inputs)).toEqual({
            replaces: [],
          });
        }
      }),
      { numRuns: 5 },
    ));

  test("whatever else is sent as inputs is answered with failures, never with an exception", () =>
    fc.assert(
      fc.asyncProperty(arbitrary, junk, fc.nat(), async (news, value, choice) => {
        const paths = pathsIn(news).filter(([first]) => first !== "__provider");
        const path = paths[choice % paths.length] ?? [];
        const { failures = [] } = await provider.check({}, withValueAt(news, path, value) as Inputs);
        for (const { property, reason } of failures) {
          expect(property).toBe("");
          expect(reason).not.toBe("");
        }
      }),
      { numRuns: 100 },
    ));
});
