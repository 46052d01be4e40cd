import { describe, expect, test, vi } from "vitest";
import { freshest, isDeclared, rememberAccess, rememberChecked } from "../../provider/process-memory.ts";
import { newLineage } from "../../provider/core/identity.ts";
import { UNKNOWN } from "../../provider/core/values.ts";

const minio = (bucket: string, secretAccessKey: string) => ({
  minio: {
    bucket,
    endpoint: "http://minio:9000",
    credentials: { static: { accessKeyId: "key", secretAccessKey } },
  },
});
const aws = (bucket: string, secretAccessKey: string) => ({
  aws: { bucket, credentials: { static: { accessKeyId: "key", secretAccessKey } } },
});

const at = (owner: string) => ({ owner, lineage: "l" });

test("only what check has seen is declared", () => {
  expect(isDeclared("urn a")).toBe(false);
  rememberChecked("urn a");
  expect(isDeclared("urn a")).toBe(true);
  expect(isDeclared("urn b")).toBe(false);
});

describe("The lineage of a location", () => {
  /** A process that has seen nothing yet. */
  const newProcess = () => {
    vi.resetModules();
    return import("../../provider/process-memory.ts");
  };
  const [preview, up] = [{ dryRun: true }, { dryRun: false }];

  test("is that of its state, whatever else was checked before", async () => {
    const { lineageFor, rememberChecked: remember } = await newProcess();
    remember("urn another", "of another");
    remember("urn location", "of its first check");
    expect(lineageFor("urn location", { lineage: "of its state" }, up)).toBe("of its state");
  });

  test("is a new one where the stack has none, and is not known before the up", async () => {
    const { lineageFor } = await newProcess();
    expect(lineageFor("urn location", undefined, preview)).toBe(UNKNOWN);
    const made = lineageFor("urn location", undefined, up);
    expect(made).toMatch(/^[0-9a-f]{16}$/);
    expect((await newProcess()).lineageFor("urn location", undefined, up)).not.toBe(made);
  });

  test("stays where it is replaced, whose second check sees no state", async () => {
    const { lineageFor, rememberChecked: remember } = await newProcess();
    remember("urn another", newLineage());
    const lineage = newLineage();
    remember("urn location", lineageFor("urn location", { lineage }, up));
    // The diff remembers the URN of the old half, and an analysis of its delete sends unknowns.
    remember("urn location");
    remember("urn location", UNKNOWN);
    expect(lineageFor("urn location", undefined, up)).toBe(lineage);
    expect(lineageFor("urn location", undefined, preview)).toBe(lineage);
  });

  test("is that of the stack's locations where it is a new one, as far as they were checked before", async () => {
    const { lineageFor, rememberChecked: remember } = await newProcess();
    remember("urn first", lineageFor("urn first", undefined, preview));
    expect(lineageFor("urn second", undefined, preview)).toBe(UNKNOWN);
    remember("urn first", lineageFor("urn first", undefined, up));
    const lineage = lineageFor("urn second", undefined, up);
    expect(lineage).toBe(lineageFor("urn first", undefined, up));
    expect(lineageFor("urn third", undefined, preview)).toBe(lineage);
  });

  test("of a resource is told as far as it was checked", async () => {
    const { checkedLineage, isDeclared: declared, rememberChecked: remember } = await newProcess();
    remember("urn location", UNKNOWN);
    expect(declared("urn location")).toBe(true);
    expect(checkedLineage("urn location")).toBeUndefined();
    remember("urn location", "l");
    expect(checkedLineage("urn location")).toBe("l");
    expect(checkedLineage("urn other")).toBeUndefined();
  });
});

test("what was seen of a location is no way to a namesake's", () => {
  const seen = { connection: { kubeconfig: "ours" } };
  rememberAccess(at("named alike"), seen);
  const theirs = { connection: { kubeconfig: "theirs" } };
  expect(freshest({ ...at("named alike"), lineage: "of another stack" }, theirs)).toBe(theirs);
});

test("state is used for a location that was not checked, as in a destroy", () => {
  const inState = { connection: { ambient: true as const }, storage: minio("a", "old") };
  expect(freshest(at("never seen"), inState)).toBe(inState);
});

test("what check saw last beats state: the connection, and the keys to the same kind of store", () => {
  rememberAccess(at("rotated"), {
    connection: { kubeconfig: "newer" },
    storage: minio("new bucket", "newest"),
  });
  const found = freshest(at("rotated"), {
    connection: { kubeconfig: "old" },
    storage: minio("old bucket", "old"),
  });
  expect(found).toEqual({ connection: { kubeconfig: "newer" }, storage: minio("old bucket", "newest") });
});

test("keys of another kind of store are of no use for the old one", () => {
  rememberAccess(at("moved"), { connection: { ambient: true }, storage: aws("new", "newest") });
  const found = freshest(at("moved"), { connection: { ambient: true }, storage: minio("old", "old") });
  expect(found.storage).toEqual(minio("old", "old"));
});

test("a stack without a way to the store gets none from another resource's", () => {
  rememberAccess(at("shared"), { connection: { ambient: true }, storage: minio("a", "theirs") });
  expect(freshest(at("shared"), { connection: { ambient: true } }).storage).toBeUndefined();
  rememberAccess(at("shared"), { connection: { ambient: true } });
  expect(
    freshest(at("shared"), { connection: { ambient: true }, storage: minio("a", "ours") }).storage,
  ).toEqual(minio("a", "ours"));
});

test("a way that is not known yet does not replace one that is", () => {
  rememberAccess(at("pending"), { connection: { kubeconfig: "known" } });
  rememberAccess(at("pending"), { connection: { kubeconfig: UNKNOWN } });
  expect(freshest(at("pending"), { connection: { ambient: true } }).connection).toEqual({
    kubeconfig: "known",
  });
});

test("newer keys of the program's own are taken, but whether it has a way at all is state's to say", () => {
  const connection = { ambient: true as const };
  const storage = minio("a", "old");
  const own = (secretAccessKey: string) => ({
    credentials: { static: { accessKeyId: "program", secretAccessKey } },
  });
  rememberAccess(at("rotated way"), { connection, storage, access: own("new") });
  expect(freshest(at("rotated way"), { connection, storage, access: own("old") }).access).toEqual(own("new"));
  expect(freshest(at("rotated way"), { connection, storage, access: "none" }).access).toBe("none");
  rememberAccess(at("closed way"), { connection, storage, access: "none" });
  expect(freshest(at("closed way"), { connection, storage, access: own("old") }).access).toEqual(own("old"));
  expect(freshest(at("closed way"), { connection, storage }).access).toBeUndefined();
});
