import { expectedHealthOf } from "../backup/declaration.ts";
import { SKIPPED } from "./parts.ts";
import { isOffline, membersOf, type WorkspaceBackupInputs } from "./inputs.ts";
import { makingOf, type Part, type WorkspaceBackupOutputs } from "./parts.ts";

/**
 * What an up does in one cluster:
 * - `make`: what is wanted is made there, or gone on with;
 * - `keep`: all is as it should be, and the cluster is not even asked;
 * - `remove`: it was taken out of the list, and goes by `deletionPolicy`;
 * - `release`: it has left `"all"`; its schedule goes, and what is stored stays;
 * - `forget`: it went offline; nothing there is touched.
 */
export type Act = "make" | "keep" | "remove" | "release" | "forget";

/** What there is to do in which cluster, by key. Pure: what state knows against what is declared. */
export function planParts(
  before: WorkspaceBackupOutputs | undefined,
  news: WorkspaceBackupInputs,
): Map<string, Act> {
  const members = membersOf(news);
  const known = before?.byCluster ?? {};
  const plan = new Map<string, Act>();
  for (const key of members) plan.set(key, actForMember(known[key], news, key));
  for (const key of Object.keys(known)) if (!members.includes(key)) plan.set(key, actForLeaver(news, key));
  return plan;
}

function actForMember(part: Part | undefined, news: WorkspaceBackupInputs, key: string): Act {
  // Named, and declared offline: what is there stays as it is.
  if (part && news.reach[key]?.connection.offline) return "keep";
  const isGood = part?.unfinished === undefined && part?.health === expectedHealthOf(news);
  return isGood && part.made === makingOf(news, key) ? "keep" : "make";
}

function actForLeaver(news: WorkspaceBackupInputs, key: string): Act {
  if (isOffline(news.reach[key])) return "forget";
  return news.clusters === "all" ? "release" : "remove";
}

export const isSkipped = (part: Part | undefined): boolean => part?.phase === SKIPPED;
