import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { create } from "../../../provider/index.ts";
import { hasUnknown, UNKNOWN } from "../../../provider/lifecycle/unknown.ts";
import { Struct } from "../../engine/protocol.ts";
import {
  arbitraryInputs,
  type Inputs,
  kinds,
  pathsIn,
  REFERENCED,
  shuffled,
  withValueAt,
} from "./arbitrary-inputs.ts";

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

describe.each(kinds)("%s", (kind) => {
  const provider = create(kind);
  const code = { __provider: `exports.handler=()=>require("pulumi-velero/provider").create("${kind}");` };
  const arbitrary = arbitraryInputs[kind].map((inputs): Inputs => ({ ...inputs, ...code }));

  async function check(news: Inputs, olds: Inputs = {}): Promise<Inputs> {
    const { inputs = {}, failures = [] } = await provider.check(olds, news);
    expect(failures).toEqual([]);
    return inputs;
  }

  test("accepts whatever is valid, and the same inputs again are the same result, names included", () =>
    fc.assert(
      fc.asyncProperty(arbitrary, async (news) => {
        const first = await check(news);
        expect(await check(news, first)).toEqual(first);
        expect(await check(shuffled(news) as Inputs, shuffled(overTheWire(first)) as Inputs)).toEqual(first);
      }),
    ));

  test("what was just made of the inputs needs nothing done", () =>
    fc.assert(
      fc.asyncProperty(arbitrary, async (news) => {
        const [olds, again] = [await check(news), await check(news)];
        expect(await provider.diff("id", olds, again)).toEqual({ replaces: [] });
        expect(await provider.diff("id", shuffled(overTheWire(olds)) as Inputs, again)).toEqual({
          replaces: [],
        });
      }),
    ));

  test("names are made without chance: another process comes to the same ones", () =>
    fc.assert(
      fc.asyncProperty(arbitrary, async (news) => {
        const names = ({ locationName, readLocations, storePrefix, objectName, objectNames }: Inputs) => ({
          locationName,
          readLocations,
          storePrefix,
          objectName,
          objectNames,
        });
        expect(names(await check(news))).toEqual(names(await check(shuffled(news) as Inputs)));
      }),
    ));

  test("results go over the wire as they are", () =>
    fc.assert(
      fc.asyncProperty(arbitrary, async (news) => {
        const result = await provider.check({}, news);
        expect(overTheWire(result)).toEqual(result);
        expect(JSON.parse(JSON.stringify(result))).toEqual(result);
        const diff = await provider.diff("id", result.inputs ?? {}, result.inputs ?? {});
        expect(overTheWire(diff)).toEqual(diff);
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

  test("a new owner, as an alias gives, keeps every name", () =>
    fc.assert(
      fc.asyncProperty(arbitrary, async (news) => {
        const olds = await check(news);
        const renamed = await check({ ...news, owner: `${String(news["owner"])}-renamed` }, olds);
        expect({ ...renamed, owner: olds["owner"] }).toEqual(olds);
        expect(await provider.diff("id", olds, renamed)).toEqual({ replaces: [] });
      }),
    ));

  test("where a reference leads is not in the inputs", () =>
    fc.assert(
      fc.asyncProperty(arbitrary, async (news) => {
        expect(JSON.stringify(await check(news))).not.toContain("what the reference leads to");
      }),
    ));

  test("what the preview knows besides is not kept, so that it is no diff in the up", () =>
    fc.assert(
      fc.asyncProperty(arbitrary, async (news) => {
        const inPreview = await check({ ...news, dryRun: true });
        expect(inPreview).not.toHaveProperty("dryRun");
        expect(await check({ ...news, dryRun: false }, inPreview)).toEqual(inPreview);
      }),
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
