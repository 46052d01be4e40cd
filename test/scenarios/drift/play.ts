import { expect } from "vitest";
import type { RunResult } from "../../engine/run-result.ts";
import type { KubernetesObject } from "../../sandbox/kubernetes-client.ts";
import { veleroObject } from "../observe.ts";
import { messagesOf } from "../stack.ts";
import type { DriftRow, Scene } from "./row.ts";
import type { Stage } from "./stage.ts";

type Schedules = ReadonlyMap<string, KubernetesObject | undefined>;

/** What a stack's runs come to, around what somebody does to it. */
export interface Played {
  /** What a monitor says: `refresh --preview-only --expect-no-changes`. */
  quiet: RunResult;
  alarmed: RunResult;
  refreshed: RunResult;
  repaired: RunResult;
  previewed: RunResult;
  remaining: RunResult;
  /** The rows' Schedules before it and after the up that repairs. */
  before: Schedules;
  after: Schedules;
}

const monitor = { previewOnly: true, expectNoChanges: true };

/**
 * One backup after another: of several that wait Velero 1.18 leaves some in its queue for a minute, and of several at a
 * time some fail, since it writes the file with the location's keys anew while another reads it.
 */
const oneByOne = { parallel: 1 };

/** Before anything has happened. */
export async function begin(stage: Stage): Promise<Pick<Played, "quiet" | "before">> {
  const up = await stage.runner.up(oneByOne);
  expect(up.ok, messagesOf(up)).toBe(true);
  stage.enter(up);
  return { before: await schedulesOf(stage), quiet: await stage.runner.refresh(monitor) };
}

/** `env` is what the runs find in their environment after it has happened. */
export async function goOn(
  stage: Stage,
  env: Record<string, string> = {},
): Promise<Omit<Played, "quiet" | "before">> {
  const { runner } = stage;
  const alarmed = await runner.refresh({ ...monitor, env });
  const refreshed = await runner.refresh({ env });
  const repaired = await runner.up({ ...oneByOne, env });
  const after = await schedulesOf(stage);
  const previewed = await runner.preview({ expectNoChanges: true, env });
  const remaining = await runner.refresh({ ...monitor, env });
  return { alarmed, refreshed, repaired, previewed, remaining, after };
}

/** Lets happen what is to happen. */
export const happen = (stage: Stage) => each(stage, ({ cause }) => cause);

/** Puts right what is to be put right beside another backup, and has one taken. */
export async function mend(stage: Stage): Promise<{ up: RunResult; quiet: RunResult }> {
  await each(stage, ({ finds }) => finds?.mend);
  stage.again();
  return { up: await stage.runner.up(oneByOne), quiet: await stage.runner.refresh(monitor) };
}

async function each(
  { rows, scenes }: Stage,
  deedOf: (row: DriftRow) => ((scene: Scene) => Promise<unknown>) | undefined,
): Promise<void> {
  for (const row of rows) {
    const scene = scenes.get(row.name);
    if (scene) await deedOf(row)?.(scene);
  }
}

async function schedulesOf({ scenes, cluster }: Stage): Promise<Schedules> {
  const live = [...scenes].map(
    async ([name, { scheduleName }]): Promise<[string, KubernetesObject | undefined]> => [
      name,
      scheduleName ? await veleroObject(cluster, "schedules", scheduleName) : undefined,
    ],
  );
  return new Map(await Promise.all(live));
}

/** The resources of ours that a refresh has found changed. */
export const driftedIn = ({ steps }: RunResult): string[] =>
  steps
    .filter(({ op, drift, type }) => op === "refresh" && drift !== "same" && type.includes("velero:"))
    .map(({ name }) => name)
    .toSorted();
