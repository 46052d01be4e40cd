import { describe, expect, test } from "vitest";
import { stampOf } from "../../../provider/lifecycle/identity.ts";
import type { ClusterLocationOutputs } from "../../../provider/resources/cluster-location/outputs.ts";
import { judge } from "../../../provider/resources/cluster-location/read-health.ts";
import { sentOf } from "../../../provider/resources/cluster-location/sent.ts";
import { credentialManifest, locationManifest, type Secret } from "../../../provider/velero/manifests.ts";
import type { BackupStorageLocation } from "../../../provider/velero/types.ts";
import { LINEAGE, urnOf } from "./arbitrary-inputs.ts";
import { storage } from "./declared.ts";

const [OWNER, SALT] = [urnOf("ClusterLocation", "primary-east"), "0a1b2c3d4e5f"];
const FILE = "[default]\naws_access_key_id = key\naws_secret_access_key = secret-of-tests\n";

const ours = (name: string) => ({
  name,
  namespace: "velero",
  ...stampOf({ owner: OWNER, lineage: LINEAGE, incarnation: SALT }),
});
const parts = {
  plugin: { provider: "aws", bucket: "backups", config: { region: "us-east-1", checksumAlgorithm: "" } },
  credential: { name: "own", key: "cloud" },
};
const own = locationManifest(ours("own"), {
  ...parts,
  prefix: "east",
  accessMode: "ReadWrite",
  isDefault: false,
  validationFrequency: "1m",
});
const reader = locationManifest(ours("reads-west"), {
  ...parts,
  prefix: "west",
  accessMode: "ReadOnly",
  backupSyncPeriod: "30s",
  validationFrequency: "1m",
});

const state: ClusterLocationOutputs = {
  owner: OWNER,
  lineage: LINEAGE,
  incarnation: SALT,
  clusterUid: "uid-1",
  location: "primary",
  cluster: "east",
  connection: { ambient: true },
  storage,
  namespace: "velero",
  locationName: "own",
  storePrefix: "east",
  readLocations: { west: "reads-west" },
  accessMode: "ReadWrite",
  health: "Healthy",
  fingerprints: {},
  notices: [],
  sent: { own: sentOf(own, FILE, SALT), "reads-west": sentOf(reader, FILE, SALT) },
};

/** As Velero keeps it: with a status, and with what it and we write there besides. */
const live = (location: BackupStorageLocation, spec: object = {}, status: object = {}) => ({
  ...location,
  spec: { ...location.spec, validationFrequency: "60001ms", ...spec },
  status: { phase: "Available" as const, lastValidationTime: "2026-11-23T11:59:30Z", ...status },
});
const sentWith = (validationFrequency: string | undefined) => {
  const { validationFrequency: _declared, ...spec } = own.spec;
  const sent = { ...own, spec: { ...spec, ...(validationFrequency && { validationFrequency }) } };
  return { ...state.sent, own: sentOf(sent, FILE, SALT) };
};
const secret = (file = FILE): Secret => credentialManifest(ours("own"), file);
const withoutLabels = <T extends BackupStorageLocation | Secret>(object: T): T => ({
  ...object,
  metadata: { name: object.metadata.name, namespace: "velero" },
});

/** With a label and an annotation that the program declares. */
const tagged = <T extends BackupStorageLocation | Secret>(object: T): T => {
  const user = { labels: { team: "a" }, annotations: { page: "b" } };
  const stamp = stampOf({ owner: OWNER, lineage: LINEAGE, incarnation: SALT, ...user });
  return { ...object, metadata: { ...object.metadata, ...stamp } };
};
const withoutPage = ({ metadata, ...secret }: Secret): Secret => {
  const { page: _page, ...annotations } = metadata.annotations ?? {};
  return { ...secret, metadata: { ...metadata, annotations } };
};

interface Scene {
  own?: BackupStorageLocation | undefined;
  reader?: BackupStorageLocation | undefined;
  secrets?: [string, Secret | undefined][];
  claim?: string;
  doubt?: string;
  state?: Partial<ClusterLocationOutputs>;
}

function judged(scene: Scene) {
  const all = { own: live(own), reader: live(reader), ...scene };
  const locations = [all.own, all.reader].flatMap((each) =>
    each ? [[each.metadata.name, each] as const] : [],
  );
  return judge(
    { ...state, ...scene.state },
    {
      locations: new Map(locations),
      secrets: new Map(scene.secrets ?? [["own", secret()]]),
      claim: scene.claim,
      doubt: scene.doubt,
    },
  );
}

