import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { fingerprintReferences } from "../../../provider/core/secrets.ts";
import type { Secret } from "../../../provider/core/fields.ts";
import { UNKNOWN } from "../../../provider/core/values.ts";
import { resolveConnection } from "../../../provider/kubernetes/connection.ts";
import { testSession } from "../session.ts";
import { resolveStorage } from "../../../provider/store/store-access.ts";

const storageWith = (accessKeyId: Secret, secretAccessKey: Secret) => ({
  minio: {
    bucket: "b",
    endpoint: "http://minio:9000",
    credentials: { static: { accessKeyId, secretAccessKey } },
  },
});
const session = testSession();
const AT = "storage.minio.credentials.static.secretAccessKey";
const fingerprintsOf = (secret: Secret, old = {}) =>
  fingerprintReferences(session, { storage: storageWith("literal", secret) }, old);

afterEach(() => vi.unstubAllEnvs());

function file(content: string): string {
  const name = path.join(tmpdir(), `reference-${process.pid}-${Math.random()}`);
  writeFileSync(name, content);
  onTestFinished(() => rmSync(name));
  return name;
}

test("a reference becomes the content of the variable or of the file, without the line break at its end", () => {
  vi.stubEnv("A_KEY", "from the environment");
  const resolved = resolveStorage(
    session.secrets,
    storageWith({ env: "A_KEY" }, { file: file("from a file\n") }),
  );
  expect(resolved).toEqual(storageWith("from the environment", "from a file"));
});

test("all references that lead nowhere are told at once, each with its path", () => {
  const storage = storageWith({ env: "NOT_SET" }, { file: "/no/such/file" });
  expect(() => resolveStorage(session.secrets, storage)).toThrow(
    /storage\.minio\.credentials\.static\.accessKeyId: the environment variable NOT_SET is not set; storage\.minio\.credentials\.static\.secretAccessKey: the file \/no\/such\/file cannot be read/,
  );
});

test("a variable that is set to nothing is not set", () => {
  vi.stubEnv("EMPTY_KEY", "");
  expect(() =>
    resolveConnection(session.secrets, { kubeconfig: { env: "EMPTY_KEY" } }, "clusters.east"),
  ).toThrow("clusters.east.kubeconfig: the environment variable EMPTY_KEY is not set");
});

test("whatever was resolved never appears in a message again", () => {
  vi.stubEnv("PLANTED_KEY", "canary-behind-a-reference");
  fingerprintsOf({ env: "PLANTED_KEY" });
  expect(session.secrets.redact("refused canary-behind-a-reference")).toBe("refused [secret]");
  fingerprintsOf("canary-as-a-literal");
  expect(session.secrets.redact("refused canary-as-a-literal")).toBe("refused [secret]");
});

test("a fingerprint stays while the content does, and changes with it", () => {
  vi.stubEnv("ROTATING", "first content");
  const { fingerprints: first } = fingerprintsOf({ env: "ROTATING" });
  expect(first[AT]).toMatch(/^[0-9a-f]{16}:[0-9a-f]{16}$/);
  expect(fingerprintsOf({ env: "ROTATING" }, first).fingerprints).toEqual(first);

  vi.stubEnv("ROTATING", "second content");
  const { fingerprints: second } = fingerprintsOf({ env: "ROTATING" }, first);
  expect(second[AT]).not.toBe(first[AT]);
});

test("equal contents of different properties have different fingerprints, so that nothing is told by comparing", () => {
  vi.stubEnv("SHARED", "the same content");
  const storage = storageWith({ env: "SHARED" }, { env: "SHARED" });
  const { fingerprints } = fingerprintReferences(session, { storage });
  expect(new Set(Object.values(fingerprints)).size).toBe(2);
});

test("where a reference cannot be resolved, its old fingerprint stays and the reason is told", () => {
  const old = { [AT]: "0a1b2c3d:0011223344556677" };
  expect(fingerprintsOf({ env: "NOT_SET" }, old)).toEqual({
    fingerprints: old,
    unresolved: [{ path: AT, problem: "the environment variable NOT_SET is not set" }],
  });
});

test("a literal has no fingerprint, and what is unknown neither changes one nor is complained about", () => {
  const old = { [AT]: "0a1b2c3d:0011223344556677" };
  expect(fingerprintsOf("a literal").fingerprints).toEqual({});
  expect(fingerprintsOf(UNKNOWN, old)).toEqual({ fingerprints: old, unresolved: [] });
  expect(fingerprintsOf({ env: UNKNOWN }, old)).toEqual({ fingerprints: old, unresolved: [] });
});

test.each([{ toString: "" }, null, 7])("a reference to %j is left for the schema to refuse", (name) => {
  const odd = { env: name } as unknown as Secret;
  expect(fingerprintsOf(odd)).toEqual({ fingerprints: {}, unresolved: [] });
});

test("names that every object has are names like any other", () => {
  const tagging = { constructor: "x", toString: "y" };
  const storage = { aws: { ...storageWith("literal", "literal").minio, tagging } };
  expect(resolveStorage(session.secrets, storage)).toEqual(storage);
});
