import { expect, test } from "vitest";
import type { Failure } from "../../../provider/core/handler.ts";
import type { Access, Credentials, StorageConfig } from "../../../provider/store/storage-config.ts";
import {
  fromOutside,
  programAccess,
  type StoreDeclaration,
  trialAccess,
  veleroAccess,
  accessRules,
} from "../../../provider/store/store-access.ts";

const keys = (id: string) => ({ static: { accessKeyId: id, secretAccessKey: "secret" } });
const endpoint = "https://minio.example.com";
const minio = (credentials: Credentials): StorageConfig =>
  ({ minio: { bucket: "backups", endpoint, credentials } }) as StorageConfig;
const aws = (credentials: Credentials): StorageConfig =>
  ({ aws: { bucket: "backups", credentials } }) as StorageConfig;
const existingSecret = { existingSecret: { name: "keys", key: "cloud" } };

test("without anything else all come to a store as it was declared", () => {
  const storage = minio(keys("store"));
  expect(programAccess({ storage })?.storage).toEqual(storage);
  expect(veleroAccess({ storage }).storage).toEqual(storage);
  expect(programAccess({ storage })?.declaredAs("storage.minio.credentials")).toBe(
    "storage.minio.credentials",
  );
  expect(trialAccess({ storage })).toBeUndefined();
});

test("keys of a cluster's own are Velero's and the program's, and are called so", () => {
  const declaration = { storage: minio(keys("store")), credentials: keys("east") };
  for (const way of [veleroAccess(declaration, "east"), programAccess(declaration, "east")]) {
    expect(way?.storage).toEqual(minio(keys("east")));
    expect(way?.declaredAs("storage.minio.credentials.static.secretAccessKey")).toBe(
      "clusters.east.credentials.static.secretAccessKey",
    );
    expect(way?.declaredAs("storage.minio.bucket")).toBe("storage.minio.bucket");
  }
});

test("access changes the program's way and not Velero's, and Velero's keys are tried from where the program stands", () => {
  const access: Access = { credentials: keys("program"), endpoint: "https://outside.example.com" };
  const declaration = { storage: minio(keys("store")), credentials: keys("east"), access };
  expect(veleroAccess(declaration, "east").storage).toEqual(minio(keys("east")));
  const program = programAccess(declaration, "east");
  expect(program?.storage).toEqual({
    minio: { bucket: "backups", endpoint: "https://outside.example.com", credentials: keys("program") },
  });
  expect(program?.declaredAs("storage.minio.credentials.static")).toBe("access.credentials.static");
  expect(program?.declaredAs("storage.minio.endpoint")).toBe("access.endpoint");
  expect(program?.declaredAs("storage.minio.bucket")).toBe("storage.minio.bucket");
  const trial = trialAccess(declaration, "east");
  expect(trial?.storage).toEqual({
    minio: { bucket: "backups", endpoint: "https://outside.example.com", credentials: keys("east") },
  });
  expect(trial?.declaredAs("storage.minio.credentials")).toBe("clusters.east.credentials");
  expect(trial?.declaredAs("storage.minio.endpoint")).toBe("access.endpoint");
});

test("the program comes by the address for those outside, and Velero does not", () => {
  const storage = {
    minio: {
      bucket: "backups",
      endpoint,
      publicUrl: "https://outside.example.com",
      credentials: keys("store"),
    },
  };
  expect(veleroAccess({ storage }, "east").storage).toEqual(storage);
  const program = programAccess({ storage }, "east");
  expect(program?.storage).toMatchObject({ minio: { endpoint: "https://outside.example.com" } });
  expect(program?.declaredAs("storage.minio.endpoint")).toBe("storage.minio.publicUrl");
  const access: Access = { endpoint: "https://tunnel.example.com", credentials: keys("program") };
  for (const way of [programAccess({ storage, access }, "east"), trialAccess({ storage, access }, "east")]) {
    expect(way?.storage).toMatchObject({ minio: { endpoint: "https://tunnel.example.com" } });
    expect(way?.declaredAs("storage.minio.endpoint")).toBe("access.endpoint");
  }
});