describe("A location is healthy", () => {
  test.each<[string, Scene]>([
    ["that is as it was sent", {}],
    ["whose Secret may not be read", { secrets: [] }],
    ["that Velero has made its default by itself", { own: live(own, { default: true }) }],
    ["whose validation frequency is in Velero's words", { own: live(own, { validationFrequency: "1m0s" }) }],
    [
      "that was nudged",
      {
        own: live(own, { validationFrequency: "1m0.001s" }),
        reader: live(reader, { validationFrequency: "60001ms" }),
      },
    ],
    [
      "that was nudged and is never validated",
      { own: live(own, { validationFrequency: "876000h1ms" }), state: { sent: sentWith("0") } },
    ],
    [
      "that was adopted with the frequency of its server, and nudged",
      { own: live(own, { validationFrequency: "-1ms" }), state: { sent: sentWith(undefined) } },
    ],
    [
      "of an older state, which has left the frequency to the server",
      { own: live(own, { validationFrequency: "45s" }), state: { sent: sentWith(undefined) } },
    ],
    ["that is synced at another rate than Velero's", { own: live(own, { backupSyncPeriod: "5m" }) }],
    [
      "that is written otherwise, and means the same",
      {
        own: live(own, {
          provider: "velero.io/aws",
          objectStorage: { bucket: "backups", prefix: "/east/" },
          config: { checksumAlgorithm: "", region: "us-east-1" },
          accessMode: undefined,
        }),
        reader: live(reader, { backupSyncPeriod: "0m30s" }),
      },
    ],
    [
      "of an older state, which does not know what was sent",
      {
        own: live(own, { accessMode: "ReadOnly" }),
        secrets: [["own", undefined]],
        state: { sent: undefined },
      },
    ],
  ])("%s", (_what, scene) => {
    expect(judged(scene)).toMatchObject({ health: "Healthy", message: undefined });
  });

  test("again after an earlier refresh, with the words that its attachment had, and no older ones", () => {
    const healed = { health: "Drifted", message: "was drifted" } as const;
    expect(judged({ state: healed }).message).toBeUndefined();
    expect(judged({ state: { ...healed, notice: "is read-only" } }).message).toBe("is read-only");
    expect(judged({ state: { message: "is read-only, by an older version" } }).message).toContain("older");
  });
});

