import { Fingerprinter } from "../../../../provider/core/secrets.ts";
import { describe, expect, test } from "vitest";
import { stampOf } from "../../../../provider/core/identity.ts";
import type { ClusterLocationOutputs } from "../../../../provider/schemas/cluster-location.ts";
import { judgeLocation } from "../../../../provider/kinds/cluster-location/read-health.ts";
import { sentOf } from "../../../../provider/kinds/cluster-location/manifest.ts";
import { credentialManifest, locationManifest, type Secret } from "../../../../provider/velero/manifests.ts";
import type { BackupStorageLocation } from "../../../../provider/velero/types.ts";
import { LINEAGE, urnOf } from "../arbitrary-inputs.ts";
import { storage } from "../declared.ts";

const fingerprinter = new Fingerprinter();
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
  sent: {
    own: sentOf(fingerprinter, own, FILE, SALT),
    "reads-west": sentOf(fingerprinter, reader, FILE, SALT),
  },
};

/** As Velero keeps it: with a status, and with what it and we write there besides. */
const live = (location: BackupStorageLocation, spec: object = {}, status: object = {}) => ({
  ...location,
  spec: { ...location.spec, validationFrequency: "60001ms", ...spec },
  status: { phase: "Available" as const, lastValidationTime: "2026-11-23T11:59:30Z", ...status },
});
const readOnly = live(own, { accessMode: "ReadOnly" });
/** A frequency that Velero has, and the one that was sent. */
const frequencies = (validationFrequency: string, declared: string | undefined): Scene => {
  const { validationFrequency: _declared, ...spec } = own.spec;
  const sent = { ...own, spec: { ...spec, ...(declared && { validationFrequency: declared }) } };
  return {
    own: live(own, { validationFrequency }),
    state: { sent: { ...state.sent, own: sentOf(fingerprinter, sent, FILE, SALT) } },
  };
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
  return judgeLocation(
    { ...state, ...scene.state },
    {
      locations: new Map(locations),
      secrets: new Map(scene.secrets ?? [["own", secret()]]),
      fingerprinter,
      claim: scene.claim,
      staleReason: scene.doubt,
    },
  );
}

test.each<[string, Scene]>([
  ["that is as it was sent", {}],
  ["whose Secret may not be read", { secrets: [] }],
  ["that Velero has made its default by itself", { own: live(own, { default: true }) }],
  ["whose frequency is in Velero's words", { own: live(own, { validationFrequency: "1m0s" }) }],
  ["that was nudged", { own: live(own, { validationFrequency: "1m0.001s" }) }],
  ["that is never validated, and nudged", frequencies("876000h1ms", "0")],
  ["adopted with its server's frequency, and nudged", frequencies("-1ms", undefined)],
  ["of an older state, which left the frequency to the server", frequencies("45s", undefined)],
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
    { own: readOnly, secrets: [["own", undefined]], state: { sent: undefined } },
  ],
])("A location is healthy %s", (_what, scene) => {
  expect(judged(scene)).toMatchObject({ health: "Healthy", message: undefined });
});

test("A location that is healthy again has the words that its attachment had, and no older ones", () => {
  const healed = { health: "Drifted", message: "was drifted" } as const;
  expect(judged({ state: healed }).message).toBeUndefined();
  expect(judged({ state: { ...healed, notice: "is read-only" } }).message).toBe("is read-only");
  expect(judged({ state: { message: "is read-only, by an older version" } }).message).toContain("older");
});

