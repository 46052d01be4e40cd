import { expect, test } from "vitest";
import { UNKNOWN } from "../../../provider/core/values.ts";
import { NewestAccess } from "../../../provider/session.ts";

const newestAccess = new NewestAccess();

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

test("what was seen of a location is no way to a namesake's", () => {
  const seen = { connection: { kubeconfig: "ours" } };
  newestAccess.remember(at("named alike"), seen);
  const theirs = { connection: { kubeconfig: "theirs" } };
  expect(newestAccess.of({ ...at("named alike"), lineage: "of another stack" }, theirs)).toBe(theirs);
});

test("state is used for a location that was not checked, as in a destroy", () => {
  const inState = { connection: { ambient: true as const }, storage: minio("a", "old") };
  expect(newestAccess.of(at("never seen"), inState)).toBe(inState);
});

test("what check saw last beats state: the connection, and the keys to the same kind of store", () => {
  newestAccess.remember(at("rotated"), {
    connection: { kubeconfig: "newer" },
    storage: minio("new bucket", "newest"),
  });
  const found = newestAccess.of(at("rotated"), {
    connection: { kubeconfig: "old" },
    storage: minio("old bucket", "old"),
  });
  expect(found).toEqual({ connection: { kubeconfig: "newer" }, storage: minio("old bucket", "newest") });
});

test("keys of another kind of store are of no use for the old one", () => {
  newestAccess.remember(at("moved"), {
    connection: { ambient: true },
    storage: aws("new", "newest"),
  });
  const found = newestAccess.of(at("moved"), {
    connection: { ambient: true },
    storage: minio("old", "old"),
  });
  expect(found.storage).toEqual(minio("old", "old"));
});

test("a stack without a way to the store gets none from another resource's", () => {
  newestAccess.remember(at("shared"), {
    connection: { ambient: true },
    storage: minio("a", "theirs"),
  });
  expect(newestAccess.of(at("shared"), { connection: { ambient: true } }).storage).toBeUndefined();
  newestAccess.remember(at("shared"), { connection: { ambient: true } });
  expect(
    newestAccess.of(at("shared"), { connection: { ambient: true }, storage: minio("a", "ours") }).storage,
  ).toEqual(minio("a", "ours"));
});

test("a way that is not known yet does not replace one that is", () => {
  newestAccess.remember(at("pending"), { connection: { kubeconfig: "known" } });
  newestAccess.remember(at("pending"), { connection: { kubeconfig: UNKNOWN } });
  expect(newestAccess.of(at("pending"), { connection: { ambient: true } }).connection).toEqual({
    kubeconfig: "known",
  });
});

test("newer keys of the program's own are taken, but whether it has a way at all is state's to say", () => {
  const connection = { ambient: true as const };
  const storage = minio("a", "old");
  const own = (secretAccessKey: string) => ({
    credentials: { static: { accessKeyId: "program", secretAccessKey } },
  });
  newestAccess.remember(at("rotated way"), { connection, storage, access: own("new") });
  expect(newestAccess.of(at("rotated way"), { connection, storage, access: own("old") }).access).toEqual(
    own("new"),
  );
  expect(newestAccess.of(at("rotated way"), { connection, storage, access: "none" }).access).toBe("none");
  newestAccess.remember(at("closed way"), { connection, storage, access: "none" });
  expect(newestAccess.of(at("closed way"), { connection, storage, access: own("old") }).access).toEqual(
    own("old"),
  );
  expect(newestAccess.of(at("closed way"), { connection, storage }).access).toBeUndefined();
});
