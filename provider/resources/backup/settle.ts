import { same } from "../../lifecycle/canonical.ts";
import type { OpenCluster } from "../../lifecycle/clusters.ts";
import type { Deadline } from "../../lifecycle/deadline.ts";
import { nameOf } from "../../lifecycle/identity.ts";
import { tell } from "../../lifecycle/notices.ts";
import { openWay } from "../../lifecycle/open-way.ts";
import { PartialFailure } from "../../lifecycle/partial-failure.ts";
import { forgetLists } from "../../lifecycle/shared-list.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { programWay, type StoreDeclaration } from "../../storage/ways.ts";
import { adviceOnFileCopies, copiesFiles } from "../file-copies.ts";
import { isScheduled } from "./declaration.ts";
import { establishBackup } from "./on-demand.ts";
import type { ClusterBackupOutputs } from "./outputs.ts";
import { kindMentions } from "./kind-mentions.ts";
import { requireKinds } from "./require-kinds.ts";
import { requireLocation } from "./require-location.ts";
import { requireNamespaces } from "./require-namespaces.ts";
import { requireVersion } from "./require-version.ts";
import { establishSchedule } from "./scheduled.ts";
import { withPolicyInForce } from "./shared-policy.ts";
import type { Circumstances } from "./take-backup.ts";

interface How extends Pick<Circumstances, "finish" | "progress"> {
  id: string;
  deadline: Deadline;
  /** What a failure leaves in state while nothing has been changed. */
  before: ClusterBackupOutputs | undefined;
  /** A declared namespace may be missing here, as long as others are not: it is one of many clusters. */
  lenient?: boolean | undefined;
}

/** Makes what is wanted of one cluster be there; a failure says what is then in effect. */
export async function settle(
  { client, uid }: OpenCluster,
  wanted: ClusterBackupOutputs,
  { id, deadline, before, lenient = false, finish, progress }: How,
): Promise<ClusterBackupOutputs> {
  let reached = before;
  // Of one that was skipped by every up so far nothing is there yet.
  const made = before?.clusterUid === undefined ? undefined : before;
  const { namespace } = wanted.location;
  try {
    // A schedule can be paused or mended while its store is down.
    if (!same(made?.location, wanted.location)) await requireLocation(client, wanted, deadline);
    const inForce = await withPolicyInForce(client, namespace, wanted);
    await requireVersion(client, namespace, inForce);
    if (copiesFiles(inForce) && !same(made?.volumes, wanted.volumes)) {
      for (const advice of await adviceOnFileCopies(client, namespace))
        tell(nameOf(wanted.owner), `warning: ${advice}`);
    }
    const { sent, resolved } = keepsNamespaces(made, wanted)
      ? { sent: undefined, resolved: made?.resolvedNamespaces }
      : await requireNamespaces(client, wanted, namespace, lenient);
    const sentOrder = keepsKinds(made, wanted)
      ? made?.sentOrder
      : await requireKinds(client, inForce, {
          refuses: lenient ? "nothing there" : isTakenOver(wanted) ? "none" : "all",
          tell: (notice) => tell(nameOf(wanted.owner), notice),
        });
    const aim = {
      ...wanted,
      clusterUid: uid,
      sentNamespaces: sent,
      resolvedNamespaces: resolved,
      sentOrder,
    };
    const how = {
      client,
      store: storeOf(aim),
      deadline,
      finish,
      progress,
      before: made,
      now: () => new Date(),
      onEffect: (outputs: ClusterBackupOutputs) => {
        reached = outputs;
      },
    };
    return await (isScheduled(aim) ? establishSchedule(aim, how) : establishBackup(aim, how));
  } catch (error) {
    if (reached === undefined) throw error;
    throw new PartialFailure(id, reached, error);
  } finally {
    forgetLists(client);
  }
}

/** Names that were found there once are not looked for again, so that a schedule outlives one of its namespaces. */
const keepsNamespaces = (made: ClusterBackupOutputs | undefined, wanted: ClusterBackupOutputs): boolean =>
  made !== undefined &&
  made.sentNamespaces === undefined &&
  same(made.includedNamespaces, wanted.includedNamespaces) &&
  same(made.excludedNamespaces, wanted.excludedNamespaces);

/** Somebody else has taken this backup before. */
const isTakenOver = (wanted: ClusterBackupOutputs): boolean =>
  wanted.adopt !== undefined && !isScheduled(wanted) && wanted.backupName === undefined;

/** Kinds that did not change are not asked for again, so that a schedule outlives a definition. */
const keepsKinds = (made: ClusterBackupOutputs | undefined, wanted: ClusterBackupOutputs): boolean =>
  made !== undefined &&
  same(kindMentions(made), kindMentions(wanted)) &&
  same(made.orderedResources, wanted.orderedResources);

/** The store by the program's own way, where it has one. */
export const storeOf = ({
  storage,
  credentials,
  access,
  cluster,
}: Partial<StoreDeclaration> & { cluster: string }): ObjectStore | undefined =>
  storage && openWay(programWay({ storage, credentials, access }, cluster));
