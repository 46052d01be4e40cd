import { expect, test } from "vitest";
import {
  freshest,
  isDeclared,
  rememberAccess,
  rememberChecked,
} from "../../../provider/lifecycle/process-memory.ts";
import { UNKNOWN } from "../../../provider/lifecycle/unknown.ts";

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

test("only what check has seen is declared", () => {
  expect(isDeclared("urn a")).toBe(false);
  rememberChecked("urn a");
  expect(isDeclared("urn a")).toBe(true);
  expect(isDeclared("urn b")).toBe(false);
});

test("state is used for a location that was not checked, as in a destroy", () => {
  const inState = { connection: { ambient: true as const }, storage: minio("a", "old") };
  expect(freshest("never seen", inState)).toBe(inState);
});

test("what check saw last beats state: the connection, and the keys to the same kind of store", () => {
  rememberAccess("rotated", { connection: { kubeconfig: "newer" }, storage: minio("new bucket", "newest") });
  const found = freshest("rotated", {
    connection: { kubeconfig: "old" },
    storage: minio("old bucket", "old"),
  });
  expect(found).toEqual({ connection: { kubeconfig: "newer" }, storage: minio("old bucket", "newest") });
});

test("keys of another kind of store are of no use for the old one", () => {
  rememberAccess("moved", { connection: { ambient: true }, storage: aws("new", "newest") });
  const found = freshest("moved", { connection: { ambient: true }, storage: minio("old", "old") });
  expect(found.storage).toEqual(minio("old", "old"));
});

test("a stack without a way to the store gets none from another resource's", () => {
  rememberAccess("shared", { connection: { ambient: true }, storage: minio("a", "theirs") });
  expect(freshest("shared", { connection: { ambient: true } }).storage).toBeUndefined();
  rememberAccess("shared", { connection: { ambient: true } });
  expect(freshest("shared", { connection: { ambient: true }, storage: minio("a", "ours") }).storage).toEqual(
    minio("a", "ours"),
  );
});

test("a way that is not known yet does not replace one that is", () => {
  rememberAccess("pending", { connection: { kubeconfig: "known" } });
  rememberAccess("pending", { connection: { kubeconfig: UNKNOWN } });
  expect(freshest("pending", { connection: { ambient: true } }).connection).toEqual({ kubeconfig: "known" });
});

test("newer keys of the program's own are taken, but whether it has a way at all is state's to say", () => {
  const connection = { ambient: true as const };
  const storage = minio("a", "old");
  const own = (secretAccessKey: string) => ({
    credentials: { static: { accessKeyId: "program", secretAccessKey } },
  });
  rememberAccess("rotated way", { connection, storage, access: own("new") });
  expect(freshest("rotated way", { connection, storage, access: own("old") }).access).toEqual(own("new"));
  expect(freshest("rotated way", { connection, storage, access: "none" }).access).toBe("none");
  rememberAccess("closed way", { connection, storage, access: "none" });
  expect(freshest("closed way", { connection, storage, access: own("old") }).access).toEqual(own("old"));
  expect(freshest("closed way", { connection, storage }).access).toBeUndefined();
});