test("the address for those outside is that of another store's own declaration, too", () => {
  const own = { storage: aws(keys("own")), declaredAs: (path: string) => `clusters.old.${path}` };
  expect(fromOutside(own)).toEqual(own);
  const way = fromOutside({
    ...own,
    storage: { aws: { bucket: "backups", publicUrl: endpoint, credentials: keys("own") } },
  });
  expect(way.storage).toMatchObject({ aws: { endpoint } });
  expect(way.declaredAs("storage.aws.endpoint")).toBe("clusters.old.storage.aws.publicUrl");
  expect(way.declaredAs("storage.aws.bucket")).toBe("clusters.old.storage.aws.bucket");
});

test("where a cluster's own are in the cluster only, the program comes with the store's", () => {
  const declaration = { storage: minio(keys("store")), credentials: existingSecret };
  expect(veleroAccess(declaration, "east").storage).toEqual(minio(existingSecret));
  expect(programAccess(declaration, "east")?.storage).toEqual(minio(keys("store")));
});

test("a profile is what the program has itself, and is what a wrong one is called", () => {
  const way = programAccess({ storage: aws(existingSecret), access: { profile: "backup" } });
  expect(way?.storage).toEqual(aws({ ambient: { profile: "backup" } }));
  expect(way?.declaredAs("storage.aws.credentials.static.secretAccessKey")).toBe("access.profile");
});

test.each<[Credentials]>([
  [existingSecret],
  [{ ambient: {} }],
  [{ workloadIdentity: {} }],
  [{ sts: { roleArn: "arn:aws:iam::123456789012:role/velero" } }],
])("%j is in the cluster only, and cannot be tried from here", (credentials) => {
  const declaration = { storage: aws(credentials), access: { credentials: keys("program") } };
  expect(trialAccess(declaration)).toBeUndefined();
  expect(programAccess(declaration)?.storage).toEqual(aws(keys("program")));
});

test("none is no way at all", () => {
  const declaration: StoreDeclaration = { storage: minio(keys("store")), access: "none" };
  expect(programAccess(declaration)).toBeUndefined();
  expect(trialAccess(declaration)).toBeUndefined();
});

test.each<[object, string, RegExp]>([
  [
    { storage: aws(keys("store")), credentials: { storageAccountKey: "key" } },
    "credentials",
    /no such property|exactly one kind/,
  ],
  [
    { storage: aws(keys("store")), access: { credentials: { workloadIdentity: {} } } },
    "access.credentials",
    /no such property|exactly one kind/,
  ],
  [
    {
      storage: aws(keys("store")),
      access: { credentials: { sts: { roleArn: "arn:aws:iam::123456789012:role/velero" } } },
    },
    "access.credentials.sts.source",
    /static keys.*`profile`/,
  ],
  [{ storage: minio(keys("store")), access: { profile: "backup" } }, "access.profile", /none of AWS's/],
  [
    { storage: aws(keys("store")), access: { profile: "backup", credentials: keys("program") } },
    "access",
    /Give one of them/,
  ],
  [{ storage: minio(existingSecret) }, "storage.minio.credentials", /access: "none"/],
  [
    { storage: minio(existingSecret), credentials: { existingSecret: { name: "east", key: "cloud" } } },
    "credentials",
    /access: "none"/,
  ],
])("refuses %j", (declaration, path, words) => {
  expect(accessRules(declaration as StoreDeclaration)).toContainEqual({
    path: expect.stringContaining(path) as string,
    reason: expect.stringMatching(words) as string,
  } satisfies Failure);
});

test.each<[object]>([
  [{ storage: minio(keys("s")), credentials: existingSecret }],
  [{ storage: minio(keys("store")) }],
  [{ storage: minio(existingSecret), access: "none" }],
  [{ storage: minio(existingSecret), access: { credentials: keys("p") } }],
  [{ storage: aws({ ambient: {} }), access: { credentials: { ambient: {} } } }],
  [{ storage: aws({ workloadIdentity: {} }), access: { profile: "backup" } }],
  [{ storage: minio(keys("store")), access: { endpoint } }],
])("takes %j", (declaration) => {
  expect(accessRules(declaration as StoreDeclaration)).toEqual([]);
});
