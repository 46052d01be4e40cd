import * as v from "valibot";
import { checkInputs, type CommonInputs, diffBy, inputsIn, type KindOfInputs } from "../core/check.ts";
import { Problem, wordsOf } from "../core/errors.ts";
import { deletionPolicy, lineage, preflight, text, timeouts } from "../core/fields.ts";
import type { Handler } from "../core/handler.ts";
import { nameOf } from "../core/identity.ts";
import { hasUnknown, isUnknown } from "../core/values.ts";
import { type Finding, warning } from "../rules/finding.ts";
import { withPreflight } from "../rules/preflight.ts";
import { knownFacts, refuseRootOfAnother, retentionAdvice, storeUsable } from "../rules/store-settings.ts";
import { countStored, describeStored } from "../rules/stored-backups.ts";
import { storePrefixOf } from "../schemas/cluster-location.ts";
import { identityOf, prefixOf } from "../store/coordinates.ts";
import type { StoreFacts } from "../../model/store-facts.ts";
import { probe, probeName } from "../store/probe.ts";
import { access, storage } from "../store/storage-config.ts";
import {
  programAccess,
  type StoreDeclaration,
  trialAccess,
  accessRules,
  worksAnywhere,
} from "../store/store-access.ts";
import type { Session } from "../session.ts";

const backupLocationSchema = v.strictObject({
  owner: text,
  adoptLineage: v.optional(lineage),
  storage,
  access: v.optional(access),
  deletionPolicy: v.optional(deletionPolicy),
  // It has the folders by cluster key if `deletionPolicy` is set: `""` for a cluster without a folder, false for one that does not write.
  prefixes: v.optional(v.record(v.string(), v.union([v.string(), v.literal(false)]))),
  timeouts: v.optional(timeouts),
  preflight: v.optional(preflight),
});

/** The store itself. Its children, the ClusterLocations, are the location in each cluster. */
export interface BackupLocationInputs extends CommonInputs, v.InferOutput<typeof backupLocationSchema> {
  health: "Healthy" | "Missing" | "Unknown";
}

export interface BackupLocationOutputs extends BackupLocationInputs {
  /** Facts about the bucket from the last create, update or refresh. */
  store: StoreFacts;
  message?: string | undefined;
  unfinished?: string | undefined;
}

const backupLocationInputs: KindOfInputs<BackupLocationInputs> = {
  schema: backupLocationSchema,
  computedKeys: ["lineage"],
  // The SDK passes the other names to the clusters' locations.
  namesInProgram: (path, names) =>
    path === "" ? [...names, "clusters", "onUnhealthy", "repositoryPassword", "validationFrequency"] : names,
  secretParts: ({ storage, access }) => ({
    storage,
    access: typeof access === "object" ? access : undefined,
  }),
  rules: accessRules,
  expectedHealth: () => "Healthy",
  derive: (inputs, olds, how) => ({
    computed: { lineage: how.checked.lineageFor(inputs.owner, olds, how) },
    notices: storageNotices(inputs),
  }),
};

/** A BackupLocation creates nothing that stays, only the object of its probe. So it cannot be half done. */
export const backupLocation = (session: Session): Handler<BackupLocationInputs, BackupLocationOutputs> => ({
  check: (news, olds, how) =>
    withPreflight(session, checkInputs(session, backupLocationInputs, news, olds, how), how, (inputs) => [
      storeUsable(session, inputs),
      ...(olds ? [removedClustersDeleted(session, inputs, olds)] : []),
    ]),

  diff: (outputs, news) => diffBy(session, outputs, news, identityOfStore),

  async create(inputs) {
    return { id: nameOf(inputs.owner), outputs: { ...inputs, store: await examine(session, inputs) } };
  },

  // New credentials are checked before any cluster gets them: the ClusterLocations are children, and are updated after
  // this.
  async update(_id, _outputs, news) {
    return { ...news, store: await examine(session, news) };
  },

  async read(_id, outputs) {
    const found = await look(session, outputs);
    return {
      outputs: { ...outputs, ...found },
      inputs: inputsIn(backupLocationInputs, outputs, found.health),
    };
  },

  // The data belongs to the clusters' locations, and they retain it.
  delete: () => Promise.resolve(),
});

/**
 * Returns the inputs whose change replaces the location: another bucket. All other properties of a store can be updated
 * in place.
 */
const identityOfStore = ({ storage }: BackupLocationInputs): Record<string, unknown> => ({
  storage: isUnknown(storage) ? storage : identityOf(storage),
});

