import type { KubernetesObject } from "../sandbox/kubernetes-client.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import type { ApiGate, ApiRequest } from "./api-gate.ts";

/** A request that a run stands still at: before the cluster has it, or when it has done it and nobody knows. */
export interface Point {
  at: (asked: ApiRequest) => boolean;
  isDone?: true;
}

export const isBeginning = (name: string) => (asked: ApiRequest) =>
  asked.method === "POST" &&
  asked.path.endsWith("/restores") &&
  (JSON.parse(asked.body) as KubernetesObject).metadata.name.startsWith(`${name}-`);
export const isSettling = (name: string) => (asked: ApiRequest) =>
  asked.method === "PATCH" && asked.path.includes(`/restores/${name}-`);
export const isClearing = (name: string) => (asked: ApiRequest) =>
  asked.method === "DELETE" && /\/namespaces\/[^/]+$/.test(asked.path) && asked.path.endsWith(`-${name}`);

/** Lets a run come to all of the points. Gives the names of those that it has come to. */
export function holdAt(gate: ApiGate, points: Record<string, Point>): Set<string> {
  const reached = new Set<string>();
  const hold = (isDone: boolean) => async (asked: ApiRequest) => {
    const found = Object.entries(points).find(
      ([, point]) => (point.isDone ?? false) === isDone && point.at(asked),
    );
    if (!found) return;
    reached.add(found[0]);
    await new Promise<void>(() => undefined);
  };
  gate.onRequest = hold(false);
  gate.onAnswer = hold(true);
  return reached;
}

export function letPass(gate: ApiGate): void {
  gate.onRequest = async () => undefined;
  gate.onAnswer = async () => undefined;
}

export const standsAt = (reached: Set<string>, points: object) =>
  waitUntil(
    "the run stands at all points",
    async () => reached.size === Object.keys(points).length || undefined,
    { timeoutMs: 120_000 },
  );
