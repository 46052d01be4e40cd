import type { PropertyPath } from "./property-path.ts";
import { deepEquals, isMap, type PropertyMap, type PropertyValue, unwrapSecrets } from "./property-value.ts";

/**
 * The engine's own diff of inputs, for a provider that leaves `changes` undefined: the paths of what was added,
 * removed or changed. Secretness does not count, null equals absence (step_generator.go, diffResource).
 */
export function diffInputs(olds: PropertyMap, news: PropertyMap): PropertyPath[] {
  return diffMaps(unwrapSecrets(olds) as PropertyMap, unwrapSecrets(news) as PropertyMap, []);
}

function diffMaps(olds: PropertyMap, news: PropertyMap, path: PropertyPath): PropertyPath[] {
  return [...new Set([...Object.keys(olds), ...Object.keys(news)])].flatMap((key) =>
    diffValues(olds[key] ?? null, news[key] ?? null, [...path, key]),
  );
}

function diffValues(old: PropertyValue, current: PropertyValue, path: PropertyPath): PropertyPath[] {
  if (isMap(old) && isMap(current)) return diffMaps(old, current, path);
  if (Array.isArray(old) && Array.isArray(current)) {
    return Array.from({ length: Math.max(old.length, current.length) }).flatMap((_, i) => {
      const [before, after] = [old[i], current[i]];
      const at = [...path, i];
      return before === undefined || after === undefined ? [at] : diffValues(before, after, at);
    });
  }
  return deepEquals(old, current) ? [] : [path];
}