describe("Someone else's edit is found", () => {
  const at = (objectStorage: object) => ({ own: live(own, { objectStorage }) });
  const changed = (what: string, name = "own") =>
    `someone else has changed ${what} of BackupStorageLocation velero/${name}; up sets it as declared`;
  const withKeys = (each: Secret | undefined): Scene => ({ secrets: [["own", each]] });
  const KEYS = "Secret velero/own with the keys for the store";

  test.each<[words: string, Scene, health?: string]>([
    ["BackupStorageLocation velero/own is gone; up makes it again", { own: undefined }, "Missing"],
    ["BackupStorageLocation velero/reads-west is gone; up makes it again", { reader: undefined }, "Missing"],
    [changed('label "team"'), { state: { labels: { team: "a" } }, secrets: [] }],
    [
      `someone else has changed annotation "page" of ${KEYS}; up sets it as declared`,
      {
        own: live(tagged(own)),
        reader: live(tagged(reader)),
        state: { labels: { team: "a" }, annotations: { page: "b" } },
        ...withKeys(withoutPage(tagged(secret()))),
      },
    ],
    [
      "velero/own was made read-only by someone else, so nothing can be backed up to it; up makes it writable again",
      { own: readOnly },
    ],
    [
      "velero/reads-west was made writable by someone else; up makes it read-only again",
      { reader: live(reader, { accessMode: "ReadWrite" }) },
    ],
    [
      'velero/own was pointed to aws bucket "other", east/ by someone else',
      at({ bucket: "other", prefix: "east" }),
    ],
    [
      'aws bucket "backups", old/ by someone else: what is stored stays, but Velero takes its Backup objects out',
      at({ bucket: "backups", prefix: "old" }),
    ],
    [changed("config"), { own: live(own, { config: { region: "eu-west-1" } }) }],
    [changed("caCert"), at({ bucket: "backups", prefix: "east", caCert: "eA==" })],
    [changed("credential"), { own: live(own, { credential: { name: "theirs", key: "cloud" } }) }],
    [changed("backupSyncPeriod", "reads-west"), { reader: live(reader, { backupSyncPeriod: "5m" }) }],
    [changed("validationFrequency"), { own: live(own, { validationFrequency: "45s" }) }],
    [changed("validationFrequency"), { own: live(own, { validationFrequency: "0s" }) }],
    [
      changed("validationFrequency", "reads-west"),
      { reader: live(reader, { validationFrequency: undefined }) },
    ],
    [
      "velero/own was made anew by someone else, and up changes nothing of it; delete it",
      { own: withoutLabels(live(own)) },
    ],
    [
      "BackupStorageLocation velero/reads-west is Unavailable: no such bucket; up has Velero look again",
      { reader: live(reader, {}, { phase: "Unavailable", message: "no such bucket." }) },
      "Unhealthy",
    ],
    [`${KEYS} is gone; up makes it again`, withKeys(undefined), "Missing"],
    [`${KEYS} was changed by someone else; up puts the declared ones there`, withKeys(secret("[default]\n"))],
    [`${KEYS} was changed`, withKeys({ ...secret(), data: { other: "" } })],
    ["Secret velero/own was made anew by someone else", withKeys(withoutLabels(secret()))],
    ["the claim is gone", { claim: "the claim is gone" }],
  ])("as: %s", (words, scene, health = "Drifted") => {
    const found = judged(scene);
    expect(found.health).toBe(health);
    expect(found.message).toContain(words);
    expect(found.message).not.toContain("secret-of-tests");
  });

  test("in a Secret of the user's only where it, or its key, is gone", () => {
    const sent = { ...state.sent, own: sentOf(fingerprinter, own, undefined, SALT) };
    const scene = (found: Secret | undefined) =>
      judged({ ...withKeys(found), state: { sent, readLocations: {} } });
    expect(scene(withoutLabels(secret("[changed]"))).health).toBe("Healthy");
    expect(scene(undefined)).toMatchObject({
      health: "Missing",
      message: "Secret velero/own, which `existingSecret` names, is gone; up cannot make it",
    });
    expect(scene({ ...secret(), data: {} }).message).toContain('has no key "cloud" any more');
  });

  test("together with all others, a shared Secret's once, and with a doubt whether Velero lives; not of what is not finished", () => {
    const unavailable = live(own, { accessMode: "ReadOnly" }, { phase: "Unavailable", message: "no keys" });
    const found = judged({ own: unavailable, ...withKeys(undefined) });
    expect(found).toMatchObject({ health: "Drifted", phase: "Unavailable" });
    expect(found.message?.split(". ")).toEqual([
      expect.stringContaining("made read-only"),
      expect.stringContaining("Secret velero/own"),
      expect.stringContaining("is Unavailable: no keys"),
    ]);
    const doubt = "is it dead?";
    expect(judged({ doubt })).toMatchObject({ health: "Unknown", message: doubt });
    expect(judged({ doubt, claim: "the claim is gone" })).toMatchObject({
      health: "Drifted",
      message: "the claim is gone. is it dead?",
    });
    expect(judged({ own: readOnly, state: { unfinished: "not finished" } })).toMatchObject({
      health: "Unhealthy",
      message: "not finished",
    });
  });
});
