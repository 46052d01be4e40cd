import pMap from "p-map";
import { expect } from "vitest";
import type { RunResult } from "../../engine/run-result.ts";
import type { KubernetesObject } from "../../sandbox/kubernetes-client.ts";
import { veleroObject } from "../observe.ts";
import { messagesOf } from "../stack.ts";
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

export const monitor = { previewOnly: true, expectNoChanges: true };
/** Many backups at once make Velero 1.18 leave some in its queue for a minute. */
export const few = { parallel: 4 };

/** `later` is what the runs after the causes find in the environment. */
export async function play(stage: Stage, later: Record<string, string> = {}): Promise<Played> {
  const { runner, rows, scenes } = stage;
  const up = await runner.up(few);
  expect(up.ok, messagesOf(up)).toBe(true);
  stage.enter(up);
  const before = await schedulesOf(stage);
  const quiet = await runner.refresh(monitor);

  await pMap(
    rows,
    async ({ name, cause }) => {
      const scene = scenes.get(name);
      if (scene) await cause?.(scene);
    },
    { concurrency: few.parallel },
  );
  const env = { env: later };
  const alarmed = await runner.refresh({ ...monitor, ...env });
  const refreshed = await runner.refresh(env);
  const repaired = await runner.up({ ...few, ...env });
  const after = await schedulesOf(stage);
  const previewed = await runner.preview({ expectNoChanges: true, ...env });
  const remaining = await runner.refresh({ ...monitor, ...env });
  return { quiet, alarmed, refreshed, repaired, previewed, remaining, before, after };
}

/** Puts right what is beside another backup, and has one taken. */
export async function mend(stage: Stage): Promise<{ up: RunResult; quiet: RunResult }> {
  const { runner, rows, scenes } = stage;
  for (const { name, finds } of rows) {
    const scene = scenes.get(name);
    if (scene) await finds?.mend?.(scene);
  }
  stage.again();
  return { up: await runner.up(few), quiet: await runner.refresh(monitor) };
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
