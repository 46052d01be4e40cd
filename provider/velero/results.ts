import { gunzipSync } from "node:zlib";

interface Messages {
  velero?: string[];
  cluster?: string[];
  namespaces?: Record<string, string[]>;
}

/** The first error messages of a backup's results file, each with its namespace (velero `pkg/util/results`). */
export function firstErrors(file: Buffer, most: number): string[] {
  const { errors } = JSON.parse(gunzipSync(file).toString("utf8")) as { errors?: Messages };
  const inNamespaces = Object.entries(errors?.namespaces ?? {}).flatMap(([namespace, messages]) =>
    messages.map((message) => `${namespace}: ${message}`),
  );
  return [...(errors?.velero ?? []), ...(errors?.cluster ?? []), ...inNamespaces].slice(0, most);
}