async function examine(session: Session, inputs: BackupLocationInputs): Promise<StoreFacts> {
  const way = programAccess(inputs);
  if (!way) return notLookedAt;
  const store = session.stores.open(way);
  const prefix = prefixOf(inputs.storage);
  const facts = await knownFacts(session, way);
  const advice = retentionAdvice(facts, inputs.storage, store.address);
  for (const notice of advice) session.notices.warn(nameOf(inputs.owner), notice);
  await refuseRootOfAnother(store, prefix);
  // Credentials that the program itself does not use are checked as well, before any cluster gets them.
  for (const each of [store, session.stores.open(trialAccess(inputs))]) {
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
  session: Session,
  state: BackupLocationOutputs,
): Promise<Pick<BackupLocationOutputs, "health" | "store" | "message">> {
  try {
    const store = session.stores.open(programAccess(state));
    return { health: "Healthy", store: store ? await store.inspect() : notLookedAt };
  } catch (error) {
    const gone = error instanceof Problem && error.code === "NoSuchBucket";
    return { health: gone ? "Missing" : "Unknown", store: state.store, message: wordsOf(error) };
  }
}

/** Returns notices about a declared store that no server would give. */
export function storageNotices({ storage, access }: StoreDeclaration): string[] {
  const [kind, store] = Object.entries(storage)[0] ?? [];
  const credentials = (store as { credentials?: unknown } | undefined)?.credentials;
  if (isUnknown(store) || typeof credentials !== "object" || credentials === null) return [];
  const property = `storage.${kind}.credentials`;
  const keys = "sts" in credentials ? sourceOf(credentials.sts) : credentials;
  const path = "sts" in credentials ? `${property}.sts.source` : property;
  return [
    ...(hasSessionToken(keys)
      ? [
          `${path}.static.sessionToken: these keys end with their session, and then no backup works in any cluster until ` +
            "new ones are declared. Keys that last, or a role (`sts`) that Velero renews by itself, do not.",
        ]
      : []),
    ...(access === undefined && !worksAnywhere(storage)
      ? [
          `${property}: ${Object.keys(credentials).join()} exists inside of the cluster only; the program itself looks at ` +
            `the store with its own ${clouds[kind ?? ""]} credentials.`,
        ]
      : []),
    ...(access === "none" ? [unprotected] : []),
  ];
}

const clouds: Record<string, string> = { aws: "AWS", gcp: "Google", azure: "Azure" };

const sourceOf = (sts: unknown): unknown => (sts as { source?: unknown } | undefined)?.source ?? {};

const hasSessionToken = (keys: unknown): boolean =>
  (keys as { static?: { sessionToken?: unknown } } | undefined)?.static?.sessionToken !== undefined;

/** Lists what only access to the store could show (docs/design/rules.md#access-none). */
const unprotected =
  "access: without a way to the store nothing is tried before Velero gets it, and only a ConfigMap in each cluster claims " +
  "the prefix: another cluster that writes there, backups there that have expired (which Velero deletes) and a backup's " +
  "name that is taken go unseen, and so does the loss of a backup's data behind Velero's back.";

/**
 * Shows in a preview what an `up` deletes with clusters that are removed from a location. The policy of the last `up`
 * applies.
 */
export async function removedClustersDeleted(
  session: Session,
  news: BackupLocationInputs,
  olds: BackupLocationInputs,
): Promise<Finding[]> {
  const { prefixes = {}, storage, deletionPolicy } = olds;
  if (deletionPolicy !== "delete" || !news.prefixes || hasUnknown(news.prefixes)) return [];
  const leaving = Object.entries(prefixes).flatMap(([key, prefix]) =>
    prefix === false || news.prefixes?.[key] !== undefined ? [] : [{ key, prefix }],
  );
  if (leaving.length === 0) return [];
  const way = programAccess(olds);
  return Promise.all(
    leaving.map(async ({ key, prefix }) => {
      const storePrefix = storePrefixOf(storage, key, prefix || undefined);
      const count = await countStored(session, way, storePrefix);
      const stored = describeStored(count, storePrefix, way !== undefined);
      return warning(`clusters: "${key}" is taken out, and ${stored} (deletionPolicy: "delete")`);
    }),
  );
}

const sharedLocationInputs: KindOfInputs<CommonInputs> = {
  schema: v.strictObject({ owner: text, adoptLineage: v.optional(lineage) }),
  computedKeys: ["lineage"],
  secretParts: () => ({}),
  expectedHealth: () => "Healthy",
  derive: ({ owner }, olds, how) => ({
    computed: { lineage: how.checked.lineageFor(owner, olds, how) },
    notices: [],
  }),
};

/**
 * The use of a location that another stack owns. It creates nothing in a cluster or store. State keeps it with the
 * lineage of the objects that this stack creates on the location.
 */
export const sharedLocation = (session: Session): Handler<CommonInputs> => ({
  check: (news, olds, how) => checkInputs(session, sharedLocationInputs, news, olds, how),
  diff: (outputs, news) => diffBy(session, outputs, news, () => ({})),
  create: (inputs) => Promise.resolve({ id: nameOf(inputs.owner), outputs: inputs }),
  update: (_id, _outputs, news) => Promise.resolve(news),
  read: (_id, outputs) =>
    Promise.resolve({ outputs, inputs: inputsIn(sharedLocationInputs, outputs, "Healthy") }),
  delete: () => Promise.resolve(),
});
