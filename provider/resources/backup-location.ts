import * as v from "valibot";
import { Problem, wordsOf } from "../errors.ts";
import * as schemas from "../inputs.ts";
import {
  checkInputs,
  type CommonInputs,
  inputsIn,
  type KindOfInputs,
  type Preflight,
} from "../lifecycle/check.ts";
import type { Timeouts } from "../lifecycle/deadline.ts";
import { diffBy } from "../lifecycle/diff.ts";
import type { Handler } from "../lifecycle/handler.ts";
import { nameOf } from "../lifecycle/identity.ts";
import { tell } from "../lifecycle/notices.ts";
import { openWay } from "../lifecycle/open-way.ts";
import { lineageFor } from "../lifecycle/process-memory.ts";
import { isUnknown } from "../lifecycle/unknown.ts";
import type { StoreFacts } from "../storage/object-store.ts";
import { identityOf, prefixOf } from "../storage/coordinates.ts";
import { probe } from "../storage/probe.ts";
import type { Access, StorageConfig } from "../storage/storage-config.ts";
import { access, storage, wayRules } from "../storage-inputs.ts";
import { programWay, trialWay } from "../storage/ways.ts";
import { storageNotices } from "../storage/storage-notices.ts";
import { knownFacts } from "./known-facts.ts";
import { lookAtLeavingClusters } from "./preflight/look-at-leaving-clusters.ts";
import { lookAtStore } from "./preflight/look-at-store.ts";
import { withPreflight } from "./preflight/verdict.ts";
import { probeName } from "./probe-name.ts";
import { refuseRootOfAnother } from "./refuse-root.ts";
import { retentionAdvice } from "./retention-advice.ts";

/** The store itself. What the clusters see of it are ClusterLocations, its children. */
export interface BackupLocationInputs extends CommonInputs {
  health: "Healthy" | "Missing" | "Unknown";
  storage: StorageConfig;
  /** How the program itself comes to the store. Default: by the storage's credentials, or its own where those are the cluster's. */
  access?: Access | undefined;
  deletionPolicy?: "retain" | "delete" | undefined;
  /** The clusters' folders by key, if there is a `deletionPolicy`: `""` for one without, false for one that does not write. */
  prefixes?: Record<string, string | false> | undefined;
  timeouts?: Timeouts | undefined;
  preflight?: Preflight | undefined;
}

export interface BackupLocationOutputs extends BackupLocationInputs {
  /** What the bucket is, as found by the last create, update or refresh. */
  store: StoreFacts;
  message?: string | undefined;
  unfinished?: string | undefined;
}

const kind: KindOfInputs<BackupLocationInputs> = {
  schema: v.strictObject({
    owner: schemas.text,
    adoptLineage: v.optional(schemas.lineage),
    storage,
    access: v.optional(access),
    deletionPolicy: v.optional(schemas.deletionPolicy),
    prefixes: v.optional(v.record(v.string(), v.union([v.string(), v.literal(false)]))),
    timeouts: v.optional(schemas.timeouts),
    preflight: v.optional(schemas.preflight),
  }),
  computedKeys: ["lineage"],
  // The SDK gives the other ones to the clusters' locations.
  namesInProgram: (path, names) =>
    path === "" ? [...names, "clusters", "onUnhealthy", "repositoryPassword", "validationFrequency"] : names,
  secretParts: ({ storage, access }) => ({
    storage,
    access: typeof access === "object" ? access : undefined,
  }),
  rules: wayRules,
  expectedHealth: () => "Healthy",
  derive: (inputs, olds, how) => ({
    computed: { lineage: lineageFor(inputs.owner, olds, how) },
    notices: storageNotices(inputs),
  }),
};

/** Nothing of a BackupLocation exists but what its probe leaves behind for a moment, so nothing can be half done. */
export const backupLocation: Handler<BackupLocationInputs, BackupLocationOutputs> = {
  check: (news, olds, how) =>
    withPreflight(checkInputs(kind, news, olds, how), how, (inputs) => [
      lookAtStore(inputs),
      ...(olds ? [lookAtLeavingClusters(inputs, olds)] : []),
    ]),

  diff: (outputs, news) => diffBy(outputs, news, storeOf),

  async create(inputs) {
    return { id: nameOf(inputs.owner), outputs: { ...inputs, store: await examine(inputs) } };
  },

  // New credentials are tried before any cluster gets them: the ClusterLocations, as children, are updated after this.
  async update(_id, _outputs, news) {
    return { ...news, store: await examine(news) };
  },

  async read(_id, outputs) {
    const found = await look(outputs);
    return { outputs: { ...outputs, ...found }, inputs: inputsIn(kind, outputs, found.health) };
  },

  // The data belongs to the clusters' locations, and those keep it.
  delete: () => Promise.resolve(),
};

/** Another bucket is another location; everything else about a store may change in place. */
const storeOf = ({ storage }: BackupLocationInputs): Record<string, unknown> => ({
  storage: isUnknown(storage) ? storage : identityOf(storage),
});

async function examine(inputs: BackupLocationInputs): Promise<StoreFacts> {
  const way = programWay(inputs);
  if (!way) return notLookedAt;
  const store = openWay(way);
  const prefix = prefixOf(inputs.storage);
  const facts = await knownFacts(way);
  const advice = retentionAdvice(facts, inputs.storage, store.address);
  for (const notice of advice) tell(nameOf(inputs.owner), notice);
  await refuseRootOfAnother(store, prefix);
  // Keys that the program itself does not come with are tried as well, before any cluster gets them.
  for (const each of [store, openWay(trialWay(inputs))]) {
    if (each) await probe(each, prefix, probeName(inputs));
  }
  return facts;
}

const notLookedAt: StoreFacts = {
  region: "unknown",
  versioning: "unknown",
  objectLock: "unknown",
  encryption: "unknown",
};

async function look(
  state: BackupLocationOutputs,
): Promise<Pick<BackupLocationOutputs, "health" | "store" | "message">> {
  try {
    const store = openWay(programWay(state));
    return { health: "Healthy", store: store ? await store.inspect() : notLookedAt };
  } catch (error) {
    const gone = error instanceof Problem && error.code === "NoSuchBucket";
    return { health: gone ? "Missing" : "Unknown", store: state.store, message: wordsOf(error) };
  }
}
