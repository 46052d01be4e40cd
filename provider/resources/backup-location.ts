import * as v from "valibot";
import { Problem, wordsOf } from "../errors.ts";
import * as schemas from "../inputs.ts";
import {
  checkInputs,
  type CommonInputs,
  type Health,
  inputsIn,
  type KindOfInputs,
  type Preflight,
} from "../lifecycle/check.ts";
import type { Timeouts } from "../lifecycle/deadline.ts";
import { diffBy } from "../lifecycle/diff.ts";
import type { Handler } from "../lifecycle/handler.ts";
import { nameOf, ownerHash } from "../lifecycle/identity.ts";
import { tell } from "../lifecycle/notices.ts";
import { resolveStorage } from "../lifecycle/references.ts";
import { isUnknown } from "../lifecycle/unknown.ts";
import type { StoreFacts } from "../storage/object-store.ts";
import { identityOf, prefixOf } from "../storage/coordinates.ts";
import { openStore } from "../storage/open-store.ts";
import { probe } from "../storage/probe.ts";
import type { StorageConfig } from "../storage/storage-config.ts";
import { storageNotices } from "../storage/storage-notices.ts";
import { knownFacts } from "./known-facts.ts";
import { lookAtStore } from "./preflight/look-at-store.ts";
import { withPreflight } from "./preflight/verdict.ts";
import { refuseRootOfAnother } from "./refuse-root.ts";
import { retentionAdvice } from "./retention-advice.ts";

/** The store itself. What the clusters see of it are ClusterLocations, its children. */
export interface BackupLocationInputs extends CommonInputs {
  storage: StorageConfig;
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
    storage: schemas.storage,
    timeouts: v.optional(schemas.timeouts),
    preflight: v.optional(schemas.preflight),
  }),
  computedKeys: [],
  secretParts: ({ storage }) => ({ storage }),
  expectedHealth: () => "Healthy",
  derive: ({ storage }) => ({ computed: {}, notices: storageNotices(storage) }),
};

/** Nothing of a BackupLocation exists but what its probe leaves behind for a moment, so nothing can be half done. */
export const backupLocation: Handler<BackupLocationInputs, BackupLocationOutputs> = {
  check: (news, olds, how) =>
    withPreflight(checkInputs(kind, news, olds, how), how, ({ storage }) => [lookAtStore(storage)]),

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

async function examine({ owner, storage }: BackupLocationInputs): Promise<StoreFacts> {
  const store = openStore(resolveStorage(storage));
  const facts = await knownFacts(storage);
  const advice = retentionAdvice(facts, storage, store.address);
  for (const notice of advice) tell(nameOf(owner), notice);
  await refuseRootOfAnother(store, prefixOf(storage));
  await probe(store, prefixOf(storage), `pulumi-velero-probe-${ownerHash(owner)}`);
  return facts;
}

async function look(
  state: BackupLocationOutputs,
): Promise<{ health: Health; store: StoreFacts; message?: string }> {
  try {
    return { health: "Healthy", store: await openStore(resolveStorage(state.storage)).inspect() };
  } catch (error) {
    const gone = error instanceof Problem && error.code === "NoSuchBucket";
    return { health: gone ? "Missing" : "Unknown", store: state.store, message: wordsOf(error) };
  }
}
