import { diffInputs } from "./input-diff.ts";
import { parsePropertyPath, pathContains, type PropertyPath, resetPath } from "./property-path.ts";
import { copyMap, type PropertyMap } from "./property-value.ts";
import type { DiffResult, Provider } from "./provider.ts";

/** The key by which `replaceOnChanges` covers initialization errors (step_generator.go, initErrorSpecialKey). */
const INIT_ERROR_KEY = "#initerror";

export interface DiffRequest {
  urn: string;
  id: string;
  oldInputs: PropertyMap;
  oldOutputs: PropertyMap;
  news: PropertyMap;
  ignoreChanges: string[];
  preview: boolean;
}

export type KnownDiff = DiffResult & { changes: boolean };

/** Asks the provider; where it does not say whether there are changes, compares the inputs. */
export async function diffResource(provider: Provider, request: DiffRequest): Promise<KnownDiff> {
  const diff = await provider.diff(request);
  if (diff.changes !== undefined) return { ...diff, changes: diff.changes };
  const news = ignoreChanges(request.news, request.oldInputs, request.ignoreChanges);
  const changedPaths = diffInputs(request.oldInputs, news).map(formatPath);
  return { ...diff, changes: changedPaths.length > 0, changedPaths };
}

/** Inputs with the old values at the paths to ignore. */
export function ignoreChanges(inputs: PropertyMap, olds: PropertyMap, paths: string[]): PropertyMap {
  if (paths.length === 0) return inputs;
  const result = copyMap(inputs);
  for (const path of paths) resetPath(parsePropertyPath(path), olds, result);
  return result;
}

/** Turns changes under a `replaceOnChanges` path into a replacement. */
export function applyReplaceOnChanges(
  diff: KnownDiff,
  replaceOnChanges: string[],
  hasInitErrors: boolean,
): KnownDiff {
  if (!diff.changes && !hasInitErrors) return diff;
  const paths = replaceOnChanges.map(parsePropertyPath);
  const covered = (path: PropertyPath): boolean => paths.some((outer) => pathContains(outer, path));
  const keys = new Set(diff.replaceKeys);
  // The engine looks at the changed top-level keys, and at the detailed diff for display only.
  for (const key of changedKeys(diff)) if (covered([key])) keys.add(key);
  for (const path of diff.changedPaths) if (covered(parsePropertyPath(path))) keys.add(path);
  const initError = hasInitErrors && covered([INIT_ERROR_KEY]);
  if (initError) keys.add(INIT_ERROR_KEY);
  return { ...diff, replaceKeys: [...keys], changes: diff.changes || initError };
}

export function changedKeys(diff: DiffResult): string[] {
  return [...new Set(diff.changedPaths.map((path) => String(parsePropertyPath(path)[0])))];
}

function formatPath(path: PropertyPath): string {
  return path
    .map((part, i) => {
      if (typeof part === "number") return `[${part}]`;
      if (/^[A-Za-z_$][\w$]*$/.test(part)) return i === 0 ? part : `.${part}`;
      return `["${part.replaceAll('"', '\\"')}"]`;
    })
    .join("");
}