describe("Someone else's edit is found", () => {
  test.each<[string, Scene, string, string]>([
    [
      "location gone",
      { own: undefined },
      "Missing",
      "BackupStorageLocation velero/own is gone; up makes it again",
    ],
    [
      "a declared label gone from the location",
      { state: { labels: { team: "a" } }, secrets: [] },
      "Drifted",
      'someone else has changed label "team" of BackupStorageLocation velero/own; up sets it as declared',
    ],
    [
      "a declared annotation gone from the Secret",
      {
        own: live(tagged(own)),
        reader: live(tagged(reader)),
        state: { labels: { team: "a" }, annotations: { page: "b" } },
        secrets: [["own", withoutPage(tagged(secret()))]],
      },
      "Drifted",
      'someone else has changed annotation "page" of Secret velero/own with the keys for the store; up sets it as declared',
    ],
    [
      "made read-only",
      { own: live(own, { accessMode: "ReadOnly" }) },
      "Drifted",
      "velero/own was made read-only by someone else, so nothing can be backed up to it; up makes it writable again",
    ],
    [
      "made writable",
      { reader: live(reader, { accessMode: "ReadWrite" }) },
      "Drifted",
      "velero/reads-west was made writable by someone else; up makes it read-only again",
    ],
    [
      "other bucket",
      { own: live(own, { objectStorage: { bucket: "other", prefix: "east" } }) },
      "Drifted",
      'velero/own was pointed to aws bucket "other", east/ by someone else',
    ],
    [
      "other prefix",
      { own: live(own, { objectStorage: { bucket: "backups", prefix: "old" } }) },
      "Drifted",
      'aws bucket "backups", old/ by someone else: what is stored stays, but Velero takes its Backup objects out',
    ],
    [
      "other config",
      { own: live(own, { config: { region: "eu-west-1" } }) },
      "Drifted",
      "someone else has changed config of BackupStorageLocation velero/own; up sets it as declared",
    ],
    [
      "other authority",
      { own: live(own, { objectStorage: { bucket: "backups", prefix: "east", caCert: "eA==" } }) },
      "Drifted",
      "someone else has changed caCert of BackupStorageLocation velero/own; up",
    ],
    [
      "other Secret named",
      { own: live(own, { credential: { name: "theirs", key: "cloud" } }) },
      "Drifted",
      "someone else has changed credential of BackupStorageLocation velero/own; up",
    ],
    [
      "other sync period of a reader",
      { reader: live(reader, { backupSyncPeriod: "5m" }) },
      "Drifted",
      "someone else has changed backupSyncPeriod of BackupStorageLocation velero/reads-west; up",
    ],
    [
      "location made anew",
      { own: withoutLabels(live(own)) },
      "Drifted",
      "velero/own was made anew by someone else, and up changes nothing of it; delete it",
    ],
    [
      "reader gone",
      { reader: undefined },
      "Missing",
      "BackupStorageLocation velero/reads-west is gone; up makes it again",
    ],
    [
      "reader unavailable",
      { reader: live(reader, {}, { phase: "Unavailable", message: "no such bucket." }) },
      "Unhealthy",
      "BackupStorageLocation velero/reads-west is Unavailable: no such bucket; up has Velero look again",
    ],
    [
      "Secret gone",
      { secrets: [["own", undefined]] },
      "Missing",
      "Secret velero/own with the keys for the store is gone; up makes it again",
    ],
    [
      "other keys",
      { secrets: [["own", secret("[default]\n")]] },
      "Drifted",
      "Secret velero/own with the keys for the store was changed by someone else; up puts the declared ones there",
    ],
    [
      "Secret without its key",
      { secrets: [["own", { ...secret(), data: { other: "" } }]] },
      "Drifted",
      "Secret velero/own with the keys for the store was changed",
    ],
    [
      "Secret made anew",
      { secrets: [["own", withoutLabels(secret())]] },
      "Drifted",
      "Secret velero/own was made anew by someone else",
    ],
    [
      "other validation frequency",
      { own: live(own, { validationFrequency: "45s" }) },
      "Drifted",
      "someone else has changed validationFrequency of BackupStorageLocation velero/own; up sets it as declared",
    ],
    [
      "no validation frequency any more",
      { reader: live(reader, { validationFrequency: undefined }) },
      "Drifted",
      "someone else has changed validationFrequency of BackupStorageLocation velero/reads-west; up sets it",
    ],
    [
      "no more validation",
      { own: live(own, { validationFrequency: "0s" }) },
      "Drifted",
      "someone else has changed validationFrequency of BackupStorageLocation velero/own; up sets it",
    ],
    ["claim gone", { claim: "the claim is gone" }, "Drifted", "the claim is gone"],
  ])("%s", (_what, scene, health, words) => {
    const found = judged(scene);
    expect(found.health).toBe(health);
    expect(found.message).toContain(words);
    expect(found.message).not.toContain("secret-of-tests");
  });

  test("in a Secret of the user's only where it, or its key, is gone", () => {
    const theirs = { ...state.sent, own: sentOf(own, undefined, SALT) };
    const scene = (found: Secret | undefined) =>
      judged({ secrets: [["own", found]], state: { sent: theirs, readLocations: {} } });
    expect(scene(withoutLabels(secret("[changed]"))).health).toBe("Healthy");
    expect(scene(undefined)).toMatchObject({
      health: "Missing",
      message: "Secret velero/own, which `existingSecret` names, is gone; up cannot make it",
    });
    expect(scene({ ...secret(), data: {} }).message).toContain('has no key "cloud" any more');
  });

  test("together with all others, and a shared Secret's once", () => {
    const found = judged({
      own: live(own, { accessMode: "ReadOnly" }, { phase: "Unavailable", message: "no keys" }),
      secrets: [["own", undefined]],
    });
    expect(found).toMatchObject({ health: "Drifted", phase: "Unavailable" });
    expect(found.message?.split(". ")).toEqual([
      expect.stringContaining("made read-only"),
      expect.stringContaining("Secret velero/own"),
      expect.stringContaining("is Unavailable: no keys"),
    ]);
  });

  test("beside a doubt whether Velero lives", () => {
    expect(judged({ doubt: "is it dead?" })).toMatchObject({ health: "Unknown", message: "is it dead?" });
    expect(judged({ doubt: "is it dead?", claim: "the claim is gone" })).toMatchObject({
      health: "Drifted",
      message: "the claim is gone. is it dead?",
    });
  });

  test("and nothing else is told of what is not finished, or is being left to others", () => {
    const edited = live(own, { accessMode: "ReadOnly" });
    expect(judged({ own: edited, state: { unfinished: "not finished" } })).toMatchObject({
      health: "Unhealthy",
      message: "not finished",
    });
  });
});
