import { gunzipSync } from "node:zlib";

/** What Velero had to say of a backup or restore, by what it is about (velero `pkg/util/results`). */
export interface Messages {
  velero: string[];
  cluster: string[];
  namespaces: Record<string, string[]>;
}

export interface Results {
  errors: Messages;
  warnings: Messages;
}

/** The results file of a backup or restore. */
export function parseResults(file: Buffer): Results {
  const { errors, warnings } = JSON.parse(gunzipSync(file).toString("utf8")) as {
    errors?: Partial<Messages>;
    warnings?: Partial<Messages>;
  };
  return { errors: { ...none, ...errors }, warnings: { ...none, ...warnings } };
}

const none: Messages = { velero: [], cluster: [], namespaces: {} };

/** All messages, wherever they stand. */
export const allOf = ({ velero, cluster, namespaces }: Messages): string[] => [
  ...velero,
  ...cluster,
  ...Object.values(namespaces).flat(),
];

/** So many groups are named, each with two of its messages at least; so many messages in all where they are fewer. */
const GROUPS = 5;
const MESSAGES = 6;
const LONGEST = 300;

/**
 * Velero's own errors by namespace: `shop: …; …, and 3 more; billing: …; Velero: …`. In capitals, as its own
 * `describe` has them, are those of no namespace: one that is called velero is in nearly every cluster. What fails
 * with an item stands there, too: Velero files by namespace only what it could not list.
 */
export function errorWords(file: Buffer): string {
  const { velero, cluster, namespaces } = parseResults(file).errors;
  const ofNone = Object.entries({ Cluster: cluster, Velero: velero }).filter(([, { length }]) => length > 0);
  const all = Object.entries(namespaces);
  const named = [...all.slice(0, GROUPS - ofNone.length), ...ofNone];
  const each = Math.max(2, Math.floor(MESSAGES / named.length));
  const more = all.length + ofNone.length - named.length;
  return [
    ...named.map(([place, messages]) => `${place}: ${firstOf(messages, each)}`),
    ...(more > 0 ? [`and ${more} more namespace${more === 1 ? "" : "s"}`] : []),
  ].join("; ");
}

function firstOf(messages: string[], most: number): string {
  const shown = messages.slice(0, most).map(oneLine).join("; ");
  const more = messages.length - most;
  return more > 0 ? `${shown}, and ${more} more` : shown;
}

/** A message without breaks, and cut to a length that can be read among others. */
export function oneLine(message: string): string {
  const line = message.trim().replace(/\s+/g, " ");
  // By characters: half of one is no text that the engine takes.
  const characters = Array.from(line);
  return characters.length > LONGEST ? `${characters.slice(0, LONGEST - 1).join("")}…` : line;
}
